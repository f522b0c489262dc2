"""Every error that this package raises, as one tree.

::

    WorkflowEngineError
    ├── DeclarationError        (also ValueError) a declaration that cannot be recorded at all
    ├── CheckError              a workflow with faults was asked to run
    ├── UsageError              (also RuntimeError) a call that cannot work where it was made
    ├── NotFoundError           (also LookupError) no workflow, node or target has this name
    ├── InputError              (also ValueError) the input does not fit the workflow
    │   └── JSONError           the input is not JSON
    ├── NodeError               a node failed; its cause is the exception of the node's own code
    │   ├── OutputError         (also ValueError) a value does not fit the type that was declared
    │   ├── RouteError          (also LookupError) no case for the value and no default
    │   ├── LoopLimitError      a loop was not over after as many turns as it may take
    │   ├── NodeTimeoutError    (also TimeoutError) an attempt took longer than its timeout
    │   ├── NodeLimitError      (also LimitError) a node hit a named limit
    │   └── InputChangedError   a node changed its input (found by the stealing mode of tests)
    ├── RunTimeoutError         (also TimeoutError) the run's deadline passed
    ├── RunCancelledError       the run was cancelled
    ├── LimitError              a named limit was reached
    ├── ExpressionError         (also ValueError) an expression is no CEL, or its evaluation failed
    └── InternalError           a fault of the engine itself; please report it

All of them pickle with their attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflow_engine.check import Fault

__all__ = [
    "CheckError",
    "DeclarationError",
    "ExpressionError",
    "InputChangedError",
    "InputError",
    "InternalError",
    "JSONError",
    "LimitError",
    "LoopLimitError",
    "NodeError",
    "NodeLimitError",
    "NodeTimeoutError",
    "NotFoundError",
    "OutputError",
    "RouteError",
    "RunCancelledError",
    "RunTimeoutError",
    "UsageError",
    "WorkflowEngineError",
]


class WorkflowEngineError(Exception):
    """The base of every error of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses take keyword arguments; rebuild from the message and the attributes instead.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(
    kind: type[WorkflowEngineError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> WorkflowEngineError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class DeclarationError(WorkflowEngineError, ValueError):
    """A declaration that cannot be recorded at all, such as a name that is no name."""


class CheckError(WorkflowEngineError):
    """A workflow with faults was asked to run.

    Attributes:
        workflow: Name of the workflow.
        faults: Every fault found, errors before warnings.
    """

    def __init__(self, workflow: str, faults: Sequence[Fault]) -> None:
        self.workflow = workflow
        self.faults = list(faults)
        errors = [fault for fault in self.faults if fault.severity == "error"]
        count = f"{len(errors)} fault" + ("" if len(errors) == 1 else "s")
        lines = "\n".join(str(fault) for fault in errors)
        super().__init__(f"workflow `{workflow}` has {count}:\n{lines}")


class UsageError(WorkflowEngineError, RuntimeError):
    """A call that cannot work where it was made; the message says which one can."""


class NotFoundError(WorkflowEngineError, LookupError):
    """No workflow, node or target has this name.

    Attributes:
        name: The name asked for.
        known: The names there are.
    """

    def __init__(self, message: str, *, name: str = "", known: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.known = list(known)


class InputError(WorkflowEngineError, ValueError):
    """The input does not fit the workflow.

    Attributes:
        workflow: Name of the workflow.
        path: Place of the first fault, such as ``input.repo.name``.
        errors: Every fault as ``{"path": str, "message": str}``.
    """

    def __init__(
        self,
        message: str,
        *,
        workflow: str = "",
        path: str = "input",
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.workflow = workflow
        self.path = path
        self.errors = [dict(error) for error in errors]


class JSONError(InputError):
    """The input is not JSON, or JSON past a limit (size, depth, duplicate keys).

    Attributes:
        line: Line of the fault, from 1; 0 where no place is known.
        column: Column of the fault, from 1; 0 where no place is known.
        too_large: Whether the text is refused for its size alone.
    """

    def __init__(
        self,
        message: str,
        *,
        workflow: str = "",
        line: int = 0,
        column: int = 0,
        too_large: bool = False,
    ) -> None:
        super().__init__(message, workflow=workflow)
        self.line = line
        self.column = column
        self.too_large = too_large


class NodeError(WorkflowEngineError):
    """A node failed; ``__cause__`` is the exception that the node's own code raised.

    Attributes:
        workflow: Name of the workflow.
        node: Name of the node.
        attempt: Number of the failed attempt, from 1; 0 where no attempt was made.
        path: Place inside the value that was refused, such as ``classify.label``; empty if none.
        run: Id of the run.
        outputs: Outputs of the nodes that had finished, by name; fits ``run(..., given=)``.
    """

    def __init__(
        self,
        message: str,
        *,
        workflow: str = "",
        node: str = "",
        attempt: int = 0,
        path: str = "",
        run: str = "",
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        Exception.__init__(self, message)
        self.workflow = workflow
        self.node = node
        self.attempt = attempt
        self.path = path
        self.run = run
        self.outputs = dict(outputs or {})


class OutputError(NodeError, ValueError):
    """A value does not fit the type that was declared for it."""


class RouteError(NodeError, LookupError):
    """A route has no case for a value and no default."""


class LoopLimitError(NodeError):
    """A loop was not over after as many turns as it may take.

    Attributes:
        limit: How many turns that are.
    """

    limit: int = 0


class NodeTimeoutError(NodeError, TimeoutError):
    """An attempt of a node took longer than its timeout."""


class InputChangedError(NodeError):
    """A node changed a value that other nodes read.

    Attributes:
        source: Name of the node (or ``input``) whose output was changed.
    """

    source: str = ""


class RunTimeoutError(WorkflowEngineError, TimeoutError):
    """The run's deadline passed before it finished.

    Attributes:
        workflow: Name of the workflow.
        run: Id of the run.
        outputs: Outputs of the nodes that had finished, by name.
    """

    def __init__(
        self,
        message: str,
        *,
        workflow: str = "",
        run: str = "",
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.workflow = workflow
        self.run = run
        self.outputs = dict(outputs or {})


class RunCancelledError(WorkflowEngineError):
    """The run was cancelled.

    Attributes:
        workflow: Name of the workflow.
        run: Id of the run.
        outputs: Outputs of the nodes that had finished, by name.
    """

    def __init__(
        self,
        message: str,
        *,
        workflow: str = "",
        run: str = "",
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.workflow = workflow
        self.run = run
        self.outputs = dict(outputs or {})


class ExpressionError(WorkflowEngineError, ValueError):
    """An expression is no CEL, or its evaluation failed; the message shows the place.

    Attributes:
        kind: What is wrong: `syntax`, `unknown_variable`, `unknown_function`, `no_such_field`,
            `no_such_key`, `no_such_overload`, `overflow`, `divide_by_zero`, `invalid_argument`, `limit`
            or `not_json`.
        offset: Where in the text, in characters from 0; None where that is not known.
        text: The expression.
    """

    def __init__(self, message: str, *, kind: str = "", offset: int | None = None, text: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.offset = offset
        self.text = text


class LimitError(WorkflowEngineError):
    """A named limit was reached.

    Attributes:
        limit: Name of the limit, such as ``threads left behind``.
        maximum: Its value.
    """

    def __init__(self, message: str, *, limit: str = "", maximum: int = 0) -> None:
        super().__init__(message)
        self.limit = limit
        self.maximum = maximum


class NodeLimitError(NodeError, LimitError):
    """A node hit a named limit, such as the number of threads left behind."""

    def __init__(self, message: str, *, limit: str = "", maximum: int = 0, **facts: Any) -> None:
        NodeError.__init__(self, message, **facts)
        self.limit = limit
        self.maximum = maximum


class InternalError(WorkflowEngineError):
    """A fault of the engine itself, with a panic of the core as its cause; please report it."""
