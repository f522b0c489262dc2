"""Drawings of a workflow's graph: Mermaid, SVG, JSON and text, from one small view of it.

All of it is pure functions: the same graph gives the same text, in every process.
"""

from __future__ import annotations

from itertools import islice, pairwise
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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

DRAWN_NODES_MAX = 500
"""Nodes in one SVG; a larger graph gets a drawing that says so."""

_Point: TypeAlias = tuple[float, float]
Returns: TypeAlias = "str | tuple[str, ...] | Mapping[str, str] | None"

_NONE: Mapping[str, str] = MappingProxyType({})
# Neither can be the name of a node: both are reserved words of expressions.
_INPUT = "input"
_RETURN = "return"


class GraphNode(NamedTuple):
    """A node as it is drawn.

    Attributes:
        name: Unique in the graph.
        kind: `python`, `route`, `join`, `constant`, `pick`, `input` or `returns`.
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
        kind: `data`, `optional`, `member`, `after` or `case`.
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
        edges: By target, in the order of the nodes.
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
        leaves = [node.name for node in nodes if node.name not in sources]
        returns = leaves[0] if len(leaves) == 1 else None
    returned = list(_returned(returns))
    if _INPUT in sources or any(edge.source == _INPUT for edge in returned):
        nodes.insert(0, GraphNode(_INPUT, "input", types.get(_INPUT)))
    if returned:
        nodes.append(GraphNode(_RETURN, "returns", types.get(_RETURN)))
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
        yield GraphEdge(returns, _RETURN, "data")
    elif isinstance(returns, tuple):
        for name in returns:
            yield GraphEdge(name, _RETURN, "optional")
    else:
        for key, name in returns.items():
            yield GraphEdge(name, _RETURN, "member", key)


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
        "edges": [_present(edge) for edge in view.edges if edge.target != _RETURN],
        "returns": returns
        if returns is None or isinstance(returns, str)
        else list(returns)
        if isinstance(returns, tuple)
        else dict(returns),
    }


def _present(item: GraphNode | GraphEdge) -> dict[str, str]:
    return {key: value for key, value in item._asdict().items() if value is not None}


def mimebundle(view: GraphView) -> dict[str, str]:
    """Gives the graph in the formats that a notebook chooses from.

    Args:
        view: The graph.

    Returns:
        `image/svg+xml` and `text/plain`. Not Mermaid: JupyterLab would prefer it to the SVG, and
        lay out the graph anew.
    """
    return {"image/svg+xml": to_svg(view), "text/plain": "\n".join(_plain(view))}


def _plain(view: GraphView) -> Iterator[str]:
    yield _printable(f"Workflow {view.name}")
    edges: dict[str, list[str]] = {}
    for source, target, kind, label in _drawn(view):
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
        yield _printable(f"  {node.name}{facts and f' ({facts})'}{sources and f' <- {sources}'}")


_STRONGEST_FIRST = ("case", "data", "member", "optional", "after")


def _drawn(view: GraphView) -> list[GraphEdge]:
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
            if edge.label is not None and (edge.kind == "case" or target == _RETURN)
        ]
        if kind == "after":
            labels = ["after"]
        drawn.append(GraphEdge(source, target, kind, ", ".join(dict.fromkeys(labels)) or None))
    return drawn


def _below(node: GraphNode) -> str | None:
    """The line below a name: not in a rhombus, which is narrow, and whose cases tell as much."""
    return None if node.kind == "route" else node.output


class _Paint(NamedTuple):
    """Colours that are readable on any background: the text is on the fill."""

    fill: str
    stroke: str
    width: float = 1.5
    dash: str | None = None


_KINDS = {
    "python": _Paint("#eef3fd", "#3d6fd1"),
    "route": _Paint("#fdf3dc", "#a86c12"),
    "join": _Paint("#f3effc", "#7450bd"),
    "constant": _Paint("#f2f3f5", "#656d78"),
    "pick": _Paint("#f2f3f5", "#656d78"),
    "input": _Paint("#e6f6ec", "#2b8050"),
    "returns": _Paint("#e6f6ec", "#2b8050"),
}
# A state is also written in the node, and told by the border, for those who see no colours.
_STATES = {
    "queued": _Paint("#eceff2", "#5d6672", dash="2 3"),
    "running": _Paint("#d8e7fe", "#1d55cf", 3),
    "waiting": _Paint("#fdf0c4", "#96590a", 3, "2 4"),
    "succeeded": _Paint("#d9f7e3", "#187a3c"),
    "failed": _Paint("#fddede", "#bb1f1f", 4),
    "cancelled": _Paint("#e4e6ea", "#4d5562", dash="8 4"),
    "pending": _Paint("#ffffff", "#5f6772", dash="2 3"),
    "retrying": _Paint("#ffe8d2", "#b3450d", 3, "8 4"),
    "skipped": _Paint("#f8f9fa", "#5f6772", dash="4 4"),
    "given": _Paint("#f2e6fe", "#7a25c9"),
}


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
            _mermaid(line) for line in (node.name, _below(node), node.state) if line is not None
        )
        opening, closing = _MERMAID_SHAPES[node.kind]
        state = "" if node.state is None else f":::{node.state}"
        lines.append(f'    {identifiers[node.name]}{opening}"{text}"{closing}{state}')
    for source, target, kind, label in _drawn(view):
        arrow = _MERMAID_ARROWS.get(kind, "-->")
        labelled = "" if label is None else f'|"{_mermaid(label)}"|'
        lines.append(f"    {identifiers[source]} {arrow}{labelled} {identifiers[target]}")
    for state in dict.fromkeys(node.state for node in view.nodes if node.state is not None):
        fill, stroke, width, dash = _STATES[state]
        style = f"fill:{fill},stroke:{stroke},stroke-width:{width:g}px,color:{_INK}"
        dashed = "" if dash is None else f",stroke-dasharray:{dash}"
        lines.append(f"    classDef {state} {style}{dashed}")
    return "\n".join(lines) + "\n"


_MERMAID_SHAPES = {
    "python": ("[", "]"),
    "route": ("{", "}"),
    "join": ("{{", "}}"),
    "constant": ("[/", "/]"),
    "pick": ("[[", "]]"),
    "input": ("([", "])"),
    "returns": ("([", "])"),
}
_MERMAID_ARROWS = {"optional": "-.->", "after": "-.->"}
# These end a quoted text or begin a directive, an entity, a tag, a line or Markdown.
_MERMAID_ESCAPES = {ord(character): f"#{ord(character)};" for character in "\"#%&'<>\\`"}


def _mermaid(text: str) -> str:
    return _printable(text).translate(_MERMAID_ESCAPES)


def _printable(text: str) -> str:
    """The text on one line, without what XML and UTF-8 cannot hold."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else "\ufffd"
        for character in text
    )


