"""Stopping: running work is finished, nothing new begins, and resources are closed."""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from http_server import Answer, Server, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNALS = pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as executor:
        yield executor


def under_way(
    threads: ThreadPoolExecutor, server: Server, seconds: float, *names: str
) -> list[Future[Answer]]:
    """Start runs and wait until they are under way."""
    posts = [threads.submit(server.run, name, {"seconds": seconds}) for name in names]
    time.sleep(0.4)
    return posts


def refuses(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), 2).close()
    except ConnectionRefusedError:
        return True
    return False


@SIGNALS
def test_running_work_is_finished(
    start: Callable[..., Server], threads: ThreadPoolExecutor, sent: signal.Signals
) -> None:
    server = start("sleep", "wait")
    posts = under_way(threads, server, 1.5, *["sleep"] * 8, *["wait"] * 8)
    server.process.send_signal(sent)
    time.sleep(0.3)
    assert refuses(server)
    assert server.process.poll() is None
    assert [post.result().status for post in posts] == [200] * 16
    assert server.process.wait(10) == 0
    assert "serve returned" in server.log


@SIGNALS
def test_an_idle_server_stops_at_once(start: Callable[..., Server], sent: signal.Signals) -> None:
    server = start("echo")
    idle = socket.create_connection(("127.0.0.1", server.port))
    began = time.monotonic()
    assert server.stop(sent) == 0
    assert time.monotonic() - began < 2
    # A connection that the server had not come to take is reset.
    with contextlib.suppress(ConnectionResetError):
        assert idle.recv(1) == b""
    idle.close()


def test_open_connections_are_told(start: Callable[..., Server], threads: ThreadPoolExecutor) -> None:
    server = start("sleep", "echo")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    assert ask(connection, "GET", "/health").status == 200
    under_way(threads, server, 1.5, "sleep")
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    for name in ("echo", "sleep"):
        path, headers = f"/v1/workflows/{name}/runs", {"Content-Type": "application/json"}
        answer = ask(connection, "POST", path, "1", headers)
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.value["type"].endswith(":draining")
    assert ask(connection, "GET", "/health").status == 503
    assert server.process.wait(10) == 0
    connection.close()


@pytest.mark.parametrize("name", ["sleep", "wait", "hold"])
def test_the_grace_period_ends(start: Callable[..., Server], threads: ThreadPoolExecutor, name: str) -> None:
    server = start(name, grace=0.5)
    under_way(threads, server, 30, name)
    began = time.monotonic()
    assert server.stop() == 1
    assert time.monotonic() - began < 5
    assert "stopped: 1 runs were cut off" in server.log


@pytest.mark.parametrize("name", ["sleep", "wait", "hold"])
@SIGNALS
def test_a_second_signal_ends_it_at_once(
    start: Callable[..., Server], threads: ThreadPoolExecutor, sent: signal.Signals, name: str
) -> None:
    server = start(name)
    under_way(threads, server, 30, name)
    server.process.send_signal(sent)
    time.sleep(0.3)
    began = time.monotonic()
    assert server.stop(sent) == 128 + sent
    assert time.monotonic() - began < 1


@SIGNALS
def test_resources_are_closed(start: Callable[..., Server], sent: signal.Signals) -> None:
    server = start("resourceful")
    assert server.run("resourceful", None).value == ["pool", "client"]
    log = server.folder / "resources"
    opened = log.read_text().split("\n")
    assert sorted(opened) == ["", "client opened", "pool opened"]
    assert server.stop(sent) == 0
    closed = [line.replace("opened", "closed") for line in reversed(opened[:-1])]
    assert log.read_text().split("\n") == [*opened[:-1], *closed, ""]


def test_ctrl_c_reaches_children_of_nodes(server: Server) -> None:
    free = {"run": "False", "popen": "False"}
    assert server.run("children", None).value == {
        "helper": free,
        "loop": {**free, "asyncio": "False"},
    }
    assert server.run("children-inline", None).value == free


@SIGNALS
def test_a_signal_for_a_forked_child_is_not_for_the_server(server: Server, sent: signal.Signals) -> None:
    answer = server.run("fork", sent.name)
    assert answer.status == 200
    assert answer.value not in (0, None)
    time.sleep(0.3)


def test_it_stops_under_load(start: Callable[..., Server], threads: ThreadPoolExecutor) -> None:
    server = start("echo", "relay")

    def ask_until_refused(name: str) -> set[int]:
        statuses = set()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        path, headers = f"/v1/workflows/{name}/runs", {"Content-Type": "application/json"}
        try:
            while True:
                statuses.add(ask(connection, "POST", path, "1", headers).status)
        except (OSError, http.client.HTTPException):
            return statuses
        finally:
            connection.close()

    clients = [threads.submit(ask_until_refused, name) for name in ["echo", "relay"] * 4]
    time.sleep(0.5)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 3
    assert set.union(*(client.result() for client in clients)) <= {200, 503}
