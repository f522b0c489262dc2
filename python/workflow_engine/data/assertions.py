"""Assertions in data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.data.kind import EXPRESSION, JSON_SCHEMA, Kind
from workflow_engine.data.schemas import compiled
from workflow_engine.native.assertion import Assert

if TYPE_CHECKING:
    from workflow_engine.data.kind import Entry
    from workflow_engine.data.write import Writer

__all__ = ["ASSERT"]


def _read(entry: Entry) -> Assert | None:
    keys, reader = entry.keys, entry.reader
    text = reader.expression(entry.part, "`assert`")
    message = reader.expression(keys["message"], "`message`") if "message" in keys else None
    schema = None
    if "schema" in keys and compiled(keys["schema"], "schema") is not None:
        schema = keys["schema"].value
    return None if text is None else Assert(entry.workflow, entry.name, entry.place, text, schema, message)


def _write(writer: Writer, node: Assert) -> dict[str, Any]:
    keys: dict[str, Any] = {"assert": node.value}
    if node.schema is not None:
        keys["schema"] = writer.json(node.schema, "its schema")
    return keys if node.message is None else keys | {"message": node.message}


ASSERT = Kind(
    key="assert",
    title="Ends the run as failed unless a condition holds, or a value is valid by a schema.",
    value=EXPRESSION,
    keys={
        "schema": JSON_SCHEMA | {"description": "What the value of the expression must be."},
        "message": EXPRESSION | {"description": "What is said where it does not hold: an expression."},
    },
    read=_read,
    write=_write,
)
