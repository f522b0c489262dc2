"""What a process has one of: helper threads, and a loop thread for `run` of asynchronous nodes."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

from workflow_engine import _core, loops, runner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

__all__ = ["END_TIMEOUT", "end_runs", "is_on_loop_thread", "loop", "submit"]

END_TIMEOUT = 2.0
"""Seconds that nodes have to clean up when the process ends under their run."""


def _start_helper() -> None:
    threading.Thread(target=_help, name="workflow-helper", daemon=True).start()


def _start_timekeeper() -> None:
    threading.Thread(target=_core.keep_time, name="workflow-timekeeper", daemon=True).start()


def _help() -> None:
    """Carry out nodes until there has been nothing to do for a while."""
    while (cursor := _core.take_job()) is not None:
        # The run is aborted with what this raises, and raises it itself.
        with contextlib.suppress(BaseException):
            runner.drive(cursor)
        _core.job_done(cursor)
        # A run must not live until the next job comes.
        del cursor


class _LoopThread:
    """An event loop in a thread of its own; started at first need."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                import asyncio

                loop = asyncio.new_event_loop()
                started = threading.Event()

                def main() -> None:
                    asyncio.set_event_loop(loop)
                    loop.call_soon(started.set)
                    while True:
                        try:
                            loop.run_forever()
                        except (SystemExit, KeyboardInterrupt):
                            # A task that a node left behind raised it, and has ended with it.
                            continue

                self._thread = threading.Thread(target=main, name="workflow-loop", daemon=True)
                self._thread.start()
                started.wait()
                self._loop = loop
                atexit.register(end_runs)
            return self._loop

    def end_runs(self) -> None:
        """Cancel the runs that are under way, and give their nodes time to clean up."""
        if self._loop is None or self._thread is None or not self._thread.is_alive():
            return
        import asyncio

        async def cancel() -> None:
            running = loops.running()
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running, timeout=END_TIMEOUT)

        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(cancel(), self._loop).result(2 * END_TIMEOUT)

    def is_current(self) -> bool:
        return self._thread is not None and threading.get_ident() == self._thread.ident


_loop_thread = _LoopThread()


def loop() -> asyncio.AbstractEventLoop:
    """Give the loop on which `run` and `start` drive asynchronous nodes."""
    return _loop_thread.loop()


def end_runs() -> None:
    """Cancel at exit what is still under way on that loop, before the resources of its nodes are closed."""
    _loop_thread.end_runs()


def is_on_loop_thread() -> bool:
    """Tell whether this is the thread of that loop, which must not wait for itself."""
    return _loop_thread.is_current()


def submit(make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Drive a coroutine on the loop thread, in a copy of the caller's context.

    Args:
        make: Makes the coroutine, on the loop.
    """
    import contextvars

    target = loop()
    context = contextvars.copy_context()

    target.call_soon_threadsafe(lambda: loops.spawn(make(), context))


def _after_fork() -> None:
    global _loop_thread  # noqa: PLW0603  Threads do not survive a fork.
    _core.after_fork()
    _loop_thread = _LoopThread()


_core.set_thread_starters(_start_helper, _start_timekeeper)
# First registered, so last called: resources are closed before.
atexit.register(_core.prepare_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
