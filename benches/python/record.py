"""Validate, transform, store: three nodes over a record, in a script and behind a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["inline", "record", "steps", "unmarked"]

Record = dict[str, Any]

stored: dict[str, Record] = {}


def validate(input: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(input["id"], str) or input["amount"] < 0:
        raise ValueError("no id, or an amount below 0")
    return input


def transform(validate: dict[str, Any]) -> dict[str, Any]:
    return {**validate, "amount": validate["amount"] * 2, "state": "done"}


def store(transform: dict[str, Any]) -> dict[str, Any]:
    stored[transform["id"]] = transform
    return transform


steps: tuple[Callable[[Record], Record], ...] = (validate, transform, store)


def _workflow(name: str, **options: Any) -> Workflow[Record, Record]:
    workflow = Workflow(name, input=dict[str, Any], output=dict[str, Any])
    for step in steps:
        workflow.add_node(step, **options)
    return workflow


unmarked = _workflow("unmarked")
inline = _workflow("inline", thread="caller")


def record(size: int) -> Record:
    """Give a record of about `size` bytes as JSON; of any size it has five keys.

    It has a value in 33 bytes, as event payloads do.
    """
    line = {
        "sku": "A-1042-EU",
        "description": "copper wire, 2 mm, 100 m on a spool, insulated, black, up to 450 V",
        "count": 12,
    }
    return {
        "id": "order-77120",
        "customer": {"name": "Ada Lovelace", "city": "Turin"},
        "amount": 412.5,
        "state": "open",
        "lines": [dict(line) for _ in range(round((size - 110) / 114))],
    }
