"""Mistakes that type checkers must report, each in the line that says so."""

# Only for checks of the whole project: the test takes this line away.
# mypy: ignore-errors

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from workflow_engine import Node, Workflow


class Event(BaseModel):
    type: str


class Kind(BaseModel):
    label: Literal["push", "other"]


class Card(BaseModel):
    title: str


triage = Workflow("triage", input=Event, output=Card)


@triage.node
def classify(event: Event) -> Kind:
    return Kind(label="push" if event.type == "push" else "other")


@triage.node
async def enrich(event: Event, classify: Kind) -> dict[str, Any]:
    return {"type": event.type, "label": classify.label}


@triage.node
def summarise(classify: Kind, enrich: dict[str, Any] | None = None) -> Card:
    return Card(title=f"{classify.label} {enrich}")


triage.returns(summarise)
event = Event(type="push")

triage.route(classify, {"push": enrich, "other": None}, on=lambda kind: kind.lable)  # mistake

classify("push")  # mistake

title: str = triage.run(event)  # mistake

kinds: Workflow[Event, Kind] = triage  # mistake

triage.returns(classify)  # mistake

triage.run(3)  # mistake

enriched: dict[str, Any] = enrich(event, Kind(label="push"))  # mistake

texts: Node[str] = classify  # mistake

Workflow("cards", output=list[Card]).returns(summarise)  # mistake

triage.node(timeout="5")  # mistake

summarise(classify=Kind(label="push"), enrihc=None)  # mistake

triage.returns(enrich)  # mistake

triage.node(thread="other")  # mistake

titles: list[str] = [card.title for card in triage.batch([event], on_error="keep")]  # mistake

numbers: list[int] = list(triage.batch([event]))  # mistake

triage.batch([event], concurrency="2")  # mistake

triage.join("first", classify, enrich, wait="some")  # mistake

triage.cancel("enough", "enrich", after=classify)  # mistake
