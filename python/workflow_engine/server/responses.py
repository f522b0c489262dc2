"""How answers look: JSON, and problem details for errors."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from workflow_engine.errors import NodeError
from workflow_engine.problem import problem
from workflow_engine.server.app import Response
from workflow_engine.server.requests import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflow_engine.problem import Kind

__all__ = ["JSON_HEADERS", "failure", "json_response", "problem_response", "run_headers"]

JSON_HEADERS = {"Content-Type": "application/json"}

logger = logging.getLogger("workflow_engine.server")


def json_response(value: object) -> Response:
    """Answer 200 with a value of JSON types."""
    return Response(200, JSON_HEADERS, _text(value))


def problem_response(kind: Kind, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a problem that no exception stands for."""
    members = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": detail}
    return _response(members, headers or {})


def run_headers(run: str) -> dict[str, str]:
    """Give the headers of every answer about a run."""
    return {"Run-Id": run, "Location": "/v1/runs/" + run}


def failure(error: BaseException, workflow: str = "", run: str = "") -> Response:
    """Answer with the problem that an exception is, and log what the client is not told.

    Args:
        error: What was raised.
        workflow: Name of the workflow that it is about, if any.
        run: Id of the run that it is about, if any.
    """
    if isinstance(error, RefusedError):
        return problem_response(error.kind, error.detail, error.headers)
    members = problem(error)
    if type(error) is NodeError and error.__cause__ is not None:
        # The text of a user's exception may hold what is no client's business; it stands in the log.
        members["detail"] = f"node `{error.node}` failed: {type(error.__cause__).__name__}"
    about = {"workflow": workflow, "run": run}
    if members["status"] == 500:
        logger.error("answered 500: %s", about, exc_info=error)
    members |= {member: value for member, value in about.items() if value}
    return _response(members, run_headers(run) if run else {})


def _response(members: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    all_headers = {"Content-Type": "application/problem+json", **headers}
    return Response(members["status"], all_headers, _text(members))


def _text(value: object) -> bytes:
    # Escapes keep lone surrogates, which a message may hold, out of the encoder's way.
    return json.dumps(value, separators=(",", ":")).encode("ascii")
