"""Random nests of maps, loops and sub-workflows, against what they mean, from Python, bytes and data."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workflow_engine import Expression, LoopLimitError, NodeError, Workflow

if TYPE_CHECKING:
    from collections.abc import Callable


class Failed(Exception):
    """A node fails."""


SKIPPED: Any = object()
"""What a node has that was skipped."""


def size(x: Any) -> int:
    if isinstance(x, str | list | dict):
        return len(x)
    raise Failed


def is_int(x: Any) -> bool:
    return type(x) is int


# Expressions of a value, and what they mean. The checker would find some of their faults: `dyn` hides them.
VALUES: dict[str, Callable[[Any], Any]] = {
    "{x}": lambda x: x,
    "[{x}]": lambda x: [x],
    "{{'v': {x}}}": lambda x: {"v": x},
    "type(dyn({x})) == int ? dyn({x}) + 1 : 0": lambda x: x + 1 if is_int(x) else 0,
    "dyn({x}).size()": size,
}
LISTS: dict[str, Callable[[Any], Any]] = {
    "[]": lambda _: [],
    "[{x}, {x}]": lambda x: [x, x],
    "[1, {x}, 'b']": lambda x: [1, x, "b"],
    "dyn({x})": lambda x: x,
}
TESTS: dict[str, Callable[[Any], bool]] = {
    "type(dyn({x})) == int": is_int,
    "type(dyn({x})) == list": lambda x: isinstance(x, list),
    "dyn({x}) == null": lambda x: x is None,
    "true": lambda _: True,
    "false": lambda _: False,
}


class Compute(NamedTuple):
    text: str

    def meaning(self, x: Any) -> Any:
        return SKIPPED if x is SKIPPED else VALUES[self.text](x)


class Assert(NamedTuple):
    text: str

    def meaning(self, x: Any) -> Any:
        if x is SKIPPED and "{x}" in self.text:
            return SKIPPED
        if TESTS[self.text](x):
            return True
        raise Failed


class Branch(NamedTuple):
    """A node that a route chooses or does not; perhaps with a join."""

    text: str
    joins: bool

    def meaning(self, x: Any) -> Any:
        chosen = x is not SKIPPED and TESTS[self.text](x)
        if self.joins:
            return [x] if chosen else []
        return x if chosen else SKIPPED


class Sub(NamedTuple):
    body: Recipe

    def meaning(self, x: Any) -> Any:
        return SKIPPED if x is SKIPPED else meaning(self.body, x)


class Map(NamedTuple):
    body: Recipe
    over: str
    concurrency: int
    on_error: str
    most: int | None

    def meaning(self, x: Any) -> Any:
        if x is SKIPPED and "{x}" in self.over:
            return SKIPPED
        items, results = LISTS[self.over](x), []
        if not isinstance(items, list):
            raise Failed
        for item in items:
            try:
                results.append(meaning(self.body, item))
            except Failed:
                if self.on_error == "raise":
                    raise
                if self.on_error == "keep":
                    results.append({"error": ...})
            if len(results) == self.most:
                break
        return results


class Loop(NamedTuple):
    body: Recipe
    until: str
    limit: int
    at_limit: str

    def meaning(self, x: Any) -> Any:
        if x is SKIPPED:
            return SKIPPED
        for _ in range(self.limit):
            x = meaning(self.body, x)
            if TESTS[self.until](x):
                return x
        if self.at_limit == "raise":
            raise Failed
        return x


Step = Compute | Assert | Branch | Sub | Map | Loop


class Recipe(NamedTuple):
    """A workflow or body: each step reads what the one before gave, the first one the input."""

    steps: list[Step]


def meaning(recipe: Recipe, x: Any) -> Any:
    for step in recipe.steps:
        x = step.meaning(x)
    return None if x is SKIPPED else x


def _recipes(depth: int) -> st.SearchStrategy[Recipe]:
    flat = (
        st.builds(Compute, st.sampled_from([*VALUES]))
        | st.builds(Assert, st.sampled_from([*TESTS]))
        | st.builds(Branch, st.sampled_from([*TESTS]), st.booleans())
    )
    if depth == 0:
        return st.builds(Recipe, st.lists(flat, min_size=1, max_size=2))
    body = _recipes(depth - 1)
    most = st.tuples(st.integers(1, 3), st.none()) | st.tuples(st.just(1), st.integers(1, 2))
    maps = st.builds(
        lambda most, **options: Map(concurrency=most[0], most=most[1], **options),
        most,
        body=body,
        over=st.sampled_from([*LISTS]),
        on_error=st.sampled_from(["raise", "keep", "drop"]),
    )
    loops = st.builds(
        Loop, body, st.sampled_from([*TESTS]), st.integers(1, 3), st.sampled_from(["raise", "keep"])
    )
    return st.builds(Recipe, st.lists(flat | st.builds(Sub, body) | maps | loops, min_size=1, max_size=3))


def python(recipe: Recipe, names: list[str]) -> Workflow[Any, Any]:
    """Declare it in Python, where every body is a workflow."""
    workflow: Workflow[Any, Any] = Workflow(f"w{len(names)}")
    names.append(workflow.name)
    x, last = "input", None
    for number, step in enumerate(recipe.steps):
        name = f"n{number}"
        match step:
            case Compute(text):
                last = workflow.compute(name, text.format(x=x))
            case Assert(text):
                last = workflow.assert_(name, text.format(x=x))
            case Branch(text, joins):
                last = workflow.compute(f"c{number}" if joins else name, x)
                workflow.route(when=[(text.format(x=x), last)], default=None, name=f"r{number}")
                if joins:
                    workflow.join(f"j{number}", last)
                    last = workflow.compute(name, f"j{number}.transformList(k, v, v)")
            case Sub(body):
                last = workflow.subworkflow(python(body, names), inputs=Expression(x), name=name)
            case Map(body, over, concurrency, on_error, most):
                until = None if most is None else f"results.size() == {most}"
                last = workflow.map(  # type: ignore[call-overload]
                    python(body, names),
                    over=over.format(x=x),
                    concurrency=concurrency,
                    on_error=on_error,
                    until=until,
                    name=name,
                )
            case Loop(body, until, limit, at_limit):
                last = workflow.loop(  # type: ignore[call-overload]
                    python(body, names),
                    start=Expression(x),
                    until=until.format(x="state"),
                    limit=limit,
                    at_limit=at_limit,
                    name=name,
                )
        x = name
    assert last is not None
    workflow.returns(last)
    return workflow


def inlined(recipe: Recipe, x: str, workflows: dict[str, Any]) -> dict[str, Any]:
    """Write it as data, where bodies of maps and loops stand inside; their nodes hide those around them."""
    nodes: dict[str, Any] = {}
    for number, step in enumerate(recipe.steps):
        name = f"n{number}"
        match step:
            case Compute(text):
                nodes[name] = {"compute": text.format(x=x)}
            case Assert(text):
                nodes[name] = {"assert": text.format(x=x)}
            case Branch(text, joins):
                chosen = f"c{number}" if joins else name
                nodes[chosen] = {"compute": x}
                route = [{"when": text.format(x=x), "to": chosen}]
                nodes[f"r{number}"] = {"route": route, "default": None}
                if joins:
                    nodes[f"j{number}"] = {"join": [chosen]}
                    nodes[name] = {"compute": f"j{number}.transformList(k, v, v)"}
            case Sub(body):
                called = f"s{len(workflows)}"
                workflows[called] = None
                workflows[called] = inlined(body, "input", workflows)
                nodes[name] = {"subworkflow": called, "inputs": x}
            case Map(body, over, concurrency, on_error, most):
                nodes[name] = {
                    "map": inlined(body, "item", workflows),
                    "over": over.format(x=x),
                    "concurrency": concurrency,
                    "on_error": on_error,
                }
                if most is not None:
                    nodes[name]["until"] = f"results.size() == {most}"
            case Loop(body, until, limit, at_limit):
                nodes[name] = {
                    "loop": inlined(body, "state", workflows),
                    "start": x,
                    "until": until.format(x="state"),
                    "limit": limit,
                    "at_limit": at_limit,
                }
        x = name
    return {"nodes": nodes, "returns": x}


def unnamed(value: Any) -> Any:
    """Leave out what an error says."""
    if isinstance(value, dict):
        if value.keys() == {"error"}:
            return "an error"
        return {key: unnamed(inner) for key, inner in value.items()}
    return [unnamed(inner) for inner in value] if isinstance(value, list) else value


def given_by(run: Callable[[], Any]) -> Any:
    """What a run gives, as text, or how it fails."""
    try:
        value = run()
    except (Failed, NodeError, LoopLimitError):
        return "failed"
    return json.dumps(unnamed(json.loads(value) if isinstance(value, bytes) else value))


INPUTS = st.sampled_from([0, 7, None, "text", [], [1, "a"], {"k": [2]}])


@pytest.mark.filterwarnings("ignore:.*warning")
@settings(
    max_examples=int(os.environ.get("WORKFLOW_ENGINE_RANDOM_WORKFLOWS", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(recipe=_recipes(3), inputs=st.lists(INPUTS, min_size=2, max_size=3))
def test_a_nest_of_bodies_means_the_same_everywhere(
    tmp_path_factory: pytest.TempPathFactory, recipe: Recipe, inputs: list[Any]
) -> None:
    workflow = python(recipe, [])
    file = tmp_path_factory.mktemp("bodies") / "w.yaml"
    file.write_text(workflow.to_yaml(), encoding="utf-8")
    workflows: dict[str, Any] = {}
    main = inlined(recipe, "input", workflows)
    written = {"workflow": "w", "version": 1, "workflows": workflows} | main
    data = Workflow.from_dict(written)
    again = Workflow.from_dict(data.to_dict())
    assert again.to_dict() == data.to_dict()
    for each in (workflow, Workflow.from_file(file), data, again):
        for value in inputs:
            expected = given_by(lambda value=value: meaning(recipe, value))  # type: ignore[misc]
            assert given_by(lambda value=value, each=each: each.run(value)) == expected  # type: ignore[misc]
            text = json.dumps(value)
            assert given_by(lambda text=text, each=each: each.run_json(text)) == expected  # type: ignore[misc]
