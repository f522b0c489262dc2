"""The support tickets go where their tokens and costs send them, from Python and from data."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workflow_engine import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[1] / "examples" / "support_ticket"


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLE / name).read_text(encoding="utf-8").splitlines()]


TICKETS, REPLIES = read_lines("tickets.jsonl"), read_lines("replies.jsonl")


@pytest.fixture(scope="module")
def workflow() -> Iterator[Workflow[Any, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLE)
        yield importlib.import_module("support_ticket").support_ticket


def test_both_forms_give_the_same_replies(workflow: Workflow[Any, Any]) -> None:
    ask_model = importlib.import_module("models").ask_model
    data: Workflow[Any, Any] = Workflow.from_file(
        EXAMPLE / "support_ticket.yaml", nodes={"ask_model": ask_model}
    )
    assert workflow.check() == []
    assert data.check() == []
    assert [workflow.run(ticket) for ticket in TICKETS] == REPLIES
    assert [json.loads(data.run_json(json.dumps(ticket).encode())) for ticket in TICKETS] == REPLIES


def test_tokens_and_cost_decide(workflow: Workflow[Any, Any]) -> None:
    asked: list[str] = []

    class Recorder:
        def complete(self, model: str, prompt: str) -> str:
            asked.append(model)
            return f"{model}: {prompt[:9]}"

    def ask(text: str, budget: float) -> tuple[str, list[str]]:
        asked.clear()
        with workflow.override(language_model=Recorder()):
            return workflow.run({"customer": "A", "text": text, "budget": budget})["by"], [*asked]

    long = "word " * 100
    assert ask("Hello?", 0.01) == ("gpt-4o-mini", ["gpt-4o-mini"])
    assert ask(long, 0.01) == ("gpt-4o", ["gpt-4o-mini", "gpt-4o"])
    assert ask(long, 0.0001) == ("person", [])
    assert ask("Hello?", 0.0) == ("person", [])


@pytest.mark.parametrize(
    "target", [["support_ticket.py:support_ticket"], ["support_ticket.yaml", "--nodes", "models.py"]]
)
def test_the_command_runs_it(command: str, target: list[str]) -> None:
    done = subprocess.run(
        [command, "run", *target, "--input", "tickets.jsonl"],
        capture_output=True,
        check=True,
        cwd=EXAMPLE,
        text=True,
        timeout=60,
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == REPLIES


def test_its_readme_is_true(workflow: Workflow[Any, Any]) -> None:
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", readme, flags=re.MULTILINE | re.DOTALL))
    assert blocks["mermaid"].strip() == workflow.to_mermaid().strip()
    done = subprocess.run(
        [sys.executable, "-c", blocks["python"]],
        capture_output=True,
        check=True,
        cwd=EXAMPLE,
        text=True,
        timeout=60,
    )
    assert re.fullmatch(r"gpt-4o-mini read \d+ letters\n", done.stdout)
