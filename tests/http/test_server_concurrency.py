"""Blocking nodes hold a helper thread, never the server."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from http_server import Server, ask

SECONDS = 1.0
POSTS = 50


@pytest.mark.parametrize("name", ["sleep", "wait"])
def test_posts_overlap_and_health_answers_meanwhile(server: Server, name: str) -> None:
    with ThreadPoolExecutor(POSTS) as threads:
        began = time.monotonic()
        posts = [threads.submit(server.run, name, {"seconds": SECONDS}) for _ in range(POSTS)]
        time.sleep(SECONDS / 4)
        waits = [health_wait(server) for _ in range(20)]
        assert {post.result().status for post in posts} == {200}
        took = time.monotonic() - began
    assert took < 2 * SECONDS
    # The machine may pause this process at any time: one in ten may be late.
    assert sorted(waits)[17] < 0.05


def health_wait(server: Server) -> float:
    began = time.monotonic()
    assert server.get("/health").status == 200
    return time.monotonic() - began


def test_health_answers_while_a_node_holds_the_loop(server: Server) -> None:
    thread = threading.Thread(target=server.run, args=("hold", {"seconds": 1.0}))
    thread.start()
    time.sleep(0.3)
    waits = [health_wait(server) for _ in range(10)]
    assert sorted(waits)[8] < 0.05
    thread.join()


def test_runs_of_many_clients_keep_apart(server: Server) -> None:
    def ask_often(client: int) -> set[bool]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        with contextlib.closing(connection):
            return {
                ask(connection, "POST", f"/v1/workflows/{name}/runs", value, headers).body == value.encode()
                for number in range(50)
                for name in ("echo", "relay")
                for value in [f"[{client},{number}]"]
            }

    with ThreadPoolExecutor(8) as threads:
        assert set.union(*threads.map(ask_often, range(8))) == {True}
