"""From data to a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workflow_engine.check import Fault, order
from workflow_engine.data.functions import read_options
from workflow_engine.data.kind import Entry
from workflow_engine.data.kinds import KINDS
from workflow_engine.data.part import Part, Source
from workflow_engine.data.reader import Reader
from workflow_engine.data.schemas import read_schema
from workflow_engine.declarations import Returned
from workflow_engine.errors import CheckError
from workflow_engine.names import is_workflow_name, listed, meant, nearest
from workflow_engine.place import caller, place_of
from workflow_engine.registered import registered

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from workflow_engine.data.part import Path as PartPath
    from workflow_engine.declaring import Declares
    from workflow_engine.native.constant import Constant
    from workflow_engine.node import Node
    from workflow_engine.schema import Schema
    from workflow_engine.workflow import Workflow

__all__ = ["KEYS", "from_dict", "from_file", "read_nodes"]

KEYS = ("workflow", "version", "input", "output", "defaults", "workflows", "nodes", "returns")
"""Keys of a workflow."""

_INNER_KEYS = ("input", "output", "defaults", "nodes", "returns")

# What a workflow is called whose name cannot be read.
_UNNAMED = "unnamed"

# Keys that are kept for what is to come.
_RESERVED = ("limits",)


def from_file(
    path: str | os.PathLike[str], nodes: Mapping[str, Callable[..., Any]] | None
) -> Workflow[Any, Any]:
    """Read a workflow from a file; see `Workflow.from_file`."""
    from workflow_engine._core import DOCUMENT_SIZE_MAX, read_document

    file = Path(path)
    with file.open("rb") as stream:
        text = stream.read(DOCUMENT_SIZE_MAX + 1)
    written: Literal["yaml", "json"] = "json" if file.suffix.lower() == ".json" else "yaml"
    value, places, flaws = read_document(text, written)
    reader = Reader(Source(place_of(caller()), str(path), places), _functions(nodes))
    for code, line, column, message, remedy in flaws:
        reader.add(code, message, remedy, reader.source.at(line, column))
    if places is None:
        raise CheckError(file.stem, reader.faults)
    return _read(reader, value, file.stem)


def from_dict(data: object, nodes: Mapping[str, Callable[..., Any]] | None) -> Workflow[Any, Any]:
    """Read a workflow from a value; see `Workflow.from_dict`."""
    from workflow_engine._core import parse_json, to_json

    reader = Reader(Source(place_of(caller())), _functions(nodes))
    try:
        # What is written and read again is nobody else's, and holds nothing but JSON.
        value = parse_json(to_json(data))
    except ValueError as error:
        reader.add("not-json", f"the data is not JSON: {error}", "", reader.source.place(()))
        raise CheckError(_UNNAMED, reader.faults) from None
    return _read(reader, value, _UNNAMED)


def _functions(nodes: Mapping[str, Callable[..., Any]] | None) -> dict[str, Any]:
    return registered() | dict(nodes or {})


def _read(reader: Reader, value: Any, fallback: str) -> Workflow[Any, Any]:
    whole = Part(value, (), reader)
    parts = whole.object("a workflow")
    for key in _RESERVED:
        if key in parts:
            parts.pop(key).fault("not-there-yet", f"`{key}` is kept for later", "leave it out", key=True)
    parts = whole.known(parts, "a workflow", list(KEYS))
    if isinstance(value, dict):
        for key in ("workflow", "version", "nodes"):
            if key not in parts:
                example = {"workflow": "workflow: name", "version": "version: 1", "nodes": "nodes: {...}"}
                whole.fault("missing-key", f"a workflow needs `{key}`", f"write `{example[key]}`")
    _check_version(parts.get("version"))
    name = _name(parts.get("workflow"))
    workflow = _declared(reader, name or _UNNAMED, parts, ("workflow",))
    reader.workflows[workflow.name] = workflow
    _add_workflows(reader, parts.get("workflows"))
    read_nodes(reader, workflow, parts)
    if reader.faults:
        faults = reader.faults + _further(reader, workflow)
        raise CheckError(name or fallback, sorted(faults, key=order))
    return workflow


def _declared(reader: Reader, name: str, parts: dict[str, Part], path: PartPath) -> Workflow[Any, Any]:
    """A workflow without nodes."""
    from workflow_engine.workflow import Workflow

    read = {word: read_schema(parts[word], word) for word in ("input", "output") if word in parts}
    schemas: dict[str, Schema] = {word: schema for word, schema in read.items() if schema is not None}
    forms = {word: schema.type for word, schema in schemas.items()}
    workflow: Workflow[Any, Any] = Workflow(name, **forms)
    declarations = workflow.declarations
    declarations.place = reader.source.place(path)
    declarations.schemas |= schemas
    declarations.functions = dict(reader.functions)
    return workflow


def _add_workflows(reader: Reader, part: Part | None) -> None:
    """Read the workflows that nodes may run, each of which may run all."""
    found = {}
    for name, inner in ({} if part is None else part.object("`workflows`")).items():
        if not is_workflow_name(name):
            message = f"{name!r} is no name for a workflow"
            remedy = "use a-z, 0-9, `_` and `-`, 64 at most, a letter or digit first"
            inner.fault("invalid-name", message, remedy, key=True)
        elif name in reader.workflows:
            message = f"`{name}` is the name of the whole workflow"
            inner.fault("duplicate-name", message, "use another name", key=True)
        else:
            parts = inner.object(f"the workflow `{name}`", _INNER_KEYS)
            if "nodes" not in parts and isinstance(inner.value, dict):
                inner.fault("missing-key", "a workflow needs `nodes`", "write `nodes: {...}`")
            found[name] = parts
            reader.workflows[name] = _declared(reader, name, parts, inner.path)
    for name, parts in found.items():
        read_nodes(reader.beside(f"{name}/"), reader.workflows[name], parts)


def read_nodes(reader: Reader, workflow: Declares[Any, Any], parts: dict[str, Part]) -> None:
    """Read the nodes of a workflow, its defaults, and what it returns.

    Args:
        reader: Who reads it.
        workflow: The workflow, without nodes.
        parts: Its parts: `nodes`, and perhaps `defaults` and `returns`.
    """
    parts = {key: part.read_by(reader) for key, part in parts.items()}
    if "defaults" in parts:
        reader.defaults = read_options(parts["defaults"].object("`defaults`", ("retry", "timeout")))
    entries = reader.declare(workflow, parts.get("nodes"))
    for reader.node, part in entries.items():
        node = _node(reader, part)
        # Whoever names a node that cannot be read makes no mistake by that.
        workflow.declarations.add_node(_stand_in(reader) if node is None else node)
    reader.node = ""
    if "returns" in parts:
        _returns(reader, workflow, parts["returns"])


def _check_version(part: Part | None) -> None:
    from workflow_engine.data import VERSION

    if part is None:
        return
    if type(part.value) is not int:
        part.wrong_type("`version`, of the format,", "a number", f"write `version: {VERSION}`")
    elif part.value != VERSION:
        message = f"version {part.value} of the format is not known here, which is {VERSION}"
        part.fault("unknown-version", message, f"write `version: {VERSION}`, or update the engine")


def _name(part: Part | None) -> str | None:
    name = None if part is None else part.text("`workflow`, the name,")
    if part is None or name is None or is_workflow_name(name):
        return name
    message = f"{name!r} is no name for a workflow"
    part.fault("invalid-name", message, "use a-z, 0-9, `_` and `-`, 64 at most, a letter or digit first")
    return None


def _node(reader: Reader, part: Part) -> Node[Any] | None:
    parts = part.object("a node")
    named = [key for key in parts if key in KINDS]
    # `cancel` is a kind, and a key of joins.
    kinds = [key for key in named if not any(key in KINDS[other].keys for other in named)]
    if len(kinds) != 1:
        if kinds:
            both = " and ".join(f"`{kind}`" for kind in kinds)
            parts[kinds[1]].fault("several-kinds", f"a node is of one kind, not {both}", "make two", key=True)
        elif isinstance(part.value, dict):
            _no_kind(part, parts)
        return None
    kind = KINDS[kinds[0]]
    entry = Entry(reader, reader.node, parts[kind.key], parts)
    before = len(reader.faults)
    node = kind.read(entry)
    is_cut = any(fault.code == "cut-expression" for fault in reader.faults[before:])
    if not is_cut:  # Then the other keys are the rest of the expression.
        part.known(parts, f"a node of the kind `{kind.key}`", [kind.key, *kind.keys])
    return None if reader.node in reader.broken else node


def _no_kind(part: Part, parts: dict[str, Part]) -> None:
    known = list(KINDS)
    close = {key: found for key in parts if (found := nearest(key, known))}
    if close:
        key = min(close)
        message = f"no kind of node is called `{key}`{meant(key, known)} (kinds: {listed(known)})"
        parts[key].fault("unknown-kind", message, f"write `{close[key]}`", key=True)
    elif len(parts) == 1:
        key = next(iter(parts))
        message = f"no kind of node is called `{key}` (kinds: {listed(known)})"
        parts[key].fault("unknown-kind", message, "write one of them", key=True)
    else:
        part.fault("missing-kind", f"a node says its kind by one of its keys ({listed(known)})", "add one")


def _stand_in(reader: Reader) -> Constant:
    from workflow_engine.native.constant import Constant

    return Constant(reader.workflow, reader.node, reader.place(reader.node), None)


def _returns(reader: Reader, workflow: Declares[Any, Any], part: Part) -> None:
    if part.value is None:
        nodes: tuple[Any, ...] = (None,)
    elif isinstance(part.value, dict):
        named = {key: reader.reference(inner, "`returns`") for key, inner in part.object("`returns`").items()}
        nodes = (named,)
    else:
        nodes = tuple(reader.references(part, "`returns`"))
        if part.value == []:
            part.fault("invalid-returns", "`returns` names no node", "write `returns: null` to give nothing")
    workflow.declarations.add_returned(Returned(nodes, reader.source.place(part.path)))


# Faults of the graph that one node which cannot be read may bring to others.
_CONSEQUENCES = ("unreachable", "returns-overlap")


def _further(reader: Reader, workflow: Workflow[Any, Any]) -> list[Fault]:
    """What is wrong with the nodes that could be read."""
    if any(not fault.path for fault in reader.faults):
        return []
    inner = any("/" in fault.node for fault in reader.faults)
    return [
        fault
        for fault in workflow.check()
        if fault.severity == "error"
        and fault.node
        and fault.node.partition("/")[0] not in reader.broken
        and not ("/" in fault.node and inner)
        and fault.code not in _CONSEQUENCES
    ]