_INK = "#1c2430"
_MUTED = "#4a5462"
# Readable on white and on black.
_GREY = "#76808c"
_DASHES = {"optional": "0.1 4", "after": "7 5"}
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_MARGIN = 12.0
_NAME_SIZE = 13.0
_LINE_SIZE = 11.0
_ADVANCE = 0.61  # Width of a character of a fixed-width font over its size.
_LEADING = 1.4
_COLUMNS_MAX = 40  # The whole text is in the tooltip.
_PORT_GAP = 14.0  # As far apart as lines pass a row.
_ARROW = (8.0, 4.0)  # Length, half width.


def to_svg(view: GraphView) -> str:
    """Draws the graph as SVG: rows from top to bottom, no script, style sheet or reference.

    Args:
        view: The graph.

    Returns:
        The text of the SVG. A graph of more than `DRAWN_NODES_MAX` nodes, or so many edges that
        none could be followed, gets a drawing that says so.
    """
    placed = None if len(view.nodes) > DRAWN_NODES_MAX else _place(view)
    return _too_large(view) if placed is None else _draw(view, *placed)


_XML_ESCAPES = {ord(character): f"&#{ord(character)};" for character in '"&<>'}


def _xml(text: str) -> str:
    return _printable(text).translate(_XML_ESCAPES)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


