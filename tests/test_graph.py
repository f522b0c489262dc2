"""The drawings of a graph, and the layout below them."""

from __future__ import annotations

import json
import re
import threading
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_engine._core import layout
from workflow_engine.graph import (
    DRAWN_NODES_MAX,
    GraphEdge,
    GraphNode,
    GraphView,
    mimebundle,
    to_dict,
    to_mermaid,
    to_svg,
    view,
)

STATES = [
    "queued",
    "running",
    "waiting",
    "succeeded",
    "failed",
    "cancelled",
    "pending",
    "retrying",
    "skipped",
    "given",
]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    'x"]; n9["y',
    "<script>alert(1)</script>",
    "a & b &amp; c",
    "#quot;#35;",
    "%%{init: {}}%%",
    "`**md**`",
    "]]> <!-- --",
    "end",
    "a|b --> c",
    "line\nfeed\r\ttab",
    "null\x00 bell\x07 escape\x1b[31m",
    "lone \ud800 surrogate, \ufffe",
    "日本語",
    "'; \\\"",
]


def described(name: str, *edges: tuple[object, ...], kind: str = "python") -> dict[str, Any]:
    keys = ("from", "kind", "label")
    return {
        "name": name,
        "kind": kind,
        "edges": [dict(zip(keys, edge, strict=False)) for edge in edges],
    }


TRIAGE = [
    described("classify", ("input", "data", "event")),
    described("route_classify", ("classify", "data"), kind="route"),
    described("enrich", ("classify", "data", "classify"), ("route_classify", "case", "push")),
    described("search", ("route_classify", "case", "issue"), ("route_classify", "case", True)),
    described("summarise", ("enrich", "optional", "enrich"), ("search", "optional", "search")),
    described("audit", ("summarise", "after")),
]
TYPES = {"input": "Event", "classify": "Kind", "enrich": "dict[str, Any]", "return": "Card"}


def triage(**extras: Any) -> GraphView:
    return view("triage", TRIAGE, types=TYPES, returns="summarise", **extras)


# The view.


def test_the_input_comes_first_and_the_result_last() -> None:
    names = [node.name for node in triage().nodes]
    assert names == ["input", *(node["name"] for node in TRIAGE), "return"]
    assert triage().nodes[0] == GraphNode("input", "input", "Event", None)
    assert triage().nodes[-1] == GraphNode("return", "returns", "Card", None)


def test_there_is_no_input_where_no_node_reads_it() -> None:
    assert [node.name for node in view("w", [described("a")]).nodes] == ["a", "return"]


def test_labels_are_text() -> None:
    labels = [edge.label for edge in triage().edges if edge.kind == "case"]
    assert labels == ["push", "issue", "true"]


@pytest.mark.parametrize(
    ("returns", "edges"),
    [
        (None, []),
        ("a", [GraphEdge("a", "return", "data")]),
        (("a", "b"), [GraphEdge("a", "return", "optional"), GraphEdge("b", "return", "optional")]),
        ({"k": "b"}, [GraphEdge("b", "return", "member", "k")]),
    ],
)
def test_what_is_returned_is_drawn(returns: Any, edges: list[GraphEdge]) -> None:
    graph = view("w", [described("a"), described("b")], returns=returns)
    assert [edge for edge in graph.edges if edge.target == "return"] == edges
    assert (graph.nodes[-1].kind == "returns") == bool(edges)


def test_without_a_declaration_the_only_leaf_is_returned() -> None:
    assert view("w", [described("a"), described("b", ("a", "data"))]).returns == "b"
    assert view("w", [described("a"), described("b")]).returns is None


def test_a_view_does_not_change_with_what_it_was_made_from() -> None:
    returns = {"k": "a"}
    graph = view("w", [described("a")], returns=returns)
    returns["k"] = "b"
    assert to_dict(graph)["returns"] == {"k": "a"}
    with pytest.raises(TypeError):
        graph.returns["k"] = "b"  # type: ignore[index]


def test_an_edge_from_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="`b` begins at `a`"):
        view("w", [described("b", ("a", "data"))])


# JSON.


