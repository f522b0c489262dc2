"""Python functions that workflows read from data may name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from workflow_engine.errors import DeclarationError
from workflow_engine.node import FunctionNode, name_of
from workflow_engine.place import caller, place_of

__all__ = ["register_node", "registered", "registered_name"]

Function = TypeVar("Function", bound=Callable[..., Any])

_FUNCTIONS: dict[str, Any] = {}


@overload
def register_node(function: Function, /, *, name: str | None = None) -> Function: ...
@overload
def register_node(*, name: str | None = None) -> Callable[[Function], Function]: ...
def register_node(function: Any = None, /, *, name: str | None = None) -> Any:
    """Let workflows read from data name a function in `python:`; also as a decorator.

    What text may call is only what somebody has registered, or given by `nodes=`: nothing is ever imported
    by a name in it.

    Args:
        function: A function, a class with `process`, or another callable. Left out, this gives a decorator.
        name: The name; by default that of the function, or of the class in snake case.

    Returns:
        The function, unchanged.

    Raises:
        DeclarationError: No callable, no name, or the name is that of another function.
    """
    if function is None:
        return lambda function: register_node(function, name=name)
    named = name_of(function) if name is None else name
    if not callable(function) or not isinstance(named, str) or not named:
        raise DeclarationError(f"a registered node is a function with a name, not {function!r}")
    known = _FUNCTIONS.get(named)
    if known is not None and known is not function and not _is_again(known, function):
        raise DeclarationError(f"another function is registered as `{named}`: write `name=`")
    _FUNCTIONS[named] = function
    return function


def _is_again(known: Any, function: Any) -> bool:
    """Whether a function is the other one made again, by a notebook's cell run twice."""
    frame = caller()
    return place_of(frame, function).replaces(place_of(frame, known))


def registered() -> dict[str, Any]:
    """Give the registered functions, by name."""
    return dict(_FUNCTIONS)


def registered_name(function: object, functions: dict[str, Any]) -> str | None:
    """Give the name under which a function is known; None if it is not.

    Args:
        function: What a node was made of.
        functions: Functions that a workflow was given, by name; these come first.
    """
    for name, known in (*functions.items(), *_FUNCTIONS.items()):
        if (known.function if isinstance(known, FunctionNode) else known) == function:
            return name
    return None
