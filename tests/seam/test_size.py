"""Workflows as large as the limits allow, and what lies beyond."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import CheckError, NodeError, Workflow, _core
from workflow_engine.testing import relaxed

WIDE = 5_000


def chain(kind: str, count: int) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("chain")

    def add_one(before: int) -> int:
        return before + 1

    async def add_one_async(before: int) -> int:
        return before + 1

    async def add_one_later(before: int) -> int:
        await asyncio.sleep(0)
        return before + 1

    step: Any = {"sync": add_one, "async": add_one_async, "later": add_one_later}[kind]
    before: Any = workflow.input
    for number in range(count):
        before = workflow.add_node(step, name=f"n{number}", inputs={"before": before})
    return workflow


@functools.cache
def fan(kind: str) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("fan")

    def add_one(input: int) -> int:
        return input + 1

    async def add_one_later(input: int) -> int:
        await asyncio.sleep(0)
        return input + 1

    step: Any = add_one if kind == "sync" else add_one_later
    nodes = [workflow.add_node(step, name=f"n{number}") for number in range(WIDE)]
    workflow.join("together", *nodes)

    def total(together: dict[str, int], listed: list[int]) -> tuple[int, int]:
        return len(together), sum(listed)

    workflow.add_node(total, inputs={"listed": nodes})
    return workflow


@pytest.mark.parametrize("kind", ["sync", "later"])
def test_a_chain_of_ten_thousand(kind: str) -> None:
    workflow = chain(kind, _core.NODES_MAX)
    with relaxed():
        assert workflow.run(1) == 10_001
        assert run_on("asyncio", lambda: workflow.arun(1)) == 10_001
        if kind == "sync":
            assert run_on("trio", lambda: workflow.arun(1)) == 10_001
    assert workflow.run(1, timeout=60) == 10_001


def test_one_node_more_is_a_fault() -> None:
    workflow: Workflow[Any, Any] = Workflow("large")
    for number in range(_core.NODES_MAX + 1):
        workflow.constant(f"n{number}", number)
    workflow.returns(None)
    with pytest.raises(CheckError, match="10001 nodes are more than the limit of 10000"):
        workflow.run()


@in_both_modes
@pytest.mark.parametrize("kind", ["sync", "later"])
def test_a_fan_of_five_thousand_and_a_join(kind: str, mode: Any) -> None:
    workflow = fan(kind)
    expected = (WIDE, 2 * WIDE)
    with mode():
        assert workflow.run(1) == expected
        assert run_on("asyncio", lambda: workflow.arun(1)) == expected
        assert workflow.start(1).result() == expected


@on_every_loop
def test_a_chain_of_async_nodes_that_do_not_suspend(backend: str) -> None:
    workflow = chain("async", 2_000)
    assert run_on(backend, lambda: workflow.arun(1)) == 2_001


def test_a_wide_failure_ends_at_once() -> None:
    workflow: Workflow[Any, Any] = Workflow("fan")
    begun: list[int] = []

    async def fails(input: Any, number: int) -> None:
        begun.append(number)
        await asyncio.sleep(0)
        raise ValueError

    for number in range(1_000):
        workflow.add_node(fails, name=f"n{number}", inputs={"number": number})
    workflow.returns(None)
    with pytest.raises(NodeError, match="node `n0` failed"):
        run_on("asyncio", workflow.arun)
    assert len(begun) < 50
