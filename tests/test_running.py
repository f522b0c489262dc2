"""What `run` and its kin take, and what they give."""

from __future__ import annotations

import enum
import functools
import itertools
import re
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import anyio
import anyio.lowlevel
import pytest
from pydantic import BaseModel

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import (
    CheckError,
    Context,
    DeclarationError,
    InputError,
    JSONError,
    NodeError,
    NotFoundError,
    OutputError,
    Retry,
    RunTimeoutError,
    UsageError,
    Workflow,
)
from workflow_engine.testing import relaxed

if TYPE_CHECKING:
    from collections.abc import Callable


class Repo(BaseModel):
    name: str


class Event(BaseModel):
    repo: Repo
    number: int = 0


def events() -> Workflow[Event, str]:
    workflow = Workflow("events", input=Event, output=str)

    @workflow.node
    def title(event: Event) -> str:
        return f"{event.repo.name} #{event.number}"

    return workflow


# The input.


def test_an_instance_is_taken_as_it_is_and_anything_else_is_validated() -> None:
    workflow: Workflow[Event, Event] = Workflow("same", input=Event, output=Event)

    @workflow.node
    def same(event: Event) -> Event:
        return event

    event = Event(repo=Repo(name="a"))
    with relaxed():
        assert workflow.run(event) is event
    assert workflow.run({"repo": {"name": "a"}}) == event


def test_an_input_that_does_not_fit() -> None:
    with pytest.raises(InputError) as caught:
        events().run({"repo": {"name": 1}})
    assert str(caught.value) == (
        "`input.repo.name`: expected text, got number; the workflow's input is `Event` (fields: repo, number)"
    )
    assert caught.value.workflow == "events"
    assert caught.value.path == "input.repo.name"
    assert [error["path"] for error in caught.value.errors] == ["input.repo.name"]


def test_what_does_not_fit_is_told_once() -> None:
    workflow: Workflow[Any, Any] = Workflow("events", input=Event)

    @workflow.node
    def wrong(event: Event) -> int:
        return event.repo.name  # type: ignore[return-value]

    plain: Workflow[Any, Any] = Workflow("plain", input=int)
    plain.add_node(lambda input: input, name="same")  # noqa: A006
    ways: list[Callable[[], Any]] = [
        lambda: workflow.run({"repo": {}}),
        lambda: workflow.run_json(b'{"repo": {}}'),
        lambda: plain.run("text"),
        lambda: workflow.run({"repo": {"name": "a"}}),
        lambda: workflow.run({"repo": {"name": "a"}}, given={"wrong": "text"}),
    ]
    for way in ways:
        with pytest.raises((InputError, OutputError)) as caught:
            way()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


@on_every_loop
def test_all_ways_check_the_input(backend: str) -> None:
    workflow = events()
    wrong: dict[str, Any] = {"repo": {}}
    for start in (workflow.run, workflow.start, workflow.stream):
        with pytest.raises(InputError):
            start(wrong)

    async def main() -> None:
        for start in (workflow.arun, workflow.astart):
            with pytest.raises(InputError):
                await start(wrong)
        with pytest.raises(InputError):
            workflow.astream(wrong)

    run_on(backend, main)


@pytest.mark.parametrize("value", [None, "", "null", b"{}", 0, [1], {"a": 1}])
def test_without_an_input_type_every_value_is_taken(value: object) -> None:
    workflow: Workflow[Any, Any] = Workflow("any_value")

    @workflow.node
    def same(input: Any) -> Any:
        return input

    assert workflow.run(value) == value
    assert type(workflow.run(value)) is type(value)


def test_nothing_is_null() -> None:
    workflow: Workflow[Any, Any] = Workflow("nothing")

    @workflow.node
    def is_none(input: Any) -> bool:
        return input is None

    assert workflow.run() is True
    assert workflow.run_json() == b"true"
    assert workflow.run_json("") == b"true"
    assert workflow.run_json(b"null") == b"true"
    with pytest.raises(InputError):
        events().run()


# JSON in, JSON out.


