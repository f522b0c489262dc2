"""Maps, loops and sub-workflows in data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.data.expressions import read_shape, written_shape
from workflow_engine.data.functions import (
    CALL,
    OPTIONS,
    call_options,
    read_options,
    written_call,
    written_retry,
)
from workflow_engine.data.kind import AFTER, EXPRESSION, Kind
from workflow_engine.declarations import Declarations
from workflow_engine.declaring import Declares
from workflow_engine.errors import DeclarationError
from workflow_engine.missing import MISSING
from workflow_engine.names import listed, meant, nearest
from workflow_engine.native.loop import LIMIT_MAX, Loop
from workflow_engine.native.map import CONCURRENCY, CONCURRENCY_MAX, ON_ERROR, Map
from workflow_engine.native.subworkflow import Subworkflow
from workflow_engine.node import FunctionNode, InputSource, Source

if TYPE_CHECKING:
    from workflow_engine.data.kind import Entry
    from workflow_engine.data.write import Writer
    from workflow_engine.native.body import BodyNode

__all__ = ["LOOP", "MAP", "SUBWORKFLOW"]

_BODY: dict[str, Any] = {"$ref": "#/$defs/body"}


def _body(entry: Entry, names: tuple[str, ...]) -> Any:
    """The function or workflow that an entry names or holds; None, with a fault, if there is none."""
    reader, part = entry.reader, entry.part
    if isinstance(part.value, dict):
        return _inline(entry, names)
    if isinstance(part.value, str) and part.value in reader.workflows:
        if part.value in reader.functions:
            message = f"`{part.value}` is a workflow and a registered function"
            part.fault("ambiguous-body", message, "rename the workflow")
        return reader.workflows[part.value]
    name = part.value
    if not isinstance(name, str):
        part.wrong_type("the body", "the name of a function or workflow, or `{nodes: ...}`")
        return None
    if name in reader.functions:
        return reader.functions[name]
    known = [*reader.workflows, *reader.functions]
    close = nearest(name, known)
    message = (
        f"no function is registered and no workflow is called `{name}`{meant(name, known)}"
        f" (workflows: {listed(list(reader.workflows))}; registered: {listed(sorted(reader.functions))})"
    )
    part.fault("unknown-body", message, f"write `{close}`" if close else "add it to `workflows:`")
    return None


def _inline(entry: Entry, names: tuple[str, ...]) -> Declares[Any, Any]:
    from workflow_engine.data.load import read_nodes

    around = entry.workflow.declarations
    parts = entry.part.object("a body", ("nodes", "returns"))
    if "nodes" not in parts:
        entry.part.fault("missing-key", "a body needs `nodes`", "write `nodes: {...}`")
    declarations = Declarations(entry.name, entry.place, around.input, Any)
    declarations.around = around
    declarations.functions = around.functions
    body: Declares[Any, Any] = Declares(declarations)
    read_nodes(entry.reader.within(names), body, parts)
    return body


def _options(entry: Entry, body: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What a body is called with; `inputs` of a workflow are over what the body is given."""
    if not isinstance(body, Declares):
        # Expressions for its parameters may read the item.
        with entry.reader.given(names):
            return call_options(entry)
    options = read_options(entry.keys)
    if "thread" in entry.keys:
        message = "`thread` is for functions, and the body is a workflow"
        entry.keys["thread"].fault("invalid-option", message, "set it at its nodes", key=True)
    if "after" in entry.keys:
        options["after"] = entry.reader.references(entry.keys["after"], "`after`")
    if "inputs" in entry.keys:
        if body.declarations.around is not None:
            message = "`inputs` are for functions and named workflows; nodes of a body read `item` or `state`"
            entry.keys["inputs"].fault("invalid-option", message, "remove it", key=True)
        else:
            with entry.reader.given(names):
                options["inputs"] = read_shape(entry.reader, entry.keys["inputs"], "`inputs`")
    return options


def _source(entry: Entry, key: str, what: str) -> Any:
    """What a body begins with: a node, the input, or a shape."""
    part = entry.keys[key]
    if isinstance(part.value, str):
        source = entry.reader.variable(part.value.strip())
        if source is not None:
            return source
    return read_shape(entry.reader, part, what)


def _needs(entry: Entry, *keys: str) -> bool:
    missing = [key for key in keys if key not in entry.keys]
    if missing:
        kind = next(iter(entry.keys))
        message = f"a {kind} needs `{missing[0]}`"
        entry.part.fault("missing-key", message, f"add `{missing[0]}:`", key=True)
    return not missing


def _made(entry: Entry, kind: type[BodyNode], body: Any, **options: Any) -> BodyNode | None:
    if body is None:
        return None
    try:
        node = kind(entry.workflow, entry.name, entry.place, body, **options)
    except DeclarationError as error:
        entry.part.fault("invalid-node", str(error), key=True)
        return None
    if isinstance(node.body, FunctionNode):
        node.body.place = entry.place
    return node


def _condition(entry: Entry, key: str, names: tuple[str, ...]) -> str | None:
    with entry.reader.given(names):
        return entry.reader.expression(entry.keys[key], f"`{key}`")


def _read_map(entry: Entry) -> BodyNode | None:
    names = ("item", "index")
    body = _body(entry, names)
    options = _options(entry, body, names)
    if not _needs(entry, "over"):
        return None
    options["over"] = _source(entry, "over", "`over`")
    if "until" in entry.keys:
        options["until"] = _condition(entry, "until", ("results",))
    for key in ("concurrency", "on_error"):
        if key in entry.keys:
            options[key] = entry.keys[key].value
    return _made(entry, Map, body, **options)


