"""A node that runs another workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.native.body import BodyNode

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.build import Build
    from workflow_engine.part import Locals

__all__ = ["Subworkflow"]


class Subworkflow(BodyNode):
    """Gives what the workflow gives."""

    kind = "subworkflow"
    local = "input"

    def locals(self, build: Build) -> Locals:
        """Give what the body is given by itself: its input."""
        return {"input": self.given(build)}

    def kind_of(self, build: Build) -> tuple[Any, ...]:
        """Give the kind of the body as the core takes it."""
        del build
        return ("subworkflow",)

    def output(self, build: Build) -> Any:
        """Give the type form of what the workflow gives."""
        return self.result(build)[0]

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Give what expressions see of what the workflow gives."""
        return self.result(build)[1]
