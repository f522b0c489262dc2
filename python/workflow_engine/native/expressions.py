"""What the kinds that hold expressions share: their text, their types, and what is wrong with them."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workflow_engine import _core
from workflow_engine.errors import DeclarationError, ExpressionError
from workflow_engine.expression import Expression
from workflow_engine.names import elsewhere
from workflow_engine.node import Source
from workflow_engine.typeform import bare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflow_engine.build import Build
    from workflow_engine.call import Argument

__all__ = [
    "arguments",
    "check",
    "condition",
    "form_of",
    "of_reads",
    "shape",
    "texts",
    "to_text",
    "type_of_form",
    "type_of_shape",
]

# How deep a shape may nest.
_DEPTH_MAX: int = _core.JSON_DEPTH_MAX

_CODES = {
    "unknown_variable": "unknown-variable",
    "unknown_function": "unknown-function",
    "no_such_field": "unknown-field",
    "no_such_overload": "wrong-type",
}

# How much of a long expression a message shows.
_SHOWN = 80


def to_text(value: object, what: str) -> str:
    """Give the CEL of what stands where an expression is wanted.

    Args:
        value: CEL text, an `Expression`, a node or the input.
        what: What it is, for the message.

    Raises:
        DeclarationError: It is none of these.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, Source):
        return value._root  # noqa: SLF001
    raise DeclarationError(f"{what} is an expression, as CEL text or built with `ref`, not {value!r}")


