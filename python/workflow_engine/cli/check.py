"""``workflow-engine check``: every fault of a workflow, before it runs."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from workflow_engine.cli.output import console_of, results
from workflow_engine.cli.report import say, show_faults
from workflow_engine.cli.target import TARGET_HELP, NodesOption, import_nodes, workflows_at
from workflow_engine.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from workflow_engine.check import Fault

__all__ = ["check"]


class Format(StrEnum):
    """How faults are written."""

    text = "text"
    json = "json"


class _Checked(NamedTuple):
    """What was found of one workflow; `nodes` is None if it could not be read."""

    workflow: str
    nodes: int | None
    faults: list[Fault]

    @property
    def errors(self) -> int:
        return sum(fault.severity == "error" for fault in self.faults)

    @property
    def warnings(self) -> int:
        return len(self.faults) - self.errors


def check(
    target: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET",
            help=f"{TARGET_HELP} Without `:workflow` all that a module holds.",
        ),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    format_: Annotated[
        Format, typer.Option("--format", help="How to write the faults; JSON is for editors and scripts.")
    ] = Format.text,
    nodes: NodesOption = None,
) -> None:
    """Check workflows without running them.

    Every fault is listed at once, with its place and the line that mends it.

    Examples:
    ```
    workflow-engine check app.py:triage
    workflow-engine check --strict app.py
    workflow-engine check triage.yaml --nodes labels.py --format json
    ```

    Exit codes: 0 no faults, 1 there are faults, 2 the target is wrong.
    """
    with results() as stream, console_of(stream) as output:
        import_nodes(nodes)
        checked = list(_checked(target))
        if format_ is Format.json:
            text = json.dumps({"workflows": [_as_json(found) for found in checked]}, indent=2)
            stream.write(text.encode() + b"\n")
        else:
            for found in checked:
                _show(found, output)
    failed = any(found.errors > 0 or (strict and found.warnings > 0) for found in checked)
    raise typer.Exit(1 if failed else 0)


def _checked(targets: list[str]) -> Iterator[_Checked]:
    seen: set[int] = set()
    for target in targets:
        try:
            workflows = workflows_at([target])
        except CheckError as error:
            yield _Checked(error.workflow, None, error.faults)
            continue
        for workflow in workflows:
            if id(workflow) not in seen:
                seen.add(id(workflow))
                yield _Checked(workflow.name, len(workflow.declarations.nodes), workflow.check())


def _show(found: _Checked, output: Console) -> None:
    show_faults(found.faults, to=output)
    if found.faults:
        counts = f"{_count(found.errors, 'error')}, {_count(found.warnings, 'warning')}"
    else:
        counts = f"OK, {_count(found.nodes or 0, 'node')}"
    say(f"`{found.workflow}`: {counts}", to=output)


def _as_json(found: _Checked) -> dict[str, Any]:
    """What editors need of a workflow; a column that is not known is null."""
    return {
        "workflow": found.workflow,
        "nodes": found.nodes,
        "errors": found.errors,
        "warnings": found.warnings,
        "faults": [fault._asdict() | {"column": fault.column or None} for fault in found.faults],
    }


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
