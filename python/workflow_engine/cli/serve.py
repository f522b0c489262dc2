"""``workflow-engine serve``: workflows behind an HTTP API."""

from __future__ import annotations

from typing import Annotated

import typer

from workflow_engine._core import INPUT_SIZE_MAX
from workflow_engine.cli.report import CommandError
from workflow_engine.cli.target import (
    TARGET_HELP,
    NodesOption,
    import_nodes,
    require_sound,
    workflows_at,
)
from workflow_engine.errors import UsageError

__all__ = ["serve"]


def serve(
    target: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET",
            help=f"{TARGET_HELP} Without `:workflow` all that a module holds.",
        ),
    ],
    host: Annotated[
        str, typer.Option(help="Address to listen on; `0.0.0.0` for all of this machine's.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=65535, help="Port to listen on; 0 for any free one."),
    ] = 8080,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time allowed for each run.")
    ] = None,
    body_max: Annotated[
        int,
        typer.Option(metavar="BYTES", min=1, max=INPUT_SIZE_MAX, help="Size that a request's body may have."),
    ] = 1 << 20,
    nodes: NodesOption = None,
) -> None:
    """Serve workflows over HTTP until Ctrl-C or SIGTERM.

    Examples:
    ```
    workflow-engine serve app.py:triage
    workflow-engine serve app.py shop:order triage.yaml --host 0.0.0.0 --port 80

    curl http://127.0.0.1:8080/v1/workflows
    curl http://127.0.0.1:8080/v1/workflows/triage/runs --json '{}'
    ```
    """
    import_nodes(nodes)
    workflows = workflows_at(target)
    for workflow in workflows:
        require_sound(workflow)
    # Imported only here: it costs more than all the rest.
    from workflow_engine.server import leave
    from workflow_engine.server import serve as serve_workflows

    try:
        serve_workflows(workflows, host=host, port=port, timeout=timeout, payload_max=body_max)
    except UsageError as error:
        raise CommandError(str(error)) from None
    leave(0)
