"""From the JSON Schema of an input or output to a type form: what is known of it before a run.

Values are not checked by it. What a type cannot say is `Any`.
"""

from __future__ import annotations

import functools
import operator
from typing import Any, Literal

__all__ = ["form_of"]

_PLAIN: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": type(None),
}

# How deep a schema is followed.
_DEPTH_MAX = 24


def form_of(schema: Any, name: str) -> Any:
    """Give the type form of a JSON Schema that was found to be one.

    Args:
        schema: The schema.
        name: What an object without a title is called.
    """
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    return _Schemas(definitions if isinstance(definitions, dict) else {}).form(schema, name)


class _Schemas:
    """A schema and its definitions, each of which is made once."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._made: dict[str, Any] = {}
        self._depth = 0

    def form(self, schema: Any, name: str) -> Any:
        if not isinstance(schema, dict) or self._depth >= _DEPTH_MAX:
            return Any
        self._depth += 1
        made = self._form(schema, name)
        self._depth -= 1
        return made

    def _form(self, schema: dict[str, Any], name: str) -> Any:
        title = schema.get("title")
        name = title if isinstance(title, str) and title else name
        if "$ref" in schema:
            return self._reference(schema["$ref"])
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return _union([self.form(inner, name) for inner in schema[union]])
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if values is not None:
            return _literal(values)
        kinds = schema.get("type", "object" if "properties" in schema else [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return _union([self._of_type(kind, schema, name) for kind in kinds])

    def _of_type(self, kind: str, schema: dict[str, Any], name: str) -> Any:
        if kind == "array":
            inner = self.form(schema.get("items"), f"{name}_item")
            return list[inner]  # type: ignore[valid-type]
        return self._object(schema, name) if kind == "object" else _PLAIN[kind]

    def _object(self, schema: dict[str, Any], name: str) -> Any:
        from typing import NotRequired

        from typing_extensions import TypedDict

        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not properties and not required:
            inner = self.form(schema.get("additionalProperties"), f"{name}_value")
            return dict[str, inner]  # type: ignore[valid-type]
        fields: dict[str, Any] = dict.fromkeys(required, Any)
        for key, inner in properties.items():
            form = self.form(inner, f"{name}_{key}")
            fields[key] = form if key in required else NotRequired[form]
        make: Any = TypedDict
        made = make(name, fields)
        made.__module__ = __name__
        return made

    def _reference(self, text: str) -> Any:
        name = text.removeprefix("#/$defs/")
        if name == text or name not in self._definitions:
            return Any
        if name not in self._made:
            # A schema that holds itself is anything there.
            self._made[name] = Any
            self._made[name] = self.form(self._definitions[name], name)
        return self._made[name]


def _union(forms: list[Any]) -> Any:
    if not forms or any(form is Any for form in forms):
        return Any
    return functools.reduce(operator.or_, forms)


def _literal(values: list[Any]) -> Any:
    if values and all(value is None or isinstance(value, str | bool | int) for value in values):
        return Literal[tuple(values)]
    return Any
