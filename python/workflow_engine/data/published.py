"""The JSON Schema of the format, put together from the kinds; editors complete and check files by it."""

from __future__ import annotations

from typing import Any

from workflow_engine.data import VERSION
from workflow_engine.data.functions import OPTIONS
from workflow_engine.data.kind import JSON_SCHEMA
from workflow_engine.data.kinds import KINDS

__all__ = ["json_schema"]

_NAME = "^[a-z0-9][a-z0-9_-]{0,63}$"


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of a workflow file, draft 2020-12."""
    name = {"$ref": "#/$defs/node_name"}
    inline = {
        "nodes": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$"},
            "additionalProperties": {"$ref": "#/$defs/node"},
            "minProperties": 1,
            "description": "The nodes by name, in any order.",
        },
        "returns": {
            "anyOf": [
                name,
                {"type": "array", "items": name, "minItems": 1},
                {"type": "object", "additionalProperties": name},
                {"type": "null"},
            ],
            "description": "The node that gives the result; several of which one runs; an object of "
            "nodes; or null for no result. Left out, it is the only node that no other reads.",
        },
    }
    content = {
        "input": JSON_SCHEMA | {"description": "JSON Schema of the input."},
        "output": JSON_SCHEMA | {"description": "JSON Schema of the result."},
        "defaults": {
            "type": "object",
            "properties": OPTIONS,
            "additionalProperties": False,
            "description": "Options of the Python nodes that do not say otherwise.",
        },
        **inline,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow",
        "description": f"A workflow as data, version {VERSION} of the format.",
        "type": "object",
        "properties": {
            "workflow": {
                "type": "string",
                "pattern": _NAME,
                "description": "Its name.",
            },
            "version": {"const": VERSION, "description": "Version of the format."},
            "workflows": {
                "type": "object",
                "propertyNames": {"pattern": _NAME},
                "additionalProperties": {"$ref": "#/$defs/workflow"},
                "description": "Workflows that nodes may run as their bodies, by name.",
            },
            **content,
        },
        "required": ["workflow", "version", "nodes"],
        "additionalProperties": False,
        "$defs": {
            "node": {"oneOf": [{"$ref": f"#/$defs/{key}"} for key in KINDS]},
            **{
                key: {
                    "type": "object",
                    "description": kind.title,
                    "properties": {key: kind.value, **kind.keys},
                    "required": [key],
                    "additionalProperties": False,
                }
                for key, kind in KINDS.items()
            },
            "workflow": {
                "type": "object",
                "properties": content,
                "required": ["nodes"],
                "additionalProperties": False,
                "description": "A workflow that nodes run as their body.",
            },
            "body": {
                "anyOf": [
                    {"type": "string", "description": "The name of a registered function, or a workflow."},
                    {
                        "type": "object",
                        "properties": inline,
                        "required": ["nodes"],
                        "additionalProperties": False,
                        "description": "Nodes of its own, which read those around them.",
                    },
                ],
            },
            "node_name": {"type": "string", "description": "The name of a node, or `input`."},
            "node_names": {
                "anyOf": [name, {"type": "array", "items": name}, {"type": "null"}],
            },
            "expression": {"type": "string", "description": "CEL; text is written `'in quotes'`."},
            "shape": {
                "anyOf": [
                    {"$ref": "#/$defs/expression"},
                    {"type": ["number", "boolean", "null"]},
                    {"type": "array", "items": {"$ref": "#/$defs/shape"}},
                    {"type": "object", "additionalProperties": {"$ref": "#/$defs/shape"}},
                ],
                "description": "JSON in which every text is an expression.",
            },
        },
    }
