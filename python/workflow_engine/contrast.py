"""Two types that differ, told apart in a message even where they have the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

from workflow_engine.place import found_at
from workflow_engine.typeform import bare, describe, fields, is_own_class

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Contrast", "class_named", "contrast", "told_apart"]


class Contrast(NamedTuple):
    """How two types are called beside each other.

    Attributes:
        given: The one that comes.
        taken: The one that is wanted.
        again: What to do if a class was declared again and only one of them knows it; else empty.
    """

    given: str
    taken: str
    again: str


def contrast(given: Any, taken: Any, giver: str, taker: str) -> Contrast:
    """Describe two types that differ: by their modules where they have the same name.

    Args:
        given: The type form of what comes.
        taken: The type form of what is wanted.
        giver: What declares the one, such as "`classify`".
        taker: What declares the other.
    """
    for modules in (False, True):
        words = describe(given, modules=modules), describe(taken, modules=modules)
        if words[0] != words[1]:
            return Contrast(*words, "")
    twins = _twins(given, taken)
    if twins is None:
        return Contrast(*words, "")
    names = describe(given), describe(taken)
    ends = zip(twins, (giver, taker), strict=True)
    # The module has the newest; a class that is local to a function is found nowhere.
    old = [end for kind, end in ends if found_at(kind.__module__, kind.__qualname__) is not kind]
    who = " and ".join(dict.fromkeys(old)) or taker
    again = (
        f"`{twins[0].__name__}` was declared again, and these are two classes:"
        f" declare {who} again too (in a notebook, run the cell)"
    )
    return Contrast(*names, again)


def told_apart(value: object, kind: type) -> tuple[str, str]:
    """Say what a value is and what it should have been, where both classes have one name.

    Args:
        value: The value.
        kind: The class that was expected.

    Returns:
        What was expected, and what came.
    """
    given, taken, again = contrast(type(value), kind, "what gives it", "what takes it")
    return f"`{taken}`", f"`{given}`; {again}" if again else f"`{given}`"


def _twins(given: Any, taken: Any) -> tuple[type, type] | None:
    """The first two classes of one place that are not the same."""
    known = {(kind.__module__, kind.__qualname__): kind for kind in _classes(given, set())}
    for kind in _classes(taken, set()):
        twin = known.get((kind.__module__, kind.__qualname__), kind)
        if twin is not kind:
            return twin, kind
    return None


def class_named(form: Any, name: str) -> type | None:
    """Give the class of this name in a type form or in the fields of its classes, if there is one."""
    return next((kind for kind in _classes(form, set()) if kind.__name__ == name), None)


def _classes(form: Any, seen: set[type]) -> Iterator[type]:
    form = bare(form)
    for part in get_args(form):
        yield from _classes(part, seen)
    head = get_origin(form) or form
    if isinstance(head, type) and is_own_class(head) and head not in seen:
        seen.add(head)
        yield head
        for inner in (fields(head) or {}).values():
            yield from _classes(inner, seen)
