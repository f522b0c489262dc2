"""What the drawings of a graph have in common: edges, colours and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workflow_engine.graph.view import RETURN, GraphEdge

if TYPE_CHECKING:
    from workflow_engine.graph.view import GraphNode, GraphView

__all__ = ["INK", "KINDS", "NATIVE", "STATES", "Paint", "below", "drawn", "printable"]

INK = "#1c2430"

_STRONGEST_FIRST = ("case", "data", "member", "first", "optional", "after", "cancel")


def drawn(view: GraphView) -> list[GraphEdge]:
    """One edge for each pair of nodes, with the label that a drawing shows."""
    pairs: dict[tuple[str, str], list[GraphEdge]] = {}
    for edge in view.edges:
        pairs.setdefault((edge.source, edge.target), []).append(edge)
    drawn = []
    for (source, target), edges in pairs.items():
        kind = min((edge.kind for edge in edges), key=_STRONGEST_FIRST.index)
        labels = [
            edge.label or '""'
            for edge in edges
            # Parameters are mostly named like the node at the other end: no need to say it twice.
            if edge.label is not None and (edge.kind == "case" or target == RETURN)
        ]
        if kind in ("after", "cancel"):
            labels = [kind]
        drawn.append(GraphEdge(source, target, kind, ", ".join(dict.fromkeys(labels)) or None))
    return drawn


def below(node: GraphNode) -> str | None:
    """The line below a name: not in a rhombus, which is narrow, and whose cases tell as much."""
    return None if node.kind == "route" else node.output


class Paint(NamedTuple):
    """Colours that are readable on any background: the text is on the fill."""

    fill: str
    stroke: str
    width: float = 1.5
    dash: str | None = None


# All kinds of the core that have no colours of their own.
NATIVE = Paint("#f2f3f5", "#656d78")
KINDS = {
    "python": Paint("#eef3fd", "#3d6fd1"),
    "route": Paint("#fdf3dc", "#a86c12"),
    "join": Paint("#f3effc", "#7450bd"),
    "input": Paint("#e6f6ec", "#2b8050"),
    "returns": Paint("#e6f6ec", "#2b8050"),
    "end": Paint("#e6f6ec", "#2b8050", 3),
    "cancel": Paint("#fdecec", "#b3312f"),
}
# A state is also written in the node, and told by the border, for those who see no colours.
STATES = {
    "queued": Paint("#eceff2", "#5d6672", dash="2 3"),
    "running": Paint("#d8e7fe", "#1d55cf", 3),
    "waiting": Paint("#fdf0c4", "#96590a", 3, "2 4"),
    "succeeded": Paint("#d9f7e3", "#187a3c"),
    "failed": Paint("#fddede", "#bb1f1f", 4),
    "cancelled": Paint("#e4e6ea", "#4d5562", dash="8 4"),
    "pending": Paint("#ffffff", "#5f6772", dash="2 3"),
    "retrying": Paint("#ffe8d2", "#b3450d", 3, "8 4"),
    "skipped": Paint("#f8f9fa", "#5f6772", dash="4 4"),
    "given": Paint("#f2e6fe", "#7a25c9"),
}


def printable(text: str) -> str:
    """The text on one line, without what XML and UTF-8 cannot hold."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\ufffd"
        for character in text
    )
