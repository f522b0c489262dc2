"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from workflow_engine.cli.check import check
from workflow_engine.cli.evaluate import evaluate
from workflow_engine.cli.graph import graph
from workflow_engine.cli.published import schema
from workflow_engine.cli.run import run
from workflow_engine.cli.serve import serve

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def workflow_engine(
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,
) -> None:
    """Run, check, draw and serve workflows.

    A TARGET names a workflow: `module:workflow` or `path/to/file.py:workflow`, where `workflow`
    is a variable of the module. It may be left out where the module holds only one. A workflow
    written as data is a TARGET by its file: `triage.yaml`, `triage.json`.

    Examples:
    ```
    workflow-engine check app.py:triage
    workflow-engine run app.py:triage --input event.json
    workflow-engine run app.py:triage --input events.jsonl > cards.jsonl
    workflow-engine graph app.py:triage -o triage.svg
    workflow-engine serve app.py:triage --port 8080
    workflow-engine check triage.yaml
    workflow-engine eval 'input.repo.name' --input event.json
    ```
    """


app.command()(run)
app.command()(check)
app.command()(graph)
app.command()(serve)
app.command("eval")(evaluate)
app.command()(schema)
