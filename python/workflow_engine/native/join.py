"""A node that gathers the outputs of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from workflow_engine.errors import DeclarationError
from workflow_engine.native import Native

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow_engine.annotations import Target
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Join"]

# What the core can count to.
_COUNT_MAX = 2**32 - 1


class Join(Native):
    """Gathers outputs by name, those of skipped nodes left out; it may do without some of them.

    Attributes:
        sources: What it gathers.
        wait: How many of them it waits for: a number from 1, `any`, which is 1, or `all`.
        cancel: `rest` if the others are cancelled then, else None.
    """

    kind = "join"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str,
        place: Place,
        sources: Sequence[Target],
        *,
        wait: Literal["all", "any"] | int = "all",
        cancel: Literal["rest"] | None = None,
    ) -> None:
        super().__init__(workflow, name, place)
        if wait not in ("all", "any") and (type(wait) is not int or not 1 <= wait <= _COUNT_MAX):
            raise DeclarationError(
                f"`wait` of the join `{name}` is 'all', 'any' or a number from 1, not {wait!r}"
            )
        if cancel not in (None, "rest"):
            raise DeclarationError(f"`cancel` of the join `{name}` is 'rest' or left out, not {cancel!r}")
        if cancel is not None and wait == "all":
            raise DeclarationError(
                f"the join `{name}` waits for all, so there is no rest to cancel;"
                " let `wait` be 'any' or a number, or leave out `cancel`"
            )
        self.sources = tuple(sources)
        self.wait = wait
        self.cancel = cancel

    def output(self, build: Build) -> Any:
        """Give the type form of the output: an object."""
        del build
        return dict[str, Any]

    def add(self, build: Build) -> None:
        """Add the join, or its replacement, to the graph of a plan."""
        super().add(build)
        if self.wait != "all":
            build.graph.first(1 if self.wait == "any" else self.wait, self.cancel == "rest")

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
        # The core reads each once.
        return list(dict.fromkeys(build.find_nodes(self.sources, self.name, "the join")))


def _gathered(values: dict[str, Any]) -> dict[str, Any]:
    return values
