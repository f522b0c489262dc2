"""A graph as a Mermaid flowchart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow_engine.graph.drawn import INK, STATES, below, drawn, printable

if TYPE_CHECKING:
    from workflow_engine.graph.view import GraphView

__all__ = ["to_mermaid"]


def to_mermaid(view: GraphView) -> str:
    """Draws the graph as a Mermaid flowchart.

    Args:
        view: The graph.

    Returns:
        The text of the flowchart, with a newline at its end.
    """
    identifiers = {node.name: f"n{index}" for index, node in enumerate(view.nodes)}
    lines = ["flowchart TD"]
    for node in view.nodes:
        text = "<br/>".join(
            _mermaid(line) for line in (node.name, below(node), node.state) if line is not None
        )
        opening, closing = _MERMAID_SHAPES.get(node.kind, _MERMAID_BOX)
        state = "" if node.state is None else f":::{node.state}"
        lines.append(f'    {identifiers[node.name]}{opening}"{text}"{closing}{state}')
    for source, target, kind, label in drawn(view):
        arrow = _MERMAID_ARROWS.get(kind, "-->")
        labelled = "" if label is None else f'|"{_mermaid(label)}"|'
        lines.append(f"    {identifiers[source]} {arrow}{labelled} {identifiers[target]}")
    for state in dict.fromkeys(node.state for node in view.nodes if node.state is not None):
        fill, stroke, width, dash = STATES[state]
        style = f"fill:{fill},stroke:{stroke},stroke-width:{width:g}px,color:{INK}"
        dashed = "" if dash is None else f",stroke-dasharray:{dash}"
        lines.append(f"    classDef {state} {style}{dashed}")
    return "\n".join(lines) + "\n"


_MERMAID_BOX = ("[", "]")
_MERMAID_SHAPES = {
    "route": ("{", "}"),
    "join": ("{{", "}}"),
    "constant": ("[/", "/]"),
    "pick": ("[[", "]]"),
    "input": ("([", "])"),
    "returns": ("([", "])"),
    "end": ("([", "])"),
}
_MERMAID_ARROWS = {"optional": "-.->", "first": "-.->", "after": "-.->", "cancel": "-.-x"}
# These end a quoted text or begin a directive, an entity, a tag, a line or Markdown.
_MERMAID_ESCAPES = {ord(character): f"#{ord(character)};" for character in "\"#%&'<>\\`"}


def _mermaid(text: str) -> str:
    return printable(text).translate(_MERMAID_ESCAPES)
