"""Whether what one type gives is what another takes: before any value is there.

Both questions are answered carefully. `fits` says no only where no value could do; `covers` says
yes only where every value does, unchanged.
"""

from __future__ import annotations

import collections.abc
import enum
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from workflow_engine.typeform import (
    bare,
    is_model_like,
    is_open,
    is_own_class,
    is_typed_dict,
    json_value,
    members,
    origin,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["covers", "fits"]

_LISTS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Set)
_SCALARS = (str, int, float, bool, bytes, NoneType)
_CONTAINERS = (dict, list, tuple, set, frozenset)


def fits(source: Any, target: Any) -> bool:
    """Tell whether any value of one type could be accepted where another is declared.

    Args:
        source: The type form of the values.
        target: The type form that is declared.

    Returns:
        False only if no value of `source` could be accepted by `target`, converted or not.
    """
    return any(_fits(one, other) for one in members(source) for other in members(target))


def _fits(source: Any, target: Any) -> bool:
    if is_open(source) or is_open(target):
        return True
    if get_origin(source) is Literal:
        return any(_value_fits(value, target) for value in get_args(source))
    if get_origin(target) is Literal:
        return any(_could_be(source, value) for value in get_args(target))
    one, other = origin(source), origin(target)
    if is_typed_dict(one):
        one = dict
    if is_typed_dict(other):
        return one in (dict, *_abstract(one))
    return _class_fits(one, other)


def _abstract(one: type) -> tuple[type, ...]:
    """The class itself where a dict is one of it, such as Mapping."""
    return (one,) if _derives(dict, one) else ()


def _value_fits(value: object, target: Any) -> bool:
    if get_origin(target) is Literal:
        plain = json_value(value)
        return any(
            type(plain) is type(json_value(other)) and plain == json_value(other)
            for other in get_args(target)
        )
    head = origin(target)
    if isinstance(head, type) and issubclass(head, enum.Enum) and not isinstance(value, enum.Enum):
        return any(member.value == value for member in head)
    return _class_fits(type(value), dict if is_typed_dict(head) else head)


def _could_be(source: Any, value: object) -> bool:
    """Whether a value of a class could be, or mean, one value of a Literal."""
    head = origin(source)
    return isinstance(value, head) or isinstance(json_value(value), head)


def _derives(one: type, other: type) -> bool:
    try:
        return issubclass(one, other)
    except TypeError:  # Some classes, such as protocols with data, refuse to tell.
        return True


def _is_list(one: type) -> bool:
    return not issubclass(one, str | bytes) and any(_derives(one, other) for other in _LISTS)


def _class_fits(one: type, other: type) -> bool:
    if _derives(one, other) or _derives(other, one):
        return True
    if NoneType in (one, other):
        return _converts_itself(other)
    if other in (*_SCALARS, *_CONTAINERS) or other.__module__ == "collections.abc":
        # Plain types are taken as they are, but for numbers and for lists of another kind.
        return (one is int and other is float) or (_is_list(one) and _is_list(other))
    if issubclass(other, enum.Enum):
        return any(isinstance(member.value, one) for member in other)
    if hasattr(other, "_fields") and issubclass(other, tuple):
        return one in (list, tuple, dict)
    if _converts_itself(other):
        return True
    if is_model_like(other):
        return _derives(one, collections.abc.Mapping) or (
            is_own_class(one) and bool(getattr(other, "model_config", {}).get("from_attributes"))
        )
    if is_own_class(other):
        return False
    # Dates, UUIDs, paths and the like are read from text and numbers, and from one another.
    return one not in _CONTAINERS and not is_model_like(one)


def _converts_itself(other: type) -> bool:
    """Whether a class has validation of its own, which may accept anything."""
    decorators = getattr(other, "__pydantic_decorators__", None)
    if decorators is not None:
        modes = {rule.info.mode for rule in decorators.model_validators.values()}
        return bool(modes & {"before", "wrap"}) or bool(getattr(other, "__pydantic_root_model__", False))
    return hasattr(other, "__get_pydantic_core_schema__")


def covers(source: Any, target: Any) -> bool:
    """Tell whether every value of one type is accepted, as it is, where another is declared.

    Args:
        source: The type form of the values.
        target: The type form that is declared.

    Returns:
        True only if nothing need be looked at or converted.
    """
    if source == target:
        return True
    if get_origin(target) is Annotated:
        # The comments may be rules, and only the same type keeps them.
        return _plainly_annotated(target, source)
    return all(any(_covers(one, other) for other in members(target)) for one in members(source)) and not any(
        get_origin(part) is Annotated for part in get_args(bare(target))
    )


def _plainly_annotated(target: Any, source: Any) -> bool:
    inner, *comments = get_args(target)
    return all(isinstance(comment, str) for comment in comments) and covers(source, inner)


def _covers(source: Any, target: Any) -> bool:
    if is_open(target):
        return True
    if is_open(source):
        return False
    if source == target:
        return True
    if get_origin(source) is Literal:
        values = get_args(source)
        if get_origin(target) is Literal:
            return all(_among(value, get_args(target)) for value in values)
        head = origin(target)
        return all(isinstance(value, head) for value in values)
    one, other = origin(source), origin(target)
    if one is None or other is None or is_typed_dict(other):
        return False
    if is_typed_dict(one):
        return _derives(dict, other) and _anything(get_args(target))
    if not issubclass(one, other):
        return False
    wanted, given = get_args(target), get_args(source)
    if _anything(wanted):
        return True
    return (
        one is other
        and len(given) == len(wanted)
        and ... not in wanted
        and not any(isinstance(part, list) for part in wanted)
        and all(covers(part, whole) for part, whole in zip(given, wanted, strict=True))
    )


def _among(value: object, values: Iterable[object]) -> bool:
    return any(type(value) is type(other) and value == other for other in values)


def _anything(arguments: tuple[Any, ...]) -> bool:
    """Whether no argument asks for anything; the text keys of JSON objects count as nothing."""
    return all(is_open(part) or part is ... for part in arguments) or (
        len(arguments) == 2 and arguments[0] is str and is_open(arguments[1])
    )
