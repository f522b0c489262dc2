"""Nodes that block run side by side, and never hold up an event loop."""

from __future__ import annotations

import threading
import time
from typing import Any

import anyio
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from gathering import Gathering
from workflow_engine import Context, NodeTimeoutError, Retry, Workflow
from workflow_engine.testing import relaxed


def fan_of(count: int, function: Any) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("fan")
    nodes = [workflow.add_node(function, name=f"node{number}") for number in range(count)]
    workflow.join("together", *nodes)
    workflow.returns(workflow["together"])
    return workflow


@in_both_modes
def test_siblings_that_block_are_under_way_at_once(mode: Any) -> None:
    gathering = Gathering(4)
    with mode():
        assert sum(fan_of(4, gathering.wait).run().values()) == 4
    assert len(gathering.threads) == 4


def test_quick_siblings_stay_on_the_calling_thread() -> None:
    def quick(input: Any) -> int:
        return threading.get_ident()

    with relaxed():
        assert set(fan_of(4, quick).run().values()) == {threading.get_ident()}


@in_both_modes
@on_every_loop
def test_a_loop_goes_on_while_nodes_block(backend: str, mode: Any) -> None:
    # The loop itself is one of those that must be there.
    gathering = Gathering(5)
    workflow = fan_of(4, gathering.wait)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(gathering.wait_on_loop, None)
            assert sum((await workflow.arun()).values()) == 4

    with mode():
        run_on(backend, main)
    assert threading.get_ident() not in gathering.threads


@on_every_loop
def test_blocking_and_asynchronous_siblings_overlap(backend: str) -> None:
    gathering = Gathering(3)
    workflow: Workflow[Any, Any] = Workflow("mixed")
    workflow.add_node(gathering.wait, name="blocks")
    workflow.add_node(gathering.wait_on_loop, name="waits")
    workflow.add_node(gathering.wait, name="blocks_too")
    workflow.returns(None)
    with relaxed():
        run_on(backend, workflow.arun)


def test_a_wide_fan_is_under_way_at_once() -> None:
    with relaxed():
        assert sum(fan_of(50, Gathering(50).wait).run().values()) == 50


def test_runs_that_were_started_are_under_way_at_once() -> None:
    workflow = fan_of(1, Gathering(40).wait)
    for handle in [workflow.start() for _ in range(40)]:
        handle.result()


def test_a_retry_does_not_wait_for_a_sibling_that_blocks() -> None:
    workflow: Workflow[Any, Any] = Workflow("retry")
    tried_again = threading.Event()
    attempts: list[int] = []

    @workflow.node
    def blocks(input: Any) -> None:
        assert tried_again.wait(10)

    @workflow.node(retry=Retry(attempts=2, delay=0.02, jitter="none", on=ValueError))
    def flaky(input: Any, context: Context) -> None:
        attempts.append(context.attempt)
        if context.attempt == 1:
            raise ValueError
        tried_again.set()

    workflow.returns(None)
    with relaxed():
        workflow.run()
    assert attempts == [1, 2]


def test_a_timeout_does_not_wait_for_a_sibling_that_blocks() -> None:
    workflow: Workflow[Any, Any] = Workflow("timeout")
    noticed = threading.Event()

    @workflow.node
    def blocks(input: Any) -> None:
        assert noticed.wait(10)

    @workflow.node(timeout=0.03)
    def overruns(input: Any, context: Context) -> None:
        give_up = time.monotonic() + 10
        while not context.cancelled and time.monotonic() < give_up:
            time.sleep(0.005)
        if context.cancelled:
            noticed.set()

    workflow.returns(None)
    with relaxed(), pytest.raises(NodeTimeoutError):
        workflow.run()
    assert noticed.wait(10)
