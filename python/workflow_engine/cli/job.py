"""What a command line of ``run`` asks for."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workflow_engine import Workflow
    from workflow_engine.cli.fields import Setting
    from workflow_engine.cli.input import Source

__all__ = ["Job"]


class Job(NamedTuple):
    """What a command line asks for.

    Attributes:
        workflow: The workflow to run.
        source: Where the input comes from, or None.
        settings: Fields to set in every input.
        options: Further keyword arguments of every run.
        stream: Standard output.
        output: The file to write instead, or None.
    """

    workflow: Workflow[Any, Any]
    source: Source | None
    settings: Sequence[Setting]
    options: dict[str, Any]
    stream: IO[bytes]
    output: Path | None
