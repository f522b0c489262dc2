"""Cancelling a run, in every state and by every means, stops it and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import warnings
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
import trio

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import (
    Context,
    NodeError,
    NodeTimeoutError,
    Retry,
    RunCancelledError,
    RunTimeoutError,
    Workflow,
)
from workflow_engine.testing import relaxed

LONG = 30.0


class Balance:
    """Counts nodes that have begun and not ended."""

    def __init__(self) -> None:
        self.open = 0
        self.begun = 0

    def __enter__(self) -> None:
        self.open += 1
        self.begun += 1

    def __exit__(self, *_: object) -> None:
        self.open -= 1


def all_kinds(balance: Balance) -> Workflow[Any, Any]:
    """Make a workflow that suspends, blocks, retries and times out, some of it side by side."""
    workflow: Workflow[Any, Any] = Workflow("all_kinds")

    @workflow.node
    async def first(input: Any) -> None:
        with balance:
            for _ in range(3):
                await anyio.lowlevel.checkpoint()

    @workflow.node
    def blocks(first: None) -> None:
        time.sleep(0.001)

    @workflow.node(thread="caller")
    def in_place(first: None) -> None:
        pass

    @workflow.node(retry=Retry(attempts=3, delay=0.001, on=ValueError))
    async def flaky(first: None, context: Context) -> None:
        with balance:
            await anyio.lowlevel.checkpoint()
            if context.attempt < 3:
                raise ValueError

    @workflow.node(timeout=LONG)
    async def limited(first: None) -> None:
        with balance:
            try:
                await anyio.sleep(0.001)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.lowlevel.checkpoint()

    @workflow.node
    async def scoped(first: None) -> None:
        with balance:
            with anyio.move_on_after(0.001):
                await anyio.sleep(LONG)
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep, 0.001)
                await anyio.lowlevel.checkpoint()

    @workflow.node
    async def last(blocks: None, in_place: None, flaky: None, limited: None, scoped: None) -> str:
        with balance:
            await anyio.lowlevel.checkpoint()
        return "done"

    return workflow


def test_a_task_of_asyncio_cancelled_at_every_point() -> None:
    balance = Balance()
    workflow = all_kinds(balance)
    ends: list[str] = []

    async def cancelled_after(turns: int) -> None:
        task = asyncio.create_task(workflow.arun())
        for _ in range(turns):
            await asyncio.sleep(0)
            if task.done():
                break
        cancelled = task.cancel()
        try:
            assert await task == "done"
            ends.append("done")
        except asyncio.CancelledError:
            assert cancelled
            assert task.cancelling() == 1
            ends.append("cancelled")
        assert balance.open == 0

    async def main() -> None:
        for turns in range(120):
            await cancelled_after(turns)

    with relaxed():
        run_on("asyncio", main)
    assert ends[0] == "cancelled"
    assert "cancelled" in ends[20:]


def test_a_scope_of_trio_cancelled_at_every_point() -> None:
    balance = Balance()
    workflow = all_kinds(balance)
    ends: list[str] = []

    async def cancelled_after(turns: int) -> None:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:

                @nursery.start_soon
                async def cancel() -> None:
                    for _ in range(turns):
                        await trio.lowlevel.checkpoint()
                    scope.cancel()

                ends.append(await workflow.arun())
                nursery.cancel_scope.cancel()
        assert scope.cancelled_caught or ends[-1] == "done"
        assert balance.open == 0

    async def main() -> None:
        for turns in range(120):
            await cancelled_after(turns)

    with relaxed():
        run_on("trio", main)
    assert balance.begun > 120
    assert len(ends) < 120


@pytest.mark.parametrize("again", [1, 3])
def test_cancelled_again_while_nodes_clean_up(again: int) -> None:
    workflow: Workflow[Any, Any] = Workflow("slow_to_end")
    ended: list[str] = []

    async def slow(input: Any) -> None:
        try:
            await asyncio.sleep(LONG)
        finally:
            try:
                await asyncio.sleep(0.02)
            finally:
                ended.append("ended")

    for name in ("left", "right", "third"):
        workflow.add_node(slow, name=name)
    workflow.returns(None)

    async def main() -> None:
        task = asyncio.create_task(workflow.arun())
        await asyncio.sleep(0.01)
        asked = 0
        for _ in range(1 + again):
            asked += task.cancel()
            await asyncio.sleep(0.002)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelling() == asked
        assert len(ended) == 3

    run_on("asyncio", main)


@on_every_loop
@in_both_modes
@pytest.mark.parametrize("kind", ["async", "async siblings", "sync", "sync and async", "retry"])
def test_a_scope_around_a_run(backend: str, mode: Any, kind: str) -> None:
    balance, gate = Balance(), threading.Event()
    workflow: Workflow[Any, Any] = Workflow("scoped")

    async def waits(input: Any) -> None:
        with balance:
            await anyio.sleep(LONG)

    def blocks(input: Any) -> None:
        gate.wait(5)

    def fails(input: Any) -> None:
        raise ValueError

    if kind.startswith("async") or kind == "sync and async":
        workflow.add_node(waits, name="waits")
    if kind == "async siblings":
        workflow.add_node(waits, name="waits_too")
    if "sync" in kind.split():
        workflow.add_node(blocks, name="blocks")
    if kind == "retry":
        workflow.add_node(fails, retry=Retry(attempts=2, delay=LONG, jitter="none", on=ValueError))
    workflow.returns(None)

    async def main() -> None:
        start = time.perf_counter()
        with anyio.move_on_after(0.03) as scope:
            await workflow.arun()
        assert scope.cancelled_caught
        with pytest.raises(TimeoutError), anyio.fail_after(0.03):
            await workflow.arun(timeout=LONG)
        assert time.perf_counter() - start < 2
        assert balance.open == 0
        if backend == "asyncio":
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.03):
                    await workflow.arun()
            assert balance.open == 0
        # What comes next is not cancelled.
        await anyio.lowlevel.checkpoint()

    with mode():
        try:
            run_on(backend, main)
        finally:
            gate.set()


@on_every_loop
@pytest.mark.parametrize("siblings", [1, 3])
def test_scopes_inside_of_nodes_are_the_nodes_own(backend: str, siblings: int) -> None:
    workflow: Workflow[Any, Any] = Workflow("inside")

    async def limits_itself(input: Any) -> str:
        with anyio.move_on_after(0.005) as scope:
            await anyio.sleep(LONG)
        assert scope.cancelled_caught
        with pytest.raises(TimeoutError), anyio.fail_after(0.005):
            await anyio.sleep(LONG)
        if backend == "asyncio":
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.005):
                    await asyncio.sleep(LONG)
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, LONG)
            await anyio.sleep(0.002)
            group.cancel_scope.cancel()
        return "done"

    nodes = [workflow.add_node(limits_itself, name=f"n{number}") for number in range(siblings)]
    workflow.join("together", *nodes)
    workflow.returns(workflow["together"])
    assert set(run_on(backend, workflow.arun).values()) == {"done"}


@on_every_loop
@pytest.mark.parametrize("siblings", [1, 2])
@pytest.mark.parametrize(("outer", "inner"), [(0.01, 0.03), (0.03, 0.01)])
def test_a_scope_and_a_timeout_that_end_while_the_node_cleans_up(
    backend: str, outer: float, inner: float, siblings: int
) -> None:
    workflow: Workflow[Any, Any] = Workflow("both")

    async def cleans_up() -> None:
        try:
            await anyio.sleep(LONG)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.06)

    async def groups(input: Any) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(cleans_up)

    for number in range(siblings):
        workflow.add_node(groups, name=f"n{number}", timeout=inner)
    workflow.returns(None)

    async def main() -> None:
        # The timeout may come before the cancellation, as in a plain await; but the scope gets its own.
        with anyio.move_on_after(outer) as scope, contextlib.suppress(NodeTimeoutError):
            await workflow.arun()
        assert scope.cancel_called
        # Nothing of either is left in this task.
        await anyio.sleep(0.001)

    run_on(backend, main)


@on_every_loop
def test_a_shielded_clean_up_is_waited_for(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("shielded")
    ended: list[float] = []

    async def cleans_up(input: Any) -> None:
        try:
            await anyio.sleep(LONG)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.03)
            ended.append(time.perf_counter())

    for name in ("left", "right"):
        workflow.add_node(cleans_up, name=name)
    workflow.returns(None)

    async def main() -> None:
        with anyio.move_on_after(0.01):
            await workflow.arun()
        assert len(ended) == 2

    run_on(backend, main)


@on_every_loop
def test_a_group_of_runs_of_which_one_fails(backend: str) -> None:
    balance = Balance()
    workflow: Workflow[Any, Any] = Workflow("one_of_many")

    @workflow.node
    async def waits(input: bool) -> None:
        with balance:
            await anyio.sleep(0.01 if input else LONG)
            raise ValueError

    async def main() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            async with anyio.create_task_group() as group:
                for number in range(5):
                    group.start_soon(workflow.arun, number == 3)
        assert [type(error) for error in caught.value.exceptions] == [NodeError]
        assert balance.open == 0

    run_on(backend, main)


@on_every_loop
@pytest.mark.parametrize("in_the_same_turn", ["before", "after"])
@pytest.mark.parametrize("busy", [False, True])
def test_a_scope_cancelled_at_the_moment_a_sibling_fails(
    backend: str, in_the_same_turn: str, busy: bool
) -> None:
    workflow: Workflow[Any, Any] = Workflow("both")
    scopes: list[anyio.CancelScope] = []
    event = anyio.Event()

    @workflow.node
    async def waits(input: Any) -> None:
        # Where nothing is waited for, asyncio folds two cancellations into one.
        while busy:
            await anyio.lowlevel.checkpoint()
        await anyio.sleep(LONG)

    @workflow.node
    async def fails(input: Any) -> None:
        await anyio.sleep(0.005)
        if in_the_same_turn == "before":
            scopes[0].cancel()
        else:
            event.set()
        raise ValueError

    workflow.returns(None)

    async def cancel() -> None:
        await event.wait()
        scopes[0].cancel()

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(cancel)
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                # Either may be the first; the failure says so where it is.
                with contextlib.suppress(NodeError):
                    await workflow.arun()
            event.set()
        await anyio.lowlevel.checkpoint()
        scopes.append(scope)

    run_on(backend, main)
    # Nothing escaped from the scope, which would have ended `main` early.
    assert len(scopes) == 2


def test_a_node_that_swallows_its_cancellation_goes_on_as_in_a_plain_await() -> None:
    workflow: Workflow[Any, Any] = Workflow("stubborn")

    @workflow.node
    async def stubborn(input: Any) -> str:
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "done"

    @workflow.node
    async def after(stubborn: str) -> str:
        await asyncio.sleep(0)
        return stubborn

    async def main() -> str:
        task = asyncio.create_task(workflow.arun())
        await asyncio.sleep(0.01)
        task.cancel()
        return str(await task)

    assert run_on("asyncio", main) == "done"


@pytest.mark.parametrize("siblings", [1, 2])
def test_a_cancelled_error_of_the_node_s_own_ends_the_run_as_itself(siblings: int) -> None:
    workflow: Workflow[Any, Any] = Workflow("own")

    async def awaits_what_was_cancelled(input: Any) -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    for number in range(siblings):
        workflow.add_node(awaits_what_was_cancelled, name=f"n{number}")
    workflow.returns(None)

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError):
            await workflow.arun()
        await asyncio.sleep(0)

    run_on("asyncio", main)


@on_every_loop
def test_a_deadline_stops_async_nodes_and_waits_for_them(backend: str) -> None:
    balance = Balance()
    workflow: Workflow[Any, Any] = Workflow("late")

    async def waits(input: Any) -> None:
        with balance:
            try:
                await anyio.sleep(LONG)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(0.01)

    for name in ("left", "right"):
        workflow.add_node(waits, name=name)
    workflow.returns(None)

    async def main() -> None:
        start = time.perf_counter()
        with pytest.raises(RunTimeoutError):
            await workflow.arun(timeout=0.03)
        assert 0.03 <= time.perf_counter() - start < 2
        assert balance.open == 0
        await anyio.lowlevel.checkpoint()

    run_on(backend, main)
    # On the engine's own loop, too.
    start = time.perf_counter()
    with pytest.raises(RunTimeoutError):
        workflow.run(timeout=0.03)
    assert 0.03 <= time.perf_counter() - start < 2
    assert balance.open == 0


STATES = ["async", "sync", "caller", "retry", "queued"]


def waiting_in(state: str, begun: threading.Event, gate: threading.Event) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("waiting")

    async def waits(input: Any) -> None:
        begun.set()
        await anyio.sleep(LONG)

    def blocks(input: Any) -> None:
        begun.set()
        gate.wait(0.05 if state == "caller" else 5)

    def fails(input: Any) -> None:
        begun.set()
        raise ValueError

    if state == "retry":
        retry = Retry(attempts=2, delay=LONG, jitter="none", on=ValueError)
        workflow.add_node(fails, name="node", retry=retry)
    elif state == "async":
        workflow.add_node(waits, name="node")
    else:
        workflow.add_node(blocks, name="node", thread="caller" if state == "caller" else None)

    @workflow.node
    def never(node: Any) -> None:
        raise AssertionError

    workflow.returns(None)
    return workflow


@in_both_modes
@pytest.mark.parametrize("state", STATES)
def test_a_handle_cancelled_in_every_state(state: str, mode: Any) -> None:
    begun, gate = threading.Event(), threading.Event()
    workflow = waiting_in(state, begun, gate)
    with mode():
        handle = workflow.start()
        if state != "queued":
            assert begun.wait(5)
            time.sleep(0.01)
        start = time.perf_counter()
        assert handle.cancel()
        assert not handle.cancel()
        with pytest.raises(RunCancelledError):
            handle.result(1)
        assert time.perf_counter() - start < 2
        gate.set()
    assert handle.state == "cancelled"
    assert handle.nodes["never"].state == "cancelled"
    assert not handle.cancel()


@on_every_loop
@in_both_modes
@pytest.mark.parametrize("state", STATES)
def test_a_handle_on_a_loop_cancelled_in_every_state(backend: str, state: str, mode: Any) -> None:
    begun, gate = threading.Event(), threading.Event()
    workflow = waiting_in(state, begun, gate)

    async def main() -> None:
        handle = await workflow.astart()
        if state != "queued":
            assert await anyio.to_thread.run_sync(begun.wait, 5)
        start = time.perf_counter()
        if state == "caller":
            # It has ended by now, since it kept the loop.
            with pytest.raises(NodeError):
                await handle.aresult()
            return
        # From another thread, which has to wake the loop.
        thread = threading.Thread(target=handle.cancel)
        thread.start()
        with pytest.raises(RunCancelledError):
            await handle.aresult()
        thread.join()
        assert time.perf_counter() - start < 2
        assert not handle.cancel()

    with mode():
        try:
            run_on(backend, main)
        finally:
            gate.set()


@on_every_loop
def test_a_late_outcome_of_a_thread_is_dropped(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("late")
    seen: list[bool] = []
    begun, ended = threading.Event(), threading.Event()

    @workflow.node
    def blocks(input: Any, context: Context) -> str:
        begun.set()
        time.sleep(0.05)
        seen.append(context.cancelled)
        ended.set()
        return "late"

    async def main() -> None:
        handle = await workflow.astart()
        assert await anyio.to_thread.run_sync(begun.wait, 5)
        handle.cancel()
        with pytest.raises(RunCancelledError):
            await handle.aresult()
        assert await anyio.to_thread.run_sync(ended.wait, 5)
        await anyio.sleep(0.01)
        assert handle.outputs == {}
        assert handle.state == "cancelled"

    run_on(backend, main)
    assert seen == [True]


def test_a_run_that_was_never_begun_or_is_thrown_away() -> None:
    balance = Balance()
    workflow = all_kinds(balance)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        never_begun = workflow.arun()
        never_begun.close()

        async def main() -> None:
            begun = workflow.arun()
            begun.send(None)
            begun.close()

        asyncio.run(main())
    assert balance.begun == 1
    assert balance.open == 0


def test_a_loop_that_ends_under_a_run_cancels_it() -> None:
    balance = Balance()
    workflow = all_kinds(balance)

    async def main() -> Any:
        handle = await workflow.astart()
        await asyncio.sleep(0)
        return handle

    handle = asyncio.run(main())
    assert balance.open == 0
    assert handle.state == "cancelled"
    with pytest.raises(RunCancelledError):
        handle.result(1)


def test_a_loop_of_trio_that_ends_under_a_run_cancels_it() -> None:
    balance = Balance()
    workflow = all_kinds(balance)

    async def main() -> Any:
        handle = await workflow.astart()
        await trio.sleep(0.001)
        return handle

    handle = trio.run(main)
    assert balance.open == 0
    with pytest.raises(RunCancelledError):
        handle.result(1)
