"""Nodes of Python functions in data: by the names under which the host knows the functions."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from workflow_engine import errors
from workflow_engine.data.kind import AFTER, Kind
from workflow_engine.errors import DeclarationError, ExpressionError
from workflow_engine.expression import Expression, text_literal
from workflow_engine.names import listed, meant, nearest
from workflow_engine.node import InputSource, Source, function_node
from workflow_engine.policy import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workflow_engine.data.kind import Entry
    from workflow_engine.data.part import Part
    from workflow_engine.data.reader import Reader
    from workflow_engine.data.write import Writer
    from workflow_engine.node import FunctionNode

__all__ = [
    "CALL",
    "OPTIONS",
    "PYTHON",
    "call_options",
    "read_options",
    "written_call",
    "written_retry",
]

_RETRY = ("attempts", "delay", "factor", "max_delay", "jitter")

OPTIONS: dict[str, dict[str, Any]] = {
    "retry": {
        "type": "object",
        "properties": {
            "attempts": {"type": "integer", "minimum": 1, "description": "Attempts, the first one too."},
            "delay": {"type": "number", "minimum": 0, "description": "Seconds after the first attempt."},
            "factor": {"type": "number", "minimum": 1, "description": "What each further wait grows by."},
            "max_delay": {"type": "number", "minimum": 0, "description": "Seconds of the longest wait."},
            "jitter": {"enum": ["full", "none"]},
            "errors": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "description": "Names of the exceptions that are tried again.",
            },
        },
        "additionalProperties": False,
    },
    "timeout": {"type": "number", "exclusiveMinimum": 0, "description": "Seconds for an attempt."},
}
"""Options that `defaults` may set for all Python nodes."""


def _read(entry: Entry) -> FunctionNode[..., Any, Any] | None:
    options = call_options(entry)
    function = _function(entry.reader, entry.part)
    if function is None:
        return None
    try:
        node = function_node(entry.workflow, function, name=entry.name, **options)
    except DeclarationError as error:
        entry.part.fault("invalid-node", str(error))
        return None
    node.place = entry.place
    return node


def call_options(entry: Entry) -> dict[str, Any]:
    """Read what says how a function is called: `inputs`, `after`, `thread`, `retry` and `timeout`."""
    reader = entry.reader
    options = reader.defaults | read_options(entry.keys)
    if "inputs" in entry.keys:
        parts = entry.keys["inputs"].object("`inputs`")
        options["inputs"] = {name: _input(reader, part) for name, part in parts.items()}
    options["after"] = entry.after()
    if "thread" in entry.keys:
        thread = entry.keys["thread"].text("`thread`")
        if thread not in (None, "caller"):
            entry.keys["thread"].fault("invalid-option", f"`thread` is `caller` or left out, not `{thread}`")
        options["thread"] = "caller"
    return options


def _function(reader: Reader, part: Part) -> Callable[..., Any] | None:
    name = part.text("`python`, the name of a function,")
    known = reader.functions
    if name is None or name in known:
        return None if name is None else known[name]
    close = nearest(name, known)
    message = (
        f"no function is registered as `{name}`{meant(name, known)} (registered: {listed(sorted(known))})"
    )
    remedy = f"write `{close}`" if close else f"give it: `nodes={{{name!r}: function}}`, or `@register_node`"
    part.fault("unregistered-function", message, remedy)
    return None


def read_options(keys: dict[str, Part]) -> dict[str, Any]:
    """Read `retry` and `timeout` where they stand."""
    options: dict[str, Any] = {}
    if "retry" in keys:
        options["retry"] = _retry(keys["retry"])
    if "timeout" in keys:
        timeout = keys["timeout"].number("`timeout`, in seconds,")
        if timeout is not None and timeout <= 0:
            keys["timeout"].fault("invalid-option", f"`timeout` is more than 0, not {timeout}")
        elif timeout is not None:
            options["timeout"] = timeout
    return options


def _retry(part: Part) -> Retry | None:
    parts = part.object("`retry`", (*_RETRY, "errors"))
    values = {key: parts[key].value for key in _RETRY if key in parts}
    if "errors" in parts:
        kinds = [_exception(name) for name in parts["errors"].list("`errors`")]
        values["on"] = tuple(kind for kind in kinds if kind is not None)
        if not kinds:
            parts["errors"].fault("invalid-option", "`errors` names no exception", "remove it")
    try:
        return Retry(**values)
    except DeclarationError as error:
        part.fault("invalid-option", str(error))
        return None


def _exception(part: Part) -> type[BaseException] | None:
    name = part.text("the name of an exception")
    found = None if name is None else exception_named(name)
    if name is not None and found is None:
        message = f"`{name}` is no exception of Python or of this package"
        part.fault("invalid-option", message, "name one of these, or leave out `errors`")
    return found


def exception_named(name: str) -> type[BaseException] | None:
    """Give the exception of Python or of this package that has a name."""
    found = getattr(builtins, name, None) or getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _input(reader: Reader, part: Part) -> Any:
    """What a parameter gets: text is an expression, a list or object may hold some, the rest is itself."""
    if isinstance(part.value, dict):
        return {key: _input(reader, inner) for key, inner in part.object("`inputs`").items()}
    if isinstance(part.value, list):
        return [_input(reader, inner) for inner in part.list("`inputs`")]
    if not isinstance(part.value, str):
        return part.value
    text = reader.expression(part, "`inputs`")
    if text is None:
        return None
    source = reader.variable(text.strip())
    if source is not None:
        return source
    if _reads_nothing(text):
        return _constant(part, text)
    return Expression(text)


def _reads_nothing(text: str) -> bool:
    from workflow_engine._core import Expression as Compiled

    return not Compiled(text).variables


def _constant(part: Part, text: str) -> Any:
    from workflow_engine._core import to_json

    try:
        value = Expression(text).evaluate()
        to_json(value)
    except ExpressionError as error:
        part.fault("invalid-expression", str(error).partition("\n")[0])
        return None
    except ValueError:
        part.fault("invalid-input", "the constant has no form in JSON", "write text or a number")
        return None
    return value


def _write(writer: Writer, node: FunctionNode[..., Any, Any]) -> dict[str, Any]:
    return {"python": writer.function(node), **written_call(writer, node, node.inputs)}


def written_call(
    writer: Writer, node: FunctionNode[..., Any, Any], inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the keys that say how a function is called."""
    keys: dict[str, Any] = {}
    if inputs:
        keys["inputs"] = {name: _written(writer, value, name) for name, value in inputs.items()}
    keys |= writer.after(node.after)
    if node.retry is not None:
        keys["retry"] = written_retry(writer, node.retry)
    if node.timeout is not None:
        keys["timeout"] = node.timeout
    if node.caller:
        keys["thread"] = "caller"
    return keys