class _Box(NamedTuple):
    """A node as a shape with lines of text, around its centre."""

    node: GraphNode
    width: float
    height: float
    texts: tuple[tuple[str, float, str, str], ...]  # Text, size, weight, colour.
    x: float = 0.0
    y: float = 0.0


class _Line(NamedTuple):
    """An edge and the points that it passes, from border to border."""

    edge: GraphEdge
    points: list[_Point]
    label: _Point | None  # Its centre.


def _columns(text: str) -> int:
    """How many characters wide a text is in a font of fixed width."""
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1 for character in text
    )


def _shortened(text: str) -> str:
    text = _printable(text)
    if _columns(text) <= _COLUMNS_MAX:
        return text
    while _columns(text) >= _COLUMNS_MAX:
        text = text[:-1]
    return text + "…"


def _box(node: GraphNode) -> _Box:
    texts = [(_shortened(node.name), _NAME_SIZE, "600", _INK)]
    if (below := _below(node)) is not None:
        texts.append((_shortened(below), _LINE_SIZE, "400", _MUTED))
    if node.state is not None:
        texts.append((node.state, _LINE_SIZE, "600", _STATES[node.state].stroke))
    width = max(_columns(text) * size * _ADVANCE for text, size, _, _ in texts)
    height = sum(size * _LEADING for _, size, _, _ in texts)
    if node.kind == "route":
        # A text stays inside of a rhombus if its width and its height, each as a part of the
        # rhombus's, add up to less than 1.
        return _Box(node, width * 1.75 + 16, height * 7 / 3 + 8, tuple(texts))
    return _Box(node, width + 28, height + 16, tuple(texts))


def _place(view: GraphView) -> tuple[dict[str, _Box], list[_Line]] | None:
    """Places boxes, by name, and lines; or gives None if there are too many."""
    from workflow_engine._core import layout

    boxes = [_box(node) for node in view.nodes]
    sizes = [(box.width, box.height) for box in boxes]
    numbers = {node.name: number for number, node in enumerate(view.nodes)}
    drawn = _drawn(view)
    # A label is placed like a box between two edges, so that nothing else gets its place.
    steps: list[tuple[int, int]] = []
    chains: list[list[int]] = []
    for edge in drawn:
        chain = [numbers[edge.source], numbers[edge.target]]
        if edge.label is not None:
            chain.insert(1, len(sizes))
            sizes.append(_label_size(edge.label))
        steps += pairwise(chain)
        chains.append(chain)
    placed = layout(sizes, steps)
    if placed is None:
        return None
    centres, paths = placed
    boxes = [box._replace(x=x, y=y) for box, (x, y) in zip(boxes, centres[: len(boxes)], strict=True)]
    path = iter(paths)
    lines = [
        _Line(
            edge,
            [point for points in islice(path, len(chain) - 1) for point in points],
            centres[chain[1]] if len(chain) > 2 else None,
        )
        for edge, chain in zip(drawn, chains, strict=True)
    ]
    named = dict(zip(numbers, boxes, strict=True))
    _attach(lines, named)
    return named, lines


def _label_size(label: str) -> _Point:
    return _columns(_shortened(label)) * _LINE_SIZE * _ADVANCE + 12, _LINE_SIZE * _LEADING + 4


