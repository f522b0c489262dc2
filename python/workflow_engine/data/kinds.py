"""The kinds of nodes that data may hold, in the order in which they are listed."""

from __future__ import annotations

from workflow_engine.data.assertions import ASSERT
from workflow_engine.data.bodies import LOOP, MAP, SUBWORKFLOW
from workflow_engine.data.expressions import COMPUTE, END, FAIL, TRANSFORM
from workflow_engine.data.functions import PYTHON
from workflow_engine.data.natives import CANCEL, CONSTANT, JOIN, PICK
from workflow_engine.data.routes import ROUTE
from workflow_engine.data.templates import TEMPLATE

__all__ = ["KINDS"]

_KINDS = (
    PYTHON,
    COMPUTE,
    TRANSFORM,
    TEMPLATE,
    ROUTE,
    MAP,
    LOOP,
    SUBWORKFLOW,
    JOIN,
    CONSTANT,
    PICK,
    ASSERT,
    END,
    CANCEL,
    FAIL,
)

KINDS = {kind.key: kind for kind in _KINDS}
"""What the format knows of each kind, by its key."""
