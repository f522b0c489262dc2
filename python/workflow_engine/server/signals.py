"""SIGINT and SIGTERM, kept from the server library and read by the main thread.

Robyn's server ends at once on SIGINT, and half on SIGTERM: it stops to answer and never exits. So
its handlers must not run. They are in force from a moment in its start on, and a thread that it
starts takes over the signal mask of the thread that starts it. Hence:

1. ``hold`` blocks both signals in the main thread, before any thread of the server exists;
2. ``take`` waits until the library has set its handlers, replaces them, and lets the signals in;
3. every other thread that runs code of nodes calls ``let_in`` as its first step.

The mask is not left blocked anywhere where nodes run, since child processes inherit the mask of
the thread that starts them, and no hook runs when ``subprocess`` starts one: they would be deaf to
Ctrl-C for good. Handlers, in contrast, are gone with the new program.

The handlers that replace the library's do nothing. Python notes a signal in a pipe the moment it
arrives, on whatever thread, and the main thread waits at that pipe: a node that computes in C
for a minute delays nothing.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["StopSignals", "let_in"]

_STOPS = (signal.SIGINT, signal.SIGTERM)
# Time for the library to set its handlers, in seconds; it takes milliseconds.
_TAKEOVER_MAX = 5.0


class StopSignals:
    """The signals that stop a server; only for the main thread."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._previous: dict[signal.Signals, Any] = {}
        self._pipe_before = -1
        self._native: dict[signal.Signals, int] = {}

    def hold(self) -> None:
        """Block the signals in this thread and those that it starts from now on."""
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
            self._native = {each: _native_handler(each) for each in (*_STOPS, signal.SIGQUIT)}

    def take(self, is_starting: Callable[[], bool]) -> None:
        """Replace the server library's handlers, and let the signals in.

        Args:
            is_starting: Whether the library may still set its handlers.
        """
        self._previous = {each: signal.getsignal(each) for each in _STOPS}
        self._pipe_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        if sys.platform == "win32":
            self._take_console()
        else:
            give_up = time.monotonic() + _TAKEOVER_MAX
            while self._waits_for_library() and is_starting() and time.monotonic() < give_up:
                time.sleep(0.001)
            # Not a stop of ours, but the library would take it for one.
            signal.signal(signal.SIGQUIT, signal.getsignal(signal.SIGQUIT) or signal.SIG_DFL)
            os.register_at_fork(after_in_child=self._leave_to_parent)
        for each in _STOPS:
            signal.signal(each, _note)
        let_in()

    def wait(self, timeout: float | None = None) -> signal.Signals | None:
        """Wait for a signal.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            The signal, or None after the timeout.
        """
        ready, _, _ = select.select([self._reader], [], [], timeout)
        if not ready:
            return None
        number = self._reader.recv(1)[0]
        return signal.Signals(number) if number in _STOPS else None

    def release(self) -> None:
        """Put back what was in force before ``take``."""
        signal.set_wakeup_fd(self._pipe_before)
        for each, previous in self._previous.items():
            signal.signal(each, signal.SIG_DFL if previous is None else previous)
        self._previous = {}
        self._reader.close()
        self._writer.close()

    def _waits_for_library(self) -> bool:
        return any(_native_handler(each) == before for each, before in self._native.items())

    def _leave_to_parent(self) -> None:
        # A forked child shares the pipe: without this its signals would stop the server.
        if self._previous:
            self.release()

    if sys.platform == "win32":

        def _take_console(self) -> None:
            import ctypes

            def handle(event: int) -> bool:
                # CTRL_C_EVENT and CTRL_BREAK_EVENT; the handler set last is asked first.
                if event > 1:
                    return False
                self._writer.send(bytes([signal.SIGINT]))
                return True

            self._console = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(handle)
            ctypes.windll.kernel32.SetConsoleCtrlHandler(self._console, 1)


def let_in() -> None:
    """Unblock the signals in this thread, so that its child processes can be interrupted."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def _note(number: int, frame: FrameType | None) -> None:
    """Do nothing: the signal is in the pipe."""


def _native_handler(number: signal.Signals) -> int:
    """Give the address of the C function that handles a signal; Python knows only its own."""
    import ctypes

    action = ctypes.create_string_buffer(1024)
    # `struct sigaction` begins with the handler on Linux, macOS and the BSDs.
    ctypes.CDLL(None).sigaction(ctypes.c_int(number), None, action)
    return int.from_bytes(action.raw[: ctypes.sizeof(ctypes.c_void_p)], sys.byteorder)
