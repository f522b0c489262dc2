"""Where the server listens: names resolved, taken ports refused with a remedy."""

from __future__ import annotations

import errno
import socket
import sys
from typing import NamedTuple

from workflow_engine.errors import UsageError

__all__ = ["Address", "refusal", "resolve"]

_PORT_MAX = 65_535
_PORTS_TRIED = 50


class Address(NamedTuple):
    """A numeric address that was free a moment ago.

    Attributes:
        host: IPv4 or IPv6 address.
        port: Port, from 1.
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as the start of a URL, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "::1" or self.host.startswith("127.")


def resolve(host: str, port: int) -> Address:
    """Find the numeric address to listen on and see that nobody else does.

    Args:
        host: Name or address; of a name's addresses an IPv4 one is taken first.
        port: Port; 0 takes a free one.

    Raises:
        UsageError: The host is unknown or not of this machine, or the port cannot be had.
    """
    if not 0 <= port <= _PORT_MAX:
        raise UsageError(f"port {port} is none; ports go from 0 (any free one) to {_PORT_MAX}")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"host `{host}` is unknown; try `--host 127.0.0.1`, or `--host 0.0.0.0` for every "
            "address of this machine"
        ) from error
    found.sort(key=lambda info: info[0] != socket.AF_INET)
    numeric = str(found[0][4][0])
    try:
        return Address(numeric, _bound_port(numeric, port))
    except OSError as error:
        raise refusal(error, Address(numeric, port)) from error


def refusal(error: OSError, address: Address) -> UsageError:
    """Say why an address cannot be had, with what to try."""
    host, port = address
    if error.errno == errno.EADDRINUSE:
        return UsageError(f"port {port} is in use; try `--port {_free_port(host, port)}`")
    if error.errno == errno.EACCES:
        return UsageError(
            f"port {port} needs rights that this process has not; try `--port {8000 + port % 1000}`"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError(f"{host} is no address of this machine; try `--host 127.0.0.1`")
    return UsageError(f"cannot listen on {address.url}: {error.strerror or error}")


def _bound_port(host: str, port: int) -> int:
    # Robyn's own socket would share the port with another server silently (SO_REUSEPORT).
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Connections of an earlier server that are still closing do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _free_port(host: str, port: int) -> int:
    for candidate in range(port + 1, min(port + _PORTS_TRIED, _PORT_MAX + 1)):
        try:
            return _bound_port(host, candidate)
        except OSError:
            continue
    return 0
