"""What a run is started with beside its input, and which events are wanted: checked at the call."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workflow_engine.errors import NotFoundError, OutputError, UsageError
from workflow_engine.misfit import Misfit
from workflow_engine.names import meant, no_node
from workflow_engine.node import Node, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import timedelta

    from workflow_engine.annotations import Target
    from workflow_engine.declarations import Declarations
    from workflow_engine.plan import Plan

__all__ = ["EVENT_TYPES", "Options", "check_run_id", "wanted"]

EVENT_TYPES = (
    "run.started",
    "node.started",
    "node.emitted",
    "node.retrying",
    "node.finished",
    "node.failed",
    "node.skipped",
    "run.finished",
)
"""Types of events, in the order in which they can come."""


class Options:
    """How one run, or each of a batch, is started; see `Runs`.

    Attributes:
        run_id: Its id; None to have one made.
        tags: Its tags, if any.
        timeout: Seconds after which it must have ended, if any.
        given: Outputs of nodes that do not run, validated.
        only: Names of the nodes that are wanted.

    Raises:
        UsageError: An argument that is none.
        NotFoundError: A name that no node has.
        OutputError: An output that the node could not give.
    """

    __slots__ = ("given", "only", "run_id", "tags", "timeout")

    def __init__(
        self,
        declarations: Declarations,
        plan: Plan,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> None:
        if run_id is not None:
            check_run_id(plan.name, run_id)
        self.run_id = run_id
        self.tags = None if tags is None else _tags(plan, tags)
        self.timeout: float | None = None
        if timeout is not None:
            from workflow_engine.policy import seconds

            self.timeout = seconds(timeout)
        self.given = None if given is None else _given(plan, given)
        self.only = None if only is None else _only(declarations, plan, only)


def check_run_id(workflow: str, run_id: object) -> None:
    """Refuse what cannot be the id of a run.

    Raises:
        UsageError: It is no text, or empty.
    """
    if not isinstance(run_id, str) or not run_id:
        raise _wrong(workflow, "run_id", "text that is not empty", run_id, "leave it out to have one made")


def wanted(
    declarations: Declarations,
    known: Sequence[str],
    types: Collection[str] | None,
    node: str | Target | None,
) -> tuple[Collection[str] | None, str | None]:
    """Check which events are wanted.

    Args:
        declarations: Those of the workflow.
        known: Names of the nodes of the run.
        types: The types of the events.
        node: The node whose events they are.

    Returns:
        Both, the node by its name.

    Raises:
        UsageError: An argument that is none.
        NotFoundError: No type, or no node, of this name.
    """
    name = declarations.name
    if types is not None:
        if isinstance(types, str) or not isinstance(types, Iterable):
            raise _wrong(name, "types", "a list of types of events", types, f"write `types=[{types!r}]`")
        types = tuple(types)
        for kind in types:
            if kind not in EVENT_TYPES:
                raise NotFoundError(
                    f"no event of `{name}` has the type {kind!r}{meant(kind, EVENT_TYPES)}"
                    f" (types: {', '.join(f'`{other}`' for other in EVENT_TYPES)})",
                    name=str(kind),
                    known=EVENT_TYPES,
                )
    return types, None if node is None else _name(declarations, known, "node", node)


def _tags(plan: Plan, tags: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(tags, Mapping):
        raise _wrong(plan.name, "tags", "a mapping of names to text", tags, 'write `tags={"name": "text"}`')
    for pair in tags.items():
        for word in pair:
            if not isinstance(word, str):
                remedy = f"write `{str(word)!r}`"
                raise _wrong(plan.name, f"tags[{pair[0]!r}]", "text, and so is its name", word, remedy)
    return dict(tags)


def _given(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        remedy = 'write `given={"node": output}`'
        raise _wrong(plan.name, "given", "a mapping of names of nodes to outputs", given, remedy)
    known = plan.core.nodes
    for name in given:
        if not isinstance(name, str):
            raise _wrong(plan.name, "a key of `given`", "the name of a node", name, "write its name")
        if name not in known:
            raise no_node(plan.name, name, known)
    return {name: _output(plan, name, output) for name, output in given.items()}


def _output(plan: Plan, name: str, output: Any) -> Any:
    coerce = plan.core.coerce(name)
    if coerce is None:
        return output
    try:
        return coerce(output)
    except Misfit as misfit:
        misfit.source = name
        message = f"the output given for node `{name}` does not fit: {misfit}"
        path = misfit.path()
    raise OutputError(message, workflow=plan.name, node=name, path=path)


def _only(declarations: Declarations, plan: Plan, only: Sequence[str | Target]) -> list[str]:
    if isinstance(only, str | Source | Mapping) or callable(only) or not isinstance(only, Iterable):
        shown = only.name if isinstance(only, Node) else reprlib.repr(only)
        raise _wrong(plan.name, "only", "a list of nodes or their names", only, f"write `only=[{shown}]`")
    known = plan.core.nodes
    return [_name(declarations, known, "only", reference) for reference in only]


def _name(declarations: Declarations, known: Sequence[str], what: str, reference: object) -> str:
    name = reference if isinstance(reference, str) else declarations.peek(reference)
    if name is None:
        remedy = "pass a node, or its name"
        raise _wrong(declarations.name, what, "for nodes of this workflow", reference, remedy)
    if name not in known:
        raise no_node(declarations.name, name, known)
    return name


def _wrong(workflow: str, argument: str, allowed: str, value: object, remedy: str) -> UsageError:
    named = argument if "`" in argument else f"`{argument}`"
    return UsageError(f"{named} of a run of `{workflow}` is {allowed}, not {reprlib.repr(value)}; {remedy}")
