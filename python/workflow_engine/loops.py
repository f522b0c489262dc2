"""The event loops that can drive a run: asyncio and trio, each behind the same few methods.

The core decides what is ready and when; here is only how a task is started, parked, woken and
cancelled. Tasks of asyncio are started bare, because a task group would cost more than the nodes;
so cancelling and waiting for them is done here too.
"""

from __future__ import annotations

import contextlib
import sys
import types
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from workflow_engine import runner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine, Generator
    from contextvars import Context

    import trio

    from workflow_engine._core import Cursor

__all__ = ["Loop", "Signal", "drive", "running", "spawn"]

# How many tasks a suspended coroutine starts at most. One at a time would start a wide fan-out in
# as many turns of the loop; more would start tasks that find nothing left to do.
_RAMP = 2


class _TimeIsUp(BaseException):
    """An attempt has used up its time."""


class Loop(ABC):
    """A run's side of the event loop that drives it."""

    __slots__ = ("_cursor", "_delegates", "_starting")

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        # Whether every coroutine has a task of its own, because it may be stopped by itself.
        self._delegates = cursor.delegates
        # Tasks that were started and have not taken their first call.
        self._starting = 0

    def spread(self) -> None:
        """Start tasks for what is ready beside the coroutine that is being suspended."""
        count = min(_RAMP, self._cursor.ready(_RAMP + self._starting) - self._starting)
        for _ in range(count):
            self._starting += 1
            cursor = self._cursor.task()
            self._start(cursor, self._task(cursor))

    async def _task(self, cursor: Cursor) -> None:
        self._starting -= 1
        try:
            await runner.drive_on_loop(cursor, type(self), self, drives=False)
        except GeneratorExit:
            raise
        except BaseException as error:  # noqa: BLE001  The run ends with it, and raises it.
            cursor.abort(error)
        finally:
            cursor.close()
            self.tick()

    def report(self, cursor: Cursor, error: BaseException) -> Any:
        """Report that a coroutine raised, and get the next call."""
        if isinstance(error, _TimeIsUp):
            return cursor.time_out()
        if self._is_cancellation(error):
            if cursor.retired:
                call = cursor.stopped()
                self.tick()
                return call
            # Unless the run is ending anyway, somebody cancelled the task from outside.
            cursor.cancel()
            call = cursor.stopped()
            self.tick()
            return call
        call = runner.report(cursor, error)
        self.tick()
        return call

    @abstractmethod
    async def close(self) -> None:
        """Wait until all of the run has ended; a cancellation of the task is raised here."""

    @abstractmethod
    def tick(self) -> None:
        """Look, on the loop, at what has changed: start tasks, stop them, set the timer."""

    @staticmethod
    @abstractmethod
    def limited(
        function: Callable[..., Awaitable[Any]], arguments: tuple[Any, ...], seconds: float
    ) -> Coroutine[Any, Any, Any]:
        """Call a function whose attempt may take so many seconds."""

    @abstractmethod
    def park(self, seconds: float) -> Generator[Any, Any, None]:
        """Do other things until the run is woken, or the time is over."""

    @abstractmethod
    def _start(self, cursor: Cursor, task: Coroutine[Any, Any, None]) -> None:
        """Start a task, which has this place in the run."""

    @abstractmethod
    def _is_cancellation(self, error: BaseException) -> bool:
        """Tell whether an error is the loop's way to cancel the task it was raised in."""


class Signal:
    """Something to wait for on the running loop that any thread may set, once."""

    __slots__ = ("_set", "_wait")

    def __init__(self) -> None:
        asyncio = sys.modules.get("asyncio")
        if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001
            loop, event = asyncio.get_running_loop(), asyncio.Event()
            self._set: Callable[[], object] = lambda: loop.call_soon_threadsafe(event.set)
        else:
            import trio

            token, event = trio.lowlevel.current_trio_token(), trio.Event()
            self._set = lambda: token.run_sync_soon(event.set)
        self._wait: Callable[[], Awaitable[object]] = event.wait

    def set(self) -> None:
        """Wake who waits."""
        self._set()

    async def wait(self) -> None:
        """Wait until it is set."""
        await self._wait()


def spawn(coroutine: Coroutine[Any, Any, None], context: Context | None = None) -> Callable[[], object]:
    """Start a task of its own on the running loop, which keeps it alive.

    Args:
        coroutine: What it does. What it raises is its own matter.
        context: The context it runs in; by default a copy of the current one.

    Returns:
        What cancels it.
    """
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001
        task = asyncio.get_running_loop().create_task(coroutine, context=context)
        _spawned.add(task)
        task.add_done_callback(_forget)
        return task.cancel  # type: ignore[no-any-return]
    import trio

    scope = trio.CancelScope()
    trio.lowlevel.spawn_system_task(_swallow, coroutine, scope, context=context)
    return scope.cancel


def running() -> set[asyncio.Task[None]]:
    """Give the tasks that `spawn` has started on the running loop of asyncio and that have not ended."""
    loop = sys.modules["asyncio"].get_running_loop()
    return {task for task in list(_spawned) if task.get_loop() is loop}


