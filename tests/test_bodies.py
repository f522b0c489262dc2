"""Maps, loops and sub-workflows, declared in Python and run on real threads and event loops."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass
from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from event_loops import on_every_loop, run_on
from workflow_engine import (
    CheckError,
    Context,
    DeclarationError,
    Expression,
    LoopLimitError,
    NodeError,
    NodeTimeoutError,
    OutputError,
    Retry,
    RunCancelledError,
    Workflow,
    ref,
)


@dataclass
class Draft:
    score: float
    turn: int = 0


def faults(workflow: Workflow[Any, Any]) -> list[tuple[str, str]]:
    return [(fault.code, fault.node) for fault in workflow.check()]


def test_the_first_parameter_is_the_item_and_the_others_are_filled_as_in_any_node() -> None:
    workflow: Workflow[Any, Any] = Workflow("documents", input=dict[str, Any])
    opened = []

    @workflow.resource
    def bank() -> str:
        opened.append(1)
        return "bank"

    @workflow.node
    def documents(input: dict[str, Any]) -> list[Draft]:
        return [Draft(number) for number in input["scores"]]

    @workflow.map(over=documents, inputs={"weight": Expression("input.weight + index")})
    def scored(draft: Draft, weight: float, index: int, bank: str, context: Context, input: Any) -> Any:
        assert (context.node, context.item, input["weight"]) == (f"scored[{index}]", index, 2)
        return draft, weight, bank

    value = {"scores": [0.5, 1.5], "weight": 2}
    assert workflow.run(value) == [(Draft(0.5), 2.0, "bank"), (Draft(1.5), 3.0, "bank")]
    assert opened == [1]
    # Outside of a run it is the function.
    draft, weight, *_ = scored(Draft(1), 2, 0, "", _Anywhere(), {"weight": 2})
    assert (draft, weight) == (Draft(1), 2)


class _Anywhere:
    node, item = "scored[0]", 0


@pytest.mark.parametrize("body", ["sync", "async", "native"])
@settings(deadline=None)
@given(items=st.lists(st.integers(-50, 50), max_size=30), concurrency=st.integers(1, 8))
def test_a_map_is_the_comprehension(body: str, items: list[int], concurrency: int) -> None:
    workflow: Workflow[Any, Any] = Workflow("squares", input=list[int])
    if body == "sync":

        def square(x: int) -> int:
            return x * x

        workflow.map(square, over=workflow.input, concurrency=concurrency)
    elif body == "async":

        async def square_later(x: int) -> int:
            for _ in range(x % 3):
                await asyncio.sleep(0)
            return x * x

        workflow.map(square_later, over=workflow.input, concurrency=concurrency)
    else:
        squares: Workflow[Any, Any] = Workflow("squares", input=int)
        squares.compute("square", "input * input")
        workflow.map(squares, over=workflow.input, concurrency=concurrency)
    expected = [x * x for x in items]
    assert workflow.run(items) == expected
    assert asyncio.run(workflow.arun(items)) == expected
    assert json.loads(workflow.run_json(json.dumps(items))) == expected


@on_every_loop
def test_as_many_items_are_under_way_as_it_says(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("wide", input=list[int])
    under_way, most = 0, 0
    sleep: Any = trio.sleep if backend == "trio" else asyncio.sleep

    @workflow.map(over=workflow.input, concurrency=4)
    async def busy(x: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await sleep(0.001)
        under_way -= 1
        return x

    assert run_on(backend, lambda: workflow.arun(list(range(20)))) == list(range(20))
    assert most == 4


@pytest.mark.parametrize(
    ("on_error", "expected"),
    [("keep", [1, {"error": {"type": "ValueError", "message": "2 is bad"}}, 3]), ("drop", [1, 3])],
)
def test_a_failed_item_can_be_kept_or_dropped(on_error: Any, expected: list[Any]) -> None:
    workflow: Workflow[Any, Any] = Workflow("some", input=list[int])

    @workflow.map(over=workflow.input, on_error=on_error)
    def checked(x: int) -> int:
        if x == 2:
            raise ValueError(f"{x} is bad")
        return x

    assert workflow.run([1, 2, 3]) == expected


def test_else_it_fails_the_run_by_its_own_name() -> None:
    workflow: Workflow[Any, Any] = Workflow("all", input=list[int])

    @workflow.map(over=workflow.input)
    def checked(x: int) -> int:
        if x == 2:
            raise ValueError(f"{x} is bad")
        return x

    with pytest.raises(NodeError, match=r"node `checked\[1\]` failed: ValueError: 2 is bad") as caught:
        workflow.run([1, 2, 3])
    assert (caught.value.node, type(caught.value.__cause__)) == ("checked[1]", ValueError)


def test_an_item_is_tried_again_by_itself() -> None:
    workflow: Workflow[Any, Any] = Workflow("flaky", input=list[int])
    keys = []

    @workflow.map(over=workflow.input, retry=Retry(attempts=3, on=ValueError, delay=0))
    def flaky(x: int, context: Context) -> int:
        keys.append(context.idempotency_key.partition("/")[2])
        if context.attempt <= x:
            raise ValueError
        return x * 10 + context.attempt

    assert workflow.run([0, 2, 1]) == [1, 23, 12]
    assert sorted(keys) == ["flaky[0]", *["flaky[1]"] * 3, *["flaky[2]"] * 2]


def test_a_workflow_as_the_body_begins_again_as_a_whole() -> None:
    inner: Workflow[Any, Any] = Workflow("inner", input=int)
    attempts: dict[int, int] = {}

    @inner.node
    def first(input: int) -> int:
        return input

    @inner.node
    async def second(first: int) -> int:
        attempts[first] = attempts.get(first, 0) + 1
        await asyncio.sleep(0)
        if attempts[first] < first:
            raise ConnectionError
        return first

    workflow: Workflow[Any, Any] = Workflow("outer", input=list[int])
    workflow.map(inner, over=workflow.input, retry=Retry(attempts=3, delay=0))
    assert workflow.run([1, 3, 2]) == [1, 3, 2]
    assert attempts == {1: 1, 3: 3, 2: 2}
    attempts.clear()
    kinds = [(event.type, event.node) for event in workflow.stream([3]) if "retrying" in event.type]
    assert kinds == [("node.retrying", "inner[0]")] * 2


@on_every_loop
def test_an_item_of_several_nodes_has_a_time(backend: str) -> None:
    inner: Workflow[Any, Any] = Workflow("inner", input=float)
    sleep: Any = trio.sleep if backend == "trio" else asyncio.sleep

    @inner.node
    def blocks(input: float) -> float:
        return input

    @inner.node
    async def waits(blocks: float) -> float:
        await sleep(blocks)
        return blocks

    workflow: Workflow[Any, Any] = Workflow("outer", input=list[float])
    workflow.map(inner, over=workflow.input, timeout=0.05, on_error="keep")
    late = {"error": {"type": "NodeTimeoutError", "message": "took longer than its timeout"}}
    assert run_on(backend, lambda: workflow.arun([0, 60, 0.001])) == [0, late, 0.001]
    strict: Workflow[Any, Any] = Workflow("strict", input=float)
    strict.subworkflow(inner, timeout=0.05)
    with pytest.raises(NodeTimeoutError, match=r"`inner` took longer than its timeout of 0\.05 s"):
        run_on(backend, lambda: strict.arun(60))


@on_every_loop
def test_until_ends_a_map_and_cancels_what_is_under_way(backend: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("race", input=list[float])
    sleep: Any = trio.sleep if backend == "trio" else asyncio.sleep
    cancelled: type[BaseException] = trio.Cancelled if backend == "trio" else asyncio.CancelledError
    seen = []

    @workflow.map(over=workflow.input, until="results.size() == 2", concurrency=10)
    async def waited(seconds: float) -> float:
        try:
            await sleep(seconds)
        except cancelled:
            seen.append(seconds)
            raise
        return seconds

    assert run_on(backend, lambda: workflow.arun([0.02, 60, 0.001, 60])) == [0.02, 0.001]
    assert seen == [60, 60]


def test_until_leaves_threads_behind_that_are_told() -> None:
    workflow: Workflow[Any, Any] = Workflow("race", input=list[int])
    begun, told = threading.Event(), threading.Event()

    @workflow.map(over=workflow.input, until="results.size() > 0", concurrency=2)
    def waited(x: int, context: Context) -> int:
        if x:
            begun.set()
        assert begun.wait(10)
        while x and not context.cancelled:
            told.wait(0.001)
        if x:
            told.set()
        return x

    assert workflow.run([1, 0]) == [0]
    assert told.wait(10)


def test_events_carry_the_path() -> None:
    inner: Workflow[Any, Any] = Workflow("inner", input=int)

    @inner.node
    def add(input: int) -> int:
        return input + 1

    workflow: Workflow[Any, Any] = Workflow("outer", input=list[int])
    workflow.map(inner, over=workflow.input, name="each", concurrency=1)
    found = [(event.type, event.node, event.data) for event in workflow.stream([5, 6])]
    assert found == [
        ("run.started", None, None),
        ("node.started", "each[0]/add", None),
        ("node.finished", "each[0]/add", 6),
        ("node.started", "each[1]/add", None),
        ("node.finished", "each[1]/add", 7),
        ("node.finished", "each", [6, 7]),
        ("run.finished", None, {"state": "succeeded"}),
    ]


def test_a_loop_runs_until_its_condition_holds() -> None:
    workflow: Workflow[Any, Any] = Workflow("improve", input=Draft)
    best = workflow.loop(
        lambda draft, turn: Draft(draft.score + 0.25, turn),
        until="state.score > 0.9",
        limit=10,
        name="best",
    )
    workflow.compute("turns", "best.turn")
    workflow.returns({"best": best, "turns": workflow["turns"]})
    assert workflow.run(Draft(0.25)) == {"best": Draft(1.0, 3), "turns": 3}
    # It runs once at least.
    assert workflow.run(Draft(5)) == {"best": Draft(5.25, 1), "turns": 1}


def test_a_loop_has_a_limit() -> None:
    for at_limit in ("raise", "keep"):
        workflow: Workflow[Any, Any] = Workflow("endless", input=int)
        workflow.loop(lambda n: n + 1, until="false", limit=3, name="count", at_limit=at_limit)
        if at_limit == "keep":
            assert workflow.run(0) == 3
            continue
        with pytest.raises(LoopLimitError, match="loop `count` was not over after 3 turns") as caught:
            workflow.run(0)
        assert caught.value.limit == 3


def test_a_workflow_runs_itself_to_a_depth() -> None:
    factorial: Workflow[Any, Any] = Workflow("factorial", input=dict[str, int])
    deeper = factorial.subworkflow(factorial, inputs={"n": ref("input.n") - 1}, name="deeper")
    factorial.route(when=[("input.n > 1", deeper)], default=None, name="more")
    factorial.compute("product", "has(deeper.n) ? {'n': input.n * deeper.n} : {'n': 1}")
    assert factorial.check() == []
    assert factorial.run({"n": 10}) == {"n": 3628800}
    with pytest.raises(NodeError, match="bodies nest more than 64 deep; let `factorial` come to an end"):
        factorial.run({"n": 100})


def test_the_input_and_the_result_of_a_body_are_checked() -> None:
    inner: Workflow[Any, Any] = Workflow("inner", input=Draft, output=float)

    @inner.node
    def score(input: Draft) -> Any:
        return input.score if input.score < 9 else "text"

    workflow: Workflow[Any, Any] = Workflow("outer", input=list[Any])
    workflow.map(inner, over=workflow.input, name="each")
    assert workflow.run([{"score": 1}, Draft(2)]) == [1, 2]
    with pytest.raises(OutputError, match=r"node `each\[1\]`: `item.score` is missing"):
        workflow.run([{"score": 1}, {"scor": 2}])
    with pytest.raises(OutputError, match=r"node `each\[0\]`: `the result`: expected number"):
        workflow.run([{"score": 9}])


def test_what_a_body_declares_later_reaches_those_who_run_it() -> None:
    inner: Workflow[Any, Any] = Workflow("inner", input=int)
    one = inner.compute("one", "input + 1")
    workflow: Workflow[Any, Any] = Workflow("outer", input=int)
    workflow.subworkflow(inner)
    assert workflow.run(1) == 2
    inner.compute("two", "one * 10")
    inner.returns(inner["two"])
    assert workflow.run(1) == 20
    with inner.override(one=5):
        assert workflow.run(1) == 50
    assert (workflow.run(1), one.name) == (20, "one")


def test_faults_name_the_node_inside() -> None:
    inner: Workflow[Any, Any] = Workflow("inner", input=Draft)
    inner.compute("wrong", "input.scores + 1")
    workflow: Workflow[Any, Any] = Workflow("outer", input=list[Draft])
    workflow.map(inner, over=workflow.input, name="each")
    workflow.map(lambda draft: draft, over="input.size()", name="of_a_number")
    workflow.map(lambda: 1, over=workflow.input, name="without_item")
    workflow.map(inner, over=[1, 2], name="of_numbers")
    workflow.loop(lambda state: 1, until="state", limit=5, start=1, name="no_condition")
    workflow.map(lambda x: x, over="item.x", name="no_item")
    workflow.returns(None)
    assert faults(workflow) == [
        ("unknown-field", "each/wrong"),
        ("wrong-type", "of_a_number"),
        ("no-item", "without_item"),
        ("type-mismatch", "of_numbers"),
        ("unknown-variable", "no_item"),
        ("unused-node", "no_item"),
    ]
    with pytest.raises(CheckError, match="each/wrong"):
        workflow.run([])


def test_names_that_have_a_value_elsewhere_are_told_so() -> None:
    inner: Workflow[Any, Any] = Workflow("inner", input=int)
    inner.compute("next", "item + 1")
    workflow: Workflow[Any, Any] = Workflow("outer", input=list[int])
    workflow.map(inner, over=workflow.input, until="state > 1")
    workflow.compute("size", "results.size()")
    remedies = {fault.node: fault.remedy for fault in workflow.check() if fault.code == "unknown-variable"}
    read = "; a workflow that is run there reads `input`"
    assert remedies == {
        "inner/next": f"`item` has a value only in the body of a map{read}",
        "inner": f"`state` has a value only in the body and `until` of a loop{read}",
        "size": "`results` has a value only in `until` of a map",
    }


def test_the_input_by_name_is_the_input_itself() -> None:
    workflow: Workflow[Any, Any] = Workflow("outer", input=list[Draft])
    workflow.map(lambda draft: draft, over="input", name="drafts")
    # Not its JSON form.
    assert workflow.run([Draft(1), Draft(2)]) == [Draft(1), Draft(2)]


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (
            lambda w: w.map(print, over=[], concurrency=0),
            "`concurrency` of `print` is a number from 1 to 100000",
        ),
        (lambda w: w.map(print, over=[], on_error="skip"), "'raise', 'keep' or 'drop', not 'skip'"),
        (lambda w: w.loop(print, until="true", limit=0), "`limit` of `print` is a number from 1 to 10000"),
        (lambda w: w.loop(print, until="true", limit=1, at_limit="stop"), "'raise' or 'keep', not 'stop'"),
        (
            lambda w: w.map(w, over=[], thread="caller"),
            "`thread` is for functions; set it at the nodes of `outer`",
        ),
        (lambda w: w.subworkflow(print), "a sub-workflow is a Workflow"),
        (lambda w: w.map(5, over=[]), "a node is made of a function, not of 5"),
        (lambda w: w.map(w, over=[])(1), "the body of `outer` is a workflow"),
    ],
)
def test_what_cannot_be_is_refused_at_once(declare: Any, message: str) -> None:
    workflow: Workflow[Any, Any] = Workflow("outer")
    with pytest.raises(DeclarationError, match=message.replace("(", r"\(")):
        declare(workflow)


def test_a_run_is_cancelled_amid_a_map() -> None:
    workflow: Workflow[Any, Any] = Workflow("long", input=list[int])
    under_way = threading.Event()

    @workflow.map(over=workflow.input, concurrency=100)
    async def sleeping(x: int) -> int:
        if x == 99:
            under_way.set()
        await asyncio.sleep(60)
        return x

    handle = workflow.start(list(range(1000)))
    assert under_way.wait(10)
    assert handle.cancel()
    with pytest.raises(RunCancelledError):
        handle.result(timeout=10)
