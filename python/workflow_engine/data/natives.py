"""Constants, joins, cancellations and picks in data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from workflow_engine.data.kind import AFTER, NODE, Kind
from workflow_engine.errors import DeclarationError
from workflow_engine.native.cancel import Cancel
from workflow_engine.native.constant import Constant
from workflow_engine.native.join import Join
from workflow_engine.native.pick import Pick

if TYPE_CHECKING:
    from workflow_engine.data.kind import Entry
    from workflow_engine.data.write import Writer

__all__ = ["CANCEL", "CONSTANT", "JOIN", "PICK"]


def _read_constant(entry: Entry) -> Constant:
    return Constant(entry.workflow, entry.name, entry.place, entry.part.value)


def _write_constant(writer: Writer, node: Constant) -> dict[str, Any]:
    return {"constant": writer.json(node.value, "its value")}


CONSTANT = Kind(
    key="constant",
    title="Gives the same value in every run; text is itself here, and no expression.",
    value={},
    keys={},
    read=_read_constant,
    write=_write_constant,
)


def _read_join(entry: Entry) -> Join | None:
    parts = entry.part.list("`join`")
    nodes = [entry.reader.reference(part, "`join`") for part in parts]
    options = {key: entry.keys[key].value for key in ("wait", "cancel") if key in entry.keys}
    if "cancel" in options and options["cancel"] is None:
        entry.keys["cancel"].wrong_type("`cancel` of a join", "`rest`", "leave it out")
        return None
    found = [node for node in nodes if node is not None]
    try:
        return Join(entry.workflow, entry.name, entry.place, found, **options)
    except DeclarationError as error:
        key = "wait" if str(error).startswith("`wait`") else "cancel"
        entry.keys[key].fault("invalid-option", str(error))
        return None


def _write_join(writer: Writer, node: Join) -> dict[str, Any]:
    keys: dict[str, Any] = {"join": [writer.name(source, "the join") for source in node.sources]}
    if node.wait != "all":
        keys["wait"] = node.wait
    return keys if node.cancel is None else keys | {"cancel": node.cancel}


JOIN = Kind(
    key="join",
    title="Gathers the outputs of nodes by name, those of skipped nodes left out.",
    value={"type": "array", "items": NODE},
    keys={
        "wait": {
            "anyOf": [{"enum": ["all", "any"]}, {"type": "integer", "minimum": 1}],
            "description": "How many outputs are enough; `any` is 1.",
        },
        "cancel": {"const": "rest", "description": "Cancels the nodes that have not settled then."},
    },
    read=_read_join,
    write=_write_join,
)


def _read_cancel(entry: Entry) -> Cancel | None:
    nodes = entry.reader.references(entry.part, "`cancel`")
    after = entry.after()
    if entry.part.value in (None, []):
        entry.part.fault("invalid-option", "`cancel` names no node", "name the nodes that it cancels")
    return Cancel(entry.workflow, entry.name, entry.place, nodes, after=after) if nodes else None


def _write_cancel(writer: Writer, node: Cancel) -> dict[str, Any]:
    return {"cancel": [writer.name(target, "`cancel`") for target in node.nodes]} | writer.after(node.after)


CANCEL = Kind(
    key="cancel",
    title="Cancels nodes, as far as they have not settled; to those who read them they are skipped.",
    value={"anyOf": [NODE, {"type": "array", "items": NODE, "minItems": 1}]},
    keys={"after": AFTER},
    read=_read_cancel,
    write=_write_cancel,
)


def _read_pick(entry: Entry) -> Pick | None:
    source = entry.reader.reference(entry.part, "`pick`", input=True)
    path = []
    if "path" in entry.keys:
        for step in entry.keys["path"].list("`path`"):
            if isinstance(step.value, str) or (type(step.value) is int and 0 <= step.value <= sys.maxsize):
                path.append(step.value)
            else:
                step.wrong_type("a step of `path`", "a key (text) or a position in a list (a number from 0)")
    return None if source is None else Pick(entry.workflow, entry.name, entry.place, source, path)


def _write_pick(writer: Writer, node: Pick) -> dict[str, Any]:
    keys: dict[str, Any] = {"pick": writer.name(node.source, "the pick")}
    return keys | {"path": list(node.path)} if node.path else keys


PICK = Kind(
    key="pick",
    title="Gives what stands at a path in the output of a node, or in the input.",
    value=NODE,
    keys={
        "path": {
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]},
            "description": "Keys and positions from 0, outermost first.",
        }
    },
    read=_read_pick,
    write=_write_pick,
)
