"""``GET /v1/workflows`` and ``GET /v1/workflows/{name}``: what is served, and its shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.server.responses import failure, json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workflow_engine.server.app import Response
    from workflow_engine.workflow import Workflow

__all__ = ["description", "listing"]


def listing(workflows: Iterable[Workflow[Any, Any]]) -> Callable[[], Response]:
    """Make the handler that lists workflows."""
    response = json_response(
        {
            "workflows": [
                {"name": workflow.name, "url": f"/v1/workflows/{workflow.name}"} for workflow in workflows
            ]
        }
    )
    return lambda: response


def description(workflow: Workflow[Any, Any]) -> Callable[[], Response]:
    """Make the handler that describes a workflow: its graph, its input's and output's schema.

    The description is made when it is first asked for: schemas load a part of pydantic that a
    server without curious clients never needs.
    """
    made: list[Response] = []

    def handle() -> Response:
        if not made:
            try:
                made.append(_described(workflow))
            except BaseException as error:  # noqa: BLE001
                return failure(error, workflow.name)
        return made[0]

    return handle


def _described(workflow: Workflow[Any, Any]) -> Response:
    return json_response(
        {
            "name": workflow.name,
            "graph": workflow.to_graph(),
            "input": workflow.input_schema,
            "output": workflow.output_schema,
        }
    )