def _attach(lines: list[_Line], boxes: dict[str, _Box]) -> None:
    """Leads lines to the borders of their boxes, side by side in an order without crossings."""
    # By box and side (-1 is the top, 1 the bottom): the x from which a line comes, or to which it
    # goes; its points; and the index of the one at this end.
    ports: dict[tuple[str, int], list[tuple[float, list[_Point], int]]] = {}
    for (source, target, _, _), points, _ in lines:
        if points:  # There are none from a node to itself.
            for name, end, other in ((source, 0, 1), (target, -1, -2)):
                side = 1 if points[end][1] > boxes[name].y else -1
                ports.setdefault((name, side), []).append((points[other][0], points, end))
    for (name, _), ends in ports.items():
        ends.sort(key=lambda end: end[0])
        box = boxes[name]
        # In a rhombus all lines meet in its corner.
        border = 0.0 if box.node.kind == "route" else max(0.0, box.width - box.height)
        gap = min(_PORT_GAP, border / max(1, len(ends) - 1))
        for number, (_, points, end) in enumerate(ends):
            points[end] = (box.x + (number - (len(ends) - 1) / 2) * gap, points[end][1])
    for (name, side), ends in ports.items():
        box = boxes[name]
        moves = [points[1 if end == 0 else -2][0] - points[end][0] for _, points, end in ends]
        move = min(moves, key=abs)
        if abs(move) > _PORT_GAP / 2 or box.node.kind == "route":
            move = 0.0  # Else straight is better than in the middle.
        for _, points, end in ends:
            x = points[end][0] + move
            points[end] = (x, points[end][1])
            points.insert(0 if end == 0 else len(points), (x, box.y + side * box.height / 2))


def _draw(view: GraphView, boxes: dict[str, _Box], lines: list[_Line]) -> str:
    body: list[str] = []
    for line in lines:
        body += _draw_line(line, boxes)
    for box in boxes.values():
        body += _draw_box(box)
    for line in lines:
        body += _draw_label(line)
    corners = [(box.x + box.width / 2, box.y + box.height / 2) for box in boxes.values()]
    for edge, points, label in lines:
        corners += points
        if label is not None and edge.label is not None:
            corners.append((label[0] + _label_size(edge.label)[0] / 2, label[1]))
    width = max((x for x, _ in corners), default=0.0)
    height = max((y for _, y in corners), default=0.0)
    return _document(view, width, height, body)


def _document(view: GraphView, width: float, height: float, body: list[str]) -> str:
    title = f"Workflow {view.name}"
    width, height = width + 2 * _MARGIN, height + 2 * _MARGIN
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{_xml(title)}"'
        f' width="{_n(width)}" height="{_n(height)}" viewBox="{_n(-_MARGIN)} {_n(-_MARGIN)}'
        f' {_n(width)} {_n(height)}" font-family="{_FONT}" text-anchor="middle">'
    )
    described = _xml("; ".join(line.strip() for line in _plain(view)))
    return "\n".join((root, f"<title>{_xml(title)}</title>", f"<desc>{described}</desc>", *body, "</svg>\n"))


def _draw_line(line: _Line, boxes: dict[str, _Box]) -> Iterator[str]:
    edge, target = line.edge, boxes[line.edge.target]
    points = line.points or _loop(target)
    (x, y), length, half = points[-1], *_ARROW
    if y > target.y:  # Into the bottom of a box, back from a row below.
        length = -length
    stroke = _stroke(edge)
    dash, width = _DASHES.get(edge.kind), 2 if edge.kind == "optional" else 1.5
    dashed = "" if dash is None else f' stroke-dasharray="{dash}" stroke-linecap="round"'
    # The line ends inside of the tip, which would be blunt else.
    inside, nearer = y - length / 2, min if length > 0 else max
    path = _curve([(px, nearer(py, inside)) for px, py in points])
    label = "" if edge.label is None else f", {edge.label}"
    yield f'<g data-source="{_xml(edge.source)}" data-target="{_xml(edge.target)}">'
    yield f"<title>{_xml(f'{edge.source} to {edge.target}: {edge.kind}{label}')}</title>"
    yield f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{width}"{dashed}/>'
    yield (
        f'<path d="M{_n(x)} {_n(y)}L{_n(x - half)} {_n(y - length)}H{_n(x + half)}Z" fill="{stroke}"/></g>'
    )


def _stroke(edge: GraphEdge) -> str:
    return _KINDS["route"].stroke if edge.kind == "case" else _GREY


def _loop(box: _Box) -> list[_Point]:
    """From the bottom of a box to the top of the same, around its right side."""
    x, right = box.x + box.width / 4, box.x + box.width / 2 + _MARGIN
    top, bottom = box.y - box.height / 2, box.y + box.height / 2
    return [(x, bottom), (right, box.y), (x, top - _ARROW[0]), (x, top)]