def shape(value: object, what: str, path: str = "", depth: int = 0) -> Any:
    """Give a shape as the core takes it: JSON in which a tuple of one text is an expression.

    Args:
        value: JSON types, in which expressions, nodes and the input may stand; text is text.
        what: What it is, for the message.
        path: Where in it this is.
        depth: How deep that is.

    Raises:
        DeclarationError: Something in it is no JSON and no expression.
    """
    if isinstance(value, Expression | Source):
        return (to_text(value, what),)
    if isinstance(value, enum.Enum):
        value = value.value
    if depth > _DEPTH_MAX:
        raise DeclarationError(f"{what} nests deeper than {_DEPTH_MAX}")
    if isinstance(value, Mapping):
        made = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise DeclarationError(f"{what}: keys are text, not {key!r}{_at(path)}")
            made[str(key)] = shape(item, what, f"{path}.{key}" if path else key, depth + 1)
        return made
    if isinstance(value, list | tuple):
        return [shape(item, what, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise DeclarationError(
        f"{what}: {value!r}{_at(path)} is neither JSON nor an expression;"
        " write `ref(...)` for data of the run"
    )


def _at(path: str) -> str:
    return f" at `{path}`" if path else ""


def texts(shaped: Any) -> Iterator[str]:
    """Go through the expressions of a shape."""
    if isinstance(shaped, tuple):
        yield shaped[0]
    elif isinstance(shaped, dict | list):
        for item in shaped.values() if isinstance(shaped, dict) else shaped:
            yield from texts(item)


def check(build: Build, node: str, text: str, where: str = "") -> _core.ExpressionType | None:
    """Check an expression of a node over all that it can read.

    Args:
        build: The plan in the making; faults go there.
        node: Name of the node.
        text: The expression.
        where: Where in the node it stands, for messages; empty if there is only one.

    Returns:
        The type of its value; None if it cannot be compiled, or reads what is not there.
    """
    place = f"`{where}`: " if where else ""
    try:
        reads = _core.expression_reads(text)
    except ExpressionError as error:
        message = str(error).partition("\n")[0]
        _add(build, node, "invalid-expression", place, text, message, error.offset)
        return None
    known = all(build.knows(name) for name, _ in reads)
    variables = {name: build.expression_type(name) for name, _ in reads if build.knows(name)}
    found, wrong = _core.check_expression(text, variables)
    if wrong:
        # The names of all nodes are needed only to propose one, and for what stands in a call of nothing.
        names = build.variables()
        found, wrong = _core.check_expression(
            text, dict.fromkeys(names, _core.ExpressionType.unknown()) | variables
        )
    for kind, message, offset in wrong:
        code = _CODES.get(kind, "invalid-expression")
        _add(build, node, code, place, text, message, offset)
    return found if known else None


def _add(build: Build, node: str, code: str, place: str, text: str, message: str, offset: int | None) -> None:
    remedy, severity = "", "error"
    if code == "unknown-variable":
        named = re.match(r"\w+", text[offset or 0 :])
        remedy = elsewhere(named[0]) if named else ""
        if not remedy and re.fullmatch(r"\s*\w+\s*", text):
            remedy = f"for text write \"'{text.strip()}'\""
    if code == "wrong-type" and "write `double(" in message:
        # Whether a number has a fraction may be up to the data.
        severity = "warning"
    message = f"{place}in `{_excerpt(text, offset)}`: {message}"
    where = build.nodes[node].place.of_expression(text, offset)
    build.faults.add(code, message, remedy, node=node, place=where, severity=severity)  # type: ignore[arg-type]


def _excerpt(text: str, offset: int | None) -> str:
    text = re.sub(r"\s", " ", text)
    if len(text) <= _SHOWN:
        return text
    start = max(0, min((offset or 0) - _SHOWN // 2, len(text) - _SHOWN))
    end = start + _SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def condition(build: Build, node: str, text: str, where: str = "") -> bool:
    """Check an expression that has to be true or false; tell whether it can be compiled."""
    found = check(build, node, text, where)
    if found is not None and found.name not in ("bool", "dyn"):
        place = f"`{where}`: " if where else ""
        message = f"{place}a condition is true or false, and `{_excerpt(text, 0)}` is a value of {found.name}"
        at = build.nodes[node].place.of_expression(text)
        build.faults.add("wrong-type", message, "compare it with something", node=node, place=at)
    return found is not None


def arguments(texts: Iterable[str]) -> list[Argument]:
    """Give what expressions read, by their texts, as the arguments of what may stand in their place."""
    found: dict[str, bool] = {}
    for text in texts:
        try:
            reads = _core.expression_reads(text)
        except ExpressionError:
            continue
        for name, optional in reads:
            found[name] = found.get(name, False) or optional
    return of_reads(found)


def of_reads(found: Mapping[str, bool]) -> list[Argument]:
    """Give variables, and whether each may be missing, as the arguments of what may stand in their place."""
    from workflow_engine.call import Argument

    made = []
    for name, optional in found.items():
        if name == "input":
            made.append(Argument(name, ("input",)))
        else:
            made.append(Argument(name, ("node", name, None) if optional else ("node", name)))
    return made


# What JSON of plain types is to expressions, and the reverse.
_SCHEMAS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}
_FORMS: dict[str, Any] = {"string": str, "int": int, "uint": int, "double": float, "bool": bool, "null": None}


def type_of_form(form: Any) -> _core.ExpressionType:
    """Give what expressions see of values of a type: their JSON form, as HTTP would carry it."""
    from workflow_engine.schema import Schema

    if form is Any:
        return _core.ExpressionType.unknown()
    simple = bare(form)
    if simple in _SCHEMAS:
        return _core.ExpressionType.of_schema(_SCHEMAS[simple])
    try:
        return _core.ExpressionType.of_schema(Schema(form).json_schema("serialization"))
    except Exception:  # noqa: BLE001  A type that pydantic has no schema for.
        return _core.ExpressionType.unknown()


def form_of(found: _core.ExpressionType | None) -> Any:
    """Give the type form of values of a type of expressions, as JSON reaches Python."""
    name = "dyn" if found is None else found.name
    if name in _FORMS:
        return _FORMS[name]
    if name.startswith("list("):
        return list[Any]
    return dict[str, Any] if name == "object" or name.startswith("map(") else Any


def type_of_shape(build: Build, node: str, shaped: Any, path: str = "") -> _core.ExpressionType | None:
    """Check all expressions of a shape, and give its type; None if one of them cannot be compiled."""
    if isinstance(shaped, tuple):
        return check(build, node, shaped[0], path)
    if isinstance(shaped, dict):
        found = {
            key: type_of_shape(build, node, item, f"{path}.{key}" if path else key)
            for key, item in shaped.items()
        }
        fields = {key: field for key, field in found.items() if field is not None}
        return _core.ExpressionType.object(fields) if len(fields) == len(found) else None
    if isinstance(shaped, list):
        members = [type_of_shape(build, node, item, f"{path}[{index}]") for index, item in enumerate(shaped)]
        known = [member for member in members if member is not None]
        return _core.ExpressionType.list(known) if len(known) == len(members) else None
    try:
        return _core.ExpressionType.of_value(shaped)
    except ValueError as error:
        place = f"`{path}`: " if path else ""
        build.faults.add("invalid-constant", f"{place}{error}", "use JSON values", node=node)
        return None
