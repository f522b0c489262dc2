"""Every node sees its own copy of the run's context variables, in whatever thread or task it is."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.to_thread
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import Context, Workflow
from workflow_engine.testing import relaxed

REQUEST: ContextVar[str] = ContextVar("request", default="unset")


def here() -> str:
    context = Context.current()
    return "nowhere" if context is None else f"{context.workflow}.{context.node}.{context.attempt}"


def leaking() -> Workflow[Any, Any]:
    """Make a workflow whose nodes tell what they see, and then set something else."""
    workflow: Workflow[Any, Any] = Workflow("leaking")

    def sync_node(**read: Any) -> str:
        seen = REQUEST.get()
        REQUEST.set("leaked")
        time.sleep(0.005)
        return seen

    async def async_node(**read: Any) -> str:
        seen = REQUEST.get()
        token = REQUEST.set("leaked")
        await anyio.sleep(0.005)
        assert REQUEST.get() == "leaked"
        REQUEST.reset(token)
        assert REQUEST.get() == seen
        REQUEST.set("leaked")
        return seen

    first = [
        workflow.add_node(node, name=f"{kind}_{number}", inputs={"read": workflow.input})
        for kind, node in (("sync", sync_node), ("waits", async_node))
        for number in range(3)
    ]
    second = [
        workflow.add_node(node, name=f"{kind}_after", inputs={"read": first})
        for kind, node in (("sync", sync_node), ("waits", async_node))
    ]
    workflow.join("together", *first, *second)
    workflow.returns(workflow["together"])
    return workflow


@in_both_modes
def test_run_gives_nodes_the_caller_s_variables(mode: Any) -> None:
    workflow = leaking()
    with mode():
        token = REQUEST.set("mine")
        try:
            assert set(workflow.run().values()) == {"mine"}
            assert REQUEST.get() == "mine"
            assert set(workflow.start().result().values()) == {"mine"}
        finally:
            REQUEST.reset(token)
        assert set(workflow.run().values()) == {"unset"}


@in_both_modes
@on_every_loop
def test_arun_gives_nodes_the_task_s_variables(backend: str, mode: Any) -> None:
    workflow = leaking()

    async def one(name: str) -> None:
        REQUEST.set(name)
        assert set((await workflow.arun()).values()) == {name}
        assert REQUEST.get() == name
        handle = await workflow.astart()
        assert set((await handle.aresult()).values()) == {name}

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(one, f"task {number}")

    with mode():
        run_on(backend, main)


def test_a_quick_sibling_in_place_leaks_nothing() -> None:
    workflow: Workflow[Any, Any] = Workflow("in_place")

    @workflow.node
    def leaks(input: Any) -> None:
        REQUEST.set("leaked")

    @workflow.node
    def reads(leaks: None) -> str:
        return REQUEST.get()

    with relaxed():
        assert workflow.run() == "unset"
    assert REQUEST.get() == "unset"


@in_both_modes
def test_current_in_a_helper_function(mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("where")

    @workflow.node
    def first(input: Any) -> str:
        return here()

    @workflow.node
    async def second(first: str) -> list[str]:
        await asyncio.sleep(0)
        return [first, here()]

    with mode():
        assert here() == "nowhere"
        assert workflow.run() == ["where.first.1", "where.second.1"]
        assert here() == "nowhere"


@on_every_loop
def test_current_in_tasks_and_threads_of_a_node(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("where")

    async def spread(input: Any) -> list[str]:
        seen: list[str] = []

        async def task() -> None:
            await anyio.sleep(0.002)
            seen.append(here())
            seen.append(await anyio.to_thread.run_sync(here))

        async with anyio.create_task_group() as group:
            group.start_soon(task)
            group.start_soon(task)
        return [*seen, here()]

    nodes = [workflow.add_node(spread, name=name) for name in ("left", "right")]
    workflow.join("together", *nodes)
    workflow.returns(workflow["together"])
    seen = run_on(backend, workflow.arun)
    assert seen == {name: [f"where.{name}.1"] * 5 for name in ("left", "right")}


@in_both_modes
def test_current_after_a_nested_run_is_the_outer_node_again(mode: Any) -> None:
    inner: Workflow[Any, Any] = Workflow("inner")

    @inner.node
    def leaf(input: Any) -> str:
        return here()

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def nested(input: Any) -> list[str]:
        return [here(), inner.run(), here()]

    @outer.node
    async def nested_async(input: Any) -> list[str]:
        return [here(), await inner.arun(), here()]

    outer.returns({"sync": nested, "async": nested_async})
    with mode():
        seen = outer.run()
    assert seen["sync"] == ["outer.nested.1", "inner.leaf.1", "outer.nested.1"]
    assert seen["async"] == ["outer.nested_async.1", "inner.leaf.1", "outer.nested_async.1"]


def test_what_a_node_leaves_behind_still_belongs_to_it() -> None:
    workflow: Workflow[Any, Any] = Workflow("left_behind")
    seen: list[str] = []
    wait = threading.Event()
    left: list[threading.Thread | asyncio.Task[None]] = []

    @workflow.node
    def leaves_a_thread(input: Any) -> None:
        def late() -> None:
            wait.wait(5)
            seen.append(here())

        left.append(threading.Thread(target=contextvars.copy_context().run, args=(late,)))
        left[-1].start()  # type: ignore[union-attr]

    @workflow.node
    async def leaves_a_task(leaves_a_thread: None) -> None:
        async def late() -> None:
            await asyncio.sleep(0.01)
            seen.append(here())

        left.append(asyncio.create_task(late()))

    @workflow.node
    async def last(leaves_a_task: None) -> None:
        await asyncio.sleep(0.03)
        wait.set()
        await asyncio.to_thread(left[0].join)  # type: ignore[union-attr]

    with relaxed():
        asyncio.run(workflow.arun())
    assert set(seen) == {"left_behind.leaves_a_thread.1", "left_behind.leaves_a_task.1"}


@in_both_modes
@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_attempt_begins_with_a_fresh_copy(asynchronous: bool, mode: Any) -> None:
    from workflow_engine import Retry

    workflow: Workflow[Any, Any] = Workflow("again")
    seen: list[tuple[str, str]] = []

    def body() -> None:
        seen.append((REQUEST.get(), here()))
        REQUEST.set("leaked")
        if len(seen) < 3:
            raise ValueError

    def sync_node(input: Any) -> None:
        body()

    async def async_node(input: Any) -> None:
        body()

    retry = Retry(attempts=3, delay=0, on=ValueError)
    workflow.add_node(async_node if asynchronous else sync_node, name="again", retry=retry)
    with mode():
        workflow.run()
    assert seen == [("unset", f"again.again.{attempt}") for attempt in (1, 2, 3)]
