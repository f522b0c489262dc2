"""Native nodes that hold expressions: declared in Python, checked before they run, run in the core."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from workflow_engine import CheckError, DeclarationError, Expression, NodeError, Workflow, price, ref
from workflow_engine.names import node_fault


class Repo(BaseModel):
    name: str
    stars: int = Field(alias="stargazers", default=0)


class Event(BaseModel):
    repo: Repo
    kind: Literal["push", "issue"]
    score: float = 1.0
    tags: list[str] = []


PUSH = {"repo": {"name": "engine", "stargazers": 5}, "kind": "push", "tags": ["a", "b"]}


@pytest.fixture
def events() -> Workflow[Event, Any]:
    return Workflow("events", input=Event)


@pytest.fixture
def workflow() -> Workflow[Any, Any]:
    return Workflow("plain")


def faults(workflow: Workflow[Any, Any]) -> list[tuple[str, str, str, str]]:
    return [(fault.code, fault.node, fault.message, fault.remedy) for fault in workflow.check()]


def run_all_ways(workflow: Workflow[Any, Any], value: Any) -> Any:
    given = workflow.run(value)
    assert asyncio.run(workflow.arun(value)) == given
    assert json.loads(workflow.run_json(json.dumps(value))) == given
    return given


def test_expressions_see_the_json_form_of_everything_alike(events: Workflow[Event, Any]) -> None:
    @events.node
    def label(event: Event) -> Repo:
        return event.repo

    up = events.compute("up", "input.repo.name.upperAscii() + ':' + string(label.stargazers)")
    card = events.transform(
        "card",
        {
            "title": events.input.repo.name + " · " + ref("up"),
            "text": "input.repo",
            "number": 3,
            "first": events.input.tags[0],
            "whole": label,
            "list": [up, None, events.input["kind"]],
        },
    )
    events.returns(card)
    assert [fault for fault in events.check() if fault.severity == "error"] == []
    assert run_all_ways(events, PUSH) == {
        "title": "engine · ENGINE:5",
        "text": "input.repo",
        "number": 3,
        "first": "a",
        "whole": {"name": "engine", "stargazers": 5},
        "list": ["ENGINE:5", None, "push"],
    }


@dataclasses.dataclass
class Measured:
    x: float
    y: float | None = None
    more: list[float] = dataclasses.field(default_factory=list)


class Pair(NamedTuple):
    x: float
    y: int | float


class Fields(TypedDict):
    x: float
    more: dict[str, float]


class Scored(BaseModel):
    x: float
    measured: Measured | None = None


JSON_NUMBERS = {"properties": {"x": {"type": "number"}, "more": {"items": {"type": ["number", "null"]}}}}


@pytest.mark.parametrize(
    ("form", "values", "expected"),
    [
        (float, [3], "3.0"),
        (float | None, [3], "3.0"),
        (int | float, [3], "3"),
        (list[float], [[3]], "[3.0]"),
        (tuple[float, int], [(3, 4), [3, 4]], "[3.0, 4]"),
        (
            Measured,
            [Measured(3, 4, [5]), {"x": 3, "y": 4, "more": [5]}],
            "{'x': 3.0, 'y': 4.0, 'more': [5.0]}",
        ),
        (list[Measured], [[Measured(3)], [{"x": 3}]], "[{'x': 3.0, 'y': None, 'more': []}]"),
        (Pair, [Pair(3, 4), [3, 4]], "[3.0, 4]"),
        (Fields, [{"x": 3, "more": {"a": 4}}], "{'x': 3.0, 'more': {'a': 4.0}}"),
        (
            Scored,
            [Scored.model_construct(x=3, measured=Measured(4)), {"x": 3, "measured": {"x": 4}}],
            "{'x': 3.0, 'measured': {'x': 4.0, 'y': None, 'more': []}}",
        ),
        (JSON_NUMBERS, [{"x": 3, "n": 4, "more": [5, None]}], "{'x': 3.0, 'n': 4, 'more': [5.0, None]}"),
    ],
)
def test_a_declared_number_is_a_double_wherever_it_comes_from(
    form: Any, values: list[Any], expected: str
) -> None:
    def of(form: Any) -> Workflow[Any, Any]:
        if isinstance(form, dict):
            return Workflow.from_dict(
                {"workflow": "w", "version": 1, "input": form, "nodes": {"a": {"pick": "input"}}}
            )
        made: Workflow[Any, Any] = Workflow("w", input=form)
        made.pick("a", made.input)
        return made

    workflow = of(form)
    for value in values:
        assert repr(workflow.run(value)) == expected
    text = json.dumps(values[-1])
    assert repr(json.loads(workflow.run_json(text))) == expected
    if not isinstance(form, dict):
        given = Workflow[Any, Any]("outputs")

        def give() -> Any:
            return values[0]

        give.__annotations__ = {"return": form}
        given.pick("a", given.add_node(give))
        assert repr(given.run()) == expected


def test_what_is_absent_is_left_out(workflow: Workflow[Any, Any]) -> None:
    gone = Expression("input.?gone")
    workflow.compute("alone", gone)
    workflow.transform("card", {"a": gone, "b": [1, gone, {"c": gone}]})
    workflow.returns({"alone": workflow["alone"], "card": workflow["card"]})
    assert run_all_ways(workflow, {}) == {"alone": None, "card": {"b": [1, {}]}}
    assert run_all_ways(workflow, {"gone": 2}) == {
        "alone": 2,
        "card": {"a": 2, "b": [1, 2, {"c": 2}]},
    }


RESERVED = """
    input state item index turn results caller error true false null in as break const continue else for
    function if import let loop namespace package return var void while has cel int uint double bool string
    bytes list map type null_type timestamp duration optional size matches dyn tokens price math strings
    base64
