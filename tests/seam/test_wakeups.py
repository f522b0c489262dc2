"""No wake-up is lost, however threads interleave; a lost one shows as a hang, so as a timeout."""

from __future__ import annotations

import functools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import Context, NodeError, Retry, Workflow, loops
from workflow_engine.testing import relaxed

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(30)

RUNS = 1_600
THREADS = 8
SIBLINGS = 5


class BoomError(Exception):
    pass


def failing(*, asynchronous: bool) -> Workflow[Any, Any]:
    """Make a workflow of siblings that sleep up to 2 ms, of which one fails."""
    workflow: Workflow[Any, Any] = Workflow("failing")

    def sync_sibling(input: int, number: int) -> int:
        time.sleep(random.random() * 0.002)
        if number == input:
            raise BoomError
        return number

    async def async_sibling(input: int, number: int) -> int:
        await anyio.sleep(random.random() * 0.002)
        return sync_sibling(input, number)

    siblings = [
        workflow.add_node(
            async_sibling if asynchronous and number % 2 else sync_sibling,
            name=f"n{number}",
            inputs={"number": number},
        )
        for number in range(SIBLINGS)
    ]
    workflow.join("together", *siblings)
    workflow.returns(workflow["together"])
    return workflow


def test_every_failing_run_ends() -> None:
    workflow = failing(asynchronous=False)

    def fail(number: int) -> None:
        with pytest.raises(NodeError) as caught:
            workflow.run(number % SIBLINGS)
        assert isinstance(caught.value.__cause__, BoomError)

    with relaxed(), ThreadPoolExecutor(THREADS) as threads:
        assert len(list(threads.map(fail, range(RUNS)))) == RUNS


@on_every_loop
def test_every_failing_run_ends_on_a_loop(backend: str) -> None:
    workflow = failing(asynchronous=True)
    ended = 0

    async def fail(number: int) -> None:
        nonlocal ended
        for run in range(number, RUNS, 100):
            with pytest.raises(NodeError) as caught:
                await workflow.arun(run % SIBLINGS)
            assert isinstance(caught.value.__cause__, BoomError)
            ended += 1

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(fail, number)

    run_on(backend, main)
    assert ended == RUNS


@in_both_modes
def test_every_run_started_from_many_threads_gives_its_own_result(mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("sum")

    @workflow.node
    def left(input: int) -> int:
        return input * 2

    @workflow.node(retry=Retry(attempts=2, delay=0, on=BoomError))
    def right(input: int) -> int:
        if random.random() < 0.3:
            time.sleep(0.001)
        return input * 3

    @workflow.node
    def total(left: int, right: int) -> int:
        return left + right

    def run_many(thread: int) -> list[int]:
        start = thread * 1000
        return [workflow.run(start + number) - 5 * (start + number) for number in range(200)]

    with mode(), ThreadPoolExecutor(THREADS) as threads:
        assert all(set(wrong) == {0} for wrong in threads.map(run_many, range(THREADS)))


def test_handles_wake_every_waiter() -> None:
    workflow: Workflow[Any, Any] = Workflow("quick")

    @workflow.node
    def echo(input: int) -> int:
        time.sleep(random.random() * 0.0005)
        return input

    for number in range(300):
        handle = workflow.start(number)
        told = threading.Event()
        if not handle.on_finish(told.set):
            told.set()
        assert handle.result(timeout=10) == number
        assert told.wait(10)


@on_every_loop
def test_handles_wake_every_waiting_task(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("quick")

    @workflow.node
    def echo(input: int) -> int:
        time.sleep(random.random() * 0.0005)
        return input

    async def main() -> None:
        async def one(number: int) -> None:
            handle = workflow.start(number) if number % 2 else await workflow.astart(number)
            assert await handle.aresult() == number

        async with anyio.create_task_group() as group:
            for number in range(300):
                group.start_soon(functools.partial(one, number))

    run_on(backend, main)


@on_every_loop
@pytest.mark.parametrize("kind", ["deadline", "retry", "timeout on a thread"])
def test_a_run_that_waits_lets_its_loop_rest(
    backend: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow: Workflow[Any, Any] = Workflow("resting")
    retry = Retry(attempts=2, delay=0.1, jitter="none", on=ValueError)

    @workflow.node
    async def waits(input: Any) -> None:
        await anyio.sleep(0.2)

    if kind == "retry":

        @workflow.node(retry=retry)
        async def flaky(input: Any, context: Context) -> None:
            if context.attempt == 1:
                raise ValueError

    if kind == "timeout on a thread":

        @workflow.node(timeout=20)
        def blocks(input: Any) -> None:
            time.sleep(0.1)

    workflow.returns(None)
    looks = 0

    def counting(tick: Callable[[Any], None]) -> Callable[[Any], None]:
        def counted(loop: Any) -> None:
            nonlocal looks
            looks += 1
            tick(loop)

        return counted

    for loop in (loops._AsyncioLoop, loops._TrioLoop):
        monkeypatch.setattr(loop, "tick", counting(loop.tick))
    with relaxed():
        run_on(backend, lambda: workflow.arun(timeout=30 if kind == "deadline" else None))
    assert looks < 20
