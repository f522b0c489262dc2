"""Workflows over HTTP.

A request comes in at ``app`` (the only importer of Robyn), finds its handler by ``routes`` in
``runs`` or ``descriptions``, and goes on to the workflow's own ``run_json`` or ``arun_json``;
``requests`` says what is refused, ``responses`` how answers look. ``serving`` is the life of the
process, of which ``address``, ``signals``, ``loop`` and ``shutdown`` each know one part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from workflow_engine.workflow import Workflow

__all__ = ["leave", "serve"]


def serve(
    workflows: Sequence[Workflow[Any, Any]],
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    timeout: float | None = None,
    grace: float = 10.0,
    payload_max: int = 1 << 20,
) -> None:
    """Serve workflows over HTTP until SIGTERM or Ctrl-C, then finish the runs under way.

    The process takes no new connections from the signal on, and this function returns when the
    last run has ended and the workflows' resources are closed. Runs that outlive the grace period
    are left behind: the process then exits with code 1. A second signal ends it at once.

    A process can serve once. The address is printed to standard error when it answers.

    Args:
        workflows: What to serve, each under its name.
        host: Name or address to listen on.
        port: Port to listen on; 0 takes a free one.
        timeout: Seconds that a run may take; None: any time. A request's ``Run-Timeout`` header
            can only shorten it.
        grace: Seconds that running work has to finish after the signal.
        payload_max: Bytes that a request's body may have.

    Raises:
        CheckError: A workflow has faults.
        UsageError: The address cannot be had, two workflows share a name, or this is not the
            main thread of a process that has not served yet.
    """
    # Robyn and uvloop cost 15 MB: they are loaded when a server starts.
    from workflow_engine.server.serving import Settings, serve_until_stopped

    settings = Settings(host, port, timeout, grace, payload_max)
    serve_until_stopped(workflows, settings)


def leave(code: int) -> NoReturn:
    """End a process that has served, with its exit functions but without taking the interpreter apart.

    The threads of the server's library cannot be ended. One that answers a late request while the
    interpreter is taken apart would abort the process.

    Args:
        code: Exit code of the process.
    """
    import atexit
    import os
    import sys

    atexit._run_exitfuncs()  # noqa: SLF001  What the interpreter does first when it ends.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)
