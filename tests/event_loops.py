"""The event loops that tests run on, and what must be true when a test is through with one."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import trio

from workflow_engine.testing import relaxed, strict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Result = TypeVar("Result")

on_every_loop = pytest.mark.parametrize("backend", ["asyncio", "trio"])
_TURNS = 50

in_both_modes = pytest.mark.parametrize("mode", [relaxed, strict])


def run_on(backend: str, main: Callable[[], Awaitable[Result]]) -> Result:
    """Run a coroutine function on a loop; no task and no complaint of the loop may be left."""
    if backend == "trio":
        return trio.run(_counting_tasks, main)
    complaints: list[dict[str, Any]] = []

    async def supervised() -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        try:
            return await main()
        finally:
            assert task.cancelling() == 0
            # A run that nobody waits for any more ends a few turns later.
            for _ in range(_TURNS):
                if asyncio.all_tasks() == {task}:
                    break
                await asyncio.sleep(0.001)
            assert asyncio.all_tasks() == {task}

    try:
        return asyncio.run(supervised())
    finally:
        # What was never awaited or never retrieved is told when it is freed.
        gc.collect(1)
        assert complaints == []


async def _counting_tasks(main: Callable[[], Awaitable[Result]]) -> Result:
    before = trio.lowlevel.current_statistics().tasks_living
    try:
        return await main()
    finally:
        for _ in range(_TURNS):
            if trio.lowlevel.current_statistics().tasks_living == before:
                break
            with trio.CancelScope(shield=True):
                await trio.sleep(0.001)
        assert trio.lowlevel.current_statistics().tasks_living == before
