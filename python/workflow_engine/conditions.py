"""Routes by conditions: the first that holds says which nodes run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workflow_engine.errors import DeclarationError
from workflow_engine.missing import MISSING
from workflow_engine.native.expressions import condition, to_text, type_of_form
from workflow_engine.node import Node
from workflow_engine.route import refuse_replacement, targets

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.build import Build
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Conditions"]


class Conditions(Node[Any]):
    """Runs the nodes of the first condition that holds; its text is the output, or None."""

    kind = "route"

    def __init__(
        self, workflow: Declares[Any, Any], name: str, place: Place, when: object, default: Any
    ) -> None:
        super().__init__(workflow, name, place)
        pairs = list(when.items()) if isinstance(when, Mapping) else when
        if isinstance(pairs, str) or not isinstance(pairs, Sequence):
            raise DeclarationError(f"`when` is a list of pairs of a condition and nodes, not {when!r}")
        self.cases: list[tuple[str, Any]] = []
        for position, pair in enumerate(pairs):
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise DeclarationError(f"`when[{position}]` is a pair of a condition and nodes, not {pair!r}")
            self.cases.append((to_text(pair[0], f"the condition `when[{position}]`"), pair[1]))
        self.default = default

    def output(self, build: Build) -> Any:
        """Give the type form of the value: the text of a condition, or None."""
        del build
        return str | None

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Check the conditions, and give the type of the value."""
        checked = [
            condition(build, self.name, text, f"when[{position}]")
            for position, (text, _) in enumerate(self.cases)
        ]
        return type_of_form(Any) if all(checked) else None

    def add(self, build: Build) -> None:
        """Add the route to the graph of a plan."""
        refuse_replacement(build, self.name)
        cases = [(text, targets(build, self.name, chosen)) for text, chosen in self.cases]
        default = None if self.default is MISSING else targets(build, self.name, self.default)
        build.natives.add(self.name)
        if build.compiles(self.name):
            build.reasons["missing-default", self.name] = "no condition may hold"
            build.graph.conditions(self.name, cases, default=default)
