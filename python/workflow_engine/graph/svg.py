"""A graph as SVG; the core finds the places."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from workflow_engine.graph.drawn import INK, KINDS, NATIVE, STATES, Paint, below, drawn, printable
from workflow_engine.graph.text import to_lines
from workflow_engine.graph.view import GraphNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow_engine.graph.view import GraphEdge, GraphView

__all__ = ["DRAWN_NODES_MAX", "to_svg"]

DRAWN_NODES_MAX = 500
"""Nodes in one SVG; a larger graph gets a drawing that says so."""

_Point: TypeAlias = tuple[float, float]

_MUTED = "#4a5462"
# Readable on white and on black.
_GREY = "#76808c"
_STROKES = {"case": KINDS["route"].stroke, "cancel": KINDS["cancel"].stroke}
# Dots are for what may be missing.
_DASHES = {"optional": "0.1 4", "first": "0.1 4", "after": "7 5", "cancel": "3 4"}
_ROUND = ("join", "input", "returns", "end")
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
    return printable(text).translate(_XML_ESCAPES)


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
    text = printable(text)
    if _columns(text) <= _COLUMNS_MAX:
        return text
    while _columns(text) >= _COLUMNS_MAX:
        text = text[:-1]
    return text + "…"


def _box(node: GraphNode) -> _Box:
    texts = [(_shortened(node.name), _NAME_SIZE, "600", INK)]
    if (second := below(node)) is not None:
        texts.append((_shortened(second), _LINE_SIZE, "400", _MUTED))
    if node.state is not None:
        texts.append((node.state, _LINE_SIZE, "600", STATES[node.state].stroke))
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
    edges = drawn(view)
    # A label is placed like a box between two edges, so that nothing else gets its place.
    steps: list[tuple[int, int]] = []
    chains: list[list[int]] = []
    for edge in edges:
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
        for edge, chain in zip(edges, chains, strict=True)
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
    described = _xml("; ".join(line.strip() for line in to_lines(view)))
    return "\n".join((root, f"<title>{_xml(title)}</title>", f"<desc>{described}</desc>", *body, "</svg>\n"))


def _draw_line(line: _Line, boxes: dict[str, _Box]) -> Iterator[str]:
    edge, target = line.edge, boxes[line.edge.target]
    points = line.points or _loop(target)
    (x, y), length, half = points[-1], *_ARROW
    if y > target.y:  # Into the bottom of a box, back from a row below.
        length = -length
    stroke = _stroke(edge)
    dash, width = _DASHES.get(edge.kind), 2 if edge.kind in ("optional", "first") else 1.5
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
    return _STROKES.get(edge.kind, _GREY)


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
        yield _rectangle(x, y, width, height, height / 2, Paint("#ffffff", _stroke(line.edge), 1))
        yield _text(text, x, y, _LINE_SIZE, "400", INK)


def _draw_box(box: _Box) -> Iterator[str]:
    node, width, height, texts, x, y = box
    paint = KINDS.get(node.kind, NATIVE) if node.state is None else STATES[node.state]
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
        radius = height / 2 if node.kind in _ROUND else 6 if node.kind == "python" else 2
        yield _rectangle(x, y, width, height, radius, paint)
    line_y = y - sum(size * _LEADING for _, size, _, _ in texts) / 2
    for text, size, weight, colour in texts:
        yield _text(text, x, line_y + size * _LEADING / 2, size, weight, colour)
        line_y += size * _LEADING
    yield "</g>"


def _rectangle(x: float, y: float, width: float, height: float, radius: float, paint: Paint) -> str:
    return (
        f'<rect x="{_n(x - width / 2)}" y="{_n(y - height / 2)}" width="{_n(width)}"'
        f' height="{_n(height)}" rx="{_n(radius)}"{_painted(paint)}/>'
    )


def _painted(paint: Paint) -> str:
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
        (_shortened(view.name), _NAME_SIZE, "600", INK),
        (f"{nodes:,} nodes and {edges:,} edges are too many to draw:", _LINE_SIZE, "400", _MUTED),
        (f"at most {DRAWN_NODES_MAX} nodes, with edges that can be", _LINE_SIZE, "400", _MUTED),
        ("followed. The Mermaid and JSON forms are complete.", _LINE_SIZE, "400", _MUTED),
    )
    box = _Box(GraphNode(view.name, "constant"), 400, 80, texts, 200, 40)
    return _document(view, 400, 80, list(_draw_box(box)))
