"""What can be read off a type form: its name, its members, its fields, and the values it allows."""

from __future__ import annotations

import enum
import functools
import operator
import sys
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "bare",
    "describe",
    "enum_members",
    "field",
    "fields",
    "has_rules",
    "is_form",
    "is_model_like",
    "is_open",
    "is_own_class",
    "is_typed_dict",
    "json_value",
    "known_values",
    "members",
    "origin",
]

_WRAPPERS = ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar")


def bare(form: Any) -> Any:
    """Give the form without what only comments on it.

    Annotations, aliases and new types give what they stand for, None gives its class.
    """
    while True:
        head = get_origin(form)
        if head is Annotated or getattr(head, "_name", None) in _WRAPPERS:
            form = get_args(form)[0]
        elif hasattr(form, "__supertype__"):
            form = form.__supertype__
        elif type(form).__name__ == "TypeAliasType":
            form = form.__value__
        elif form is None:
            return types.NoneType
        elif form is typing.LiteralString:
            return str
        else:
            return form


def members(form: Any) -> tuple[Any, ...]:
    """Give the members of a union, or the form alone, each of them bare."""
    form = bare(form)
    if get_origin(form) in (Union, types.UnionType):
        return tuple(member for part in get_args(form) for member in members(part))
    return (form,)


def origin(form: Any) -> Any:
    """Give the class of a form, such as `dict` for `dict[str, int]`; None if it has none."""
    head = get_origin(form) or form
    # `Any` is a class, but of nothing.
    return head if isinstance(head, type) and head is not Any else None


def is_form(form: Any) -> bool:
    """Tell whether something is a type form at all, rather than a value or the text of one."""
    return (
        any(form is plain for plain in (None, Any, typing.LiteralString))
        or isinstance(form, type | TypeVar)
        or get_origin(form) is not None
        or hasattr(form, "__supertype__")
        or type(form).__name__ == "TypeAliasType"
    )


def is_open(form: Any) -> bool:
    """Tell whether every value fits, or nothing is known: `Any`, `object`, type variables."""
    form = bare(form)
    if form is object or isinstance(form, TypeVar) or getattr(form, "_is_protocol", False):
        return True
    return origin(form) is None and get_origin(form) not in (
        Literal,
        Union,
        types.UnionType,
    )


def is_own_class(form: Any) -> bool:
    """Tell whether a form is a class that somebody wrote, rather than one of Python's own."""
    head = origin(bare(form))
    return head is not None and head.__module__.partition(".")[0] not in sys.stdlib_module_names


def is_typed_dict(form: Any) -> bool:
    """Tell whether a form is a TypedDict, of `typing` or `typing_extensions`."""
    return isinstance(form, type) and issubclass(form, dict) and hasattr(form, "__total__")


def is_model_like(form: Any) -> bool:
    """Tell whether a form is a class with declared fields: model, dataclass or TypedDict."""
    head = origin(bare(form))
    return head is not None and (
        hasattr(head, "model_fields") or hasattr(head, "__dataclass_fields__") or is_typed_dict(head)
    )


def has_rules(form: Any) -> bool:
    """Tell whether a form holds annotations that may change how values are read or written."""
    return _has_rules(form, set())


def _has_rules(form: Any, seen: set[Any]) -> bool:
    if get_origin(form) is Annotated:
        comments = form.__metadata__
        return not all(isinstance(comment, str) for comment in comments) or _has_rules(
            get_args(form)[0], seen
        )
    if is_typed_dict(form) or hasattr(form, "__dataclass_fields__"):
        if form in seen:
            return False
        seen.add(form)
        try:
            hints = typing.get_type_hints(form, include_extras=True)
        except NameError:
            return True  # It cannot be told: pydantic may find them.
        return any(_has_rules(hint, seen) for hint in hints.values())
    return any(_has_rules(part, seen) for part in get_args(form) if part is not form)


def describe(form: Any, *, modules: bool = False) -> str:
    """Write a form in few words, such as `dict[str, Any] | None`.

    Args:
        form: A type form.
        modules: Whether the classes that somebody wrote are named with their modules.
    """
    if form is None or form is types.NoneType:
        return "None"
    if isinstance(form, str):
        return form
    if form is ...:
        return "..."
    tell = functools.partial(describe, modules=modules)
    head, arguments = get_origin(form), get_args(form)
    if head is Annotated:
        return tell(arguments[0])
    if head in (Union, types.UnionType):
        return " | ".join(tell(member) for member in arguments)
    if head is Literal:
        return f"Literal[{', '.join(_literal(value) for value in arguments)}]"
    if isinstance(form, list):
        return f"[{', '.join(tell(part) for part in form)}]"
    if head is not None and arguments:
        return f"{tell(head)}[{', '.join(tell(part) for part in arguments)}]"
    if isinstance(form, typing.ForwardRef):
        return form.__forward_arg__
    if modules and isinstance(form, type) and is_own_class(form):
        return f"{form.__module__}.{form.__qualname__}"
    return str(getattr(form, "__name__", None) or form).removeprefix("typing.")


