"""The server's sockets at its end: first no new connections, then none at all.

Robyn has no call for either and keeps its sockets to itself, so they are found among the open
files of the process.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["close_connections", "stop_listening"]

# Linux and macOS have it; where it is missing, the end of the process does the rest.
_OPEN_FILES = "/dev/fd"


def stop_listening(port: int) -> None:
    """Refuse connections from now on.

    Args:
        port: The server's port.
    """
    for number, own in _sockets(port):
        if not own.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            continue
        try:
            # Holds for every duplicate, also in a forked child.
            own.shutdown(socket.SHUT_RDWR)
        except OSError:
            # Not possible on macOS: there a socket that does not listen takes its place.
            with socket.socket(own.family, socket.SOCK_STREAM) as inert:
                os.dup2(inert.fileno(), number, inheritable=False)


def close_connections(port: int) -> None:
    """Close all connections of clients, so that no request arrives while Python ends.

    Args:
        port: The server's port.
    """
    for _, own in _sockets(port):
        with contextlib.suppress(OSError):
            own.shutdown(socket.SHUT_RDWR)


def _sockets(port: int) -> Iterator[tuple[int, socket.socket]]:
    """Give the TCP sockets of a local port: the number of each, and a duplicate to use."""
    if not os.path.isdir(_OPEN_FILES):  # noqa: PTH112
        return
    for name in os.listdir(_OPEN_FILES):  # noqa: PTH208
        own = _duplicate(int(name))
        if own is None:
            continue
        with own:
            if own.family in (socket.AF_INET, socket.AF_INET6) and own.getsockname()[1] == port:
                yield int(name), own


def _duplicate(number: int) -> socket.socket | None:
    try:
        duplicate = os.dup(number)
    except OSError:
        return None
    try:
        return socket.socket(fileno=duplicate)
    except OSError:
        # Not a socket.
        os.close(duplicate)
        return None
