"""A workflow with each kind of node: type checkers have nothing to say about it."""

from __future__ import annotations

import asyncio
import enum
import functools
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal, assert_type

from pydantic import BaseModel

from workflow_engine import Context, Node, Retry, Workflow


class Event(BaseModel):
    type: str
    repository: str


class Kind(BaseModel):
    label: Literal["push", "issue", "other"]


class Card(BaseModel):
    title: str


class GitHub:
    async def stars(self, repository: str) -> int:
        return len(repository)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


triage = Workflow("triage", input=Event, output=Card)
assert_type(triage, Workflow[Event, Card])


@triage.resource
async def github() -> AsyncIterator[GitHub]:
    yield GitHub()


@triage.resource(name="cache")
@contextmanager
def make_cache() -> Generator[dict[str, int]]:
    yield {}


@triage.node
def classify(event: Event) -> Kind:
    return Kind(label="push" if event.type == "push" else "other")


@triage.node(retry=Retry(attempts=3), timeout=5.0)
async def enrich(event: Event, classify: Kind, github: GitHub) -> dict[str, Any]:
    return {"stars": await github.stars(event.repository), "label": classify.label}


@triage.node(timeout=timedelta(seconds=5), thread="caller")
def search(event: Event, cache: dict[str, int], context: Context) -> list[str]:
    context.emit({"cached": event.repository in cache})
    return [event.repository]


@triage.node(inputs={"limit": 3, "found": search}, after=[classify])
def lookup(event: Event, limit: int, *, found: list[str]) -> list[str]:
    return [event.repository, *found][:limit]


@triage.node
class Score:
    def process(self, classify: Kind) -> float:
        return 0.5 if classify.label == "push" else 0.0


@triage.node
def summarise(classify: Kind, enrich: dict[str, Any] | None = None) -> Card:
    return Card(title=f"{classify.label} {enrich}")


triage.route(
    classify,
    {"push": enrich, "issue": [search, lookup], "other": None},
    on=lambda kind: kind.label,
)
triage.returns(summarise)


def run(event: Event) -> None:
    assert_type(triage.run(event), Card)
    assert_type(triage.run({"type": "push"}), Card)
    assert_type(asyncio.run(triage.arun(event)), Card)
    assert_type(triage["classify"], Node[Any])
    triage.run(event, only=[classify, "enrich"])


def many(events: list[Event], *, ordered: bool) -> None:
    for card in triage.batch(events, concurrency=2, on_error="drop", tags={"from": "test"}):
        assert_type(card, Card)
    for kept in triage.batch(events, on_error="keep"):
        assert_type(kept, Card | Exception)
        assert_type("failed" if isinstance(kept, Exception) else kept.title, str)
    for index, card in triage.batch(events, ordered=False):
        assert_type((index, card), tuple[int, Card])
    for pair in triage.batch(events, ordered=False, on_error="keep", only=[summarise]):
        assert_type(pair, tuple[int, Card | Exception])
    assert_type(triage.batch(events, ordered=ordered), Iterator[Any])


async def many_awaited(events: AsyncIterator[Event]) -> None:
    async for card in triage.abatch(events):
        assert_type(card, Card)
    async for index, kept in triage.abatch(events, on_error="keep", ordered=False):
        assert_type((index, kept), tuple[int, Card | Exception])


# Calling a node calls its function, which for `async def` gives a coroutine.
assert_type(classify(Event(type="push", repository="a")), Kind)


async def call(event: Event) -> None:
    assert_type(await enrich(event, classify=classify(event), github=GitHub()), dict[str, Any])


# A node is covariant in its output.
model: Node[BaseModel] = classify
awaited: Node[dict[str, Any]] = enrich

# Every form of declaring one.
other = Workflow("other", output=Card | int | None)
assert_type(other, Workflow[Any, Card | int | None])
assert_type(Workflow("any"), Workflow[Any, Any])
assert_type(Workflow("pages", input=list[Card]), Workflow[list[Card], Any])
again = other.node(classify)
assert_type(again(Event(type="push", repository="a")), Kind)
assert_type(other.node(name="plain")(len)([1]), int)


class Scorer:
    def __init__(self, weight: float) -> None:
        self.weight = weight

    def process(self, plain: int) -> float:
        return plain * self.weight

    def check(self, plain: int) -> bool:
        return plain > self.weight


score = other.add_node(Scorer(0.5), name="score")
weight: Node[float] = score
assert_type(score(3), float)
checked = other.add_node(Scorer(0.5).check, name="checked")
assert_type(checked(plain=3), bool)
power = other.add_node(functools.partial(pow, 2), name="power", inputs={"exp": other.input})


@other.node
async def count(plain: int) -> int:
    return plain


# References: the node, or what it was made of; one, several, none.
def total(count: int) -> int:
    return count


other.node(total)
other.route(checked, {True: total, False: [count, score]})
other.route(count, [(1, total), (True, None)], default=None, name="by_count")
other.route(other.input, {Colour.RED: count, Colour.BLUE: None}, on=lambda _: Colour.RED)
other.route(total, {1: count}, on=lambda number: number, default=total, name="by_total")
other.returns(count)
other.returns(total)
other.returns(count, total)
other.returns({"count": count, "score": score})
other.returns(None)
triage.returns(summarise)

# Nodes of the core.
constant = other.constant("limit", 3)
limit: Node[int] = constant
picked: Node[Any] = other.pick("first", count, "numbers", 0)
joined: Node[dict[str, Any]] = other.join("both", count, total)
first: Node[dict[str, Any]] = other.join("first", count, total, wait="any", cancel="rest")
assert_type(other.end("stop", {"count": count, "text": "too many"}, after=total), Node[Any])
assert_type(other.cancel("enough", total, limit, after=[count]), Node[None])

with triage.override(github=GitHub(), enrich=lambda: {"stars": 3}):
    run(Event(type="push", repository="a"))
