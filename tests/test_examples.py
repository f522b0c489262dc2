"""The example gives the same cards through Python, the command line and HTTP."""

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

import httpx2
import pytest

from workflow_engine import InputError, Workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

EXAMPLE = Path(__file__).parents[1] / "examples" / "github_triage"
TARGET = f"{EXAMPLE / 'workflow.py'}:triage"

Event = dict[str, Any]
Card = dict[str, Any]


@pytest.fixture(scope="module")
def module() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLE)
        yield importlib.import_module("workflow")


@pytest.fixture(scope="module")
def triage(module: Any) -> Workflow[Any, Any]:
    workflow = module.triage
    assert isinstance(workflow, Workflow)
    return workflow


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def sample_events() -> list[Event]:
    return read_lines(EXAMPLE / "events.jsonl")


@pytest.fixture(scope="module")
def sample_cards() -> list[Card]:
    return read_lines(EXAMPLE / "cards.jsonl")


@pytest.fixture(scope="module")
def real_events(shared: Path) -> list[Event]:
    events = json.loads((shared / "data" / "github_events.json").read_bytes())
    assert len(events) == 30
    return list(events)


@pytest.fixture(scope="module")
def post(
    serve: Callable[..., AbstractContextManager[str]],
) -> Iterator[Callable[[Any], httpx2.Response]]:
    with serve(TARGET) as address, httpx2.Client(base_url=address, timeout=20) as client:
        yield lambda event: client.post("/v1/workflows/triage/runs", json=event)


