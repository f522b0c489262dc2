"""Which thread runs what, and which thread may ask for it."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import NodeError, Retry, UsageError, Workflow, engine


def tied_to_its_thread() -> Workflow[Any, Any]:
    """Make a workflow whose nodes give the thread they ran on."""
    workflow: Workflow[Any, Any] = Workflow("tied")

    def tied(input: Any) -> int:
        time.sleep(0.005)
        return threading.get_ident()

    def free(input: Any) -> int:
        time.sleep(0.01)
        return threading.get_ident()

    names = [f"tied_{number}" for number in range(3)]
    nodes = [workflow.add_node(tied, name=name, thread="caller", retry=Retry(attempts=2)) for name in names]
    workflow.add_node(free, name="free")
    workflow.join("together", *nodes, free)
    workflow.returns(workflow["together"])
    return workflow


@in_both_modes
def test_a_node_for_the_caller_never_leaves_its_thread(mode: Any) -> None:
    workflow = tied_to_its_thread()
    with mode():
        for timeout in (None, 10):
            result = workflow.run(timeout=timeout)
            result.pop("free")
            assert set(result.values()) == {threading.get_ident()}

        def elsewhere(_: int) -> bool:
            result = workflow.run()
            result.pop("free")
            return set(result.values()) == {threading.get_ident()}

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(elsewhere, range(8)))
        started = workflow.start().result()
        assert len({started[f"tied_{number}"] for number in range(3)}) == 1


@on_every_loop
@in_both_modes
def test_on_a_loop_it_stays_on_the_loop_s_thread(backend: str, mode: Any) -> None:
    workflow = tied_to_its_thread()
    with mode():
        result = run_on(backend, workflow.arun)
    assert result.pop("free") != threading.get_ident()
    assert set(result.values()) == {threading.get_ident()}


def sync_and_async() -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("mixed")

    @workflow.node
    def add_one(input: int) -> int:
        return input + 1

    @workflow.node
    async def add_two(add_one: int) -> int:
        await asyncio.sleep(0.001)
        return add_one + 2

    return workflow


@on_every_loop
def test_run_on_a_thread_with_a_running_loop(backend: str) -> None:
    workflow = sync_and_async()

    async def main() -> None:
        assert workflow.run(1) == 4
        assert workflow.start(1).result() == 4
        assert [*workflow.batch([1, 2])] == [4, 5]
        assert await workflow.start(1).aresult() == 4

    run_on(backend, main)


def test_runs_from_many_threads_share_the_loop() -> None:
    workflow = sync_and_async()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(workflow.run, range(200))) == list(range(3, 203))


def test_what_was_made_on_the_loop_of_one_run_works_in_the_next() -> None:
    workflow: Workflow[Any, Any] = Workflow("client")
    clients: list[asyncio.Queue[int]] = []

    @workflow.node
    async def use(input: int) -> int:
        if not clients:
            clients.append(asyncio.Queue())
        client = clients[0]
        waiting = asyncio.ensure_future(client.get())
        await asyncio.sleep(0)
        client.put_nowait(input)
        return await waiting

    assert [workflow.run(number) for number in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("how", ["run", "result", "batch", "stream"])
def test_waiting_on_the_loop_that_would_have_to_drive_it(how: str) -> None:
    inner = sync_and_async()
    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    async def waits_for_itself(input: Any) -> Any:
        if how == "run":
            return inner.run(1)
        if how == "batch":
            return [*inner.batch([1])]
        if how == "stream":
            return [*inner.stream(1)]
        return inner.start(1).result()

    # In a thread of its own, because where this goes wrong it waits for good.
    ended: list[BaseException] = []

    def run() -> None:
        try:
            outer.run()
        except NodeError as error:
            ended.append(error)

    before = engine._loop_thread
    engine._loop_thread = engine._LoopThread()
    try:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(2)
    finally:
        engine._loop_thread = before
    assert [type(error.__cause__) for error in ended] == [UsageError]


def test_the_message_says_what_to_write() -> None:
    inner = sync_and_async()
    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    async def waits_for_itself(input: Any) -> Any:
        return inner.run(1)

    with pytest.raises(NodeError, match=r"write `await mixed\.arun\(\.\.\.\)`") as caught:
        outer.run()
    assert isinstance(caught.value.__cause__, UsageError)
    # Not so on any other loop.
    assert run_on("asyncio", outer.arun) == 4


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_the_loop_survives_what_a_task_of_a_node_raises(error: type[BaseException]) -> None:
    workflow: Workflow[Any, Any] = Workflow("exits")

    @workflow.node
    async def leaves_a_task(input: Any) -> None:
        async def ends() -> None:
            raise error

        task = asyncio.create_task(ends())
        task.add_done_callback(lambda task: task.exception())
        await asyncio.sleep(0.01)

    before = engine._loop_thread
    engine._loop_thread = engine._LoopThread()
    try:
        workflow.start().result(2)
        assert sync_and_async().start(1).result(2) == 4
    finally:
        engine._loop_thread = before


def test_two_loops_in_two_threads() -> None:
    workflow = sync_and_async()

    def run(number: int) -> int:
        async def main() -> int:
            async with anyio.create_task_group() as group:
                for other in range(20):
                    group.start_soon(workflow.arun, other)
            return int(await workflow.arun(number))

        return run_on("asyncio", main)

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(run, range(4))) == [3, 4, 5, 6]
