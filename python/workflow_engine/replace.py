"""A stand-in for a node: it is given what the node would be given, as far as it asks for it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from workflow_engine.missing import MISSING
from workflow_engine.node import FunctionNode
from workflow_engine.signature import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.node import Node

__all__ = ["replace"]


def replace(
    build: Build, node: Node[Any], arguments: list[Argument]
) -> tuple[Callable[..., Any], list[Argument], bool]:
    """Put the replacement of a node in its place; its edges stay as they are.

    Args:
        build: The plan that is being built.
        node: The node.
        arguments: The arguments of its own function.

    Returns:
        The function to call, the arguments with those that it does not take dropped, and whether it
        gives an awaitable.
    """
    stand_in: Any = build.replacements[node.name]
    if not callable(stand_in):
        # A value is the output.
        return (lambda: stand_in), [_passed(argument, "dropped") for argument in arguments], False
    signature = read(stand_in)
    taken = {parameter.name for parameter in signature.parameters}
    known = {argument.name for argument in arguments}
    for parameter in signature.parameters:
        if parameter.name not in known and parameter.default is MISSING:
            names = ", ".join(f"`{name}`" for name in known) or "none"
            message = (
                f"the replacement takes `{parameter.name}`, which the node does not (parameters: {names})"
            )
            build.faults.add("unknown-parameter", message, "use the node's names", node=node.name)
    positional = not signature.known or any(flaw.code == "variadic-parameter" for flaw in signature.flaws)
    passed = []
    for argument in arguments:
        if argument.name in taken or signature.keywords:
            passed.append(_passed(argument, "keyword"))
        elif positional:
            passed.append(_passed(argument, "position"))
        else:
            passed.append(_passed(argument, "dropped"))
    if isinstance(node, FunctionNode) and build.signature(node).asynchronous:
        return _awaiting(stand_in), passed, True
    # What only an asynchronous mock has, also one that is made of a function.
    return stand_in, passed, signature.asynchronous or hasattr(stand_in, "assert_awaited")


def _awaiting(stand_in: Callable[..., Any]) -> Callable[..., Any]:
    """Await what stands for an asynchronous function where it gives an awaitable."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        output = stand_in(*args, **kwargs)
        return await output if isinstance(output, Awaitable) else output

    return call


def _passed(argument: Argument, how: str) -> Argument:
    return argument._replace(passed=how)