def _curve(points: list[_Point]) -> str:
    """A line that is vertical in every point, so that it stays between their heights."""
    (x, y), *rest = points
    path = f"M{_n(x)} {_n(y)}"
    for next_x, next_y in rest:
        if _n(next_x) == _n(x):
            path += "" if _n(next_y) == _n(y) else f"V{_n(next_y)}"
        else:
            middle = _n((y + next_y) / 2)
            path += f"C{_n(x)} {middle} {_n(next_x)} {middle} {_n(next_x)} {_n(next_y)}"
        x, y = next_x, next_y
    return path


def _draw_label(line: _Line) -> Iterator[str]:
    if line.edge.label is not None and line.label is not None:
        x, y = line.label
        text = _shortened(line.edge.label)
        width, height = _label_size(line.edge.label)
        yield _rectangle(x, y, width, height, height / 2, _Paint("#ffffff", _stroke(line.edge), 1))
        yield _text(text, x, y, _LINE_SIZE, "400", _INK)


def _draw_box(box: _Box) -> Iterator[str]:
    node, width, height, texts, x, y = box
    paint = _KINDS[node.kind] if node.state is None else _STATES[node.state]
    facts = ", ".join(fact for fact in (node.kind, node.output, node.state) if fact is not None)
    state = "" if node.state is None else f' data-state="{node.state}"'
    yield f'<g data-node="{_xml(node.name)}" data-kind="{node.kind}"{state}>'
    yield f"<title>{_xml(f'{node.name}: {facts}')}</title>"
    if node.kind == "route":
        yield (
            f'<path d="M{_n(x)} {_n(y - height / 2)}L{_n(x + width / 2)} {_n(y)}'
            f'L{_n(x)} {_n(y + height / 2)}L{_n(x - width / 2)} {_n(y)}Z"'
            f' stroke-linejoin="round"{_painted(paint)}/>'
        )
    else:
        radius = {"python": 6, "constant": 2, "pick": 2}.get(node.kind, height / 2)
        yield _rectangle(x, y, width, height, radius, paint)
    line_y = y - sum(size * _LEADING for _, size, _, _ in texts) / 2
    for text, size, weight, colour in texts:
        yield _text(text, x, line_y + size * _LEADING / 2, size, weight, colour)
        line_y += size * _LEADING
    yield "</g>"


def _rectangle(x: float, y: float, width: float, height: float, radius: float, paint: _Paint) -> str:
    return (
        f'<rect x="{_n(x - width / 2)}" y="{_n(y - height / 2)}" width="{_n(width)}"'
        f' height="{_n(height)}" rx="{_n(radius)}"{_painted(paint)}/>'
    )


def _painted(paint: _Paint) -> str:
    dash = "" if paint.dash is None else f' stroke-dasharray="{paint.dash}"'
    return f' fill="{paint.fill}" stroke="{paint.stroke}" stroke-width="{paint.width:g}"{dash}'


def _text(text: str, x: float, y: float, size: float, weight: str, colour: str) -> str:
    # Capitals are about 0.7 of the size high: their middle is at y.
    return (
        f'<text x="{_n(x)}" y="{_n(y + size * 0.35)}" font-size="{_n(size)}"'
        f' font-weight="{weight}" fill="{colour}" xml:space="preserve">{_xml(text)}</text>'
    )


def _too_large(view: GraphView) -> str:
    nodes, edges = len(view.nodes), len(view.edges)
    texts = (
        (_shortened(view.name), _NAME_SIZE, "600", _INK),
        (f"{nodes:,} nodes and {edges:,} edges are too many to draw:", _LINE_SIZE, "400", _MUTED),
        (f"at most {DRAWN_NODES_MAX} nodes, with edges that can be", _LINE_SIZE, "400", _MUTED),
        ("followed. The Mermaid and JSON forms are complete.", _LINE_SIZE, "400", _MUTED),
    )
    box = _Box(GraphNode(view.name, "constant"), 400, 80, texts, 200, 40)
    return _document(view, 400, 80, list(_draw_box(box)))