def test_to_dict() -> None:
    graph = to_dict(triage(states={"classify": "succeeded"}))
    assert json.loads(json.dumps(graph)) == graph
    assert graph == {
        "name": "triage",
        "nodes": [
            {"name": "input", "kind": "input", "output": "Event"},
            {"name": "classify", "kind": "python", "output": "Kind", "state": "succeeded"},
            {"name": "route_classify", "kind": "route"},
            {"name": "enrich", "kind": "python", "output": "dict[str, Any]"},
            {"name": "search", "kind": "python"},
            {"name": "summarise", "kind": "python"},
            {"name": "audit", "kind": "python"},
        ],
        "edges": [
            {"source": "input", "target": "classify", "kind": "data", "label": "event"},
            {"source": "classify", "target": "route_classify", "kind": "data"},
            {"source": "classify", "target": "enrich", "kind": "data", "label": "classify"},
            {"source": "route_classify", "target": "enrich", "kind": "case", "label": "push"},
            {"source": "route_classify", "target": "search", "kind": "case", "label": "issue"},
            {"source": "route_classify", "target": "search", "kind": "case", "label": "true"},
            {"source": "enrich", "target": "summarise", "kind": "optional", "label": "enrich"},
            {"source": "search", "target": "summarise", "kind": "optional", "label": "search"},
            {"source": "summarise", "target": "audit", "kind": "after"},
        ],
        "returns": "summarise",
    }


@pytest.mark.parametrize("returns", [None, "a", ("a", "b"), {"x": "a", "y": "b"}])
def test_to_dict_gives_what_is_returned_in_json_types(returns: Any) -> None:
    graph = to_dict(view("w", [described("a"), described("b")], returns=returns))
    assert graph["returns"] == (list(returns) if isinstance(returns, tuple) else returns)
    assert graph["edges"] == []


# Mermaid.


def test_to_mermaid() -> None:
    assert to_mermaid(triage(states={"classify": "succeeded", "search": "skipped"})) == (
        """\
flowchart TD
    n0(["input<br/>Event"])
    n1["classify<br/>Kind<br/>succeeded"]:::succeeded
    n2{"route_classify"}
    n3["enrich<br/>dict[str, Any]"]
    n4["search<br/>skipped"]:::skipped
    n5["summarise"]
    n6["audit"]
    n7(["return<br/>Card"])
    n0 --> n1
    n1 --> n2
    n1 --> n3
    n2 -->|"push"| n3
    n2 -->|"issue, true"| n4
    n3 -.-> n5
    n4 -.-> n5
    n5 -.->|"after"| n6
    n5 --> n7
    classDef succeeded fill:#d9f7e3,stroke:#187a3c,stroke-width:1.5px,color:#1c2430
    classDef skipped fill:#f8f9fa,stroke:#5f6772,stroke-width:1.5px,color:#1c2430,stroke-dasharray:4 4
"""
    )


MERMAID_LINE = re.compile(
    r"""
    flowchart\ TD
    | \ {4}n\d+(\[|\{|\{\{|\[/|\[\[|\(\[)"(?P<node>[^"\n]*)"(\]|\}|\}\}|/\]|\]\]|\]\))(:::\w+)?
    | \ {4}n\d+\ (-->|-\.->)(\|"(?P<label>[^"\n]*)"\|)?\ n\d+
    | \ {4}classDef\ \w+\ [\w:#,.\ -]+
    """,
    re.VERBOSE,
)


def unescaped(text: str) -> str:
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text)


@pytest.mark.parametrize("text", HOSTILE)
def test_mermaid_is_not_broken_by_a_text(text: str) -> None:
    drawn = to_mermaid(hostile(text))
    drawn.encode()
    matches = [MERMAID_LINE.fullmatch(line) for line in drawn.splitlines()]
    assert None not in matches
    texts = [match["node"] or match["label"] for match in matches if match is not None]
    assert [unescaped(drawn) for drawn in texts if drawn is not None] == [
        f"input<br/>{cleaned(text)}",
        f"{cleaned(text)}<br/>{cleaned(text)}",
        "node",
        f"return<br/>{cleaned(text)}",
        cleaned(text),
        cleaned(text),
    ]
    for dangerous in ("<script", "%%", "`"):
        assert dangerous not in drawn


