"""``workflow-engine graph``: a picture of a workflow, or its graph as data."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workflow_engine.cli.output import place_of, results, write_whole
from workflow_engine.cli.target import (
    TARGET_HELP,
    NodesOption,
    import_nodes,
    require_sound,
    workflow_at,
)

if TYPE_CHECKING:
    from workflow_engine import Workflow

__all__ = ["Format", "graph"]


class Format(StrEnum):
    """How a graph is written."""

    svg = "svg"
    mermaid = "mermaid"
    json = "json"


_SUFFIXES = {".svg": Format.svg, ".json": Format.json}


def graph(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help=TARGET_HELP),
    ],
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to write it.  [default: what the name of `--output` says, else mermaid]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file.")
    ] = None,
    nodes: NodesOption = None,
) -> None:
    """Draw a workflow: nodes, edges and routes.

    Examples:
    ```
    workflow-engine graph app.py:triage
    workflow-engine graph triage.yaml -o triage.svg
    workflow-engine graph app.py:triage --format json | jq '.nodes[].name'
    ```
    """
    with results() as stream:
        output = place_of(output)
        import_nodes(nodes)
        workflow = workflow_at(target)
        require_sound(workflow)
        if format_ is None:
            suffix = "" if output is None else output.suffix
            format_ = _SUFFIXES.get(suffix, Format.mermaid)
        data = _drawn(workflow, format_).rstrip("\n").encode() + b"\n"
        if output is None:
            stream.write(data)
        else:
            write_whole(output, data)


def _drawn(workflow: Workflow[Any, Any], format_: Format) -> str:
    match format_:
        case Format.svg:
            return workflow.to_svg()
        case Format.mermaid:
            return workflow.to_mermaid()
        case Format.json:
            return json.dumps(workflow.to_graph(), indent=2, ensure_ascii=False)
