"""Routes in data."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workflow_engine.conditions import Conditions
from workflow_engine.data.kind import EXPRESSION, NODES, Kind
from workflow_engine.lambda_path import attribute_path
from workflow_engine.misfit import kind_of
from workflow_engine.missing import MISSING
from workflow_engine.route import Route

if TYPE_CHECKING:
    from workflow_engine.data.kind import Entry
    from workflow_engine.data.part import Part
    from workflow_engine.data.write import Writer
    from workflow_engine.node import Node

__all__ = ["ROUTE"]


def _read(entry: Entry) -> Node[Any] | None:
    keys = entry.keys
    default = entry.reader.references(keys["default"], "`default`") if "default" in keys else MISSING
    if isinstance(entry.part.value, list):
        return _read_conditions(entry, default)
    if "cases" not in keys:
        entry.part.fault("missing-key", "a route by a value needs `cases`", "add `cases:`", key=True)
        return None
    cases = _cases(entry, keys["cases"])
    text = entry.reader.expression(entry.part, "`route`")
    if text is None:
        return None
    source = entry.reader.variable(text.strip())
    on = text if source is None else None
    return Route(entry.workflow, entry.name, entry.place, source, cases, on=on, default=default, frame=None)


def _cases(entry: Entry, part: Part) -> list[tuple[Any, Any]]:
    """Cases by text as a mapping, or any as a list of values with their nodes."""
    if isinstance(part.value, dict):
        return [
            (value, entry.reader.references(chosen, "a case of the route"))
            for value, chosen in part.object("`cases`").items()
        ]
    cases = []
    for case in part.list("`cases`, where it is no object,"):
        parts = case.object("a case", ("value", "to"))
        if not _has(case, parts, "value", "to"):
            continue
        value = parts["value"].value
        if value is not None and not isinstance(value, str | bool | int):
            parts["value"].wrong_type("the value of a case", "text, a boolean, an integer or null")
            continue
        cases.append((value, entry.reader.references(parts["to"], "a case of the route")))
    return cases


def _read_conditions(entry: Entry, default: Any) -> Conditions:
    if "cases" in entry.keys:
        message = "a route has conditions, or a value and `cases`, and here are both"
        entry.keys["cases"].fault("conflicting-keys", message, "remove one of them", key=True)
    pairs = []
    for condition in entry.part.list("`route`"):
        parts = condition.object("a condition", ("when", "to"))
        if not _has(condition, parts, "when", "to"):
            continue
        text = entry.reader.expression(parts["when"], "`when`")
        chosen = entry.reader.references(parts["to"], "a condition of the route")
        if text is not None:
            pairs.append((text, chosen))
    return Conditions(entry.workflow, entry.name, entry.place, pairs, default)


def _has(part: Part, parts: dict[str, Part], *keys: str) -> bool:
    missing = [key for key in keys if key not in parts]
    if missing and isinstance(part.value, dict):
        part.fault("missing-key", f"`{missing[0]}` is missing here", f"add `{missing[0]}:`")
    return not missing


def _write(writer: Writer, node: Route | Conditions) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    if isinstance(node, Conditions):
        keys["route"] = [{"when": text, "to": writer.names(chosen)} for text, chosen in node.cases]
    else:
        keys["route"] = _value(writer, node)
        pairs = list(node.cases.items() if isinstance(node.cases, Mapping) else node.cases)
        cases = [
            (value.value if isinstance(value, enum.Enum) else value, writer.names(chosen))
            for value, chosen in pairs
        ]
        if all(isinstance(value, str) for value, _ in cases) and len(dict(cases)) == len(cases):
            keys["cases"] = dict(cases)
        else:
            keys["cases"] = [{"value": value, "to": chosen} for value, chosen in cases]
    if node.default is not MISSING:
        keys["default"] = writer.names(node.default)
    return keys


def _value(writer: Writer, node: Route) -> str:
    """The expression that gives the value."""
    if node.expression is not None:
        return node.expression
    source = writer.name(node.source, "the route")
    if node.on is None:
        return source
    path = attribute_path(node.on)
    if path is None:
        name = getattr(node.on, "__name__", kind_of(node.on))
        raise writer.refusal(
            f"the route asks the function `{name}` of Python for its value;"
            " make a node of it and route on that, or route on an expression"
        )
    return ".".join((source, *path))


ROUTE = Kind(
    key="route",
    title="Chooses which nodes run: by the value of an expression, or by the first condition that holds.",
    value={
        "anyOf": [
            EXPRESSION,
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"when": EXPRESSION, "to": NODES},
                    "required": ["when", "to"],
                    "additionalProperties": False,
                },
            },
        ]
    },
    keys={
        "cases": {
            "anyOf": [
                {"type": "object", "additionalProperties": NODES},
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "value": {"type": ["string", "boolean", "integer", "null"]},
                            "to": NODES,
                        },
                        "required": ["value", "to"],
                        "additionalProperties": False,
                    },
                },
            ],
            "description": "The nodes of each value: an object where all are text, else a list.",
        },
        "default": NODES | {"description": "The nodes where no case or condition fits; null runs none."},
    },
    read=_read,
    write=_write,
)
