"""Nodes that block run side by side, and never hold up an event loop."""

from __future__ import annotations

import threading
import time
from typing import Any

import anyio
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import Context, NodeTimeoutError, Retry, Workflow
from workflow_engine.testing import relaxed

NAP = 0.05


def fan_of(count: int, seconds: float) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("fan")

    def nap(input: Any) -> int:
        time.sleep(seconds)
        return threading.get_ident()

    naps = [workflow.add_node(nap, name=f"nap{number}") for number in range(count)]
    workflow.join("together", *naps)
    workflow.returns(workflow["together"])
    return workflow


@in_both_modes
def test_four_naps_take_as_long_as_one(mode: Any) -> None:
    workflow = fan_of(4, NAP)
    took = []
    with mode():
        # The first one may have to start threads, on a machine that has other things to do.
        for _ in range(3):
            start = time.perf_counter()
            threads = set(workflow.run().values())
            took.append(time.perf_counter() - start)
            assert len(threads) == 4
    assert min(took) < 1.5 * NAP
    assert max(took) < 3 * NAP


def test_quick_siblings_stay_on_the_calling_thread() -> None:
    workflow = fan_of(4, 0)
    with relaxed():
        assert set(workflow.run().values()) == {threading.get_ident()}


@in_both_modes
@on_every_loop
def test_naps_do_not_hold_up_the_loop(backend: str, mode: Any) -> None:
    workflow = fan_of(4, 2 * NAP)
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await anyio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    async def main() -> float:
        async with anyio.create_task_group() as group:
            group.start_soon(tick)
            await anyio.sleep(0.005)
            start = time.perf_counter()
            threads = set((await workflow.arun()).values())
            took = time.perf_counter() - start
            group.cancel_scope.cancel()
        assert threading.get_ident() not in threads
        return took

    with mode():
        assert run_on(backend, main) < 4 * NAP
    assert len(gaps) > 10
    assert max(gaps) < NAP


@on_every_loop
def test_blocking_and_asynchronous_siblings_overlap(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("mixed")

    @workflow.node
    def blocks(input: Any) -> None:
        time.sleep(NAP)

    @workflow.node
    async def waits(input: Any) -> None:
        await anyio.sleep(NAP)

    @workflow.node
    def blocks_too(input: Any) -> None:
        time.sleep(NAP)

    workflow.returns(None)

    async def main() -> float:
        start = time.perf_counter()
        await workflow.arun()
        return time.perf_counter() - start

    with relaxed():
        assert run_on(backend, main) < 2 * NAP


def test_a_wide_fan_of_naps() -> None:
    workflow = fan_of(50, 0.02)
    with relaxed():
        start = time.perf_counter()
        workflow.run()
    assert time.perf_counter() - start < 0.4


def test_runs_that_were_started_nap_side_by_side() -> None:
    workflow = fan_of(1, NAP)
    start = time.perf_counter()
    handles = [workflow.start() for _ in range(40)]
    for handle in handles:
        handle.result()
    assert time.perf_counter() - start < 8 * NAP


def test_a_retry_does_not_wait_for_a_sibling_that_blocks() -> None:
    workflow: Workflow[Any, Any] = Workflow("retry")
    start = time.perf_counter()
    attempts: list[float] = []

    @workflow.node
    def blocks(input: Any) -> None:
        time.sleep(0.3)

    @workflow.node(retry=Retry(attempts=2, delay=0.02, jitter="none", on=ValueError))
    def flaky(input: Any) -> None:
        attempts.append(time.perf_counter() - start)
        if len(attempts) == 1:
            raise ValueError

    workflow.returns(None)
    with relaxed():
        workflow.run()
    assert attempts[1] - attempts[0] < 0.15


def test_a_timeout_does_not_wait_for_a_sibling_that_blocks() -> None:
    workflow: Workflow[Any, Any] = Workflow("timeout")
    seen: list[float] = []

    @workflow.node
    def blocks(input: Any) -> None:
        time.sleep(0.3)

    @workflow.node(timeout=0.03)
    def overruns(input: Any, context: Context) -> None:
        start = time.perf_counter()
        while not context.cancelled and time.perf_counter() - start < 1:
            time.sleep(0.005)
        seen.append(time.perf_counter() - start)

    workflow.returns(None)
    with relaxed(), pytest.raises(NodeTimeoutError):
        workflow.run()
    deadline = time.perf_counter() + 2
    while not seen and time.perf_counter() < deadline:
        time.sleep(0.005)
    assert seen[0] < 0.15
