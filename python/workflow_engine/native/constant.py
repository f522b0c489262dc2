"""A node that gives the same value in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.native import Native

if TYPE_CHECKING:
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Constant"]


class Constant(Native):
    """Gives the same JSON value in every run."""

    kind = "constant"

    def __init__(self, workflow: Declares[Any, Any], name: str, place: Place, value: object) -> None:
        super().__init__(workflow, name, place)
        self.value = value

    def output(self, build: Build) -> Any:
        """Give the type form of the value."""
        del build
        return type(self.value)

    def arguments(self, build: Build) -> list[Argument]:
        """Give no argument."""
        del build
        return []

    def declare(self, build: Build) -> bool:
        """Add the constant to the graph of a plan."""
        try:
            build.graph.constant(self.name, self.value)
        except (TypeError, ValueError) as error:
            build.faults.add(
                "invalid-constant",
                f"the value is not JSON: {error}",
                "use None, bool, int, float, str, list and dict, or a node of Python",
                node=self.name,
            )
            build.graph.constant(self.name, None)
        return True
