"""What is under way in the server, and the threads on which it is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NoReturn

from workflow_engine import _core
from workflow_engine.problem import Kind
from workflow_engine.server.requests import RefusedError
from workflow_engine.server.signals import let_in
from workflow_engine.server.threads import Threads

if TYPE_CHECKING:
    from workflow_engine.server.loop import ServerLoop

__all__ = ["DRAINING", "Traffic"]

DRAINING = Kind("draining", 503, "the server is stopping")


class Traffic:
    """The state that all handlers share; every member is safe to use from any thread.

    Attributes:
        runs: Ids of the runs whose answer is not ready yet.
        draining: Whether the server stops and takes no further runs.
        entered: Ids of the threads that have called ``enter``.
        opened: Set when the process has its signals in order and nodes may run.
        loop: Where runs go that wait.
        threads: Where runs go that may block.
    """

    def __init__(self, loop: ServerLoop) -> None:
        self.runs: set[str] = set()
        self.draining = False
        self.entered: set[int] = set()
        self.opened = threading.Event()
        self.loop = loop
        self.threads = Threads(loop)

    def enter(self) -> None:
        """Make a thread of the HTTP library fit to run Python, as the first step of a handler.

        The thread keeps its Python state from now on: made anew for each request, it costs more
        than all else together. Only for threads that live as long as the server.
        """
        self.opened.wait()
        let_in()
        _core.pin_thread()
        # A process that has served waits for the runs on it, or ends without more ado.
        _core.trust_thread()
        self.entered.add(threading.get_ident())

    def refuse(self) -> NoReturn:
        """Refuse a run while ``draining``."""
        raise RefusedError(DRAINING, "send the request again, on a new connection", {"Retry-After": "1"})