def run_command(command: str, file: Path, target: str = TARGET) -> list[Card]:
    """Run the example over a file of events by the command line; give its lines."""
    done = subprocess.run(
        [command, "run", target, "--input", str(file), "--each"],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def run_python(triage: Workflow[Any, Any], events: list[Event]) -> list[Card]:
    return [triage.run(event).model_dump(mode="json") for event in events]


def test_the_example_has_no_faults(triage: Workflow[Any, Any]) -> None:
    assert triage.check() == []


def test_sample_cards_by_run(
    triage: Workflow[Any, Any], sample_events: list[Event], sample_cards: list[Card]
) -> None:
    assert run_python(triage, sample_events) == sample_cards


def test_sample_cards_by_arun(
    triage: Workflow[Any, Any], sample_events: list[Event], sample_cards: list[Card]
) -> None:
    async def run_all() -> list[Any]:
        return await asyncio.gather(*(triage.arun(event) for event in sample_events))

    cards = [card.model_dump(mode="json") for card in asyncio.run(run_all())]
    assert cards == sample_cards


def test_sample_cards_by_batch(
    triage: Workflow[Any, Any], sample_events: list[Event], sample_cards: list[Card]
) -> None:
    cards = [card.model_dump(mode="json") for card in triage.batch(sample_events)]
    assert cards == sample_cards


def test_sample_cards_by_command(command: str, sample_cards: list[Card]) -> None:
    assert run_command(command, EXAMPLE / "events.jsonl") == sample_cards


def test_sample_cards_by_http(
    post: Callable[[Any], httpx2.Response], sample_events: list[Event], sample_cards: list[Card]
) -> None:
    answers = [post(event) for event in sample_events]
    assert [answer.status_code for answer in answers] == [200] * len(sample_events)
    assert [answer.json() for answer in answers] == sample_cards
    assert len({answer.headers["run-id"] for answer in answers}) == len(answers)


def test_sample_events_reach_every_label(module: Any, sample_cards: list[Card]) -> None:
    labels = set(module.LABELS.values()) | {"other"}
    assert {card["label"] for card in sample_cards} == labels


def test_real_events_give_the_same_cards_everywhere(
    triage: Workflow[Any, Any],
    command: str,
    post: Callable[[Any], httpx2.Response],
    real_events: list[Event],
    shared: Path,
) -> None:
    cards = run_python(triage, real_events)
    assert run_command(command, shared / "data" / "github_events.json") == cards
    assert [post(event).json() for event in real_events] == cards


def test_the_workflow_as_data_gives_the_same_cards(
    triage: Workflow[Any, Any],
    command: str,
    sample_events: list[Event],
    sample_cards: list[Card],
    real_events: list[Event],
) -> None:
    data: Workflow[Any, Any] = Workflow.from_file(EXAMPLE / "triage.yaml")
    assert data.check() == []
    assert [data.run(event) for event in sample_events] == sample_cards
    texts = [json.dumps(event).encode() for event in real_events]
    assert [json.loads(data.run_json(text)) for text in texts] == run_python(triage, real_events)
    again: Workflow[Any, Any] = Workflow.from_dict(data.to_dict())
    assert [again.run_json(text) for text in texts] == [data.run_json(text) for text in texts]
    cards = run_command(command, EXAMPLE / "events.jsonl", str(EXAMPLE / "triage.yaml"))
    assert cards == sample_cards


def test_real_events_give_sensible_cards(triage: Workflow[Any, Any], real_events: list[Event]) -> None:
    cards = run_python(triage, real_events)
    assert Counter(card["label"] for card in cards) == {
        "push": 13,
        "community": 9,
        "repository": 5,
        "comment": 2,
        "issue": 1,
    }
    for event, card in zip(real_events, cards, strict=True):
        repository, actor = event["repo"]["name"], event["actor"]["login"]
        assert card["title"]
        assert card["people"][0] == actor
        assert card["team"] is None
        assert "external" in card["labels"]
        assert card["summary"].startswith(f"{repository}: {actor} ")
        assert card["url"].startswith(f"https://github.com/{repository}")
        assert ("size/small" in card["labels"]) == (card["label"] == "push")
    regression = next(card for card in cards if card["label"] == "issue")
    assert regression["priority"] == "high"


def test_an_event_of_another_kind_runs_no_enrichment(
    triage: Workflow[Any, Any], sample_events: list[Event]
) -> None:
    handle = triage.start(sample_events[-1])
    assert handle.result(timeout=20).label == "other"
    states = {name: node.state for name, node in handle.nodes.items()}
    assert {name for name, state in states.items() if state == "skipped"} == {
        "people",
        "change",
        "urgency",
    }


def test_the_directory_may_fail_once(
    module: Any, triage: Workflow[Any, Any], sample_events: list[Event], sample_cards: list[Card]
) -> None:
    calls = 0

    class Unsteady(module.Directory):  # type: ignore[misc]
        async def owner(self, repository: str) -> str | None:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise ConnectionError("the directory is away")
            owner: str | None = await super().owner(repository)
            return owner

    with triage.override(directory=Unsteady(teams=module.directory().teams)):
        card = triage.run(sample_events[0])
    assert card.model_dump(mode="json") == sample_cards[0]
    assert calls == 2


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"repo": None}, "input.repo"),
        ({"actor": {"login": 7}}, "input.actor.login"),
        ({"payload": {"issue": {"title": "no number"}}}, "input.payload.issue.number"),
    ],
)
def test_a_wrong_event_is_refused_with_its_place(
    triage: Workflow[Any, Any],
    post: Callable[[Any], httpx2.Response],
    sample_events: list[Event],
    change: Event,
    path: str,
) -> None:
    event = sample_events[0] | change
    with pytest.raises(InputError) as caught:
        triage.run(event)
    assert caught.value.path == path
    answer = post(event)
    assert answer.status_code == 422
    assert path in answer.text


def test_fields_that_are_not_read_change_nothing(
    triage: Workflow[Any, Any], sample_events: list[Event], sample_cards: list[Card]
) -> None:
    event = sample_events[1] | {"unknown": {"deep": [1, 2]}}
    assert triage.run(event).model_dump(mode="json") == sample_cards[1]


def test_its_readme_draws_the_graph(triage: Workflow[Any, Any]) -> None:
    (drawn,) = read_blocks("mermaid")
    assert drawn.strip() == triage.to_mermaid().strip()


def test_its_readme_runs(sample_cards: list[Card]) -> None:
    (code,) = read_blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        cwd=EXAMPLE,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == [f"{c['priority']} {c['title']}" for c in sample_cards]


def read_blocks(language: str) -> list[str]:
    """Give the blocks of a language in the README beside the example."""
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