"""
FREE = """
    all exists exists_one filter contains startsWith endsWith getDate getHours split join first last format
    value google proto regex sets lists encoders range dict template compute inputs items In Size maps
    count_tokens
"""


def test_a_node_has_any_name_that_expressions_can_read(workflow: Workflow[Any, Any]) -> None:
    reserved, free = RESERVED.split(), FREE.split()
    assert [name for name in reserved if (node_fault(name) or ("",))[0] != "reserved-name"] == []
    assert [name for name in free if node_fault(name) is not None] == []
    for number, name in enumerate(free):
        workflow.constant(name, {"x": number})
    shown = {name: f"{name}.x + 0 * size([{name}])" for name in free}
    workflow.transform("read", {name: Expression(text) for name, text in shown.items()})
    workflow.template("said", " ".join(f"{{{{ {name}.x }}}}" for name in free))
    workflow.returns({"read": workflow["read"], "said": workflow["said"]})
    given = run_all_ways(workflow, None)
    assert given["read"] == {name: number for number, name in enumerate(free)}
    assert given["said"] == " ".join(map(str, range(len(free))))


def test_a_price_is_that_of_the_start_of_the_run(workflow: Workflow[Any, Any]) -> None:
    # It costs less by night.
    usage = {"input_tokens": 1_000_000}
    workflow.transform("cost", {"dollars": Expression("price(input, 'deepseek-chat')")})
    known = [price(usage, "deepseek-chat").dollars]
    cost = [run_all_ways(workflow, usage)["dollars"]]
    known.append(price(usage, "deepseek-chat").dollars)
    assert {float(dollars or 0) for dollars in known} >= set(cost)


def test_a_route_by_conditions_takes_the_first_that_holds(workflow: Workflow[Any, Any]) -> None:
    parts = {name: workflow.constant(name, name) for name in ("many", "some", "none", "extra")}
    route = workflow.route(
        when=[("input.n > 10", parts["many"]), (ref("input.n") > 1, [parts["some"], parts["extra"]])],
        default=parts["none"],
        name="by_number",
    )
    workflow.returns({"route": route, **parts})
    with pytest.warns(UserWarning, match="skip"):
        ran = {n: run_all_ways(workflow, {"n": n}) for n in (11, 2, 0)}
    rest = dict.fromkeys(parts)
    assert ran[11] == rest | {"route": "input.n > 10", "many": "many"}
    assert ran[2] == rest | {"route": "input.n > 1", "some": "some", "extra": "extra"}
    assert ran[0] == rest | {"route": None, "none": "none"}
    with pytest.raises(NodeError, match="node `by_number`: no such key: `n`"):
        workflow.run({})


def test_a_route_by_an_expression_knows_its_values(events: Workflow[Event, Any]) -> None:
    done = events.constant("done", 1)
    events.route(events.input.kind, {"push": done})
    events.route(events.input.repo.stargazers > 3, {True: done}, name="popular")
    events.returns(done)
    assert [fault[:3] for fault in faults(events) if fault[0] == "unhandled-value"] == [
        ("unhandled-value", "route_input", '"issue" is not handled'),
        ("unhandled-value", "popular", "False is not handled"),
    ]


def test_an_expression_may_stand_in_inputs_of_a_python_node(events: Workflow[Event, Any]) -> None:
    @events.node(inputs={"title": events.input.repo.name + "!", "both": {"a": ref("input.score"), "b": 2}})
    def label(title: str, both: dict[str, Any]) -> str:
        return f"{title} {both}"

    assert run_all_ways(events, PUSH) == "engine! {'a': 1.0, 'b': 2}"

    @events.node(name="wrong", inputs={"title": events.input.repo.name, "n": events.input.tags})
    def wrong(title: int, n: list[Any]) -> int:
        return title

    assert [fault[:3] for fault in faults(events) if fault[0] == "type-mismatch"] == [
        ("type-mismatch", "wrong", "the expression gives `str`, and `title` takes `int`")
    ]


def test_a_node_that_is_asked_for_may_have_been_skipped(events: Workflow[Event, Any]) -> None:
    extra = events.constant("extra", {"people": ["ada"]})
    events.route(events.input.kind, {"push": extra, "issue": None})
    card = events.compute("card", "has(extra.people) ? extra.people : []")
    events.returns(card)
    assert run_all_ways(events, PUSH) == ["ada"]
    assert run_all_ways(events, PUSH | {"kind": "issue"}) == []


def test_a_failing_node_ends_the_run_with_its_words(events: Workflow[Event, Any]) -> None:
    stop = events.fail("stop", "'no ' + input.kind + ' from ' + input.repo.name")
    fine = events.constant("fine", 1)
    events.route(events.input.kind, {"push": fine, "issue": stop})
    events.returns(fine)
    with pytest.warns(UserWarning, match="skip"):
        assert events.run(PUSH) == 1
    with pytest.raises(NodeError, match=r"^node `stop`: no issue from engine$"):
        events.run(PUSH | {"kind": "issue"})


def test_every_mistake_in_an_expression_is_found_before_the_run(events: Workflow[Event, Any]) -> None:
    events.compute("field", "input.repo.nme")
    events.compute("alias", "input.repo.stars")
    events.compute("mixed", "input.repo.stargazers + input.score")
    events.compute("word", "done")
    events.compute("cut", "1 +")
    events.transform("inner", {"a": [ref("fild.x")], "b": {"c": ref("input.score") & True}})
    events.route(when=[("input.repo.name", None)], default=None, name="truth")
    events.compute("there", "back + 1")
    events.compute("back", "there")
    events.compute("chain", "inner_ok.titel")
    events.transform("inner_ok", {"title": events.input.repo.name})
    events.returns(None)
    found = {fault[1]: fault for fault in faults(events) if fault[0] != "unused-node"}
    assert {
        ("unknown-field", "field", "in `input.repo.nme`: no field `nme`; did you mean `name`?", ""),
        ("unknown-variable", "word", "in `done`: unknown variable `done`", "for text write \"'done'\""),
        ("invalid-expression", "cut", "in `1 +`: expected a value, found the end", ""),
        (
            "unknown-variable",
            "inner",
            "`a[0]`: in `fild.x`: unknown variable `fild`; did you mean `field`?",
            "",
        ),
    } <= set(faults(events))
    assert found["alias"][2].startswith("in `input.repo.stars`: no field `stars`")
    assert found["truth"][0] == "wrong-type"
    assert found["chain"][2] == "in `inner_ok.titel`: no field `titel`; did you mean `title`?"
    warned = [fault for fault in events.check() if fault.severity == "warning" and fault.node == "mixed"]
    assert "write `double(input.repo.stargazers)`" in warned[0].message
    assert any(fault[0] == "cycle" for fault in faults(events))
    with pytest.raises(CheckError):
        events.run(PUSH)


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda w: w.compute("x", 3), "what `x` computes is an expression"),
        (lambda w: w.transform("x", {"a": {1, 2}}), r"the shape of `x`: {1, 2} at `a` is neither JSON"),
        (lambda w: w.transform("x", {1: 2}), "keys are text, not 1"),
        (lambda w: w.route(when=[("a",)], name="x"), "`when[0]` is a pair"),
        (lambda w: w.route(when=[("true", None)]), "needs a name"),
        (lambda w: w.route(w.input, {}, when=[], name="x"), "by `when`, or by a value"),
        (lambda w: w.route(ref("a"), None), "`cases` is a mapping"),
        (lambda w: w.fail("x", None), "the message of `x` is an expression"),
    ],
)
def test_what_is_no_declaration_is_refused(workflow: Workflow[Any, Any], declare: Any, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare(workflow)
    assert message.replace("\\", "") in str(caught.value)


def test_native_nodes_can_be_replaced_like_others(events: Workflow[Event, Any]) -> None:
    up = events.compute("up", "input.repo.name")
    events.returns(events.transform("card", {"up": up}))

    def title(input: Event) -> str:
        return input.repo.name.title()

    with events.override(up=title):
        assert events.run(PUSH) == {"up": "Engine"}
    assert events.run(PUSH, given={"up": "given"}) == {"up": "given"}
    assert events.run(PUSH) == {"up": "engine"}


def test_a_value_without_a_case_names_it(workflow: Workflow[Any, Any]) -> None:
    one = workflow.constant("one", 1)
    workflow.route(ref("input.kind"), {"a": one}, default=None, name="known")
    route = workflow.route(when=[("input.kind == 'a'", one)], default=None, name="only")
    strict = workflow.route(ref("input.other"), {"x": one}, name="strict", default=None)
    workflow.returns({"route": route, "strict": strict, "one": one})
    with pytest.warns(UserWarning, match="skip"):
        assert workflow.run({"kind": "b", "other": 1}) == {"route": None, "strict": 1, "one": None}
    with pytest.raises(NodeError, match="node `strict`: no such key: `other`"):
        workflow.run({"kind": "a"})


def test_a_template_renders_text_and_messages(events: Workflow[Event, Any]) -> None:
    extra = events.constant("extra", {"people": ["ada"], "ratio": 3.0, "none": None})
    events.route(events.input.kind, {"push": extra, "issue": None})
    shown = "{% if extra is defined %}{{ extra }}{% else %}-{% endif %}"
    events.template("text", "{{ input.repo.name|upper }}: " + shown)
    prompt = events.template(
        "prompt",
        [
            {"role": "system", "content": "You know {{ input.repo.name }}."},
            {"role": "user", "content": [{"type": "text", "text": "{{ text }}"}]},
        ],
    )
    events.returns(prompt)

    def messages(text: str) -> list[dict[str, Any]]:
        system = {"role": "system", "content": "You know engine."}
        return [system, {"role": "user", "content": [{"type": "text", "text": text}]}]

    assert run_all_ways(events, PUSH) == messages('ENGINE: {"people":["ada"],"ratio":3.0,"none":null}')
    assert run_all_ways(events, PUSH | {"kind": "issue"}) == messages("ENGINE: -")

    events.template("wrong", "{{ txet }}")
    events.template("cut", "a\n{{ input.")
    found = {fault.node: fault.message for fault in events.check() if fault.severity == "error"}
    assert "names `txet`, which is no node and not `input`; did you mean `text`?" in found["wrong"]
    assert found["cut"].startswith("the template: line 2, column ")
    with pytest.raises(DeclarationError, match="is text or a list of messages"):
        events.template("x", 3)  # type: ignore[arg-type]


def test_a_template_that_lacks_a_field_says_where(workflow: Workflow[Any, Any]) -> None:
    workflow.returns(workflow.template("hello", "Hi\n{{ input.user.nme }}!"))
    with pytest.raises(NodeError) as caught:
        workflow.run({"user": {"name": "Ada"}})
    assert str(caught.value).startswith("node `hello`: `line 2, column")
    assert "did you mean `name`?" in str(caught.value)
