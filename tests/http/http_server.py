"""A server in a process of its own, and a client that asks it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
JSON = {"Content-Type": "application/json"}


class Answer(NamedTuple):
    """An answer of the server; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)


class Server:
    """A serving process."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.port = 0

    @property
    def log(self) -> str:
        """What the process wrote so far, to both outputs."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def wait_until_serving(self) -> None:
        # The last line that is printed at the start.
        match = self.wait_for(r"try: curl .*http://.*:(\d+)/v1/.*\n")
        self.port = int(match[1])

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the log holds what matches a pattern."""
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            if match := re.search(pattern, self.log):
                return match
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        pytest.fail(f"no {pattern!r} in the log:\n{self.log}")

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            return ask(connection, method, path, body, headers)

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def run(self, name: str, value: Any, **headers: str) -> Answer:
        """Run a workflow with a value as its input."""
        return self.run_text(name, json.dumps(value), **headers)

    def run_text(self, name: str, text: bytes | str | None, **headers: str) -> Answer:
        """Run a workflow with a text as the body; `Run_Timeout=...` sends such a header."""
        names = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.request("POST", f"/v1/workflows/{name}/runs", text, {**JSON, **names})

    def send(self, data: bytes) -> bytes:
        """Send bytes as they are, then no more; give all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            chunks = iter(lambda: connection.recv(1 << 16), b"")
            return b"".join(chunks)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=30)


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Ask on a connection that may be used again."""
    text = body.encode() if isinstance(body, str) else body
    connection.request(method, path, text, headers or {})
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, names, response.read())


def launch(names: tuple[str, ...], folder: Path, settings: Mapping[str, Any]) -> Server:
    """Start a server.

    Args:
        names: Names in `served`; none stands for all workflows there.
        folder: Where it writes its log, and `resources` what the workflow `resourceful` does.
        settings: Keyword arguments of `serve`; `env` is added to the environment, and the server
            is waited for unless `wait` is false.
    """
    environment = {**os.environ, "RESOURCE_LOG": str(folder / "resources")}
    environment |= settings.get("env", {})
    arguments = {key: value for key, value in settings.items() if key not in ("env", "wait")}
    log = folder / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "run_server.py", json.dumps(arguments), *names],
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            env=environment,
        )
    server = Server(process, folder)
    if settings.get("wait", True):
        server.wait_until_serving()
    return server
