"""Runs inside of nodes: they make progress, and belong to the run whose node started them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import anyio
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from gathering import Gathering
from workflow_engine import (
    Context,
    NodeError,
    RunCancelledError,
    RunTimeoutError,
    Workflow,
)
from workflow_engine.testing import relaxed

NAP = 0.05


def napping(name: str, count: int, nap: Any) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow(name)
    naps = [workflow.add_node(nap, name=f"nap{number}") for number in range(count)]
    workflow.join("together", *naps)
    workflow.returns(workflow["together"])
    return workflow


def sync_nap(input: Any) -> int:
    time.sleep(NAP)
    return 1


async def async_nap(input: Any) -> int:
    await anyio.sleep(NAP)
    return 1


@in_both_modes
def test_nodes_of_four_runs_in_four_nodes_are_under_way_at_once(mode: Any) -> None:
    inner = napping("inner", 4, Gathering(16).wait)

    def nested(input: Any) -> int:
        return sum(inner.run().values())

    outer = napping("outer", 4, nested)
    with mode():
        assert sum(outer.run().values()) == 16


@on_every_loop
@in_both_modes
def test_on_a_loop_they_are_too(backend: str, mode: Any) -> None:
    inner = napping("inner", 4, Gathering(16).wait_on_loop)

    async def nested(input: Any) -> int:
        return sum((await inner.arun()).values())

    outer = napping("outer", 4, nested)
    with mode():
        assert sum(run_on(backend, outer.arun).values()) == 16


@in_both_modes
@pytest.mark.parametrize("inner_nap", [sync_nap, async_nap])
@pytest.mark.parametrize("outer_is_async", [False, True])
def test_run_in_any_kind_of_node(inner_nap: Any, outer_is_async: bool, mode: Any) -> None:
    inner = napping("inner", 2, inner_nap)
    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any) -> int:
        return sum(inner.run().values())

    @outer.node
    async def awaits(nested: int) -> int:
        await asyncio.sleep(0)
        return nested

    outer.returns(awaits if outer_is_async else nested)
    with mode():
        assert outer.run(only=None if outer_is_async else ["nested"]) == 2


@on_every_loop
def test_a_sync_workflow_runs_in_an_async_node(backend: str) -> None:
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def twice(input: int) -> int:
        return 2 * input

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    async def nested(input: int) -> int:
        return int(inner.run(input))

    assert run_on(backend, lambda: outer.arun(4)) == 8


@in_both_modes
def test_thirty_runs_deep(mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("deep")

    @workflow.node
    def descend(input: int) -> int:
        return 0 if input == 0 else 1 + workflow.run(input - 1)

    with mode():
        assert workflow.run(30) == 30


def test_endless_recursion_ends_in_a_recursion_error() -> None:
    # In a process of its own: where this goes wrong it takes the interpreter with it.
    program = """
        from workflow_engine import NodeError, Workflow
        workflow = Workflow("endless")
        @workflow.node
        def descend(input: int) -> int:
            return workflow.run(input + 1)
        try:
            workflow.run(0)
        except NodeError as error:
            while error.__cause__ is not None:
                error = error.__cause__
            print(type(error).__name__)
        except RecursionError as error:
            print(type(error).__name__)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "RecursionError\n", "")


@in_both_modes
def test_a_child_names_its_parent(mode: Any) -> None:
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def parent(input: Any, context: Context) -> str | None:
        return context.parent

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any, context: Context) -> tuple[str, str | None, str]:
        return context.run_id, inner.run(), inner.start().parent or ""

    with mode():
        own, seen, told = outer.run()
        assert own == seen == told
        assert inner.run() is None


@in_both_modes
def test_a_child_inherits_the_deadline(mode: Any) -> None:
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def left(input: Any, context: Context) -> float | None:
        return context.remaining()

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any) -> list[float | None]:
        return [inner.run(), inner.run(timeout=5), inner.run(timeout=500)]

    with mode():
        inherited, own, cut = outer.run(timeout=50)
        assert inner.run() is None
    assert 40 < inherited <= 50
    assert 4 < own <= 5
    assert 40 < cut <= 50


