"""What it costs to read and check a workflow file of 1,000 nodes, beside reading its values alone."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Effort, interleave
from report import Row, alone, at_most, publish

from workflow_engine import Workflow, _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NODES = 1_000


def text() -> str:
    """Write a workflow of chained expressions, shapes, routes and constants."""
    lines = [
        "workflow: large",
        "version: 1",
        "input: {type: object, properties: {n: {type: integer}, name: {type: string}}, required: [n, name]}",
        "nodes:",
    ]
    for number in range(NODES // 4):
        earlier = f"t{number - 1}.n" if number else "input.n"
        lines += [
            f'  c{number}: {{compute: "{earlier} + 1"}}',
            f'  t{number}: {{transform: {{n: c{number}, name: input.name, big: "c{number} > 100"}}}}',
            f'  r{number}: {{route: [{{when: "t{number}.big", to: k{number}}}], default: null}}',
            f"  k{number}: {{constant: {{value: {number}}}}}",
        ]
    return "\n".join([*lines, f"returns: t{NODES // 4 - 1}", ""])


def rows(effort: Effort) -> Iterator[Row]:
    """Read; read and check; write."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        file.write_text(text(), encoding="utf-8")
        workflow = Workflow.from_file(file)
        assert not any(fault.severity == "error" for fault in workflow.check())
        works: dict[str, Callable[[], object]] = {
            "checked": lambda: Workflow.from_file(file).check(),
            "read": lambda: Workflow.from_file(file),
            "written": workflow.to_yaml,
            "parsed": partial(_core.read_document, file.read_bytes(), "yaml"),
        }
        samples = interleave(works, effort.rounds(20))
    floor = samples["parsed"]
    head = f"a file of {NODES:,} nodes"
    yield alone(
        f"{head}, read and checked; floor: its values alone", samples["checked"], floor, "ms", at_most(50)
    )
    yield alone(f"{head}, read; floor: its values alone", samples["read"], floor, "ms")
    yield alone(f"{head}, written; floor: its values read", samples["written"], floor, "ms")


if __name__ == "__main__":
    publish("files", rows, "Measure what it costs to read, check and write a workflow file.")
