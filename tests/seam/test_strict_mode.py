"""The mode of tests: siblings always run on threads of their own, and changed inputs are found."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from event_loops import on_every_loop, run_on
from workflow_engine import InputChangedError, NodeError, Retry, Workflow, testing_mode
from workflow_engine.testing import relaxed, strict

if TYPE_CHECKING:
    from collections.abc import Callable


class Model(BaseModel):
    tags: list[str] = []


@dataclass
class Data:
    tags: list[str] = field(default_factory=list)

    @functools.cached_property
    def count(self) -> int:
        return len(self.tags)


def make_dict() -> Any:
    return {"tags": []}


def make_list() -> Any:
    return [[]]


CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "dict": (make_dict, lambda value: value.update(more=1)),
    "inner list": (make_dict, lambda value: value["tags"].append("more")),
    "order": (lambda: {"a": 1, "b": 2}, lambda value: value.update(a=value.pop("a"))),
    "list": (make_list, lambda value: value.append(1)),
    "set": (lambda: {1, 2}, lambda value: value.add(3)),
    "bytearray": (lambda: bytearray(b"ab"), lambda value: value.extend(b"c")),
    "model": (Model, lambda value: value.tags.append("more")),
    "attribute of a model": (Model, lambda value: setattr(value, "tags", ["more"])),
    "dataclass": (Data, lambda value: value.tags.append("more")),
}


def changing(name: str, *, asynchronous: bool = False, how: str = "edge") -> Workflow[Any, Any]:
    """Make a workflow whose `changes` changes the output of `source`; `reads` reads it too."""
    make, change = CHANGES[name]
    workflow: Workflow[Any, Any] = Workflow("changing")

    @workflow.node
    def source(input: Any) -> Any:
        return make()

    def changes(value: Any) -> None:
        if how == "edge":
            change(value)
        else:
            change(value[0] if how == "list" else value["only"])

    async def changes_async(value: Any) -> None:
        await asyncio.sleep(0)
        changes(value)

    inputs: dict[str, object] = {"edge": source, "list": [source], "dict": {"only": source}}
    body = changes_async if asynchronous else changes
    workflow.add_node(body, name="changes", inputs={"value": inputs[how]})

    @workflow.node
    def reads(source: Any) -> Any:
        time.sleep(0.002)
        return source

    workflow.returns(reads)
    return workflow


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_input_is_found_and_both_are_named(name: str, asynchronous: bool) -> None:
    assert_found(changing(name, asynchronous=asynchronous))


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("how", ["list", "dict"])
def test_a_changed_member_is_found_and_both_are_named(how: str, asynchronous: bool) -> None:
    assert_found(changing("inner list", asynchronous=asynchronous, how=how))


def assert_found(workflow: Workflow[Any, Any]) -> None:
    with strict(), pytest.raises(InputChangedError) as caught:
        workflow.run()
    error = caught.value
    assert (error.node, error.source, error.attempt) == ("changes", "source", 1)
    assert "`changes`" in str(error)
    assert "`source`" in str(error)
    assert (error.workflow, error.run != "") == ("changing", True)


def test_the_run_s_input_is_watched_too() -> None:
    workflow: Workflow[Any, Any] = Workflow("changing")

    @workflow.node
    def changes(input: dict[str, Any]) -> None:
        input["more"] = 1

    value: dict[str, Any] = {}
    with strict(), pytest.raises(InputChangedError, match="`changes` changed the run's input"):
        workflow.run(value)
    # The copy is what was changed.
    assert value == {}


@on_every_loop
def test_it_is_found_on_a_loop(backend: str) -> None:
    workflow = changing("dict")
    with strict(), pytest.raises(InputChangedError):
        run_on(backend, workflow.arun)


def test_the_one_that_changed_it_is_named_whoever_runs_beside_it() -> None:
    workflow: Workflow[Any, Any] = Workflow("changing")

    @workflow.node
    def source(input: Any) -> dict[str, int]:
        return {}

    def reads(source: dict[str, int]) -> None:
        time.sleep(0.003)

    for number in range(5):
        workflow.add_node(reads, name=f"reads_{number}")

    @workflow.node
    def changes(source: dict[str, int]) -> None:
        source["more"] = 1

    workflow.returns(None)
    for _ in range(10):
        with strict(), pytest.raises(InputChangedError) as caught:
            workflow.run()
        assert caught.value.node == "changes"


def test_it_is_not_tried_again() -> None:
    workflow: Workflow[Any, Any] = Workflow("changing")
    attempts: list[int] = []

    @workflow.node(retry=Retry(attempts=3, delay=0, on=Exception))
    def changes(input: dict[str, Any]) -> None:
        attempts.append(1)
        input["more"] = 1

    with strict(), pytest.raises(InputChangedError):
        workflow.run({})
    assert attempts == [1]


def test_an_input_that_only_remembers_is_not_changed() -> None:
    workflow: Workflow[Any, Any] = Workflow("remembers")

    @workflow.node
    def source(input: Any) -> Data:
        return Data(["a"])

    @workflow.node
    def counts(source: Data) -> int:
        return source.count

    with strict():
        assert workflow.run() == 1


def test_what_cannot_be_copied_is_passed_as_it_is() -> None:
    workflow: Workflow[Any, Any] = Workflow("locks")

    @workflow.node
    def source(input: Any) -> dict[str, Any]:
        return {"lock": threading.Lock()}

    @workflow.node
    def uses(source: dict[str, Any]) -> bool:
        with source["lock"]:
            return True

    with strict():
        assert workflow.run() is True


def test_an_own_failure_comes_before_the_change() -> None:
    workflow: Workflow[Any, Any] = Workflow("changing")

    @workflow.node
    def changes(input: dict[str, Any]) -> None:
        input["more"] = 1
        raise ValueError

    with strict(), pytest.raises(NodeError) as caught:
        workflow.run({})
    assert isinstance(caught.value.__cause__, ValueError)


def test_relaxed_neither_copies_nor_looks() -> None:
    workflow = changing("dict")
    value = {"tags": ["own"]}
    with relaxed():
        result = workflow.run(given={"source": value})
    assert result is value


def thread_idents(count: int) -> Workflow[Any, Any]:
    """Make a workflow of siblings that are over at once and give the thread they ran on."""
    workflow: Workflow[Any, Any] = Workflow("fan")

    def quick(input: Any) -> int:
        return threading.get_ident()

    nodes = [workflow.add_node(quick, name=f"n{number}") for number in range(count)]
    workflow.join("together", *nodes)
    workflow.returns(workflow["together"])
    return workflow


def test_every_sibling_has_a_thread_of_its_own_however_quick_it_is() -> None:
    workflow = thread_idents(4)
    with strict():
        for _ in range(20):
            threads = set(workflow.run().values())
            assert len(threads) == 4
            assert threading.get_ident() not in threads


@on_every_loop
def test_every_sibling_has_one_beside_a_loop_too(backend: str) -> None:
    workflow = thread_idents(4)
    with strict():
        threads = set(run_on(backend, workflow.arun).values())
    assert len(threads) == 4
    assert threading.get_ident() not in threads


class Connection:
    """Something that may be used only on the thread that made it, as a connection of sqlite3."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def use(self) -> None:
        if threading.get_ident() != self._thread:
            raise ConnectionError


