"""Drawings of a workflow's graph: Mermaid, SVG, JSON and text, from one small view of it.

All of it is pure functions: the same graph gives the same text, in every process.
"""

from __future__ import annotations

from workflow_engine.graph.mermaid import to_mermaid
from workflow_engine.graph.notebook import mimebundle
from workflow_engine.graph.svg import DRAWN_NODES_MAX, to_svg
from workflow_engine.graph.view import GraphEdge, GraphNode, GraphView, to_dict, view

__all__ = [
    "DRAWN_NODES_MAX",
    "GraphEdge",
    "GraphNode",
    "GraphView",
    "mimebundle",
    "to_dict",
    "to_mermaid",
    "to_svg",
    "view",
]
