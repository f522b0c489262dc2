"""Random workflows give what a naive interpreter of their description gives."""

from __future__ import annotations

import functools
import json
import time
import warnings
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import anyio
import anyio.lowlevel
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from workflow_engine import (
    Context,
    Node,
    NodeError,
    OutputError,
    Retry,
    RouteError,
    RunHandle,
    Workflow,
)
from workflow_engine.place import Place
from workflow_engine.testing import relaxed, strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Labels = Literal["a", "b", "c"]
LABELS = ("a", "b", "c")


class BoomError(Exception):
    """What nodes fail with."""


# The description of a workflow. Nodes are numbered and read earlier ones; a route's cases name
# later ones.


@dataclass(frozen=True)
class Parameter:
    """Where a parameter gets its value: from the input, from one node or from several."""

    kind: Literal["input", "required", "optional", "list", "dict"]
    nodes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Step:
    """A node."""

    kind: Literal["call", "route", "join", "constant", "pick"]
    # Of calls.
    parameters: tuple[Parameter, ...] = ()
    after: tuple[int, ...] = ()
    gives: Literal["int", "text", "dict", "label"] = "int"
    declares: bool = False
    lies: bool = False
    failures: int = 0
    attempts: int = 1
    how: Literal["sync", "async", "caller"] = "sync"
    pauses: int = 0
    # Of routes, joins and picks. A route without sources looks at the input.
    sources: tuple[int, ...] = ()
    on: Literal["value", "number", "list", "literal", "fails"] = "value"
    cases: tuple[tuple[Any, tuple[int, ...]], ...] = ()
    default: tuple[int, ...] | None = ()
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Expected:
    """What a run gives: outputs by node, the nodes that are skipped and those that may fail."""

    outputs: dict[int, Any] = field(default_factory=dict)
    skipped: set[int] = field(default_factory=set)
    failing: dict[int, type[NodeError]] = field(default_factory=dict)


# What nodes compute, for the workflow and for the interpreter alike.


def digest(index: int, arguments: object) -> int:
    return zlib.crc32(json.dumps([index, arguments], sort_keys=True).encode())


def output_of(step: Step, index: int, arguments: list[Any]) -> Any:
    number = digest(index, arguments)
    if step.gives == "int":
        return number % 4
    if step.gives in ("text", "label"):
        return LABELS[number % 3]
    return {"number": number % 4, "items": [number % 3, LABELS[number % 3]]}


def choice_of(step: Step, index: int, value: object) -> Any:
    number = digest(index, value)
    if step.on == "fails":
        raise BoomError
    if step.on == "list":
        return [number % 3, (number + 1) % 3]
    return number % 3


# The interpreter. It visits nodes in their order, needs no queue and knows no time: a node that
# depends on one that fails is left out.


def interpret(
    steps: list[Step], value: int, given_outputs: Mapping[int, Any], only: tuple[int, ...] | None
) -> Expected:
    expected = Expected()
    chosen: dict[int, set[int]] = {}
    needed = needs(steps, given_outputs, only)
    for index, step in enumerate(steps):
        if index not in needed:
            continue
        try:
            if index in given_outputs:
                expected.outputs[index] = given_outputs[index]
            else:
                interpret_step(steps, index, value, chosen, expected)
            if index in expected.outputs and step.kind == "route":
                chosen[index] = select(step, expected.outputs[index])
        except BoomError:
            expected.failing[index] = NodeError
        except LookupError:
            # The node gave its output and fails as a route.
            expected.outputs.pop(index)
            expected.failing[index] = RouteError
    return expected


def interpret_step(
    steps: list[Step], index: int, value: int, chosen: dict[int, set[int]], expected: Expected
) -> None:
    step, outputs, skipped = steps[index], expected.outputs, expected.skipped
    required, optional = read_by(step)
    routes = routes_to(steps, index)
    decided = [route for route in routes if route in chosen or route in skipped]
    is_chosen = any(index in chosen.get(route, ()) for route in routes)
    if required & skipped or (routes and not is_chosen and len(decided) == len(routes)):
        skipped.add(index)
        return
    settled = (required | optional) <= outputs.keys() | skipped
    if not settled or (routes and not is_chosen):
        return
    if step.kind == "call":
        if step.failures >= step.attempts:
            raise BoomError
        if step.lies:
            expected.failing[index] = OutputError
        else:
            arguments = [argument(step, parameter, value, outputs) for parameter in step.parameters]
            outputs[index] = output_of(step, index, arguments)
    elif step.kind == "join":
        outputs[index] = {name(source): outputs[source] for source in step.sources if source in outputs}
    elif step.kind == "constant":
        outputs[index] = output_of(step, index, [])
    else:
        source = outputs[step.sources[0]] if step.sources else value
        if step.kind == "route":
            outputs[index] = source if step.on == "value" else choice_of(step, index, source)
        else:
            pick(step, index, source, expected)