def test_what_is_tied_to_a_thread_fails_every_time() -> None:
    workflow: Workflow[Any, Any] = Workflow("database")

    @workflow.node
    def connection(input: Any) -> Connection:
        return Connection()

    def use(connection: Connection) -> None:
        connection.use()

    for name in ("left", "right"):
        workflow.add_node(use, name=name)
    workflow.returns(None)
    for _ in range(20):
        with strict(), pytest.raises(NodeError) as caught:
            workflow.run()
        assert isinstance(caught.value.__cause__, ConnectionError)


def test_what_depends_on_the_order_of_siblings_fails_at_some_time() -> None:
    workflow: Workflow[Any, Any] = Workflow("order")
    order: list[str] = []

    def note(input: Any, name: str) -> None:
        order.append(name)

    for name in "abcd":
        workflow.add_node(note, name=f"note_{name}", inputs={"name": name})
    workflow.returns(None)
    seen = set()
    with strict():
        for _ in range(200):
            order.clear()
            workflow.run()
            seen.add("".join(order))
    assert len(seen) > 1


def test_the_modes_nest_and_the_whole_session_is_strict() -> None:
    assert testing_mode.strict
    with relaxed():
        assert not testing_mode.strict
        with strict():
            assert testing_mode.strict
        assert not testing_mode.strict
    with pytest.raises(ValueError, match="through"), relaxed():
        raise ValueError("through")
    assert testing_mode.strict


def test_a_run_keeps_the_mode_it_was_started_in() -> None:
    workflow: Workflow[Any, Any] = Workflow("slow")

    @workflow.node
    def source(input: Any) -> dict[str, int]:
        time.sleep(0.03)
        return {}

    @workflow.node
    def changes(source: dict[str, int]) -> int:
        source["more"] = 1
        return 1

    with relaxed():
        handle = workflow.start()
        time.sleep(0.01)
    assert handle.result() == 1
    handle = workflow.start()
    time.sleep(0.01)
    with relaxed(), pytest.raises(InputChangedError):
        handle.result()
