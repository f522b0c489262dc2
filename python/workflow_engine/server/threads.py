"""Threads that carry out whole runs which may block.

A run of quick nodes costs less than handing it to another thread. So hand-overs are shared: one thread
takes run after run for as long as it gets on, and leaves its giver a moment to pile up more. A thread
that has been in the same run for a tick is taken to be blocked, and others step in; while some are
blocked, new runs do not wait for a tick again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from workflow_engine import _core

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["THREADS_MAX", "Threads"]

THREADS_MAX = 256
"""How many runs may block at the same time; further ones wait."""

# Seconds in one run after which a thread counts as blocked, at least; at most twice as many.
_TICK = 0.002
# Seconds after which a thread without work ends.
_IDLE = 20.0
# Seconds that a thread lets jobs pile up, where it has found several in a row before: taking turns with
# their giver for each one would cost more than the jobs.
_PILE_UP = 50e-6


class _Thread:
    """What the others know of a thread; changed under their lock, but for `begun`.

    Attributes:
        begun: How many jobs it has begun.
        seen: What `begun` was at the last tick.
        working: Whether it has work, or is looking for some.
        blocked: Whether it was in the same job for a tick.
    """

    __slots__ = ("begun", "blocked", "seen", "working")

    def __init__(self) -> None:
        self.begun = 0
        self.seen = -1
        self.working = True
        self.blocked = False


class Threads:
    """Threads that do jobs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin without any thread.

        Args:
            loop: Where a timer may run that looks after them.
        """
        self._loop = loop
        self._jobs: deque[Callable[[], None]] = deque()
        self._ticking = False
        self._lock = threading.Lock()
        self._threads: set[_Thread] = set()
        # How many get on with their work, and how many wait for a token to begin.
        self._active = 0
        self._idle = 0
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()

    def submit(self, job: Callable[[], None]) -> None:
        """Have a job done; from any thread.

        Args:
            job: What to do. It must not raise.
        """
        self._jobs.append(job)
        with self._lock:
            if not self._active:
                self._wake(1)
            ticks, self._ticking = self._ticking, True
        if not ticks:
            self._loop.call_soon_threadsafe(self._loop.call_later, _TICK, self._tick)

    def _wake(self, count: int) -> None:
        """Have more threads look for work; under the lock."""
        for _ in range(count):
            if self._idle:
                self._idle -= 1
                self._active += 1
                self._tokens.put(None)
            elif len(self._threads) < THREADS_MAX:
                own = _Thread()
                thread = threading.Thread(target=self._work, args=(own,), name="workflow-server", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # The system gives no more threads: those that there are go on.
                    return
                self._threads.add(own)
                self._active += 1

    def _work(self, own: _Thread) -> None:
        # A process that has served waits for the runs here, or ends without more ado.
        _core.trust_thread()
        jobs = self._jobs
        before = 0
        while True:
            try:
                job = jobs.popleft()
            except IndexError:
                if not self._rest(own):
                    return
                if own.begun - before > 1:
                    time.sleep(_PILE_UP)
                before = own.begun
                continue
            own.begun += 1
            if own.blocked:
                with self._lock:
                    own.blocked = False
                    self._active += 1
            job()
            # A run must not live until the next one comes.
            del job

    def _rest(self, own: _Thread) -> bool:
        """Wait until there may be work; False if there was none for long."""
        with self._lock:
            # Looked at again: a job that came since has found this thread active, and woke nobody.
            if self._jobs:
                return True
            if not own.blocked:
                self._active -= 1
            own.blocked = own.working = False
            self._idle += 1
        try:
            self._tokens.get(timeout=_IDLE)
        except queue.Empty:
            with self._lock:
                try:
                    self._tokens.get_nowait()
                except queue.Empty:
                    self._idle -= 1
                    self._threads.discard(own)
                    return False
        own.working = True
        return True

    def _tick(self) -> None:
        with self._lock:
            for own in self._threads:
                if own.working and not own.blocked:
                    if own.seen == own.begun:
                        own.blocked = True
                        self._active -= 1
                    own.seen = own.begun
            if self._jobs and not self._active:
                # Twice as many each time: a pause of the process looks the same, and ends soon.
                self._wake(min(len(self._jobs), max(1, len(self._threads) - self._idle)))
            ticks = self._ticking = bool(self._jobs or self._active)
        if ticks:
            self._loop.call_later(_TICK, self._tick)
