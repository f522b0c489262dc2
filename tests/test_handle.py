"""Runs seen from outside: states, outputs, events, streams."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import re
import threading
import time
from datetime import timedelta
from typing import Any, Literal

import anyio
import anyio.lowlevel
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import (
    Context,
    LimitError,
    NodeError,
    NodeTimeoutError,
    Retry,
    RunCancelledError,
    RunEvent,
    RunHandle,
    RunTimeoutError,
    UsageError,
    Workflow,
    _core,
)
from workflow_engine.testing import relaxed

LONG = 30.0


def gated() -> tuple[Workflow[Any, Any], threading.Event, threading.Event]:
    """Make a workflow that waits for a gate between its two nodes' work."""
    workflow: Workflow[Any, Any] = Workflow("gated")
    begun, gate = threading.Event(), threading.Event()

    @workflow.node
    def first(input: Any) -> int:
        return 1

    @workflow.node
    def second(first: int) -> int:
        begun.set()
        assert gate.wait(10)
        return first + 1

    return workflow, begun, gate


# States.


@in_both_modes
def test_a_run_from_its_start_to_its_end(mode: Any) -> None:
    workflow, begun, gate = gated()
    with mode():
        before = time.time()
        handle = workflow.start(run_id="own", tags={"a": "b"})
        assert begun.wait(5)
        assert (handle.id, handle.tags, handle.parent) == ("own", {"a": "b"}, None)
        assert handle.state == "running"
        assert handle.outputs == {"first": 1}
        first, second = handle.nodes["first"], handle.nodes["second"]
        assert (first.state, first.attempts) == ("succeeded", 1)
        assert (second.state, second.attempts, second.ended) == ("running", 1, None)
        assert repr(handle) == "<run own of gated: running>"
        with pytest.raises(TimeoutError, match=r"run own has not finished after 0\.01 s"):
            handle.result(timeout=0.01)
        with pytest.raises(TimeoutError):
            handle.result(timedelta(milliseconds=5))
        gate.set()
        assert handle.result() == 2
    assert handle.result(timeout=0) == 2
    assert handle.state == "succeeded"
    assert handle.outputs == {"first": 1, "second": 2}
    times = [time for status in handle.nodes.values() for time in (status.started, status.ended)]
    assert before - 0.01 <= times[0] <= times[1] <= times[2] <= times[3] <= time.time() + 0.01  # type: ignore[operator]


