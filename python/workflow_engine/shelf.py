"""The open resources of a workflow: in this process, and on each event loop.

A resource that is opened on a loop lives in a task of its own there. So it is entered and left by
the same task, whichever node needs it first; a node's timeout cannot break it; and a loop that ends
cancels the task, which closes the resource before the loop is gone.
"""

from __future__ import annotations

import atexit
import contextvars
import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

from workflow_engine.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workflow_engine.resource import Resource

__all__ = ["CLOSE_TIMEOUT", "Shelf", "mark_loop"]

CLOSE_TIMEOUT = 10.0
"""Seconds that the closing of an asynchronous resource may take."""

# The loop of the run that a synchronous node is part of.
_loop: contextvars.ContextVar[object] = contextvars.ContextVar("workflow_engine_loop")


def mark_loop() -> None:
    """Remember the running loop for this context and its copies."""
    _loop.set(_running_loop())


class Shelf:
    """The open resources of one workflow."""

    def __init__(self) -> None:
        self._open = _Open()

    def value(self, resource: Resource) -> Any:
        """Give the value of a resource, opened now if it is synchronous and not open yet."""
        opened = self._here()
        if resource.asynchronous:
            return opened.on_loop(_loop.get(None), resource)
        found = opened.values.get(resource)
        return found[0] if found is not None else opened.enter(resource)

    async def avalue(self, resource: Resource) -> Any:
        """Give the value of a resource on the running loop, opened now if it is not open yet."""
        opened = self._here()
        if resource.asynchronous:
            return await opened.aenter(resource)
        found = opened.values.get(resource)
        if found is not None:
            return found[0]
        import anyio

        # Opening may block, which would stall everything else on this loop.
        return await anyio.to_thread.run_sync(opened.enter, resource)

    def close(self) -> None:
        """Close everything, the last opened first."""
        _raise(self._here().close())

    async def aclose(self) -> None:
        """Close everything, the last opened first, and wait for what is on this loop."""
        _raise([error async for error in self._here().aclose()])

    def _here(self) -> _Open:
        opened = self._open
        if opened.pid == os.getpid():
            return opened
        # After a fork: connections are the parent's, and it is still using them. They are kept so
        # that no collector ends their generators, which would close them here.
        _abandoned.append(opened)
        self._open = _Open()
        return self._open


_abandoned: list[_Open] = []


