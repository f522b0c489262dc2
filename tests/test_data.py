"""Workflows as data: what is read, what is written, and what is said about the rest."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from pydantic import BaseModel

from workflow_engine import (
    CheckError,
    DeclarationError,
    Expression,
    InputError,
    OutputError,
    Retry,
    Workflow,
    register_node,
)
from workflow_engine._core import NODES_MAX
from workflow_engine.data.published import json_schema

if TYPE_CHECKING:
    from collections.abc import Callable


def label_card(card: dict[str, Any]) -> dict[str, Any]:
    return card | {"label": "small"}


def shout(text: str, times: int = 1) -> str:
    return text.upper() * times


FUNCTIONS: dict[str, Any] = {"label_card": label_card, "shout": shout}

FOLDER = Path(__file__).parent / "data"
TRIAGE = (FOLDER / "triage.yaml").read_text(encoding="utf-8")


def load(tmp_path: Path, text: str, name: str = "flow.yaml") -> Workflow[Any, Any]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return Workflow.from_file(file, nodes=FUNCTIONS)


def faults_of(tmp_path: Path, text: str, name: str = "flow.yaml") -> list[str]:
    try:
        faults = load(tmp_path, text, name).check()
    except CheckError as error:
        faults = error.faults
    lines = (str(fault).partition(f"{name}:")[2] for fault in faults if fault.severity == "error")
    return [re.sub(r"\n.*", "", line) for line in lines]


@pytest.mark.filterwarnings("ignore:.*return-may-be-skipped")
def test_the_example_of_the_docs_runs(tmp_path: Path) -> None:
    triage = load(tmp_path, TRIAGE)
    warning = "11:10: warning: some runs reach none of the nodes in `returns`"
    assert [warning in str(fault) for fault in triage.check()] == [True]
    push = {"type": "PushEvent", "repo": {"name": "r"}, "payload": {"commits": [{"message": "m"}]}}
    assert triage.run(push) == {"title": "r", "commits": ["m"], "label": "small"}
    assert triage.run_json(json.dumps({"type": "Fork", "actor": {"login": "ada"}})) == b'"ada did Fork"'
    assert triage["label"].retry == Retry(attempts=3)  # type: ignore[attr-defined]
    assert triage.input_schema == {"type": "object", "required": ["type"]}
    again = load(tmp_path, triage.to_yaml(), "again.yaml")
    assert again.to_dict() == triage.to_dict()


def test_the_docs_show_it() -> None:
    docs = (FOLDER.parents[1] / "docs" / "workflows-as-data.md").read_text(encoding="utf-8")
    assert docs.partition("```yaml\n")[2].startswith(TRIAGE)


def test_json_files_are_read_too(tmp_path: Path) -> None:
    triage = load(tmp_path, TRIAGE)
    assert load(tmp_path, json.dumps(triage.to_dict()), "flow.json").to_dict() == triage.to_dict()
    assert faults_of(tmp_path, '{"workflow": "t",\n "version": 1,}', "flow.json") == [
        "2:15: error: not JSON: trailing comma [not-json]"
    ]


def nodes(*lines: str) -> str:
    """A file of these nodes."""
    return "workflow: t\nversion: 1\nnodes:\n" + "".join(f"  {line}\n" for line in lines)


def broken_files() -> list[Any]:
    cases = []
    blocks = (FOLDER / "broken_files.txt").read_text(encoding="utf-8").split("\n=== ")[1:]
    for block in blocks:
        title, _, rest = block.partition("\n")
        text, _, expected = rest.rpartition("---\n")
        cases.append(pytest.param(text, expected.splitlines(), id=title))
    return cases


@pytest.mark.parametrize(("text", "expected"), broken_files())
def test_what_is_said_of_a_broken_file(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert faults_of(tmp_path, text) == [line for line in expected if line]


def test_faults_of_plain_data_have_their_paths() -> None:
    with pytest.raises(CheckError) as caught:
        Workflow.from_dict({"workflow": "t", "version": 1, "nodes": {"a": {"transform": [1, {"x": "nope"}]}}})
    (fault,) = caught.value.faults
    assert (fault.path, fault.column, fault.node) == ("nodes.a.transform[1].x", 0, "a")
    assert Path(fault.file) == Path(__file__)
    assert "error in `a` at `nodes.a.transform[1].x`: `nope` is no node" in str(fault)
    for wrong in ({1: 2}, {"workflow": {1}}, {"a": float("nan")}, object()):
        with pytest.raises(CheckError, match="the data is not JSON"):
            Workflow.from_dict(wrong)
    data = {"workflow": "t", "version": 1, "nodes": {"a": {"constant": [1]}}}
    workflow = Workflow.from_dict(data)
    data["nodes"]["a"]["constant"].append(2)  # type: ignore[index]
    assert workflow.run() == [1]


def test_functions_are_registered_never_imported(tmp_path: Path) -> None:
    @register_node(name="registered_here")
    def local(text: str) -> str:
        return text[::-1]

    workflow = load(tmp_path, nodes("a: {python: registered_here, inputs: {text: input}}"))
    assert workflow.run("abc") == "cba"
    assert workflow.to_dict()["nodes"]["a"]["python"] == "registered_here"
    with pytest.raises(DeclarationError, match="another function is registered"):
        register_node(name="registered_here")(lambda text: text)
    with pytest.raises(FileNotFoundError):
        Workflow.from_file(tmp_path / "nowhere.yaml")


def test_an_input_is_checked_by_its_json_schema(tmp_path: Path) -> None:
    text = nodes('a: {compute: "input.name"}').replace(
        "nodes",
        """\
