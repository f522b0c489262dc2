"""A node that ends the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.native import Native
from workflow_engine.native.expressions import arguments, form_of, shape, texts, type_of_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow_engine import _core
    from workflow_engine.annotations import Target
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["End"]


class End(Native):
    """Fills a shape, and ends the run with that as the result."""

    kind = "end"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str,
        place: Place,
        value: object,
        *,
        after: Sequence[Target],
    ) -> None:
        super().__init__(workflow, name, place)
        self.shape = shape(value, f"the output of `{name}`")
        self.after = tuple(after)

    def output(self, build: Build) -> Any:
        """Give the type form of the value, as far as it is known."""
        return form_of(build.expression_type(self.name))

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Check the expressions, and give the type of the value."""
        return type_of_shape(build, self.name, self.shape)

    def add(self, build: Build) -> None:
        """Add the node, or its replacement, to the graph of a plan: either ends the run."""
        super().add(build)
        build.graph.ends(build.find_nodes(self.after, self.name, "`after`"))

    def arguments(self, build: Build) -> list[Argument]:
        """Give what the expressions read."""
        del build
        return arguments(texts(self.shape))

    def declare(self, build: Build) -> bool:
        """Add the shape to the graph of a plan."""
        if build.compiles(self.name):
            build.graph.end(self.name, self.shape)
        return True