class _Open:
    """What is open in one process."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.values: dict[Resource, tuple[Any]] = {}
        self._locks: dict[Resource, threading.Lock] = {}
        self._lock = threading.Lock()
        self._holders: weakref.WeakKeyDictionary[Any, dict[Resource, _Holder]] = weakref.WeakKeyDictionary()
        # How each is closed, in the order of opening.
        self._order: list[_Entered | _Holder] = []

    def enter(self, resource: Resource) -> Any:
        """Open a synchronous resource, once, whichever threads ask for it."""
        with self._lock:
            lock = self._locks.setdefault(resource, threading.Lock())
        with lock:
            found = self.values.get(resource)
            if found is None:
                manager = resource.manager()
                found = (manager.__enter__(),)
                self.add(_Entered(self, resource, manager))
                self.values[resource] = found
        return found[0]

    async def aenter(self, resource: Resource) -> Any:
        """Open an asynchronous resource on the running loop, once."""
        loop = _running_loop()
        with self._lock:
            holders = self._holders.setdefault(loop, {})
        holder = holders.get(resource)
        if holder is None or holder.ended:
            holder = holders[resource] = _Holder(self, resource, loop)
            holder.start()
        if not holder.ready:
            await holder.opened.wait()
            if holder.error is not None:
                raise holder.error
            if not holder.ready:
                raise InternalError(f"resource `{resource.name}` ended while it was opened")
        return holder.value

    def on_loop(self, loop: object, resource: Resource) -> Any:
        """Give the value of an asynchronous resource that the run has opened."""
        holder = None if loop is None else self._holders.get(loop, {}).get(resource)
        if holder is None or not holder.ready:
            raise InternalError(f"resource `{resource.name}` is not open on the loop of this run")
        return holder.value

    def add(self, closed: _Entered | _Holder) -> None:
        """Remember that a resource is open, and in which order."""
        with self._lock:
            self._order.append(closed)
            _close_at_exit(self)

    def drop(self, closed: _Holder) -> None:
        """Forget a resource that has closed by itself, because its loop ended."""
        with self._lock:
            if closed in self._order:
                self._order.remove(closed)

    def _take(self) -> Iterator[_Entered | _Holder]:
        while True:
            with self._lock:
                if not self._order:
                    _left.discard(self)
                    return
                closed = self._order.pop()
            yield closed

    def close(self) -> list[BaseException]:
        """Close everything and give what was raised."""
        return [error for closed in self._take() if (error := closed.close()) is not None]

    async def aclose(self) -> Any:
        """Close everything, waiting for what is on this loop, and give what was raised."""
        for closed in self._take():
            error = await closed.aclose()
            if error is not None:
                yield error


class _Entered:
    """A synchronous resource that is open."""

    def __init__(self, opened: _Open, resource: Resource, manager: Any) -> None:
        self._opened, self._resource, self._manager = opened, resource, manager

    def close(self) -> Exception | None:
        self._opened.values.pop(self._resource, None)
        try:
            self._manager.__exit__(None, None, None)
        except Exception as error:  # noqa: BLE001  The others are to be closed all the same.
            return error
        return None

    async def aclose(self) -> Exception | None:
        import anyio

        return await anyio.to_thread.run_sync(self.close)


class _Holder:
    """An asynchronous resource on one loop, held open by a task there."""

    def __init__(self, shelf: _Open, resource: Resource, loop: Any) -> None:
        import anyio

        self._shelf, self._resource = shelf, resource
        self._loop = weakref.ref(loop)
        self._task: object = None
        self._scope: Any = None
        self.value: Any = None
        self.ready = False
        self.error: BaseException | None = None
        self.opened = anyio.Event()
        self._closing = anyio.Event()
        # Told twice: to this loop, and to other threads.
        self._left = anyio.Event()
        self._closed = threading.Event()

    @property
    def ended(self) -> bool:
        return self._closed.is_set()

    def start(self) -> None:
        name = f"resource {self._resource.name}"
        trio = sys.modules.get("trio")
        if trio is not None and trio.lowlevel.in_trio_task():
            trio.lowlevel.spawn_system_task(self._hold, name=name)
            trio.lowlevel.spawn_system_task(self._watch, name=name)
            return
        import asyncio

        # In a context of its own: it outlives the run that needs it first.
        self._task = asyncio.get_running_loop().create_task(
            self._hold(), name=name, context=contextvars.Context()
        )

    async def _hold(self) -> None:
        import contextlib

        import anyio

        # The outermost scope, because the resource may open some of its own and leave them last.
        with anyio.CancelScope(shield=True) as self._scope:
            try:
                manager = self._resource.amanager()
                self.value = await manager.__aenter__()
            except Exception as error:  # noqa: BLE001  The nodes that wait for it raise it.
                self.error = error
                return self._end()
            except BaseException:
                self._end()
                raise
            self.ready = True
            self._shelf.add(self)
            self.opened.set()
            # A cancellation means that the loop ends: time to close.
            with contextlib.suppress(BaseException):
                await self._closing.wait()
            self.ready = False
            self._scope.deadline = anyio.current_time() + CLOSE_TIMEOUT
            try:
                await manager.__aexit__(None, None, None)
            except Exception as error:  # noqa: BLE001  Given to who closes it, if anybody does.
                self.error = error
                if not self._closing.is_set():
                    _log(self._resource.name, error)
        return self._end()

    async def _watch(self) -> None:
        """See the end of trio's loop, of which a shielded task is not told."""
        try:
            await self._left.wait()
        finally:
            self._closing.set()
            if not self.ready:
                self._scope.cancel()

    def _end(self) -> None:
        self._shelf.drop(self)
        self._closed.set()
        self._left.set()
        self.opened.set()

    def close(self) -> BaseException | None:
        """Close it, and wait for that where it happens on another thread."""
        loop = self._loop()
        if loop is None or self.ended:
            return None
        if _is_here(loop):
            self._closing.set()
            return None
        if not _call(loop, self._closing.set):
            return None
        if _is_idle(loop) and not _is_any_here():
            loop.run_until_complete(self._task)
        if not self._closed.wait(CLOSE_TIMEOUT):
            return TimeoutError(f"resource `{self._resource.name}` did not close in time")
        return self.error

    async def aclose(self) -> BaseException | None:
        """Close it and wait for that."""
        import anyio

        loop = self._loop()
        if loop is None or not _is_here(loop):
            return await anyio.to_thread.run_sync(self.close)
        self._closing.set()
        with anyio.move_on_after(CLOSE_TIMEOUT):
            await self._left.wait()
        return self.error


def _running_loop() -> Any:
    """What stands for the event loop that runs here: asyncio's loop, or trio's token."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        return trio.lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


def _is_here(loop: Any) -> bool:
    try:
        return _running_loop() is loop
    except RuntimeError:
        return False


def _is_any_here() -> bool:
    try:
        return _running_loop() is not None
    except RuntimeError:
        return False


def _is_idle(loop: Any) -> bool:
    """Whether it is an asyncio loop that nobody is running, so that it can be run here."""
    return hasattr(loop, "is_running") and not loop.is_running()


def _call(loop: Any, function: Callable[[], object]) -> bool:
    """Have a loop call a function, from another thread; False if the loop has ended."""
    try:
        if hasattr(loop, "call_soon_threadsafe"):
            loop.call_soon_threadsafe(function)
        else:
            loop.run_sync_soon(function)
    except RuntimeError:
        return False
    return True


_left: set[_Open] = set()


def _close_at_exit(opened: _Open) -> None:
    # Registered anew, so that it runs before what was registered since, such as a loop's end.
    atexit.unregister(_close_left)
    atexit.register(_close_left)
    _left.add(opened)


def _close_left() -> None:
    from workflow_engine import engine

    engine.end_runs()
    for opened in list(_left):
        if opened.pid == os.getpid():
            for error in opened.close():
                _log("at exit", error)


def _log(name: str, error: BaseException) -> None:
    import logging

    logging.getLogger("workflow_engine").error("closing resource %s failed", name, exc_info=error)


def _raise(errors: list[BaseException]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise BaseExceptionGroup("closing resources failed", errors)
