"""Rows of figures beside their floors and targets, as a table and as JSON; none of them fails."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Effort

from workflow_engine import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Row", "Target", "alone", "at_least", "at_most", "over", "publish", "ratio"]

# What a sample is multiplied with: samples are in seconds, bytes or per second.
_SCALES = {"us": 1e6, "ms": 1e3, "KB": 1e-3, "MB": 1e-6, "/s": 1.0}


@dataclass(frozen=True)
class Target:
    """What a figure, a difference or a ratio is held against.

    Attributes:
        limit: In the unit of the row.
        is_least: Whether more is better.
    """

    limit: float
    is_least: bool = False

    def verdict(self, value: float) -> str:
        """Say whether the target is met, and by how much it is missed."""
        if value >= self.limit if self.is_least else value <= self.limit:
            return "met"
        return f"missed by {abs(value / self.limit - 1):.0%}"

    def __str__(self) -> str:
        return f"{'>=' if self.is_least else '<='} {self.limit:g}"


def at_most(limit: float) -> Target:
    """Give the target of something that is better the smaller it is."""
    return Target(limit)


def at_least(limit: float) -> Target:
    """Give the target of something that is better the larger it is."""
    return Target(limit, is_least=True)


@dataclass(frozen=True)
class Row:
    """A figure beside its floor.

    Attributes:
        work: What was measured.
        unit: Unit of the figure and the floor.
        figure: Median of the samples.
        floor: The same of the floor; None without one.
        compared: What is held against the target: the figure, what it is more than the floor, or
            how many times the floor it is; the median over the rounds.
        spread: The quartiles of that.
        basis: What it is, in words.
        target: The target; None if there is none.
        verdict: Whether it is met, in words.
        note: What else there is to say.
    """

    work: str
    unit: str
    figure: float
    floor: float | None
    compared: float
    spread: tuple[float, float]
    basis: str
    target: Target | None
    verdict: str
    note: str


def over(
    work: str,
    figure: Sequence[float],
    floor: Sequence[float],
    unit: str,
    target: Target | None = None,
    *,
    per: int = 1,
    note: str = "",
) -> Row:
    """Make a row of what a work costs more than its floor.

    Args:
        work: What was measured.
        figure: Samples of the work.
        floor: Samples of the floor, of the same rounds.
        unit: Unit to show.
        target: What the difference, for each node, is held against.
        per: Nodes that share it.
        note: What else there is to say.
    """
    scale = _SCALES[unit] / per
    differences = [(own - bare) * scale for own, bare in zip(figure, floor, strict=True)]
    basis = f"{unit} more" if per == 1 else f"{unit} a node more"
    return _row(work, unit, figure, floor, differences, basis, target, note)


def ratio(
    work: str,
    figure: Sequence[float],
    floor: Sequence[float],
    unit: str,
    target: Target | None = None,
    *,
    note: str = "",
) -> Row:
    """Make a row of how many times its floor a work is; see `over`."""
    ratios = [own / bare for own, bare in zip(figure, floor, strict=True)]
    return _row(work, unit, figure, floor, ratios, "times", target, note)


def alone(
    work: str,
    figure: Sequence[float],
    floor: Sequence[float] | None,
    unit: str,
    target: Target | None = None,
    *,
    per: int = 1,
    note: str = "",
) -> Row:
    """Make a row whose figure is held against the target as it is; see `over`."""
    scale = _SCALES[unit] / per
    basis = unit if per == 1 else f"{unit} a node"
    return _row(work, unit, figure, floor, [own * scale for own in figure], basis, target, note)


def _row(
    work: str,
    unit: str,
    figure: Sequence[float],
    floor: Sequence[float] | None,
    compared: Sequence[float],
    basis: str,
    target: Target | None,
    note: str,
) -> Row:
    scale = _SCALES[unit]
    low, middle, high = statistics.quantiles(compared, n=4, method="inclusive")
    return Row(
        work=work,
        unit=unit,
        figure=statistics.median(figure) * scale,
        floor=None if floor is None else statistics.median(floor) * scale,
        compared=middle,
        spread=(low, high),
        basis=basis,
        target=target,
        verdict="no target" if target is None else target.verdict(middle),
        note=note,
    )


def publish(section: str, measure: Callable[[Effort], Iterator[Row]], about: str) -> None:
    """Measure, print a row as soon as it is there, and write all to a file if asked to.

    Args:
        section: Name of the section.
        measure: Makes the rows.
        about: What the section measures, for its help.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="rough figures in a fraction of the time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to a file, too")
    arguments = parser.parse_args()
    print(
        f"{'work':<62} {'figure':>9} {'floor':>9}  {'compared':<21} {'quartiles':<15} {'target':<8} verdict"
    )
    rows = []
    for row in measure(Effort(arguments.quick)):
        print(_line(row), flush=True)
        if row.note:
            print(f"    {row.note}", flush=True)
        rows.append(asdict(row))
    if arguments.json is not None:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        found = {"section": section, "environment": _environment(), "rows": rows}
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


def _line(row: Row) -> str:
    figure = f"{_number(row.figure)} {row.unit}"
    floor = "" if row.floor is None else f"{_number(row.floor)} {row.unit}"
    compared = f"{_number(row.compared)} {row.basis}"
    spread = " to ".join(_number(value) for value in row.spread)
    target = "" if row.target is None else str(row.target)
    return f"{row.work:<62} {figure:>9} {floor:>9}  {compared:<21} {spread:<15} {target:<8} {row.verdict}"


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _environment() -> dict[str, object]:
    return {
        "version": __version__,
        "python": platform.python_version(),
        "machine": platform.platform(),
        "processors": os.cpu_count(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
