"""What can be written where a workflow is declared, for type checkers.

Nothing imports this to run: to make a protocol or a typed dict takes as long as to import a module.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypedDict, TypeVar, overload

from workflow_engine.node import FunctionNode, Source

if TYPE_CHECKING:
    from datetime import timedelta

    from workflow_engine.policy import Retry

__all__ = [
    "BatchOptions",
    "Case",
    "Cases",
    "NodeDecorator",
    "NodeOptions",
    "Processor",
    "Returnable",
    "Target",
]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Returned_co = TypeVar("Returned_co", covariant=True)


class NodeOptions(TypedDict, total=False):
    """How a Python node is declared; all of it may be left out.

    Attributes:
        name: Name of the node; by default that of the function, or of the class in snake case.
        inputs: Where parameters get their values, by name: a node is an edge, a list or dict that
            holds nodes is gathered from them, `input` of the workflow is its input, and anything
            else is passed as it is.
        after: Nodes that must have run before.
        retry: When it is tried again; by default never.
        timeout: Time for an attempt, in seconds or as a timedelta.
        thread: `"caller"` keeps it on the thread that runs the workflow.
    """

    name: str | None
    inputs: Mapping[str, object] | None
    after: Target | Sequence[Target]
    retry: Retry | None
    timeout: float | timedelta | None
    thread: Literal["caller"] | None


class BatchOptions(TypedDict, total=False):
    """What does not change the type of a batch's results; see `Runs.batch`.

    Attributes:
        concurrency: How many runs are under way at most.
        tags: Tags of every run.
        timeout: Time that each run may take.
        given: Outputs that every run takes.
        only: The only nodes of every run.
    """

    concurrency: int
    tags: Mapping[str, str] | None
    timeout: float | timedelta | None
    given: Mapping[str, Any] | None
    only: Sequence[str | Target] | None


class Processor(Protocol[Parameters, Returned_co]):
    """An object, or the class of an object, that is a node by its `process` method."""

    def process(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned_co:
        """Do the work of the node."""
        ...


# What can stand for a node of a workflow: the node, or the function or class that it was made of.
Target = Source[Any] | Callable[..., Any]
Case = Target | Sequence[Target] | None
Cases = Mapping[Any, Case] | Sequence[tuple[Any, Case]]

Returnable = (
    Source[Result]
    | Callable[..., Coroutine[Any, Any, Result]]
    | Callable[..., Result]
    | type[Processor[..., Coroutine[Any, Any, Result]] | Processor[..., Result]]
)


class NodeDecorator(Protocol):
    """What `Workflow.node(...)` gives: it makes a node of a function or class."""

    @overload
    def __call__(
        self, function: type[Processor[Parameters, Coroutine[Any, Any, Result]]], /
    ) -> FunctionNode[Parameters, Coroutine[Any, Any, Result], Result]: ...
    @overload
    def __call__(
        self, function: type[Processor[Parameters, Result]], /
    ) -> FunctionNode[Parameters, Result, Result]: ...
    @overload
    def __call__(
        self, function: Callable[Parameters, Coroutine[Any, Any, Result]], /
    ) -> FunctionNode[Parameters, Coroutine[Any, Any, Result], Result]: ...
    @overload
    def __call__(
        self, function: Callable[Parameters, Result], /
    ) -> FunctionNode[Parameters, Result, Result]: ...