def _written(writer: Writer, value: Any, name: str) -> Any:
    if isinstance(value, InputSource):
        return "input"
    if isinstance(value, Expression):
        text = str(value)
        # A name alone would be the node itself, and not its JSON form.
        return f"({text})" if text.strip().isidentifier() else text
    if isinstance(value, Source):
        return writer.name(value, f'`inputs["{name}"]`')
    if isinstance(value, dict):
        return {key: _written(writer, inner, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_written(writer, inner, name) for inner in value]
    if isinstance(value, str):
        return text_literal(value)
    return writer.json(value, f'`inputs["{name}"]`')


def written_retry(writer: Writer, retry: Retry) -> dict[str, Any]:
    """Give a `Retry` as data writes it."""
    usual = Retry()
    keys = {key: getattr(retry, key) for key in _RETRY if getattr(retry, key) != getattr(usual, key)}
    if not keys and retry.on is None:
        keys["attempts"] = retry.attempts
    if retry.on is not None:
        kinds = retry.on if isinstance(retry.on, tuple) else (retry.on,)
        for kind in kinds:
            name = getattr(kind, "__name__", "")
            if exception_named(name) is not kind:
                raise writer.refusal(f"`retry` asks for {kind!r}, and data names exceptions of Python only")
        keys["errors"] = [kind.__name__ for kind in kinds]
    return keys


CALL: dict[str, dict[str, Any]] = {
    "inputs": {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/shape"},
        "description": "What parameters get, by their names.",
    },
    "after": AFTER,
    **OPTIONS,
    "thread": {"const": "caller", "description": "Keeps it on the thread that runs the workflow."},
}
"""The keys that say how a function is called."""

PYTHON = Kind(
    key="python",
    title="Calls a Python function that the host has registered.",
    value={"type": "string", "minLength": 1},
    keys=CALL,
    read=_read,
    write=_write,
)