def argument(step: Step, parameter: Parameter, value: int, outputs: dict[int, Any]) -> Any:
    there = [outputs[node] for node in parameter.nodes if node in outputs]
    if parameter.kind == "input":
        return value
    if parameter.kind == "list":
        return there
    if parameter.kind == "dict":
        return {f"k{number}": outputs[node] for number, node in enumerate(parameter.nodes) if node in outputs}
    return there[0] if there else "absent"


def pick(step: Step, index: int, source: Any, expected: Expected) -> None:
    for part in step.path:
        there = isinstance(source, dict) and part in source
        if isinstance(part, int):
            there = isinstance(source, list) and part < len(source)
        if not there:
            expected.failing[index] = NodeError
            return
        source = source[part]
    expected.outputs[index] = source


def select(step: Step, value: Any) -> set[int]:
    cases = dict(step.cases)
    found: set[int] = set()
    for item in value if isinstance(value, list) else [value]:
        known = isinstance(item, int | str) and item in cases
        targets = cases[item] if known else step.default
        if targets is None:
            raise LookupError(item)
        found.update(targets)
    return found


def read_by(step: Step) -> tuple[set[int], set[int]]:
    """Give the nodes with which a node is skipped, and those that it does without."""
    required: set[int] = set(step.after)
    optional: set[int] = set()
    for parameter in step.parameters:
        (required if parameter.kind == "required" else optional).update(parameter.nodes)
    (optional if step.kind == "join" else required).update(step.sources)
    return required, optional


def routes_to(steps: list[Step], index: int) -> list[int]:
    def names(step: Step) -> bool:
        return index in (step.default or ()) or any(index in targets for _, targets in step.cases)

    return [route for route, step in enumerate(steps) if step.kind == "route" and names(step)]


def needs(steps: list[Step], given_outputs: Mapping[int, Any], only: tuple[int, ...] | None) -> set[int]:
    if only is None:
        return set(range(len(steps)))
    found: set[int] = set()
    left = list(only)
    while left:
        index = left.pop()
        if index not in found:
            found.add(index)
            if index not in given_outputs:
                left.extend(set.union(*read_by(steps[index])))
                left.extend(routes_to(steps, index))
    return found


# The workflow.


def name(index: int) -> str:
    return f"n{index}"


def build(steps: list[Step]) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("random", input=int)

    def node(index: int) -> Node[Any]:
        return Node(workflow, name(index), Place("", 0, ""))

    for index, step in enumerate(steps):
        if step.kind == "call":
            add_call(workflow, index, step, node)
        elif step.kind == "join":
            workflow.join(name(index), *map(node, step.sources))
        elif step.kind == "constant":
            workflow.constant(name(index), output_of(step, index, []))
        elif step.kind == "pick":
            workflow.pick(name(index), node(step.sources[0]), *step.path)
        else:
            add_route(workflow, index, step, node)
    workflow.returns({name(index): node(index) for index in range(len(steps))})
    return workflow


