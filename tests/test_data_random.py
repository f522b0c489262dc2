"""Random workflows through data and back, and files that were damaged at random."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from test_data import FUNCTIONS, TRIAGE, shout
from workflow_engine import CheckError, Expression, Retry, Workflow, ref
from workflow_engine.data.kinds import KINDS
from workflow_engine.data.published import json_schema

if TYPE_CHECKING:
    from pathlib import Path

# Export and import.

TEXTS = st.sampled_from(["x", "it's", "yes", "a: b", "# c", "é\n", "", "'", "\\", "1", "null", "input"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
RETRIES = st.builds(
    Retry,
    attempts=st.integers(1, 5),
    delay=st.sampled_from([0.5, 1.0]),
    jitter=st.sampled_from(["full", "none"]),
    on=st.sampled_from([None, ConnectionError, (ValueError, TimeoutError)]),
)


# Faults that come of knowing more.
TYPES = {"unknown-field", "output-mismatch", "type-mismatch", "wrong-type", "unhandled-value"}


@st.composite
def workflows(draw: st.DrawFn) -> Workflow[Any, Any]:
    """Workflows of every kind of node, sound or not."""
    types: dict[str, Any] = draw(st.sampled_from([{}, {"input": dict[str, int], "output": str}]))
    workflow: Workflow[Any, Any] = Workflow("w", **types)
    made: list[Any] = []
    for number in range(draw(st.integers(1, 8))):
        name = f"n{number}"
        source = draw(st.sampled_from([workflow.input, *made]))
        reference = source.name if source in made else "input"
        some = draw(st.lists(st.sampled_from(made), max_size=3, unique=True)) if made else []
        target = st.none() | st.sampled_from(made) | st.just(some) if made else st.none()
        default = {"default": draw(target)} if draw(st.booleans()) else {}
        match draw(st.sampled_from([*KINDS, "route", "python"])):
            case "constant":
                node: Any = workflow.constant(name, draw(VALUES))
            case "join":
                wait: Any = draw(st.sampled_from(["all", "any", 1, 2]))
                cancel: Any = draw(st.sampled_from([None, "rest"])) if wait != "all" else None
                node = workflow.join(name, *some, wait=wait, cancel=cancel)
            case "end":
                node = workflow.end(name, draw(VALUES | st.just({"x": ref(reference)})), after=some)
            case "cancel" if some:
                node = workflow.cancel(name, *some, after=draw(st.sampled_from(made)))
            case "pick":
                node = workflow.pick(name, source, *draw(st.lists(TEXTS | st.integers(0, 3), max_size=2)))
            case "compute":
                node = workflow.compute(
                    name, draw(st.sampled_from([reference, f"{reference} == 1 ? 'a' : 'b'"]))
                )
            case "template":
                line = f"a {{{{ {reference} }}}}\n: b"
                texts: list[Any] = [line, [{"role": "user", "content": line}]]
                node = workflow.template(name, draw(st.sampled_from(texts)))
            case "assert":
                keys: dict[str, Any] = draw(st.sampled_from([{}, {"schema": {"type": ["integer", "null"]}}]))
                message = draw(st.sampled_from([None, f"'no ' + string({reference})"]))
                node = workflow.assert_(name, f"{reference} == 1", message=message, **keys)
            case "fail":
                node = workflow.fail(name, f"'no ' + string({reference})")
            case "transform":
                leaves = st.just(ref(reference)) | st.just(Expression(f"{reference}.x + ' # y: z'")) | TEXTS
                node = workflow.transform(name, draw(st.dictionaries(TEXTS, VALUES | leaves, max_size=3)))
            case "route" if draw(st.booleans()):
                whens = st.lists(
                    st.tuples(st.sampled_from([f"{reference} == 1", "true"]), target), max_size=2
                )
                node = workflow.route(when=draw(whens), name=name, **default)
            case "route":
                values = draw(st.lists(TEXTS | st.booleans() | st.integers(), max_size=3, unique_by=repr))
                on = draw(st.sampled_from([None, lambda value: value.label]))
                node = workflow.route(
                    source, [(v, draw(target)) for v in values], name=name, on=on, **default
                )
            case _:
                options: dict[str, Any] = draw(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "inputs": st.fixed_dictionaries(
                                {
                                    "text": st.just(source)
                                    | TEXTS
                                    | st.just([source, 1, "x"])
                                    | st.just(ref(reference))
                                },
                                optional={"times": st.integers()},
                            ),
                            "after": st.just(some),
                            "retry": RETRIES,
                            "timeout": st.sampled_from([1, 2.5]),
                            "thread": st.just("caller"),
                        },
                    )
                )
                node = workflow.add_node(shout, name=name, **options)
        made.append(node)
    match draw(st.integers(0, 3)):
        case 0:
            workflow.returns(draw(st.sampled_from(made)))
        case 1:
            workflow.returns(
                {name: draw(st.sampled_from(made)) for name in draw(st.lists(TEXTS, min_size=1, max_size=2))}
            )
        case 2:
            workflow.returns(None)
    return workflow


def said(workflow: Workflow[Any, Any]) -> set[tuple[str, str]]:
    return {(fault.code, fault.node) for fault in workflow.check()}


@pytest.mark.filterwarnings("ignore:.*warning")
@settings(
    max_examples=int(os.environ.get("WORKFLOW_ENGINE_RANDOM_WORKFLOWS", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(workflow=workflows())
def test_export_and_import_lose_nothing(
    tmp_path_factory: pytest.TempPathFactory, workflow: Workflow[Any, Any]
) -> None:
    data = workflow.to_dict()
    jsonschema.validate(data, json_schema())
    file = tmp_path_factory.mktemp("data") / "w.yaml"
    file.write_text(workflow.to_yaml(), encoding="utf-8")
    for again in (Workflow.from_dict(data, nodes=FUNCTIONS), Workflow.from_file(file, nodes=FUNCTIONS)):
        assert again.to_dict() == data
        assert said(workflow) <= said(again)
        # Of what a route looks at, an expression knows more than a function.
        assert {code for code, _ in said(again) - said(workflow)} <= TYPES
        if not any(fault.severity == "error" for fault in again.check()):
            assert graph_of(again) == graph_of(workflow)


def graph_of(workflow: Workflow[Any, Any]) -> Any:
    graph = workflow.to_graph()
    # The type of an input is a JSON Schema's after the way through data.
    return (
        [{k: v for k, v in node.items() if k != "output"} for node in graph["nodes"]],
        graph["edges"],
        graph["returns"],
    )


# Hostile files.


def mutated(text: str, chance: random.Random) -> str:
    pieces = [
        "{",
        "}",
        "[",
        "]",
        ": ",
        " #",
        "'",
        '"',
        "\n",
        "  ",
        "- ",
        "*",
        "&a ",
        "!",
        "|",
        ">",
        ",",
        "input",
        "null",
        "\t",
        "é",
        "\0",
        "((((",
        "999999999999999999999",
    ]
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        match chance.randrange(4):
            case 0:
                text = text[:at] + chance.choice(pieces) + text[at:]
            case 1:
                text = text[:at] + text[at + chance.randint(1, 8) :]
            case 2:
                other = chance.randrange(len(text) + 1)
                text = text[:at] + text[other : other + chance.randint(1, 40)] + text[at:]
            case _:
                lines = text.split("\n")
                chance.shuffle(lines)
                text = "\n".join(lines)
    return text


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    count = int(os.environ.get("WORKFLOW_ENGINE_MUTATED_FILES", "1500"))
    chance = random.Random(4)
    file = tmp_path / "flow.yaml"
    for number in range(count):
        file.write_text(mutated(TRIAGE, chance), encoding="utf-8", errors="replace")
        try:
            for fault in Workflow.from_file(file, nodes=FUNCTIONS).check():
                assert fault.message
        except CheckError as error:
            assert error.faults, number
            assert all(fault.line > 0 for fault in error.faults)
