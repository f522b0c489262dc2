"""TypedDicts as pydantic takes them: on every Python, with the keys that nobody declared kept."""

from __future__ import annotations

import functools
import operator
import types
import typing
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from workflow_engine.typeform import is_typed_dict

if TYPE_CHECKING:
    from pydantic import ConfigDict

__all__ = ["CONFIG", "twin"]

# Bytes and numbers that JSON does not have: text by base64, and left for the core to refuse.
CONFIG: ConfigDict = {
    "ser_json_bytes": "base64",
    "val_json_bytes": "base64",
    "ser_json_inf_nan": "constants",
    "arbitrary_types_allowed": True,
}


def twin(form: Any) -> Any:
    """Give a form with its TypedDicts replaced by twins that pydantic takes.

    Before Python 3.12 pydantic refuses those of `typing`, and on every Python it drops unknown keys
    unless the class says otherwise.

    Args:
        form: A type form.

    Returns:
        The same form where it holds no TypedDict.

    Raises:
        NameError: A TypedDict names a type that cannot be found from its module.
    """
    return _twin(form, {})


def _twin(form: Any, made: dict[type, Any]) -> Any:
    if is_typed_dict(form):
        return made[form] if form in made else _make(form, made)
    arguments = get_args(form)
    twins = tuple(_twin(argument, made) for argument in arguments)
    if all(new is old for new, old in zip(twins, arguments, strict=True)):
        return form
    head = get_origin(form)
    if head in (Union, types.UnionType):
        return functools.reduce(operator.or_, twins)
    if head is typing.Annotated:
        return typing.Annotated[(twins[0], *form.__metadata__)]
    if isinstance(form, types.GenericAlias):
        return types.GenericAlias(head, twins)
    return form.copy_with(twins)


def _make(form: Any, made: dict[type, Any]) -> Any:
    from typing import NotRequired, Required

    from typing_extensions import TypedDict

    if "__pydantic_config__" in vars(form) and type(form).__module__ != "typing":
        made[form] = form
        return form
    # Made empty and filled afterwards, because a TypedDict may hold itself.
    make: Any = TypedDict
    copy = make(form.__name__, {})
    made[form] = copy
    annotations, required = {}, set()
    for key, hint in typing.get_type_hints(form, include_extras=True).items():
        needed = key in form.__required_keys__
        inner = hint
        # A postponed annotation hides these words from the class itself.
        while (word := getattr(get_origin(inner), "_name", None)) in _WORDS:
            needed = needed if word == "ReadOnly" else word == "Required"
            inner = get_args(inner)[0]
        kept = _twin(inner, made)
        annotations[key] = Required[kept] if needed else NotRequired[kept]
        if needed:
            required.add(key)
    copy.__annotations__ = annotations
    copy.__required_keys__ = frozenset(required)
    copy.__optional_keys__ = frozenset(annotations.keys() - required)
    copy.__module__, copy.__qualname__ = form.__module__, form.__qualname__
    copy.__doc__ = form.__doc__
    copy.__pydantic_config__ = {
        "extra": "allow",
        **CONFIG,
        **getattr(form, "__pydantic_config__", {}),
    }
    return copy


_WORDS = ("Required", "NotRequired", "ReadOnly")
