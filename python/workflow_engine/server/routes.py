"""What is served where: one table, and around it an answer for everything else.

Robyn's router knows exact matches of path and method only. So each path gets a HEAD beside its
GET, an OPTIONS, and a 405 for every other method; and the rest of the world gets a 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from workflow_engine.errors import NotFoundError
from workflow_engine.problem import Kind
from workflow_engine.server.app import METHODS, Answer, Request, Response, Route
from workflow_engine.server.descriptions import description, listing
from workflow_engine.server.responses import failure, json_response, problem_response
from workflow_engine.server.runs import beside_the_worker, on_the_worker
from workflow_engine.server.traffic import DRAINING, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workflow_engine.server.runs import Limits
    from workflow_engine.workflow import Workflow

__all__ = ["table"]

NOT_FOUND = Kind("not-found", 404, "not found")
NOT_ALLOWED = Kind("method-not-allowed", 405, "the method is not allowed here")


def table(workflows: Mapping[str, Workflow[Any, Any]], traffic: Traffic, limits: Limits) -> list[Route]:
    """Give all routes of the server.

    Args:
        workflows: What is served, by name.
        traffic: What is under way.
        limits: What a request may ask for.
    """
    served = list(_served(workflows, traffic, limits))
    paths = dict.fromkeys(route.path for route in served)
    beside = [route for path in paths for route in _beside(path, served)]
    nowhere = problem_response(NOT_FOUND, "nothing is served here; see `GET /v1/workflows`")
    elsewhere = [Route(method, path, lambda: nowhere) for method in METHODS for path in ("/", "/*rest")]
    return [*served, *beside, *elsewhere]


def _served(workflows: Mapping[str, Workflow[Any, Any]], traffic: Traffic, limits: Limits) -> Iterator[Route]:
    yield Route("GET", "/health", _health(traffic))
    yield Route("GET", "/v1/workflows", listing(workflows.values()))
    descriptions = {name: description(workflow) for name, workflow in workflows.items()}
    yield Route("GET", "/v1/workflows/:name", _described_by_name(descriptions), takes_request=True)
    for name, workflow in workflows.items():
        inline = workflow.inline
        handler = (on_the_worker if inline else beside_the_worker)(workflow, traffic, limits)
        path = f"/v1/workflows/{name}/runs"
        yield Route("POST", path, handler, takes_request=True, asynchronous=not inline)
    # Names that are written with percent signs, or are not served.
    handlers = {name: beside_the_worker(workflow, traffic, limits) for name, workflow in workflows.items()}
    yield Route(
        "POST",
        "/v1/workflows/:name/runs",
        _run_by_name(handlers),
        takes_request=True,
        asynchronous=True,
    )


def _beside(path: str, served: Iterable[Route]) -> Iterator[Route]:
    """Give the routes of a path for the methods that it is not served by."""
    there = {route.method: route for route in served if route.path == path}
    if "GET" in there:
        there["HEAD"] = there["GET"]._replace(method="HEAD")
        yield there["HEAD"]
    allow = {"Allow": ", ".join([*there, "OPTIONS"])}
    options = Response(204, allow, "")
    yield Route("OPTIONS", path, lambda: options)
    refusal = problem_response(NOT_ALLOWED, f"allowed: {allow['Allow']}", allow)
    for method in METHODS:
        if method not in there and method != "OPTIONS":
            yield Route(method, path, lambda: refusal)


def _health(traffic: Traffic) -> Callable[[], Response]:
    well = json_response({"status": "ok"})
    stopping = problem_response(DRAINING, "the runs under way are finished first")
    return lambda: stopping if traffic.draining else well


def _described_by_name(
    descriptions: Mapping[str, Callable[[], Response]],
) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        try:
            return descriptions[_name(request, descriptions)]()
        except NotFoundError as error:
            return failure(error)

    return handle


def _run_by_name(
    handlers: Mapping[str, Callable[[Request, Answer], None]],
) -> Callable[[Request, Answer], None]:
    def handle(request: Request, answer: Answer) -> None:
        try:
            name = _name(request, handlers)
        except NotFoundError as error:
            answer.give(failure(error))
        else:
            handlers[name](request, answer)

    return handle


def _name(request: Request, known: Mapping[str, object]) -> str:
    sent = request.path_params["name"]
    # Decoded once: a name that needs it twice is another name.
    name = unquote(sent)
    if name not in known:
        names = ", ".join(f"`{each}`" for each in known)
        message = f"no workflow `{name[:100]}` is served; there are: {names}"
        raise NotFoundError(message, name=name, known=list(known))
    return name
