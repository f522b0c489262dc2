"""Nodes that the core runs by itself, without Python: a kind is one file here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.node import Node

if TYPE_CHECKING:
    from workflow_engine.build import Build
    from workflow_engine.call import Argument

__all__ = ["Native"]


class Native(Node[Any]):
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
