"""Ctrl-C ends a run at once, wherever it waits, with nothing on standard error but a traceback."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the programs share. `sync_node` and `async_node` say when they have begun, and last too long.
# Each program tells when the interrupt has reached it, on the one clock of the machine.
HEAD = """
    import asyncio, signal, sys, threading, time
    from workflow_engine import Context, Retry, Workflow
    from workflow_engine.testing import strict

    # A shell that runs tests in the background has SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    workflow = Workflow("interrupted")

    def ready():
        print("ready", flush=True)

    def sync_node(input):
        ready()
        time.sleep(30)

    async def async_node(input):
        import anyio
        ready()
        try:
            await anyio.sleep(30)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.03)
            print("cleaned up", flush=True)

    def run():
        workflow.run()
"""
TAIL = """
    try:
        run()
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
        raise
"""

# How often a node says it is ready, and the program.
PROGRAMS = {
    "a node in place": (1, "workflow.node(sync_node)"),
    "a node in place and one on a helper": (
        2,
        """
        workflow.add_node(sync_node, name="left")
        workflow.add_node(sync_node, name="right")
        workflow.returns(None)
        """,
    ),
    "waiting for a helper, strict": (
        1,
        """
        workflow.node(sync_node)
        def run():
            with strict():
                workflow.run()
        """,
    ),
    "waiting for a helper, with a timeout": (
        1,
        """
        workflow.node(sync_node)
        def run():
            workflow.run(timeout=60)
        """,
    ),
    "waiting for a node with a timeout": (1, "workflow.node(sync_node, timeout=60)"),
    "waiting for the loop": (1, "workflow.node(async_node)"),
    "waiting for a retry": (
        1,
        """
        @workflow.node(retry=Retry(attempts=2, delay=60, jitter="none", on=ValueError))
        def fails(input):
            ready()
            raise ValueError
        """,
    ),
    "waiting for a handle": (
        1,
        """
        workflow.node(sync_node)
        def run():
            workflow.start().result()
        """,
    ),
    "waiting for an event": (
        1,
        """
        workflow.node(sync_node)
        def run():
            for event in workflow.stream():
                pass
        """,
    ),
    "waiting for a batch": (
        4,
        """
        workflow.node(sync_node)
        def run():
            list(workflow.batch(range(4)))
        """,
    ),
    "an async node on asyncio": (
        1,
        """
        workflow.node(async_node)
        def run():
            asyncio.run(workflow.arun())
        """,
    ),
    "a sync node on asyncio": (
        1,
        """
        workflow.node(sync_node)
        def run():
            asyncio.run(workflow.arun())
        """,
    ),
    "all kinds of siblings on asyncio": (
        4,
        """
        for name in ("a", "b"):
            workflow.add_node(sync_node, name=f"sync_{name}")
            workflow.add_node(async_node, name=f"async_{name}")
        workflow.returns(None)
        def run():
            asyncio.run(workflow.arun())
        """,
    ),
    "an async node on trio": (
        1,
        """
        import trio
        workflow.node(async_node)
        def run():
            trio.run(workflow.arun)
        """,
    ),
    "all kinds of siblings on trio": (
        4,
        """
        import trio
        for name in ("a", "b"):
            workflow.add_node(sync_node, name=f"sync_{name}")
            workflow.add_node(async_node, name=f"async_{name}")
        workflow.returns(None)
        def run():
            trio.run(workflow.arun)
        """,
    ),
}


def start(program: str) -> subprocess.Popen[str]:
    text = "".join(map(textwrap.dedent, (HEAD, program, TAIL)))
    return subprocess.Popen(
        [sys.executable, "-u", "-W", "error", "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def processes() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Start all programs at once and wait until their nodes have begun: none starts late."""
    with contextlib.ExitStack() as stack:
        started = {}
        for name, (_, program) in PROGRAMS.items():
            started[name] = stack.enter_context(start(program))
            stack.callback(started[name].kill)

        def wait(name: str) -> None:
            # One whose nodes do not all begin is ended, and fails its own test.
            timer = threading.Timer(5, started[name].kill)
            timer.start()
            stdout = started[name].stdout
            assert stdout is not None
            for _ in range(PROGRAMS[name][0]):
                stdout.readline()
            timer.cancel()

        with ThreadPoolExecutor(len(PROGRAMS)) as threads:
            list(threads.map(wait, PROGRAMS))
        yield started


@pytest.mark.parametrize("name", PROGRAMS)
def test_ctrl_c(name: str, processes: dict[str, subprocess.Popen[str]]) -> None:
    process = processes[name]
    assert process.poll() is None, "its nodes have not all begun"
    # It has begun its wait a moment after its nodes have begun.
    time.sleep(0.02)
    sent = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    try:
        output, errors = process.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("it did not end")
    ended = time.monotonic()
    *before, told = output.splitlines()
    assert float(told) - sent < 0.2
    assert ended - sent < 1
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") >= 1
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert not {"ignored", "never", "destroyed", "FATAL"} & set(errors.split())
    asynchronous = "async node" in name or "kinds" in name or "loop" in name
    assert before == ["cleaned up"] * (2 if "kinds" in name else 1 if asynchronous else 0)
