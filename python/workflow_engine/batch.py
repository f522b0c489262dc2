"""Many runs, several at a time: which may start, and which result comes next."""

from __future__ import annotations

import contextlib
import itertools
from collections import abc, deque
from typing import TYPE_CHECKING, Any, Literal

from workflow_engine.errors import DeclarationError
from workflow_engine.loops import Signal, spawn

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator

    from workflow_engine.handle import RunHandle

__all__ = ["CONCURRENCY_MAX", "Window"]

CONCURRENCY_MAX = 100_000
"""Runs that a batch may have under way."""

# Results that wait for an earlier one, for each run that may be under way.
_AHEAD = 2


class _Item:
    """A run of the batch, or the error that its input had."""

    __slots__ = ("done", "error", "handle", "index")

    def __init__(self, index: int, handle: RunHandle[Any] | None, error: Exception | None) -> None:
        self.index = index
        self.handle = handle
        self.error = error
        self.done = handle is None


class Window:
    """The part of a batch that is under way.

    Args:
        workflow: Name of the workflow, for messages.
        concurrency: How many runs may be under way, 1 to `CONCURRENCY_MAX`.
        on_error: What becomes of a run that fails.
        ordered: Whether results come in the order of the inputs.
    """

    def __init__(
        self, workflow: str, concurrency: int, on_error: Literal["raise", "keep", "drop"], *, ordered: bool
    ) -> None:
        of = f"of a batch of `{workflow}` is"
        if type(concurrency) is not int or not 1 <= concurrency <= CONCURRENCY_MAX:
            allowed = f"a whole number from 1 to {CONCURRENCY_MAX:,}"
            raise DeclarationError(f"`concurrency` {of} {allowed}, not {concurrency!r}")
        if on_error not in ("raise", "keep", "drop"):
            raise DeclarationError(f"`on_error` {of} 'raise', 'keep' or 'drop', not {on_error!r}")
        self._concurrency = concurrency
        self._on_error = on_error
        self._ordered = ordered
        # In the order of the inputs; with `ordered` results wait here for earlier ones.
        self._items: deque[_Item] = deque()
        self._running = 0
        # Appended to by whichever thread a run ends on.
        self._finished: deque[_Item] = deque()
        self._wake: Callable[[], object] = _nobody
        # On an event loop: whether taking inputs has begun and ended, why it could not go on, and who
        # waits for room.
        self._entered = self._fed = False
        self._source_error: Exception | None = None
        self._more_room: Callable[[], object] = _nobody

    def run(self, inputs: Iterable[Any], begin: Callable[[Any], RunHandle[Any]]) -> Iterator[Any]:
        """Give the results, waiting in this thread."""
        import threading

        source = enumerate(inputs)
        more = True
        try:
            while more or self._items:
                while more and self._has_room():
                    try:
                        index, value = next(source)
                    except StopIteration:
                        more = False
                        break
                    self._begin(index, value, begin)
                yield from self._take()
                if self._running and not (more and self._has_room()):
                    event = threading.Event()
                    self._wake = event.set
                    if not self._finished:
                        event.wait()
        finally:
            self._cancel()

    async def arun(
        self,
        inputs: Iterable[Any] | AsyncIterable[Any],
        begin: Callable[[Any], RunHandle[Any]],
    ) -> AsyncIterator[Any]:
        """Give the results, waiting on the running event loop."""
        import anyio

        self._left = Signal()
        # An iterable that waits for its next input must not keep back results that are there.
        stop = spawn(self._feed(inputs, begin))
        try:
            while not self._fed or self._items or self._finished:
                for result in self._take():
                    yield result
                self._more_room()
                if self._source_error is not None:
                    raise self._source_error
                signal = Signal()
                self._wake = signal.set
                if not self._finished and (self._running or not self._fed):
                    await signal.wait()
        finally:
            stop()
            self._cancel()
            # The iterable must have been left before whoever gave it goes on.
            if self._entered:
                with anyio.CancelScope(shield=True):
                    await self._left.wait()

    async def _feed(
        self, inputs: Iterable[Any] | AsyncIterable[Any], begin: Callable[[Any], RunHandle[Any]]
    ) -> None:
        """Start runs in a task of its own, as inputs come and slots free up."""
        self._entered = True
        try:
            async with contextlib.aclosing(_aiter(inputs)) as source:
                for index in itertools.count():
                    while not self._has_room():
                        room = Signal()
                        self._more_room = room.set
                        await room.wait()
                    try:
                        value = await anext(source)
                    except StopAsyncIteration:
                        break
                    self._begin(index, value, begin)
                    # An input that was refused has its result already.
                    if self._items[-1].done:
                        self._wake()
        except Exception as error:  # noqa: BLE001  It is raised where the results are taken.
            self._source_error = error
        finally:
            self._fed = True
            self._left.set()
            self._wake()

    def _has_room(self) -> bool:
        room = len(self._items) < self._concurrency * _AHEAD
        return room and self._running - len(self._finished) < self._concurrency

    def _begin(self, index: int, value: Any, begin: Callable[[Any], RunHandle[Any]]) -> None:
        try:
            item = _Item(index, begin(value), None)
        except Exception as error:  # noqa: BLE001  The item's outcome.
            item = _Item(index, None, error)
        self._items.append(item)
        if item.handle is None:
            return
        self._running += 1

        def finished() -> None:
            self._finished.append(item)
            self._wake()

        if not item.handle.on_finish(finished):
            self._finished.append(item)

    def _take(self) -> Iterator[Any]:
        """Give the results that may come now."""
        while self._finished:
            self._finished.popleft().done = True
            self._running -= 1
        if self._ordered:
            while self._items and self._items[0].done:
                item = self._items.popleft()
                yield from self._result(item)
        else:
            done = [item for item in self._items if item.done]
            if done:
                self._items = deque(item for item in self._items if not item.done)
            for item in done:
                for result in self._result(item):
                    yield item.index, result

    def _result(self, item: _Item) -> Iterator[Any]:
        result: Any = item.error
        failed = True
        if item.handle is not None:
            try:
                result = item.handle.result()
                failed = False
            except Exception as error:  # noqa: BLE001  What becomes of it was said.
                result = error
        if failed and self._on_error == "raise":
            try:
                raise result
            finally:
                # It leads to this frame.
                del result
        if not failed or self._on_error == "keep":
            yield result

    def _cancel(self) -> None:
        for item in self._items:
            if item.handle is not None:
                item.handle.cancel()


def _nobody() -> None:
    """Wake nobody: nothing waits yet."""


async def _aiter(items: Iterable[Any] | AsyncIterable[Any]) -> AsyncGenerator[Any, None]:
    if isinstance(items, abc.AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
