"""Requests that no client library sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from http_server import Server

RUNS = b"POST /v1/workflows/%s/runs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

# What is sent after the head that all have, and the status of the answer.
BODIES = {
    "cut short": (b'Content-Length: 50\r\n\r\n{"a": 1', 400),
    "cut short after a whole value": (b'Content-Length: 50\r\n\r\n{"a": 1}', 400),
    "in chunks": (b'Transfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n', 200),
    "cut short in chunks": (b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n', 400),
    "number in chunks": (b"Transfer-Encoding: chunked\r\n\r\n3\r\n123\r\n0\r\n\r\n", 411),
    "number cut short in chunks": (b"Transfer-Encoding: chunked\r\n\r\n9\r\n123", 411),
    "number after space in chunks": (b"Transfer-Encoding: chunked\r\n\r\n9\r\n \n-12", 411),
    "text cut short in chunks": (b'Transfer-Encoding: chunked\r\n\r\n9\r\n"123', 400),
    "length and chunks": (
        b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n',
        400,
    ),
    "two lengths": (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12", 400),
    "negative length": (b"Content-Length: -1\r\n\r\n1", 400),
    "length in words": (b"Content-Length: one\r\n\r\n1", 400),
    "two types": (b"Content-Type: text/csv\r\nContent-Length: 1\r\n\r\n1", 415),
    "folded header": (b"Run-Timeout: 1\r\n 2\r\nContent-Length: 1\r\n\r\n1", 400),
    "space before colon": (b"Run-Timeout : 1\r\nContent-Length: 1\r\n\r\n1", 400),
    "lone surrogate": (b'Content-Length: 8\r\n\r\n"\\ud800"', 400),
    "NUL": (b"Content-Length: 1\r\n\r\n\x00", 400),
    "UTF-16": (b"Content-Length: 4\r\n\r\n\xff\xfe1\x00", 400),
    "too many headers": (b"".join(b"X-%d: 1\r\n" % i for i in range(150)) + b"\r\n", 431),
}


@pytest.mark.parametrize("name", [b"echo", b"relay"])
@pytest.mark.parametrize("case", BODIES)
def test_a_hostile_body(server: Server, name: bytes, case: str) -> None:
    rest, status = BODIES[case]
    answer = server.send(RUNS % name + rest)
    assert int(answer.split(b" ", 2)[1]) == status


@pytest.mark.parametrize(
    "line",
    [
        b"GET /health HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health\r\n\r\n",
    ],
)
def test_what_is_no_request_is_400(server: Server, line: bytes) -> None:
    assert server.send(line).startswith(b"HTTP/1.1 400 ")


def test_requests_may_be_sent_ahead(server: Server) -> None:
    run = RUNS % b"relay" + b"Content-Length: 1\r\n\r\n"
    data = b"".join(run + b"%d" % i for i in range(5))
    bodies = server.send(data)
    assert [part[:1] for part in bodies.split(b"\r\n\r\n")[1:]] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_client_that_leaves_does_no_harm(server: Server) -> None:
    import socket

    for name in (b"echo", b"sleep", b"wait"):
        body = b'{"seconds": 0.05}'
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = b"Content-Length: %d\r\n\r\n" % len(body)
            connection.sendall(RUNS % name + head + body)
    assert server.run("sleep", {"seconds": 0.1}).status == 200
