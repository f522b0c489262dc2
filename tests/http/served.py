"""The workflows that the tests of the server serve."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator  # noqa: TC003  Read at run time.
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from workflow_engine import Context, Workflow

ALL: list[Workflow[Any, Any]] = []


def workflow(name: str, **types: Any) -> Workflow[Any, Any]:
    made = Workflow(name, **types)
    ALL.append(made)
    return made


# What comes in goes out, on the worker's thread.
echo = workflow("echo")


@echo.node(thread="caller")
def same(input: Any) -> Any:
    return input


# The same, on a helper thread.
relay = workflow("relay")


@relay.node
def passed(input: Any) -> Any:
    return input


class Owner(BaseModel):
    name: str
    age: int = 0


class Order(BaseModel):
    owner: Owner
    items: list[int]


order = workflow("order", input=Order, output=Order)


@order.node
def checked(order: Order) -> Order:
    return order


# Sync nodes that block, one that waits, one that holds the loop.
sleep = workflow("sleep")


@sleep.node
def slept(input: dict[str, Any]) -> Any:
    time.sleep(input["seconds"])
    return input


wait = workflow("wait")


@wait.node
async def waited(input: dict[str, Any]) -> Any:
    await asyncio.sleep(input["seconds"])
    return input


hold = workflow("hold")


@hold.node
async def held(input: dict[str, Any]) -> Any:
    time.sleep(input["seconds"])  # noqa: ASYNC251
    return input


# Nodes that raise what the input names.
RAISED = {
    kind.__name__: kind
    for kind in (
        ValueError,
        SystemExit,
        KeyboardInterrupt,
        asyncio.CancelledError,
        GeneratorExit,
        BaseException,
    )
}


def raise_(name: str) -> None:
    raise RAISED[name]("the secret of the node")


raising_inline = workflow("raising-inline")


@raising_inline.node(thread="caller")
def raised_inline(input: str) -> None:
    raise_(input)


raising = workflow("raising")


@raising.node
def raised(input: str) -> None:
    raise_(input)


raising_async = workflow("raising-async")


@raising_async.node
async def raised_at_once(input: str) -> None:
    raise_(input)


@raising_async.node
async def raised_later(input: str) -> None:
    await asyncio.sleep(0.01)
    raise_(input)


raising_async.returns(None)

# Nodes that lay hands on the loop.
loop_breaker = workflow("loop-breaker")


@loop_breaker.node
async def broken(input: str) -> str:
    if input == "stop":
        asyncio.get_running_loop().stop()
    else:

        async def stray() -> None:
            raise_(input)

        keep = asyncio.get_running_loop().create_task(stray())
        await asyncio.sleep(0.01)
        # Taken, so that it is not reported.
        with contextlib.suppress(BaseException):
            keep.exception()
    await asyncio.sleep(0.01)
    return "alive"


# Child processes say whether Ctrl-C reaches them.
_IS_BLOCKED = (
    "import signal;"
    "print(bool({signal.SIGINT, signal.SIGTERM} & signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
)
_COMMAND = [sys.executable, "-c", _IS_BLOCKED]


def blocked_in_children() -> dict[str, str]:
    quoted = f"{sys.executable} -c '{_IS_BLOCKED}'"
    return {
        "run": subprocess.run(_COMMAND, check=True, capture_output=True, text=True).stdout.strip(),
        "popen": os.popen(quoted).read().strip(),
    }


children = workflow("children")


@children.node
def from_helper() -> dict[str, str]:
    return blocked_in_children()


@children.node
async def from_loop() -> dict[str, str]:
    process = await asyncio.create_subprocess_exec(*_COMMAND, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    return {**blocked_in_children(), "asyncio": output.decode().strip()}


@children.node
def all_children(from_helper: dict[str, str], from_loop: dict[str, str]) -> dict[str, Any]:
    return {"helper": from_helper, "loop": from_loop}


children_inline = workflow("children-inline")


@children_inline.node(thread="caller")
def from_worker() -> dict[str, str]:
    return blocked_in_children()


# A forked child that gets a signal ends; its parent does not take it for its own.
fork = workflow("fork")


@fork.node
def forked(input: str) -> int | None:
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(20,))
    child.start()
    time.sleep(0.1)
    assert child.pid is not None
    os.kill(child.pid, signal.Signals[input])
    child.join(10)
    return child.exitcode


# Resources that note when they are opened and closed.
def note(line: str) -> None:
    with Path(os.environ["RESOURCE_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


resourceful = workflow("resourceful")


@resourceful.resource
def pool() -> Iterator[str]:
    note("pool opened")
    yield "pool"
    note("pool closed")


@resourceful.resource
async def client() -> AsyncIterator[str]:
    note("client opened")
    yield "client"
    await asyncio.sleep(0.05)
    note("client closed")


@resourceful.node
async def used(pool: str, client: str) -> list[str]:
    return [pool, client]


# Read from data: the core validates its input, and gives its result.
ALL.append(
    Workflow.from_dict(
        {
            "workflow": "parcel",
            "version": 1,
            "input": {
                "type": "object",
                "properties": {
                    "weight": {"type": "number", "exclusiveMinimum": 0},
                    "to": {"type": "string", "pattern": "^[A-Z]{2}$"},
                    "items": {"type": "array", "uniqueItems": True},
                },
                "required": ["weight", "to"],
                "if": {"properties": {"weight": {"minimum": 30}}},
                "then": {"required": ["items"]},
            },
            "nodes": {
                "known": {"assert": "input.to in ['DE', 'FR']", "message": "'nobody goes to ' + input.to"},
                "fee": {"compute": "input.weight * 2.0"},
            },
        }
    )
)


# What the run knows about itself.
about = workflow("about")


@about.node(thread="caller")
def facts(context: Context) -> dict[str, Any]:
    return {"run": context.run_id, "remaining": context.remaining()}


# A workflow that cannot run.
faulty = Workflow("faulty")


@faulty.node
def lost(nobody: int) -> int:
    return nobody
