"""A node that cancels others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.errors import DeclarationError
from workflow_engine.native import Native

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow_engine.annotations import Target
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Cancel"]


class Cancel(Native):
    """Cancels those of its nodes that have not settled; gives None."""

    kind = "cancel"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str,
        place: Place,
        nodes: Sequence[Target],
        *,
        after: Sequence[Target],
    ) -> None:
        super().__init__(workflow, name, place)
        if not nodes:
            raise DeclarationError(f"`{name}` cancels nothing; name the nodes that it cancels")
        self.nodes = tuple(nodes)
        self.after = tuple(after)

    def output(self, build: Build) -> Any:
        """Give the type form of the output: None."""
        del build
        return None

    def add(self, build: Build) -> None:
        """Add the node, or its replacement, to the graph of a plan: either cancels the others."""
        super().add(build)
        named = build.cancels[self.name] = build.find_nodes(self.nodes, self.name, "`cancel`")
        build.graph.cancels(named, build.find_nodes(self.after, self.name, "`after`"))

    def arguments(self, build: Build) -> list[Argument]:
        """Give nothing: it reads no node."""
        del build
        return []

    def declare(self, build: Build) -> bool:
        """Add the node to the graph of a plan."""
        build.graph.cancel(self.name)
        return True
