"""Nodes that hold expressions, in data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.data.kind import AFTER, EXPRESSION, Kind
from workflow_engine.expression import Expression, text_literal
from workflow_engine.native.compute import Compute
from workflow_engine.native.end import End
from workflow_engine.native.fail import Fail
from workflow_engine.native.transform import Transform

if TYPE_CHECKING:
    from workflow_engine.data.kind import Entry
    from workflow_engine.data.part import Part
    from workflow_engine.data.reader import Reader
    from workflow_engine.data.write import Writer

__all__ = ["COMPUTE", "END", "FAIL", "TRANSFORM", "read_shape", "written_shape"]


def _of_one(key: str, title: str, made: type[Compute | Fail], attribute: str) -> Kind:
    """A kind that holds one expression, and keeps it in an attribute."""

    def read(entry: Entry) -> Compute | Fail | None:
        text = entry.reader.expression(entry.part, f"`{key}`")
        return None if text is None else made(entry.workflow, entry.name, entry.place, text)

    def write(writer: Writer, node: Compute | Fail) -> dict[str, Any]:
        del writer
        return {key: getattr(node, attribute)}

    return Kind(key=key, title=title, value=EXPRESSION, keys={}, read=read, write=write)


COMPUTE = _of_one("compute", "Works out an expression.", Compute, "expression")

FAIL = _of_one("fail", "Ends the run as failed, with the message that an expression gives.", Fail, "message")


def _read_transform(entry: Entry) -> Transform:
    return Transform(
        entry.workflow, entry.name, entry.place, read_shape(entry.reader, entry.part, "`transform`")
    )


def _read_end(entry: Entry) -> End:
    value = read_shape(entry.reader, entry.part, "`end`")
    return End(entry.workflow, entry.name, entry.place, value, after=entry.after())


def read_shape(reader: Reader, part: Part, what: str) -> Any:
    """Give a shape as Python writes it, in which text is text."""
    if isinstance(part.value, dict):
        return {key: read_shape(reader, inner, what) for key, inner in part.object(what).items()}
    if isinstance(part.value, list):
        return [read_shape(reader, inner, what) for inner in part.list(what)]
    if not isinstance(part.value, str):
        return part.value
    text = reader.expression(part, what)
    return None if text is None else Expression(text)


def _write_transform(writer: Writer, node: Transform) -> dict[str, Any]:
    del writer
    return {"transform": written_shape(node.shape)}


def _write_end(writer: Writer, node: End) -> dict[str, Any]:
    return {"end": written_shape(node.shape)} | writer.after(node.after)


def written_shape(shape: Any) -> Any:
    """Give a shape as data writes it, in which text is an expression."""
    if isinstance(shape, tuple):
        return shape[0]
    if isinstance(shape, dict):
        return {key: written_shape(inner) for key, inner in shape.items()}
    if isinstance(shape, list):
        return [written_shape(inner) for inner in shape]
    return text_literal(shape) if isinstance(shape, str) else shape


TRANSFORM = Kind(
    key="transform",
    title="Shapes JSON: an object or a list in which every text is an expression.",
    value={"$ref": "#/$defs/shape"},
    keys={},
    read=_read_transform,
    write=_write_transform,
)

END = Kind(
    key="end",
    title="Ends the run with this result, in which every text is an expression.",
    value={"$ref": "#/$defs/shape"},
    keys={"after": AFTER},
    read=_read_end,
    write=_write_end,
)
