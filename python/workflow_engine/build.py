"""A plan in the making: what its nodes look up, and where they leave what they find."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any

from workflow_engine.bind import input_name
from workflow_engine.check import Faults
from workflow_engine.missing import MISSING
from workflow_engine.names import nearest, node_fault
from workflow_engine.node import FunctionNode, Node, Source
from workflow_engine.outcome import words
from workflow_engine.returned import add_returns
from workflow_engine.schema import Schema
from workflow_engine.signature import Signature, read
from workflow_engine.typeform import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from workflow_engine._core import ExpressionType, Graph
    from workflow_engine.declarations import Declarations
    from workflow_engine.part import Part
    from workflow_engine.place import Place
    from workflow_engine.resource import Resource

__all__ = ["Build"]

# How many nodes are followed, one out of the other, to find the type of an output: each takes some calls of
# the stack. Nodes that are declared in the order of their edges need one.
_DEPTH_MAX = 60


class Build:
    """A plan in the making.

    Attributes:
        declarations: What was declared.
        root: The plan that this is a part of; itself, if it is none.
        around: The part around this one, whose nodes it may read; None if there is none.
        parts: Of the root: the bodies of nodes, by what was declared of them.
        locals: What a map or loop gives by itself, by name: its type form, and what expressions see of it.
        nodes: The nodes that may be read, by name.
        resources: The resources, by name.
        replacements: What stands in the place of nodes and resources, by name.
        faults: What is wrong so far.
        graph: The graph of the core.
        input_name: The name by which nodes take the input, beside `input`; None if none does.
        asynchronous: Whether an asynchronous node was added.
        inline: Whether no node was added that may keep its thread busy.
        open_first: Asynchronous resources that nodes read without awaiting, with the first such node.
        input: What the input must be.
        output: What the result must be.
        returns: What was declared to be returned, by name; `...` if nothing was.
        broken: Nodes that hold expressions which cannot be compiled, by name.
        natives: Nodes that were added and that the core runs without Python, by name.
        cancels: The nodes that nodes cancel, by the names of these.
        spellings: What stands in messages of the core for values of a route, by its name.
        reasons: Messages that say more than the core's, by the code and node of its fault.
    """

    def __init__(
        self, declarations: Declarations, *, root: Build | None = None, around: Build | None = None
    ) -> None:
        from workflow_engine._core import Graph

        self.declarations = declarations
        self.root = self if root is None else root
        self.around = around
        self.parts: dict[Declarations, Part] = {}
        self.locals: dict[str, tuple[Any, ExpressionType]] = {} if around is None else around.locals
        self.nodes: dict[str, Node[Any]] = declarations.nodes
        if around is not None:
            self.nodes = around.nodes | declarations.nodes
        self.resources = declarations.resources
        self.replacements = declarations.replacements()
        self.faults = Faults(declarations.place, self.nodes)
        self.graph = Graph(declarations.name)
        self.asynchronous = False
        self.inline = True
        self.open_first: dict[Resource, str] = {}
        self.returns: Any = ...
        self._signatures: dict[str, Signature] = {}
        self._types: dict[str, Any] = {}
        self._expression_types: dict[str, ExpressionType] = {}
        self._depth = 0
        self._callables: dict[str, Callable[..., Any]] = {}
        self.spellings: dict[str, dict[str, str]] = {}
        self.reasons: dict[tuple[str, str], str] = {}
        self.natives: set[str] = set()
        self.broken: set[str] = set()
        self.cancels: dict[str, list[str]] = {}
        schemas = declarations.schemas
        self.input = schemas.get("input") or self.schema(declarations.input, "", "the input")
        self.output = schemas.get("output") or self.schema(declarations.output, "", "the output")
        self.graph.input(self.input.dump)
        self.input_name = input_name(self)

    def run(self) -> None:
        """Add everything to the graph and find what is wrong with it."""
        self._check_names()
        self._check_resources()
        for node in self.declarations.nodes.values():
            node.add(self)
        add_returns(self)

    def knows(self, name: str) -> bool:
        """Tell whether expressions can read a name."""
        return name == "input" or name in self.locals or name in self.nodes

    def variables(self) -> list[str]:
        """Give all names that expressions can read."""
        return ["input", *self.locals, *self.nodes]

    def inside(self, graph: Graph, local: dict[str, tuple[Any, ExpressionType]]) -> Build:
        """Give the same plan in the making, seen from a body of one of its nodes.

        Args:
            graph: Where the body's nodes go.
            local: What the body is given by itself, as `locals`.
        """
        inner = copy.copy(self)
        inner.graph, inner.locals = graph, self.locals | local
        # What was found of their types is found of others inside.
        inner._expression_types = dict(self._expression_types)  # noqa: SLF001
        return inner

    def take(self, inner: Build) -> None:
        """Take what holds for the whole plan from a part of it."""
        self.asynchronous |= inner.asynchronous
        self.inline &= inner.inline
        self.open_first |= inner.open_first

    def function_nodes(self) -> Iterator[FunctionNode[..., Any, Any]]:
        """Go through the nodes that are made of Python functions."""
        for node in self.declarations.nodes.values():
            function = getattr(node, "body", node)
            if isinstance(function, FunctionNode):
                yield function

    def told_as(self, node: str) -> str:
        """Give the name by which a node is told of, such as `outer/inner`, for its path in the graph."""
        parts = [part for part in node.split("/") if not part.startswith(".")]
        nodes = self.nodes
        for length, part in enumerate(parts, 1):
            body = getattr(nodes.get(part), "body", None)
            if isinstance(body, FunctionNode):
                return "/".join(parts[:length])
            nodes = {} if body is None else body.declarations.nodes
        return "/".join(parts)

    def signature(self, node: FunctionNode[..., Any, Any]) -> Signature:
        """Read the signature of a node's function."""
        known = self._signatures.get(node.name)
        if known is None:
            known = node.signature or read(self.callable(node), node.frame, node.name)
            self._signatures[node.name] = known
            self.faults.signatures[node.name] = known.text
            if not known.flaws:
                node.keep(known)
        return known

    def callable(self, node: FunctionNode[..., Any, Any]) -> Callable[..., Any]:
        """Give what is called for a node; an instance is made of a class."""
        known = self._callables.get(node.name)
        if known is None:
            known = self._callables[node.name] = self._callable(node)
        return known

    def _callable(self, node: FunctionNode[..., Any, Any]) -> Callable[..., Any]:
        try:
            return node.callable()
        except Exception as error:  # noqa: BLE001  The class is the user's.
            name = getattr(node.function, "__name__", "")
            message = f"`{name}()` failed with {words(error)}"
            remedy = f"make it without arguments, or write `add_node({name}(...))`"
            self.faults.add("class-not-made", message, remedy, node=node.name)
            # Go on with what can be read without an instance.
            return functools.partial(getattr(node.function, "process", node.function), None)

    def type_of(self, name: str) -> Any:
        """Give the type form of a node's output, or of the input."""
        if name == "input":
            return self.declarations.input
        if name in self.locals:
            return self.locals[name][0]
        if self.around is not None and name not in self.declarations.nodes:
            return self.around.type_of(name)
        if name not in self._types:
            if self._depth >= _DEPTH_MAX:
                return Any
            # A node that picks from itself, over others or not, has no type to tell.
            self._types[name] = Any
            self._depth += 1
            self._types[name] = self.nodes[name].output(self)
            self._depth -= 1
        return self._types[name]

    def expression_type(self, name: str) -> ExpressionType:
        """Give what expressions see of a node's output, or of the input."""
        from workflow_engine import _core

        if name in self.locals:
            return self.locals[name][1]
        if self.around is not None and name not in self.declarations.nodes:
            return self.around.expression_type(name)
        if name not in self._expression_types:
            if self._depth >= _DEPTH_MAX:
                return _core.ExpressionType.unknown()
            # Nodes that read each other have no types to tell.
            self._expression_types[name] = _core.ExpressionType.unknown()
            self._depth += 1
            found = self._expression_type(name)
            self._depth -= 1
            if found is None:
                self.broken.add(name)
            else:
                self._expression_types[name] = found
        return self._expression_types[name]

    def _expression_type(self, name: str) -> ExpressionType | None:
        from workflow_engine import _core
        from workflow_engine.native.expressions import type_of_form

        if name in self.nodes:
            return self.nodes[name].expression_type(self)
        schema = self.declarations.schemas.get("input")
        if schema is not None:
            return _core.ExpressionType.of_schema(schema.json_schema("validation"))
        return type_of_form(self.declarations.input)

    def compiles(self, name: str) -> bool:
        """Check what a native node holds; where it cannot be compiled, null stands in the node's place."""
        self.expression_type(name)
        if name in self.broken:
            self.graph.constant(name, None)
        return name not in self.broken

    def types(self) -> dict[str, str]:
        """Give the types that are known, as text."""
        forms = {name: self.type_of(name) for name in self.nodes}
        forms |= {"input": self.declarations.input, "return": self.declarations.output}
        return {name: describe(form) for name, form in forms.items() if form is not Any}

    def schema(self, form: Any, node: str, what: str) -> Schema:
        """Make the schema of a type that values will be checked by."""
        schema = Schema(form)
        try:
            schema.prepare()
        except Exception as error:  # noqa: BLE001  Whatever a type's own code raises.
            reason = str(error).partition("\n")[0]
            message = f"{what}: values of `{describe(form)}` cannot be checked: {reason}"
            self.faults.add("unusable-type", message, "use another type", node=node)
            return Schema(Any)
        return schema

    def peek(self, reference: object) -> str | None:
        """Give the name of what a reference means; None if it means nothing here."""
        name = self.declarations.peek(reference)
        return self.around.peek(reference) if name is None and self.around is not None else name

    def find_node(self, reference: object, node: str, what: str, *, place: Place | None = None) -> str | None:
        """Give the name of a node as `find` does, or report that it is the input."""
        name = self.find(reference, node, what, place=place)
        if name != "input":
            return name
        own = self.declarations.name
        message = f"{what} takes nodes, and this is the input"
        remedy = f'pass a node that gives it: `{own}.pick("whole", {own}.input)`'
        self.faults.add("unknown-node", message, remedy, node=node, place=place)
        return None

    def find_nodes(self, references: Iterable[object], node: str, what: str) -> list[str]:
        """Give the names of nodes as `find_node` does, without those that it reports."""
        found = (self.find_node(reference, node, what) for reference in references)
        return [name for name in found if name is not None]

    def find(self, reference: object, node: str, what: str, *, place: Place | None = None) -> str | None:
        """Give the name of what a reference means, or report that it means nothing here.

        Args:
            reference: A node, the input, or the function or class that a node was made of.
            node: Name of the node that refers to it.
            what: How it does, for the message.
            place: Where it does, if that is not where the node was declared.
        """
        name = self.peek(reference)
        if name is not None:
            return name
        own = self.declarations.name
        if isinstance(reference, str):
            close = reference if reference in self.nodes else nearest(reference, self.nodes)
            remedy = f'write `{own}["{close}"]`' if close else "name a node"
            message = f"{what} names {reference!r}, which is text and no node"
        elif isinstance(reference, Source):
            of = reference._workflow.name  # noqa: SLF001
            if isinstance(reference, Node):
                message = f"{what} names `{reference.name}` of `{of}`"
                remedy = f"add it to this workflow too: `{own}.node({reference.name})`"
            else:
                message, remedy = f"{what} names the input of `{of}`", f"write `{own}.input`"
        elif callable(reference):
            name = getattr(reference, "__name__", repr(reference))
            several = self.declarations.made_of(reference)
            if several:
                message = f"{what} names `{name}`, of which several nodes are made"
                remedy = f'write `{own}["{several[0]}"]`'
            else:
                message = f"{what} names `{name}`, which is no node of this workflow"
                remedy = f"add it: `{own}.node({name})`"
        else:
            message = f"{what} names {reference!r}, which is no node"
            remedy = "name a node"
        self.faults.add("unknown-node", message, remedy, node=node, place=place)
        # Go on as if it were written right, where it is plain what was meant.
        return reference if isinstance(reference, str) and reference in self.nodes else None

    def _check_names(self) -> None:
        for node in self.declarations.nodes.values():
            fault = node_fault(node.name)
            if fault is not None:
                code, message, remedy = fault
                self.faults.add(code, message, remedy, node=node.name)
            if node.name in self.resources:
                message = f"`{node.name}` is a node and a resource"
                self.faults.add("duplicate-name", message, "rename one of them", node=node.name)
        for what, name, place, first in self.declarations.duplicates:
            where = f"first in line {first.line}"
            if first.file != place.file:
                where += f" of {first.file}"
            if what == "returns":
                message = f"`returns` is declared twice, {where}"
                remedy = "write one of them"
            else:
                message = f"two {what}s are named `{name}`, the {where}"
                remedy = f'name one of them: `name="{name}_2"`'
            self.faults.add("duplicate-name", message, remedy, node=name, place=place)

    def _check_resources(self) -> None:
        for resource in self.resources.values():
            if resource.name in self.replacements:
                continue
            for flaw in resource.signature.flaws:
                if flaw.code == "unresolved-type":
                    message = f"resource `{resource.name}`: {flaw.message}"
                    self.faults.add(flaw.code, message, flaw.remedy, place=resource.place)
            needed = [
                parameter.name for parameter in resource.signature.parameters if parameter.default is MISSING
            ]
            if needed:
                names = ", ".join(f"`{name}`" for name in needed)
                message = f"resource `{resource.name}` needs {names}, and is opened without"
                remedy = "give its parameters defaults"
                self.faults.add("resource-parameters", message, remedy, place=resource.place)