@on_every_loop
def test_json_to_json(backend: str) -> None:
    workflow = events()
    text = b'{"repo": {"name": "\xc3\xa4"}, "number": 3}'
    expected = '"ä #3"'.encode()
    assert workflow.run_json(text) == expected
    assert workflow.run_json(text.decode()) == expected
    assert run_on(backend, lambda: workflow.arun_json(text)) == expected


@pytest.mark.parametrize(
    ("text", "line"), [(b"{", 1), (b'{"a": 1,\n"a": }', 2), (b"\xff", 1), (b"[" * 129, 1)]
)
def test_text_that_is_no_json(text: bytes, line: int) -> None:
    for workflow in (events(), Workflow("untyped")):
        if workflow.name == "untyped":
            workflow.constant("one", 1)
        with pytest.raises(JSONError) as caught:
            workflow.run_json(text)
        assert caught.value.workflow == workflow.name
        assert caught.value.line == line


def test_an_input_that_only_the_nodes_know() -> None:
    workflow: Workflow[Any, Any] = Workflow("undeclared")

    @workflow.node
    def first(input: list[int]) -> int:
        return len(input)

    expected = r"node `first`: `input\[1\]`: expected integer, got text; with `input=` `undeclared` would"
    with pytest.raises(InputError, match=expected) as caught:
        workflow.run([1, "x"])
    assert caught.value.workflow == "undeclared"
    assert caught.value.errors == [{"path": "input[1]", "message": "expected integer, got text"}]
    handle = workflow.start([1, "x"])
    failed = next(event for event in handle.events() if event.type == "node.failed")
    assert failed.data["error"] == "InputError"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_result_becomes_the_declared_output_or_is_refused(backend: str) -> None:
    workflow: Workflow[Any, Note] = Workflow("notes", output=Note)

    @workflow.node
    def write(input: dict[str, Any]) -> dict[str, Any]:
        return input

    ways: tuple[Any, ...] = (
        workflow.run,
        lambda value: workflow.start(value).result(),
        lambda value: run_on(backend, lambda: workflow.arun(value)),
        lambda value: next(workflow.batch([value])),
    )
    for run in ways:
        assert run({"text": "x"}) == Note(text="x")
        with pytest.raises(
            OutputError, match="the result of `notes` does not fit its output `Note`"
        ) as caught:
            run({"text": 5})
        assert caught.value.path == "output.text"
    assert workflow.run_json(b'{"text":"x","more":1}') == b'{"text":"x"}'
    with pytest.raises(OutputError):
        workflow.run_json(b"{}")


def test_a_join_hands_values_on_as_they_are() -> None:
    workflow: Workflow[Any, Any] = Workflow("joined")
    values = {"note": Note(text="x"), "when": timedelta(1), "thing": 1 + 2j}
    for name, value in values.items():
        workflow.add_node(lambda value: value, name=name, inputs={"value": value})
    workflow.join("joined_", *(workflow[name] for name in values))

    @workflow.node
    def texts(joined_: dict[str, Any]) -> str:
        return str(joined_["note"].text)

    workflow.join("of_joins", workflow["joined_"], texts)
    workflow.returns(workflow["of_joins"])
    assert workflow.run() == {"joined_": values, "texts": "x"}
    assert [node["kind"] for node in workflow.to_graph()["nodes"] if node["name"] == "joined_"] == ["join"]


