"""``POST /v1/workflows/{name}/runs``: the body goes to the workflow unparsed, its bytes come back.

Every run passes here, so the handlers are flat closures over what they need. They catch every
exception there is: whatever a node raises, also SystemExit or a panic, concerns its run alone.
"""

from __future__ import annotations

from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_engine._core import run_id
from workflow_engine.server.app import Headers, Response
from workflow_engine.server.requests import read
from workflow_engine.server.responses import JSON_HEADERS, failure, run_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from workflow_engine.server.app import Request
    from workflow_engine.server.traffic import Outcome, Traffic
    from workflow_engine.workflow import Workflow

__all__ = ["Limits", "on_the_loop", "on_the_worker"]


class Limits(NamedTuple):
    """What a request may ask for.

    Attributes:
        timeout: Seconds that a run may take; None: any time.
        payload_max: Bytes that a body may have.
    """

    timeout: float | None
    payload_max: int


def on_the_worker(
    workflow: Workflow[Any, Any], traffic: Traffic, limits: Limits
) -> Callable[[Request], Response]:
    """Make the handler of a workflow that may run on the thread of the HTTP worker.

    That thread serves nobody else meanwhile: only for nodes that cannot block, or that say they
    do not by ``thread="caller"``.
    """
    name = workflow.name
    run_json = workflow.run_json
    runs, entered, enter = traffic.runs, traffic.entered, traffic.enter
    timeout, payload_max = limits
    # Robyn copies headers as the handler returns, and there is one worker: these serve every run.
    headers = Headers(JSON_HEADERS)
    set_header = headers.set

    def handle(request: Request) -> Response:
        if get_ident() not in entered:
            enter()
        run = run_id()
        runs.add(run)
        try:
            if traffic.draining:
                traffic.refuse()
            text, seconds = read(request, payload_max, timeout)
            output = run_json(text, run_id=run, timeout=seconds)
        except BaseException as error:  # noqa: BLE001
            return failure(error, name, run)
        finally:
            runs.discard(run)
        set_header("Run-Id", run)
        set_header("Location", "/v1/runs/" + run)
        return Response(200, headers, output)

    return handle


def on_the_loop(
    workflow: Workflow[Any, Any], traffic: Traffic, limits: Limits
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Make the handler of any workflow: its coroutine runs on the server's loop.

    A run without asynchronous nodes is handed over as a whole, because single nodes would cross
    to a thread and back one by one. One with a deadline stays: the loop can leave it behind.
    """
    name = workflow.name
    asynchronous = workflow._plan().asynchronous  # noqa: SLF001
    run_json, arun_json = workflow.run_json, workflow.arun_json
    submit = traffic.threads.submit
    runs, entered, enter = traffic.runs, traffic.entered, traffic.enter
    timeout, payload_max = limits

    def outcome(text: str | bytes | None, run: str) -> Outcome:
        try:
            return run_json(text, run_id=run), None
        except BaseException as error:  # noqa: BLE001
            return b"", error

    async def answer(request: Request, run: str) -> Response:
        try:
            if traffic.draining:
                traffic.refuse()
            text, seconds = read(request, payload_max, timeout)
            if asynchronous or seconds is not None:
                output = await arun_json(text, run_id=run, timeout=seconds)
            else:
                output, error = await submit(partial(outcome, text, run))
                if error is not None:
                    return failure(error, name, run)
        except BaseException as error:  # noqa: BLE001
            return failure(error, name, run)
        finally:
            runs.discard(run)
        return Response(200, {**JSON_HEADERS, **run_headers(run)}, output)

    def handle(request: Request) -> Coroutine[Any, Any, Response]:
        if get_ident() not in entered:
            enter()
        run = run_id()
        # Counted from here on: the loop may be busy for a while.
        runs.add(run)
        return answer(request, run)

    return handle
