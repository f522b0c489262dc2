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
    from collections.abc import Callable

    from workflow_engine.server.app import Answer, Request
    from workflow_engine.server.traffic import Traffic
    from workflow_engine.workflow import Workflow

__all__ = ["Limits", "beside_the_worker", "on_the_worker"]


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
            output = run_json(text, run, None, seconds)
        except BaseException as error:  # noqa: BLE001
            return failure(error, name, run)
        finally:
            runs.discard(run)
        set_header("Run-Id", run)
        set_header("Location", "/v1/runs/" + run)
        return Response(200, headers, output)

    return handle


def beside_the_worker(
    workflow: Workflow[Any, Any], traffic: Traffic, limits: Limits
) -> Callable[[Request, Answer], None]:
    """Make the handler of any workflow: the HTTP worker goes on meanwhile.

    A run without asynchronous nodes goes to a thread as a whole, because its nodes would cross to a
    thread and back one by one. One with a deadline goes to the loop, which can leave it behind.
    """
    name = workflow.name
    asynchronous = workflow._plan().asynchronous  # noqa: SLF001
    run_json, arun_json = workflow.run_json, workflow.arun_json
    spawn, submit = traffic.loop.spawn, traffic.threads.submit
    runs, entered, enter = traffic.runs, traffic.entered, traffic.enter
    timeout, payload_max = limits

    def finish(answer: Answer, run: str, response: Response) -> None:
        answer.give(response)
        runs.discard(run)

    def success(run: str, output: bytes) -> Response:
        return Response(200, {**JSON_HEADERS, **run_headers(run)}, output)

    def on_a_thread(answer: Answer, run: str, text: str | bytes | None) -> None:
        try:
            response = success(run, run_json(text, run))
        except BaseException as error:  # noqa: BLE001
            response = failure(error, name, run)
        finish(answer, run, response)

    async def on_the_loop(answer: Answer, run: str, text: str | bytes | None, seconds: float | None) -> None:
        try:
            response = success(run, await arun_json(text, run_id=run, timeout=seconds))
        except BaseException as error:  # noqa: BLE001
            response = failure(error, name, run)
        finish(answer, run, response)

    def handle(request: Request, answer: Answer) -> None:
        if get_ident() not in entered:
            enter()
        run = run_id()
        # Counted from here on: whoever carries it out may be busy for a while.
        runs.add(run)
        try:
            if traffic.draining:
                traffic.refuse()
            text, seconds = read(request, payload_max, timeout)
        except BaseException as error:  # noqa: BLE001
            finish(answer, run, failure(error, name, run))
            return
        if asynchronous or seconds is not None:
            spawn(on_the_loop(answer, run, text, seconds))
        else:
            submit(partial(on_a_thread, answer, run, text))

    return handle
