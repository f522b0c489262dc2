"""Many runs, several at a time."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import (
    Context,
    DeclarationError,
    InputError,
    NodeError,
    RunTimeoutError,
    Workflow,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

LONG = 30.0


class Counter:
    """Counts runs under way, and the most there were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.begun = 0

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.begun += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


def counting(counter: Counter, kind: str = "sync", seconds: float = 0.002) -> Workflow[int, int]:
    """Make a workflow that sleeps longer for even numbers, fails for 13 and doubles the others."""
    workflow = Workflow("counting", input=int, output=int)

    def work(number: int) -> int:
        if number == 13:
            raise ValueError("unlucky")
        return 2 * number

    def sync_node(input: int) -> int:
        with counter:
            time.sleep(seconds * (3 if input % 2 == 0 else 1))
            return work(input)

    async def async_node(input: int) -> int:
        with counter:
            await anyio.sleep(seconds * (3 if input % 2 == 0 else 1))
            return work(input)

    workflow.add_node(sync_node if kind == "sync" else async_node, name="work")
    return workflow


def collect(way: str, workflow: Workflow[Any, Any], inputs: Iterable[Any], **options: Any) -> list[Any]:
    if way == "batch":
        return list(workflow.batch(inputs, **options))

    async def main() -> list[Any]:
        return [result async for result in workflow.abatch(inputs, **options)]

    return run_on(way, main)


by_every_way = pytest.mark.parametrize("way", ["batch", "asyncio", "trio"])
of_both_kinds = pytest.mark.parametrize("kind", ["sync", "async"])


@by_every_way
@of_both_kinds
@in_both_modes
def test_results_come_in_the_order_of_the_inputs(way: str, kind: str, mode: Any) -> None:
    counter = Counter()
    with mode():
        results = collect(way, counting(counter, kind), range(20, 40), concurrency=5)
    assert results == [2 * number for number in range(20, 40)]
    assert 2 <= counter.most <= 5


@by_every_way
@of_both_kinds
def test_results_as_runs_finish(way: str, kind: str) -> None:
    workflow = counting(Counter(), kind, 0.02)
    pairs = collect(way, workflow, range(100, 108), concurrency=8, ordered=False)
    assert sorted(pairs) == [(index, 200 + 2 * index) for index in range(8)]
    # The odd ones are the quick ones.
    assert {index % 2 for index, _ in pairs[:4]} == {1}


@by_every_way
@pytest.mark.parametrize("count", [0, 1])
def test_few_inputs(way: str, count: int) -> None:
    assert collect(way, counting(Counter()), range(count)) == [0] * count
    assert collect(way, counting(Counter()), range(count), ordered=False) == [(0, 0)] * count


@by_every_way
@pytest.mark.parametrize("ordered", [True, False])
def test_one_at_a_time(way: str, ordered: bool) -> None:
    counter = Counter()
    collect(way, counting(counter, seconds=0.0005), range(10), concurrency=1, ordered=ordered)
    assert counter.most == 1


@by_every_way
def test_what_becomes_of_a_failure(way: str) -> None:
    workflow = counting(Counter())
    inputs = [1, 13, "no number", 4]
    kept = collect(way, workflow, inputs, on_error="keep")
    assert (kept[0], kept[3]) == (2, 8)
    assert isinstance(kept[1], NodeError)
    assert isinstance(kept[1].__cause__, ValueError)
    assert isinstance(kept[2], InputError)
    assert collect(way, workflow, inputs, on_error="drop") == [2, 8]
    pairs = collect(way, workflow, inputs, on_error="keep", ordered=False)
    assert {index: type(result) for index, result in pairs} == {
        0: int,
        1: NodeError,
        2: InputError,
        3: int,
    }
    dropped = collect(way, workflow, inputs, on_error="drop", ordered=False)
    assert sorted(dropped) == [(0, 2), (3, 8)]
    with pytest.raises(NodeError):
        collect(way, workflow, inputs)
    with pytest.raises(InputError):
        collect(way, workflow, inputs[2:])


@by_every_way
def test_a_failure_comes_in_its_place_and_cancels_the_rest(way: str) -> None:
    counter = Counter()
    workflow = counting(counter, "async", 0.01)
    got: list[Any] = []

    async def main() -> None:
        with pytest.raises(NodeError):
            async for result in workflow.abatch(itertools.count(10), concurrency=6):
                got.append(result)
        await anyio.sleep(0.005)
        assert counter.now == 0

    if way == "batch":
        with pytest.raises(NodeError):
            got.extend(workflow.batch(itertools.count(10), concurrency=6))  # pragma: no branch
        time.sleep(0.02)
        assert counter.now == 0
    else:
        run_on(way, main)
        assert got == [20, 22, 24]


