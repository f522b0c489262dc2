"""A node that gives one place inside of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.native import Native
from workflow_engine.typeform import fields, is_typed_dict, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow_engine.annotations import Target
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Pick"]


class Pick(Native):
    """Gives what stands at one place in the JSON form of another value."""

    kind = "pick"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str,
        place: Place,
        source: Target,
        path: Sequence[str | int],
    ) -> None:
        super().__init__(workflow, name, place)
        self.source = source
        self.path = tuple(path)

    def output(self, build: Build) -> Any:
        """Give the type form of the value where its JSON form is the value itself, else `Any`."""
        name = build.peek(self.source)
        form = build.type_of(name) if name is not None else Any
        for step in self.path:
            known = fields(form) or {}
            # Aliases and Python's other types look different as JSON.
            if not is_typed_dict(form) or step not in known:
                return Any
            form = known[step]
        plain = all(member in (str, int, float, bool, type(None)) for member in members(form))
        return form if plain else Any

    def arguments(self, build: Build) -> list[Argument]:
        """Give one argument: the value that holds the place."""
        from workflow_engine.call import Argument

        name = build.find(self.source, self.name, "the pick")
        if name is None:
            return [Argument("source", ("constant", None))]
        return [Argument("source", ("input",) if name == "input" else ("node", name))]

    def declare(self, build: Build) -> bool:
        """Add the pick to the graph of a plan."""
        name = build.find(self.source, self.name, "the pick")
        build.graph.pick(self.name, "input" if name is None else name, list(self.path))
        return True
