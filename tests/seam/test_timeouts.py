"""Timeouts of nodes: a coroutine is cancelled, a thread is left behind, counted and taken back."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import (
    Context,
    LimitError,
    NodeError,
    NodeLimitError,
    NodeTimeoutError,
    Retry,
    RunCancelledError,
    RunTimeoutError,
    Workflow,
    _core,
)
from workflow_engine.testing import relaxed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 30.0


def wait_until(is_done: Any, seconds: float = 2) -> bool:
    deadline = time.perf_counter() + seconds
    while not is_done():
        if time.perf_counter() > deadline:
            return False
        time.sleep(0.002)
    return True


@pytest.fixture(autouse=True)
def overruns() -> Iterator[Callable[[], int]]:
    """Count the threads that a test has left behind; none may be counted for good."""
    before = _core.helper_counts()[1]

    def count() -> int:
        return _core.helper_counts()[1] - before

    yield count
    assert wait_until(lambda: count() <= 0), f"{count()} threads are counted as left behind"


@on_every_loop
def test_a_coroutine_is_cancelled_and_cleans_up(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("slow")
    ended: list[str] = []

    @workflow.node(timeout=0.02)
    async def slow(input: Any) -> None:
        try:
            await anyio.sleep(LONG)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            ended.append("ended")

    async def main() -> None:
        start = time.perf_counter()
        with pytest.raises(NodeTimeoutError) as caught:
            await workflow.arun()
        assert 0.02 <= time.perf_counter() - start < 2
        assert (caught.value.node, caught.value.attempt) == ("slow", 1)
        assert isinstance(caught.value, TimeoutError)
        assert str(caught.value) == "attempt 1 of node `slow` took longer than its timeout of 0.02 s"
        assert caught.value.__cause__ is None
        assert ended == ["ended"]
        await anyio.lowlevel.checkpoint()

    run_on(backend, main)


@on_every_loop
def test_a_timeout_error_of_the_node_s_own_is_no_timeout(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("own")

    @workflow.node(timeout=LONG)
    async def fails(input: Any) -> None:
        raise TimeoutError("own")

    with pytest.raises(NodeError) as caught:
        run_on(backend, workflow.arun)
    assert type(caught.value) is NodeError
    assert str(caught.value.__cause__) == "own"


@in_both_modes
def test_a_thread_is_left_behind_and_its_outcome_dropped(mode: Any, overruns: Callable[[], int]) -> None:
    workflow: Workflow[Any, Any] = Workflow("slow")
    gate = threading.Event()
    threads: list[int] = []
    cancelled: list[bool] = []

    @workflow.node(timeout=0.02)
    def slow(input: Any, context: Context) -> str:
        threads.append(threading.get_ident())
        gate.wait(5)
        cancelled.append(context.cancelled)
        return "late"

    with mode():
        start = time.perf_counter()
        with pytest.raises(NodeTimeoutError) as caught:
            workflow.run()
        assert 0.02 <= time.perf_counter() - start < 2
    assert caught.value.outputs == {}
    assert threads != [threading.get_ident()]
    assert overruns() == 1
    gate.set()
    assert wait_until(lambda: cancelled == [True])
    assert wait_until(lambda: overruns() == 0)


@in_both_modes
@pytest.mark.parametrize("late", ["output", "exception"])
def test_the_next_attempt_does_not_see_the_late_outcome(late: str, mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("slow")
    first_ended = threading.Event()

    @workflow.node(timeout=0.03, retry=Retry(attempts=2, delay=0))
    def slow(input: Any, context: Context) -> int:
        if context.attempt == 1:
            time.sleep(0.045)
            first_ended.set()
            if late == "exception":
                raise ValueError
        else:
            first_ended.wait(0.02)
        return context.attempt

    with mode():
        for _ in range(3):
            assert workflow.run() == 2


@pytest.mark.parametrize("on", [ValueError, lambda error: isinstance(error, ValueError)])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_timeout_is_tried_again_only_if_the_policy_says_so(on: Any, kind: str) -> None:
    attempts: list[int] = []

    def slow_sync(input: Any, context: Context) -> None:
        attempts.append(context.attempt)
        time.sleep(0.03)

    async def slow_async(input: Any, context: Context) -> None:
        attempts.append(context.attempt)
        await anyio.sleep(0.03)

    for policy, expected in (
        (Retry(attempts=2, delay=0, on=on), [1]),
        (Retry(attempts=2, delay=0), [1, 2]),
    ):
        attempts.clear()
        workflow: Workflow[Any, Any] = Workflow("slow")
        node = slow_sync if kind == "sync" else slow_async
        workflow.add_node(node, name="slow", timeout=0.01, retry=policy)
        with pytest.raises(NodeTimeoutError) as caught:
            workflow.run()
        assert attempts == expected
        assert caught.value.attempt == expected[-1]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_timeout_that_is_tried_again_succeeds(kind: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("slow")

    def slow_sync(input: Any, context: Context) -> int:
        time.sleep(0.03 if context.attempt == 1 else 0)
        return context.attempt

    async def slow_async(input: Any, context: Context) -> int:
        await anyio.sleep(LONG if context.attempt == 1 else 0)
        return context.attempt

    policy = Retry(attempts=2, delay=0.001, on=NodeTimeoutError)
    workflow.add_node(slow_sync if kind == "sync" else slow_async, name="slow", timeout=0.01, retry=policy)
    assert workflow.run() == 2


def test_above_the_limit_nodes_with_a_timeout_fail(overruns: Callable[[], int]) -> None:
    gate = threading.Event()
    workflow: Workflow[Any, Any] = Workflow("slow")

    @workflow.node(timeout=0.02)
    def slow(input: bool) -> bool:
        if input:
            gate.wait(20)
        return input

    try:
        handles = [workflow.start(True) for _ in range(_core.OVERRUNS_MAX)]
        for handle in handles:
            with pytest.raises(NodeTimeoutError):
                handle.result(5)
        assert overruns() == _core.OVERRUNS_MAX
        with pytest.raises(NodeLimitError, match="64 threads are still busy") as caught:
            workflow.run(False)
        assert isinstance(caught.value, LimitError)
        assert caught.value.node == "slow"
        assert caught.value.maximum == _core.OVERRUNS_MAX
        assert caught.value.limit
    finally:
        gate.set()
    assert wait_until(lambda: overruns() == 0)
    assert workflow.run(False) is False


@pytest.mark.parametrize("means", ["deadline", "cancel", "loop is closed"])
def test_a_node_in_place_on_a_loop_is_not_left_behind(means: str, overruns: Callable[[], int]) -> None:
    # The loop's thread waits for it, so no thread is lost.
    begun = threading.Event()
    workflow: Workflow[Any, Any] = Workflow("in_place")

    @workflow.node(thread="caller")
    def in_place(input: Any) -> None:
        begun.set()
        time.sleep(0.03)

    @workflow.node
    async def after(in_place: None) -> None:
        await anyio.lowlevel.checkpoint()

    async def main() -> None:
        handle = await workflow.astart()
        await anyio.lowlevel.checkpoint()
        assert handle.state == "running"

    for _ in range(3):
        begun.clear()
        if means == "loop is closed":
            run_on("asyncio", main)
            continue
        handle = workflow.start(timeout=0.01 if means == "deadline" else None)
        assert begun.wait(5)
        if means == "cancel":
            handle.cancel()
        with pytest.raises((RunTimeoutError, RunCancelledError)):
            handle.result(5)
    assert wait_until(lambda: overruns() == 0)


@in_both_modes
@pytest.mark.parametrize("siblings", [1, 3])
def test_a_deadline_of_the_run_leaves_threads_behind(
    siblings: int, mode: Any, overruns: Callable[[], int]
) -> None:
    workflow: Workflow[Any, Any] = Workflow("late")
    gate = threading.Event()

    def blocks(input: Any) -> None:
        gate.wait(5)

    for number in range(siblings):
        workflow.add_node(blocks, name=f"n{number}")
    workflow.returns(None)
    with mode():
        start = time.perf_counter()
        with pytest.raises(RunTimeoutError) as caught:
            workflow.run(timeout=0.03)
        assert 0.03 <= time.perf_counter() - start < 2
    assert isinstance(caught.value, TimeoutError)
    assert 1 <= overruns() <= siblings
    gate.set()


def test_a_deadline_that_has_passed_already() -> None:
    workflow: Workflow[Any, Any] = Workflow("late")

    @workflow.node
    def never(input: Any) -> None:
        time.sleep(0.05)

    with pytest.raises(RunTimeoutError):
        workflow.run(timeout=0)


@on_every_loop
def test_timers_of_a_long_run_do_not_pile_up(backend: str) -> None:
    if backend == "trio":
        import trio

        def count() -> int:
            return trio.lowlevel.current_statistics().tasks_living
    else:
        import asyncio

        def count() -> int:
            return len(asyncio.all_tasks())

    workflow: Workflow[Any, Any] = Workflow("long")
    most: list[int] = []

    @workflow.node
    async def watches(input: Any) -> None:
        for _ in range(20):
            await anyio.sleep(0.002)
            most.append(count())

    def step(before: Any) -> None:
        time.sleep(0.0003)

    before: Any = workflow.input
    for number in range(60):
        before = workflow.add_node(step, name=f"n{number}", inputs={"before": before})
    workflow.returns(None)
    with relaxed():
        run_on(backend, lambda: workflow.arun(timeout=60))
    assert max(most) < 20


@in_both_modes
def test_a_timeout_of_an_async_node_in_a_sync_run(mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("slow")

    @workflow.node(timeout=0.02)
    async def slow(input: Any) -> None:
        await anyio.sleep(LONG)

    @workflow.node
    async def sibling(input: Any) -> None:
        await anyio.sleep(LONG)

    workflow.returns(None)
    with mode():
        start = time.perf_counter()
        with pytest.raises(NodeTimeoutError):
            workflow.run()
        assert time.perf_counter() - start < 2
