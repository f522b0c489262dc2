"""Errors as problem details, the one form that command line and HTTP server give them.

A problem is a JSON object with the members of RFC 9457 (``type``, ``title``, ``status``,
``detail``) and, where they are known, members of our own:

===========  =======================================================================
``run``      id of the run
``workflow`` name of the workflow
``node``     name of the node that failed
``attempt``  number of the failed attempt, from 1
``path``     place inside the value that was refused, such as ``input.repo.name``
``errors``   every fault of the input, ``[{"path": str, "message": str}, ...]``
``line``     line of the fault in a text that is no JSON, from 1; with ``column``
===========  =======================================================================

A traceback never is part of a problem. The text of a node's own exception is, for the command line;
the server leaves it out, because it may name files and secrets of the machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from workflow_engine.errors import (
    InputChangedError,
    InputError,
    JSONError,
    LimitError,
    LoopLimitError,
    NodeError,
    NodeTimeoutError,
    NotFoundError,
    OutputError,
    RouteError,
    RunCancelledError,
    RunTimeoutError,
)

__all__ = ["INTERNAL", "KINDS", "TOO_LARGE", "TYPE_PREFIX", "Kind", "kind", "problem"]

TYPE_PREFIX = "urn:problem-type:workflow-engine:"
"""What every ``type`` starts with; the kind's ``name`` follows."""


class Kind(NamedTuple):
    """What all problems of one kind share.

    Attributes:
        name: Last part of ``type``, such as ``node-failed``.
        status: HTTP status.
        title: The kind in a few words; the same for every problem of the kind.
    """

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """The problem's ``type``, a URI that is never fetched."""
        return TYPE_PREFIX + self.name


TOO_LARGE = Kind("too-large", 413, "the input is too large")
INTERNAL = Kind("internal", 500, "internal error")

# A subclass stands before its base: the first class that fits gives the kind.
KINDS: tuple[tuple[type[BaseException], Kind], ...] = (
    (JSONError, Kind("not-json", 400, "the input is not JSON")),
    (InputError, Kind("input-misfit", 422, "the input does not fit the workflow")),
    (NotFoundError, Kind("not-found", 404, "not found")),
    (OutputError, Kind("output-misfit", 500, "a node's output does not fit its type")),
    (RouteError, Kind("no-case", 500, "a route has no case for a value")),
    (LoopLimitError, Kind("loop-limit", 500, "a loop was not over after as many turns as it may take")),
    (NodeTimeoutError, Kind("node-timeout", 500, "a node took longer than its timeout")),
    (InputChangedError, Kind("input-changed", 500, "a node changed a value that others read")),
    (NodeError, Kind("node-failed", 500, "a node failed")),
    (RunTimeoutError, Kind("run-timeout", 504, "the run's deadline passed")),
    (RunCancelledError, Kind("run-cancelled", 409, "the run was cancelled")),
    (LimitError, Kind("limit", 503, "a limit was reached")),
)


def kind(error: BaseException) -> Kind:
    """Give the kind of problem that an error is; ``INTERNAL`` for every other one."""
    if isinstance(error, JSONError) and error.too_large:
        return TOO_LARGE
    return next((found for class_, found in KINDS if isinstance(error, class_)), INTERNAL)


def problem(error: BaseException) -> dict[str, Any]:
    """Describe an error as problem details.

    Args:
        error: What a run raised.

    Returns:
        ``{"type": str, "title": str, "status": int, "detail": str, ...}``, JSON types only, with
        the further members of this module's table where they are known. ``detail`` is left out
        where the error is not one of ``KINDS``.
    """
    name, status, title = found = kind(error)
    members: dict[str, Any] = {"type": found.type, "title": title, "status": status}
    if name == INTERNAL.name:
        return members
    known = {
        "detail": str(error),
        "run": getattr(error, "run", None),
        "workflow": getattr(error, "workflow", None),
        "node": getattr(error, "node", None),
        "attempt": getattr(error, "attempt", None),
        "path": _path(error),
        "errors": getattr(error, "errors", None),
        "line": getattr(error, "line", None),
        "column": getattr(error, "column", None),
    }
    return members | {member: _writable(value) for member, value in known.items() if value}


def _writable(value: Any) -> Any:
    """Spell out lone surrogates, as in a file name that is no UTF-8: JSON has no form for them."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {key: _writable(item) for key, item in value.items()}
    return value


def _path(error: BaseException) -> str | None:
    # A text that is no JSON has a line and a column, but no place inside a value.
    if isinstance(error, JSONError) or not isinstance(error, InputError | NodeError):
        return None
    return error.path