@in_both_modes
def test_a_deadline_ends_the_child_too(mode: Any) -> None:
    ends: list[type[BaseException]] = []
    gate = threading.Event()
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def blocks(input: Any) -> None:
        gate.wait(5)

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any) -> None:
        try:
            inner.run()
        except BaseException as error:
            ends.append(type(error))
            raise

    with mode():
        start = time.perf_counter()
        with pytest.raises(RunTimeoutError):
            outer.run(timeout=0.05)
        assert time.perf_counter() - start < 2
        deadline = time.perf_counter() + 2
        while not ends and time.perf_counter() < deadline:
            time.sleep(0.005)
        gate.set()
    # Whether its own deadline or the end of its parent came first is a matter of microseconds.
    assert ends in ([RunTimeoutError], [RunCancelledError])


@in_both_modes
def test_cancelling_a_parent_cancels_its_children(mode: Any) -> None:
    started, ends = threading.Event(), []
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def blocks(input: Any, context: Context) -> None:
        started.set()
        while not context.cancelled:
            time.sleep(0.002)
        ends.append("inner")

    @inner.node
    def after(blocks: None) -> None:
        ends.append("never")

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any) -> None:
        try:
            inner.run()
        except RunCancelledError:
            ends.append("child")
            raise

    with mode():
        handle = outer.start()
        assert started.wait(5)
        assert handle.cancel()
        with pytest.raises(RunCancelledError):
            handle.result(1)
        deadline = time.perf_counter() + 2
        while len(ends) < 2 and time.perf_counter() < deadline:
            time.sleep(0.005)
    assert sorted(ends) == ["child", "inner"]


@on_every_loop
def test_cancelling_a_parent_cancels_its_async_children(backend: str) -> None:
    ends: list[str] = []
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    async def waits(input: Any) -> None:
        try:
            await anyio.sleep(10)
        finally:
            ends.append("inner")

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    async def awaited(input: Any) -> None:
        await inner.arun()

    @outer.node
    async def started(input: Any) -> None:
        handle = await inner.astart()
        await handle.aresult()

    outer.returns(None)

    async def main() -> None:
        handle = await outer.astart()
        await anyio.sleep(0.03)
        assert handle.cancel()
        with pytest.raises(RunCancelledError):
            await handle.aresult()
        await anyio.sleep(0.02)

    run_on(backend, main)
    assert ends == ["inner", "inner"]


def test_a_run_started_under_a_cancelled_parent_is_cancelled() -> None:
    started, ends = threading.Event(), []
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def never(input: Any) -> None:
        ends.append("never")

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any, context: Context) -> None:
        started.set()
        while not context.cancelled:
            time.sleep(0.002)
        try:
            inner.run()
        except RunCancelledError:
            ends.append("child")

    handle = outer.start()
    assert started.wait(5)
    handle.cancel()
    deadline = time.perf_counter() + 2
    while not ends and time.perf_counter() < deadline:
        time.sleep(0.005)
    assert ends == ["child"]


def test_a_failing_child_is_the_cause() -> None:
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def fails(input: Any) -> None:
        raise KeyError("deep")

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any) -> None:
        inner.run()

    with pytest.raises(NodeError) as caught:
        outer.run()
    child = caught.value.__cause__
    assert (caught.value.workflow, caught.value.node) == ("outer", "nested")
    assert isinstance(child, NodeError)
    assert (child.workflow, child.node) == ("inner", "fails")
    assert isinstance(child.__cause__, KeyError)


def test_more_nested_runs_than_helper_threads() -> None:
    # Each run has a driver, a node and the node of a child, and the drivers only wait.
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def echo(input: int) -> int:
        return input

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: int) -> int:
        time.sleep(NAP)
        return int(inner.run(input))

    with relaxed():
        handles = [outer.start(number, timeout=3) for number in range(600)]
        assert [handle.result() for handle in handles] == list(range(600))
