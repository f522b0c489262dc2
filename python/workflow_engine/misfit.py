"""A value that does not fit its type: where, and what was expected instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError

__all__ = ["Misfit", "expected", "kind_of", "translate"]

Place = tuple[str | int, ...]


class Misfit(ValueError):  # noqa: N818  It becomes an error where the node is known.
    """A value that does not fit a type.

    Attributes:
        errors: Place inside the value and message of each fault, such as
            `(("repo", "name"), "expected text, got number")`.
        source: Where the value came from: the name of a node, or `input`; empty for a node's own
            output.
    """

    def __init__(self, errors: list[tuple[Place, str]], source: str = "") -> None:
        self.errors = errors
        self.source = source
        super().__init__(errors, source)

    @property
    def told_as(self) -> str:
        """The error that users get of it, for events."""
        return "InputError" if self.source == "input" else "OutputError"

    def __str__(self) -> str:
        return "; ".join(_sentence(self.path(place), message) for place, message in self.errors)

    def path(self, place: Place | None = None) -> str:
        """Write a place with the source before it, such as `input.repo.tags[2]`.

        Args:
            place: One of the places in `errors`; the first if None.
        """
        place = self.errors[0][0] if place is None else place
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
        return (self.source + "".join(steps)).removeprefix(".")

    def places(self) -> list[dict[str, str]]:
        """Give every fault as `{"path", "message"}`."""
        return [{"path": self.path(place), "message": message} for place, message in self.errors]


def _sentence(path: str, message: str) -> str:
    if not path:
        return message
    # What is said of the place itself goes on after its name.
    return f"`{path}` {message}" if message.startswith("is ") else f"`{path}`: {message}"


def kind_of(value: object) -> str:
    """Name what a value is, in the words of JSON where it has one."""
    if value is None:
        return "null"
    for kind, word in _WORDS.items():
        if isinstance(value, kind):
            return word
    return f"`{type(value).__name__}`"


# In this order: a bool is an int too.
_WORDS: dict[type, str] = {
    bool: "boolean",
    str: "text",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
    bytes: "bytes",
}


def expected(kinds: Sequence[str], came: str) -> str:
    """Say what was expected and what came instead."""
    return f"expected {' or '.join(kinds)}, got {came}"


def translate(error: ValidationError, value: object, form: Any) -> Misfit:
    """Put the faults that pydantic found into this package's words.

    Args:
        error: What pydantic raised.
        value: The value that was validated, or what its JSON text means; the places are walked in
            it, because pydantic adds the names of a union's members to them.
        form: The type form that it was validated into.

    Returns:
        The faults, those of one place together.
    """
    from workflow_engine.contrast import class_named, told_apart

    wanted: dict[tuple[Place, str], list[str]] = {}
    for fault in error.errors(include_url=False):
        place = _place(fault["loc"], value, missing=fault["type"] == "missing")
        what = _EXPECTED.get(fault["type"])
        if what is None:
            wanted.setdefault((place, _message(fault)), [])
        else:
            what = what.format(**fault.get("ctx", {}))
            came = _shown(fault["type"], fault["input"])
            if what == came and (kind := class_named(form, what.strip("`"))) is not None:
                what, came = told_apart(fault["input"], kind)
            kinds = wanted.setdefault((place, came), [])
            if what not in kinds:
                kinds.append(what)
    return Misfit(
        [(place, expected(kinds, other) if kinds else other) for (place, other), kinds in wanted.items()]
    )


def _shown(fault: str, value: object) -> str:
    # Where one of a few words was expected, the word that came says more than its kind.
    if fault in ("literal_error", "enum") and isinstance(value, str) and len(value) <= 40:
        return repr(value)
    return kind_of(value)


def _place(location: Sequence[str | int], value: Any, *, missing: bool) -> Place:
    place: list[str | int] = []
    for index, step in enumerate(location):
        inner = _inner(value, step)
        if inner is not _NOTHING:
            value = inner
        elif not (missing and index == len(location) - 1):
            continue
        place.append(step)
    return tuple(place)


_NOTHING = object()


def _inner(value: Any, step: str | int) -> Any:
    """What stands at a step inside a value, or `_NOTHING`."""
    if isinstance(value, dict):
        return value.get(step, _NOTHING)
    if isinstance(step, int):
        is_there = isinstance(value, list | tuple) and step < len(value)
        return value[step] if is_there else _NOTHING
    return getattr(value, step, _NOTHING) if step.isidentifier() else _NOTHING


# What pydantic's kinds of faults expected.
_EXPECTED = {
    "string_type": "text",
    "string_sub_type": "text",
    "string_unicode": "text",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "float_parsing": "number",
    "bool_type": "boolean",
    "bool_parsing": "boolean",
    "none_required": "null",
    "list_type": "list",
    "tuple_type": "list",
    "set_type": "list",
    "frozen_set_type": "list",
    "iterable_type": "list",
    "dict_type": "object",
    "mapping_type": "object",
    "model_type": "`{class_name}`",
    "model_attributes_type": "object",
    "dataclass_type": "`{class_name}`",
    "dataclass_exact_type": "`{class_name}`",
    "is_instance_of": "`{class}`",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "bytes_type": "bytes",
    "date_type": "date",
    "datetime_type": "date and time",
    "time_type": "time",
    "time_delta_type": "duration",
    "uuid_type": "UUID",
    "decimal_type": "decimal number",
    "callable_type": "function",
}


_OF_PLACES = {"missing": "is missing", "extra_forbidden": "is no field"}


def _message(fault: Any) -> str:
    message: str = _OF_PLACES.get(fault["type"]) or fault["msg"]
    return message[:1].lower() + message[1:]