@on_every_loop
def test_a_run_on_a_loop_is_queued_until_the_loop_comes_to_it(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("waits")

    @workflow.node
    async def waits(input: Any) -> str:
        await anyio.sleep(0.005)
        return "done"

    async def main() -> None:
        handle = await workflow.astart()
        assert handle.state == "queued"
        assert handle.nodes["waits"].state == "pending"
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(handle.aresult)
        assert handle.state == "succeeded"
        assert await handle.aresult() == "done"

    run_on(backend, main)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_run_that_waits_for_a_retry(kind: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("waits")
    failed = threading.Event()

    def fail(context: Context) -> int:
        if context.attempt == 1:
            failed.set()
            raise ConnectionError
        return context.attempt

    def sync_node(input: Any, context: Context) -> int:
        return fail(context)

    async def async_node(input: Any, context: Context) -> int:
        return fail(context)

    workflow.add_node(
        sync_node if kind == "sync" else async_node,
        name="flaky",
        retry=Retry(attempts=2, delay=0.05, jitter="none"),
    )
    handle = workflow.start()
    assert failed.wait(5)
    time.sleep(0.01)
    assert handle.state == "waiting"
    assert handle.nodes["flaky"].state == "retrying"
    assert handle.explain() == "flaky  retrying   waits for attempt 2"
    assert handle.result() == 2
    assert handle.nodes["flaky"].attempts == 2


def test_a_failed_run() -> None:
    workflow: Workflow[Any, Any] = Workflow("fails")

    @workflow.node
    def fails(input: Any) -> None:
        raise ValueError

    @workflow.node
    def after(fails: None) -> None:
        raise AssertionError

    handle = workflow.start()
    for _ in range(2):
        with pytest.raises(NodeError) as caught:
            handle.result()
        assert isinstance(caught.value.__cause__, ValueError)
    assert handle.state == "failed"
    assert handle.nodes["fails"].state == "failed"
    assert handle.nodes["after"].state == "cancelled"


def test_a_run_past_its_deadline() -> None:
    workflow, begun, gate = gated()
    handle = workflow.start(timeout=0.05)
    assert begun.wait(5)
    with pytest.raises(RunTimeoutError) as caught:
        handle.result()
    assert caught.value.outputs == {"first": 1}
    assert caught.value.run == handle.id
    assert handle.state == "failed"
    assert handle.nodes["second"].state == "cancelled"
    gate.set()


# What it tells.


def choosing() -> Workflow[Any, Any]:
    """Make a workflow in which every node fares differently."""
    workflow: Workflow[Any, Any] = Workflow("choosing")

    @workflow.node
    def kind(input: Any) -> Literal["a", "b"]:
        return "a"

    @workflow.node
    def when_a(input: Any, context: Context) -> int:
        context.emit({"half": 1})
        if context.attempt == 1:
            raise ConnectionError("once")
        return 1

    @workflow.node
    def when_b(input: Any) -> int:
        raise AssertionError

    @workflow.node
    def after_b(when_b: int) -> int:
        raise AssertionError

    @workflow.node
    def after_it(input: Any) -> int:
        raise AssertionError

    @workflow.node
    def known(input: Any) -> int:
        raise AssertionError

    workflow.route(kind, {"a": when_a, "b": when_b})
    workflow["when_a"].retry = Retry(attempts=2, delay=0)  # type: ignore[attr-defined]
    workflow["after_it"].after = (when_b,)  # type: ignore[attr-defined]
    workflow.join("together", kind, when_a, after_b, known)
    workflow.returns(workflow["together"])
    return workflow


def test_explain_and_str() -> None:
    handle = choosing().start(given={"known": 7})
    assert handle.result() == {"kind": "a", "when_a": 1, "known": 7}
    assert handle.explain().splitlines() == [
        "kind        succeeded  needs no other node",
        "when_a      succeeded  chosen by `route_kind`",
        "when_b      skipped    not chosen by `route_kind`",
        "after_b     skipped    needs `when_b`, which was skipped",
        "after_it    skipped    comes after `when_b`, which was skipped",
        "known       given      its output was given",
        "route_kind  succeeded  its inputs were there",
        "together    succeeded  its inputs were there",
    ]
    lines = [re.sub(r"[\d.]+ ms$", "N ms", line) for line in str(handle).splitlines()]
    assert lines == [
        f"run {handle.id} of choosing: succeeded",
        "  kind        succeeded  N ms",
        "  when_a      succeeded  2 attempts  N ms",
        "  when_b      skipped",
        "  after_b     skipped",
        "  after_it    skipped",
        "  known       given",
        "  route_kind  succeeded  N ms",
        "  together    succeeded  N ms",
    ]


def test_explain_of_a_run_under_way() -> None:
    workflow, begun, gate = gated()

    @workflow.node
    def third(second: int, first: int) -> int:
        return second + first

    handle = workflow.start(only=["third"])
    assert begun.wait(5)
    assert handle.explain().splitlines() == [
        "first   succeeded  needs no other node",
        "second  running    attempt 1 is under way",
        "third   pending    waits for `second`",
    ]
    gate.set()
    assert handle.result() == 3
    handle = workflow.start(only=["first"])
    assert handle.result() == 1
    assert handle.explain().splitlines()[1] == "second  skipped    not asked for by `only`"


def test_a_notebook_draws_the_states() -> None:
    handle = choosing().start(given={"known": 7})
    handle.result()
    bundle = handle._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "skipped" in bundle["image/svg+xml"]


# Events.

Told = tuple[str, str | None, int, Any]


def told(events: Any) -> list[Told]:
    return [(event.type, event.node, event.attempt, event.data) for event in events]


def assert_well_formed(events: list[RunEvent], run_id: str) -> None:
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert abs(events[-1].time - time.time()) < 10
    assert {event.run_id for event in events} == {run_id}
    assert events[0].type == "run.started"
    assert [event.type for event in events].count("run.finished") == 1
    open_attempts: set[tuple[str | None, int]] = set()
    for event in events:
        attempt = (event.node, event.attempt)
        if event.type == "node.started":
            open_attempts.add(attempt)
        elif event.type == "node.emitted":
            assert attempt in open_attempts
        elif event.type in ("node.retrying", "node.failed", "node.finished"):
            # A native node ends without having started.
            open_attempts.discard(attempt)
    assert not open_attempts
    with pytest.raises(AttributeError):
        events[0].type = "other"  # type: ignore[misc]


@in_both_modes
def test_the_events_of_a_run(mode: Any) -> None:
    with mode():
        handle = choosing().start(given={"known": 7})
        events = list(handle.events())
    assert_well_formed(events, handle.id)
    result = {"kind": "a", "when_a": 1, "known": 7}
    in_order = [event for event in told(events) if event[0] != "node.skipped"]
    assert in_order == [
        ("run.started", None, 0, None),
        ("node.started", "kind", 1, None),
        ("node.finished", "kind", 1, "a"),
        ("node.finished", "route_kind", 1, "a"),
        ("node.started", "when_a", 1, None),
        ("node.emitted", "when_a", 1, {"half": 1}),
        ("node.retrying", "when_a", 1, {"delay": 0.0}),
        ("node.started", "when_a", 2, None),
        ("node.emitted", "when_a", 2, {"half": 1}),
        ("node.finished", "when_a", 2, 1),
        ("node.started", "together", 1, None),
        ("node.finished", "together", 1, result),
        ("run.finished", None, 0, {"state": "succeeded"}),
    ]
    skipped = [event[1] for event in told(events) if event[0] == "node.skipped"]
    assert sorted(skipped) == ["after_b", "after_it", "when_b"]  # type: ignore[type-var]
    # Whoever comes later, or a second time, is told the same.
    assert list(handle.events()) == events
    assert told(handle.events(node="when_a")) == [event for event in told(events) if event[1] == "when_a"]
    assert told(handle.events(types=["run.finished"])) == in_order[-1:]


def failing_node(kind: str) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("fails")

    def chosen(input: Any) -> None:
        raise AssertionError

    def on(value: Any) -> Literal["a"]:
        return "b"  # type: ignore[return-value]

    def raises(input: Any) -> None:
        raise ValueError

    def lies(input: Any) -> int:
        return "text"  # type: ignore[return-value]

    def blocks(input: Any) -> None:
        time.sleep(0.03)

    async def waits(input: Any) -> None:
        await anyio.sleep(LONG)

    retry = Retry(attempts=2, delay=0, on=(ValueError, NodeTimeoutError))
    if kind == "route":
        workflow.add_node(chosen)
        workflow.route(workflow.input, {"a": workflow["chosen"]}, on=on, name="node")
    elif kind == "pick":
        workflow.constant("fixed", [])
        workflow.pick("node", workflow["fixed"], 5)
    elif kind == "raises":
        workflow.add_node(raises, name="node", retry=retry)
    elif kind == "lies":
        workflow.add_node(lies, name="node", retry=retry)
    else:
        node = blocks if kind == "blocks" else waits
        workflow.add_node(node, name="node", retry=retry, timeout=0.01)
    workflow.returns(None if kind == "route" else workflow["node"])
    return workflow


@pytest.mark.parametrize(
    ("kind", "attempts", "error"),
    [
        ("raises", 2, "ValueError"),
        ("lies", 1, "OutputError"),
        ("blocks", 2, "NodeTimeoutError"),
        ("waits", 2, "NodeTimeoutError"),
        ("route", 1, "RouteError"),
        ("pick", 1, "NodeError"),
    ],
)
def test_a_failing_node_is_told_once_an_attempt(kind: str, attempts: int, error: str) -> None:
    handle = failing_node(kind).start()
    events = list(handle.events())
    of_node = [event for event in events if event.node == "node" and event.type != "node.started"]
    expected = [("node.retrying", 1), ("node.failed", 2)] if attempts == 2 else [("node.failed", 1)]
    assert [(event.type, event.attempt) for event in of_node] == expected
    # In words: an exception would keep all frames it went through, and does not go over a wire.
    assert of_node[-1].data.keys() == {"error", "message"}
    assert of_node[-1].data["error"] == error
    assert events[-1].data == {"state": "failed"}
    assert_well_formed(events, handle.id)


def test_the_events_of_a_cancelled_run() -> None:
    workflow, begun, gate = gated()
    handle = workflow.start()
    assert begun.wait(5)
    handle.cancel()
    assert told(handle.events()) == [
        ("run.started", None, 0, None),
        ("node.started", "first", 1, None),
        ("node.finished", "first", 1, 1),
        ("node.started", "second", 1, None),
        ("run.finished", None, 0, {"state": "cancelled"}),
    ]
    gate.set()


@on_every_loop
@in_both_modes
def test_events_on_a_loop(backend: str, mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("emits")

    @workflow.node
    async def emits(input: Any, context: Context) -> None:
        for number in range(3):
            context.emit(number)
            await anyio.sleep(0.001)

    @workflow.node
    def emits_too(input: Any, context: Context) -> None:
        for number in range(3):
            context.emit(number)
            time.sleep(0.001)

    workflow.returns(None)

    async def main() -> None:
        handle = await workflow.astart()
        events = [event async for event in handle.aevents()]
        assert_well_formed(events, handle.id)
        for node in ("emits", "emits_too"):
            emitted = [event.data async for event in handle.aevents(types={"node.emitted"}, node=node)]
            assert emitted == [0, 1, 2]

    with mode():
        run_on(backend, main)


def test_a_helper_function_emits_for_its_node() -> None:
    workflow: Workflow[Any, Any] = Workflow("emits")

    def report(value: int) -> None:
        context = Context.current()
        assert context is not None
        context.emit(value)

    @workflow.node
    def emits(input: Any) -> None:
        report(1)

    handle = workflow.start()
    assert [event.data for event in handle.events(types=["node.emitted"])] == [1]
    # Without watching, emitting does nothing.
    workflow.run()


def test_a_handle_keeps_the_newest_events() -> None:
    workflow: Workflow[Any, Any] = Workflow("emits")
    count = _core.EVENTS_KEPT + 500

    @workflow.node
    def emits(input: Any, context: Context) -> None:
        for number in range(count):
            context.emit(number)

    handle = workflow.start()
    handle.result()
    events = list(handle.events())
    assert len(events) == _core.EVENTS_KEPT
    # Two events begin it and two end it; the gap shows in the numbers.
    assert events[-1].sequence == count + 4
    assert events[0].sequence == count + 4 - _core.EVENTS_KEPT + 1


# Streams.


def emitting(count: int, progress: list[int]) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("emits")

    @workflow.node
    def emits(input: Any, context: Context) -> None:
        for number in range(count):
            context.emit(number)
            progress.append(number)

    return workflow


def test_a_stream_begins_with_its_first_event_and_gives_all() -> None:
    progress: list[int] = []
    stream = emitting(3, progress).stream()
    time.sleep(0.01)
    assert progress == []
    events = list(stream)
    assert_well_formed(events, events[0].run_id)
    assert [event.data for event in events if event.type == "node.emitted"] == [0, 1, 2]


def test_a_stream_of_some_events() -> None:
    workflow = choosing()
    given: dict[str, Any] = {"known": 1}
    events = list(workflow.stream(types=["node.emitted", "node.finished"], node="when_a", given=given))
    assert [event.type for event in events] == ["node.emitted", "node.emitted", "node.finished"]


@in_both_modes
def test_a_run_waits_for_the_reader_of_its_stream(mode: Any) -> None:
    progress: list[int] = []
    workflow = emitting(5_000, progress)
    with mode():
        stream = workflow.stream(types=["node.emitted"])
        assert next(stream).data == 0
        time.sleep(0.1)
        stuck = len(progress)
        assert _core.EVENTS_MAX - 10 <= stuck <= _core.EVENTS_MAX + 10
        assert [event.data for event in itertools.islice(stream, 500)] == list(range(1, 501))
        time.sleep(0.1)
        assert stuck + 400 <= len(progress) <= stuck + 600
        assert [event.data for event in stream] == list(range(501, 5_000))


def test_nodes_do_not_start_while_the_reader_is_behind() -> None:
    workflow: Workflow[Any, Any] = Workflow("wide")
    ran: list[int] = []

    def step(input: Any) -> None:
        ran.append(1)

    for number in range(1_000):
        workflow.add_node(step, name=f"n{number}")
    workflow.returns(None)
    with relaxed():
        stream = workflow.stream()
        next(stream)
        time.sleep(0.1)
        assert 400 < len(ran) < 600
        assert sum(1 for _ in stream) == 2_001
    assert len(ran) == 1_000


@pytest.mark.parametrize("how", ["close", "break", "raise", "freed"])
def test_leaving_a_stream_cancels_its_run(how: str) -> None:
    progress: list[int] = []
    workflow: Workflow[Any, Any] = Workflow("emits")
    stopped = threading.Event()

    @workflow.node
    def emits(input: Any, context: Context) -> None:
        while not context.cancelled:
            context.emit(len(progress))
            progress.append(1)
        stopped.set()

    stream: Any = workflow.stream()
    with contextlib.suppress(KeyError):
        for event in stream:
            if event.type == "node.emitted":
                if how == "raise":
                    raise KeyError
                break
    if how == "close":
        stream.close()
    del stream
    gc.collect()
    assert stopped.wait(2)
    assert len(progress) <= _core.EVENTS_MAX + 10


def test_a_stream_of_a_failing_run_ends_with_the_failure() -> None:
    events = []
    with pytest.raises(NodeError):
        for event in failing_node("raises").stream():
            events.append(event)
    assert events[-1].data == {"state": "failed"}


@on_every_loop
def test_a_stream_on_a_loop(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("emits")
    ended: list[str] = []

    @workflow.node
    async def emits(input: int, context: Context) -> None:
        try:
            for number in range(input):
                context.emit(number)
                await anyio.lowlevel.checkpoint()
        finally:
            ended.append("ended")

    async def main() -> None:
        events = [event async for event in workflow.astream(3)]
        assert_well_formed(events, events[0].run_id)
        assert [event.data for event in events if event.type == "node.emitted"] == [0, 1, 2]
        ended.clear()
        # Leaving it cancels the run.
        stream: Any = workflow.astream(10**9)
        async for event in stream:
            if event.type == "node.emitted":
                break
        await stream.aclose()
        await anyio.sleep(0.01)
        assert ended == ["ended"]

    run_on(backend, main)


@on_every_loop
def test_a_stream_of_a_failing_run_on_a_loop(backend: str) -> None:
    async def main() -> None:
        events = []
        with pytest.raises(NodeError):
            async for event in failing_node("raises").astream():
                events.append(event)
        assert events[-1].type == "run.finished"

    run_on(backend, main)


@on_every_loop
def test_a_sync_node_waits_for_the_reader_of_a_stream_on_a_loop(backend: str) -> None:
    progress: list[int] = []
    workflow = emitting(3_000, progress)

    async def main() -> None:
        stream = workflow.astream(types=["node.emitted"])
        assert (await anext(stream)).data == 0
        await anyio.sleep(0.1)
        assert _core.EVENTS_MAX - 10 <= len(progress) <= _core.EVENTS_MAX + 10
        assert [event.data async for event in stream] == list(range(1, 3_000))

    run_on(backend, main)


def test_an_async_node_that_emits_without_end_is_stopped() -> None:
    # It runs on the loop, which it must not hold up.
    workflow: Workflow[Any, Any] = Workflow("emits")

    @workflow.node
    async def emits(input: Any, context: Context) -> None:
        for number in range(100_000):
            context.emit(number)

    stream = workflow.stream()
    next(stream)
    time.sleep(0.2)
    with pytest.raises(NodeError, match="too far behind") as caught:
        list(stream)
    assert isinstance(caught.value, LimitError)
    assert caught.value.maximum > _core.EVENTS_MAX
    assert caught.value.limit


def test_cancelling_wakes_a_node_that_waits_for_the_reader() -> None:
    workflow: Workflow[Any, Any] = Workflow("emits")
    seen: list[bool] = []
    full = threading.Event()

    @workflow.node
    def emits(input: Any, context: Context) -> None:
        for number in range(_core.EVENTS_MAX * 2):
            if number == _core.EVENTS_MAX - 10:
                full.set()
            context.emit(number)
            if context.cancelled:
                break
        seen.append(context.cancelled)

    stream: Any = workflow.stream()
    next(stream)
    assert full.wait(5)
    time.sleep(0.02)
    stream.close()
    deadline = time.perf_counter() + 1
    while not seen and time.perf_counter() < deadline:
        time.sleep(0.002)
    assert seen == [True]


# Handles as things.


def test_a_handle_outlives_everything_and_keeps_its_result() -> None:
    def make() -> RunHandle[Any]:
        workflow, _, gate = gated()
        gate.set()
        return workflow.start()

    handle = make()
    gc.collect()
    assert handle.result() == 2
    assert not handle.cancel()


def test_on_finish_is_called_once() -> None:
    workflow, begun, gate = gated()
    handle = workflow.start()
    called: list[int] = []
    assert begun.wait(5)
    assert handle.on_finish(lambda: called.append(1))
    gate.set()
    handle.result()
    time.sleep(0.01)
    assert called == [1]
    assert not handle.on_finish(lambda: called.append(2))
    assert called == [1]


def test_a_cancelled_handle_raises_with_its_outputs() -> None:
    workflow, begun, gate = gated()
    handle = workflow.start()
    assert begun.wait(5)
    handle.cancel()
    with pytest.raises(RunCancelledError) as caught:
        handle.result()
    gate.set()
    assert (caught.value.workflow, caught.value.run) == ("gated", handle.id)
    assert caught.value.outputs == {"first": 1}


def test_waiting_on_the_loop_that_drives_the_run_is_refused() -> None:
    workflow: Workflow[Any, Any] = Workflow("own_loop")

    @workflow.node
    async def waits(input: Any) -> int:
        await asyncio.sleep(0.01)
        return 1

    async def main() -> None:
        handle = await workflow.astart()
        with pytest.raises(UsageError, match="write `await handle"):
            handle.result()
        with pytest.raises(UsageError, match="write `async for event"):
            list(handle.events())
        assert await handle.aresult() == 1
        # Once it has finished there is nothing to wait for.
        assert handle.result() == 1
        assert list(handle.events())

    asyncio.run(main())
