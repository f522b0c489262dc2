"""The workflow's input as its JSON Schema tells it: what `-f` means, what to ask for.

Schemas are read leniently: what is not understood accepts everything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Field", "accepts", "alternatives", "described", "example", "fields", "member"]

_DEPTH_MAX = 8
_TEXTS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "duration": "PT5M",
    "email": "me@example.org",
    "time": "12:00:00",
    "uri": "https://example.org",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_WORDS = {
    "array": "list",
    "boolean": "true or false",
    "integer": "integer",
    "null": "null",
    "number": "number",
    "object": "object",
    "string": "text",
}

Schema = dict[str, Any]


class Field(NamedTuple):
    """One field of an object.

    Attributes:
        name: Its key.
        type: What it holds, in words.
        required: Whether it must be given.
        description: What its schema says about it, with the default.
    """

    name: str
    type: str
    required: bool
    description: str


def alternatives(schema: Schema, root: Schema, depth: int = 0) -> Iterator[Schema]:
    """Give the schemas without references and unions of which a value has to fit one."""
    if depth > _DEPTH_MAX:
        return
    if isinstance(reference := schema.get("$ref"), str):
        yield from alternatives(_resolved(reference, root), root, depth + 1)
        return
    for word in ("anyOf", "oneOf", "allOf"):
        if isinstance(members := schema.get(word), list):
            for one in members:
                yield from alternatives(one, root, depth + 1)
            return
    yield schema


def accepts(schema: Schema, root: Schema, type_: str) -> bool:
    """Tell whether values of a JSON type (``string``, ``null``, ...) may fit a schema."""
    types = {accepted for one in alternatives(schema, root) for accepted in _types(one)}
    return type_ in types or (type_ == "integer" and "number" in types)


def member(schema: Schema, root: Schema, key: str | None) -> Schema:
    """Give the schema of an object's field, or of a list's members where the key is None."""
    for one in alternatives(schema, root):
        if key is None:
            found = one.get("items")
        else:
            found = one.get("properties", {}).get(key, one.get("additionalProperties"))
        if isinstance(found, dict):
            return found
    return {}


def fields(schema: Schema, root: Schema) -> list[Field]:
    """Give the fields of the first object that a schema accepts; empty where it is none."""
    one = _object(schema, root)
    if one is None:
        return []
    return [
        Field(
            name,
            described(property_, root),
            name in one.get("required", ()),
            _remark(property_),
        )
        for name, property_ in one["properties"].items()
    ]


def described(schema: Schema, root: Schema, depth: int = 0) -> str:
    """Say in a few words what a schema accepts, such as ``list of text``."""
    if depth > _DEPTH_MAX:
        return "anything"
    words: dict[str, None] = {}
    for one in alternatives(schema, root):
        if "const" in one:
            words[json.dumps(one["const"])] = None
        elif "enum" in one:
            words.update(dict.fromkeys(json.dumps(value) for value in one["enum"]))
        elif one.get("type") == "array":
            words[f"list of {described(one.get('items', {}), root, depth + 1)}"] = None
        elif one.get("type") == "object":
            words[one["title"] if "title" in one and "properties" in one else "object"] = None
        elif one.get("type") == "string" and "format" in one:
            words[one["format"]] = None
        elif len(types := _types(one)) == len(_WORDS):
            words["anything"] = None
        else:
            words.update(dict.fromkeys(_WORDS[type_] for type_ in types))
    return " or ".join(words) or "anything"


def example(schema: Schema, root: Schema, depth: int = 0) -> Any:
    """Make up a value that fits a schema, with the required fields only."""
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    one = next(alternatives(schema, root), {})
    if "const" in one:
        return one["const"]
    if "enum" in one:
        return one["enum"][0]
    match one.get("type"):
        case "string":
            return _TEXTS.get(one.get("format", ""), "text")
        case "integer":
            return one.get("minimum", 1)
        case "number":
            return one.get("minimum", 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case "array":
            return [] if depth > _DEPTH_MAX else [example(one.get("items", {}), root, depth + 1)]
        case "object" if depth <= _DEPTH_MAX and "properties" in one:
            required = one.get("required") or list(one["properties"])[:1]
            return {name: example(one["properties"].get(name, {}), root, depth + 1) for name in required}
    return {}


def _object(schema: Schema, root: Schema) -> Schema | None:
    return next((one for one in alternatives(schema, root) if one.get("properties")), None)


def _types(schema: Mapping[str, Any]) -> Sequence[str]:
    if "const" in schema:
        return [_type_of(schema["const"])]
    if "enum" in schema:
        return [_type_of(value) for value in schema["enum"]]
    type_ = schema.get("type")
    if isinstance(type_, str):
        return [type_]
    return type_ if isinstance(type_, list) else list(_WORDS)


def _type_of(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")


def _remark(schema: Schema) -> str:
    parts = [str(schema["description"])] if "description" in schema else []
    if schema.get("default") is not None:
        parts.append(f"default {json.dumps(schema['default'])}")
    return "; ".join(parts)


def _resolved(reference: str, root: Schema) -> Schema:
    found: Any = root
    for key in reference.removeprefix("#/").split("/"):
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
