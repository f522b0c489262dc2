"""Bodies of maps, loops and sub-workflows: what becomes of a function or a workflow that a node runs."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_engine.bind import add_call
from workflow_engine.contrast import contrast
from workflow_engine.misfit import Misfit
from workflow_engine.node import LocalSource
from workflow_engine.returned import result_is_covered
from workflow_engine.schema import covers, fits
from workflow_engine.typeform import describe, is_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow_engine._core import ExpressionType
    from workflow_engine.build import Build
    from workflow_engine.declarations import Declarations
    from workflow_engine.native.body import BodyNode
    from workflow_engine.node import FunctionNode
    from workflow_engine.schema import Schema

__all__ = ["Part", "add_function", "add_workflow", "part_of", "result_of"]

# Graphs of the engine's own: their nodes are not told of.
_CALL = ".call"
_CHECKED = ".checked"

Locals = dict[str, tuple[Any, "ExpressionType"]]


class Part(NamedTuple):
    """A workflow as a part of another plan: the number of its graph, and its own plan in the making."""

    number: int
    build: Build


def add_function(build: Build, node: BodyNode, function: FunctionNode[..., Any, Any], local: Locals) -> int:
    """Make a body of a function.

    Args:
        build: The plan in the making.
        node: The node that runs it.
        function: The function; its first parameter takes the first of `local`.
        local: What the function is given by itself.

    Returns:
        The number of the body.
    """
    from workflow_engine import _core

    graph = _core.Graph(_CALL)
    # It reads the nodes around the map, and the run's input.
    number = build.root.graph.body(graph, within=_number(build), shares_input=True)
    inner = build.inside(graph, local)
    signature = inner.signature(function)
    names = [parameter.name for parameter in signature.parameters]
    first = next(iter(local))
    function.inputs = dict(node.inputs)
    if not names and not signature.flaws:
        message = f"`{signature.text}` takes no parameter, and the first one is the {first}"
        build.faults.add("no-item", message, f"write one for the {first}", node=node.name)
    elif names and names[0] not in node.inputs:
        function.inputs[names[0]] = LocalSource(node.workflow, first, local[first][0])
    add_call(inner, function)
    build.take(inner)
    return number


def _number(build: Build) -> int:
    """The number of the graph of a part."""
    part = build.root.parts.get(build.declarations)
    return 0 if part is None else part.number


def part_of(build: Build, node: BodyNode, declarations: Declarations) -> Part:
    """Give a workflow as a part of a plan; it is added where it was not yet.

    Args:
        build: The plan in the making.
        node: The node that runs the workflow.
        declarations: What was declared of the workflow.
    """
    from workflow_engine.build import Build

    root = build.root
    if declarations is root.declarations:
        return Part(0, root)
    if declarations in root.parts:
        return root.parts[declarations]
    around = None
    if declarations.around is not None:
        around = build.inside(build.graph, node.locals(build))
    made = Build(declarations, root=root, around=around)
    within = None if around is None else _number(build)
    number = root.graph.body(made.graph, within=within, shares_input=around is not None)
    # It is there before its nodes are, for those that run it again.
    part = root.parts[declarations] = Part(number, made)
    made.run()
    build.take(made)
    build.faults.take(made.faults, node.name)
    build.reasons |= {(code, f"{node.name}/{inner}"): text for (code, inner), text in made.reasons.items()}
    build.spellings |= {f"{node.name}/{inner}": text for inner, text in made.spellings.items()}
    return part


def result_of(part: Part) -> tuple[Any, ExpressionType]:
    """Give what a workflow gives: its type form, and what expressions see of it."""
    from workflow_engine import _core
    from workflow_engine.native.expressions import type_of_form

    build = part.build
    declared, shape = build.declarations.output, build.returns
    if not is_open(declared):
        return declared, type_of_form(declared)
    if shape is None:
        return NoneType, type_of_form(NoneType)
    if isinstance(shape, str):
        return build.type_of(shape), build.expression_type(shape)
    if isinstance(shape, dict):
        fields = {key: build.expression_type(name) for key, name in shape.items()}
        return dict[str, Any], _core.ExpressionType.object(fields)
    return Any, _core.ExpressionType.unknown()


def add_workflow(
    build: Build, node: BodyNode, declarations: Declarations, given: Any, giver: str
) -> tuple[int, bool]:
    """Make a body of a workflow.

    Args:
        build: The plan in the making.
        node: The node that runs it.
        declarations: What was declared of the workflow.
        given: The type form of what it is given.
        giver: What gives it, for messages.

    Returns:
        The number of the body, and whether the core runs it without Python.
    """
    part = part_of(build, node, declarations)
    inner = part.build
    native = inner.natives.issuperset(declarations.nodes)
    if declarations.around is not None:
        return part.number, native
    taken = declarations.input
    if not fits(given, taken):
        told, wanted, again = contrast(given, taken, giver, f"`{declarations.name}`")
        message = f"{giver} is `{told}`, and the input of `{declarations.name}` is `{wanted}`"
        remedy = again or f"give it `{describe(taken)}`, for instance by `inputs=`"
        build.faults.add("type-mismatch", message, remedy, node=node.name)
    # A schema of data says more than its type form.
    is_schema = "input" in declarations.schemas
    takes = None if covers(given, taken) and not is_schema else inner.input
    in_progress = part.number == 0 or inner.returns is ...
    is_covered = (is_open(declarations.output) and "output" not in declarations.schemas) or (
        not in_progress and result_is_covered(inner)
    )
    gives = None if is_covered else inner.output
    if takes is None and gives is None:
        return part.number, native
    by_core = not any(schema and not hasattr(schema, "core") for schema in (takes, gives))
    return _checked(build, part.number, takes, gives, node.local), native and by_core


def _checked(build: Build, number: int, takes: Schema | None, gives: Schema | None, source: str) -> int:
    """A body around another one, in which Python checks what goes in and what comes out."""
    from workflow_engine import _core

    graph = _core.Graph(_CHECKED)
    origin: tuple[str, ...] = ("input",)
    if takes is not None:
        _call(build, graph, ".input", takes, ("input",), source)
        origin = ("node", ".input")
    graph.run_body("result", number, ("subworkflow",), origin)
    if gives is not None:
        _call(build, graph, ".output", gives, ("node", "result"), "the result")
    graph.returns("result" if gives is None else ".output")
    return build.root.graph.body(graph)


def _call(build: Build, graph: Any, name: str, schema: Schema, source: tuple[str, ...], told: str) -> None:
    core = getattr(schema, "core", None)
    if core is not None:
        graph.assertion(name, "input" if source == ("input",) else "result", schema=core)
        return
    build.inline = False
    graph.call(name, _checking(schema, told), [source], dump=schema.dump)


def _checking(schema: Schema, source: str) -> Callable[[Any], Any]:
    exact: tuple[type, ...] = schema.exact or ()

    def check(value: Any) -> Any:
        if type(value) in exact:
            return value
        try:
            return schema.validate(value)
        except Misfit as misfit:
            misfit.source = source
            raise

    return check
