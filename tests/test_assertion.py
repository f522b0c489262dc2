"""Assertions: what they let pass, what they say, and what is found of them before a run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workflow_engine import DeclarationError, NodeError, Workflow, ref

ORDER = {
    "type": "object",
    "properties": {"total": {"type": "number", "minimum": 0}, "items": {"minItems": 1}},
    "required": ["items"],
}


def checked(**keys: Any) -> Workflow[Any, Any]:
    workflow: Workflow[Any, Any] = Workflow("orders")
    workflow.assert_("order", **keys)
    if "schema" not in keys:
        # The result is that of the only node which gives something.
        workflow.compute("count", "input.items.size()")
    return workflow


@pytest.mark.parametrize(
    ("keys", "value", "expected"),
    [
        ({"value": "input.items.size() > 0"}, {"items": [1]}, 1),
        (
            {"value": "input.items.size() > input.least"},
            {"items": [1], "least": 2},
            ("", "node `order`: `input.items.size() > input.least` does not hold: `input.least` is 2"),
        ),
        (
            {"value": ref("input.total") > 3, "message": "'too small: ' + string(input.total)"},
            {"items": [], "total": 2},
            ("", "node `order`: too small: 2"),
        ),
        ({"value": "input.gone"}, {"items": []}, ("", "node `order`: no such key: `gone`")),
        # With a schema it gives the value, its numbers as they are declared.
        ({"value": "input", "schema": ORDER}, {"items": [1], "total": 2}, {"items": [1], "total": 2.0}),
        (
            {"value": ref("input"), "schema": ORDER},
            {"items": [], "total": -1},
            (
                "input.items",
                "node `order`: `input.items` expected at least 1 items, got 0; also input.total",
            ),
        ),
        (
            {"value": "input.order", "schema": ORDER, "message": "'no order'"},
            {"items": [], "order": {}},
            ("input.order.items", "node `order`: `input.order.items` is missing; no order"),
        ),
        (
            {"value": "input.items.map(i, {'items': i})", "schema": {"items": ORDER}},
            {"items": [[1], []]},
            (
                "[1].items",
                "expected at least 1 items, got 0, in what `input.items.map(i, {'items': i})` gives",
            ),
        ),
        ({"value": "input.items", "schema": False}, {"items": []}, ("input.items", "list is not allowed")),
    ],
)
def test_what_it_lets_pass_and_what_it_says(keys: dict[str, Any], value: Any, expected: Any) -> None:
    for workflow in (checked(**keys), Workflow.from_dict(checked(**keys).to_dict())):
        assert [fault for fault in workflow.check() if fault.severity == "error"] == []
        for run in (workflow.run, lambda value, run=workflow.run_json: json.loads(run(json.dumps(value)))):
            if not isinstance(expected, tuple):
                assert repr(run(value)) == repr(expected)
                continue
            with pytest.raises(NodeError) as caught:
                run(value)
            assert expected[1] in str(caught.value)
            assert (caught.value.workflow, caught.value.node) == ("orders", "order")
            assert caught.value.path == expected[0]


def test_what_is_wrong_is_found_before_a_run() -> None:
    workflow: Workflow[Any, Any] = Workflow("w", input=dict[str, int])
    for name, keys in {
        "number": {"value": "input.n"},
        "text": {"value": "1 +"},
        "message": {"value": "true", "message": "nope"},
        "schema": {"value": "input", "schema": {"properties": {"a b": {"minimum": "1"}}}},
        "document": {"value": "input", "schema": {"enum": [object()]}},
        "reader": {"value": "valid.nme"},
    }.items():
        workflow.assert_(name, **keys)  # type: ignore[arg-type]
    workflow.assert_("valid", "input", schema={"properties": {"name": {"type": "string"}}})
    workflow.returns(None)
    errors = [fault for fault in workflow.check() if fault.severity == "error"]
    found = {fault.node: (fault.code, fault.message) for fault in errors}
    assert {node: code for node, (code, _) in found.items()} == {
        "number": "wrong-type",
        "text": "invalid-expression",
        "message": "unknown-variable",
        "schema": "invalid-schema",
        "document": "invalid-schema",
        "reader": "unknown-field",
    }
    assert found["schema"][1] == "`schema.properties.a b.minimum`: must be a number"
    assert found["reader"][1].endswith("no field `nme`; did you mean `name`?")
    with pytest.raises(DeclarationError, match="what `x` asserts is an expression"):
        workflow.assert_("x", 3)  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="the message of `x` is an expression"):
        workflow.assert_("x", "true", message=3)  # type: ignore[arg-type]


def test_an_assertion_of_a_node_guards_what_comes_after() -> None:
    ran: list[int] = []
    workflow: Workflow[Any, Any] = Workflow("w")
    workflow.compute("twice", "input.n * 2")
    small = workflow.assert_("small", ref("twice") < 10)

    @workflow.node(after=[small])
    def store(twice: int) -> int:
        ran.append(twice)
        return twice

    assert workflow.run({"n": 4}) == 8
    with pytest.raises(NodeError, match="node `small`: `twice < 10` does not hold: `twice` is 12"):
        workflow.run({"n": 6})
    assert ran == [8]
