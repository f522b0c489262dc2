"""Errors as problem details."""

from __future__ import annotations

import inspect
import json

import pytest

from workflow_engine import errors
from workflow_engine.errors import (
    InputError,
    InternalError,
    JSONError,
    LimitError,
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
from workflow_engine.problem import INTERNAL, KINDS, TOO_LARGE, TYPE_PREFIX, kind, problem


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        (JSONError("x"), "not-json", 400),
        (JSONError("x", too_large=True), "too-large", 413),
        (InputError("x"), "input-misfit", 422),
        (NotFoundError("x"), "not-found", 404),
        (NodeError("x"), "node-failed", 500),
        (OutputError("x"), "output-misfit", 500),
        (RouteError("x"), "no-case", 500),
        (NodeTimeoutError("x"), "node-timeout", 500),
        (NodeLimitError("x"), "node-failed", 500),
        (RunTimeoutError("x"), "run-timeout", 504),
        (RunCancelledError("x"), "run-cancelled", 409),
        (LimitError("x"), "limit", 503),
        (InternalError("x"), "internal", 500),
        (UsageError("x"), "internal", 500),
        (RuntimeError("x"), "internal", 500),
        (KeyboardInterrupt(), "internal", 500),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_each_class_has_its_kind(error: BaseException, name: str, status: int) -> None:
    assert (kind(error).name, kind(error).status) == (name, status)
    given = problem(error)
    assert given["type"] == f"urn:problem-type:workflow-engine:{name}" == TYPE_PREFIX + name
    assert given["status"] == status
    assert given["title"] == kind(error).title


def test_no_kind_hides_a_later_one() -> None:
    """A class stands before its bases, else its own row would never be reached."""
    classes = [class_ for class_, _ in KINDS]
    for index, class_ in enumerate(classes):
        assert not issubclass(class_, tuple(classes[:index]) or ())
    names = [kind_.name for _, kind_ in KINDS] + [TOO_LARGE.name, INTERNAL.name]
    assert len(set(names)) == len(names)


def test_errors_of_runs_have_a_kind() -> None:
    """Only what no run raises, and faults of the engine itself, are internal errors."""
    internal = {
        class_.__name__
        for _, class_ in inspect.getmembers(errors, inspect.isclass)
        if issubclass(class_, WorkflowEngineError)
        and not issubclass(class_, tuple(class_ for class_, _ in KINDS))
    }
    assert internal == {
        "CheckError",
        "DeclarationError",
        "ExpressionError",
        "InternalError",
        "UsageError",
        "WorkflowEngineError",
    }


def test_members_of_a_failed_node() -> None:
    error = OutputError(
        "text", workflow="w", node="n", attempt=2, run="r", path="n.label", outputs={"secret": 1}
    )
    assert problem(error) == {
        "type": "urn:problem-type:workflow-engine:output-misfit",
        "title": "a node's output does not fit its type",
        "status": 500,
        "detail": "text",
        "run": "r",
        "workflow": "w",
        "node": "n",
        "attempt": 2,
        "path": "n.label",
    }


def test_members_of_inputs() -> None:
    faults = [{"path": "input.a", "message": "m"}]
    given = problem(InputError("text", workflow="w", path="input.a", errors=faults))
    assert (given["path"], given["errors"]) == ("input.a", faults)
    given = problem(JSONError("text", line=3, column=7))
    assert (given["line"], given["column"]) == (3, 7)
    assert "path" not in given


def test_what_is_not_ours_keeps_its_text() -> None:
    """The text of a foreign error may hold anything, and so may attributes of our names."""
    error = OSError("/etc/secret")
    error.node = error.run = error.line = "secret"  # type: ignore[attr-defined]
    assert "secret" not in json.dumps(problem(error))
    outer = ValueError("cause")
    outer.__cause__ = error
    assert "secret" not in json.dumps(problem(outer))
