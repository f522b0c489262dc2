"""A batch: many inputs through one workflow, a few at a time, results in the inputs' order."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_engine._core import parse_json, to_json
from workflow_engine.cli.fields import apply
from workflow_engine.errors import RunCancelledError
from workflow_engine.problem import problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

    from workflow_engine import Workflow
    from workflow_engine.cli.fields import Setting
    from workflow_engine.cli.members import Members
    from workflow_engine.cli.progress import Tally

__all__ = ["Batch"]

# A slow run holds up the lines of those behind it. So many results may wait for it, then the
# batch waits too: memory stays bounded.
_WAITING_PER_RUN = 16


class _Item(NamedTuple):
    number: int
    text: bytes
    earlier: bytes | None


class Batch:
    """One batch on its way.

    Args:
        workflow: What to run.
        members: The inputs.
        settings: Fields to set in each input.
        concurrency: Number of runs at a time, from 1.
        options: Further keyword arguments of every run.
        earlier: For each input its line of an earlier batch, or None; without end.
        write: Takes result lines, whole and in order.
        tally: Takes what became of the inputs.
        moved: Called after every input.
    """

    def __init__(
        self,
        workflow: Workflow[Any, Any],
        members: Members,
        *,
        settings: Sequence[Setting],
        concurrency: int,
        options: dict[str, Any],
        earlier: Iterator[bytes | None],
        write: Callable[[bytes], None],
        tally: Tally,
        moved: Callable[[], None],
    ) -> None:
        self._workflow = workflow
        self._members = members
        self._settings = settings
        self._concurrency = concurrency
        self._options = options
        self._earlier = earlier
        self._write = write
        self._tally = tally
        self._moved = moved
        self._lines: dict[int, bytes] = {}
        self._written = 0
        self._taken = 0

    async def run(self) -> None:
        """Run all inputs.

        Raises:
            CommandError: The inputs cannot be read on.
        """
        self._reading = asyncio.Lock()
        self._progressed = asyncio.Event()
        items = self._items()
        workers = [asyncio.create_task(self._work(items)) for _ in range(self._concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await items.aclose()

    def write_interrupted(self) -> None:
        """Write what finished after runs that did not; these get a line that says so."""
        cancelled = RunCancelledError("the batch was interrupted", workflow=self._workflow.name)
        for index in range(self._written, max(self._lines, default=-1) + 1):
            self._lines.setdefault(index, _error_line(cancelled))
        self._flush()

    async def _items(self) -> AsyncGenerator[_Item]:
        async for text in self._members:
            while self._taken - self._written >= self._concurrency * _WAITING_PER_RUN:
                self._progressed.clear()
                await self._progressed.wait()
            self._taken += 1
            yield _Item(self._taken - 1, text, next(self._earlier))

    async def _work(self, items: AsyncGenerator[_Item]) -> None:
        while True:
            async with self._reading:
                item = await anext(items, None)
            if item is None:
                return
            if item.earlier is not None:
                self._tally.kept += 1
                self._lines[item.number] = item.earlier + b"\n"
            else:
                self._lines[item.number] = await self._line(item)
            self._moved()
            if item.number == self._written:
                self._flush()

    async def _line(self, item: _Item) -> bytes:
        started = time.perf_counter()
        error = None
        try:
            text = item.text
            if self._settings:
                text = to_json(apply(self._settings, parse_json(text)))
            line = await self._workflow.arun_json(text, **self._options) + b"\n"
        except BaseException as raised:
            if isinstance(raised, KeyboardInterrupt) or _is_cancelled(raised):
                raise
            error = raised
            line = _error_line(raised)
        self._tally.add(item.number, time.perf_counter() - started, error)
        return line

    def _flush(self) -> None:
        lines = []
        while (line := self._lines.pop(self._written, None)) is not None:
            lines.append(line)
            self._written += 1
        if lines:
            self._write(b"".join(lines))
            self._progressed.set()


def _is_cancelled(error: BaseException) -> bool:
    """Tell whether the batch itself is ending, rather than a node that raised what looks like it."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _error_line(error: BaseException) -> bytes:
    return to_json({"error": problem(error)}) + b"\n"
