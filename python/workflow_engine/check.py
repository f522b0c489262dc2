"""What is wrong with a workflow before it runs: every fault at once, each with its remedy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflow_engine.node import Node
    from workflow_engine.place import Place

__all__ = ["Fault", "Faults", "order"]


class Fault(NamedTuple):
    """A mistake in the declaration of a workflow.

    Attributes:
        code: Its kind, such as `unknown-node`.
        severity: `error`, with which no run starts, or `warning`.
        node: Name of the node; empty if it is the whole workflow's.
        file: File of the declaration.
        line: Line of the declaration, from 1.
        message: What is wrong, with the names there are.
        remedy: What to write instead.
        signature: The node's function as it is declared; empty for other kinds of nodes.
        column: Column of the declaration, from 1; 0 where it is not known.
        path: Its place in the data that the workflow was read from, such as `nodes.card.compute`; empty
            for a declaration in Python.
    """

    code: str
    severity: Literal["error", "warning"]
    node: str
    file: str
    line: int
    message: str
    remedy: str
    signature: str = ""
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        where = f"{_short(self.file)}:{self.line}" + (f":{self.column}" if self.column else "")
        node = f" in `{self.node}`" if self.node else ""
        if self.path and not self.column:
            node += f" at `{self.path}`"
        remedy = f"; {self.remedy}" if self.remedy else ""
        signature = f"\n    {self.signature}" if self.signature else ""
        return f"{where}: {self.severity}{node}: {self.message}{remedy} [{self.code}]{signature}"


def _short(file: str) -> str:
    """The file from the current folder, if it lies in it."""
    try:
        inner = os.path.relpath(file)
    except ValueError:  # On Windows, on another drive.
        return file
    return file if inner.startswith("..") else inner


def order(fault: Fault) -> tuple[str, str, int, int]:
    """Give what sorts faults: errors before warnings, each in the order of their places."""
    return fault.severity, fault.file, fault.line, fault.column


# What remedies write in Python, and how data writes it.
_IN_DATA = {
    r"`default=None`": "`default: null`",
    r"`default=node`": "`default: node`",
    r"`after=node`": "`after: node`",
    r"`\w+\.returns\((\w+)\)`": r"`returns: \1`",
    r"write `name='(\w+)'`": r"call it `\1`",
    r'`inputs=\{"(\w+)": (\w+)\}`': r"`inputs: {\1: \2}`",
}


def _in_data(remedy: str) -> str:
    import re

    for written, meant in _IN_DATA.items():
        remedy = re.sub(written, meant, remedy)
    return remedy


class Faults:
    """The faults of one workflow, as they are found.

    Args:
        place: Where the workflow was declared: the place of faults that are no node's.
        nodes: The nodes, by name.
    """

    def __init__(self, place: Place, nodes: dict[str, Node[Any]]) -> None:
        self._place = place
        self._nodes = nodes
        self._found: dict[Fault, None] = {}
        self.signatures: dict[str, str] = {}

    def add(
        self,
        code: str,
        message: str,
        remedy: str = "",
        *,
        node: str = "",
        place: Place | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Add a fault.

        Args:
            code: Its kind.
            message: What is wrong.
            remedy: What to write instead.
            node: Name of the node; empty for a fault of the whole workflow.
            place: Where; by default where the node, or else the workflow, was declared.
            severity: Whether a run may start all the same.
        """
        if place is None:
            place = self._place_of(node)
        if place.path:
            remedy = _in_data(remedy)
        signature = self.signatures.get(node, "")
        where = (place.column, place.path)
        fault = Fault(code, severity, node, place.file, place.line, message, remedy, signature, *where)
        self._found[fault] = None

    def take(self, inner: Iterable[Fault], around: str) -> None:
        """Take the faults of a workflow that a node runs as its body."""
        for fault in inner:
            self._found[fault._replace(node=f"{around}/{fault.node}" if fault.node else around)] = None

    def _place_of(self, path: str) -> Place:
        nodes, place = self._nodes, self._place
        for name in path.split("/"):
            node = nodes.get(name)
            if node is None:
                break
            place = node.place
            body = getattr(getattr(node, "body", None), "declarations", None)
            nodes = {} if body is None else body.nodes
        return place

    def __iter__(self) -> Iterator[Fault]:
        """Go through the errors, then the warnings, each in the order of their places."""
        yield from sorted(self._found, key=order)

    @property
    def errors(self) -> bool:
        """Whether a run may not start."""
        return any(fault.severity == "error" for fault in self._found)
