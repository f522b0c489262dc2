"""A failing node ends the run with the user's exception as the cause, whoever runs beside it."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Literal

import anyio
import anyio.lowlevel
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import (
    NodeError,
    OutputError,
    Retry,
    RouteError,
    Workflow,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 30.0

WAYS = ["run", "handle", "asyncio", "trio"]
by_every_way = pytest.mark.parametrize("way", WAYS)


def run(way: str, workflow: Workflow[Any, Any], value: Any = None) -> Any:
    if way == "run":
        return workflow.run(value)
    if way == "handle":
        return workflow.start(value).result()
    return run_on(way, lambda: workflow.arun(value))


class BoomError(Exception):
    pass


class OwnBaseError(BaseException):
    pass


def raise_boom() -> None:
    raise BoomError("of the user")


def sync_and_async(body: Callable[[], object]) -> list[Callable[..., Any]]:
    def sync_node(input: Any) -> Any:
        return body()

    async def async_node(input: Any) -> Any:
        await anyio.sleep(0.002)
        return body()

    return [sync_node, async_node]


@by_every_way
@in_both_modes
@pytest.mark.parametrize("kind", [0, 1])
def test_the_cause_is_the_user_s_exception_with_its_traceback(way: str, mode: Any, kind: int) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    @workflow.node
    def before(input: Any) -> int:
        return 1

    fails = sync_and_async(raise_boom)[kind]
    workflow.add_node(fails, name="fails", after=before)
    with mode(), pytest.raises(NodeError) as caught:
        run(way, workflow)
    error, cause = caught.value, caught.value.__cause__
    assert (error.workflow, error.node, error.attempt, error.path) == ("failing", "fails", 1, "")
    assert error.outputs == {"before": 1}
    assert len(error.run) == 36
    assert str(error) == "node `fails` failed: BoomError: of the user"
    assert type(cause) is BoomError
    assert not getattr(error, "__notes__", [])
    names = [frame.name for frame in traceback.extract_tb(cause.__traceback__)]
    assert names[-2:] == ["async_node" if kind else "sync_node", "raise_boom"]


@by_every_way
def test_the_attempt_is_told(way: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")
    workflow.add_node(
        sync_and_async(raise_boom)[1], name="fails", retry=Retry(attempts=3, delay=0, on=BoomError)
    )
    with pytest.raises(NodeError, match="failed on attempt 3: BoomError") as caught:
        run(way, workflow)
    assert caught.value.attempt == 3


def test_later_failures_are_notes() -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    together = threading.Barrier(3)

    def fails(number: int) -> None:
        together.wait(5)
        time.sleep(0.03 * number)
        raise BoomError(number)

    for number in range(3):
        workflow.add_node(fails, name=f"n{number}", inputs={"number": number})
    workflow.returns(None)
    for way in WAYS:
        with pytest.raises(NodeError) as caught:
            run(way, workflow)
        assert caught.value.node == "n0"
        assert getattr(caught.value, "__notes__", []) == [
            "later, node `n1` failed on attempt 1: BoomError: 1",
            "later, node `n2` failed on attempt 1: BoomError: 2",
        ]


@on_every_loop
@pytest.mark.parametrize("failing_kind", [0, 1])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_failure_cancels_async_siblings_and_waits_for_them(
    backend: str, failing_kind: int, position: int
) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")
    ended: list[str] = []

    async def waits(input: Any) -> None:
        try:
            await anyio.sleep(LONG)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.02)
            ended.append("ended")

    def fail() -> None:
        time.sleep(0.01)
        raise BoomError

    nodes = [waits, waits, waits]
    nodes[position] = sync_and_async(fail)[failing_kind]
    for number, node in enumerate(nodes):
        workflow.add_node(node, name=f"n{number}")
    workflow.returns(None)

    async def main() -> None:
        with pytest.raises(NodeError) as caught:
            await workflow.arun()
        assert isinstance(caught.value.__cause__, BoomError)
        assert ended == ["ended", "ended"]
        # Nothing of the cancellation is left in this task.
        await anyio.lowlevel.checkpoint()

    start = time.perf_counter()
    run_on(backend, main)
    assert time.perf_counter() - start < 2


@on_every_loop
def test_a_failure_in_the_clean_up_of_a_sibling_is_a_note(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    @workflow.node
    async def first(input: Any) -> None:
        await anyio.sleep(0.01)
        raise BoomError

    @workflow.node
    async def second(input: Any) -> None:
        try:
            await anyio.sleep(LONG)
        finally:
            raise KeyError("late")

    workflow.returns(None)
    with pytest.raises(NodeError) as caught:
        run_on(backend, workflow.arun)
    assert caught.value.node == "first"
    assert caught.value.__notes__ == ["later, node `second` failed on attempt 1: KeyError: 'late'"]


def test_a_failure_starts_nothing_more() -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")
    begun: list[str] = []

    @workflow.node
    def fails(input: Any) -> None:
        raise BoomError

    @workflow.node
    def blocks(input: Any) -> None:
        time.sleep(0.03)

    @workflow.node
    def after(blocks: None) -> None:
        begun.append("after")

    workflow.returns(None)
    with pytest.raises(NodeError):
        workflow.run()
    assert begun == []


@by_every_way
@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), OwnBaseError("own")])
def test_a_base_exception_ends_the_run_as_itself(way: str, kind: int, error: BaseException) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    def end() -> None:
        raise error

    async def sibling(input: Any) -> None:
        await anyio.sleep(0.01)

    # Beside siblings, so that it may be raised in the driver's task, in another one or on a helper.
    workflow.add_node(sibling, name="sibling")
    workflow.add_node(sync_and_async(end)[kind], name="ends", retry=Retry(delay=0, on=Exception))
    workflow.returns(None)
    error.__traceback__ = None
    if way == "handle":
        handle = workflow.start()
        with pytest.raises(type(error)) as caught:
            handle.result()
        assert handle.state == "failed"
    else:
        with pytest.raises(type(error)) as caught:
            run(way, workflow)
    assert caught.value is error


@by_every_way
@in_both_modes
@pytest.mark.parametrize("error", [StopIteration("stop"), StopAsyncIteration(), GeneratorExit()])
def test_exceptions_that_mean_something_to_loops(way: str, mode: Any, error: BaseException) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    @workflow.node
    def stops(input: Any) -> None:
        raise error

    expected = NodeError if isinstance(error, Exception) else type(error)
    with mode(), pytest.raises(expected) as caught:
        run(way, workflow)
    assert error in (caught.value, caught.value.__cause__)


@by_every_way
def test_what_has_to_be_awaited_is_refused(way: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    async def coroutine() -> None:
        await anyio.lowlevel.checkpoint()

    @workflow.node
    def gives_a_coroutine(input: Any) -> Any:
        return coroutine()

    with pytest.raises(NodeError, match="declare it `async def`") as caught:
        run(way, workflow)
    assert isinstance(caught.value.__cause__, TypeError)
    assert str(caught.value.__cause__) == (
        "it returned a coroutine of `coroutine`, which has to be awaited;"
        " declare it `async def`, and so the wrapper of each decorator around it"
    )


def test_a_future_has_to_be_awaited_too() -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    @workflow.node(thread="caller")
    def gives_a_future(input: Any) -> Any:
        return asyncio.get_running_loop().create_future()

    with pytest.raises(NodeError, match=r"it returned a `.*Future`, .*; declare it `async def` and await"):
        run_on("asyncio", workflow.arun)


@by_every_way
def test_an_exception_without_a_text(way: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    @workflow.node
    def fails(input: Any) -> None:
        raise ValueError

    with pytest.raises(NodeError) as caught:
        run(way, workflow)
    assert str(caught.value) == "node `fails` failed: ValueError"


@by_every_way
def test_a_retry_whose_condition_fails(way: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    def broken(error: BaseException) -> bool:
        raise ZeroDivisionError("in the condition")

    workflow.add_node(
        sync_and_async(raise_boom)[0], name="fails", retry=Retry(attempts=3, delay=0, on=broken)
    )
    with pytest.raises(NodeError) as caught:
        run(way, workflow)
    cause = caught.value.__cause__
    assert isinstance(cause, BoomError)
    assert cause.__notes__ == ["`on` of its Retry failed: ZeroDivisionError: in the condition"]
    assert caught.value.attempt == 1


@by_every_way
def test_an_output_of_another_type_is_never_tried_again(way: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")
    attempts: list[int] = []

    @workflow.node(retry=Retry(attempts=3, delay=0, on=Exception))
    def lies(input: Any) -> int:
        attempts.append(1)
        return "text"  # type: ignore[return-value]

    with pytest.raises(OutputError, match="node `lies`") as caught:
        run(way, workflow)
    assert caught.value.path == "lies"
    assert attempts == [1]


@by_every_way
def test_a_value_without_a_case(way: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("failing")

    @workflow.node
    def before(input: Any) -> int:
        return 1

    @workflow.node
    def chosen(before: int) -> None:
        raise AssertionError

    def on(value: int) -> Literal["a"]:
        return "b"  # type: ignore[return-value]

    workflow.route(before, {"a": chosen}, on=on, name="choice")
    with pytest.raises(RouteError, match="`choice` has no case for 'b'") as caught:
        run(way, workflow)
    assert caught.value.node == "choice"
    # What had finished; with these outputs given, the rest is to be tried again.
    assert caught.value.outputs == {"before": 1}
