"""What a node costs: native, sync, asynchronous, one that fails first, and one in a map or loop."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import orjson
from measure import Effort, interleave, interleave_async, take_turns
from record import record
from report import Row, alone, at_least, at_most, over, publish, ratio

from workflow_engine import Retry, Workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

NODES = 100
ITEMS = 1_000


def native(effort: Effort) -> Iterator[Row]:
    """A chain of picks, each one step deeper into a value."""
    value: Any = 0
    for _ in range(NODES):
        value = {"inner": value}
    deep = Workflow("deep")
    node = deep.constant("value", value)
    for index in range(NODES):
        node = deep.pick(f"pick_{index}", node, "inner")

    plain = Workflow("plain", input=int)
    source: Any = plain.input
    for index in range(NODES):
        source = plain.pick(f"pick_{index}", source)

    bare = _functions()
    assert deep.run() == 0
    assert plain.run(7) == 7
    works = {
        "deep": deep.run,
        "plain": lambda: plain.run(7),
        "floor": lambda: _call(bare, 0),
    }
    samples = interleave(works, effort.rounds(400))
    limit = at_most(0.05)
    title = f"chain of {NODES} native nodes, picks; floor: bare calls"
    yield alone(title, samples["deep"], samples["floor"], "us", limit, per=NODES)
    title = f"chain of {NODES} native nodes from the input; floor: bare calls"
    yield alone(title, samples["plain"], samples["floor"], "us", per=NODES)


def sync(effort: Effort) -> Iterator[Row]:
    """A chain of sync nodes over the bare calls."""
    functions = _functions()
    chain = Workflow("chain", input=int, output=int)
    for function in functions:
        chain.add_node(function)
    assert chain.run(0) == _call(functions, 0) == NODES
    works = {"chain": lambda: chain.run(0), "floor": lambda: _call(functions, 0)}
    samples = interleave(works, effort.rounds(400))
    title = f"chain of {NODES} sync nodes; floor: bare calls"
    yield over(title, samples["chain"], samples["floor"], "us", at_most(0.25), per=NODES)


def asynchronous(effort: Effort) -> Iterator[Row]:
    """A chain of `async def` nodes that do not suspend, over bare awaits."""
    functions = _async_functions()
    chain = Workflow("chain", input=int, output=int)
    for function in functions:
        chain.add_node(function)

    async def bare() -> int:
        value = 0
        for function in functions:
            value = await function(value)
        return value

    with asyncio.Runner() as runner:
        assert runner.run(chain.arun(0)) == runner.run(bare()) == NODES
        works = {"chain": lambda: chain.arun(0), "floor": bare}
        samples = interleave_async(runner, works, effort.rounds(400))
    title = f"chain of {NODES} async nodes; floor: bare awaits"
    yield over(title, samples["chain"], samples["floor"], "us", at_most(0.4), per=NODES)


def retried(effort: Effort) -> Iterator[Row]:
    """A node that fails once and then succeeds, over a loop around a `try`."""
    calls = 0

    def flaky(input: int) -> int:
        nonlocal calls
        calls += 1
        if calls % 2:
            raise ConnectionError("not yet")
        return input

    def bare() -> int:
        attempt = 1
        while True:
            try:
                return flaky(1)
            except ConnectionError:
                if attempt == 2:
                    raise
                attempt += 1

    workflow = Workflow("retried", input=int, output=int)
    workflow.add_node(flaky, retry=Retry(attempts=2, delay=0))
    assert workflow.run(1) == bare() == 1
    assert calls == 4
    works = {"retried": lambda: workflow.run(1), "floor": bare}
    samples = interleave(works, effort.rounds(400))
    title = "a failure, then success, no delay; floor: a try in a loop"
    yield over(title, samples["retried"], samples["floor"], "us", at_most(2))


def expressions(effort: Effort) -> Iterator[Row]:
    """Validate, transform and store a record by native nodes, from JSON text to JSON text."""
    sent = record(1_000)
    text = json.dumps(sent, separators=(",", ":")).encode()
    workflow = Workflow("record", input=dict[str, Any])
    given = workflow.input
    refuse = workflow.fail("refuse", "'no id, or an amount below 0'")
    workflow.route(when=[("input.amount >= 0 && input.id.size() > 0", None)], default=refuse, name="validate")
    shaped = workflow.transform(
        "transform",
        {
            "name": given.customer.name.upperAscii(),
            "length": given.lines.size(),
            "reversed": given.id.reverse(),
            "metadata": {"state": given.state, "amount": given.amount * 2.0},
            "record": given,
        },
    )
    workflow.returns(workflow.compute("store", shaped))

    def bare(text: bytes) -> bytes:
        return orjson.dumps(_store(_transform(_validate(orjson.loads(text)))))

    assert orjson.loads(workflow.run_json(text)) == orjson.loads(bare(text))
    works = {"native": lambda: workflow.run_json(text), "floor": lambda: bare(text)}
    samples = interleave(works, effort.rounds(400))
    title = "three native nodes, text to text of 1 KB; floor: functions, orjson"
    yield ratio(title, samples["native"], samples["floor"], "us", at_most(1.6))
    yield alone("the same, absolute", samples["native"], samples["floor"], "us", at_most(3))

    def together(work: Callable[[bytes], bytes], threads: int) -> Callable[[], float]:
        return lambda: threads * _TEXTS / _seconds(work, text, threads)

    turns = {
        "one": together(workflow.run_json, 1),
        "two": together(workflow.run_json, 2),
        "bare": together(bare, 2),
    }
    rates = take_turns(turns, effort.rounds(16))
    yield ratio("the same on two threads; floor: on one", rates["two"], rates["one"], "/s", at_least(1.8))
    title = "the same on two threads; floor: functions, orjson on two"
    yield ratio(title, rates["two"], rates["bare"], "/s", at_least(1))


# How many runs a thread makes where threads are compared.
_TEXTS = 20_000


def _seconds(work: Callable[[bytes], bytes], text: bytes, threads: int) -> float:
    """The time in which each of some threads has done the work many times."""

    def repeat() -> None:
        for _ in range(_TEXTS):
            work(text)

    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        for done in [pool.submit(repeat) for _ in range(threads)]:
            done.result()
        return time.perf_counter() - start


def _validate(record: dict[str, Any]) -> dict[str, Any]:
    if not record["amount"] >= 0 or not record["id"]:
        raise ValueError("no id, or an amount below 0")
    return record


def _transform(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": record["customer"]["name"].upper(),
        "length": len(record["lines"]),
        "reversed": record["id"][::-1],
        "metadata": {"state": record["state"], "amount": record["amount"] * 2.0},
        "record": record,
    }


def _store(shaped: dict[str, Any]) -> dict[str, Any]:
    return shaped


def native_bodies(effort: Effort) -> Iterator[Row]:
    """A map and a loop over a body of one compute node."""
    values = list(range(ITEMS))
    text = json.dumps(values).encode()
    typed, plain = Workflow("typed", input=list[int]), Workflow("plain", input=list)
    typed.map(_step(int), over=typed.input, name="each")
    plain.map(_step(Any), over=plain.input, name="each")
    turned = Workflow("turned", input=int)
    turned.loop(_step(Any), start=turned.input, until=_UNTIL, limit=ITEMS, name="count")
    assert typed.run(values) == json.loads(plain.run_json(text)) == _mapped(values)
    assert turned.run(0) == _looped() == ITEMS
    works: dict[str, Callable[[], Any]] = {
        "run": lambda: typed.run(values),
        "text": lambda: plain.run_json(text),
        "turns": lambda: turned.run(0),
        "floor": lambda: _mapped(values),
        "loop": _looped,
    }
    samples = interleave(works, effort.rounds(400))
    title = f"map of {ITEMS:,} items, a compute node; floor: a comprehension"
    yield alone(title, samples["run"], samples["floor"], "us", at_most(100))
    yield alone("the same, text to text", samples["text"], samples["floor"], "us", at_most(100))
    title = f"loop of {ITEMS:,} turns, a compute node; floor: a loop"
    yield alone(title, samples["turns"], samples["loop"], "us")


def python_bodies(effort: Effort) -> Iterator[Row]:
    """A map and a loop over a trivial function, over the bare comprehension and loop."""
    values = list(range(ITEMS))
    mapped, turned = Workflow("mapped", input=list[int]), Workflow("turned", input=int)
    mapped.map(_increment, over=mapped.input, name="each")
    turned.loop(_increment, start=turned.input, until=_UNTIL, limit=ITEMS, name="count")
    assert mapped.run(values) == _mapped(values)
    assert turned.run(0) == ITEMS
    works: dict[str, Callable[[], Any]] = {
        "map": lambda: mapped.run(values),
        "turns": lambda: turned.run(0),
        "floor": lambda: _mapped(values),
        "loop": _looped,
    }
    samples = interleave(works, effort.rounds(200))
    title = f"map of {ITEMS:,} items, a sync function; floor: a comprehension"
    yield over(title, samples["map"], samples["floor"], "ms", at_most(0.25))
    title = f"loop of {ITEMS:,} turns, a sync function; floor: a loop"
    yield over(title, samples["turns"], samples["loop"], "ms")


def async_bodies(effort: Effort) -> Iterator[Row]:
    """A map over an `async def` function that does not suspend, over bare awaits."""
    values = list(range(ITEMS))
    mapped = Workflow("mapped", input=list[int])
    mapped.map(_increment_later, over=mapped.input, name="each")

    async def bare() -> list[int]:
        return [await _increment_later(value) for value in values]

    with asyncio.Runner() as runner:
        assert runner.run(mapped.arun(values)) == runner.run(bare())
        works = {"map": lambda: mapped.arun(values), "floor": bare}
        samples = interleave_async(runner, works, effort.rounds(200))
    title = f"map of {ITEMS:,} items, an async function; floor: bare awaits"
    yield over(title, samples["map"], samples["floor"], "ms", at_most(0.5))


def rows(effort: Effort) -> Iterator[Row]:
    """Measure all of them."""
    for part in (
        native,
        expressions,
        sync,
        asynchronous,
        retried,
        native_bodies,
        python_bodies,
        async_bodies,
    ):
        yield from part(effort)


def _call(functions: list[Callable[[int], int]], value: int) -> int:
    for function in functions:
        value = function(value)
    return value


def _functions() -> list[Callable[[int], int]]:
    return [_made("def {name}({parameter}: int) -> int: return {parameter} + 1", i) for i in range(NODES)]


def _async_functions() -> list[Callable[[int], Coroutine[Any, Any, int]]]:
    text = "async def {name}({parameter}: int) -> int: return {parameter} + 1"
    return [_made(text, index) for index in range(NODES)]


def _made(text: str, index: int) -> Any:
    """Make a function of the chain, whose parameter is the node before it."""
    name, parameter = f"step_{index}", "input" if index == 0 else f"step_{index - 1}"
    namespace: dict[str, Any] = {}
    exec(text.format(name=name, parameter=parameter), namespace)
    return namespace[name]


# When a loop that counts has done as many turns.
_UNTIL = f"state >= {ITEMS}"


def _step(form: Any) -> Workflow[Any, Any]:
    body: Workflow[Any, Any] = Workflow("step", input=form)
    body.compute("next", "input + 1")
    return body


def _increment(value: int) -> int:
    return value + 1


async def _increment_later(value: int) -> int:
    return value + 1


def _mapped(values: list[int]) -> list[int]:
    return [_increment(value) for value in values]


def _looped() -> int:
    state = 0
    while state < ITEMS:
        state = _increment(state)
    return state


if __name__ == "__main__":
    publish("node", rows, "Measure what a node costs.")
