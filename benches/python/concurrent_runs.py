"""Many runs at once that sleep in the middle, by the engine and in bare asyncio.

As a program it prints the bytes of memory that a run takes while all of them sleep:
`concurrent_runs.py {engine,asyncio} RUNS`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from process import rss

from workflow_engine import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Run = Callable[[int], Coroutine[Any, Any, int]]

__all__ = ["WAYS", "together"]


class _Nap:
    """What the middle node does."""

    seconds = 0.05
    sleeping = 0


async def before(input: int) -> int:
    return input + 1


async def middle(before: int) -> int:
    _Nap.sleeping += 1
    await asyncio.sleep(_Nap.seconds)
    return before + 1


async def after(middle: int) -> int:
    return middle + 1


async def _bare(value: int) -> int:
    return await after(await middle(await before(value)))


_workflow = Workflow("napping", input=int, output=int)
for _node in (before, middle, after):
    _workflow.add_node(_node)

WAYS: dict[str, Run] = {"engine": _workflow.arun, "asyncio": _bare}
"""What starts a run, by who drives it."""


async def together(run: Run, count: int) -> float:
    """Start runs at once, wait for all, and give the seconds that this took."""
    start = time.perf_counter()
    results = await asyncio.gather(*[run(number) for number in range(count)])
    took = time.perf_counter() - start
    assert results == list(range(3, count + 3))
    return took


async def _bytes_per_run(run: Run, count: int) -> float:
    # What is loaded or made once is no cost of a run.
    await together(run, 10)
    empty = rss(os.getpid())
    _Nap.seconds, _Nap.sleeping = 60, 0
    tasks = [asyncio.ensure_future(run(number)) for number in range(count)]
    while _Nap.sleeping < count:  # noqa: ASYNC110  An event would be a cost of the nodes.
        await asyncio.sleep(0.01)
    full = rss(os.getpid())
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return (full - empty) / count


if __name__ == "__main__":
    print(asyncio.run(_bytes_per_run(WAYS[sys.argv[1]], int(sys.argv[2]))))
