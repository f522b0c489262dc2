"""Fixtures: a server that tests share, and servers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from http_server import Server, launch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers: `start("echo", "sleep", grace=1.0)`; see `http_server.launch`."""
    servers: list[Server] = []

    def run(*names: str, **settings: Any) -> Server:
        servers.append(launch(names, tmp_path_factory.mktemp("server"), settings))
        return servers[-1]

    yield run
    for server in servers:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def shared_server(start: Callable[..., Server]) -> Server:
    """Give a server of all workflows; no test stops it."""
    return start()


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """Give the shared server, and see that the test did not end it."""
    yield shared_server
    assert shared_server.process.poll() is None, shared_server.log
    assert shared_server.get("/health").value == {"status": "ok"}
