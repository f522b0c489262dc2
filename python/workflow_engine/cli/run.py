"""``workflow-engine run``: one input, or a batch of them."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (typer reads the annotations)
from pathlib import Path  # noqa: TC003  (typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workflow_engine.cli.fields import settings
from workflow_engine.cli.input import InputOption, demand_input, source_of
from workflow_engine.cli.job import Job
from workflow_engine.cli.one import run_one
from workflow_engine.cli.output import place_of, results
from workflow_engine.cli.report import CommandError, say, show_cause
from workflow_engine.cli.target import (
    TARGET_HELP,
    NodesOption,
    import_nodes,
    require_sound,
    workflow_at,
)
from workflow_engine.errors import DeclarationError
from workflow_engine.policy import seconds

if TYPE_CHECKING:
    from workflow_engine import Workflow

__all__ = ["CONCURRENCY_MAX", "run"]

CONCURRENCY_MAX = 10_000
"""Runs of a batch that may be under way at a time."""


def run(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help=TARGET_HELP),
    ],
    input_: InputOption = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            "-f",
            metavar="KEY=VALUE",
            help="Set a field of the input: `a=1`, `a.b=text`, `a[]=new member`, `a=@file`. A "
            "value that is JSON is that value, any other is text.",
        ),
    ] = None,
    each: Annotated[
        bool,
        typer.Option(
            "--each",
            help="Run each member of a JSON array, or each line. A `.jsonl` file always is run line by line.",
        ),
    ] = False,
    concurrency: Annotated[
        int,
        typer.Option(
            "--concurrency", "-c", metavar="N", min=1, max=CONCURRENCY_MAX, help="Runs at a time in a batch."
        ),
    ] = 64,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Time allowed for each run.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Tag the runs.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write results to a file."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Keep the lines of `--output` that succeeded; run the failed and the missing.",
        ),
    ] = False,
    pretty: Annotated[
        bool | None,
        typer.Option(
            "--pretty/--compact",
            help="Indent the result of a single run.  [default: on a terminal]",
            show_default=False,
        ),
    ] = None,
    nodes: NodesOption = None,
) -> None:
    """Run a workflow with one input, or with each of many.

    The result goes to standard output as JSON, all else to standard error. In a batch line n
    answers input n, and a run that failed leaves `{"error": {...}}` there.

    Examples:
    ```
    workflow-engine run app.py:triage --input event.json
    workflow-engine run app.py:triage --input '{"kind": "push"}'
    workflow-engine run app.py:triage -f kind=push -f repo.stars=12
    curl -s https://example.org/event | workflow-engine run app.py:triage -i -

    workflow-engine run app.py:triage -i events.jsonl > cards.jsonl
    workflow-engine run app.py:triage -i events.jsonl -o cards.jsonl --resume
    workflow-engine run app.py:triage -i array.json --each --concurrency 8

    workflow-engine run triage.yaml --nodes labels.py --input event.json
    ```

    Exit codes: 0 all went well, 1 a run failed, 2 command, target or input are wrong.
    """
    with results() as stream:
        source = None if input_ is None else source_of(input_)
        is_batch = each or (source is not None and source.is_lines)
        if each and source is None:
            raise CommandError("`--each` needs `--input`: a file, `-`, or a JSON array")
        output = place_of(output)
        if resume and not (is_batch and output):
            raise CommandError("`--resume` is for a batch with `--output FILE`")
        options = {"timeout": None if timeout is None else _seconds(timeout), "tags": _tags(tag or [])}
        import_nodes(nodes)
        workflow = workflow_at(target)
        require_sound(workflow)
        fields = settings(field, workflow.input_schema) if field else []
        if source is None and not fields:
            demand_input(workflow, target)
        job = Job(workflow, source, fields, options, stream, output)
        try:
            if is_batch:
                # Only a batch needs asyncio and a progress bar.
                from workflow_engine.cli.each import run_each

                code = run_each(job, concurrency=concurrency, resume=resume)
            else:
                code = run_one(job, pretty=pretty)
        except SystemExit as error:
            say(f"failed: a node of `{workflow.name}` called `sys.exit({error.code!r})`")
            code = 1
        finally:
            _close(workflow)
    raise typer.Exit(code)


def _close(workflow: Workflow[Any, Any]) -> None:
    try:
        workflow.close()
    except Exception as error:  # noqa: BLE001  (the results are there all the same)
        say("closing the resources failed:")
        show_cause(error)


def _seconds(timeout: float) -> float:
    try:
        given = seconds(timeout, "timeout")
    except DeclarationError as error:
        raise CommandError(f"`--timeout {timeout:g}`: {error}") from None
    if not given:
        raise CommandError("`--timeout` is more than 0")
    return given


def _tags(arguments: Sequence[str]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not (key and equals):
            raise CommandError(f"`--tag {argument}` is no tag; write `--tag KEY=VALUE`")
        tags[key] = value
    return tags
