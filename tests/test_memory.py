"""Runs leave no memory, no thread and no garbage behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from workflow_engine import (
    Context,
    NodeError,
    Retry,
    RunCancelledError,
    RunTimeoutError,
    Workflow,
    _core,
)
from workflow_engine.testing import relaxed

# A process of its own: what other tests leave in this one would cover what is measured.
GROWTH = """
    import asyncio, resource, sys
    from workflow_engine import Context, NodeError, Retry, Workflow

    RUNS, ASYNC_RUNS = 160_000, 40_000

    small = Workflow("small")

    @small.node
    def kind(input, context: Context):
        return ("even", "odd", "fails")[input % 3] if input % 20 == 0 else "even"

    @small.node
    def even(input):
        return {"number": input}

    @small.node(retry=Retry(attempts=2, delay=0, on=KeyError))
    def odd(input, context: Context):
        if context.attempt == 1:
            raise KeyError(input)
        return {"number": input}

    @small.node
    def fails(input, context: Context):
        raise ValueError(input)

    @small.node
    def last(even=None, odd=None):
        return even or odd

    small.route(kind, {"even": even, "odd": odd, "fails": fails}, default=None)
    small.join("both", even, odd)
    small.returns({"last": last, "both": small["both"]})

    waits = Workflow("waits")

    @waits.node
    async def first(input):
        if input % 10 == 0:
            await asyncio.sleep(0)
        return input

    @waits.node
    async def second(first):
        if first % 20 == 0:
            await asyncio.sleep(0)
        if first % 50 == 0:
            raise ValueError(first)
        return first

    @waits.node
    async def third(first):
        return first

    waits.returns({"second": second, "third": third})

    def resident():
        # The most there ever was, so a growth cannot hide; in kilobytes but on macOS.
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024

    def run(number):
        try:
            small.run(number)
        except NodeError:
            pass

    async def main(start, end):
        for number in range(start, end):
            try:
                await waits.arun(number)
            except NodeError:
                pass

    def half(number):
        for run_number in range(number * RUNS // 2, (number + 1) * RUNS // 2):
            run(run_number)
            if run_number % 100 == 0:
                small.start(1).result()
        asyncio.run(main(number * ASYNC_RUNS // 2, (number + 1) * ASYNC_RUNS // 2))
        return resident()

    import warnings
    warnings.simplefilter("ignore", UserWarning)
    half(0)
    first = half(0)
    second = half(1)
    print(second - first)
"""


def test_memory_does_not_grow_over_200_000_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(GROWTH)],
        capture_output=True,
        check=False,
        text=True,
        timeout=90,
    )
    assert done.stderr == ""
    # Ten bytes a run would be a megabyte.
    assert int(done.stdout) < 1_000_000


class Output:
    """An output that can be seen to die."""


class BoomError(Exception):
    pass


def seen() -> tuple[Workflow[Any, Any], list[weakref.ref[Output]]]:
    """Make a workflow whose outputs are watched."""
    workflow: Workflow[Any, Any] = Workflow("seen")
    outputs: list[weakref.ref[Output]] = []

    def make() -> Output:
        output = Output()
        outputs.append(weakref.ref(output))
        return output

    @workflow.node
    def first(input: Any, context: Context) -> Output:
        return make()

    @workflow.node
    async def waits(input: Any) -> Output:
        output = make()
        await anyio.lowlevel.checkpoint()
        return output

    @workflow.node(retry=Retry(attempts=2, delay=0, on=BoomError))
    def flaky(first: Output, context: Context) -> Output:
        output = make()
        if context.attempt == 1:
            raise BoomError
        return output

    @workflow.node
    def fails(first: Output, flaky: Output, input: Any, context: Context) -> None:
        if input == "fail":
            raise BoomError
        if input == "block":
            time.sleep(0.02)

    workflow.returns(fails)
    return workflow, outputs


def run_sync(workflow: Workflow[Any, Any], value: str) -> None:
    workflow.run(value, only=["fails"])


def run_in_place(workflow: Workflow[Any, Any], value: str) -> None:
    with relaxed():
        workflow.run(value, only=["fails"])


def run_on_the_engine_s_loop(workflow: Workflow[Any, Any], value: str) -> None:
    workflow.run(value)


def run_on_asyncio(workflow: Workflow[Any, Any], value: str) -> None:
    async def main() -> None:
        # A task keeps the exception that it ends with, in a cycle of asyncio's own.
        with contextlib.suppress(NodeError):
            await workflow.arun(value)

    asyncio.run(main())


def run_a_handle(workflow: Workflow[Any, Any], value: str) -> None:
    handle = workflow.start(value)
    list(handle.events())
    handle.result()


def run_a_stream(workflow: Workflow[Any, Any], value: str) -> None:
    list(workflow.stream(value))


def run_a_batch(workflow: Workflow[Any, Any], value: str) -> None:
    list(workflow.batch([value]))


def run_past_its_deadline(workflow: Workflow[Any, Any], value: str) -> None:
    # `pytest.raises` would keep the exception in a cycle with this frame.
    with contextlib.suppress(RunTimeoutError):
        workflow.run("block", timeout=0.01)


def run_and_cancel(workflow: Workflow[Any, Any], value: str) -> None:
    handle = workflow.start("block")
    time.sleep(0.01)
    handle.cancel()
    with contextlib.suppress(RunCancelledError):
        handle.result()


@pytest.mark.parametrize("value", ["", "fail"])
@pytest.mark.parametrize(
    "run",
    [
        run_sync,
        run_in_place,
        run_on_the_engine_s_loop,
        run_on_asyncio,
        run_a_handle,
        run_a_stream,
        run_a_batch,
        run_past_its_deadline,
        run_and_cancel,
    ],
)
def test_a_run_is_freed_without_the_garbage_collector(run: Any, value: str) -> None:
    workflow, outputs = seen()
    # What is made once, such as a plan, is no matter of runs.
    workflow.check()
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            # An exception goes with its handler, if no frame that it went through holds it.
            with contextlib.suppress(NodeError):
                run(workflow, value)
        deadline = time.perf_counter() + 2
        # A helper or a loop may be a moment behind.
        while alive(outputs) and time.perf_counter() < deadline:
            time.sleep(0.005)
        assert len(outputs) >= 6
        assert alive(outputs) == 0
    finally:
        gc.enable()


def alive(outputs: list[weakref.ref[Output]]) -> int:
    return sum(output() is not None for output in outputs)


def test_an_input_and_a_workflow_are_freed_too() -> None:
    def run() -> list[weakref.ref[Any]]:
        workflow, outputs = seen()
        value = Output()
        workflow.run(value)
        return [*outputs, weakref.ref(value), weakref.ref(workflow)]

    kept = run()
    deadline = time.perf_counter() + 2
    # A workflow is a cycle: it knows its nodes, and they know it.
    while gc.collect() >= 0 and alive(kept) and time.perf_counter() < deadline:
        time.sleep(0.005)
    assert alive(kept) == 0


def test_what_nobody_reads_any_more_dies_with_the_handle() -> None:
    workflow, outputs = seen()
    handle = workflow.start("")
    handle.result()
    assert alive(outputs) >= 3
    del handle
    deadline = time.perf_counter() + 2
    while alive(outputs) and time.perf_counter() < deadline:
        gc.collect()
        time.sleep(0.005)
    assert alive(outputs) == 0


def test_threads_are_bounded_and_used_again() -> None:
    workflow: Workflow[Any, Any] = Workflow("sleeps")

    def sleeps(input: Any) -> None:
        time.sleep(0.001)

    for number in range(4):
        workflow.add_node(sleeps, name=f"n{number}")
    workflow.returns(None)

    def helpers() -> int:
        return sum(thread.name == "workflow-helper" for thread in threading.enumerate())

    for _ in range(10):
        workflow.run()
    before = helpers()
    for _ in range(200):
        workflow.run()
    assert helpers() <= max(before, 8)
    assert helpers() == _core.helper_counts()[0]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("workflow-"))


def test_open_files_do_not_grow() -> None:
    def first_free() -> int:
        with Path(os.devnull).open("rb") as file:
            return file.fileno()

    workflow, _ = seen()
    for _ in range(3):
        workflow.run("")
        asyncio.run(workflow.arun(""))
    before = first_free()
    for _ in range(10):
        workflow.run("")
        asyncio.run(workflow.arun(""))
    assert first_free() <= before
