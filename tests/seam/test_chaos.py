"""Runs of all kinds of nodes, ended at random moments: each ends, and nothing is left of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import (
    NodeError,
    Retry,
    RunCancelledError,
    RunTimeoutError,
    Workflow,
    _core,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(60)

RUNS = 100
NODES = 9


class ChaosError(Exception):
    """What nodes fail with, now and then."""


class Chaos:
    """Makes workflows, and counts the coroutines of their nodes that have not ended."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._lock = threading.Lock()
        self.open = 0

    def pause(self) -> float:
        return self.random.choice([0, 0, 0.0002, 0.001, 0.003])

    @contextlib.contextmanager
    def counted(self) -> Any:
        with self._lock:
            self.open += 1
        try:
            yield
        finally:
            with self._lock:
                self.open -= 1

    def body(self, kind: str) -> Callable[..., Any]:
        def perhaps_fail() -> None:
            if self.random.random() < 0.06:
                raise ChaosError

        def blocks(before: list[Any]) -> int:
            time.sleep(self.pause())
            perhaps_fail()
            return len(before)

        async def waits(before: list[Any]) -> int:
            with self.counted():
                try:
                    await anyio.sleep(self.pause())
                    if self.random.random() < 0.3:
                        with anyio.move_on_after(self.pause()):
                            await anyio.sleep(0.002)
                finally:
                    if self.random.random() < 0.3:
                        with anyio.CancelScope(shield=True):
                            await anyio.sleep(self.pause())
                perhaps_fail()
                return len(before)

        async def groups(before: list[Any]) -> int:
            with self.counted():
                async with anyio.create_task_group() as group:
                    for _ in range(2):
                        group.start_soon(anyio.sleep, self.pause())
                    await anyio.lowlevel.checkpoint()
                return len(before)

        async def nested(before: list[Any]) -> int:
            with self.counted():
                return int(await CHILD.arun(len(before)))

        def nested_sync(before: list[Any]) -> int:
            return int(CHILD.run(len(before)))

        bodies: dict[str, Callable[..., Any]] = {
            "blocks": blocks,
            "waits": waits,
            "groups": groups,
            "nested": nested,
            "nested_sync": nested_sync,
        }
        return bodies[kind]

    def workflow(self, kinds: list[str]) -> Workflow[Any, Any]:
        workflow: Workflow[Any, Any] = Workflow("chaos")
        nodes: list[Any] = []
        for number in range(NODES):
            kind = self.random.choice(kinds)
            before = [node for node in nodes if self.random.random() < 0.3]
            caller = kind == "blocks" and self.random.random() < 0.2
            timed = not caller and self.random.random() < 0.3
            node = workflow.add_node(
                self.body(kind),
                name=f"n{number}",
                inputs={"before": before},
                retry=Retry(attempts=2, delay=self.pause(), on=(ChaosError, TimeoutError))
                if self.random.random() < 0.4
                else None,
                timeout=self.random.choice([0.001, 0.01, 5]) if timed else None,
                thread="caller" if caller else None,
            )
            nodes.append(node)
        workflow.returns(None)
        return workflow


CHILD: Workflow[int, int] = Workflow("child", input=int, output=int)


@CHILD.node
def one_more(input: int) -> int:
    time.sleep(0.0005)
    return input + 1


ENDS = (NodeError, RunCancelledError, RunTimeoutError)
SYNC = ["blocks", "blocks", "nested_sync"]
ALL = [*SYNC, "waits", "waits", "groups", "nested"]


def settled(chaos: Chaos, overruns: int) -> bool:
    deadline = time.perf_counter() + 2
    while time.perf_counter() < deadline:
        if chaos.open == 0 and _core.helper_counts()[1] <= overruns:
            return True
        time.sleep(0.002)
    return False


@in_both_modes
@pytest.mark.parametrize("kinds", [SYNC, ALL], ids=["sync", "all"])
def test_runs_from_threads(kinds: list[str], mode: Any) -> None:
    chaos, overruns = Chaos(1), _core.helper_counts()[1]
    ended: list[str] = []

    def one(number: int) -> None:
        workflow = chaos.workflow(kinds)
        with contextlib.suppress(*ENDS):
            if number % 3 == 0:
                workflow.run(timeout=chaos.random.choice([None, 0.002, 0.01]))
            elif number % 3 == 1:
                handle = workflow.start()
                time.sleep(chaos.pause())
                handle.cancel()
                handle.result(10)
            else:
                for event in workflow.stream():
                    if chaos.random.random() < 0.05:
                        break
                    assert event.run_id
        ended.append("ended")

    with mode(), ThreadPoolExecutor(6) as threads:
        list(threads.map(one, range(RUNS)))
    assert len(ended) == RUNS
    assert settled(chaos, overruns)


@in_both_modes
@on_every_loop
@pytest.mark.parametrize("how", ["scope", "timeout", "cancel", "not at all"])
def test_runs_on_a_loop(backend: str, mode: Any, how: str) -> None:
    chaos, overruns = Chaos(2), _core.helper_counts()[1]
    ended: list[int] = []

    async def one(number: int) -> None:
        workflow = chaos.workflow(ALL)
        with contextlib.suppress(*ENDS):
            if how == "scope":
                with anyio.move_on_after(chaos.pause()):
                    await workflow.arun()
            elif how == "timeout":
                await workflow.arun(timeout=chaos.random.choice([0.002, 0.01, 5]))
            elif how == "cancel":
                handle = await workflow.astart()
                await anyio.sleep(chaos.pause())
                handle.cancel()
                await handle.aresult()
            else:
                await workflow.arun()
        ended.append(number)

    async def main() -> None:
        for start in range(0, RUNS, 10):
            async with anyio.create_task_group() as group:
                for number in range(start, start + 10):
                    group.start_soon(one, number)

    with mode():
        run_on(backend, main)
    # A task that was cancelled by mistake is missing here: a group does not mind.
    assert sorted(ended) == list(range(RUNS))
    assert settled(chaos, overruns)


@in_both_modes
def test_tasks_cancelled_at_random(mode: Any) -> None:
    chaos, overruns = Chaos(3), _core.helper_counts()[1]

    async def one() -> None:
        task = asyncio.create_task(chaos.workflow(ALL).arun())
        await asyncio.sleep(chaos.pause())
        asked = int(task.cancel())
        if chaos.random.random() < 0.5:
            await asyncio.sleep(chaos.pause())
            asked += task.cancel()
        # A node that fails while it cleans up comes before its cancellation, as in a plain await.
        with contextlib.suppress(asyncio.CancelledError, NodeError):
            await task
        assert task.cancelling() == asked

    async def main() -> None:
        for _ in range(RUNS // 10):
            await asyncio.gather(*[one() for _ in range(10)])

    with mode():
        run_on("asyncio", main)
    assert settled(chaos, overruns)