def add_call(workflow: Workflow[Any, Any], index: int, step: Step, node: Callable[[int], Node[Any]]) -> None:
    def compute(*arguments: Any) -> Any:
        context = Context.current()
        assert context is not None
        assert context.node == name(index)
        if context.attempt <= step.failures:
            raise BoomError
        return b"a lie" if step.lies else output_of(step, index, list(arguments))

    async def compute_async(*arguments: Any) -> Any:
        for _ in range(step.pauses):
            await anyio.lowlevel.checkpoint()
        return compute(*arguments)

    def compute_sync(*arguments: Any) -> Any:
        if step.pauses:
            time.sleep(step.pauses * 0.0002)
        return compute(*arguments)

    def source(parameter: Parameter) -> object:
        nodes = [node(index) for index in parameter.nodes]
        if parameter.kind == "input":
            return workflow.input
        if parameter.kind == "dict":
            return {f"k{number}": member for number, member in enumerate(nodes)}
        return nodes if parameter.kind == "list" else nodes[0]

    # A function with as many parameters, some with defaults, as its description says.
    types = {"int": "int", "text": "str", "dict": "dict[str, Any]", "label": "Labels"}
    returns = f" -> {types[step.gives]}" if step.declares else ""
    names = [f"p{number}" for number in range(len(step.parameters))]
    written = [
        f'{parameter}="absent"' if step.parameters[number].kind == "optional" else parameter
        for number, parameter in enumerate(names)
    ]
    star = "*, " if any("=" in parameter for parameter in written) else ""
    head, call = ("async def", "await run") if step.how == "async" else ("def", "run")
    body = f"return {call}({', '.join(names)})"
    text = f"{head} {name(index)}({star}{', '.join(written)}){returns}: {body}"
    run = compute_async if step.how == "async" else compute_sync
    space: dict[str, Any] = {"run": run, "Any": Any, "Labels": Labels}
    exec(text, space)
    workflow.add_node(
        space[name(index)],
        inputs=dict(zip(names, map(source, step.parameters), strict=True)),
        after=list(map(node, step.after)),
        retry=Retry(attempts=step.attempts, delay=0, on=BoomError) if step.attempts > 1 else None,
        thread="caller" if step.how == "caller" else None,
    )


def add_route(workflow: Workflow[Any, Any], index: int, step: Step, node: Callable[[int], Node[Any]]) -> None:
    def choose(value: Any) -> Any:
        return choice_of(step, index, value)

    # The annotation is taken at its word; a value beyond it is found in the run.
    choose.__annotations__ = {"return": Literal[0, 1]} if step.on == "literal" else {}
    default: dict[str, Any] = {}
    if step.default is not None:
        default["default"] = list(map(node, step.default)) or None
    workflow.route(
        node(step.sources[0]) if step.sources else workflow.input,
        [(value, list(map(node, targets)) or None) for value, targets in step.cases],
        on=None if step.on == "value" else choose,
        name=name(index),
        **default,
    )


# Random descriptions. What is drawn first is what a failing example shrinks to.

RARELY = st.sampled_from([False] * 30 + [True])


@st.composite
def descriptions(draw: st.DrawFn) -> list[Step]:
    count = draw(st.integers(1, 9))
    return [draw(steps(index, count)) for index in range(count)]


def some(indexes: range, least: int = 0) -> st.SearchStrategy[tuple[int, ...]]:
    if not indexes:
        return st.just(())
    return st.lists(st.sampled_from(indexes), min_size=least, max_size=3, unique=True).map(tuple)


@st.composite
def steps(draw: st.DrawFn, index: int, count: int) -> Step:
    earlier, later = range(index), range(index + 1, count)
    kinds = ["join", "pick", "route", "route", "route"] if earlier else ["route"]
    kind = draw(st.sampled_from(["call"] * 6 + ["constant", *kinds]))
    if kind == "route":
        on: Any = draw(st.sampled_from(["value", "number", "list", "literal"]))
        if draw(RARELY):
            on = "fails"
        values: list[list[Any]] = [[0, 1]] if on == "literal" else [[0, 1, 2], [0, 1], ["a", "b"], ["a", 2]]
        is_open = on == "literal" and draw(st.booleans())
        return Step(
            "route",
            sources=draw(some(earlier))[:1],
            on=on,
            cases=tuple((value, draw(some(later))) for value in draw(st.sampled_from(values))),
            default=None if is_open else draw(some(later)),
        )
    if kind == "join":
        return Step("join", sources=draw(some(earlier)))
    if kind == "constant":
        return Step("constant", gives=draw(st.sampled_from(["int", "text", "dict"])))
    if kind == "pick":
        path = draw(st.sampled_from([("items", 1), (), ("number",)]))
        return Step("pick", sources=draw(some(earlier, 1))[:1], path=path)
    fails, lies = draw(RARELY), draw(RARELY)
    attempts = draw(st.sampled_from([1, 1, 2, 3]))
    return Step(
        "call",
        parameters=tuple(draw(st.lists(parameters(index), max_size=3))),
        after=draw(some(earlier)) if draw(st.sampled_from([False, False, True])) else (),
        gives=draw(st.sampled_from(["int", "text", "dict", "label"])),
        declares=lies or draw(st.booleans()),
        lies=lies,
        attempts=attempts,
        failures=attempts if fails else draw(st.integers(0, attempts - 1)),
        how=draw(st.sampled_from(["sync", "sync", "async", "caller"])),
        pauses=draw(st.sampled_from([0, 0, 1, 2])),
    )


