"""A batch on the command line."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from typing import TYPE_CHECKING

from workflow_engine.cli import EXIT_TERMINATED
from workflow_engine.cli.batch import Batch
from workflow_engine.cli.members import Members
from workflow_engine.cli.output import ResultFile
from workflow_engine.cli.progress import Bar, Tally
from workflow_engine.cli.report import CommandError, console, say

if TYPE_CHECKING:
    from pathlib import Path

    from workflow_engine.cli.job import Job

__all__ = ["run_each"]


def run_each(job: Job, *, concurrency: int, resume: bool) -> int:
    """Run every input of a source.

    Args:
        job: What to run.
        concurrency: Runs at a time.
        resume: Whether to keep the lines of the output file that succeeded.

    Returns:
        The exit code.

    Raises:
        CommandError: The inputs cannot be read or the results not be written.
    """
    assert job.source is not None, "a batch has a source"
    if job.output and job.source.path and _is_same_file(job.output, job.source.path):
        raise CommandError(f"{job.output} is both `--input` and `--output`")
    members = Members(job.source)
    if console().is_terminal:
        members.count()
    file = None if job.output is None else ResultFile(job.output, resume=resume)
    stays = file is not None and file.stays
    tally = Tally()
    try:
        with Bar(job.workflow.name, job.stream) as bar:
            _run(job, members, file, bar, tally, concurrency=concurrency)
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        tally.show()
        say("interrupted" + (f"; to go on add `--resume`: {job.output} keeps what is done" if stays else ""))
        if isinstance(error, asyncio.CancelledError):
            return EXIT_TERMINATED
        raise
    tally.show()
    if tally.failed and stays:
        say("to run the failed ones again add `--resume`")
    return 1 if tally.failed else 0


def _run(
    job: Job,
    members: Members,
    file: ResultFile | None,
    bar: Bar,
    tally: Tally,
    *,
    concurrency: int,
) -> None:
    def write(lines: bytes) -> None:
        if file is not None:
            file.write(lines)
        elif bar.shares_terminal:
            bar.print(lines)
        else:
            job.stream.write(lines)
            job.stream.flush()

    batch = Batch(
        job.workflow,
        members,
        settings=job.settings,
        concurrency=concurrency,
        options=job.options,
        earlier=itertools.repeat(None) if file is None else file.earlier(),
        write=write,
        tally=tally,
        moved=lambda: bar.update(tally, members.total),
    )
    complete = False
    try:
        asyncio.run(_until_terminated(batch))
        complete = True
    finally:
        if file is not None:
            if not complete:
                batch.write_interrupted()
            file.close(complete=complete)


async def _until_terminated(batch: Batch) -> None:
    """Run a batch; SIGTERM cancels it, a second one ends the process at once."""
    loop, task, process = asyncio.get_running_loop(), asyncio.current_task(), os.getpid()

    def cancel(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if task is not None and os.getpid() == process:
            loop.call_soon_threadsafe(task.cancel)
        else:  # A process that a node has forked.
            signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, cancel)
    try:
        await batch.run()
    finally:
        signal.signal(signal.SIGTERM, before)


def _is_same_file(one: Path, other: Path) -> bool:
    return one.exists() and one.samefile(other)
