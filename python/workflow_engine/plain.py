"""Types whose JSON the core validates by itself, as pydantic would: plain types, and TypedDicts of them.

What the core accepts is what pydantic would make of it, but for the order of keys. Where pydantic would
convert more, such as text into a number, the core accepts nothing, and Python makes the value.
"""

from __future__ import annotations

import types
import typing
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from workflow_engine import _core
from workflow_engine.typeform import is_open, is_typed_dict

__all__ = ["ANY_JSON", "text_form"]

ANY_JSON = 0b111_1111
"""All kinds of JSON: null, bool, int, float, str, list, dict, in the order of their bits."""

_LIST, _DICT = 0b010_0000, 0b100_0000


class _Part(NamedTuple):
    """What JSON of a type is.

    Attributes:
        kinds: The kinds of JSON.
        schema: The JSON Schema.
        is_told: Whether the kinds tell all, so that the schema is not needed.
    """

    kinds: int
    schema: dict[str, Any]
    is_told: bool = True


_SCALARS: dict[Any, _Part] = {
    NoneType: _Part(0b000_0001, {"type": "null"}),
    bool: _Part(0b000_0010, {"type": "boolean"}),
    int: _Part(0b000_0100, {"type": "integer"}),
    # An integer becomes a float by the schema.
    float: _Part(0b000_1100, {"type": "number"}, is_told=False),
    str: _Part(0b001_0000, {"type": "string"}),
}
_NUMBERS = {int, float}


class _OtherError(Exception):
    """A type that pydantic knows more of."""


def text_form(form: Any) -> _core.TextForm | None:
    """Give what the core accepts of a type's JSON; None if pydantic has to look at it."""
    if is_open(form):
        return _core.TextForm(ANY_JSON)
    try:
        part = _Types().part(form)
    except (_OtherError, NameError):
        return None
    return _core.TextForm(part.kinds, None if part.is_told else _core.JSONSchema(part.schema))


class _Types:
    def __init__(self) -> None:
        self._open: list[Any] = []

    def part(self, form: Any) -> _Part:
        form = _bare(form)
        head, arguments = get_origin(form) or form, get_args(form)
        if head in (Union, types.UnionType):
            return self._union(arguments)
        if isinstance(form, type) and form in _SCALARS:
            return _SCALARS[form]
        if head is Literal and all(type(value) is str for value in arguments):
            return _Part(_SCALARS[str].kinds, {"enum": list(arguments)}, is_told=False)
        if is_typed_dict(head) and not arguments:
            return self._typed_dict(head)
        if head is list:
            return self._inner(_LIST, {"type": "array"}, "items", arguments)
        if head is dict and (not arguments or arguments[0] is str or is_open(arguments[0])):
            return self._inner(_DICT, {"type": "object"}, "additionalProperties", arguments[1:])
        if form is Any or form is object:
            return _Part(ANY_JSON, {})
        raise _OtherError

    def _inner(self, kinds: int, schema: dict[str, Any], key: str, arguments: tuple[Any, ...]) -> _Part:
        inner = self.part(arguments[0]).schema if arguments else {}
        return _Part(kinds, schema | {key: inner}, is_told=False) if inner else _Part(kinds, schema)

    def _union(self, forms: tuple[Any, ...]) -> _Part:
        """Members that JSON tells apart, because pydantic looks for the best of several."""
        bare = [_bare(form) for form in forms]
        parts = [self.part(form) for form in bare]
        kinds = 0
        for form, part in zip(bare, parts, strict=True):
            # An integer is of both types of numbers, and remains one.
            both_numbers = form in _NUMBERS and set(bare) >= _NUMBERS
            if kinds & part.kinds and not both_numbers:
                raise _OtherError
            kinds |= part.kinds
        if bool in bare and _NUMBERS & set(bare):
            # Either may be made of the other.
            raise _OtherError
        told = all(part.is_told for part in parts)
        return _Part(kinds, {"anyOf": [part.schema for part in parts]}, is_told=told)

    def _typed_dict(self, form: Any) -> _Part:
        if form in self._open or "__pydantic_config__" in vars(form):
            raise _OtherError
        self._open.append(form)
        properties, required = {}, []
        for key, hint in typing.get_type_hints(form, include_extras=True).items():
            needed = key in form.__required_keys__
            inner = hint
            # A postponed annotation hides these words from the class itself.
            while (word := getattr(get_origin(inner), "_name", None)) in ("Required", "NotRequired"):
                needed = word == "Required"
                inner = get_args(inner)[0]
            properties[key] = self.part(inner).schema
            if needed:
                required.append(key)
        self._open.pop()
        schema = {"type": "object", "properties": properties, "required": required}
        return _Part(_DICT, schema, is_told=False)


def _bare(form: Any) -> Any:
    """The form without what says nothing about its values."""
    while True:
        if get_origin(form) is Annotated:
            form, *comments = get_args(form)
            if not all(isinstance(comment, str) for comment in comments):
                raise _OtherError
        elif hasattr(form, "__supertype__"):
            form = form.__supertype__
        elif type(form).__name__ == "TypeAliasType" and not form.__type_params__:
            form = form.__value__
        else:
            return NoneType if form is None else form
