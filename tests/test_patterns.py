"""The page of control-flow patterns lists all of them, and every example on it does what it says.

The first `python` block holds the imports of all the others. A `yaml` block is a file, which its first line
names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from workflow_engine import Workflow
from workflow_engine.testing import relaxed, strict

PAGE = Path(__file__).parents[1] / "docs" / "patterns.md"
TEXT = PAGE.read_text(encoding="utf-8")
PATTERNS = {
    "Basic control flow": {
        1: "Sequence",
        2: "Parallel Split",
        3: "Synchronization",
        4: "Exclusive Choice",
        5: "Simple Merge",
    },
    "Advanced branching and synchronization": {
        6: "Multi-Choice",
        7: "Structured Synchronizing Merge",
        8: "Multi-Merge",
        9: "Structured Discriminator",
        28: "Blocking Discriminator",
        29: "Cancelling Discriminator",
        30: "Structured Partial Join",
        31: "Blocking Partial Join",
        32: "Cancelling Partial Join",
        33: "Generalised AND-Join",
        37: "Local Synchronizing Merge",
        38: "General Synchronizing Merge",
        41: "Thread Merge",
        42: "Thread Split",
    },
    "Multiple instances": {
        12: "Multiple Instances without Synchronization",
        13: "Multiple Instances with a Priori Design-Time Knowledge",
        14: "Multiple Instances with a Priori Run-Time Knowledge",
        15: "Multiple Instances without a Priori Run-Time Knowledge",
        34: "Static Partial Join for Multiple Instances",
        35: "Cancelling Partial Join for Multiple Instances",
        36: "Dynamic Partial Join for Multiple Instances",
    },
    "State-based": {
        16: "Deferred Choice",
        17: "Interleaved Parallel Routing",
        18: "Milestone",
        39: "Critical Section",
        40: "Interleaved Routing",
    },
    "Cancellation and force completion": {
        19: "Cancel Task",
        20: "Cancel Case",
        25: "Cancel Region",
        26: "Cancel Multiple Instance Task",
        27: "Complete Multiple Instance Task",
    },
    "Iteration": {10: "Arbitrary Cycles", 21: "Structured Loop", 22: "Recursion"},
    "Termination": {11: "Implicit Termination", 43: "Explicit Termination"},
    "Trigger": {23: "Transient Trigger", 24: "Persistent Trigger"},
}


def block(language: str) -> re.Pattern[str]:
    return re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Section(NamedTuple):
    """What the page has on one pattern."""

    group: str
    number: int
    name: str
    start: int
    text: str

    @property
    def example(self) -> re.Match[str] | None:
        return block("python").search(self.text)

    @property
    def kind(self) -> str:
        said = re.findall(r"^\*\*(Instead|Waits|Left out):\*\*", self.text, re.MULTILINE)
        assert len(said) <= 1
        return said[0].lower() if said else "runs"


def read_sections() -> list[Section]:
    found = []
    for group in re.finditer(r"^## (.+)\n((?:.|\n)*?)(?=^## |\Z)", TEXT, re.MULTILINE):
        for part in re.finditer(r"^### WCP-(\d+) (.+)\n((?:.|\n)*?)(?=^### |\Z)", group[2], re.MULTILINE):
            start = group.start(2) + part.start(3)
            found.append(Section(group[1], int(part[1]), part[2], start, part[3]))
    return found


SECTIONS = read_sections()


def test_every_pattern_is_there_in_the_order_of_the_catalogue() -> None:
    expected = [(group, *pattern) for group, patterns in PATTERNS.items() for pattern in patterns.items()]
    assert [(section.group, section.number, section.name) for section in SECTIONS] == expected
    assert sorted(section.number for section in SECTIONS) == list(range(1, 44))


def test_the_table_and_the_counts_say_what_the_sections_do() -> None:
    rows = re.findall(r"^\| \[(\d+)\]\(#(\S+)\) \| (.+) \| (.+) \|$", TEXT, re.MULTILINE)
    expected = [
        (str(it.number), f"wcp-{it.number} {it.name}".lower().replace(" ", "-"), it.name, it.kind)
        for it in sorted(SECTIONS, key=lambda it: it.number)
    ]
    assert rows == expected
    kinds = [section.kind for section in SECTIONS]
    said = re.findall(r"^- \*\*(.+)\*\* \((\d+)\):", TEXT, re.MULTILINE)
    counts = {kind: int(count) for kind, count in said}
    assert counts == {kind: kinds.count(kind) for kind in counts}
    assert sum(counts.values()) == 43
    assert counts["runs"] >= 25
    shown = {section.number for section in SECTIONS if section.example}
    assert shown == {section.number for section in SECTIONS if section.kind in {"runs", "instead"}}


def run(text: str, start: int, names: dict[str, Any]) -> None:
    """Run a block; faults and tracebacks tell its lines of the page."""
    exec(compile("\n" * TEXT.count("\n", 0, start) + text, PAGE, "exec"), names)


@pytest.mark.parametrize("mode", [relaxed, strict])
@pytest.mark.parametrize("section", [it for it in SECTIONS if it.example], ids=lambda it: str(it.number))
def test_the_example(section: Section, mode: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in block("yaml").finditer(section.text):
        name = file[1].splitlines()[0].removeprefix("# ")
        Path(name).write_text(file[1], encoding="utf-8")
    imports, example = block("python").search(TEXT), section.example
    assert imports
    assert example
    names: dict[str, Any] = {"__name__": f"pattern_{section.number}"}
    with mode():
        run(imports[1], imports.start(1), names)
        run(example[1], section.start + example.start(1), names)
    workflows = [value for value in names.values() if isinstance(value, Workflow)]
    assert workflows
    assert [fault for workflow in workflows for fault in workflow.check()] == []