def _read_loop(entry: Entry) -> BodyNode | None:
    names = ("state", "turn")
    body = _body(entry, names)
    options = _options(entry, body, names)
    if not _needs(entry, "until", "limit"):
        return None
    options["start"] = _source(entry, "start", "`start`") if "start" in entry.keys else MISSING
    options["until"] = _condition(entry, "until", names)
    for key in ("limit", "at_limit"):
        if key in entry.keys:
            options[key] = entry.keys[key].value
    return None if options["until"] is None else _made(entry, Loop, body, **options)


def _read_subworkflow(entry: Entry) -> BodyNode | None:
    name = entry.part.text("`subworkflow`, the name of a workflow,")
    if name is None:
        return None
    workflows = entry.reader.workflows
    if name not in workflows:
        close = nearest(name, workflows)
        message = (
            f"no workflow is called `{name}`{meant(name, workflows)} (workflows: {listed(list(workflows))})"
        )
        remedy = f"write `{close}`" if close else "add it to `workflows:`"
        entry.part.fault("unknown-workflow", message, remedy)
        return None
    options: dict[str, Any] = read_options(entry.keys)
    if "after" in entry.keys:
        options["after"] = entry.reader.references(entry.keys["after"], "`after`")
    source = _source(entry, "inputs", "`inputs`") if "inputs" in entry.keys else MISSING
    return _made(entry, Subworkflow, workflows[name], source=source, **options)


def _written_body(writer: Writer, node: BodyNode) -> Any:
    if isinstance(node.body, FunctionNode):
        return writer.function(node.body)
    return writer.nodes(node.body) if node.is_inline else writer.workflow(node.body)


def _written_source(writer: Writer, node: BodyNode, what: str) -> Any:
    source = node.source
    if source is MISSING or isinstance(source, InputSource):
        return "input"
    if isinstance(source, Source) or callable(source):
        return writer.name(source, what)
    return written_shape(source)


def _written_options(writer: Writer, node: BodyNode) -> dict[str, Any]:
    if isinstance(node.body, FunctionNode):
        function = node.body
        # The item was added where the function takes it.
        keys = written_call(writer, function, node.inputs)
    else:
        keys = {} if node.inputs is MISSING else {"inputs": written_shape(node.inputs)}
        if node.retry is not None:
            keys["retry"] = written_retry(writer, node.retry)
        if node.timeout is not None:
            keys["timeout"] = node.timeout
    if node.after:
        keys["after"] = [writer.name(other, "`after`") for other in node.after]
    return keys


def _write_map(writer: Writer, node: Map) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "map": _written_body(writer, node),
        "over": _written_source(writer, node, "`over`"),
    }
    if node.concurrency != CONCURRENCY:
        keys["concurrency"] = node.concurrency
    if node.on_error != "raise":
        keys["on_error"] = node.on_error
    if node.until is not None:
        keys["until"] = node.until
    return keys | _written_options(writer, node)


def _write_loop(writer: Writer, node: Loop) -> dict[str, Any]:
    keys: dict[str, Any] = {"loop": _written_body(writer, node)}
    if node.source is not MISSING:
        keys["start"] = _written_source(writer, node, "`start`")
    keys |= {"until": node.until, "limit": node.limit}
    if node.at_limit != "raise":
        keys["at_limit"] = node.at_limit
    return keys | _written_options(writer, node)


def _write_subworkflow(writer: Writer, node: Subworkflow) -> dict[str, Any]:
    keys: dict[str, Any] = {"subworkflow": writer.workflow(node.body)}
    if node.source is not MISSING:
        keys["inputs"] = _written_source(writer, node, "`inputs`")
    return keys | _written_options(writer, node)


_INPUTS = {
    "inputs": {
        "$ref": "#/$defs/shape",
        "description": "What parameters of a function get, by their names; of a workflow its input.",
    }
}

MAP = Kind(
    key="map",
    title="Runs a function or workflow for each item of a list: `item`, at position `index`.",
    value=_BODY,
    keys={
        "over": {"$ref": "#/$defs/shape", "description": "The list."},
        "concurrency": {
            "type": "integer",
            "minimum": 1,
            "maximum": CONCURRENCY_MAX,
            "description": f"Items that are under way at a time, {CONCURRENCY} unless said.",
        },
        "on_error": {"enum": list(ON_ERROR), "description": "What becomes of it when an item fails."},
        "until": EXPRESSION | {"description": "Ends it once it holds over `results`."},
        **CALL,
        **_INPUTS,
    },
    read=_read_map,
    write=_write_map,
)

LOOP = Kind(
    key="loop",
    title="Runs a function or workflow until a condition holds: each turn makes the next `state`.",
    value=_BODY,
    keys={
        "start": {"$ref": "#/$defs/shape", "description": "The first state; left out, the input."},
        "until": EXPRESSION | {"description": "Ends it once it holds over `state` and `turn`."},
        "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "description": "Turns it may take."},
        "at_limit": {"enum": ["raise", "keep"], "description": "What becomes of it at the limit."},
        **CALL,
        **_INPUTS,
    },
    read=_read_loop,
    write=_write_loop,
)

SUBWORKFLOW = Kind(
    key="subworkflow",
    title="Runs a workflow of `workflows:`, or the whole one again.",
    value={"type": "string"},
    keys={
        "inputs": {"$ref": "#/$defs/shape", "description": "Its input; left out, that of this workflow."},
        "after": AFTER,
        **OPTIONS,
    },
    read=_read_subworkflow,
    write=_write_subworkflow,
)
