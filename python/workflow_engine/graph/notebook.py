"""A graph in the formats that a notebook chooses from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow_engine.graph.svg import to_svg
from workflow_engine.graph.text import to_lines

if TYPE_CHECKING:
    from workflow_engine.graph.view import GraphView

__all__ = ["mimebundle"]


def mimebundle(view: GraphView) -> dict[str, str]:
    """Gives the graph in the formats that a notebook chooses from.

    Args:
        view: The graph.

    Returns:
        `image/svg+xml` and `text/plain`. Not Mermaid: JupyterLab would prefer it to the SVG, and
        lay out the graph anew.
    """
    return {"image/svg+xml": to_svg(view), "text/plain": "\n".join(to_lines(view))}
