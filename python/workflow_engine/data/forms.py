"""From the JSON Schema of an input or output to a type that values are checked by."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any, Literal

from workflow_engine.names import listed

if TYPE_CHECKING:
    from workflow_engine.data.part import Part

__all__ = ["form_of"]

_PLAIN: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}

# Words that say nothing about which values are valid.
_COMMENTS = {
    "title",
    "description",
    "default",
    "examples",
    "$schema",
    "$id",
    "$comment",
    "deprecated",
    "$defs",
}
_KNOWN = {"type", "properties", "required", "items", "enum", "const", "additionalProperties", "anyOf", "$ref"}


def form_of(part: Part, name: str) -> Any:
    """Give the type form of a JSON Schema.

    Args:
        part: The schema.
        name: What an object without a title is called.

    Returns:
        The form; `Any` where the schema is wrong or says something that is not known, with a fault told.
    """
    definitions = part.value.get("$defs", {}) if isinstance(part.value, dict) else {}
    return _Schemas(definitions if isinstance(definitions, dict) else {}).form(part, name)


class _Schemas:
    """A schema and its definitions, each of which is made once."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        # None while a definition is being made.
        self._made: dict[str, Any] = {}

    def form(self, part: Part, name: str) -> Any:
        if part.value is True:
            return Any
        schema = part.object("a JSON Schema")
        for key, inner in schema.items():
            if key in _KNOWN or key in _COMMENTS:
                continue
            message = f"values cannot be checked by the keyword `{key}` (known: {listed(sorted(_KNOWN))})"
            inner.fault("unknown-keyword", message, "leave it out, or check it in a node", key=True)
        title = schema["title"].value if "title" in schema else None
        name = title if isinstance(title, str) and title else name
        if "$ref" in schema:
            return self._reference(schema["$ref"])
        if "anyOf" in schema:
            parts = schema["anyOf"].list("`anyOf`")
            return _union([self.form(inner, name) for inner in parts])
        if "const" in schema:
            return _literal(schema["const"], [schema["const"]])
        if "enum" in schema:
            return _literal(schema["enum"], schema["enum"].list("`enum`"))
        if "type" not in schema:
            return dict[str, Any] if "properties" in schema and not self._object(schema, name) else Any
        kinds = schema["type"]
        words = kinds.list("`type`") if isinstance(kinds.value, list) else [kinds]
        return _union([self._of_type(word, schema, name) for word in words])

    def _of_type(self, word: Part, schema: dict[str, Part], name: str) -> Any:
        if not isinstance(word.value, str) or word.value not in _PLAIN:
            message = f"no type of JSON Schema is called {word.value!r} (types: {listed(list(_PLAIN))})"
            word.fault("unknown-type", message, "write one of them")
            return Any
        if word.value == "object":
            return self._object(schema, name)
        if word.value == "array":
            items = schema.get("items")
            inner = Any if items is None else self.form(items, f"{name}_item")
            return list[inner]  # type: ignore[valid-type]
        return _PLAIN[word.value]

    def _object(self, schema: dict[str, Part], name: str) -> Any:
        from typing import NotRequired

        from typing_extensions import TypedDict

        rest = schema.get("additionalProperties")
        properties = schema["properties"].object("`properties`") if "properties" in schema else {}
        names = schema["required"].list("`required`") if "required" in schema else []
        required = [key for part in names if (key := part.text("a name of `required`")) is not None]
        closed = rest is not None and rest.value is False
        if not properties and not required and not closed:
            inner = Any if rest is None else self.form(rest, f"{name}_value")
            return dict[str, inner]  # type: ignore[valid-type]
        if rest is not None and not isinstance(rest.value, bool):
            message = "`additionalProperties` is true or false where there are `properties`"
            rest.fault("unknown-keyword", message, "leave it out, or check it in a node")
        fields = {
            key: form if key in required else NotRequired[form]
            for key, form in (
                *((key, self.form(inner, f"{name}_{key}")) for key, inner in properties.items()),
                *((key, Any) for key in required if key not in properties),
            )
        }
        make: Any = TypedDict
        made = make(name, fields)
        made.__module__ = __name__
        if closed:
            made.__pydantic_config__ = {"extra": "forbid"}
        return made

    def _reference(self, part: Part) -> Any:
        from workflow_engine.data.part import Part as Inner

        text = part.text("`$ref`") or ""
        name = text.removeprefix("#/$defs/")
        if name == text or name not in self._definitions:
            part.fault("unknown-keyword", f"`$ref` leads to a name of `$defs`, and not to `{text}`", "")
            return Any
        if name not in self._made:
            self._made[name] = None
            path = (*part.path[:1], "$defs", name)
            self._made[name] = self.form(Inner(self._definitions[name], path, part.reader), name)
        elif self._made[name] is None:
            part.fault("unknown-keyword", "a schema that holds itself is not known here", "end it by `{}`")
            return Any
        return self._made[name]


def _union(forms: list[Any]) -> Any:
    if not forms or any(form is Any for form in forms):
        return Any
    return functools.reduce(operator.or_, forms)


def _literal(part: Part, values: list[Part]) -> Any:
    for value in values:
        if value.value is not None and not isinstance(value.value, str | bool | int):
            value.fault("unknown-keyword", "a value of `enum` is text, a boolean, an integer or null", "")
            return Any
    if not values:
        part.fault("unknown-keyword", "`enum` has no values", "name some")
        return Any
    return Literal[tuple(value.value for value in values)]
