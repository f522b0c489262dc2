"""The life of a serving process: checks, start, and the orderly end.

The main thread owns the process: it starts the server on a thread of its own, waits for a signal,
and lets what is under way come to an end. No code of a node ever runs on it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from workflow_engine.errors import CheckError, InternalError, UsageError
from workflow_engine.policy import SECONDS_MAX
from workflow_engine.server.address import Address, refusal, resolve
from workflow_engine.server.app import App
from workflow_engine.server.loop import ServerLoop
from workflow_engine.server.routes import table
from workflow_engine.server.runs import Limits
from workflow_engine.server.shutdown import close_connections, stop_listening
from workflow_engine.server.signals import StopSignals, let_in
from workflow_engine.server.traffic import Traffic

if TYPE_CHECKING:
    import signal
    from collections.abc import Collection, Iterable, Sequence

    from workflow_engine.workflow import Workflow

__all__ = ["Settings", "serve_until_stopped"]

# Seconds that resources have to close, at the least, however long the runs took.
_CLOSE_MIN = 2.0
# Seconds in which the last answers, ready already, reach their sockets.
_SETTLE = 0.1
# Seconds between two looks at what is still under way.
_LOOK = 0.02
# Seconds between two looks at whether the server still runs.
_WATCH = 1.0

_has_served = threading.Event()


class Settings(NamedTuple):
    """How to serve; see ``workflow_engine.server.serve``.

    Attributes:
        host: Name or address to listen on.
        port: Port to listen on, or 0.
        timeout: Seconds that a run may take; None: any time.
        grace: Seconds that running work has to finish.
        payload_max: Bytes that a body may have.
    """

    host: str
    port: int
    timeout: float | None
    grace: float
    payload_max: int


def serve_until_stopped(workflows: Sequence[Workflow[Any, Any]], settings: Settings) -> None:
    """Serve until a signal has come and the work is done; see ``workflow_engine.server.serve``."""
    _check_settings(settings)
    _check_process()
    served = _by_name(workflows)
    address = resolve(settings.host, settings.port)
    loop = ServerLoop()
    traffic = Traffic(loop)
    routes = table(served, traffic, Limits(settings.timeout, settings.payload_max))
    try:
        app = App(routes, loop, *address)
    except OSError as error:
        raise refusal(error, address) from error
    _has_served.set()

    signals = StopSignals()
    signals.hold()
    server = threading.Thread(target=app.run, name="server", daemon=True)
    server.start()
    signals.take(server.is_alive)
    if not server.is_alive():
        raise UsageError("the server could not start; the error stands above")
    loop.call_soon_threadsafe(let_in)
    traffic.opened.set()
    _announce(served.values(), address)

    while (signal := signals.wait(_WATCH)) is None:
        if not server.is_alive():
            raise InternalError("the server ended by itself")
    _finish(signal, signals, address, traffic, served.values(), settings.grace)
    loop.end()
    server.join(_CLOSE_MIN)
    if server.is_alive():
        _leave(1, "the event loop is held by a node")
    signals.release()


def _check_settings(settings: Settings) -> None:
    for name in ("timeout", "payload_max"):
        value = getattr(settings, name)
        if value is not None and not value > 0:
            raise UsageError(f"`{name}` must be above 0, got {value}")
    if settings.timeout is not None and settings.timeout > SECONDS_MAX:
        raise UsageError(f"`timeout` must be at most {SECONDS_MAX:.0f}, got {settings.timeout}")
    if not settings.grace >= 0:
        raise UsageError(f"`grace` must not be negative, got {settings.grace}")


def _check_process() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise UsageError("`serve` receives signals: call it on the main thread")
    if asyncio._get_running_loop() is not None:  # noqa: SLF001
        raise UsageError("`serve` blocks: call it where no event loop runs, such as in a script")
    if _has_served.is_set():
        raise UsageError("a process can serve once; start another process")


def _by_name(workflows: Sequence[Workflow[Any, Any]]) -> dict[str, Workflow[Any, Any]]:
    served: dict[str, Workflow[Any, Any]] = {}
    for workflow in workflows:
        if workflow.name in served:
            raise UsageError(f"two workflows are named `{workflow.name}`; rename one of them")
        faults = workflow.check()
        if any(fault.severity == "error" for fault in faults):
            raise CheckError(workflow.name, faults)
        served[workflow.name] = workflow
    if not served:
        raise UsageError("there is no workflow to serve")
    return served


def _announce(served: Collection[Workflow[Any, Any]], address: Address) -> None:
    names = ", ".join(f"`{workflow.name}`" for workflow in served)
    _say(f"serving {names} at {address.url} (Ctrl-C to stop)")
    if not address.is_local:
        _say("whoever reaches this address may run these workflows")
    first = next(iter(served))
    url = f"{address.url}/v1/workflows/{first.name}"
    if first.declarations.input is Any:
        _say(f"try: curl -H 'Content-Type: application/json' -d '{{}}' {url}/runs")
    else:
        # An example would take the schema, which is loaded for the curious only.
        _say(f"try: curl {url} (tells what it takes; post that to {url}/runs)")


def _finish(
    signal: signal.Signals,
    signals: StopSignals,
    address: Address,
    traffic: Traffic,
    workflows: Iterable[Workflow[Any, Any]],
    grace: float,
) -> None:
    """Let the runs under way end and close what they used; leave the process if they do not."""
    logging.getLogger("actix_server.accept").addFilter(lambda record: False)  # noqa: ARG005
    stop_listening(address.port)
    traffic.draining = True
    give_up = time.monotonic() + grace
    if traffic.runs:
        _say(f"{signal.name}: finishing {len(traffic.runs)} runs, for {grace:g} s at most")
    while traffic.runs and time.monotonic() < give_up:
        _leave_on(signals.wait(_LOOK))
    unfinished = len(traffic.runs)

    closing = threading.Thread(target=_close, args=(workflows,), daemon=True)
    closing.start()
    give_up = max(give_up, time.monotonic() + _CLOSE_MIN)
    while closing.is_alive() and time.monotonic() < give_up:
        _leave_on(signals.wait(_LOOK))
    _leave_on(signals.wait(_SETTLE))
    close_connections(address.port)
    if unfinished:
        _leave(1, f"{unfinished} runs were cut off")
    if closing.is_alive():
        _leave(1, "a resource did not close in time")


def _close(workflows: Iterable[Workflow[Any, Any]]) -> None:
    for workflow in workflows:
        try:
            workflow.close()
        except BaseException:
            logging.getLogger("workflow_engine.server").exception(
                "resources of workflow `%s` did not close", workflow.name
            )


def _leave_on(second: signal.Signals | None) -> None:
    if second is not None:
        _leave(128 + second, f"{second.name} again")


def _leave(code: int, reason: str) -> NoReturn:
    """End the process now, whatever its threads do."""
    _say(f"stopped: {reason}")
    sys.stdout.flush()
    os._exit(code)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