def test_a_join_that_native_nodes_read() -> None:
    workflow: Workflow[Any, Any] = Workflow("joined")

    @workflow.node
    def note(input: str) -> Any:
        return Note(text=input) if input else object()

    workflow.join("both", note, workflow.constant("one", 1))
    workflow.pick("text", workflow["both"], "note", "text")
    workflow.returns(workflow["text"])
    assert workflow.run("x") == "x"
    with pytest.raises(NodeError, match="node `both` failed"):
        workflow.run("")


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_an_input_without_a_json_form_that_a_native_node_reads(value: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("native")
    workflow.pick("same", workflow.input)
    workflow.returns(workflow["same"])
    for run in (workflow.run, workflow.start):
        with pytest.raises(InputError, match="the input of `native` has no JSON form"):
            run(value)


def test_a_result_without_a_json_form() -> None:
    workflow: Workflow[Any, Any] = Workflow("no_json")

    @workflow.node
    def same(input: Any) -> Any:
        return {"a": [float("nan")]} if input == 1 else object()

    with pytest.raises(OutputError, match=r"\$\.a\[0\]"):
        workflow.run_json("1")
    with pytest.raises(OutputError):
        workflow.run_json("2")


# Options of a run.


@in_both_modes
def test_run_id_and_tags(mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("options")

    @workflow.node
    def about(input: Any, context: Context) -> tuple[str, dict[str, str]]:
        return context.run_id, context.tags

    with mode():
        assert workflow.run(run_id="own", tags={"a": "b"}) == ("own", {"a": "b"})
        ids = [workflow.run()[0] for _ in range(500)]
        later = []
        for _ in range(5):
            # They sort by the millisecond in which they were made.
            time.sleep(0.002)
            later.append(workflow.run()[0])
    assert len({*ids, *later}) == 505
    assert later == sorted(later)


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), "1", True])
def test_a_timeout_that_is_none(timeout: Any) -> None:
    with pytest.raises(DeclarationError, match="`timeout` is a number of seconds"):
        events().run({"repo": {"name": "a"}}, timeout=timeout)


@pytest.mark.parametrize("timeout", [0.02, timedelta(milliseconds=20)])
def test_a_timeout_as_a_number_or_a_timedelta(timeout: float | timedelta) -> None:
    workflow: Workflow[Any, Any] = Workflow("slow")
    gate = threading.Event()

    @workflow.node
    def blocks(input: Any) -> None:
        gate.wait(5)

    @workflow.node
    def before(input: Any) -> int:
        return 1

    workflow.returns(None)
    start = time.perf_counter()
    with pytest.raises(RunTimeoutError) as caught:
        workflow.run(timeout=timeout, run_id="own")
    gate.set()
    assert 0.02 <= time.perf_counter() - start < 2
    assert (caught.value.workflow, caught.value.run) == ("slow", "own")
    assert caught.value.outputs == {"before": 1}
    assert str(caught.value).endswith("did not finish before its deadline; still running: `blocks`")


# Outputs that are given, and nodes that are asked for.


class Score(BaseModel):
    value: int


def scoring() -> tuple[Workflow[Any, Any], list[str]]:
    workflow: Workflow[Any, Any] = Workflow("scoring")
    ran: list[str] = []

    @workflow.node
    def score(input: int) -> Score:
        ran.append("score")
        return Score(value=input)

    @workflow.node
    def twice(score: Score) -> int:
        ran.append("twice")
        return 2 * score.value

    @workflow.node
    def audit(score: Score) -> str:
        ran.append("audit")
        return f"audited {score.value}"

    workflow.returns({"twice": twice, "audit": audit})
    return workflow, ran


def test_given_outputs_are_validated_and_their_nodes_do_not_run() -> None:
    workflow, ran = scoring()
    expected = {"twice": 8, "audit": "audited 4"}
    assert workflow.run(1, given={"score": Score(value=4)}) == expected
    assert workflow.run(1, given={"score": {"value": 4}}) == expected
    assert "score" not in ran
    assert workflow.run(1, given={"twice": 0})["twice"] == 0
    with pytest.raises(OutputError, match="the output given for node `score` does not fit") as caught:
        workflow.run(1, given={"score": {"value": "text"}})
    assert (caught.value.node, caught.value.path) == ("score", "score.value")
    with pytest.raises(NotFoundError, match="has no node `scor`") as unknown:
        workflow.run(1, given={"scor": 1})
    assert unknown.value.known == ["score", "twice", "audit"]


def test_only_runs_what_is_needed() -> None:
    workflow, ran = scoring()
    assert workflow.run(3, only=["twice"]) == 6
    assert ran == ["score", "twice"]
    assert workflow.run(3, only=["twice", "score"]) == {"twice": 6, "score": Score(value=3)}
    assert workflow.run(3, only=["twice"], given={"score": {"value": 5}}) == 10
    with pytest.raises(NotFoundError):
        workflow.run(3, only=["nobody"])


