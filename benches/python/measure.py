"""Take samples of several works in turn, so that all of them see the machine in the same state.

A work is timed in slices of about a millisecond, one slice of each work a round, in an order that
turns with every round. What disturbs the machine for longer than a slice disturbs neighbours
alike, and what is shorter hits few slices: medians over the rounds, and of differences within a
round, then hold on a busy machine too. The garbage collector stays on, as it is for users.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ["Effort", "Samples", "interleave", "interleave_async", "take_turns"]

Samples = dict[str, list[float]]
"""Samples by the name of the work, one a round."""

_SLICE = 0.001


class Effort(NamedTuple):
    """How much time to spend.

    Attributes:
        quick: Whether a rough figure is enough.
    """

    quick: bool

    def rounds(self, full: int) -> int:
        """Give the rounds to take where `full` would be taken with time to spare; 3 or more."""
        return max(3, full // 8) if self.quick else full


def interleave(works: Mapping[str, Callable[[], object]], rounds: int) -> Samples:
    """Time several works in turn.

    The processor time of this process counts: it leaves out the time that other processes took,
    and is no measure of work that waits.

    Args:
        works: What to call, by name.
        rounds: Samples of each.

    Returns:
        Seconds per call.
    """

    def sliced(work: Callable[[], object]) -> Callable[[int], float]:
        def run(calls: int) -> float:
            turns = range(calls)
            start = time.process_time()
            for _ in turns:
                work()
            return time.process_time() - start

        return run

    return _interleave({name: sliced(work) for name, work in works.items()}, rounds)


def interleave_async(
    runner: asyncio.Runner,
    works: Mapping[str, Callable[[], Coroutine[Any, Any, object]]],
    rounds: int,
) -> Samples:
    """Time several works in turn, each awaited in a task of a loop; see `interleave`."""

    def sliced(work: Callable[[], Coroutine[Any, Any, object]]) -> Callable[[int], float]:
        async def run(calls: int) -> float:
            turns = range(calls)
            start = time.process_time()
            for _ in turns:
                await work()
            return time.process_time() - start

        return lambda calls: runner.run(run(calls))

    return _interleave({name: sliced(work) for name, work in works.items()}, rounds)


def take_turns(samplers: Mapping[str, Callable[[], float]], rounds: int) -> Samples:
    """Take one sample of each work a round; the order turns with every round.

    Args:
        samplers: What gives a sample, by the name of the work.
        rounds: Samples of each.
    """
    samples: Samples = {name: [] for name in samplers}
    for number in range(rounds):
        names = list(samplers)
        for name in names if number % 2 == 0 else reversed(names):
            samples[name].append(samplers[name]())
    return samples


def _interleave(slices: Mapping[str, Callable[[int], float]], rounds: int) -> Samples:
    def sampler(timed: Callable[[int], float]) -> Callable[[], float]:
        calls = 1
        # The first call builds what is built once.
        timed(calls)
        while (seconds := timed(calls)) < _SLICE:
            calls = max(calls + 1, min(2 * calls, round(calls * _SLICE / max(seconds, 1e-6))))
        return lambda: timed(calls) / calls

    return take_turns({name: sampler(timed) for name, timed in slices.items()}, rounds)
