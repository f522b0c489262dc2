"""Templates in data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine._core import template_reads
from workflow_engine.data.kind import Kind
from workflow_engine.native.template import Template

if TYPE_CHECKING:
    from workflow_engine.data.kind import Entry
    from workflow_engine.data.write import Writer

__all__ = ["TEMPLATE"]


def _read(entry: Entry) -> Template | None:
    part = entry.part
    if not isinstance(part.value, str | list):
        part.wrong_type("`template`", "a text or a list of messages", "write it in quotes")
        return None
    try:
        names = [name for name, _ in template_reads(part.value)]
    except ValueError as error:
        part.fault("invalid-template", f"the template: {error}")
        return None
    entry.reader.check_variables(part, part.value if isinstance(part.value, str) else "", names)
    return Template(entry.workflow, entry.name, entry.place, part.value)


def _write(writer: Writer, node: Template) -> dict[str, Any]:
    return {"template": writer.json(node.source, "the template")}


TEMPLATE = Kind(
    key="template",
    title="Renders a text, or the messages of a chat, in MiniJinja's syntax.",
    value={
        "anyOf": [
            {"type": "string"},
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "role": {"type": "string"},
                        "content": {"type": ["string", "array"]},
                    },
                    "required": ["role", "content"],
                },
            },
        ]
    },
    keys={},
    read=_read,
    write=_write,
)