@st.composite
def parameters(draw: st.DrawFn, index: int) -> Parameter:
    kinds = ["required", "optional", "list", "dict"] if index else []
    kind: Any = draw(st.sampled_from(["input", *kinds]))
    if kind == "input":
        return Parameter("input")
    nodes = draw(some(range(index), 1))
    return Parameter(kind, nodes[:1] if kind in ("required", "optional") else nodes)


# The tests.


@pytest.fixture(autouse=True)
def _without_warnings() -> Iterator[None]:
    # That a result may be skipped is what these workflows are about.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def checked(steps: list[Step]) -> Workflow[Any, Any]:
    """Build the workflow of a description, if some run can reach all of it."""
    workflow = build(steps)
    codes = {fault.code for fault in workflow.check() if fault.severity == "error"}
    assert codes <= {"unreachable"}
    assume(not codes)
    return workflow


def run(way: str, workflow: Workflow[Any, Any], value: int, **options: Any) -> Any:
    if way == "run":
        return workflow.run(value, **options)
    if way == "handle":
        return workflow.start(value, **options).result()
    return anyio.run(lambda: workflow.arun(value, **options), backend=way)


def assert_gives(
    act: Callable[[], Any],
    steps: list[Step],
    expected: Expected,
    only: tuple[int, ...] | None = None,
) -> None:
    if not expected.failing:
        wanted = range(len(steps)) if only is None else only
        outputs = {name(index): expected.outputs.get(index) for index in wanted}
        assert act() == (outputs[name(only[0])] if only and len(only) == 1 else outputs)
        return
    with pytest.raises(NodeError) as caught:
        act()
    error = caught.value
    failed = int(error.node[1:])
    assert type(error) is expected.failing.get(failed)
    step = steps[failed]
    if type(error) is NodeError and step.kind == "call":
        assert isinstance(error.__cause__, BoomError)
        assert error.attempt == step.attempts
    finished = {name(index): output for index, output in expected.outputs.items()}
    # The value that a route has no case for is a matter of its own.
    before = {node: output for node, output in error.outputs.items() if node != error.node}
    assert before == {node: finished[node] for node in before}


def assert_tells(
    handle: RunHandle[Any], steps: list[Step], expected: Expected, given_outputs: Mapping[int, Any]
) -> None:
    handle.events()
    if expected.failing:
        with pytest.raises(NodeError):
            handle.result()
        assert handle.state == "failed"
        return
    handle.result()
    assert handle.state == "succeeded"
    assert handle.outputs == {name(index): output for index, output in expected.outputs.items()}
    for index in range(len(steps)):
        status = handle.nodes[name(index)]
        if index in given_outputs and index in expected.outputs:
            assert status.state == "given"
        else:
            assert status.state == ("succeeded" if index in expected.outputs else "skipped")


run_settings = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@run_settings
@given(steps=descriptions(), value=st.integers(0, 3))
def test_all_ways_of_running_agree(steps: list[Step], value: int) -> None:
    workflow = checked(steps)
    expected = interpret(steps, value, {}, None)
    for mode in relaxed, strict:
        with mode():
            for way in "run", "handle", "asyncio", "trio":
                assert_gives(functools.partial(run, way, workflow, value), steps, expected)
            assert_tells(workflow.start(value), steps, expected, {})


@run_settings
@given(data=st.data(), steps=descriptions(), value=st.integers(0, 3))
def test_given_outputs_and_asking_for_some(data: st.DataObject, steps: list[Step], value: int) -> None:
    workflow = checked(steps)
    everything = range(len(steps))
    calls = [index for index in data.draw(some(everything), "given") if steps[index].kind == "call"]
    given_outputs = {index: output_of(steps[index], index, ["given"]) for index in calls}
    only = data.draw(st.none() | some(everything, 1), "only")
    expected = interpret(steps, value, given_outputs, only)
    options: dict[str, Any] = {
        "given": {name(index): output for index, output in given_outputs.items()},
        "only": None if only is None else [name(index) for index in only],
    }
    for mode in relaxed, strict:
        with mode():
            for way in "run", "asyncio":
                act = functools.partial(run, way, workflow, value, **options)
                assert_gives(act, steps, expected, only)
    assert_tells(workflow.start(value, **options), steps, expected, given_outputs)
