"""A node that lets a run go on only if something holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine import _core
from workflow_engine.misfit import Misfit
from workflow_engine.native import Native
from workflow_engine.native.expressions import arguments, check, condition, form_of, to_text

if TYPE_CHECKING:
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place

__all__ = ["Assert"]


class Assert(Native):
    """Fails unless a condition holds, or a value is valid by a JSON Schema."""

    kind = "assert"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str,
        place: Place,
        value: object,
        schema: Any = None,
        message: object = None,
    ) -> None:
        super().__init__(workflow, name, place)
        self.value = to_text(value, f"what `{name}` asserts")
        self.schema = schema
        self.is_guard = schema is None
        self.message = None if message is None else to_text(message, f"the message of `{name}`")

    def output(self, build: Build) -> Any:
        """Give the type form of what it lets pass."""
        return form_of(build.expression_type(self.name))

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Check the expressions and the schema, and give the type of what it lets pass."""
        said = self.message is None or check(build, self.name, self.message, "message") is not None
        if self.schema is None:
            holds = condition(build, self.name, self.value)
            return _core.ExpressionType.of_value(value=True) if said and holds else None
        found = check(build, self.name, self.value)
        try:
            _core.JSONSchema(self.schema)
        except ValueError as error:
            if isinstance(error, Misfit):
                error.source = "schema"
            remedy = "write JSON Schema, draft 2020-12"
            build.faults.add("invalid-schema", str(error), remedy, node=self.name)
            return None
        if not said or found is None:
            return None
        # What is valid has its numbers as the schema declares them.
        declared = _core.ExpressionType.of_schema(self.schema)
        return found if declared.name == "dyn" else declared

    def arguments(self, build: Build) -> list[Argument]:
        """Give what the expressions read."""
        del build
        return arguments([self.value] if self.message is None else [self.value, self.message])

    def declare(self, build: Build) -> bool:
        """Add the node to the graph of a plan."""
        if build.compiles(self.name):
            schema = None if self.schema is None else _core.JSONSchema(self.schema)
            build.graph.assertion(self.name, self.value, schema=schema, message=self.message)
        return True