input:
  type: object
  properties:
    name: {type: string}
    size: {enum: [1, 2, null]}
    tags: {type: array, items: {type: string}}
    at: {anyOf: [{type: integer}, {$ref: "#/$defs/word"}]}
  required: [name]
  additionalProperties: false
  $defs: {word: {const: now}}
output: {type: [string, "null"]}
nodes""",
    )
    workflow = load(tmp_path, text)
    assert workflow.run({"name": "x", "size": None, "tags": ["a"], "at": "now"}) == "x"
    for wrong, said in [
        ({"name": 1}, "`input.name`: expected text, got"),
        ({}, "`input.name`"),
        ({"name": "x", "more": 1}, "`input.more`"),
        ({"name": "x", "size": 3}, "`input.size`"),
        ({"name": "x", "tags": [1]}, "input.tags[0]"),
        ({"name": "x", "at": "then"}, "`input.at`"),
    ]:
        with pytest.raises(ValueError, match=re.escape(said)):
            workflow.run(wrong)
        with pytest.raises(ValueError, match=re.escape(said)):
            workflow.run_json(json.dumps(wrong))


def shown(value: Any) -> str:
    return repr(value)


class Point(BaseModel):
    x: float
    at: dt.date = dt.date(2026, 1, 2)


def test_an_input_of_json_schema_is_json_whatever_came(tmp_path: Path) -> None:
    text = nodes("a: {python: kinds, inputs: {value: input}}", 'b: {compute: "input"}')
    schema = "{properties: {x: {type: number}, at: {type: string, minLength: 3}, n: {multipleOf: 2}}}"
    text = text.replace("nodes", f"input: {schema}\nnodes", 1)
    file = tmp_path / "flow.yaml"
    file.write_text(text + "returns: {a: a, b: b}\n", encoding="utf-8")
    workflow = Workflow.from_file(file, nodes={"kinds": shown})
    made = {"x": 3.0, "at": "2026-01-02"}
    for value in (Point(x=3), {"x": 3, "at": dt.date(2026, 1, 2)}, made):
        assert workflow.run(value) == {"a": repr(made), "b": made}
    assert json.loads(workflow.run_json('{"x": 3, "at": "2026-01-02"}')) == {"a": repr(made), "b": made}
    for wrong, said in [
        (
            {"at": "1"},
            "`input.at`: expected at least 3 characters, got 1; the workflow's input is `input` (fi",
        ),
        (
            {"n": 3, "x": "1"},
            "`input.n`: expected a multiple of 2, got 3; `input.x`: expected number, got text",
        ),
        ({"x": float("nan")}, "`input`: expected JSON, and $.x: NaN has no JSON form"),
        ({"x": object()}, "`input`: expected JSON, and Unable to serialize unknown type"),
    ]:
        with pytest.raises(InputError, match=re.escape(said)):
            workflow.run(wrong)
    output = Workflow.from_dict(
        {"workflow": "w", "version": 1, "output": {"maxLength": 3}, "nodes": {"a": {"pick": "input"}}}
    )
    assert output.run_json('"abc"') == b'"abc"'
    with pytest.raises(OutputError, match="`output`: expected at most 3 characters, got 4"):
        output.run_json('"abcd"')


def test_a_schema_that_explodes_ends() -> None:
    definitions: dict[str, Any] = {
        f"d{level}": {
            "type": "object",
            "properties": {key: {"$ref": f"#/$defs/d{level + 1}"} for key in "abc"},
        }
        for level in range(24)
    }
    schema = {"$ref": "#/$defs/d0", "$defs": definitions | {"d24": {"type": "string"}}}
    data = {"workflow": "w", "version": 1, "input": schema, "nodes": {"a": {"compute": "input.a"}}}
    assert Workflow.from_dict(data).run({"a": {}}) == {}
    definitions["d24"] = {"$ref": "#/$defs/d0"}
    endless = Workflow.from_dict(data | {"input": {"$ref": "#/$defs/d0", "$defs": definitions}})
    deep: Any = 1
    for level in range(50):
        deep = {"abc"[level % 3]: deep}
    with pytest.raises(InputError, match=r"`input\.b\.a\.c[.abc]*`: expected object, got integer"):
        endless.run(deep)
    assert endless.run({"a": {"b": {}}}) == {"b": {}}


def test_what_data_cannot_say_is_refused() -> None:
    workflow: Workflow[Any, Any] = Workflow("w")
    workflow.add_node(lambda: 1, name="a")
    with pytest.raises(DeclarationError, match="node `a` cannot be written: its function has no name"):
        workflow.to_dict()
    other: Workflow[Any, Any] = Workflow("w")
    a = other.constant("a", {"k": "x"})
    other.route(a, {"x": None}, on=lambda a: a["k"].upper(), default=None)
    with pytest.raises(
        DeclarationError, match="node `route_a` cannot be written: the route asks the function"
    ):
        other.to_dict()
    third: Workflow[Any, Any] = Workflow("w")
    third.add_node(shout, inputs={"text": dt.date(2026, 1, 1)})
    with pytest.raises(DeclarationError, match="node `shout` cannot be written"):
        third.to_yaml()


def test_an_expression_of_a_name_alone_stays_one() -> None:
    workflow: Workflow[Any, Any] = Workflow("w")
    workflow.constant("a", "x")
    workflow.add_node(shout, inputs={"text": Expression("a"), "times": 1})
    data = workflow.to_dict()
    assert data["nodes"]["shout"]["inputs"] == {"text": "(a)", "times": 1}
    again = Workflow.from_dict(data, nodes=FUNCTIONS)
    assert (again.to_dict(), again.to_graph()) == (data, workflow.to_graph())


FLOW = """\
workflow: flow
version: 1
nodes:
  cache: {compute: "input"}
  archive: {compute: "cache + 1"}
  found: {join: [cache, archive], wait: 1, cancel: rest}
  enough: {cancel: archive, after: [found]}
  by_size: {route: cache, cases: [{value: 0, to: nothing}, {value: 1, to: enough}], default: null}
  nothing: {end: {text: "'nothing'", found: found, count: 0}, after: archive}
