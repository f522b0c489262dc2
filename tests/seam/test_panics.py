"""A panic of the core ends the run that it happens in, as an exception, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from workflow_engine import InternalError, Workflow


def test_a_panic_becomes_an_error_that_asks_for_a_report(capfd: pytest.CaptureFixture[str]) -> None:
    workflow: Workflow[Any, Any] = Workflow("sound")

    @workflow.node
    def echo(input: Any) -> Any:
        return input

    assert workflow.run(1) == 1
    # An outcome of a call that was never handed out: no driver does this, and the core does not expect it.
    cursor = workflow._plan().core.start(1, False)
    with pytest.raises(InternalError, match="please report this"):
        cursor.step(1)
    assert "panicked" in capfd.readouterr().err
    # The process goes on, and so does the workflow.
    assert workflow.run(2) == 2