_spawned: set[asyncio.Task[None]] = set()


def _forget(task: asyncio.Task[None]) -> None:
    _spawned.discard(task)
    if not task.cancelled():
        task.exception()


async def _swallow(coroutine: Coroutine[Any, Any, None], scope: trio.CancelScope) -> None:
    # A system task that raises brings trio down.
    with contextlib.suppress(Exception), scope:
        await coroutine


def drive(cursor: Cursor) -> Awaitable[None]:
    """Drive a run on the loop that is running, to its end. A cancellation of the task is raised there."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001
        return runner.drive_on_loop(cursor, _AsyncioLoop)
    return _drive_on_trio(cursor)


_NO_TASKS: dict[Any, Any] = {}

# How many turns of the loop a cancellation from outside has to come again.
_TURNS = 3


class _AsyncioLoop(Loop):
    __slots__ = (
        "_before",
        "_cancels",
        "_interrupt",
        "_loop",
        "_main",
        "_parked",
        "_stopped",
        "_tasks",
        "_timer",
    )

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(cursor)
        # Set when the run needs more than its driver's own task; most runs never do.
        self._main: Any = None
        self._loop: Any = None
        # Further tasks, each with its place in the run.
        self._tasks: dict[asyncio.Task[None], Cursor] = _NO_TASKS
        self._parked: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Requests to cancel the driver's task that were there before, and that come from here.
        self._before = 0
        self._cancels = 0
        self._stopped = False
        self._interrupt: BaseException | None = None

    @property
    def _asyncio(self) -> Any:
        return sys.modules["asyncio"]

    async def close(self) -> None:
        if self._main is not None:
            await self._close()
        elif self._interrupt is not None:
            await self._listen(self._asyncio.current_task())
        if self._interrupt is not None:
            raise self._interrupt

    def spread(self) -> None:
        if self._main is None:
            self._open()
            self._cursor.set_waker(self._wake)
            self.tick()
        else:
            super().spread()

    def _open(self) -> None:
        self._loop = self._asyncio.get_running_loop()
        self._main = self._asyncio.current_task()
        self._before = self._main.cancelling()
        self._tasks = {}

    async def _close(self) -> None:
        """Wait for tasks that are ending, and take back what was done to the driver's task."""
        asyncio, main = self._asyncio, self._main
        self._cursor.set_waker(None)
        self._set_timer(None)
        while self._tasks:
            try:
                await asyncio.wait(self._tasks)
            except asyncio.CancelledError as error:
                self._is_from_outside(main, error)
        if self._cancels or self._interrupt is not None:
            await self._listen(main)
        for _ in range(self._cancels):
            main.uncancel()
        # The run's waker leads here: let go of everything, and nothing is left in a cycle.
        self._main = None

    async def _listen(self, task: Any) -> None:
        """Let cancellations come that are under way to the driver's task, or come again.

        One of ours that the node's end has overtaken would hit whatever comes next. And asyncio folds
        two that come together into one: where somebody else's came with ours or a timeout's, it is told
        apart only when it is delivered again.
        """
        for _ in range(_TURNS):
            if self._interrupt is not None and self._interrupt.args:
                return
            try:
                await self._asyncio.sleep(0)
            except self._asyncio.CancelledError as error:
                self._is_from_outside(task, error)
            if self._interrupt is None:
                return

    def _is_from_outside(self, task: Any, error: BaseException) -> bool:
        """Tell whether somebody else cancelled the driver's task; then it must end that way."""
        if task.cancelling() <= self._before + self._cancels:
            return False
        # anyio knows its own by their text, so one with a text is kept.
        if self._interrupt is None or not self._interrupt.args:
            self._interrupt = error
        return True

    def _wake(self) -> None:
        # Called from any thread.
        self._loop.call_soon_threadsafe(self.tick)

    def tick(self) -> None:
        if self._main is None:
            return
        stopping, stopped, due, timer = self._cursor.tick()
        self._set_timer(timer)
        if stopping:
            self._stop()
        elif stopped:
            self._retire()
        if not stopping and (self._parked is None or self._delegates):
            super().spread()
        if due and self._parked is not None and not self._parked.done():
            self._parked.set_result(None)

    def _set_timer(self, seconds: float | None) -> None:
        """Look again after so many seconds, and not before unless the run is woken."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self._loop.call_later(seconds, self.tick)

    def _retire(self) -> None:
        """Cancel the tasks of the calls that were stopped."""
        for task, cursor in list(self._tasks.items()):
            if cursor.retire():
                task.cancel()

    def _stop(self) -> None:
        """Cancel what is under way: once, so that nodes can clean up."""
        if self._stopped:
            return
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        # Where somebody else has cancelled the driver's task already, asyncio would fold ours into that.
        if self._cursor.calling and self._main.cancelling() <= self._before:
            self._cancels += 1
            self._main.cancel()

    @types.coroutine
    def park(self, seconds: float) -> Generator[Any, Any, None]:
        if self._main is None:
            self._open()
        if not self._cursor.set_waker(self._wake):
            return
        self._set_timer(None if seconds == float("inf") else seconds)
        self._parked = self._loop.create_future()
        if self._delegates:
            super().spread()
        try:
            yield from self._parked
        except self._asyncio.CancelledError as error:
            if self._is_from_outside(self._main, error):
                self._cursor.cancel()
                self._stop()
        finally:
            self._parked = None

    def _start(self, cursor: Cursor, task: Coroutine[Any, Any, None]) -> None:
        started = self._loop.create_task(task)
        self._tasks[started] = cursor
        started.add_done_callback(self._tasks.pop)

    def _is_cancellation(self, error: BaseException) -> bool:
        if not isinstance(error, self._asyncio.CancelledError):
            return False
        task = self._asyncio.current_task()
        if self._main is not None and task is not self._main:
            return self._cursor.stopping or task.cancelling() > 0
        # A node may also raise it by itself, by awaiting something that was cancelled.
        return self._is_from_outside(task, error) or self._cursor.stopping

    @staticmethod
    async def limited(
        function: Callable[..., Awaitable[Any]], arguments: tuple[Any, ...], seconds: float
    ) -> Any:
        import asyncio

        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                return await function(*arguments)
        except TimeoutError:
            if scope.expired():
                raise _TimeIsUp from None
            raise


# By how many seconds a timer must be earlier than the one there is, to be worth a task of its own.
_EARLIER = 0.000_5


class _TrioLoop(Loop):
    __slots__ = ("_closed", "_due", "_manager", "_nursery", "_parked", "_scopes", "_token", "_trio")

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(cursor)
        import trio

        self._trio = trio
        self._manager = trio.open_nursery()
        self._nursery: trio.Nursery
        self._token = trio.lowlevel.current_trio_token()
        self._parked: trio.Event | None = None
        # What cancels the further tasks, each with its place in the run.
        self._scopes: dict[trio.CancelScope, Cursor] = {}
        self._closed = False
        # When the earliest timer ends; later ones are left to end with the run.
        self._due = float("inf")

    async def open(self) -> None:
        """Begin to drive the run."""
        self._nursery = await self._manager.__aenter__()
        self._cursor.set_waker(self._wake)

    async def close(self) -> None:
        self._closed = True
        self._cursor.set_waker(None)
        # Only timers are left, or the run is ending. The nursery would wrap an error in a group.
        self._nursery.cancel_scope.cancel()
        await self._manager.__aexit__(None, None, None)
        # A cancellation from outside is delivered here.
        await self._trio.lowlevel.checkpoint_if_cancelled()

    def _wake(self) -> None:
        # Called from any thread.
        self._token.run_sync_soon(self.tick)

    def tick(self) -> None:
        if self._closed:
            return
        stopping, stopped, due, timer = self._cursor.tick()
        if stopped:
            self._retire()
        if stopping:
            self._nursery.cancel_scope.cancel()
        elif timer is not None and (due_at := self._trio.current_time() + timer) < self._due - _EARLIER:
            self._due = due_at
            self._nursery.start_soon(self._tick_after, timer)
        if not stopping and (self._parked is None or self._delegates):
            self.spread()
        if due and self._parked is not None:
            self._parked.set()

    def _retire(self) -> None:
        for scope, cursor in list(self._scopes.items()):
            if cursor.retire():
                scope.cancel()

    async def _tick_after(self, seconds: float) -> None:
        await self._trio.sleep(seconds)
        self._due = float("inf")
        self.tick()

    @types.coroutine
    def park(self, seconds: float) -> Generator[Any, Any, None]:
        yield from self._park(seconds).__await__()

    async def _park(self, seconds: float) -> None:
        if not self._cursor.set_waker(self._wake):
            return
        self._parked = self._trio.Event()
        if self._delegates:
            self.spread()
        try:
            # Tasks that are ending are waited for also when this run is being cancelled.
            deadline, shield = self._trio.current_time() + seconds, self._cursor.stopping
            with self._trio.CancelScope(deadline=deadline, shield=shield) as scope:
                await self._parked.wait()
        except self._trio.Cancelled:
            self._cursor.cancel()
            self._nursery.cancel_scope.cancel()
        finally:
            self._parked = None
        if scope.cancelled_caught:
            self.tick()

    def _start(self, cursor: Cursor, task: Coroutine[Any, Any, None]) -> None:
        scope = self._trio.CancelScope()
        self._scopes[scope] = cursor
        self._nursery.start_soon(self._await, task, scope)

    async def _await(self, task: Coroutine[Any, Any, None], scope: trio.CancelScope) -> None:
        with scope:
            await task
        del self._scopes[scope]

    def _is_cancellation(self, error: BaseException) -> bool:
        return isinstance(error, self._trio.Cancelled)

    @staticmethod
    async def limited(
        function: Callable[..., Awaitable[Any]], arguments: tuple[Any, ...], seconds: float
    ) -> Any:
        import trio

        with trio.move_on_after(seconds):
            return await function(*arguments)
        raise _TimeIsUp


async def _drive_on_trio(cursor: Cursor) -> None:
    # A nursery has to be opened before the scopes of a node that is suspended.
    loop = _TrioLoop(cursor)
    await loop.open()
    await runner.drive_on_loop(cursor, _TrioLoop, loop)
