"""What is served where, and the answers to everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from http_server import Server

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
ALLOWED = {
    "/health": "GET, HEAD, OPTIONS",
    "/v1/workflows": "GET, HEAD, OPTIONS",
    "/v1/workflows/echo": "GET, HEAD, OPTIONS",
    "/v1/workflows/unknown": "GET, HEAD, OPTIONS",
    "/v1/workflows/echo/runs": "POST, OPTIONS",
    "/v1/workflows/relay/runs": "POST, OPTIONS",
    "/v1/workflows/unknown/runs": "POST, OPTIONS",
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ALLOWED)
def test_each_path_has_its_methods(server: Server, method: str, path: str) -> None:
    answer = server.request(method, path)
    allowed = ALLOWED[path].split(", ")
    if method == "OPTIONS":
        assert (answer.status, answer.headers["allow"], answer.body) == (204, ALLOWED[path], b"")
    elif method in allowed:
        assert answer.status == (404 if "unknown" in path else 200)
    else:
        assert (answer.status, answer.headers["allow"]) == (405, ALLOWED[path])
        assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.body == b"") == (method in ("HEAD", "OPTIONS"))


def test_head_has_the_headers_of_get(server: Server) -> None:
    for path in ("/health", "/v1/workflows", "/v1/workflows/echo"):
        get, head = server.get(path), server.request("HEAD", path)
        for name in ("content-length", "content-type"):
            assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/v1", "/v2/workflows", "//health", "/v1/workflows/a/b/c"])
def test_the_rest_is_404(server: Server, method: str, path: str) -> None:
    answer = server.request(method, path)
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    if method != "HEAD":
        assert answer.value["type"].endswith(":not-found")


def test_an_unknown_workflow_is_404_with_the_names(start: Callable[..., Server]) -> None:
    server = start("echo", "relay")
    for answer in (server.get("/v1/workflows/echoes"), server.run("echoes", 1)):
        assert answer.status == 404
        assert answer.value["detail"] == "no workflow `echoes` is served; there are: `echo`, `relay`"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("echo", 200),
        ("ec%68o", 200),
        ("%65%63%68%6F", 200),
        ("ec%2568o", 404),
        ("echo%2F", 404),
        ("echo%00", 404),
        ("%FF", 404),
        ("%ec%68", 404),
        ("Echo", 404),
        ("echo%20", 404),
        ("a" * 60_000, 404),
    ],
)
def test_a_name_is_decoded_once(server: Server, sent: str, status: int) -> None:
    assert server.get(f"/v1/workflows/{sent}").status == status
    assert server.run_text(sent, "1").status == status
    assert server.run_text(sent.replace("echo", "relay"), "1").status == status


def test_health(server: Server) -> None:
    assert server.get("/health").value == {"status": "ok"}


def test_workflows_are_listed(start: Callable[..., Server]) -> None:
    answer = start("echo", "relay").get("/v1/workflows")
    assert answer.headers["content-type"] == "application/json"
    assert answer.value == {
        "workflows": [
            {"name": "echo", "url": "/v1/workflows/echo"},
            {"name": "relay", "url": "/v1/workflows/relay"},
        ]
    }


def test_a_workflow_is_described(server: Server) -> None:
    import served

    answer = server.get("/v1/workflows/order").value
    assert answer["name"] == "order"
    assert answer["graph"] == served.order.to_graph()
    assert answer["input"]["required"] == ["owner", "items"]
    assert "properties" in answer["output"]


def test_every_description_can_be_made(server: Server) -> None:
    for one in server.get("/v1/workflows").value["workflows"]:
        answer = server.get(one["url"])
        assert (answer.status, answer.value["name"]) == (200, one["name"])
