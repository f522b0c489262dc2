"""What a run costs: a few nodes, a fan-out, blocking nodes, many runs at once, and the import."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from concurrent_runs import WAYS, together
from measure import Effort, interleave, take_turns
from process import output_of, rss_after, run_for_seconds
from record import record, steps, unmarked
from report import Row, alone, at_most, over, publish, ratio

from workflow_engine import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAP = 0.05


def three_nodes(effort: Effort) -> Iterator[Row]:
    """Validate, transform, store; over the bare calls, with a small value and a large one."""
    small, large = record(1_000), record(100_000)
    validate, transform, store = steps
    assert unmarked.run(small) == store(transform(validate(small)))
    works = {
        "small": lambda: unmarked.run(small),
        "small floor": lambda: store(transform(validate(small))),
        "large": lambda: unmarked.run(large),
        "large floor": lambda: store(transform(validate(large))),
    }
    samples = interleave(works, effort.rounds(400))
    title = "validate, transform, store of 1 KB; floor: bare calls"
    yield over(title, samples["small"], samples["small floor"], "us", at_most(1.5))
    extra = _less(samples["large"], samples["large floor"])
    base = _less(samples["small"], samples["small floor"])
    title = "the same of 100 KB, over bare calls; floor: 1 KB"
    yield over(title, extra, base, "us", at_most(1))


def fan_out(effort: Effort) -> Iterator[Row]:
    """A router, four nodes side by side and one that joins them, over the bare calls."""
    workflow = Workflow("fan", input=int, output=int)

    def choose(input: int) -> Literal["all", "none"]:
        return "all" if input else "none"

    def first(input: int) -> int:
        return input + 1

    def second(input: int) -> int:
        return input + 2

    def third(input: int) -> int:
        return input + 3

    def fourth(input: int) -> int:
        return input + 4

    def join(
        first: int | None = None,
        second: int | None = None,
        third: int | None = None,
        fourth: int | None = None,
    ) -> int:
        return (first or 0) + (second or 0) + (third or 0) + (fourth or 0)

    sides: list[Callable[[int], int]] = [first, second, third, fourth]
    workflow.add_node(choose)
    for side in sides:
        workflow.add_node(side)
    workflow.add_node(join)
    workflow.route(choose, {"all": list(sides), "none": None})
    workflow.returns(join)

    def bare() -> int:
        if choose(1) == "all":
            return join(first(1), second(1), third(1), fourth(1))
        return join()

    assert workflow.run(1) == bare() == 14
    samples = interleave({"fan": lambda: workflow.run(1), "floor": bare}, effort.rounds(400))
    title = "router, fan-out of 4, join; floor: bare calls"
    yield over(title, samples["fan"], samples["floor"], "us", at_most(2.5))


def blocking(effort: Effort) -> Iterator[Row]:
    """Four sync nodes that sleep, by `run` and by `arun`; the floor is one sleep."""
    workflow = Workflow("blocking")

    def nap(input: Any) -> None:
        time.sleep(NAP)

    for index in range(4):
        workflow.add_node(nap, name=f"nap_{index}")
    workflow.returns(None)

    with asyncio.Runner() as runner:
        works = {
            "run": lambda: _wall(workflow.run),
            "arun": lambda: runner.run(_wall_async(workflow)),
            "floor": lambda: _wall(lambda: time.sleep(NAP)),
        }
        take_turns(works, 3)
        samples = take_turns(works, effort.rounds(40))
    for way in ("run", "arun"):
        title = f"four sync nodes that sleep 50 ms, {way}; floor: one sleep"
        yield alone(title, samples[way], samples["floor"], "ms", at_most(55))


def concurrent(effort: Effort) -> Iterator[Row]:
    """Many runs at once with a sleep in the middle: the time, and the memory of each."""
    program = str(Path(__file__).with_name("concurrent_runs.py"))
    for count, times in ((1_000, 1.5), (10_000, 1.8)):
        with asyncio.Runner() as runner:
            waits = {
                way: lambda run=run, runner=runner, count=count: runner.run(together(run, count))
                for way, run in WAYS.items()
            }
            take_turns(waits, 2)
            samples = take_turns(waits, effort.rounds(24))
        title = f"{count:,} concurrent runs of 3 nodes, 50 ms sleep; floor: asyncio"
        yield ratio(title, samples["engine"], samples["asyncio"], "ms", at_most(times))
        weights = {
            way: lambda way=way, count=count: float(output_of(sys.executable, program, way, str(count)))
            for way in WAYS
        }
        samples = take_turns(weights, 3)
        title = f"memory of each of {count:,} runs asleep; floor: asyncio"
        yield alone(title, samples["engine"], samples["asyncio"], "KB", at_most(3.5))


def importing(effort: Effort) -> Iterator[Row]:
    """`import workflow_engine` over a Python that does nothing."""
    code = "import workflow_engine"
    with tempfile.TemporaryDirectory() as folder:
        # With compiled modules, as an installed package has them, wherever it lies.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        works = {
            "import": lambda: run_for_seconds(code, environment),
            "floor": lambda: run_for_seconds("pass", environment),
        }
        take_turns(works, 2)
        samples = take_turns(works, effort.rounds(40))
        title = "import workflow_engine; floor: bare Python"
        yield over(title, samples["import"], samples["floor"], "ms", at_most(20))
        weights = {
            "import": lambda: rss_after(code, environment),
            "floor": lambda: rss_after("pass", environment),
        }
        samples = take_turns(weights, effort.rounds(16))
    title = "memory after import workflow_engine; floor: bare Python"
    yield over(title, samples["import"], samples["floor"], "MB", at_most(9))


def rows(effort: Effort) -> Iterator[Row]:
    """Measure all of them."""
    for part in (three_nodes, fan_out, blocking, concurrent, importing):
        yield from part(effort)


def _less(own: list[float], bare: list[float]) -> list[float]:
    return [a - b for a, b in zip(own, bare, strict=True)]


def _wall(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


async def _wall_async(workflow: Workflow[Any, Any]) -> float:
    start = time.perf_counter()
    await workflow.arun()
    return time.perf_counter() - start


if __name__ == "__main__":
    publish("workflow", rows, "Measure what a run costs.")
