"""A function that `triage.yaml` names."""

from __future__ import annotations

from typing import Any

from workflow_engine import register_node


@register_node
def label_card(card: dict[str, Any]) -> dict[str, Any]:
    return card | {"label": "small"}
