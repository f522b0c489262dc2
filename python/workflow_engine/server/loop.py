"""The event loop of the server, which no code of a node can end."""

from __future__ import annotations

import logging
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

from workflow_engine import loops

if sys.platform == "win32":
    from asyncio import ProactorEventLoop as _Loop
else:
    from uvloop import Loop as _Loop

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["ServerLoop"]

logger = logging.getLogger("workflow_engine.server")


class ServerLoop(_Loop):
    """An event loop that runs until ``end`` is called.

    asyncio ends a loop when a task raises SystemExit or KeyboardInterrupt, and anyone who has the
    loop can stop it. In a server that would drop the runs of everybody else.
    """

    ending = False

    def __init__(self) -> None:
        super().__init__()
        self._coming: deque[Coroutine[Any, Any, None]] = deque()
        self._begins = False

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as a task; from any thread."""
        self._coming.append(coroutine)
        # Waking the loop is dear, so it is woken once for all that come meanwhile.
        if not self._begins:
            self._begins = True
            self.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        # First, so that what comes from now on is begun by the next call.
        self._begins = False
        while self._coming:
            loops.spawn(self._coming.popleft())

    def run_forever(self) -> None:
        """Run until ``end`` is called."""
        while True:
            try:
                super().run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                logger.error("a task of the event loop raised %r; the server goes on", error)  # noqa: TRY400
            if self.ending:
                return

    def end(self) -> None:
        """Let ``run_forever`` return; from any thread."""
        self.ending = True
        self.call_soon_threadsafe(self.stop)
