"""Nodes that hold expressions, in data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.data.kind import EXPRESSION, Kind
from workflow_engine.expression import Expression, text_literal
from workflow_engine.native.compute import Compute
from workflow_engine.native.fail import Fail
from workflow_engine.native.transform import Transform

if TYPE_CHECKING:
    from workflow_engine.data.kind import Entry
    from workflow_engine.data.part import Part
    from workflow_engine.data.write import Writer

__all__ = ["COMPUTE", "FAIL", "TRANSFORM"]


def _read_compute(entry: Entry) -> Compute | None:
    text = entry.reader.expression(entry.part, "`compute`")
    return None if text is None else Compute(entry.workflow, entry.name, entry.place, text)


def _write_compute(writer: Writer, node: Compute) -> dict[str, Any]:
    del writer
    return {"compute": node.expression}


COMPUTE = Kind(
    key="compute",
    title="Works out an expression.",
    value=EXPRESSION,
    keys={},
    read=_read_compute,
    write=_write_compute,
)


def _read_fail(entry: Entry) -> Fail | None:
    text = entry.reader.expression(entry.part, "`fail`")
    return None if text is None else Fail(entry.workflow, entry.name, entry.place, text)


def _write_fail(writer: Writer, node: Fail) -> dict[str, Any]:
    del writer
    return {"fail": node.message}


FAIL = Kind(
    key="fail",
    title="Ends the run as failed, with the message that an expression gives.",
    value=EXPRESSION,
    keys={},
    read=_read_fail,
    write=_write_fail,
)


def _read_transform(entry: Entry) -> Transform:
    return Transform(entry.workflow, entry.name, entry.place, _shape(entry, entry.part))


def _shape(entry: Entry, part: Part) -> Any:
    """The shape as Python writes it, in which text is text."""
    if isinstance(part.value, dict):
        return {key: _shape(entry, inner) for key, inner in part.object("`transform`").items()}
    if isinstance(part.value, list):
        return [_shape(entry, inner) for inner in part.list("`transform`")]
    if not isinstance(part.value, str):
        return part.value
    text = entry.reader.expression(part, "`transform`")
    return None if text is None else Expression(text)


def _write_transform(writer: Writer, node: Transform) -> dict[str, Any]:
    del writer
    return {"transform": _written(node.shape)}


def _written(shape: Any) -> Any:
    if isinstance(shape, tuple):
        return shape[0]
    if isinstance(shape, dict):
        return {key: _written(inner) for key, inner in shape.items()}
    if isinstance(shape, list):
        return [_written(inner) for inner in shape]
    return text_literal(shape) if isinstance(shape, str) else shape


TRANSFORM = Kind(
    key="transform",
    title="Shapes JSON: an object or a list in which every text is an expression.",
    value={"$ref": "#/$defs/shape"},
    keys={},
    read=_read_transform,
    write=_write_transform,
)
