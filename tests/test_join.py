"""Joins that do not wait for all, ends, and cancellations: declared in Python, decided in the core."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from workflow_engine import DeclarationError, Workflow, ref


class Card(BaseModel):
    title: str


@pytest.fixture
def workflow() -> Workflow[Any, Any]:
    return Workflow("flow")


def faults(workflow: Workflow[Any, Any]) -> list[tuple[str, str, str, str]]:
    return [(fault.code, fault.node, fault.message, fault.remedy) for fault in workflow.check()]


def run_all_ways(workflow: Workflow[Any, Any], value: Any) -> Any:
    given = workflow.run(value)
    assert asyncio.run(workflow.arun(value)) == given
    assert json.loads(workflow.run_json(json.dumps(value))) == given
    return given


def states(workflow: Workflow[Any, Any], value: Any = None) -> dict[str, str]:
    handle = workflow.start(value)
    handle.result()
    return {name: status.state for name, status in handle.nodes.items()}


def chain(workflow: Workflow[Any, Any], *, native: bool = False) -> list[Any]:
    """Three nodes of which each comes after the one before."""
    nodes: list[Any] = []
    for name, before in (("a", "input"), ("b", "a"), ("c", "b")):
        if native:
            nodes.append(workflow.compute(name, f"{before} + 1"))
        else:
            source = nodes[-1] if nodes else workflow.input
            nodes.append(workflow.add_node(lambda x: x + 1, name=name, inputs={"x": source}))
    return nodes


# Joins.


@pytest.mark.parametrize(
    ("wait", "cancel", "expected", "rest"),
    [
        ("all", None, {"a": 1, "b": 2, "c": 3}, []),
        ("any", "rest", {"a": 1}, ["b", "c"]),
        (1, "rest", {"a": 1}, ["b", "c"]),
        (2, "rest", {"a": 1, "b": 2}, ["c"]),
        (3, "rest", {"a": 1, "b": 2, "c": 3}, []),
    ],
)
def test_a_join_waits_for_as_many_as_it_is_told(
    workflow: Workflow[Any, Any],
    wait: Literal["all", "any"] | int,
    cancel: Literal["rest"] | None,
    expected: Any,
    rest: list[str],
) -> None:
    workflow.returns(workflow.join("join", *chain(workflow), wait=wait, cancel=cancel))
    assert faults(workflow) == []
    assert run_all_ways(workflow, 0) == expected
    assert [name for name, state in states(workflow, 0).items() if state == "cancelled"] == rest


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_join_lets_the_others_go_on(workflow: Workflow[Any, Any], count: int, *, native: bool) -> None:
    nodes = chain(workflow, native=native)
    join = workflow.join("join", *nodes, wait=count)
    workflow.returns({"join": join, "c": nodes[-1]})
    result = run_all_ways(workflow, 0)
    assert result["c"] == 3
    assert len(result["join"]) >= count
    assert result["join"].items() <= {"a": 1, "b": 2, "c": 3}.items()
    assert set(states(workflow, 0).values()) == {"succeeded"}


def test_a_join_takes_what_there_is_when_no_more_can_come(workflow: Workflow[Any, Any]) -> None:
    x, y = (workflow.constant(name, name) for name in ("x", "y"))
    workflow.route(workflow.input, {"two": [x, y], "none": None}, default=x, name="route")
    workflow.returns(workflow.join("join", x, y, wait=2, cancel="rest"))
    assert [fault for fault in workflow.check() if fault.severity == "error"] == []
    assert run_all_ways(workflow, "one") == {"x": "x"}
    assert run_all_ways(workflow, "two") == {"x": "x", "y": "y"}
    assert run_all_ways(workflow, "none") == {}


def test_a_node_that_is_joined_twice_is_there_once(workflow: Workflow[Any, Any]) -> None:
    one = workflow.constant("one", 1)
    workflow.returns(workflow.join("join", one, one))
    assert workflow.run(None) == {"one": 1}


@pytest.mark.parametrize("kind", ["join", "cancel", "end"])
def test_a_coroutine_that_is_under_way_is_cancelled(workflow: Workflow[Any, Any], kind: str) -> None:
    heard: list[str] = []

    @workflow.node
    async def slow() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            heard.append("slow")
            raise
        return "slow"

    @workflow.node
    async def quick() -> str:
        await asyncio.sleep(0)
        return "quick"

    match kind:
        case "join":
            workflow.returns(workflow.join("join", slow, quick, wait="any", cancel="rest"))
        case "cancel":
            workflow.cancel("cancel", slow, after=quick)
            workflow.returns(quick)
        case _:
            workflow.end("end", {"quick": quick})
            workflow.returns(slow)
    expected: Any = {"cancel": "quick"}.get(kind, {"quick": "quick"})
    assert asyncio.run(workflow.arun(None)) == expected
    assert heard == ["slow"]
    # To a driver without a loop of its own it is the same.
    assert workflow.run(None) == expected


# Ends.


@pytest.mark.parametrize("native", [True, False])
def test_an_end_in_a_case_gives_the_result(workflow: Workflow[Any, Any], *, native: bool) -> None:
    a, b, c = chain(workflow, native=native)
    stop = workflow.end("stop", {"why": "too large", "at": ref("a"), "all": [a, None]})
    workflow.route(when=[("a > 10", stop)], default=b, name="route")
    workflow.returns(c)
    # A run without `c` is one with an end.
    assert faults(workflow) == []
    assert run_all_ways(workflow, 0) == 3
    assert run_all_ways(workflow, 10) == {"why": "too large", "at": 11, "all": [11, None]}


def test_an_end_is_reached_by_what_it_reads_or_waits_for(workflow: Workflow[Any, Any]) -> None:
    a, b, c = chain(workflow, native=True)
    workflow.end("first", "done", after=[a])
    workflow.compute("never", "b + c")
    del b, c
    workflow.returns(workflow["never"])
    assert run_all_ways(workflow, 0) == "done"
    by_reading: Workflow[Any, Any] = Workflow("reading")
    value = by_reading.constant("value", [1])
    by_reading.end("end", value)
    assert faults(by_reading) == []
    assert run_all_ways(by_reading, None) == [1]


def test_an_end_is_held_against_the_output() -> None:
    workflow = Workflow("cards", input=dict[str, Any], output=Card)

    @workflow.node
    def card(input: dict[str, Any]) -> Card:
        return Card(title=input["title"])

    none = workflow.end("none", {"title": "none"})
    workflow.route(when=[("has(input.title)", card)], default=none, name="route")
    assert faults(workflow) == []
    assert workflow.run({"title": "x"}) == Card(title="x")
    assert workflow.run({}) == Card(title="none")

    wrong = workflow.end("wrong", "input.title.size()")
    workflow.route(when=[("has(input.other)", wrong)], default=None, name="other")
    assert [fault[:3] for fault in faults(workflow)] == [
        ("output-mismatch", "wrong", "`wrong` gives `str`, and the workflow's output is `Card`")
    ]


def test_a_result_that_no_end_gives(workflow: Workflow[Any, Any]) -> None:
    stop = workflow.end("stop", 1)
    workflow.route(workflow.input, {"stop": stop}, default=None, name="route")
    assert faults(workflow) == [
        (
            "return-may-be-skipped",
            "",
            "some runs reach no end; their result is None",
            "return a node for them, or let a route's default lead to an end",
        )
    ]
    with pytest.warns(UserWarning, match="reach no end"):
        assert run_all_ways(workflow, "go") is None
    assert run_all_ways(workflow, "stop") == 1


# Cancellations.


def test_a_cancelled_node_is_skipped_to_those_who_read_it(workflow: Workflow[Any, Any]) -> None:
    a, b, c = chain(workflow)
    cancel = workflow.cancel("cancel", b, after=a)
    needs = workflow.compute("needs", "b")
    asks = workflow.template("asks", "{{ 'there' if b is defined else 'gone' }}")
    workflow.returns({"a": a, "c": c, "needs": needs, "asks": asks, "cancel": cancel})
    with pytest.warns(UserWarning, match="`cancel` may cancel it or what it needs"):
        result = run_all_ways(workflow, 0)
    assert result == {"a": 1, "c": None, "needs": None, "asks": "gone", "cancel": None}
    found = states(workflow, 0)
    assert [found[name] for name in ("b", "c", "needs")] == ["cancelled", "skipped", "skipped"]


def test_a_cancellation_in_a_case(workflow: Workflow[Any, Any]) -> None:
    a, b, c = chain(workflow)
    cancel = workflow.cancel("cancel", b)
    workflow.route(a, {5: cancel}, default=None, name="route")
    workflow.returns(workflow.join("join", a, c))
    assert run_all_ways(workflow, 0) == {"a": 1, "c": 3}
    assert run_all_ways(workflow, 4) == {"a": 5}


def test_explain_tells_who_cancelled(workflow: Workflow[Any, Any]) -> None:
    a, b, c = chain(workflow)
    workflow.cancel("cancel", b, after=a)
    workflow.returns(workflow.join("join", a, b, c, wait="any"))
    handle = workflow.start(0)
    handle.result()
    told = handle.explain()
    assert "stopped by `cancel`" in told
    assert "needs `b`, which was cancelled" in told


# What stands in their place does the same.


def test_replaced_nodes_keep_what_they_do(workflow: Workflow[Any, Any]) -> None:
    a, b, _ = chain(workflow)
    join = workflow.join("join", a, b, wait="any", cancel="rest")
    workflow.end("end", {"join": join})
    with workflow.override(join=lambda values: [*values], end=lambda join: [*join, "end"]):
        assert workflow.run(0) == ["a", "end"]
    with workflow.override(end="fixed"):
        assert workflow.run(0) == "fixed"


# What is wrong.


def test_what_cannot_be_declared(workflow: Workflow[Any, Any]) -> None:
    a, b, _ = chain(workflow, native=True)
    with pytest.raises(DeclarationError, match="no rest to cancel; let `wait` be 'any' or a number"):
        workflow.join("join", a, b, cancel="rest")
    for wait in (0, True, 1.0, "some", 2**40):
        with pytest.raises(DeclarationError, match="`wait` of the join `join` is 'all', 'any' or a number"):
            workflow.join("join", a, b, wait=wait)  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="'rest' or left out, not 'all'"):
        workflow.join("join", a, b, wait=1, cancel="all")  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="cancels nothing"):
        workflow.cancel("cancel", after=a)
    with pytest.raises(DeclarationError, match="`after` of node `cancel`"):
        workflow.cancel("cancel", a, after=1)  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="neither JSON nor an expression"):
        workflow.end("end", object())


def test_faults_of_flow(workflow: Workflow[Any, Any]) -> None:
    a, b, c = chain(workflow, native=True)
    workflow.join("many", a, b, wait=3)
    workflow.end("start", {"text": "x", "whole": workflow.input})
    workflow.cancel("alone", a)
    workflow.cancel("itself", "itself", after=a)  # type: ignore[arg-type]
    itself = workflow.cancel("again", a, ref("again"), after=[a])
    end = workflow.end("end", b)
    workflow.compute("late", "end + 1")
    workflow.end("broken", ref("c.x") + ref("gone"))
    workflow.returns({"c": c, "itself": itself, "end": end})
    waits = "waits for nothing, so it would run at the start"
    remedy = "name it in a case of a route, or write `after=node`"
    fewer = "name more members, or wait for fewer, but for one at least"
    under_way = "name nodes that may be under way then"
    found = faults(workflow)
    for expected in [
        ("join-count", "many", "`many` waits for 3 of 2 members", fewer),
        ("runs-at-start", "start", f"`start` {waits}", remedy),
        ("runs-at-start", "alone", f"`alone` {waits}", remedy),
        (
            "unknown-node",
            "itself",
            "`cancel` names 'itself', which is text and no node",
            'write `flow["itself"]`',
        ),
        ("needless-cancel", "again", "`again` cancels `a`, which it waits for", under_way),
        ("needless-cancel", "again", "`again` cancels itself", under_way),
        (
            "unreachable",
            "late",
            "`late` can never run: it needs `end`, after which the run is over",
            "read what `end` reads instead",
        ),
    ]:
        assert expected in found
    assert {code for code, node, _, _ in found if node == "broken"} == {"unknown-field", "unknown-variable"}


def test_an_end_that_no_run_reaches(workflow: Workflow[Any, Any]) -> None:
    kinds = Workflow("kinds", input=Literal["x", "y"])
    x, y = kinds.compute("x", "input"), kinds.compute("y", "input")
    kinds.route(kinds.input, {"x": x, "y": y})
    kinds.end("both", [x, y])
    kinds.returns(x, y)
    assert ("unreachable", "both") in {fault[:2] for fault in faults(kinds)}


# Drawings.


def test_the_graph_shows_them(workflow: Workflow[Any, Any]) -> None:
    a, b, c = chain(workflow, native=True)
    join = workflow.join("join", b, c, wait="any", cancel="rest")
    workflow.cancel("cancel", c, after=join)
    workflow.end("end", join)
    graph = workflow.to_graph()
    assert {node["name"]: node["kind"] for node in graph["nodes"]} == {
        "input": "input",
        **dict.fromkeys("abc", "compute"),
        "join": "join",
        "cancel": "cancel",
        "end": "end",
    }
    assert [(edge["source"], edge["target"], edge["kind"]) for edge in graph["edges"]][3:] == [
        ("b", "join", "first"),
        ("c", "join", "first"),
        ("join", "cancel", "after"),
        ("join", "end", "data"),
        ("cancel", "c", "cancel"),
    ]
    assert graph["returns"] is None
    assert 'n5 -.-x|"cancel"| n3' in workflow.to_mermaid()
    assert "<title>cancel to c: cancel, cancel</title>" in workflow.to_svg()
    del a
