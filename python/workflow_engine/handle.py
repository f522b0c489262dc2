"""A run seen from outside, and the events it tells."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from workflow_engine import outcome
from workflow_engine.errors import UsageError
from workflow_engine.loops import Signal
from workflow_engine.options import wanted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
    from datetime import timedelta

    from workflow_engine import _core
    from workflow_engine.annotations import Target
    from workflow_engine.plan import Plan
    from workflow_engine.workflow import Workflow

__all__ = ["NodeStatus", "RunEvent", "RunHandle"]

Output = TypeVar("Output", covariant=True)


class RunEvent(NamedTuple):
    """Something that happened in a run.

    Attributes:
        sequence: Its number in the run, from 1.
        time: When, in seconds since 1970.
        run_id: The run.
        type: `run.started`, `node.started`, `node.emitted`, `node.retrying`, `node.finished`,
            `node.failed`, `node.skipped` or `run.finished`.
        node: Name of the node; None for an event of the run as a whole.
        attempt: The attempt, from 1; 0 where there is none.
        data: What was emitted; a node's output when it finished; `{"error": class, "message": str}`
            when it failed; `{"delay": seconds}` before a retry; `{"state": str}` when the run
            finished; else None.
    """

    sequence: int
    time: float
    run_id: str
    type: str
    node: str | None
    attempt: int
    data: Any


class NodeStatus(NamedTuple):
    """What a node is doing in a run.

    Attributes:
        state: `pending`, `running`, `retrying`, `succeeded`, `failed`, `skipped`, `cancelled` or
            `given`.
        attempts: Attempts so far.
        started: When the last one began, in seconds since 1970; None if it has not.
        ended: When it ended, likewise.
    """

    state: str
    attempts: int
    started: float | None
    ended: float | None


class RunHandle(Generic[Output]):
    """A run that is under way or has finished.

    Example::

        handle = triage.start(event)
        for happened in handle.events():
            print(happened.type, happened.node)
        card = handle.result()
    """

    __slots__ = ("_loop_thread", "_only", "_plan", "_run", "_taken", "_workflow")

    def __init__(
        self,
        run: _core.Run,
        workflow: Workflow[Any, Output],
        plan: Plan,
        only: Sequence[str] | None,
        loop_thread: int | None = None,
    ) -> None:
        self._run = run
        self._workflow = workflow
        self._plan = plan
        self._only = only
        # The thread of the caller's own loop, if that drives the run.
        self._loop_thread = loop_thread
        self._taken: outcome.Taken | None = None

    @property
    def id(self) -> str:
        """Its id."""
        return self._run.id

    @property
    def state(self) -> str:
        """`queued`, `running`, `waiting`, `succeeded`, `failed` or `cancelled`."""
        return self._run.state

    @property
    def tags(self) -> dict[str, str]:
        """The tags it was started with."""
        return dict(self._run.tags or {})

    @property
    def parent(self) -> str | None:
        """Id of the run whose node started this one."""
        return self._run.parent

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs so far, by node; fits `run(..., given=)`."""
        return self._run.outputs()

    @property
    def nodes(self) -> dict[str, NodeStatus]:
        """What each node is doing."""
        return {status[0]: NodeStatus(*status[1:]) for status in self._run.nodes()}

    def result(self, timeout: float | timedelta | None = None) -> Output:
        """Wait for the result.

        Args:
            timeout: How long to wait, in seconds or as a timedelta. The run goes on after it.

        Raises:
            TimeoutError: It has not finished in that time.
            NodeError: A node failed; its cause is the node's exception.
            RunCancelledError: It was cancelled.
            RunTimeoutError: Its deadline passed.
            OutputError: It is not of the output that the workflow declares.
            UsageError: Called on the loop that drives the run; write `aresult`.
        """
        from workflow_engine.policy import seconds

        self._refuse_own_loop("result", "await handle.aresult()")
        wait = None if timeout is None else seconds(timeout, "timeout")
        if not self._run.wait(wait):
            raise TimeoutError(f"run {self.id} has not finished after {wait} s")
        return self._result()

    async def aresult(self) -> Output:
        """Wait for the result on the running event loop; raises as `result` does."""
        signal = Signal()
        if self._run.on_finish(signal.set):
            await signal.wait()
        return self._result()

    def _refuse_own_loop(self, method: str, instead: str) -> None:
        """Refuse to wait on the very loop that drives the run, which could never finish."""
        if not self._run.on_loop or self._run.finished:
            return
        from workflow_engine import engine

        if self._loop_thread == threading.get_ident() or engine.is_on_loop_thread():
            message = f"`{method}` was called on the loop that drives the run; write `{instead}`"
            raise UsageError(message)

    def _result(self) -> Output:
        if not self._run.stopping:
            return self._workflow._result(self._plan, self._run, self._only)  # noqa: SLF001
        # An exception that is kept would lead to this handle: each call raises one of its own.
        if self._taken is None:
            self._taken = outcome.take(self._run)
        raise outcome.tell(self._run, self._workflow.declarations, self._taken)

    def cancel(self) -> bool:
        """Cancel it; what it waits for is stopped, and nothing more starts.

        The body of a sync node cannot be stopped: its outcome is dropped when it comes.

        Returns:
            False if it was ending already.
        """
        return self._run.cancel()

    def events(
        self, *, types: Collection[str] | None = None, node: str | Target | None = None
    ) -> Iterator[RunEvent]:
        """Give what happens in it from its start until it has finished, waiting for more.

        The newest 10,000 events are kept; a gap in `sequence` shows that older ones were dropped.

        Args:
            types: Only events of these types.
            node: Only events of this node.

        Raises:
            UsageError: Called on the loop that drives the run; write `aevents`.
        """
        return self._events(*self._wanted(types, node))

    def _wanted(
        self, types: Collection[str] | None, node: str | Target | None
    ) -> tuple[Collection[str] | None, str | None]:
        known = [] if node is None else [status[0] for status in self._run.nodes()]
        return wanted(self._workflow.declarations, known, types, node)

    def _events(self, types: Collection[str] | None, node: str | None) -> Iterator[RunEvent]:
        sequence = 1
        while True:
            event = self._read(sequence)
            if event is None:
                if self._run.finished and self._read(sequence) is None:
                    return
                self._refuse_own_loop("events", "async for event in handle.aevents()")
                self._run.wait_event(sequence)
                continue
            sequence = event.sequence + 1
            if _is_wanted(event, types, node):
                yield event

    def aevents(
        self, *, types: Collection[str] | None = None, node: str | Target | None = None
    ) -> AsyncGenerator[RunEvent, None]:
        """Give what happens in it, waiting on the running event loop; see `events`."""
        return self._aevents(*self._wanted(types, node))

    async def _aevents(
        self, types: Collection[str] | None, node: str | None
    ) -> AsyncGenerator[RunEvent, None]:
        sequence = 1
        while True:
            event = self._read(sequence)
            if event is None:
                if self._run.finished and self._read(sequence) is None:
                    return
                signal = Signal()
                if self._run.on_event(sequence, signal.set):
                    await signal.wait()
                continue
            sequence = event.sequence + 1
            if _is_wanted(event, types, node):
                yield event

    def _read(self, sequence: int) -> RunEvent | None:
        read = self._run.read_event(sequence)
        if read is None:
            return None
        number, time, kind, node, attempt, data = read
        return RunEvent(number, time, self.id, kind, node, attempt, data)

    def on_finish(self, call: Callable[[], object]) -> bool:
        """Have a function called, on any thread, when the run has finished.

        Returns:
            False if it has already; then the function is not called.
        """
        return self._run.on_finish(call)

    def explain(self) -> str:
        """Say why each node ran, waits or was skipped, a line each."""
        rows = self._run.explain()
        width = max((len(name) for name, _, _ in rows), default=0)
        return "\n".join(f"{name:<{width}}  {state:<9}  {reason}" for name, state, reason in rows)

    def __repr__(self) -> str:
        return f"<run {self.id} of {self._workflow.name}: {self.state}>"

    def __str__(self) -> str:
        """Give a line for the run and one for each node."""
        nodes = self.nodes
        width = max((len(name) for name in nodes), default=0)
        lines = [f"run {self.id} of {self._workflow.name}: {self.state}"]
        for name, status in nodes.items():
            tries = f"  {status.attempts} attempts" if status.attempts > 1 else ""
            took = ""
            if status.started is not None and status.ended is not None:
                took = f"  {(status.ended - status.started) * 1000:.1f} ms"
            lines.append(f"  {name:<{width}}  {status.state}{tries}{took}".rstrip())
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Draw the graph in the states of this run, for a notebook."""
        del include, exclude
        from workflow_engine.graph import mimebundle

        states = {name: status.state for name, status in self.nodes.items()}
        return mimebundle(self._workflow._view(states))  # noqa: SLF001


def _is_wanted(event: RunEvent, types: Collection[str] | None, node: str | None) -> bool:
    return (types is None or event.type in types) and (node is None or event.node == node)
