"""Nodes that fail: their run ends with a problem, and the server goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from http_server import Server

WORKFLOWS = pytest.mark.parametrize("name", ["raising", "raising-inline", "raising-async"])


@WORKFLOWS
def test_a_failed_node_is_500_without_its_secrets(server: Server, name: str) -> None:
    answer = server.run(name, "ValueError")
    problem = answer.value
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].endswith(":node-failed")
    assert problem["workflow"] == name
    assert problem["node"].startswith("raised")
    assert problem["attempt"] == 1
    assert problem["run"] == answer.headers["run-id"]
    assert answer.headers["location"] == f"/v1/runs/{problem['run']}"
    for secret in (b"Traceback", b"served.py", b"raise_", b"the secret of the node"):
        assert secret not in answer.body
    # Who runs the server is told.
    assert problem["run"] in server.log
    assert "served.py" in server.log


def test_an_input_that_a_node_refuses_is_the_client_s_fault(server: Server) -> None:
    answer = server.run("raising", 5)
    assert answer.status == 422
    assert answer.value["errors"] == [{"path": "input", "message": "expected text, got number"}]
    assert answer.value["run"] == answer.headers["run-id"]


@WORKFLOWS
@pytest.mark.parametrize(
    "kind",
    ["SystemExit", "KeyboardInterrupt", "CancelledError", "GeneratorExit", "BaseException"],
)
def test_nothing_that_a_node_raises_ends_the_server(server: Server, name: str, kind: str) -> None:
    answer = server.run(name, kind)
    assert answer.status == 500
    assert answer.value["run"] == answer.headers["run-id"]
    assert b"secret" not in answer.body


@pytest.mark.parametrize("kind", ["stop", "SystemExit", "KeyboardInterrupt", "ValueError"])
def test_no_node_ends_the_loop(server: Server, kind: str) -> None:
    assert server.run("loop-breaker", kind).value == "alive"
