"""A node that gathers the outputs of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.native import Native

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow_engine.annotations import Target
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Join"]


class Join(Native):
    """Gathers outputs by name, those of skipped nodes left out."""

    kind = "join"

    def __init__(
        self, workflow: Declares[Any, Any], name: str, place: Place, sources: Sequence[Target]
    ) -> None:
        super().__init__(workflow, name, place)
        self.sources = tuple(sources)

    def output(self, build: Build) -> Any:
        """Give the type form of the output: an object."""
        del build
        return dict[str, Any]

    def arguments(self, build: Build) -> list[Argument]:
        """Give one argument: what is gathered."""
        from workflow_engine.call import Argument

        members = {name: ("node", name) for name in self._names(build)}
        return [Argument("values", ("dict", members))]

    def declare(self, build: Build) -> bool:
        """Add the join to the graph of a plan."""
        names = self._names(build)
        if build.natives.issuperset(names):
            build.graph.join(self.name, names)
            return True
        from workflow_engine.schema import Schema

        # Values of Python stay as they are.
        build.graph.join(self.name, names, gathered=_gathered, dump=Schema(dict[str, Any]).dump)
        return False

    def _names(self, build: Build) -> list[str]:
        found = [build.find_node(source, self.name, "the join") for source in self.sources]
        return [name for name in found if name is not None]


def _gathered(values: dict[str, Any]) -> dict[str, Any]:
    return values
