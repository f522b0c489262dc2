"""What was declared of a workflow: kept as it was said, and judged when a plan is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.node import FunctionNode, InputSource, Node, is_expression
from workflow_engine.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow_engine.node import Source
    from workflow_engine.place import Place
    from workflow_engine.resource import Resource
    from workflow_engine.schema import Schema

__all__ = ["Declarations", "Returned"]


# No named tuple: to make one such class takes as long as to import the whole core.
class Returned:
    """A call of `returns`: its arguments, and where it was made."""

    __slots__ = ("nodes", "place")

    def __init__(self, nodes: tuple[Any, ...], place: Place) -> None:
        self.nodes = nodes
        self.place = place


class Declarations:
    """What was declared of a workflow.

    Attributes:
        name: Name of the workflow.
        place: Where it was made.
        input: Type form of the input; `Any` if not declared.
        output: Type form of the result; `Any` if not declared.
        nodes: The nodes, by name, in the order of their declaration.
        resources: The resources, by name.
        returned: The call of `returns`, if there was one.
        duplicates: Declarations that were not taken: what (`node`, `resource` or `returns`), its name, its
            place, and that of the one before.
        overrides: Replacements by name, the innermost last.
        instances: The one instance of each class that nodes are made of.
        shelf: The open resources.
        schemas: What data says of `input` and `output`, by these words.
        functions: The functions that data names, by these names.
        around: What was declared around it, whose nodes it may read, if it is a body amid a workflow.
    """

    around: Declarations | None = None

    def __init__(self, name: str, place: Place, input_form: Any, output_form: Any) -> None:
        self.name = name
        self.place = place
        self.input = input_form
        self.output = output_form
        self.nodes: dict[str, Node[Any]] = {}
        self.resources: dict[str, Resource] = {}
        self.returned: Returned | None = None
        self.duplicates: list[tuple[str, str, Place, Place]] = []
        self.overrides: list[Mapping[str, object]] = []
        self.instances: dict[type, Any] = {}
        self.shelf = Shelf()
        self.schemas: dict[str, Schema] = {}
        self.functions: dict[str, Any] = {}

    def add_node(self, node: Node[Any]) -> None:
        """Take a node, in the place of an earlier one that it replaces."""
        if self._take("node", node.name, node.place, self.nodes.get(node.name)):
            self.nodes[node.name] = node

    def add_resource(self, resource: Resource) -> None:
        """Take a resource, in the place of an earlier one that it replaces."""
        name = resource.name
        if self._take("resource", name, resource.place, self.resources.get(name)):
            self.resources[name] = resource

    def add_returned(self, returned: Returned) -> None:
        """Take a call of `returns`, in the place of an earlier one that it replaces."""
        if self._take("returns", "", returned.place, self.returned):
            self.returned = returned

    def _take(
        self, what: str, name: str, place: Place, known: Node[Any] | Resource | Returned | None
    ) -> bool:
        if known is not None and not place.replaces(known.place):
            self.duplicates.append((what, name, place, known.place))
            return False
        self.duplicates = [other for other in self.duplicates if other[:2] != (what, name)]
        return True

    def peek(self, reference: object) -> str | None:
        """Give the name of what a reference means: a node, the input, or what a node was made of.

        Returns:
            The name; None if it means nothing here, or more than one node.
        """
        if isinstance(reference, InputSource):
            return "input" if self._is_own(reference) else None
        if isinstance(reference, Node) and self._is_own(reference):
            return reference.name
        if is_expression(reference):
            # Such as `ref("classify")`.
            name = str(reference)
            return name if name == "input" or name in self.nodes else None
        function = reference.function if isinstance(reference, FunctionNode) else reference
        names = self.made_of(function)
        return names[0] if len(names) == 1 else None

    def made_of(self, function: object) -> list[str]:
        """Give the names of the nodes that a function or class was made into."""
        return [
            node.name
            for node in self.nodes.values()
            if isinstance(node, FunctionNode) and node.function == function
        ]

    def _is_own(self, source: Source[Any]) -> bool:
        return source._workflow.declarations is self  # noqa: SLF001

    def replacements(self) -> dict[str, object]:
        """Give what stands in the place of resources and nodes, by name."""
        return {name: value for layer in self.overrides for name, value in layer.items()}
