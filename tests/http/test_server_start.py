"""Starting: what is printed, what is refused, and what the surroundings cannot do."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from http_server import HERE, Server

if TYPE_CHECKING:
    from collections.abc import Callable


def test_it_says_where(start: Callable[..., Server]) -> None:
    server = start("echo", "relay")
    url = f"http://127.0.0.1:{server.port}"
    command = "curl -H 'Content-Type: application/json' -d '{}'"
    assert server.log.splitlines() == [
        f"serving `echo`, `relay` at {url} (Ctrl-C to stop)",
        f"try: {command} {url}/v1/workflows/echo/runs",
    ]


def test_it_says_how_to_learn_what_a_declared_input_is(start: Callable[..., Server]) -> None:
    server = start("order")
    url = f"http://127.0.0.1:{server.port}/v1/workflows/order"
    assert server.log.splitlines()[-1] == f"try: curl {url} (tells what it takes; post that to {url}/runs)"
    assert server.get("/v1/workflows/order").value["input"]["title"] == "Order"


def test_it_warns_where_others_can_reach_it(start: Callable[..., Server]) -> None:
    server = start("echo", host="0.0.0.0")
    assert "whoever reaches this address may run these workflows" in server.log


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_hosts_are_resolved(start: Callable[..., Server], host: str) -> None:
    server = start("echo", host=host)
    address = "[::1]" if host == "::1" else "127.0.0.1"
    assert f"at http://{address}:" in server.log


def refused(start: Callable[..., Server], *names: str, **settings: object) -> str:
    """Give the last line of a server that does not start."""
    server = start(*names, wait=False, **settings)
    assert server.process.wait(30) == 1
    return server.log.splitlines()[-1]


def test_a_taken_port_is_named_with_a_free_one(start: Callable[..., Server]) -> None:
    server = start("echo")
    line = refused(start, "echo", port=server.port)
    assert line.startswith(f"workflow_engine.errors.UsageError: port {server.port} is in use; try `--port ")
    free = int(line.removesuffix("`").rsplit(" ", 1)[1])
    assert start("echo", port=free).port == free


def test_a_port_that_another_program_listens_on_is_taken(start: Callable[..., Server]) -> None:
    with socket.socket() as other:
        # As Robyn does it: the system would let us share the port.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "is in use" in refused(start, "echo", port=other.getsockname()[1])


def test_a_port_is_free_right_after_its_server_stopped(start: Callable[..., Server]) -> None:
    server = start("echo")
    assert server.run("echo", 1).status == 200
    assert server.stop() == 0
    assert start("echo", port=server.port).run("echo", 1).status == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"port": 70_000}, "port 70000 is none; ports go from 0 (any free one) to 65535"),
        ({"port": -1}, "port -1 is none; ports go from 0 (any free one) to 65535"),
        ({"host": "no.such.host.invalid"}, "host `no.such.host.invalid` is unknown; try"),
        ({"host": "192.0.2.1"}, "192.0.2.1 is no address of this machine"),
        ({"timeout": 0}, "`timeout` must be above 0, got 0"),
        ({"grace": -1}, "`grace` must not be negative, got -1"),
        ({"payload_max": 0}, "`payload_max` must be above 0, got 0"),
    ],
)
def test_settings_are_checked(
    start: Callable[..., Server], settings: dict[str, object], message: str
) -> None:
    assert message in refused(start, "echo", **settings)


def test_a_faulty_workflow_is_refused_with_its_faults(start: Callable[..., Server]) -> None:
    server = start("echo", "faulty", wait=False)
    assert server.process.wait(30) == 1
    assert "workflow `faulty` has 1 fault" in server.log
    assert "nobody" in server.log


def test_two_workflows_of_one_name_are_refused(start: Callable[..., Server]) -> None:
    assert "two workflows are named `echo`" in refused(start, "echo", "echo")


WRONG_CALLS = {
    "there is no workflow to serve": "serve([])",
    "call it on the main thread": """
import threading
thread = threading.Thread(target=lambda: serve([echo], port=0))
thread.start()
thread.join()
""",
    "call it where no event loop runs": """
import asyncio
async def main():
    serve([echo], port=0)
asyncio.run(main())
""",
    "a process can serve once": """
import os, signal, threading
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
serve([echo], port=0)
serve([echo], port=0)
""",
}


def output_of(code: str) -> str:
    """Give what a Python process prints to both outputs."""
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=HERE,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return process.stdout


@pytest.mark.parametrize("message", WRONG_CALLS)
def test_wrong_calls_say_which_is_right(message: str) -> None:
    head = "from workflow_engine.server import serve\nfrom served import echo\n"
    assert message in output_of(head + WRONG_CALLS[message])


def test_the_surroundings_do_not_configure_it(start: Callable[..., Server]) -> None:
    # Robyn's own package would exit, listen elsewhere, or open a browser.
    surroundings = {
        "ROBYN_PORT": "1",
        "ROBYN_HOST": "192.0.2.1",
        "ROBYN_DEV_MODE": "true",
        "ROBYN_MAX_PAYLOAD_SIZE": "a lot",
        "ROBYN_CLIENT_TIMEOUT": "x",
        "ROBYN_BROWSER_OPEN": "1",
        "ROBYN_CLI": "1",
    }
    server = start("echo", env=surroundings)
    assert server.run("echo", 1).status == 200


def test_the_command_line_is_not_read() -> None:
    code = "import sys; sys.argv = ['x', '--help', '--workers', 'x']\n"
    code += "from workflow_engine.server.app import METHODS; print(METHODS[0])"
    assert output_of(code) == "GET\n"


def test_importing_the_package_loads_no_server() -> None:
    code = "import sys, workflow_engine.server\n"
    code += "print({'robyn', 'robyn.robyn', 'uvloop', 'asyncio'} & sys.modules.keys())"
    assert output_of(code) == "set()\n"


def test_a_workflow_may_use_robyn_itself() -> None:
    code = "import workflow_engine.server.app as app; import sys; sys.argv = ['x']\n"
    code += "import robyn; print(robyn.Response is app.Response)"
    assert output_of(code) == "True\n"