def test_only_takes_nodes_and_what_they_were_made_of() -> None:
    workflow, ran = scoring()
    twice = workflow["twice"]
    for reference in (twice, twice.function):  # type: ignore[attr-defined]
        assert workflow.run(3, only=[reference]) == 6
        assert workflow.start(3, only=(reference,)).result() == 6
    assert workflow.run(3, only=[twice, workflow["score"]]) == {"twice": 6, "score": Score(value=3)}
    assert [event.node for event in workflow.stream(3, node=twice)] == ["twice"] * 2
    assert "audit" in ran


OTHER = Workflow("other").constant("three", 3)
WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"run_id": ""}, UsageError, "`run_id` of a run of `scoring` is text that is not empty, not ''"),
    ({"run_id": 3}, UsageError, "not 3; leave it out to have one made"),
    ({"tags": ["x"]}, UsageError, "`tags` of a run of `scoring` is a mapping of names to text, not ['x']"),
    ({"tags": {"x": 1}}, UsageError, "`tags['x']` of a run of `scoring` is text, and so is its name, not 1"),
    ({"given": ["a"]}, UsageError, "`given` of a run of `scoring` is a mapping of names of nodes to outputs"),
    ({"given": {1: 2}}, UsageError, "a key of `given` of a run of `scoring` is the name of a node, not 1"),
    (
        {"given": {"scor": 1}},
        NotFoundError,
        "workflow `scoring` has no node `scor`; did you mean `score`? (nodes: `score`, `twice`, `audit`)",
    ),
    ({"only": "twice"}, UsageError, "nodes or their names, not 'twice'; write `only=['twice']`"),
    ({"only": OTHER}, UsageError, "write `only=[three]`"),
    ({"only": [OTHER]}, UsageError, "`only` of a run of `scoring` is for nodes of this workflow"),
    ({"only": 3}, UsageError, "`only` of a run of `scoring` is a list of nodes or their names, not 3"),
    ({"only": ["twise"]}, NotFoundError, "has no node `twise`; did you mean `twice`?"),
]
WRONG_OF_EVENTS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"types": ["node.emited"]}, NotFoundError, "'node.emited'; did you mean `node.emitted`? (types: `run."),
    ({"types": "node.emitted"}, UsageError, "write `types=['node.emitted']`"),
    ({"types": 3}, UsageError, "`types` of a run of `scoring` is a list of types of events, not 3"),
    ({"node": "nope"}, NotFoundError, "workflow `scoring` has no node `nope` (nodes: `score`"),
    ({"node": OTHER}, UsageError, "`node` of a run of `scoring`"),
]


@pytest.mark.parametrize(("options", "error", "says"), WRONG, ids=lambda value: str(value)[:40])
def test_options_that_cannot_be(options: dict[str, Any], error: type[Exception], says: str) -> None:
    workflow, ran = scoring()
    ways: list[Callable[..., Any]] = [workflow.run, workflow.start, workflow.stream]
    if "run_id" not in options:
        ways += [functools.partial(way, on_error="drop") for way in (workflow.batch, workflow.abatch)]
    for way in ways:
        with pytest.raises(error, match=re.escape(says)):
            way([1], **options)
    for awaited in (workflow.arun, workflow.astart):
        with pytest.raises(error, match=re.escape(says)):
            anyio.run(functools.partial(awaited, 1, **options))
    assert ran == []


@pytest.mark.parametrize(("options", "error", "says"), WRONG_OF_EVENTS, ids=lambda value: str(value)[:40])
def test_events_that_cannot_be_wanted(options: dict[str, Any], error: type[Exception], says: str) -> None:
    workflow, _ = scoring()
    handle = workflow.start(1)
    ways: list[Callable[..., Any]] = [handle.events, handle.aevents]
    ways += [functools.partial(way, 1) for way in (workflow.stream, workflow.astream)]
    for way in ways:
        with pytest.raises(error, match=re.escape(says)):
            way(**options)
    handle.result()


@pytest.mark.parametrize("options", [{"concurrency": "2"}, {"concurrency": 0}, {"on_error": "stop"}])
def test_batches_that_cannot_be(options: dict[str, Any]) -> None:
    workflow, _ = scoring()
    argument = next(iter(options))
    for batch in (workflow.batch, workflow.abatch):
        with pytest.raises(DeclarationError, match=f"`{argument}` of a batch of `scoring` is .*, not "):
            batch([1], **options)


