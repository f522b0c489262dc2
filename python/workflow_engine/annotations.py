"""What can be written where a workflow is declared, for type checkers.

Nothing imports this to run: to make a protocol or a typed dict takes as long as to import a module.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypedDict, TypeVar, overload

from workflow_engine.node import FunctionNode, Source

if TYPE_CHECKING:
    from datetime import timedelta

    from workflow_engine.expression import Expression
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


class _BodyOptions(TypedDict, total=False):
    """What `map` and `loop` take beside what they are about.

    Attributes:
        name: Name of the node; by default that of the function or workflow.
        inputs: Of a function what its further parameters get, by name, as in any node; of a workflow what
            makes its input.
        after: What the node waits for without reading it.
        retry: When an item or turn that failed is tried again.
        timeout: Time that an attempt of an item or turn may take.
        thread: As in any node; of functions only.
    """

    name: str | None
    inputs: Any
    after: Target | Sequence[Target]
    retry: Retry | None
    timeout: float | timedelta | None
    thread: Literal["caller"] | None


class MapOptions(_BodyOptions, total=False):
    """What `Workflow.map` takes beside the body and the list.

    Attributes:
        concurrency: How many items are under way at a time, 16 unless said.
        on_error: What becomes of the map when an item has failed for good: `raise` ends the run, `keep` puts
            `{"error": {"type": .., "message": ..}}` in the item's place, `drop` leaves it out.
        until: A condition over `results`, the results that are there, in the order of their items: once it
            holds the map is over, and what is under way is cancelled. Up to 10,000 items.
    """

    concurrency: int
    on_error: Literal["raise", "keep", "drop"]
    until: str | Expression | None


class _LoopNeeds(TypedDict):
    until: str | Expression
    limit: int


class LoopOptions(_BodyOptions, _LoopNeeds, total=False):
    """What `Workflow.loop` takes beside the body.

    Attributes:
        until: A condition over `state` and `turn`, tested after each turn: once it holds the loop is over.
        limit: How many turns it may take, 1 to 10,000.
        start: The first state: a node, an expression, a value or shape; by default the workflow's input.
        at_limit: What becomes of the loop when it is not over after `limit` turns: `raise` a
            `LoopLimitError`, or `keep` the state.
    """

    start: Any
    at_limit: Literal["raise", "keep"]


class Processor(Protocol[Parameters, Returned_co]):
    """An object, or the class of an object, that is a node by its `process` method."""

    def process(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned_co:
        """Do the work of the node."""
        ...


# What can stand for a node of a workflow: the node, or the function or class that it was made of.
Target = Source[Any] | Callable[..., Any]
Case = Target | Sequence[Target] | None
Cases = Mapping[Any, Case] | Sequence[tuple[Any, Case]]

Over = Target | str | Sequence[Any]

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
