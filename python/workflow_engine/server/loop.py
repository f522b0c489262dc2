"""The event loop of the server, which no code of a node can end."""

from __future__ import annotations

import logging
import sys

if sys.platform == "win32":
    from asyncio import ProactorEventLoop as _Loop
else:
    from uvloop import Loop as _Loop

__all__ = ["ServerLoop"]

logger = logging.getLogger("workflow_engine.server")


class ServerLoop(_Loop):
    """An event loop that runs until ``end`` is called.

    asyncio ends a loop when a task raises SystemExit or KeyboardInterrupt, and anyone who has the
    loop can stop it. In a server that would drop the runs of everybody else.
    """

    ending = False

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
