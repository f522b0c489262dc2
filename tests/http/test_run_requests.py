"""`POST /v1/workflows/{name}/runs`: what comes back, and what is refused."""

from __future__ import annotations

import gzip
import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from http_server import Server, ask

if TYPE_CHECKING:
    from collections.abc import Callable

INLINE_AND_NOT = pytest.mark.parametrize("name", ["echo", "relay"])


@INLINE_AND_NOT
@pytest.mark.parametrize(
    "text", ['{"a": [1, 2.5, true, null, "é漢"]}', "12345678901234567890123", '""', "[]"]
)
def test_the_output_comes_back(server: Server, name: str, text: str) -> None:
    answer = server.run_text(name, text)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body) == json.loads(text)


@INLINE_AND_NOT
def test_an_empty_body_is_null(server: Server, name: str) -> None:
    assert server.request("POST", f"/v1/workflows/{name}/runs").value is None


@INLINE_AND_NOT
def test_answers_carry_the_run(server: Server, name: str) -> None:
    first, second = server.run(name, 1), server.run(name, 1)
    run = first.headers["run-id"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", run)
    assert first.headers["location"] == f"/v1/runs/{run}"
    assert second.headers["run-id"] != run


def test_the_run_has_the_id_of_the_answer(server: Server) -> None:
    answer = server.run("about", None)
    assert answer.value["run"] == answer.headers["run-id"]


@INLINE_AND_NOT
@pytest.mark.parametrize("text", ["{", "nul", "[1,]", '{"a":1,"a":2}', "\ufeff1", "[" * 200])
def test_what_is_no_json_is_400(server: Server, name: str, text: str) -> None:
    answer = server.run_text(name, text)
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.value["status"] == 400
    assert answer.value["type"].endswith(":not-json")
    assert answer.value["run"] == answer.headers["run-id"]


@INLINE_AND_NOT
def test_what_is_no_utf8_is_400(server: Server, name: str) -> None:
    assert server.run_text(name, b'"\xff"').status == 400


def test_a_wrong_shape_is_422_with_its_place(server: Server) -> None:
    answer = server.run("order", {"owner": {"name": 7}, "items": [1, "x"]})
    assert answer.status == 422
    problem = answer.value
    assert problem["workflow"] == "order"
    assert problem["path"] == "input.owner.name"
    assert [error["path"] for error in problem["errors"]] == ["input.owner.name", "input.items[1]"]


def test_an_input_of_json_schema_is_told_alike(server: Server) -> None:
    assert server.run("parcel", {"weight": 3, "to": "DE"}).value == 6.0
    answer = server.run("parcel", {"weight": 30, "to": "de", "items": [1, 1]})
    assert answer.status == 422
    assert answer.value["errors"] == [
        {"path": "input.to", "message": 'expected text like ^[A-Z]{2}$, got "de"'},
        {"path": "input.items[1]", "message": "is there twice, and may be there once"},
    ]
    assert server.run("parcel", {"weight": 30, "to": "FR"}).value["path"] == "input.items"
    answer = server.run("parcel", {"weight": 3, "to": "IT"})
    assert (answer.status, answer.value["node"]) == (500, "known")
    assert "nobody goes to IT" in answer.value["detail"]


def test_a_model_is_validated_and_dumped(server: Server) -> None:
    answer = server.run("order", {"owner": {"name": "ada"}, "items": [1]})
    assert answer.value == {"owner": {"name": "ada", "age": 0}, "items": [1]}


@pytest.mark.parametrize(
    "media",
    [
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/json; version=1",
        'application/json; profile="https://example.org/a b"; charset=utf8;',
        "application/problem+json",
        "application/vnd.github+json",
    ],
)
def test_json_types_are_taken(server: Server, media: str) -> None:
    path = "/v1/workflows/echo/runs"
    assert server.request("POST", path, "1", {"Content-Type": media}).value == 1


@pytest.mark.parametrize(
    "media",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json; charset=latin-1",
        "application/json; version=1; charset=utf-16",
        "application/json version=1",
        "application/jsonp",
        "multipart/form-data; boundary=x",
    ],
)
def test_other_types_are_415(server: Server, media: str) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    body = part if "multipart" in media else "1"
    answer = server.request("POST", "/v1/workflows/echo/runs", body, {"Content-Type": media})
    assert answer.status == 415
    assert answer.headers["accept"] == "application/json"
    assert "application/json" in answer.value["detail"]


@INLINE_AND_NOT
def test_a_compressed_body_is_415(server: Server, name: str) -> None:
    answer = server.run_text(name, gzip.compress(b"1"), Content_Encoding="gzip")
    assert answer.status == 415
    assert "gzip" in answer.value["detail"]


@INLINE_AND_NOT
def test_a_body_is_limited(server: Server, name: str) -> None:
    limit = 1 << 20
    assert server.run_text(name, f'"{"a" * (limit - 2)}"').status == 200
    answer = server.run_text(name, f'"{"a" * (limit - 1)}"')
    assert answer.status == 413
    assert answer.value["detail"] == f"the body has {limit + 1} bytes; at most {limit} are taken"
    # The limit is on bytes, not on characters.
    assert server.run_text(name, f'"{"é" * (limit // 2)}"').status == 413


def test_the_limit_can_be_set(start: Callable[..., Server]) -> None:
    server = start("echo", payload_max=10)
    assert server.run_text("echo", '"12345678"').status == 200
    assert server.run_text("echo", '"123456789"').status == 413


@pytest.mark.parametrize("name", ["sleep", "wait"])
def test_a_request_may_set_a_deadline(server: Server, name: str) -> None:
    began = time.monotonic()
    answer = server.run(name, {"seconds": 5}, Run_Timeout="0.2")
    assert time.monotonic() - began < 2
    assert answer.status == 504
    assert answer.value["workflow"] == name
    assert answer.value["run"] == answer.headers["run-id"]
    assert server.run(name, {"seconds": 0.01}, Run_Timeout="20").status == 200


@pytest.mark.parametrize("name", ["sleep", "wait"])
def test_the_sooner_deadline_holds(start: Callable[..., Server], name: str) -> None:
    server = start(name, timeout=0.3)
    began = time.monotonic()
    assert server.run(name, {"seconds": 5}).status == 504
    assert server.run(name, {"seconds": 5}, Run_Timeout="60").status == 504
    assert server.run(name, {"seconds": 5}, Run_Timeout="0.1").status == 504
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e3", "soon", "", "1_0", "9" * 30])
@INLINE_AND_NOT
def test_a_deadline_is_a_number_of_seconds(server: Server, name: str, seconds: str) -> None:
    answer = server.run(name, 1, Run_Timeout=seconds)
    assert answer.status == 400
    assert "Run-Timeout" in answer.value["detail"]


def test_one_connection_serves_many_requests(server: Server) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    paths = ["/v1/workflows/echo/runs", "/v1/workflows/relay/runs", "/v1/workflows/no/runs"]
    headers = {"Content-Type": "application/json"}
    statuses = [ask(connection, "POST", paths[i % 3], str(i), headers).status for i in range(60)]
    assert statuses == [200, 200, 404] * 20
    connection.close()
