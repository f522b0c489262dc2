"""What a type accepts: checked by a pointer comparison where that is enough, else by pydantic."""

from __future__ import annotations

import contextlib
import enum
import functools
import operator
import types
from collections import abc
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from workflow_engine.compatibility import covers, fits
from workflow_engine.contrast import told_apart
from workflow_engine.misfit import Misfit, expected, kind_of, translate
from workflow_engine.typeform import (
    bare,
    describe,
    has_rules,
    is_model_like,
    is_open,
    is_own_class,
    is_typed_dict,
    json_value,
    origin,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import TypeAdapter

    from workflow_engine import _core

__all__ = ["Misfit", "Schema", "covers", "fits"]

# Nothing is converted into these, but an int into a float.
_PLAIN: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
    bytes: "bytes",
    dict: "object",
    list: "list",
}


# What a Literal may hold.
_LITERAL = (str, int, bytes, enum.Enum, NoneType)


class Schema:
    """What a type accepts, and how its values are read from and written as JSON.

    Attributes:
        type: The type form.
        exact: Classes whose own instances fit without a further look; None if everything fits.
        described: The form in few words, such as `Event`.
        needs_text: Whether JSON is validated from its text; else its parsed value is validated.
    """

    __slots__ = (
        "_adaptable",
        "_classes",
        "_eager",
        "_literals",
        "_made",
        "_numbers",
        "_parts",
        "_ruled",
        "described",
        "exact",
        "needs_text",
        "type",
    )

    def __init__(self, form: Any) -> None:
        self.type = form
        self.described = describe(form)
        self._made: TypeAdapter[Any] | None = None
        # Makes numbers what they are declared; None where nothing need be done, `...` before that is known.
        self._numbers: Any = ...
        self._parts = tuple(_parts(form))
        self._literals: dict[tuple[type, object], object] = {}
        classes: list[type] = []
        adaptable = eager = False
        for part in self._parts:
            kind, head = _kind(part)
            if head is not None:
                classes.append(head)
            if kind == "literal":
                for value in get_args(part):
                    self._literals[type(value), value] = value
                    # In JSON a member of an Enum is its value.
                    if isinstance(value, enum.Enum):
                        self._literals[type(value.value), value.value] = value
            adaptable |= kind in ("converted", "looked at")
            eager |= kind == "looked at"
        self._classes = tuple(classes)
        self._adaptable, self._eager = adaptable, eager
        anything = any(is_open(part) for part in self._parts)
        self.exact: tuple[type, ...] | None = None if anything else self._classes
        self.needs_text = not anything and (adaptable or bytes in classes)
        # Without rules of its own a value is written by what it is, subclasses with all they have.
        self._ruled = adaptable and not anything and has_rules(form)

    def prepare(self) -> None:
        """Make what validation needs, where it can be seen now that it will be needed.

        Raises:
            Exception: What pydantic raises for a type that it cannot use.
        """
        if self.exact is None:
            return
        # A model that names an unknown type is incomplete until it is found.
        complete = all(getattr(kind, "__pydantic_complete__", True) for kind in self._classes)
        if self._eager or not complete:
            self._adapter()

    def validate(self, value: object) -> object:
        """Turn a Python value into a value of the type.

        Args:
            value: Any value. One of the type is returned as it is.

        Returns:
            The value to keep.

        Raises:
            Misfit: It does not fit.
        """
        if self.exact is None or isinstance(value, self._classes):
            return value
        if type(value) is int and float in self._classes:
            return float(value)
        if self._literals and isinstance(value, _LITERAL):
            found = (type(value), value)
            if found in self._literals:
                return self._literals[found]
        if not self._adaptable:
            raise Misfit([((), self._expected(value))])
        from pydantic import ValidationError

        try:
            return self._adapter().validate_python(value)
        except ValidationError as error:
            misfit = translate(error, value, self.type)
        raise misfit

    def validate_json(self, text: bytes | str) -> object:
        """Turn JSON text into a value of the type.

        Args:
            text: JSON, in UTF-8 if bytes; its size, depth and keys have been checked where the
                type reads text.

        Returns:
            The value.

        Raises:
            Misfit: It does not fit.
            JSONError: It is not JSON, and the type does not read text itself.
        """
        from workflow_engine import _core

        if not self.needs_text:
            return self.validate(_core.parse_json(text))
        from pydantic import ValidationError

        try:
            return self._adapter().validate_json(text)
        except ValidationError as error:
            misfit = translate(error, _core.parse_json(text), self.type)
        raise misfit

    def dump(self, value: object) -> object:
        """Turn a value of the type into JSON types, fields by their aliases.

        Args:
            value: A value of the type.

        Returns:
            None, bool, int, float, str, list and dict only.

        Raises:
            ValueError: It holds something that JSON has no form for.
        """
        if self._ruled:
            return self._adapter().dump_python(value, mode="json", by_alias=True, warnings=False)
        from pydantic_core import to_jsonable_python

        # Numbers that JSON does not have are left for the core to refuse.
        dumped = to_jsonable_python(value, by_alias=True, bytes_mode="base64", inf_nan_mode="constants")
        if self._numbers is ...:
            self._numbers = self._declared_numbers()
        if self._numbers is not None:
            with contextlib.suppress(ValueError):  # A value that is not as its class says.
                return self._numbers.validate(dumped)
        return dumped

    def _declared_numbers(self) -> _core.JSONSchema | None:
        # Models know their fields; a dataclass or named tuple may hold 3 where it declares a float.
        if not self._adaptable or all(hasattr(part, "__pydantic_serializer__") for part in self._parts):
            return None
        from workflow_engine import _core

        try:
            schema = self.json_schema("serialization")
            return _core.JSONSchema(schema) if "'number'" in repr(schema) else None
        except Exception:  # noqa: BLE001  A type without a schema, or a pattern that the core does not know.
            return None

    def json_schema(self, mode: Literal["validation", "serialization"]) -> dict[str, Any]:
        """Give the type as JSON Schema.

        Args:
            mode: `validation` for what is read, `serialization` for what is written.

        Returns:
            A JSON Schema, draft 2020-12; `{}` for what takes everything or has no form in JSON.
        """
        if self.exact is None:
            return {}
        from pydantic.errors import PydanticInvalidForJsonSchema

        try:
            return self._adapter().json_schema(mode=mode, by_alias=True)
        except PydanticInvalidForJsonSchema:
            return {}

    def text_form(self) -> _core.TextForm | None:
        """Give the JSON of which the core makes values of the type by itself; None if that needs Python."""
        from workflow_engine.plain import text_form

        return text_form(self.type)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names that JSON of the type has, if it is an object with declared fields."""
        schema = self.json_schema("validation")
        name = schema.get("$ref", "").removeprefix("#/$defs/")
        return tuple(schema.get("$defs", {}).get(name, schema).get("properties", {}))

    def _expected(self, value: object) -> str:
        words = [repr(json_value(literal)) for literal in self._literals.values()]
        words = list(dict.fromkeys(words))
        came = repr(value) if self._literals and isinstance(value, str) else kind_of(value)
        for kind in self._classes:
            word = _PLAIN.get(kind, f"`{kind.__name__}`")
            if word == came and kind not in _PLAIN:
                word, came = told_apart(value, kind)
            words.append(word)
        return expected(words, came)

    def _adapter(self) -> TypeAdapter[Any]:
        if self._made is None:
            self._made = _adapter(self._parts)
        return self._made


def _parts(form: Any) -> Iterator[Any]:
    """The members of a union; unlike `members` with their annotations."""
    inner = form if get_origin(form) is Annotated else bare(form)
    if get_origin(inner) in (Union, types.UnionType):
        for part in get_args(inner):
            yield from _parts(part)
    elif get_origin(inner) is Annotated and not has_rules(inner):
        yield from _parts(bare(inner))
    else:
        yield inner


def _kind(part: Any) -> tuple[str, type | None]:
    """How values are checked, and the class whose instances fit as they are."""
    head, arguments = origin(part), get_args(part)
    if get_origin(part) is Literal:
        return "literal", None
    if get_origin(part) is Annotated:
        return "looked at", None
    if head is None or is_open(part):
        return "open", None
    if head in _PLAIN:
        simple = all(is_open(argument) for argument in arguments[head is dict :])
        if head is dict and arguments and arguments[0] is not str and not is_open(arguments[0]):
            simple = False
        return ("plain", head) if simple else ("looked at", None)
    if head.__module__ == "collections.abc":
        # pydantic would replace an iterator by its own, and knows no awaitables.
        looked_at = arguments and issubclass(head, _READABLE)
        return ("looked at", None) if looked_at else ("instance", head)
    if is_typed_dict(head):
        return "looked at", None
    if arguments and not is_own_class(head):
        return ("instance", head) if head is type else ("looked at", None)
    if is_own_class(head) and not _readable(head):
        return "instance", head
    return "converted", head


_READABLE = (abc.Sequence, abc.Set, abc.Mapping)


def _readable(head: type) -> bool:
    """Whether pydantic makes instances of a class from other values."""
    return (
        is_model_like(head)
        or issubclass(head, (enum.Enum, *_PLAIN.keys() - {NoneType, bool}, tuple))
        or hasattr(head, "__get_pydantic_core_schema__")
    )


def _adapter(parts: tuple[Any, ...]) -> TypeAdapter[Any]:
    from pydantic import PydanticUserError, Strict, TypeAdapter

    from workflow_engine.twin import CONFIG, twin

    strict = [
        Annotated[part, Strict()] if part in _PLAIN and part is not NoneType else twin(part) for part in parts
    ]
    form: Any = strict[0] if len(strict) == 1 else functools.reduce(operator.or_, strict)
    adapter: TypeAdapter[Any]
    try:
        adapter = TypeAdapter(form, config=CONFIG)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        adapter = TypeAdapter(form)
    if not adapter.pydantic_complete:
        adapter.rebuild(raise_errors=True)
    return adapter
