"""The attribute path that a small function reads, known from its compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["attribute_path"]

_LOADS = {"LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"}
# Instructions without a meaning here: where a call begins, and room for the interpreter's notes.
_SILENT = {"RESUME", "CACHE", "NOP", "NOT_TAKEN", "COPY_FREE_VARS"}


def attribute_path(function: Any) -> tuple[str, ...] | None:
    """Give the path of a function that only reads it, such as `lambda kind: kind.label`.

    Nothing is run and no source is read.

    Args:
        function: Any callable.

    Returns:
        Names of attributes, outermost first, none for `lambda kind: kind`; None for any function
        that does something else.
    """
    code = getattr(function, "__code__", None)
    if code is None or getattr(function, "__self__", None) is not None:
        return None
    if code.co_argcount != 1 or code.co_kwonlyargcount or code.co_flags & _NOT_PLAIN:
        return None
    steps = list(_steps(code))
    if len(steps) < 2 or steps[0][0] not in _LOADS or steps[0][1] != code.co_varnames[0]:
        return None
    if steps[-1][0] != "RETURN_VALUE" or any(name != "LOAD_ATTR" for name, _ in steps[1:-1]):
        return None
    return tuple(argument for _, argument in steps[1:-1])


# CO_VARARGS, CO_VARKEYWORDS, CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR.
_NOT_PLAIN = 0x04 | 0x08 | 0x20 | 0x80 | 0x200


def _steps(code: Any) -> Iterator[tuple[str, Any]]:
    import dis

    for instruction in dis.get_instructions(code):
        if instruction.opname not in _SILENT:
            yield instruction.opname, instruction.argval
