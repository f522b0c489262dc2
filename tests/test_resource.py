"""Resources: opened once where they are needed, closed in reverse, never used across a fork."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator  # noqa: TC003
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
import trio

from event_loops import in_both_modes
from workflow_engine import NodeError, Retry, Workflow
from workflow_engine import resource as resources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workflow_engine.resource import Resource


class Log(list[str]):
    """What happened, in order."""

    def open(self, name: str) -> str:
        self.append(f"open {name}")
        return name

    def close(self, name: str) -> None:
        self.append(f"close {name}")


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def workflow() -> Workflow[Any, Any]:
    return Workflow("resources")


def declared(workflow: Workflow[Any, Any], name: str) -> Resource:
    return workflow.declarations.resources[name]


class Manager:
    def __init__(self) -> None:
        self.events = ["made"]

    def __enter__(self) -> list[str]:
        self.events.append("entered")
        return self.events

    def __exit__(self, *details: object) -> None:
        self.events.append("left")


class AsyncManager:
    async def __aenter__(self) -> str:
        return "entered"

    async def __aexit__(self, *details: object) -> None: ...


def function() -> int:
    return 3


def generator() -> Iterator[int]:
    yield 3


@contextmanager
def managed() -> Generator[int]:
    yield 3


def annotated() -> AbstractContextManager[int]:
    return nullcontext(3)


async def coroutine() -> int:
    return 3


async def async_generator() -> AsyncIterator[int]:
    yield 3


@asynccontextmanager
async def async_managed() -> AsyncGenerator[int]:
    yield 3


@pytest.mark.parametrize("declare", [function, generator, managed, annotated])
def test_every_synchronous_way(workflow: Workflow[Any, Any], declare: Callable[[], Any]) -> None:
    assert workflow.resource(declare) is declare
    resource = declared(workflow, declare.__name__)
    assert not resource.asynchronous
    assert resource.type is int
    assert resource.value() == 3
    workflow.close()


@pytest.mark.parametrize("declare", [coroutine, async_generator, async_managed])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_every_asynchronous_way(
    workflow: Workflow[Any, Any], declare: Callable[[], Any], backend: str
) -> None:
    workflow.resource(declare)
    resource = declared(workflow, declare.__name__)
    assert resource.asynchronous
    assert resource.type is int
    assert anyio.run(resource.avalue, backend=backend) == 3


def test_classes_that_are_context_managers(workflow: Workflow[Any, Any]) -> None:
    workflow.resource(Manager)
    workflow.resource(name="later")(AsyncManager)
    events = declared(workflow, "manager").value()
    assert events == ["made", "entered"]
    assert anyio.run(declared(workflow, "later").avalue) == "entered"
    workflow.close()
    assert events == ["made", "entered", "left"]


def test_what_a_function_gives_is_not_entered(workflow: Workflow[Any, Any]) -> None:
    @workflow.resource
    def lock() -> threading.Lock:
        return threading.Lock()

    assert not declared(workflow, "lock").value().locked()
    workflow.close()


def test_opened_once_by_many_threads(workflow: Workflow[Any, Any], log: Log) -> None:
    @workflow.resource
    def slow() -> Iterator[str]:
        time.sleep(0.05)
        yield log.open("slow")
        log.close("slow")

    values: list[object] = []
    threads = [
        threading.Thread(target=lambda: values.append(declared(workflow, "slow").value())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == ["slow"] * 8
    assert log == ["open slow"]
    workflow.close()
    assert log == ["open slow", "close slow"]


def test_closed_in_reverse_order_and_opened_anew(workflow: Workflow[Any, Any], log: Log) -> None:
    def make(name: str) -> None:
        @workflow.resource(name=name)
        def resource() -> Iterator[str]:
            yield log.open(name)
            log.close(name)

    for name in "abc":
        make(name)
    workflow.close()
    for name in "cab":
        declared(workflow, name).value()
    workflow.close()
    workflow.close()
    assert log == ["open c", "open a", "open b", "close b", "close a", "close c"]
    declared(workflow, "a").value()
    workflow.close()
    assert log[6:] == ["open a", "close a"]


def test_an_error_in_opening_is_raised_and_opening_tried_again(
    workflow: Workflow[Any, Any],
) -> None:
    attempts = []

    @workflow.resource
    def shaky() -> Iterator[int]:
        attempts.append(1)
        if len(attempts) == 1:
            raise ConnectionError("not yet")
        yield 3

    with pytest.raises(ConnectionError, match="not yet"):
        declared(workflow, "shaky").value()
    assert declared(workflow, "shaky").value() == 3
    workflow.close()


def test_errors_in_closing_stop_no_other_closing(workflow: Workflow[Any, Any], log: Log) -> None:
    def make(name: str, error: Exception | None) -> None:
        @workflow.resource(name=name)
        def resource() -> Iterator[str]:
            yield log.open(name)
            log.close(name)
            if error is not None:
                raise error

    make("a", None)
    make("b", ValueError("b"))
    make("c", KeyError("c"))
    for name in "ab":
        declared(workflow, name).value()
    with pytest.raises(ValueError, match="b"):
        workflow.close()
    for name in "abc":
        declared(workflow, name).value()
    with pytest.raises(ExceptionGroup, match="closing resources failed") as raised:
        workflow.close()
    assert [type(error) for error in raised.value.exceptions] == [KeyError, ValueError]
    assert log[-3:] == ["close c", "close b", "close a"]


@pytest.fixture
def client(workflow: Workflow[Any, Any], log: Log) -> Resource:
    """Give an asynchronous resource that takes a while to open and to close."""

    @workflow.resource
    async def client() -> AsyncIterator[object]:
        await anyio.sleep(0.01)
        log.open("client")
        try:
            # Breaks if it is not left by the task that entered it.
            async with anyio.create_task_group():
                yield object()
        finally:
            await anyio.sleep(0.01)
            log.close("client")

    return declared(workflow, "client")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_once_for_each_loop_and_closed_as_it_ends(client: Resource, log: Log, backend: str) -> None:
    async def needed_at_once() -> list[object]:
        values: list[object] = []

        async def need() -> None:
            values.append(await client.avalue())

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(need)
        assert log[-1] == "open client"
        return values

    first = anyio.run(needed_at_once, backend=backend)
    assert log == ["open client", "close client"]
    second = anyio.run(needed_at_once, backend=backend)
    assert log == ["open client", "close client"] * 2
    assert len(first) == len(second) == 5
    assert len({*map(id, first), *map(id, second)}) == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closed_and_waited_for_on_its_loop(
    workflow: Workflow[Any, Any], client: Resource, log: Log, backend: str
) -> None:
    async def use() -> None:
        first = await client.avalue()
        await resources.aclose(workflow)
        assert log == ["open client", "close client"]
        assert await client.avalue() is not first
        await resources.aclose(workflow)
        await resources.aclose(workflow)
        assert log == ["open client", "close client"] * 2

    anyio.run(use, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_close_on_the_loop_itself_does_not_wait(
    workflow: Workflow[Any, Any], client: Resource, log: Log, backend: str
) -> None:
    async def use() -> None:
        await client.avalue()
        workflow.close()
        assert log == ["open client"]
        await anyio.sleep(0.1)
        assert log == ["open client", "close client"]

    anyio.run(use, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closed_from_another_thread(
    workflow: Workflow[Any, Any], client: Resource, log: Log, backend: str
) -> None:
    @workflow.resource
    def first() -> Iterator[str]:
        yield log.open("first")
        log.close("first")

    async def use() -> None:
        declared(workflow, "first").value()
        await client.avalue()
        await anyio.to_thread.run_sync(workflow.close)
        assert log == ["open first", "open client", "close client", "close first"]

    anyio.run(use, backend=backend)


def test_closed_on_a_loop_that_is_idle(workflow: Workflow[Any, Any], client: Resource, log: Log) -> None:
    with asyncio.Runner() as runner:
        runner.run(client.avalue())
        assert log == ["open client"]
        workflow.close()
        assert log == ["open client", "close client"]


def test_closing_after_the_loop_has_gone(workflow: Workflow[Any, Any], client: Resource, log: Log) -> None:
    asyncio.run(client.avalue())
    workflow.close()
    assert log == ["open client", "close client"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_timeout_of_who_needs_it_first_does_not_break_it(client: Resource, log: Log, backend: str) -> None:
    async def use() -> None:
        with anyio.move_on_after(0.001):
            await client.avalue()
            pytest.fail("it opens slowly")
        await client.avalue()
        assert log == ["open client"]

    anyio.run(use, backend=backend)
    assert log == ["open client", "close client"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_error_in_asynchronous_opening(workflow: Workflow[Any, Any], backend: str) -> None:
    attempts = []

    @workflow.resource
    async def shaky() -> AsyncIterator[int]:
        attempts.append(1)
        await anyio.lowlevel.checkpoint()
        if len(attempts) == 1:
            raise ConnectionError("not yet")
        yield 3

    async def use() -> None:
        resource = declared(workflow, "shaky")
        with pytest.raises(ConnectionError, match="not yet"):
            await resource.avalue()
        assert await resource.avalue() == 3

    anyio.run(use, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_error_in_asynchronous_closing(workflow: Workflow[Any, Any], backend: str) -> None:
    @workflow.resource
    async def sticky() -> AsyncIterator[int]:
        yield 3
        raise ValueError("stuck")

    async def use() -> None:
        await declared(workflow, "sticky").avalue()
        with pytest.raises(ValueError, match="stuck"):
            await resources.aclose(workflow)

    anyio.run(use, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_opened_for_nodes_that_cannot_await(client: Resource, backend: str) -> None:
    async def use() -> None:
        await resources.open_first([client])
        value = client.value()
        assert value is await client.avalue()
        assert await anyio.to_thread.run_sync(client.value) is value

    anyio.run(use, backend=backend)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_never_used_across_a_fork(tmp_path: Path) -> None:
    script = tmp_path / "forks.py"
    script.write_text(
        "import os\n"
        "from workflow_engine import Workflow\n"
        "flow = Workflow('flow')\n"
        "@flow.resource\n"
        "def owner():\n"
        "    opener = os.getpid()\n"
        "    yield opener\n"
        "    assert os.getpid() == opener\n"
        "    print('closed', flush=True)\n"
        "owner = flow.declarations.resources['owner']\n"
        "assert owner.value() == os.getpid()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    assert owner.value() == os.getpid()\n"
        "    flow.close()\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert owner.value() == os.getpid()\n"
        "flow.close()\n"
    )
    ran = subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True)
    assert ran.stdout == "closed\nclosed\n"
    assert not ran.stderr


def test_closed_at_exit(tmp_path: Path) -> None:
    script = tmp_path / "exits.py"
    script.write_text(
        "from workflow_engine import Workflow\n"
        "def use():\n"
        "    flow = Workflow('flow')\n"
        "    for name in 'ab':\n"
        "        @flow.resource(name=name)\n"
        "        def resource(name=name):\n"
        "            yield name\n"
        "            print('closed', name)\n"
        "        flow.declarations.resources[name].value()\n"
        "use()\n"
    )
    ran = subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True)
    assert ran.stdout == "closed b\nclosed a\n"


def test_a_resource_reaches_nodes_in_runs(workflow: Workflow[Any, Any], log: Log) -> None:
    @workflow.resource
    def database() -> Iterator[dict[str, int]]:
        log.open("database")
        yield {"a": 1}
        log.close("database")

    @workflow.resource
    async def client() -> AsyncIterator[int]:
        log.open("client")
        yield 10
        log.close("client")

    @workflow.node
    def look(input: str, database: dict[str, int]) -> int:
        return database[input]

    @workflow.node
    async def fetch(look: int, *, client: int) -> int:
        return look + client

    @workflow.node
    def blocking(fetch: int, client: int) -> int:
        return fetch * client

    assert workflow.run("a") == 110
    assert workflow.run("a") == 110
    assert sorted(log) == ["open client", "open database"]
    assert asyncio.run(workflow.arun("a")) == 110
    assert log[2:] == ["open client", "close client"]
    workflow.close()
    assert sorted(log[4:]) == ["close client", "close database"]


def test_overridden_resources_are_not_opened(workflow: Workflow[Any, Any], log: Log) -> None:
    @workflow.resource
    async def client() -> AsyncIterator[int]:
        log.open("client")
        yield 10

    @workflow.node
    def blocking(input: int, client: int) -> int:
        return input * client

    with workflow.override(client=3):
        assert not workflow._plan().asynchronous
        assert workflow.run(2) == 6
    assert workflow._plan().asynchronous
    assert log == []


WAYS: dict[str, Any] = {
    "run": lambda workflow: workflow.run(1),
    "run_json": lambda workflow: int(workflow.run_json("1")),
    "start": lambda workflow: workflow.start(1).result(10),
    "batch": lambda workflow: next(workflow.batch([1, 1, 1])),
    "stream": lambda workflow: [event.data for event in workflow.stream(1) if event.node == "last"][-1],
    "arun": lambda workflow: asyncio.run(workflow.arun(1)),
    "trio": lambda workflow: trio.run(workflow.arun, 1),
}


@in_both_modes
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sibling", [False, True])
def test_an_asynchronous_resource_reaches_synchronous_nodes(way: str, mode: Any, sibling: bool) -> None:
    workflow: Workflow[int, int] = Workflow("shop", input=int, output=int)

    @workflow.resource
    async def client() -> AsyncIterator[dict[str, int]]:
        await anyio.sleep(0.005)
        yield {"one": 1}

    @workflow.node
    def first(input: int, client: dict[str, int]) -> int:
        return input + client["one"]

    if sibling:

        @workflow.node
        async def beside(input: int, client: dict[str, int]) -> None:
            await anyio.sleep(0.001)

    @workflow.node
    def last(first: int) -> int:
        return first

    workflow.returns(last)
    with mode(), workflow:
        for _ in range(3):
            assert WAYS[way](workflow) == 2


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_resource_that_does_not_open_is_named(workflow: Workflow[Any, Any], kind: str) -> None:
    def fails() -> int:
        raise OSError("no db")

    async def fails_later() -> int:
        raise OSError("no db")

    workflow.resource(fails if kind == "def" else fails_later, name="client")

    @workflow.node(retry=Retry(attempts=2, delay=0, on=OSError))
    async def use(client: int) -> int:
        return client

    for _ in range(2):
        with pytest.raises(NodeError) as caught:
            workflow.run()
        assert str(caught.value) == (
            "node `use` failed on attempt 2: resource `client` could not be opened: OSError: no db"
        )
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.__cause__.__notes__ == ["resource `client` could not be opened"]


@pytest.mark.parametrize("way", WAYS)
def test_an_asynchronous_resource_that_does_not_open_fails_the_node_that_needs_it(way: str) -> None:
    workflow: Workflow[int, int] = Workflow("shop", input=int, output=int)

    @workflow.resource
    async def client() -> AsyncIterator[int]:
        raise OSError("no db")
        yield 1

    @workflow.node
    def last(input: int, client: int) -> int:
        return input + client

    with pytest.raises(NodeError) as caught:
        WAYS[way](workflow)
    error = caught.value
    assert str(error) == "node `last` failed: resource `client` could not be opened: OSError: no db"
    assert (error.node, error.attempt, type(error.__cause__)) == ("last", 0, OSError)
