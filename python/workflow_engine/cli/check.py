"""``workflow-engine check``: every fault of a workflow, before it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from workflow_engine.cli.output import console_of, results
from workflow_engine.cli.report import say, show_faults
from workflow_engine.cli.target import workflows_at

__all__ = ["check"]


def check(
    target: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET",
            help="`module:workflow` or `path/to/file.py:workflow`; without `:workflow` all that "
            "the place holds.",
        ),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
) -> None:
    """Check workflows without running them.

    Every fault is listed at once, with its place and the line that mends it.

    Examples:
    ```
    workflow-engine check app.py:triage
    workflow-engine check --strict app.py
    ```

    Exit codes: 0 no faults, 1 there are faults, 2 the target is wrong.
    """
    failed = False
    with results() as stream, console_of(stream) as output:
        for workflow in workflows_at(target):
            faults = workflow.check()
            errors = sum(fault.severity == "error" for fault in faults)
            warnings = len(faults) - errors
            failed = failed or errors > 0 or (strict and warnings > 0)
            show_faults(faults, to=output)
            if faults:
                say(
                    f"`{workflow.name}`: {_count(errors, 'error')}, {_count(warnings, 'warning')}",
                    to=output,
                )
            else:
                say(
                    f"`{workflow.name}`: OK, {_count(len(workflow.declarations.nodes), 'node')}",
                    to=output,
                )
    raise typer.Exit(1 if failed else 0)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
