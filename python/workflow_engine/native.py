"""Nodes that the core runs by itself, without Python: join, constant, pick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.node import Node
from workflow_engine.typeform import fields, is_typed_dict, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow_engine.annotations import Target
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Constant", "Join", "Pick"]


class _Native(Node[Any]):
    """A node of the core, unless something else stands in its place."""

    def add(self, build: Build) -> None:
        """Add the node, or its replacement, to the graph of a plan."""
        if self.name not in build.replacements:
            if self.declare(build):
                build.natives.add(self.name)
            return
        from workflow_engine.call import compose
        from workflow_engine.replace import replace

        arguments = self.arguments(build)
        function, arguments, asynchronous = replace(build, self, arguments)
        build.asynchronous |= asynchronous
        build.inline = False
        build.graph.call(
            self.name,
            compose(function, arguments, asynchronous=asynchronous),
            [argument.input for argument in arguments if argument.input is not None],
            asynchronous=asynchronous,
        )

    def arguments(self, build: Build) -> list[Argument]:
        """Give what the node reads, as the arguments of what may stand in its place."""
        raise NotImplementedError

    def declare(self, build: Build) -> bool:
        """Add the node itself to the graph of a plan; tell whether the core runs it without Python."""
        raise NotImplementedError


class Join(_Native):
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


class Constant(_Native):
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


class Pick(_Native):
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
