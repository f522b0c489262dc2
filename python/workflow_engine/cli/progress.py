"""What a batch shows on standard error: a bar while it goes on, a table and failures after it."""

from __future__ import annotations

import os
import sys
import time
from array import array
from typing import TYPE_CHECKING, Self

from rich.highlighter import JSONHighlighter
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from workflow_engine.cli.report import console, say, styled, summary_of

if TYPE_CHECKING:
    from typing import IO

__all__ = ["Bar", "Tally"]

_REFRESH_SECONDS = 0.05
_REPORT_SECONDS = 10.0  # Without a terminal.
_FAILURES_SHOWN = 5
_FAILURES_MAX = 100  # Messages may all differ; so many are told apart.
_REASON_MAX = 200  # Characters on a terminal, where they are more than a line.
_GAP = 3


class Tally:
    """What became of the inputs of a batch, and how long the runs took.

    Attributes:
        kept: Inputs that an earlier batch had answered.
        failed: Runs that failed.
        latencies: Duration of every run in seconds, as they finished.
        failures: Why runs failed, in one line, with the indices (from 0) of their inputs.
    """

    def __init__(self) -> None:
        self.kept = 0
        self.failed = 0
        self.latencies = array("d")
        self.failures: dict[str, array[int]] = {}
        self._started = time.monotonic()

    @property
    def done(self) -> int:
        """Inputs that are answered."""
        return self.kept + len(self.latencies)

    def add(self, index: int, latency: float, error: BaseException | None) -> None:
        """Record a run that ended."""
        self.latencies.append(latency)
        if error is None:
            return
        self.failed += 1
        reason = summary_of(error)
        if reason in self.failures or len(self.failures) < _FAILURES_MAX:
            self.failures.setdefault(reason, array("Q")).append(index)

    def show(self) -> None:
        """Print the table, and the first failures by the line they stand in."""
        elapsed = time.monotonic() - self._started
        runs = len(self.latencies)
        cells = {"runs": str(runs), "ok": str(runs - self.failed), "failed": str(self.failed)}
        if self.kept:
            cells["kept"] = str(self.kept)
        if runs:
            ordered = sorted(self.latencies)
            cells["p50"] = _duration(ordered[(runs - 1) // 2])
            cells["p95"] = _duration(ordered[-(-runs * 95 // 100) - 1])
            cells["max"] = _duration(ordered[-1])
            cells["runs/s"] = f"{runs / max(elapsed, 1e-9):,.1f}"
        console().print(_table(cells, {"ok": "green", "failed": "bold red" if self.failed else ""}))
        shown = sorted(self.failures.items(), key=lambda item: min(item[1]))[:_FAILURES_SHOWN]
        for reason, indices in shown:
            more = f" and {len(indices) - 1} more" if len(indices) > 1 else ""
            line = Text.assemble((f"line {min(indices) + 1}{more}: ", "bold red"), styled(reason))
            if console().is_terminal:
                line.truncate(max(console().width, _REASON_MAX), overflow="ellipsis")
            say(line)
        if (rest := self.failed - sum(len(indices) for _, indices in shown)) > 0:
            say(f"… and {rest} more")


class Bar:
    """A progress bar on standard error, where that is a terminal; use it in a `with`.

    Attributes:
        shares_terminal: Whether standard output is that terminal too; then results have to go
            through `print`, or they would break the bar.

    Args:
        name: What stands before it.
        stream: Standard output.
    """

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("[bold red]{task.fields[failed]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console(),
            transient=True,
            disable=not console().is_terminal,
        )
        self._task = self._progress.add_task(name, total=None, failed="")
        self._next = 0.0 if console().is_terminal else time.monotonic() + _REPORT_SECONDS
        self.shares_terminal = _is_same_terminal(stream)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def print(self, lines: bytes) -> None:
        """Print result lines above the bar."""
        text = Text(lines.decode(errors="replace").rstrip("\n"))
        JSONHighlighter().highlight(text)
        self._progress.console.print(text, soft_wrap=True)

    def update(self, tally: Tally, total: int | None) -> None:
        """Move the bar; cheap enough for every run."""
        now = time.monotonic()
        if now < self._next:
            return
        failed = f"{tally.failed} failed" if tally.failed else ""
        if console().is_terminal:
            self._next = now + _REFRESH_SECONDS
            self._progress.update(self._task, completed=tally.done, total=total, failed=failed)
        else:
            self._next = now + _REPORT_SECONDS
            say(f"{tally.done}" + (f" of {total}" if total else "") + f" done, {failed or 'none failed'}")


def _table(cells: dict[str, str], styles: dict[str, str]) -> Table:
    """Lay figures side by side, or below each other where the terminal is too narrow."""
    padding = (0, _GAP, 0, 0)
    width = sum(max(len(name), len(cell)) + _GAP for name, cell in cells.items()) - _GAP
    if width > console().width:
        table = Table.grid(padding=padding)
        table.add_column(style="dim")
        table.add_column(justify="right")
        for name, cell in cells.items():
            table.add_row(name, Text(cell, styles.get(name, "")))
    else:
        table = Table(box=None, pad_edge=False, padding=padding, header_style="dim")
        for name in cells:
            table.add_column(name, justify="right", style=styles.get(name, ""))
        table.add_row(*cells.values())
    return table


def _is_same_terminal(stream: IO[bytes]) -> bool:
    if not (console().is_terminal and stream.isatty()):
        return False
    if sys.platform == "win32":
        return True
    return os.fstat(stream.fileno()).st_rdev == os.fstat(sys.stderr.fileno()).st_rdev


def _duration(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