@by_every_way
def test_inputs_are_taken_as_slots_free_up(way: str) -> None:
    taken: list[int] = []

    def inputs() -> Iterator[int]:
        for number in range(100, 10**9):
            taken.append(number)
            yield number

    workflow = counting(Counter(), seconds=0.0002)
    if way == "batch":
        batch = workflow.batch(inputs(), concurrency=4)
        assert taken == []
        assert list(itertools.islice(batch, 10)) == [2 * number for number in range(100, 110)]
    else:

        async def main() -> None:
            batch: Any = workflow.abatch(inputs(), concurrency=4)
            assert taken == []
            assert [await anext(batch) for _ in range(10)] == [2 * n for n in range(100, 110)]
            await batch.aclose()

        run_on(way, main)
    # Results that wait for an earlier one may run ahead, but not far.
    assert len(taken) <= 10 + 3 * 4


@on_every_loop
def test_inputs_from_an_async_iterable(backend: str) -> None:
    closed: list[str] = []

    async def inputs() -> AsyncIterator[int]:
        try:
            for number in range(100, 10**9):
                await anyio.sleep(0.0005)
                yield number
        finally:
            closed.append("closed")

    async def main() -> None:
        source = inputs()
        batch: Any = counting(Counter()).abatch(source, concurrency=3)
        assert [await anext(batch) for _ in range(5)] == [200, 202, 204, 206, 208]
        await batch.aclose()
        await source.aclose()  # type: ignore[attr-defined]
        assert closed == ["closed"]

    run_on(backend, main)


@on_every_loop
def test_results_come_while_an_async_iterable_has_no_more_inputs_yet(backend: str) -> None:
    gate = anyio.Event()

    async def inputs() -> AsyncIterator[int]:
        yield 1
        await gate.wait()
        yield 2

    async def main() -> None:
        batch: Any = counting(Counter()).abatch(inputs())
        with anyio.fail_after(1):
            assert await anext(batch) == 2
        gate.set()
        assert [result async for result in batch] == [4]

    run_on(backend, main)


@by_every_way
def test_inputs_that_fail(way: str) -> None:
    counter = Counter()
    workflow = counting(counter, "async", 0.01)

    def inputs() -> Iterator[int]:
        yield 1
        yield 2
        raise KeyError("source")

    with pytest.raises(KeyError, match="source"):
        collect(way, workflow, inputs())
    deadline = time.perf_counter() + 1
    while counter.now and time.perf_counter() < deadline:
        time.sleep(0.002)
    assert counter.now == 0


def test_leaving_a_batch_cancels_what_is_under_way() -> None:
    counter = Counter()
    workflow = Workflow("waits", input=int, output=int)

    @workflow.node
    async def waits(input: int) -> int:
        with counter:
            await anyio.sleep(LONG if input else 0)
            return input

    batch: Any = workflow.batch(range(20), concurrency=10)
    assert next(batch) == 0
    batch.close()
    deadline = time.perf_counter() + 1
    while counter.now and time.perf_counter() < deadline:
        time.sleep(0.002)
    assert counter.now == 0
    assert counter.begun <= 20


@on_every_loop
def test_cancelling_a_batch_on_a_loop(backend: str) -> None:
    counter = Counter()
    workflow = Workflow("waits", input=int, output=int)

    @workflow.node
    async def waits(input: int) -> int:
        with counter:
            await anyio.sleep(LONG)
            return input

    async def main() -> None:
        with anyio.move_on_after(0.03) as scope:
            async with contextlib.aclosing(workflow.abatch(range(10), concurrency=5)) as batch:  # type: ignore[type-var]
                async for _ in batch:
                    raise AssertionError
        assert scope.cancelled_caught
        assert counter.begun == 5
        await anyio.sleep(0.01)
        assert counter.now == 0

    run_on(backend, main)


@by_every_way
def test_options_hold_for_every_run(way: str) -> None:
    workflow = Workflow("options", input=float)
    gate = threading.Event()

    @workflow.node
    def node(input: float, context: Context) -> dict[str, str]:
        if input:
            gate.wait(5)
        return context.tags

    results = collect(
        way,
        workflow,
        [0, 1.0, 0],
        on_error="keep",
        tags={"a": "b"},
        timeout=0.05,
    )
    gate.set()
    assert (results[0], results[2]) == ({"a": "b"}, {"a": "b"})
    assert isinstance(results[1], RunTimeoutError)


@pytest.mark.parametrize(
    "options", [{"concurrency": 0}, {"concurrency": -1}, {"concurrency": 10**9}, {"on_error": "no"}]
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    workflow = counting(Counter())
    with pytest.raises(DeclarationError):
        workflow.batch([], **options)
    with pytest.raises(DeclarationError):
        workflow.abatch([], **options)


def test_runs_of_a_batch_inside_of_a_node_are_its_children() -> None:
    inner = Workflow("inner", input=int)

    @inner.node
    def parent(input: int, context: Context) -> str | None:
        return context.parent

    outer: Workflow[Any, Any] = Workflow("outer")

    @outer.node
    def node(input: Any, context: Context) -> bool:
        return set(inner.batch(range(5))) == {context.run_id}

    assert outer.run() is True


@by_every_way
def test_a_large_batch(way: str) -> None:
    workflow = Workflow("quick", input=int, output=int)

    @workflow.node
    def twice(input: int) -> int:
        return 2 * input

    results = collect(way, workflow, range(3_000))
    assert results == [2 * number for number in range(3_000)]
