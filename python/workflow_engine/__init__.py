"""A workflow engine: typed Python nodes, checked before they run, driven by a Rust core.

Example::

    from workflow_engine import Workflow

    greet = Workflow("greet", input=str, output=str)

    @greet.node
    def clean(input: str) -> str:
        return input.strip().title()

    @greet.node
    def hello(clean: str) -> str:
        return f"Hello, {clean}!"

    print(greet.run("  ada "))
"""

import typing as _typing

from workflow_engine import engine as _engine  # noqa: F401  It starts the helper threads.
from workflow_engine._core import version as __version__
from workflow_engine.context import Context
from workflow_engine.errors import (
    CheckError,
    DeclarationError,
    ExpressionError,
    InputChangedError,
    InputError,
    InternalError,
    JSONError,
    LimitError,
    LoopLimitError,
    NodeError,
    NodeLimitError,
    NodeTimeoutError,
    NotFoundError,
    OutputError,
    RouteError,
    RunCancelledError,
    RunTimeoutError,
    UsageError,
    WorkflowEngineError,
)
from workflow_engine.node import Node
from workflow_engine.policy import Retry
from workflow_engine.workflow import Workflow

if _typing.TYPE_CHECKING:
    from workflow_engine.check import Fault
    from workflow_engine.expression import Expression, UInt, contained_in, ref
    from workflow_engine.handle import NodeStatus, RunEvent, RunHandle
    from workflow_engine.models import Price, Prices, TokenCount, count_tokens, price
    from workflow_engine.registered import register_node

__all__ = [
    "CheckError",
    "Context",
    "DeclarationError",
    "Expression",
    "ExpressionError",
    "Fault",
    "InputChangedError",
    "InputError",
    "InternalError",
    "JSONError",
    "LimitError",
    "LoopLimitError",
    "Node",
    "NodeError",
    "NodeLimitError",
    "NodeStatus",
    "NodeTimeoutError",
    "NotFoundError",
    "OutputError",
    "Price",
    "Prices",
    "Retry",
    "RouteError",
    "RunCancelledError",
    "RunEvent",
    "RunHandle",
    "RunTimeoutError",
    "TokenCount",
    "UInt",
    "UsageError",
    "Workflow",
    "WorkflowEngineError",
    "__version__",
    "contained_in",
    "count_tokens",
    "price",
    "ref",
    "register_node",
]

# Where to find the names that most programs never write, so that the import stays quick.
_LATER = {
    "Fault": "check",
    **dict.fromkeys(("Expression", "UInt", "contained_in", "ref"), "expression"),
    **dict.fromkeys(("NodeStatus", "RunEvent", "RunHandle"), "handle"),
    **dict.fromkeys(("Price", "Prices", "TokenCount", "count_tokens", "price"), "models"),
    "register_node": "registered",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
