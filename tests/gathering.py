"""Nodes that prove that they overlap, without a clock to measure it."""

from __future__ import annotations

import threading
import time
from typing import Any

import anyio

__all__ = ["Gathering"]

_PATIENCE = 10.0


class Gathering:
    """Nodes that wait until so many are under way at once, and fail if that does not come about.

    Attributes:
        threads: The threads that those came on which block.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._there = 0
        self.threads: set[int] = set()

    def wait(self, input: Any) -> int:
        """Block until all are there; gives 1."""
        self.threads.add(threading.get_ident())
        give_up = self._come()
        while not self._is_complete(give_up):
            time.sleep(0.001)
        return 1

    async def wait_on_loop(self, input: Any) -> int:
        """Wait until all are there; gives 1."""
        give_up = self._come()
        while not self._is_complete(give_up):  # noqa: ASYNC110  Some of them are on other threads.
            await anyio.sleep(0.001)
        return 1

    def _come(self) -> float:
        with self._lock:
            self._there += 1
        return time.monotonic() + _PATIENCE

    def _is_complete(self, give_up: float) -> bool:
        assert time.monotonic() < give_up, f"{self._there} of {self._count} came"
        return self._there >= self._count