def hostile(text: str) -> GraphView:
    """A graph with the text in all places that hold one."""
    return view(
        text,
        [described(text, ("input", "data"), kind="join"), described("node", (text, "case", text))],
        types=dict.fromkeys(("input", text, "return"), text),
        returns={text: "node"},
    )


def cleaned(text: str) -> str:
    for whitespace in "\n\r\t":
        text = text.replace(whitespace, " ")
    return re.sub("[\x00\x07\x1b\ud800\ufffe]", "\ufffd", text)


# SVG.


def drawn(graph: GraphView) -> ET.Element:
    text = to_svg(graph)
    text.encode()
    return ET.fromstring(text)


def group(root: ET.Element, **names: str) -> ET.Element:
    selector = "".join(f"[@data-{key}='{name}']" for key, name in names.items())
    found = root.findall(f"{SVG}g{selector}")
    assert len(found) == 1
    return found[0]


def texts(element: ET.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def test_svg_has_a_title_and_a_description() -> None:
    root = drawn(triage())
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root.get("aria-label") == root[0].text == "Workflow triage"
    assert root[1].tag == f"{SVG}desc"
    assert "enrich (python, dict[str, Any]) <- classify, route_classify [push]" in str(root[1].text)


def test_svg_shows_all_nodes_edges_and_labels() -> None:
    root = drawn(triage())
    assert texts(group(root, node="classify")) == ["classify", "Kind"]
    assert group(root, node="route_classify", kind="route").find(f"{SVG}rect") is None
    for node in triage().nodes:
        assert node.name in texts(group(root, node=node.name, kind=node.kind))
    for edge in triage().edges:
        line = group(root, source=edge.source, target=edge.target)
        assert len(line.findall(f"{SVG}path")) == 2  # The line and its tip.
    labels = [text.text for text in root.findall(f"{SVG}text")]
    assert sorted(filter(None, labels)) == ["after", "issue, true", "push"]


def test_svg_tells_kinds_of_edges_by_their_lines() -> None:
    root = drawn(triage())

    def dashes(source: str, target: str) -> str | None:
        return group(root, source=source, target=target)[1].get("stroke-dasharray")

    solid, dotted, dashed = (
        dashes("classify", "enrich"),
        dashes("enrich", "summarise"),
        dashes("summarise", "audit"),
    )
    assert solid is None
    assert None not in {dotted, dashed}
    assert dotted != dashed


def test_svg_needs_nothing_and_brings_nothing_along() -> None:
    allowed = {"svg", "title", "desc", "g", "path", "rect", "text"}
    for element in drawn(triage(states={"classify": "failed"})).iter():
        assert element.tag.removeprefix(SVG) in allowed
        # An id or a class would meet those of the page that the drawing is put into.
        for name, value in element.attrib.items():
            assert name not in {"id", "class", "style"}
            assert not name.startswith("on")
            assert "url(" not in value


@pytest.mark.parametrize("text", HOSTILE)
def test_svg_is_not_broken_by_a_text(text: str) -> None:
    root = drawn(hostile(text))
    assert texts(root)[:5] == ["input", *[cleaned(text)] * 3, "node"]
    assert root[0].text == f"Workflow {cleaned(text)}"


def test_a_long_text_is_cut_and_kept_in_the_tooltip() -> None:
    name = "long_" * 12
    node = group(drawn(view("w", [described(name)])), node=name)
    assert texts(node) == [f"{name[:39]}…"]
    assert str(node[0].text).startswith(name)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


KINDS = [
    "python",
    "route",
    "join",
    "constant",
    "pick",
    "compute",
    "transform",
    "template",
    "fail",
    "end",
    "cancel",
]


@pytest.mark.parametrize(
    ("kind", "state"), [*((kind, None) for kind in KINDS), *(("python", state) for state in STATES)]
)
def test_svg_is_readable_in_light_and_dark(kind: str, state: str | None) -> None:
    states = {} if state is None else {"a": state}
    described_nodes = [described("a", ("input", "data"), kind=kind), described("b", ("a", "case"))]
    root = drawn(
        view("w", described_nodes, types={"a": "int"}, states=states, cancels={"a": ["b"], "b": ["a"]})
    )
    for node in root.findall(f"{SVG}g[@data-node]"):
        shape = node[1]
        for text in node.findall(f"{SVG}text"):
            assert contrast(shape.attrib["fill"], text.attrib["fill"]) >= 4.5
    for line in root.findall(f"{SVG}g[@data-source]"):
        for background in ("#ffffff", "#111111"):
            assert contrast(line[1].attrib["stroke"], background) >= 3


def test_svg_tells_states_without_colours() -> None:
    graph = view("w", [described(state) for state in STATES], states={s: s for s in STATES})
    borders = set()
    for state in STATES:
        node = group(drawn(graph), node=state, state=state)
        assert texts(node) == [state, state]
        borders.add((node[1].get("stroke-width"), node[1].get("stroke-dasharray")))
    assert len(borders) >= 7


def test_svg_of_nothing_is_valid() -> None:
    assert drawn(view("empty", [])).find(f"{SVG}g") is None


def test_a_graph_too_large_to_draw_says_so() -> None:
    nodes = [described(f"n{number}") for number in range(DRAWN_NODES_MAX + 1)]
    root = drawn(view("huge", nodes))
    assert len(root.findall(f"{SVG}g")) == 1
    assert texts(root)[:2] == ["huge", "501 nodes and 0 edges are too many to draw:"]
    assert len(drawn(view("large", nodes[:-1])).findall(f"{SVG}g")) == DRAWN_NODES_MAX


def test_a_graph_with_too_many_edges_says_so() -> None:
    nodes = [
        described(f"n{number}", *((f"n{source}", "data") for source in range(number)))
        for number in range(100)
    ]
    assert "100 nodes" not in to_svg(view("some", nodes[:20]))
    assert "101 nodes and 4,951 edges are too many" in to_svg(view("dense", nodes))


@st.composite
def graphs(draw: st.DrawFn) -> GraphView:
    """Graphs as workflows have them, with a few routes and long edges."""
    count = draw(st.integers(1, 16))
    nodes: list[dict[str, Any]] = []
    for number in range(count):
        kind = draw(st.sampled_from([*KINDS, "python", "python"]))
        sources = draw(st.sets(st.integers(0, max(0, number - 1)), max_size=min(3, number)))
        edges: list[tuple[object, ...]] = []
        for source in sorted(sources):
            case = ("case", "x" * draw(st.integers(0, 20)))
            routed = nodes[source]["kind"] == "route"
            plain = (draw(st.sampled_from(["data", "optional", "member", "first", "after"])),)
            edges.append((f"n{source}", *(case if routed else plain)))
        nodes.append(described(f"n{number}", *(edges or [("input", "data")]), kind=kind))
    types = {f"n{number}": "t" * draw(st.integers(1, 50)) for number in range(0, count, 3)}
    returned = draw(st.sets(st.integers(0, count - 1), max_size=3))
    pairs = draw(st.lists(st.tuples(st.integers(0, count), st.integers(0, count)), max_size=2))
    # Upwards it is a cycle, which has a test of its own.
    cancels = {f"n{one}": [f"n{other}"] for one, other in pairs if one < other < count}
    returns = {f"k{number}": f"n{number}" for number in returned}
    return view("random", nodes, types=types, returns=returns, cancels=cancels)


Box = tuple[float, float, float, float]  # Left, top, right, bottom.
NUMBER = re.compile(r"-?[\d.]+")


def box_of(shape: ET.Element) -> Box:
    if shape.tag == f"{SVG}rect":
        x, y, width, height = (float(shape.attrib[key]) for key in ("x", "y", "width", "height"))
        return x, y, x + width, y + height
    xs, ys = [], []
    for x, y in pairwise(map(float, NUMBER.findall(shape.attrib["d"]))):
        xs.append(x)
        ys.append(y)
    xs, ys = xs[::2], ys[::2]
    return min(xs), min(ys), max(xs), max(ys)


def overlap(one: Box, other: Box, slack: float = 0.2) -> bool:
    return (
        one[0] + slack < other[2]
        and other[0] + slack < one[2]
        and one[1] + slack < other[3]
        and other[1] + slack < one[3]
    )


def points_of(path: str) -> list[tuple[float, float]]:
    """Points on a line of M, V and C commands, close to each other on curves."""
    points: list[tuple[float, float]] = []
    for command, rest in re.findall("([MVC])([^MVC]*)", path):
        numbers = [float(number) for number in NUMBER.findall(rest)]
        if command == "M":
            points.append((numbers[0], numbers[1]))
            continue
        x, y = points[-1]
        if command == "V":
            points += [(x, y + (numbers[0] - y) * step / 20) for step in range(1, 21)]
            continue
        x1, y1, x2, y2, x3, y3 = numbers
        for step in range(1, 41):
            t = step / 40
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
            points.append((a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3))
    return points


@settings(deadline=None)
@given(graphs())
def test_nothing_is_drawn_over_a_node(graph: GraphView) -> None:
    text = to_svg(graph)
    assert text == to_svg(graph)
    root = ET.fromstring(text)
    boxes = {node.attrib["data-node"]: box_of(node[1]) for node in root.findall(f"{SVG}g[@data-node]")}
    assert set(boxes) == {node.name for node in graph.nodes}
    everything = [*boxes.values(), *(box_of(label) for label in root.findall(f"{SVG}rect"))]
    for one, other in combinations(everything, 2):
        assert not overlap(one, other)

    left, top, width, height = (float(number) for number in root.attrib["viewBox"].split())
    for box in everything:
        assert left < box[0]
        assert top < box[1]
        assert box[2] < left + width
        assert box[3] < top + height

    for line in root.findall(f"{SVG}g[@data-source]"):
        ends = line.attrib["data-source"], line.attrib["data-target"]
        points = points_of(line[1].attrib["d"])
        for name, box in boxes.items():
            crossed = [point for point in points if overlap((*point, *point), box, 0.2)]
            assert not crossed, (ends, name)
        source, target = boxes[ends[0]], boxes[ends[1]]
        assert abs(points[0][1] - source[3]) < 0.2
        assert source[0] <= points[0][0] <= source[2]
        assert 0 < target[1] - points[-1][1] < 6
        assert target[0] <= points[-1][0] <= target[2]


def test_a_cycle_is_drawn_too() -> None:
    nodes = (GraphNode("a", "python"), GraphNode("b", "python"))
    edges = (
        GraphEdge("a", "a", "data"),
        GraphEdge("a", "b", "data"),
        GraphEdge("b", "a", "case", "again"),
    )
    root = drawn(GraphView("cycle", nodes, edges, None))
    a, b = (box_of(group(root, node=name)[1]) for name in ("a", "b"))
    assert a[3] < b[1]
    back = points_of(group(root, source="b", target="a")[1].attrib["d"])
    assert abs(back[0][1] - b[3]) < 0.2
    assert 0 < back[-1][1] - a[3] < 6


# Notebooks.


def test_mimebundle() -> None:
    graph = triage(states={"classify": "running"})
    bundle = mimebundle(graph)
    assert set(bundle) == {"text/plain", "image/svg+xml"}
    assert bundle["image/svg+xml"] == to_svg(graph)
    assert bundle["text/plain"] == (
        """\
Workflow triage
  input (Event)
  classify (python, Kind, running) <- input
  route_classify (route) <- classify
  enrich (python, dict[str, Any]) <- classify, route_classify [push]
  search (python) <- route_classify [issue, true]
  summarise (python) <- enrich?, search?
  audit (python) <- summarise [after]
  return (returns, Card) <- summarise"""
    )


def test_text_sends_nothing_to_the_terminal_but_text() -> None:
    text = mimebundle(hostile("\x1b[31m\x07"))["text/plain"]
    assert text.replace("\n", "").isprintable()


# Layout.

Sizes = list[tuple[float, float]]
Edges = list[tuple[int, int]]
lengths = st.floats(0, 300)


@st.composite
def drawings(draw: st.DrawFn) -> tuple[Sizes, Edges]:
    """Any graph: cycles, edges to itself, edges twice, parts without connection."""
    sizes = draw(st.lists(st.tuples(lengths, lengths), min_size=1, max_size=14))
    vertex = st.integers(0, len(sizes) - 1)
    return sizes, draw(st.lists(st.tuples(vertex, vertex), max_size=24))


@settings(deadline=None)
@given(drawings())
def test_boxes_do_not_overlap(drawing: tuple[Sizes, Edges]) -> None:
    sizes, edges = drawing
    placed = layout(sizes, edges)
    assert placed is not None
    assert placed == layout(sizes, edges)
    centres, paths = placed
    assert len(centres) == len(sizes)
    assert len(paths) == len(edges)
    for (one, one_size), (other, other_size) in combinations(zip(centres, sizes, strict=True), 2):
        across = abs(one[0] - other[0]) - (one_size[0] + other_size[0]) / 2
        down = abs(one[1] - other[1]) - (one_size[1] + other_size[1]) / 2
        assert across > 20 or down > 20
    assert min(x - width / 2 for (x, _), (width, _) in zip(centres, sizes, strict=True)) > -1e-6
    assert min(y - height / 2 for (_, y), (_, height) in zip(centres, sizes, strict=True)) > -1e-6


@settings(deadline=None)
@given(drawings())
def test_edges_point_downwards_through_the_gaps(drawing: tuple[Sizes, Edges]) -> None:
    sizes, edges = drawing
    edges = [(min(edge), max(edge)) for edge in edges]
    placed = layout(sizes, edges)
    assert placed is not None
    centres, paths = placed
    for (source, target), path in zip(edges, paths, strict=True):
        if source == target:
            assert path == []
            continue
        assert path[0][0] == pytest.approx(centres[source][0])
        assert path[-1][0] == pytest.approx(centres[target][0])
        heights = [y for _, y in path]
        assert heights == sorted(heights)
        assert heights[0] >= centres[source][1] + sizes[source][1] / 2 - 1e-6
        assert heights[-1] <= centres[target][1] - sizes[target][1] / 2 + 1e-6
        for entry, exit_ in zip(path[1:-1:2], path[2:-1:2], strict=True):
            assert entry[0] == exit_[0]
            for (x, y), (width, _) in zip(centres, sizes, strict=True):
                if entry[1] <= y <= exit_[1]:
                    assert abs(x - entry[0]) - width / 2 > 15


def test_layout_of_nothing() -> None:
    assert layout([], []) == ([], [])
    assert layout([(100.0, 40.0)], []) == ([(50.0, 20.0)], [])


def test_children_are_drawn_as_they_were_declared() -> None:
    placed = layout([(50.0, 20.0)] * 4, [(0, 1), (0, 2), (0, 3)])
    assert placed is not None
    xs = [x for x, _ in placed[0][1:]]
    assert xs == sorted(xs)


def test_layout_ends_where_network_simplex_does_not() -> None:
    # With the default ranking of the library, this graph is never done.
    edges = [(0, 1), (0, 2), (0, 3), (1, 0), (1, 3), (2, 0), (2, 3), (3, 0), (4, 1), (4, 2)]
    assert layout([(40.0, 20.0)] * 5, edges) is not None


def test_layout_of_a_long_chain_on_a_small_stack() -> None:
    count, results = 10_000, []

    def place() -> None:
        edges = list(pairwise(range(count)))
        results.append(layout([(10.0, 10.0)] * count, edges))

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=place)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert results[0] is not None
    assert len(results[0][0]) == count


def test_layout_has_a_limit() -> None:
    assert layout([(1.0, 1.0)] * 10_001, []) is None
    every = [(source, target) for target in range(100) for source in range(target)]
    assert layout([(1.0, 1.0)] * 100, every) is None


@pytest.mark.parametrize(
    ("sizes", "edges", "message"),
    [
        ([(1.0, 1.0)], [(0, 1)], "not there"),
        ([(float("nan"), 1.0)], [], "finite"),
        ([(1.0, float("inf"))], [], "finite"),
        ([(-1.0, 1.0)], [], "negative"),
    ],
)
def test_layout_refuses_what_cannot_be_placed(sizes: Sizes, edges: Edges, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layout(sizes, edges)