def _literal(value: object) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, enum.Enum) else repr(value)


def fields(form: Any) -> dict[str, Any] | None:
    """Give the attributes that values of a form have, with their types.

    Args:
        form: A type form.

    Returns:
        Types by name for a model, dataclass, named tuple or TypedDict; None for other forms, and
        where the types cannot be found.
    """
    head = origin(bare(form))
    if head is None:
        return None
    models = getattr(head, "model_fields", None)
    if isinstance(models, dict):
        return {name: info.annotation for name, info in models.items()}
    if not is_model_like(head) and not hasattr(head, "_fields"):
        return None
    try:
        return typing.get_type_hints(head)
    except NameError:
        return None


def field(form: Any, path: Sequence[str]) -> Any:
    """Give the type at a path of attributes.

    Args:
        form: A type form.
        path: Names of attributes, outermost first.

    Returns:
        The type; `Any` where it is not known.

    Raises:
        LookupError: There is no such attribute; the arguments are the type that lacks it, the name
            and the names that the type has.
    """
    for name in path:
        found = [_attribute(member, name) for member in members(form)]
        if Any in found or not found:
            return Any
        form = functools.reduce(operator.or_, found)
    return form


def _attribute(form: Any, name: str) -> Any:
    head = origin(form)
    if head is None:
        return Any
    if issubclass(head, enum.Enum) and name in ("name", "value"):
        return Literal[tuple(getattr(member, name) for member in head)]
    known = None if is_typed_dict(head) else fields(form)
    if known is None:
        return Any
    if name in known:
        return known[name]
    found = getattr(head, name, None)
    if isinstance(found, property):
        try:
            return typing.get_type_hints(found.fget).get("return", Any)
        except NameError:
            return Any
    if found is not None or _has_more(head):
        return Any
    raise LookupError(form, name, tuple(known))


def _has_more(head: type) -> bool:
    """Tell whether values may have attributes that the class does not declare."""
    config = getattr(head, "model_config", None)
    if isinstance(config, dict):
        # Every model has a `__getattr__`; it finds nothing more unless the model allows it.
        return config.get("extra") == "allow"
    return hasattr(head, "__getattr__")


def known_values(form: Any) -> tuple[object, ...] | None:
    """Give every value that a form allows, as JSON writes it.

    Args:
        form: A type form. A list stands for its elements, because a route takes each of them.

    Returns:
        Distinct values for literals, enums, booleans, None and unions of them; None where they
        cannot be listed.
    """
    head = origin(bare(form))
    if head in (list, set, frozenset, tuple) and get_args(bare(form)):
        elements = [part for part in get_args(bare(form)) if part is not ...]
        return known_values(functools.reduce(operator.or_, elements))
    parts = [_values(member) for member in members(form)]
    if any(part is None for part in parts):
        return None
    # A bool equals an int: tell them apart by their class.
    distinct = {(type(value), value): value for part in parts if part for value in part}
    if set(distinct) == {(types.NoneType, None)}:
        return None
    return tuple(distinct.values())


def _values(form: Any) -> list[object] | None:
    if get_origin(form) is Literal:
        return [json_value(value) for value in get_args(form)]
    if form is bool:
        return [True, False]
    if form is types.NoneType:
        return [None]
    head = origin(form)
    if head is not None and issubclass(head, enum.Enum) and not issubclass(head, enum.Flag):
        values = [member.value for member in head]
        simple = all(isinstance(value, str | int) for value in values)
        return values if simple else None
    return None


def enum_members(form: Any) -> tuple[enum.Enum, ...]:
    """Give the members of Enums that a form allows, also in a list of them."""
    found: list[enum.Enum] = []
    for member in members(form):
        head = origin(member)
        if get_origin(member) is Literal:
            found += [value for value in get_args(member) if isinstance(value, enum.Enum)]
        elif head in (list, set, frozenset, tuple):
            found += [value for part in get_args(member) for value in enum_members(part)]
        elif head is not None and issubclass(head, enum.Enum):
            found += head
    return tuple(found)


def json_value(value: object) -> object:
    """Give what JSON writes for a value of a Literal or an Enum: its value for a member."""
    return value.value if isinstance(value, enum.Enum) else value