returns: found
"""


@pytest.mark.filterwarnings("ignore:.*return-may-be-skipped")
def test_joins_ends_and_cancellations_in_data(tmp_path: Path) -> None:
    flow = load(tmp_path, FLOW)
    assert [fault for fault in flow.check() if fault.severity == "error"] == []
    data = flow.to_dict()
    jsonschema.validate(data, json_schema())
    assert data["nodes"]["found"] == {"join": ["cache", "archive"], "wait": 1, "cancel": "rest"}
    assert data["nodes"]["enough"] == {"cancel": ["archive"], "after": ["found"]}
    assert data["nodes"]["nothing"] == {
        "end": {"text": "'nothing'", "found": "found", "count": 0},
        "after": ["archive"],
    }
    again = load(tmp_path, flow.to_yaml(), "again.yaml")
    assert again.to_dict() == data
    assert again.to_graph() == flow.to_graph()
    assert again.run(5)["cache"] == 5
    for wrong in ({"cancel": "all"}, {"wait": 0}, {"wait": "some"}):
        node = {"join": ["cache"], "wait": 1} | wrong
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(data | {"nodes": {"found": node}}, json_schema())


# The published schema.


def test_the_schema_is_one_and_fits_what_is_read() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    triage = Workflow.from_dict(
        {
            "workflow": "t",
            "version": 1,
            "nodes": {"a": {"constant": 1}, "b": {"route": "a", "cases": [{"value": 1, "to": None}]}},
        }
    )
    jsonschema.validate(triage.to_dict(), schema)
    wrong = {"workflow": "t", "version": 1, "nodes": {"a": {"constant": 1, "join": []}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_no_key_of_the_format_is_a_boolean_of_yaml() -> None:
    def keys(schema: Any) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(keys, schema))
        if not isinstance(schema, dict):
            return set()
        return set(schema.get("properties", ())) | keys(list(schema.values()))

    words = {"on", "off", "yes", "no", "y", "n", "true", "false", "null"}
    assert not {key.lower() for key in keys(json_schema())} & words


@pytest.mark.parametrize("kind", ["compute", "pick", "transform", "join"])
def test_a_long_chain_in_any_order(kind: str) -> None:
    count = 2_000
    links: dict[str, Callable[[int], Any]] = {
        "compute": lambda at: {"compute": f"n{at} + 1"},
        "pick": lambda at: {"pick": f"n{at}"},
        "transform": lambda at: {"transform": [f"n{at}[0]"]},
        "join": lambda at: {"join": [f"n{at}"]},
    }
    chain = {f"n{at}": links[kind](at + 1) for at in range(count)}
    data = {
        "workflow": "w",
        "version": 1,
        "nodes": chain | {f"n{count}": {"constant": [1] if kind == "transform" else 1}},
        "returns": "n0",
    }
    assert [fault for fault in Workflow.from_dict(data).check() if fault.severity == "error"] == []


def test_too_many_nodes_are_a_fault() -> None:
    data = {
        "workflow": "w",
        "version": 1,
        "nodes": {f"n{at}": {"constant": at} for at in range(NODES_MAX + 1)},
    }
    codes = {fault.code for fault in Workflow.from_dict(data).check() if fault.severity == "error"}
    assert "too-many-nodes" in codes


def test_reading_data_is_loaded_when_it_is_used() -> None:
    code = (
        "import sys, workflow_engine; print([name for name in sys.modules if name.endswith('_engine.data')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("None", "1:61: error in `a`: `None` is no node (nodes: `a`; input: `input`); write `null`"),
        (
            "len(input.x)",
            "1:61: error in `a`: in `len(input.x)`: unknown function `len`; did you mean `size`?",
        ),
        ("input.x and 1", "1:69: error in `a`: expected an operator or the end, found `and`; and is `&&`"),
    ],
)
def test_words_of_python_are_answered_with_those_of_expressions(
    tmp_path: Path, expression: str, said: str
) -> None:
    text = json.dumps({"workflow": "t", "version": 1, "nodes": {"a": {"compute": expression}}})
    (fault,) = faults_of(tmp_path, text)
    assert fault.startswith(said)


def test_returns_takes_no_list() -> None:
    workflow: Workflow[Any, Any] = Workflow("w")
    nodes = [workflow.constant("a", 1), workflow.constant("b", 2)]
    with pytest.raises(DeclarationError, match=r"one by one.*returns\(a, b\)"):
        workflow.returns(nodes)  # type: ignore[call-overload]
