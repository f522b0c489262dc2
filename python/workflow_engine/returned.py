"""What a workflow returns, held against the output that it declares."""

from __future__ import annotations

import re
from types import NoneType
from typing import TYPE_CHECKING, Any

from workflow_engine.contrast import contrast
from workflow_engine.schema import covers, fits
from workflow_engine.typeform import bare, describe, fields, is_open, is_typed_dict, origin

if TYPE_CHECKING:
    from workflow_engine.build import Build
    from workflow_engine.place import Place

__all__ = ["add_returns", "result_is_covered"]


def add_returns(build: Build) -> None:
    """Add `returns` to the graph, check the graph, and hold its result against the output.

    Args:
        build: The plan that is being built, with all nodes added.
    """
    returned = build.declarations.returned
    if returned is not None:
        build.returns = _shape(build, returned.nodes, returned.place)
        if build.returns is not ...:
            build.graph.returns(build.returns)
            _check_shape(build, returned.place)
    if build.root is not build:
        return
    output = build.declarations.output
    may_be_none = not is_open(output) and covers(NoneType, output)
    found = build.graph.check()
    unreachable = {node for code, _, node, _, _ in found if code == "unreachable"}
    for code, severity, node, message, remedy in found:
        if code == "return-may-be-skipped" and (may_be_none or node in unreachable):
            continue
        if code == "runs-at-start" and node in build.broken:
            # What it would wait for is in expressions that cannot be read.
            continue
        where = returned.place if returned is not None and code in _OF_RETURNS and not node else None
        # The function of a map is told as the map.
        told = build.told_as(node)
        build.faults.add(
            code,
            build.reasons.get((code, node)) or _spelled(build, node, message),
            _spelled(build, node, remedy),
            node=told,
            place=where,
            severity="error" if severity == "error" else "warning",
        )
    if returned is None and not build.faults.errors:
        leaves = _leaves(build)
        if len(leaves) == 1:
            _check_node(build, leaves[0], None)
    for name in _ends(build):
        _check_node(build, name, None)


# Faults of the core that are about what is returned.
_OF_RETURNS = ("return-may-be-skipped", "returns-overlap")


def _spelled(build: Build, node: str, text: str) -> str:
    spellings = build.spellings.get(node)
    if not spellings:
        return text
    values = "|".join(re.escape(value) for value in spellings)
    return re.sub(rf'(?<![\w"])({values})(?![\w"])', lambda found: spellings[found[0]], text)


def _shape(build: Build, nodes: tuple[Any, ...], place: Place) -> Any:
    """The shape by names; `...` where a name could not be found."""

    def find(reference: object) -> str | None:
        return build.find_node(reference, "", "`returns`", place=place)

    if nodes == (None,):
        return None
    if len(nodes) == 1 and isinstance(nodes[0], dict):
        found = {key: find(node) for key, node in nodes[0].items()}
        return found if all(found.values()) else ...
    names = tuple(find(node) for node in nodes)
    if not all(names):
        return ...
    return names[0] if len(names) == 1 else names


def _check_shape(build: Build, place: Place) -> None:
    output, shape = build.declarations.output, build.returns
    if isinstance(shape, str):
        _check_node(build, shape, place)
    elif isinstance(shape, tuple):
        for name in shape:
            _check_node(build, name, place)
    elif shape is None and not fits(NoneType, output):
        message = f"`returns(None)` gives nothing, and the output is `{describe(output)}`"
        build.faults.add("output-mismatch", message, "leave out `output`", place=place)
    elif shape is not None and not fits(dict[str, Any], output):
        message = f"`returns` gives an object, and the output is `{describe(output)}`"
        build.faults.add("output-mismatch", message, "write `output=dict[str, Any]`", place=place)
    elif shape is not None and is_typed_dict(origin(bare(output))):
        _check_keys(build, shape, place)


def _check_keys(build: Build, shape: dict[str, str], place: Place) -> None:
    """Hold an object of `returns` against the TypedDict that is the output."""
    output = build.declarations.output
    known = fields(output) or {}
    for key, name in shape.items():
        form = build.type_of(name)
        if key in known and not fits(form, known[key]):
            message = (
                f"`{key}` is `{name}`, which gives `{describe(form)}`; it is `{describe(known[key])}` there"
            )
            build.faults.add("output-mismatch", message, "return another node there", place=place)
    missing = [key for key in origin(bare(output)).__required_keys__ if key not in shape]
    if missing:
        message = (
            f"`returns` lacks {', '.join(f'`{key}`' for key in sorted(missing))} of `{describe(output)}`"
        )
        build.faults.add("output-mismatch", message, "add a node for each", place=place)


def _check_node(build: Build, name: str, place: Place | None) -> None:
    form, output = build.type_of(name), build.declarations.output
    if not fits(form, output):
        given, wanted, again = contrast(form, output, f"`{name}`", f"`{build.declarations.name}`")
        message = f"`{name}` gives `{given}`, and the workflow's output is `{wanted}`"
        remedy = again or f"return a node that gives `{wanted}`, or write `output={given}`"
        build.faults.add("output-mismatch", message, remedy, node=name, place=place)


def result_is_covered(build: Build) -> bool:
    """Tell whether every result is of the declared output's type, by the types of the nodes.

    Args:
        build: A plan that was built, without errors.
    """
    output, shape = build.declarations.output, build.returns
    if "output" in build.declarations.schemas:
        # A type tells less than a JSON Schema.
        return False
    if is_open(output):
        return True
    if not all(covers(build.type_of(name), output) for name in _ends(build)):
        return False
    if shape is None:
        return True
    if isinstance(shape, dict):
        return covers(dict[str, Any], output)
    names = _leaves(build) if shape is ... else (shape,) if isinstance(shape, str) else shape
    return all(covers(build.type_of(name), output) for name in names)


def _leaves(build: Build) -> list[str]:
    """The nodes that nobody reads: those whose output a run gives without `returns`."""
    described = build.graph.plan().describe()
    read = {edge["from"] for node in described for edge in node["edges"] if edge["kind"] != "case"}
    return [
        node["name"]
        for node in described
        if node["name"] not in read
        and build.nodes[node["name"]].kind not in _NO_LEAVES
        and not build.nodes[node["name"]].is_guard
    ]


# Kinds of nodes whose output no run gives because nobody reads it.
_NO_LEAVES = ("route", "end", "cancel")


def _ends(build: Build) -> list[str]:
    """The nodes that end a run with their output."""
    return [name for name, node in build.declarations.nodes.items() if node.kind == "end"]