def test_values_are_no_json_text() -> None:
    workflow, _ = scoring()
    for value in ({"a": 1}, {}, 0):
        with pytest.raises(UsageError, match=r"`scoring` is to read JSON text, bytes or str, not (dict|int)"):
            workflow.run_json(value)  # type: ignore[arg-type]


def test_many_names_are_not_all_listed() -> None:
    workflow: Workflow[Any, Any] = Workflow("large")
    for number in range(3000):
        workflow.constant(f"n{number}", number)
    with pytest.raises(NotFoundError, match=r"\(nodes: `n0`, .*, `n11`, and 2,988 more\)$") as caught:
        workflow["zz"]
    assert len(caught.value.known) == 3000


@on_every_loop
def test_given_and_only_on_a_loop(backend: str) -> None:
    workflow, _ = scoring()

    async def main() -> int:
        return int(await workflow.arun(1, given={"score": {"value": 4}}, only=["twice"]))

    assert run_on(backend, main) == 8


def test_the_outputs_of_a_failed_run_can_be_given_to_the_next() -> None:
    workflow: Workflow[Any, Any] = Workflow("resume")
    ran: list[str] = []

    @workflow.node
    def costly(input: Any) -> dict[str, int]:
        ran.append("costly")
        return {"cost": 100}

    @workflow.node
    def fails_once(costly: dict[str, int]) -> int:
        ran.append("fails_once")
        if len(ran) == 2:
            raise ValueError
        return costly["cost"]

    with pytest.raises(NodeError) as caught:
        workflow.run()
    assert caught.value.outputs == {"costly": {"cost": 100}}
    assert workflow.run(given=caught.value.outputs) == 100
    assert ran == ["costly", "fails_once", "fails_once"]


# Routes and what is skipped.


class Note(BaseModel):
    text: str


class Kind(enum.Enum):
    PUSH = "push"
    ISSUE = "issue"


def naming(workflow: Workflow[Any, Any], *names: str) -> list[Any]:
    """Add nodes that give their names."""

    def make(name: str) -> Any:
        def give(input: Any) -> str:
            return name

        return workflow.add_node(give, name=name)

    return [make(name) for name in names]


