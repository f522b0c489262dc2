"""A node that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from workflow_engine.native import Native
from workflow_engine.native.expressions import arguments, check, to_text

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Fail"]


class Fail(Native):
    """Fails with a message that an expression makes, and ends the run by that."""

    kind = "fail"
    is_guard = True

    def __init__(self, workflow: Declares[Any, Any], name: str, place: Place, message: object) -> None:
        super().__init__(workflow, name, place)
        self.message = to_text(message, f"the message of `{name}`")

    def output(self, build: Build) -> Any:
        """Give the type form of what never gives anything."""
        del build
        return NoReturn

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Check the message; there is no value."""
        return check(build, self.name, self.message)

    def arguments(self, build: Build) -> list[Argument]:
        """Give what the message reads."""
        del build
        return arguments([self.message])

    def declare(self, build: Build) -> bool:
        """Add the node to the graph of a plan."""
        if build.compiles(self.name):
            build.graph.fail(self.name, self.message)
        return True
