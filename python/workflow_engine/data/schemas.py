"""JSON Schemas in data: of inputs and outputs, by which the core validates values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from workflow_engine import _core
from workflow_engine.data.forms import form_of
from workflow_engine.misfit import Misfit
from workflow_engine.schema import Schema

if TYPE_CHECKING:
    from workflow_engine.data.part import Part

__all__ = ["DataSchema", "compiled", "read_schema"]


class DataSchema(Schema):
    """What a JSON Schema accepts. Values are made of JSON types once they are validated.

    Args:
        document: The schema.
        core: The same, compiled.
        name: What an object without a title is called.
    """

    __slots__ = ("core", "document")

    def __init__(self, document: Any, core: _core.JSONSchema, name: str) -> None:
        super().__init__(form_of(document, name))
        self.document = document
        self.core = core
        # Every value is looked at.
        self.exact: tuple[type, ...] | None = ()
        self.needs_text = False

    def prepare(self) -> None:
        """Do nothing: it is compiled."""

    def validate(self, value: object) -> object:
        """Give the JSON form of a value, with its numbers as they are declared.

        Raises:
            Misfit: It does not fit, or has no JSON form.
        """
        try:
            return self._validate(value)
        except Misfit:
            raise
        except ValueError as error:
            misfit = Misfit([((), f"expected JSON, and {error}")])
        raise misfit

    def _validate(self, value: object) -> object:
        try:
            return self.core.validate(value)
        except Misfit:
            raise
        except ValueError:
            # Models, dates and the like.
            return self.core.validate(self.dump(value))

    def text_form(self) -> _core.TextForm:
        """Give all JSON that is valid."""
        from workflow_engine.plain import ANY_JSON

        return _core.TextForm(ANY_JSON, self.core)

    def json_schema(self, mode: Literal["validation", "serialization"]) -> dict[str, Any]:
        """Give the schema as it was written."""
        del mode
        if isinstance(self.document, bool):
            return {} if self.document else {"not": {}}
        return self.document  # type: ignore[no-any-return]


def compiled(part: Part, what: str) -> _core.JSONSchema | None:
    """Compile a JSON Schema; None for what is none, which is a fault.

    Args:
        part: The schema.
        what: What its place is called in messages.
    """
    try:
        return _core.JSONSchema(part.value)
    except Misfit as misfit:
        misfit.source = what
        ((steps, _),) = misfit.errors
        message = str(misfit)
    for step in steps:
        inner = part.inner(step)
        if inner is None:
            break
        part = inner
    part.fault("invalid-schema", message, "write JSON Schema, draft 2020-12")
    return None


def read_schema(part: Part, name: str) -> DataSchema | None:
    """Read the JSON Schema of an input or output; None for what is none, which is a fault."""
    core = compiled(part, name)
    return None if core is None else DataSchema(part.value, core, name)
