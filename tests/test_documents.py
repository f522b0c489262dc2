"""Documents are rated by a map and summed up by a loop, from Python and from data."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workflow_engine import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[1] / "examples" / "document_processing"
FUNCTIONS = ("rate_text", "improve_draft")


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLE / name).read_text(encoding="utf-8").splitlines()]


QUESTIONS, ANSWERS = read_lines("questions.jsonl"), read_lines("answers.jsonl")


@pytest.fixture(scope="module")
def workflow() -> Iterator[Workflow[Any, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLE)
        yield importlib.import_module("documents").documents


def test_both_forms_give_the_same_answers(workflow: Workflow[Any, Any]) -> None:
    module = importlib.import_module("language_model")
    functions = {name: getattr(module, name) for name in FUNCTIONS}
    data: Workflow[Any, Any] = Workflow.from_file(EXAMPLE / "documents.yaml", nodes=functions)
    again: Workflow[Any, Any] = Workflow.from_dict(data.to_dict(), nodes=functions)
    for each in (workflow, data, again):
        assert each.check() == []
        assert [each.run(question) for question in QUESTIONS] == ANSWERS
        assert [json.loads(each.run_json(json.dumps(question))) for question in QUESTIONS] == ANSWERS
        assert [asyncio.run(each.arun(question)) for question in QUESTIONS] == ANSWERS


def test_texts_are_rated_four_at_a_time_and_tried_again_one_by_one(workflow: Workflow[Any, Any]) -> None:
    tries: Counter[str] = Counter()
    under_way, most = 0, 0
    rules = importlib.import_module("language_model").RuleModel()

    class Unsteady:
        async def rate(self, question: str, text: str) -> Any:
            nonlocal under_way, most
            tries[text] += 1
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            under_way -= 1
            if text == "away" or (text == "again" and tries[text] < 3):
                raise ConnectionError("the model is away")
            return await rules.rate(question, text)

        async def rewrite(self, text: str, sentence: str) -> str:
            return f"{text}{sentence}"

    texts = ["again", "away", *(f"text {number}" for number in range(20))]
    request = {"question": "again", "documents": [{"title": text, "text": f"{text} "} for text in texts]}
    with workflow.override(model=Unsteady()):
        answer = asyncio.run(workflow.arun(request))
    assert answer == {"summary": "again.", "score": 1.0, "sources": ["again"], "unread": ["away"]}
    assert most == 4
    assert (tries["again"], tries["away"], tries["text 7"]) == (3, 3, 1)


def test_a_summary_that_never_is_good_enough_is_kept(workflow: Workflow[Any, Any]) -> None:
    words = ["otter", "heron", "stork", "adder", "eagle", "crane", "robin", "finch", "raven"]
    texts = [{"title": word, "text": f"The {word}."} for word in words]
    answer = workflow.run({"question": " ".join(words), "documents": texts})
    # One sentence a turn, and five turns.
    assert (answer["summary"].count("."), answer["sources"]) == (5, words)


@pytest.mark.parametrize(
    "target", [["documents.py:documents"], ["documents.yaml", "--nodes", "language_model.py"]]
)
def test_the_command_runs_it(command: str, target: list[str]) -> None:
    done = subprocess.run(
        [command, "run", *target, "--input", "questions.jsonl"],
        capture_output=True,
        check=True,
        cwd=EXAMPLE,
        text=True,
        timeout=60,
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == ANSWERS


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
    assert done.stdout == "Otters\n"
