"""What a server at rest costs, and that requests leave nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from http_server import Server, ask

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def resident(server: Server) -> float:
    """Resident memory of the process, in MB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match
    return int(match[1]) / 1024


def test_at_rest(start: Callable[..., Server]) -> None:
    # Its input is a pydantic model, which most workflows have.
    server = start("order")
    assert resident(server) <= 60


@pytest.mark.parametrize("name", ["echo", "relay", "wait", "raising-inline"])
def test_requests_leave_nothing_behind(start: Callable[..., Server], name: str) -> None:
    server = start(name)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    body = {"wait": '{"seconds": 0}', "raising-inline": '"ValueError"'}.get(name, '"' + "x" * 1000 + '"')

    def ask_often(count: int) -> None:
        for _ in range(count):
            ask(
                connection,
                "POST",
                f"/v1/workflows/{name}/runs",
                body,
                {"Content-Type": "application/json"},
            )

    with contextlib.closing(connection):
        ask_often(1000)
        before = resident(server)
        ask_often(4000)
        assert resident(server) - before < 2
