"""A workflow's graph as it is shown: a small view of it, and that as JSON."""

from __future__ import annotations

from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["INPUT", "RETURN", "GraphEdge", "GraphNode", "GraphView", "to_dict", "view"]

Returns: TypeAlias = "str | tuple[str, ...] | Mapping[str, str] | None"

_NONE: Mapping[str, str] = MappingProxyType({})
_NO_CANCELS: Mapping[str, Sequence[str]] = MappingProxyType({})
# Neither can be the name of a node: both are reserved words of expressions.
INPUT = "input"
RETURN = "return"
# Kinds of nodes that are there for what they do; nobody has to read them.
_ACTS = ("end", "cancel")


class GraphNode(NamedTuple):
    """A node as it is drawn.

    Attributes:
        name: Unique in the graph.
        kind: That of the node, such as `python` or `route`; else `input` or `returns`.
        output: The type of its value, as text, or None if it has none to show.
        state: Its state in a run, or None in a drawing of the workflow itself.
    """

    name: str
    kind: str
    output: str | None = None
    state: str | None = None


class GraphEdge(NamedTuple):
    """An edge as it is drawn.

    Attributes:
        source: Name of the node where it begins.
        target: Name of the node where it ends.
        kind: `data`, `optional`, `member`, `first`, `after`, `case` or `cancel`.
        label: The value of a case, the key of a member, a parameter, or None.
    """

    source: str
    target: str
    kind: str
    label: str | None = None


class GraphView(NamedTuple):
    """What there is to draw of a workflow.

    Attributes:
        name: Name of the workflow.
        nodes: The input, if a node reads it; the nodes as they were declared; and a node of kind
            `returns`, if there is a result.
        edges: By target, in the order of the nodes; then from those that cancel to those they cancel.
        returns: The node whose output is the result; nodes of which one runs; nodes by key; or None
            if the workflow runs for its effects.
    """

    name: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    returns: Returns


def view(
    name: str,
    description: Sequence[Mapping[str, Any]],
    *,
    types: Mapping[str, str] = _NONE,
    returns: Returns | EllipsisType = ...,
    cancels: Mapping[str, Sequence[str]] = _NO_CANCELS,
    states: Mapping[str, str] = _NONE,
) -> GraphView:
    """Puts together what there is to draw.

    Args:
        name: Name of the workflow.
        description: One mapping per node: `name`, `kind`, and `edges`, each with `from` (a node or
            `input`), `kind`, and perhaps a `label`.
        types: The type of each node's output as text, by name; `input` and `return` are those of
            the workflow.
        returns: What the workflow was told to return; `...` if nothing: then it is the only node
            that no other one follows.
        cancels: The nodes that a node cancels, by the name of that.
        states: The state of each node in a run, by name.

    Returns:
        The view.

    Raises:
        ValueError: An edge begins at a node that is not described.
    """
    nodes = [
        GraphNode(node["name"], node["kind"], types.get(node["name"]), states.get(node["name"]))
        for node in description
    ]
    edges = [
        GraphEdge(edge["from"], node["name"], edge["kind"], _label(edge.get("label")))
        for node in description
        for edge in node["edges"]
    ]
    sources = {edge.source for edge in edges}
    if returns is ...:
        leaves = [node.name for node in nodes if node.name not in sources and node.kind not in _ACTS]
        returns = leaves[0] if len(leaves) == 1 else None
    edges += [GraphEdge(name, node, "cancel") for name, nodes in cancels.items() for node in nodes]
    returned = list(_returned(returns))
    if INPUT in sources or any(edge.source == INPUT for edge in returned):
        nodes.insert(0, GraphNode(INPUT, "input", types.get(INPUT)))
    if returned:
        nodes.append(GraphNode(RETURN, "returns", types.get(RETURN)))
    edges += returned
    names = {node.name for node in nodes}
    for edge in edges:
        if edge.source not in names:
            raise ValueError(f"the edge to `{edge.target}` begins at `{edge.source}`: no such node")
    if returns is not None and not isinstance(returns, str | tuple):
        returns = MappingProxyType(dict(returns))
    return GraphView(name, tuple(nodes), tuple(edges), returns)


def _label(value: object) -> str | None:
    """A case's value as JSON writes it, but strings without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _returned(returns: Returns) -> Iterator[GraphEdge]:
    if returns is None:
        return
    if isinstance(returns, str):
        yield GraphEdge(returns, RETURN, "data")
    elif isinstance(returns, tuple):
        for name in returns:
            yield GraphEdge(name, RETURN, "optional")
    else:
        for key, name in returns.items():
            yield GraphEdge(name, RETURN, "member", key)


def to_dict(view: GraphView) -> dict[str, Any]:
    """Gives the graph as JSON types.

    Args:
        view: The graph.

    Returns:
        `name`; `nodes`, each with `name`, `kind`, and where there is one `output` and `state`;
        `edges`, each with `source`, `target`, `kind` and perhaps `label`; and `returns`: a name, a
        list of names, an object of names, or None. What is returned has no node of its own here.
    """
    returns = view.returns
    return {
        "name": view.name,
        "nodes": [_present(node) for node in view.nodes if node.kind != "returns"],
        "edges": [_present(edge) for edge in view.edges if edge.target != RETURN],
        "returns": returns
        if returns is None or isinstance(returns, str)
        else list(returns)
        if isinstance(returns, tuple)
        else dict(returns),
    }


def _present(item: GraphNode | GraphEdge) -> dict[str, str]:
    return {key: value for key, value in item._asdict().items() if value is not None}
