"""``workflow-engine eval``: an expression, tried."""

from __future__ import annotations

from typing import Annotated

import typer

from workflow_engine import Workflow
from workflow_engine.cli.fields import settings
from workflow_engine.cli.input import InputOption, source_of
from workflow_engine.cli.job import Job
from workflow_engine.cli.one import run_one
from workflow_engine.cli.output import results
from workflow_engine.cli.report import CommandError
from workflow_engine.errors import ExpressionError

__all__ = ["evaluate"]


def evaluate(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="The expression (CEL), over `input`.")],
    input_: InputOption = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", metavar="KEY=VALUE", help="Set a field of the input, as for `run`."),
    ] = None,
) -> None:
    """Evaluate an expression over an input, as a node of a workflow would.

    The value goes to standard output as JSON.

    Examples:
    ```
    workflow-engine eval '1 + 2'
    workflow-engine eval 'input.commits.map(c, c.message)' --input event.json
    ```

    Exit codes: 0 all went well, 1 the evaluation failed, 2 expression or input are wrong.
    """
    from workflow_engine.expression import Expression

    with results() as stream:
        try:
            Expression(expression)
        except ExpressionError as error:
            message, *lines = str(error).split("\n")
            raise CommandError(message, details=lines) from None
        workflow: Workflow[object, object] = Workflow("eval")
        workflow.compute("expression", expression)
        _refuse_faults(workflow)
        source = None if input_ is None else source_of(input_)
        job = Job(workflow, source, settings(field or [], {}), {}, stream, None)
        code = run_one(job, pretty=None)
    raise typer.Exit(code)


def _refuse_faults(workflow: Workflow[object, object]) -> None:
    errors = [fault for fault in workflow.check() if fault.severity == "error"]
    if errors:
        first, *others = (fault.message for fault in errors)
        raise CommandError(first, details=others)
