"""A graph as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow_engine.graph.drawn import drawn, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow_engine.graph.view import GraphView

__all__ = ["to_lines"]


def to_lines(view: GraphView) -> Iterator[str]:
    """Give the graph as text, line by line: a node with what it takes in each."""
    yield printable(f"Workflow {view.name}")
    edges: dict[str, list[str]] = {}
    for source, target, kind, label in drawn(view):
        optional = "?" if kind == "optional" else ""
        labelled = "" if label is None else f" [{label}]"
        edges.setdefault(target, []).append(source + optional + labelled)
    for node in view.nodes:
        facts = ", ".join(
            fact
            for fact in (node.kind if node.kind != node.name else None, node.output, node.state)
            if fact is not None
        )
        sources = ", ".join(edges.get(node.name, ()))
        yield printable(f"  {node.name}{facts and f' ({facts})'}{sources and f' <- {sources}'}")
