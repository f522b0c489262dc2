"""A node that renders a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workflow_engine import _core
from workflow_engine.errors import DeclarationError
from workflow_engine.names import elsewhere, meant
from workflow_engine.native import Native
from workflow_engine.native.expressions import of_reads

if TYPE_CHECKING:
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Template"]


class Template(Native):
    """Gives a text, or the messages of a chat."""

    kind = "template"

    def __init__(self, workflow: Declares[Any, Any], name: str, place: Place, source: object) -> None:
        super().__init__(workflow, name, place)
        if isinstance(source, tuple | list):
            source = [dict(message) if isinstance(message, Mapping) else message for message in source]
        elif not isinstance(source, str):
            raise DeclarationError(
                f"the template `{name}` is text or a list of messages such as"
                f' `{{"role": "user", "content": "..."}}`, not {source!r}'
            )
        self.source = source

    def output(self, build: Build) -> Any:
        """Give the type form of what is rendered."""
        del build
        return str if isinstance(self.source, str) else list[dict[str, Any]]

    def arguments(self, build: Build) -> list[Argument]:
        """Give what the template reads."""
        del build
        try:
            return of_reads(dict(_core.template_reads(self.source)))
        except ValueError:
            return []

    def declare(self, build: Build) -> bool:
        """Add the template to the graph of a plan."""
        if build.compiles(self.name):
            build.graph.template(self.name, self.source)
        return True

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Check the template, and give the type of what is rendered."""
        known = build.variables()
        try:
            reads = _core.template_reads(self.source)
        except ValueError as error:
            build.faults.add("invalid-template", f"the template: {error}", node=self.name)
            return None
        unknown = [name for name, _ in reads if name not in known]
        for name in unknown:
            message = f"the template names `{name}`, which is no node and not `input`{meant(name, known)}"
            build.faults.add("unknown-variable", message, elsewhere(name), node=self.name)
        return None if unknown else super().expression_type(build)
