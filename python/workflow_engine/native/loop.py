"""A node that runs its body until a condition holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.errors import DeclarationError
from workflow_engine.native.body import BodyNode
from workflow_engine.native.expressions import condition, to_text
from workflow_engine.schema import covers

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.build import Build
    from workflow_engine.declaring import Declares
    from workflow_engine.part import Locals
    from workflow_engine.place import Place

__all__ = ["LIMIT_MAX", "Loop"]

LIMIT_MAX = 10_000
"""Turns that a loop may take."""


class Loop(BodyNode):
    """Gives the state after the last turn; the body makes the next state out of the last one."""

    kind = "loop"
    local = "state"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str | None,
        place: Place,
        body: Any,
        *,
        start: object,
        until: object,
        limit: int,
        at_limit: str = "raise",
        **options: Any,
    ) -> None:
        super().__init__(workflow, name, place, body, source=start, **options)
        if at_limit not in ("raise", "keep"):
            raise DeclarationError(f"`at_limit` of `{self.name}` is 'raise' or 'keep', not {at_limit!r}")
        if type(limit) is not int or not 1 <= limit <= LIMIT_MAX:
            raise DeclarationError(
                f"`limit` of `{self.name}` is a number from 1 to {LIMIT_MAX}, not {limit!r}"
            )
        self.until = to_text(until, f"`until` of `{self.name}`")
        self.limit = limit
        self.at_limit = at_limit

    def _what(self) -> str:
        return f"`start` of `{self.name}`"

    def locals(self, build: Build) -> Locals:
        """Give what the body is given by itself: the state, and the number of the turn."""
        from workflow_engine import _core
        from workflow_engine.native.expressions import type_of_form

        number = (int, type_of_form(int))
        if self.is_inline:
            # What its nodes make of the state is not known before they are.
            return {"state": (Any, _core.ExpressionType.unknown()), "turn": number}
        form, found = self.given(build)
        result, later = self.result(build)
        if not (covers(form, result) and covers(result, form)):
            # The first state is of another type than those that follow.
            form = Any if form is Any or result is Any else form | result
            found = _core.ExpressionType.unknown()
        elif found.name != later.name:
            found = _core.ExpressionType.unknown()
        return {"state": (form, found), "turn": number}

    def kind_of(self, build: Build) -> tuple[Any, ...]:
        """Give the kind of the body as the core takes it, `until` checked."""
        from workflow_engine.native.expressions import type_of_form

        local = {"state": self.result(build), "turn": (int, type_of_form(int))}
        if not condition(build.inside(build.graph, local), self.name, self.until, "until"):
            build.broken.add(self.name)
        return ("loop", self.until, self.limit, self.at_limit == "keep")

    def output(self, build: Build) -> Any:
        """Give the type form of the last state."""
        return self.result(build)[0]

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Give what expressions see of the last state."""
        return self.result(build)[1]
