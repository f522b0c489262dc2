"""What the format knows of a kind of node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow_engine.data.part import Part
    from workflow_engine.data.reader import Reader
    from workflow_engine.data.write import Writer
    from workflow_engine.declaring import Declares
    from workflow_engine.node import Node
    from workflow_engine.place import Place

__all__ = ["AFTER", "EXPRESSION", "JSON_SCHEMA", "NODE", "NODES", "Entry", "Kind"]

# Parts of the JSON Schema that several kinds have.
NODE: dict[str, Any] = {"$ref": "#/$defs/node_name"}
NODES: dict[str, Any] = {"$ref": "#/$defs/node_names"}
AFTER: dict[str, Any] = NODES | {"description": "Nodes that must have run before."}
EXPRESSION: dict[str, Any] = {"$ref": "#/$defs/expression"}
JSON_SCHEMA: dict[str, Any] = {"$ref": "https://json-schema.org/draft/2020-12/schema"}


class Entry(NamedTuple):
    """A node as it stands in data.

    Attributes:
        reader: Who reads it.
        name: Its name.
        part: The value of the key that is its kind.
        keys: The parts of its further keys.
    """

    reader: Reader
    name: str
    part: Part
    keys: dict[str, Part]

    @property
    def workflow(self) -> Declares[Any, Any]:
        """The workflow that it will belong to."""
        return self.reader.workflow

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.reader.place(self.name)

    def after(self) -> list[Any]:
        """Give the nodes that it waits for by `after`."""
        return self.reader.references(self.keys["after"], "`after`") if "after" in self.keys else []


class Kind(NamedTuple):
    """A kind of node in the format.

    Attributes:
        key: The key that stands for it, which is the `kind` of its nodes.
        title: What it does, in a few words.
        value: JSON Schema of the key's value.
        keys: JSON Schemas of the further keys that it takes.
        read: Makes the node of an entry; None if it cannot, with a fault told.
        write: Gives the keys of a node, its kind's first.
    """

    key: str
    title: str
    value: dict[str, Any]
    keys: dict[str, dict[str, Any]]
    read: Callable[[Entry], Node[Any] | None]
    write: Callable[[Writer, Any], dict[str, Any]]