@in_both_modes
def test_a_route_by_an_enum(mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("kinds")

    @workflow.node
    def kind(input: str) -> Kind:
        return Kind(input)

    push, issue, both = naming(workflow, "push", "issue", "both")
    workflow.route(kind, {Kind.PUSH: [push, both], Kind.ISSUE: [issue, both]})
    workflow.join("chosen", push, issue, both)
    workflow.returns({"chosen": workflow["chosen"], "route": workflow["route_kind"]})
    with mode():
        chosen = workflow.run("push")
        assert chosen == {"chosen": {"push": "push", "both": "both"}, "route": "push"}
        assert workflow.run("issue")["chosen"] == {"issue": "issue", "both": "both"}


def test_a_route_tells_one_from_true() -> None:
    workflow: Workflow[Any, Any] = Workflow("pairs")
    one, true, other = naming(workflow, "one", "true_", "other")
    workflow.route(workflow.input, [(1, one), (True, true)], default=other, name="choice")
    workflow.returns(one, true, other)
    assert [workflow.run(value) for value in (1, True, 0, False, 1.5, "1")] == [
        "one",
        "true_",
        "other",
        "other",
        "other",
        "other",
    ]


def test_a_list_chooses_every_case() -> None:
    workflow: Workflow[Any, Any] = Workflow("several")
    a, b, c = naming(workflow, "a", "b", "c")
    workflow.route(workflow.input, {"a": a, "b": b, "c": c}, default=None, name="choice")
    workflow.join("chosen", a, b, c)
    workflow.returns(workflow["chosen"])
    assert workflow.run(["a", "c", "z"]) == {"a": "a", "c": "c"}
    assert workflow.run([]) == {}
    assert workflow.run("b") == {"b": "b"}


def test_what_is_skipped() -> None:
    workflow: Workflow[Any, Any] = Workflow("skips")
    (left, right) = naming(workflow, "left", "right")
    workflow.route(workflow.input, {"left": left, "right": right}, default=None, name="choice")

    @workflow.node
    def needs_left(left: str) -> str:
        return "needs " + left

    @workflow.node(after=left)
    def after_left(input: Any) -> str:
        return "after"

    @workflow.node
    def does_without(left: str = "no left", right: str | None = None) -> tuple[str, str | None]:
        return left, right

    @workflow.node(inputs={"there": [left, right], "named": {"l": left, "r": right}})
    def gathers(there: list[str], named: dict[str, str]) -> tuple[list[str], dict[str, str]]:
        return there, named

    names = ["needs_left", "after_left", "does_without", "gathers"]
    workflow.returns({name: workflow[name] for name in names})
    with pytest.warns(UserWarning, match="some runs skip it"):
        workflow.run("left")
    assert workflow.run("left") == {
        "needs_left": "needs left",
        "after_left": "after",
        "does_without": ("left", None),
        "gathers": (["left"], {"l": "left"}),
    }
    assert workflow.run("none") == {
        "needs_left": None,
        "after_left": None,
        "does_without": ("no left", None),
        "gathers": ([], {}),
    }
    handle = workflow.start("right")
    handle.result()
    states = {name: status.state for name, status in handle.nodes.items()}
    assert states == {
        "left": "skipped",
        "right": "succeeded",
        "choice": "succeeded",
        "needs_left": "skipped",
        "after_left": "skipped",
        "does_without": "succeeded",
        "gathers": "succeeded",
    }


def test_a_given_route_chooses() -> None:
    workflow: Workflow[Any, Any] = Workflow("given")
    left, right = naming(workflow, "left", "right")
    workflow.route(workflow.input, {"left": left, "right": right}, default=None, on=str.lower, name="choice")
    workflow.join("chosen", left, right)
    workflow.returns(workflow["chosen"])
    assert workflow.run("LEFT") == {"left": "left"}
    assert workflow.run("LEFT", given={"choice": "right"}) == {"right": "right"}


# The result.


def test_shapes_of_the_result() -> None:
    def make() -> tuple[Workflow[Any, Any], Any, Any]:
        workflow: Workflow[Any, Any] = Workflow("shapes")
        return workflow, *naming(workflow, "a", "b")

    workflow, a, b = make()
    workflow.returns(a)
    assert workflow.run() == "a"
    workflow, a, b = make()
    workflow.returns({"first": a, "second": b})
    assert workflow.run() == {"first": "a", "second": "b"}
    workflow, a, b = make()
    workflow.returns(None)
    assert workflow.run() is None
    workflow, a, b = make()
    workflow.route(workflow.input, {True: a, False: b}, default=None, name="choice")
    workflow.returns(a, b)
    with pytest.warns(UserWarning, match="some runs reach none"):
        assert workflow.run(True) == "a"
    assert workflow.run(False) == "b"
    assert workflow.run("neither") is None


def test_every_node_runs_also_those_that_the_result_does_not_need() -> None:
    workflow: Workflow[Any, Any] = Workflow("effects")
    effects: list[str] = []

    @workflow.node
    def result(input: Any) -> int:
        return 1

    @workflow.node
    def effect(input: Any) -> None:
        time.sleep(0.01)
        effects.append("effect")

    workflow.returns(result)
    assert workflow.run() == 1
    assert effects == ["effect"]


def test_native_nodes() -> None:
    workflow: Workflow[Any, Any] = Workflow("native", input=Event)

    @workflow.node
    def source(event: Event) -> Event:
        return event

    workflow.constant("fixed", {"a": [1, 2]})
    workflow.pick("inner", workflow["fixed"], "a", 1)
    workflow.pick("repo_name", workflow.input, "repo", "name")
    workflow.join("together", source, workflow["inner"], workflow["repo_name"])
    workflow.returns(workflow["together"])
    event = Event(repo=Repo(name="x"), number=2)
    assert workflow.run(event) == {"source": event, "inner": 2, "repo_name": "x"}
    text = b'{"source":{"repo":{"name":"x"},"number":2},"inner":2,"repo_name":"x"}'
    assert workflow.run_json(event.model_dump_json()) == text


def test_a_pick_of_what_is_not_there() -> None:
    workflow: Workflow[Any, Any] = Workflow("native")
    workflow.constant("fixed", {"a": 1})
    workflow.pick("inner", workflow["fixed"], "b")
    workflow.returns({"inner": workflow["inner"]})
    with pytest.raises(NodeError, match=r"node `inner`: `fixed\.b` not there, in object") as caught:
        workflow.run()
    assert (caught.value.node, caught.value.path) == ("inner", "fixed.b")


# Retries.


@in_both_modes
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_waits_of_a_retry(kind: str, mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("retry")
    times: list[float] = []

    def fails() -> None:
        times.append(time.perf_counter())
        if len(times) < 4:
            raise ConnectionError

    def sync_node(input: Any) -> None:
        fails()

    async def async_node(input: Any) -> None:
        fails()
        await anyio.lowlevel.checkpoint()

    retry = Retry(attempts=4, delay=0.01, factor=3, max_delay=0.02, jitter="none")
    workflow.add_node(sync_node if kind == "sync" else async_node, name="node", retry=retry)
    with mode():
        workflow.run()
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    for waited, least in zip(waits, [0.01, 0.02, 0.02], strict=True):
        assert least <= waited < least + 0.04


def test_what_is_tried_again() -> None:
    def attempts(error: Exception, **options: Any) -> int:
        workflow: Workflow[Any, Any] = Workflow("retry")
        made: list[int] = []

        @workflow.node(retry=Retry(attempts=3, delay=0, **options))
        def fails(input: Any) -> None:
            made.append(1)
            raise error

        with pytest.raises(NodeError):
            workflow.run()
        return len(made)

    assert attempts(ConnectionResetError()) == 3
    assert attempts(TimeoutError()) == 3
    assert attempts(ValueError()) == 1
    assert attempts(ValueError(), on=ValueError) == 3
    assert attempts(KeyError(), on=(ValueError, LookupError)) == 3
    assert attempts(ConnectionError(), on=ValueError) == 1
    assert attempts(ValueError("yes"), on=lambda error: str(error) == "yes") == 3
    assert attempts(ValueError("no"), on=lambda error: str(error) == "yes") == 1
    assert attempts(InputError("never"), on=Exception) == 1


# Plans.


def test_a_declaration_after_a_run_makes_a_new_plan_and_running_runs_keep_theirs() -> None:
    workflow: Workflow[Any, Any] = Workflow("growing")
    begun, gate = threading.Event(), threading.Event()

    @workflow.node
    def first(input: Any) -> int:
        begun.set()
        gate.wait(5)
        return 1

    handle = workflow.start()
    assert begun.wait(5)

    @workflow.node
    def second(first: int) -> int:
        return first + 1

    gate.set()
    assert handle.result() == 1
    assert workflow.run() == 2


def test_a_workflow_with_errors_is_refused_by_every_way() -> None:
    workflow: Workflow[Any, Any] = Workflow("faulty")

    @workflow.node
    def lonely(nobody: int) -> int:
        return nobody

    for start in (workflow.run, workflow.start, workflow.stream, workflow.run_json):
        with pytest.raises(CheckError, match="no node `nobody`"):
            start()
    with pytest.raises(CheckError):
        workflow.batch([1])


def test_every_thread_may_be_the_first_to_run() -> None:
    for _ in range(20):
        workflow: Workflow[Any, Any] = Workflow("fresh")
        made: list[int] = []
        naming(workflow, "only")
        start = threading.Barrier(4)

        def run(workflow: Workflow[Any, Any], start: threading.Barrier, made: list[int]) -> None:
            start.wait(5)
            assert workflow.run() == "only"
            made.append(1)

        threads = [threading.Thread(target=run, args=(workflow, start, made)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [1] * 4


def test_a_literal_route_needs_no_default() -> None:
    workflow: Workflow[Any, Any] = Workflow("literal")

    @workflow.node
    def kind(input: str) -> Literal["a", "b"]:
        return "a" if input == "a" else "b"

    a, b = naming(workflow, "when_a", "when_b")
    workflow.route(kind, {"a": a, "b": b})
    workflow.returns(a, b)
    assert [workflow.run("a"), workflow.run("z")] == ["when_a", "when_b"]
