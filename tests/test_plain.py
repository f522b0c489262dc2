"""Inputs that the core validates by itself: what it accepts is what Python would make of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, NotRequired

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from workflow_engine import Workflow
from workflow_engine._core import parse_json, to_json
from workflow_engine.plain import text_form
from workflow_engine.schema import Misfit, Schema

if TYPE_CHECKING:
    from collections.abc import Callable


class Repo(TypedDict):
    name: str
    stars: NotRequired[int | None]


class Event(TypedDict, total=False):
    repo: Repo
    score: float
    tags: list[str]
    kind: Literal["push", "issue"]


class Strict(TypedDict):
    n: Annotated[int, Field(gt=3)]


class Endless(TypedDict, total=False):
    inner: Endless


class Model(BaseModel):
    n: int


Name = NewType("Name", str)

PUSH = {"repo": {"name": "r", "stars": 3.0, "more": [1.5]}, "score": 2, "kind": "push", "extra": None}


def through(form: Any, expression: str = "input") -> Callable[[Any], bytes | None]:
    """What the core gives by itself."""
    workflow: Workflow[Any, Any] = Workflow("w", input=form)
    workflow.compute("same", expression)
    plan = workflow._plan()
    return lambda value: plan.core.run_text(json.dumps(value), plan.taken, plan.given) if plan.taken else None


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        (Event, PUSH, PUSH | {"score": 2.0, "repo": {"name": "r", "stars": 3, "more": [1.5]}}),
        (Event, {"repo": {}}, None),
        (Event, {"score": "2"}, None),
        (list[Event], [{}, {"kind": "push"}], [{}, {"kind": "push"}]),
        (dict[str, list[float]], {"a": [1]}, {"a": [1.0]}),
        (dict[str, Any], {"a": [1]}, {"a": [1]}),
        (list[Name | None], ["a", None], ["a", None]),
        (float, 3, 3.0),
        (float | None, 3, 3.0),
        (int | float, 3, 3),
        (list[int | float], [3, 3.0], [3, 3.0]),
        # Of a plain type alone nothing is converted but this.
        (int, 3.0, None),
        (int | list[int], 3.0, None),
        (list[int], [3.0], [3]),
        (Any, 3, 3),
        # What pydantic knows more of.
        (Model, {"n": 1}, None),
        (Strict, {"n": 4}, None),
        (Endless, {}, None),
        (list[bool | int], [1], None),
        (list[list[int] | list[float]], [[1]], None),
        (tuple[int, ...], [1], None),
        (bytes, "YQ==", None),
    ],
)
def test_what_the_core_takes_by_itself(form: Any, value: Any, expected: Any) -> None:
    found = through(form)(value)
    assert repr(None if found is None else parse_json(found)) == repr(expected)


def test_a_declared_result_is_checked_by_the_core_too() -> None:
    workflow: Workflow[Any, Any] = Workflow("w", input=Event, output=dict[str, float])
    workflow.transform("card", {"score": workflow.input.score, "n": 3})
    plan = workflow._plan()
    assert plan.taken is not None
    assert plan.core.run_text('{"score": 1}', plan.taken, plan.given) == b'{"score":1.0,"n":3.0}'
    assert workflow.run_json('{"score": 1}') == b'{"score":1.0,"n":3.0}'
    assert workflow.run({"score": 1}) == {"score": 1.0, "n": 3.0}


SCALARS: list[Any] = [int, float, str, bool, None, Literal["a", "b"], Any]


def forms() -> st.SearchStrategy[Any]:
    def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        fields = st.dictionaries(st.sampled_from("abc"), st.tuples(inner, st.booleans()), max_size=3)
        return st.one_of(
            inner.map(lambda form: list[form]),  # type: ignore[valid-type]
            inner.map(lambda form: dict[str, form]),  # type: ignore[valid-type]
            st.lists(inner.filter(lambda form: form is not Any), min_size=2, max_size=3).map(union),
            fields.map(typed_dict),
        )

    return st.recursive(st.sampled_from(SCALARS), grown, max_leaves=5)


def union(forms: list[Any]) -> Any:
    first, *rest = [type(None) if form is None else form for form in forms]
    for form in rest:
        first = first | form
    return first


def typed_dict(fields: dict[str, tuple[Any, bool]]) -> Any:
    make: Any = TypedDict
    return make("Fields", {key: form if need else NotRequired[form] for key, (form, need) in fields.items()})


LEAVES = st.sampled_from([None, True, False, 0, 1, 3, -2, 1.0, 3.0, 2.5, "", "a", "b", "3", "true", 2**63])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=400)
@given(form=forms(), values=st.lists(VALUES, min_size=8, max_size=8))
def test_the_core_accepts_what_pydantic_makes_of_it(form: Any, values: list[Any]) -> None:
    schema = Schema(form)
    if text_form(form) is None:
        return
    run = through(form)
    for value in values:
        found = run(value)
        if found is None:
            continue
        try:
            made = schema.dump(schema.validate_json(json.dumps(value)))
        except Misfit as misfit:
            raise AssertionError(f"the core takes {value!r} as {form!r}, and pydantic does not") from misfit
        # Keys come in the order of the fields from pydantic.
        assert ordered(parse_json(found)) == ordered(parse_json(to_json(made)))


def ordered(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
