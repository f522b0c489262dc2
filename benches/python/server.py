"""A server in a process of its own, and the load that wrk puts on it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Self

from process import output_of, processor_seconds, rss

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

__all__ = ["CONNECTIONS", "Server", "free_port"]

CONNECTIONS = 32

_START_MAX = 30.0
_SCRIPT = Path(__file__).with_name("post.lua")


def free_port() -> int:
    """Give a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server that is started, and killed in the end.

    Attributes:
        posted: Processor seconds of the server for each request of the last load; None where the
            system does not tell.
    """

    def __init__(self, command: Sequence[str], port: int, path: str) -> None:
        """Start it.

        Args:
            command: What starts it; the port is in the variable `BENCHMARK_PORT`, too.
            port: Where it will listen on 127.0.0.1.
            path: Path to post to.
        """
        self._port = port
        self.url = f"http://127.0.0.1:{port}{path}"
        self.posted: float | None = None
        environment = {**os.environ, "BENCHMARK_PORT": str(port)}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Not every server ends on SIGTERM.
        self._process.kill()
        self._process.wait()

    @property
    def rss(self) -> int:
        """Bytes of memory that are resident."""
        return rss(self._process.pid)

    def wait(self) -> None:
        """Wait until it takes connections.

        Raises:
            TimeoutError: It does not.
            RuntimeError: It ended.
        """
        give_up = time.monotonic() + _START_MAX
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except ConnectionError as error:
                if self._process.poll() is not None:
                    raise RuntimeError(f"the server at {self.url} ended") from error
                if time.monotonic() > give_up:
                    raise TimeoutError(f"{self.url} does not answer") from error
                time.sleep(0.05)
            else:
                return

    def post(self, body: bytes) -> bytes:
        """Post once and give the answer.

        Raises:
            urllib.error.HTTPError: The answer is no success.
        """
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url, body, headers)
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())

    def load(self, body: Path, seconds: int) -> float:
        """Post over and over on several connections, and give the requests per second.

        Args:
            body: File with what is posted.
            seconds: How long, as whole seconds: wrk takes no others.

        Raises:
            RuntimeError: A request failed.
        """
        before = processor_seconds(self._process.pid)
        environment = {**os.environ, "BENCHMARK_BODY": str(body)}
        options = ("-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_SCRIPT))
        printed = output_of("wrk", *options, self.url, environment=environment)
        found = re.search(r"^found (\d+) (\d+) (\d+)$", printed, re.MULTILINE)
        if found is None or int(found[3]):
            raise RuntimeError(f"requests to {self.url} failed:\n{printed}")
        requests, microseconds = int(found[1]), int(found[2])
        after = processor_seconds(self._process.pid)
        if before is not None and after is not None:
            self.posted = (after - before) / requests
        return requests / microseconds * 1e6
