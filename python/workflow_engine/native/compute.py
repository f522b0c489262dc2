"""A node that works out one expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.native import Native
from workflow_engine.native.expressions import arguments, check, form_of, to_text

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Compute"]


class Compute(Native):
    """Gives the value of an expression."""

    kind = "compute"

    def __init__(self, workflow: Declares[Any, Any], name: str, place: Place, expression: object) -> None:
        super().__init__(workflow, name, place)
        self.expression = to_text(expression, f"what `{name}` computes")

    def output(self, build: Build) -> Any:
        """Give the type form of the value, as far as it is known."""
        return form_of(build.expression_type(self.name))

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Check the expression, and give the type of its value."""
        return check(build, self.name, self.expression)

    def arguments(self, build: Build) -> list[Argument]:
        """Give what the expression reads."""
        del build
        return arguments([self.expression])

    def declare(self, build: Build) -> bool:
        """Add the expression to the graph of a plan."""
        if build.compiles(self.name):
            build.graph.compute(self.name, self.expression)
        return True
