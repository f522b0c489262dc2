"""What it costs to count tokens and to price a use of a model, beside `tiktoken` and `genai-prices`."""

from __future__ import annotations

import hashlib
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import tiktoken
from genai_prices import Usage, calc_price
from measure import Effort, interleave, take_turns
from report import Row, alone, at_least, at_most, publish, ratio
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from workflow_engine import _core, count_tokens, price

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = "gpt-5"
CHECKOUT = Path(__file__).parents[2]
SIZE = 200_000
SCRIPTS = (
    "Counting is quick. Zählen geht schnell. Подсчёт идёт быстро. 計算は速い。 数得很快。 계산은 빠르다. "
    "العد سريع. गिनती तेज़ है। 👍🏽 🇪🇺 1,234.50 €\n"
)


def encoding() -> tiktoken.Encoding:
    """Make the encoding of tiktoken from the ranks inside, where it would download them."""
    ranks = {token: rank for rank, token in enumerate(_core.vocabulary(MODEL) or []) if token}
    openai_public.load_tiktoken_bpe = lambda *_, **__: ranks
    return tiktoken.Encoding(**openai_public.o200k_base())


def texts() -> Iterator[tuple[str, str]]:
    """Make texts of some 200 KB, by what they are of."""
    files = [*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "python").rglob("*.py"))]
    yield "prose and code", "\n".join(file.read_text(encoding="utf-8") for file in files)[:SIZE]
    yield "many scripts", SCRIPTS * (SIZE // len(SCRIPTS.encode()))


def one_thread(effort: Effort) -> Iterator[Row]:
    """A long text and a short one on one thread."""
    known = encoding()
    for title, text in texts():
        assert count_tokens(text, MODEL) == len(known.encode_ordinary(text))
        size = len(text.encode())
        works: dict[str, Callable[[], object]] = {
            "own": partial(count_tokens, text, MODEL),
            "tiktoken": partial(known.encode_ordinary, text),
        }
        samples = interleave(works, effort.rounds(80))
        own, floor = ([size / seconds for seconds in samples[name]] for name in works)
        yield ratio(f"tokens of {title}, o200k, MB a second; floor: tiktoken", own, floor, "MB", at_least(1))
    short = "What does a short question cost?"
    works = {
        "own": partial(count_tokens, short, MODEL),
        "tiktoken": partial(known.encode_ordinary, short),
    }
    samples = interleave(works, effort.rounds(200))
    yield alone("tokens of a short question; floor: tiktoken", samples["own"], samples["tiktoken"], "us")


def two_threads(effort: Effort) -> Iterator[Row]:
    """A long text on two threads at once, over one thread."""
    known = encoding()
    _, text = next(texts())
    data, turns = text.encode(), 8
    size = len(data)

    with ThreadPoolExecutor(2) as pool:

        def speed(count: Callable[[], object], threads: int) -> float:
            def work() -> None:
                for _ in range(turns):
                    count()

            start = time.perf_counter()
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()
            return threads * turns * size / (time.perf_counter() - start)

        samples = take_turns(
            {
                "own 1": lambda: speed(lambda: count_tokens(text, MODEL), 1),
                "own 2": lambda: speed(lambda: count_tokens(text, MODEL), 2),
                "tiktoken 1": lambda: speed(lambda: known.encode_ordinary(text), 1),
                "tiktoken 2": lambda: speed(lambda: known.encode_ordinary(text), 2),
                "hash 1": lambda: speed(lambda: hashlib.sha256(data), 1),
                "hash 2": lambda: speed(lambda: hashlib.sha256(data), 2),
            },
            effort.rounds(24),
        )
    machine = statistics.median(samples["hash 2"]) / statistics.median(samples["hash 1"])
    note = f"two threads that share nothing get {machine:.2f} times of this machine now (SHA-256)"
    title = "the same on two threads, MB a second; floor: one thread"
    yield ratio(title, samples["own 2"], samples["own 1"], "MB", at_least(1.8), note=note)
    title = "tiktoken on two threads, MB a second; floor: one thread"
    yield ratio(title, samples["tiktoken 2"], samples["tiktoken 1"], "MB")


def priced(effort: Effort) -> Iterator[Row]:
    """A price, by the built-in data of each."""
    at = datetime(2026, 10, 1, tzinfo=UTC)
    usage = {"input_tokens": 1_200, "cache_read_tokens": 1_000, "output_tokens": 80}
    for model in ("gpt-4o", "gpt-5-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "azure/gpt-4o"):
        assert price(usage, model, at).is_known
        provider = "litellm" if "/" in model else None
        theirs = partial(calc_price, provider_id=provider, genai_request_timestamp=at)
        works: dict[str, Callable[[], object]] = {
            "own": partial(price, usage, model, at),
            "package": partial(theirs, Usage(**usage), model),
        }
        samples = interleave(works, effort.rounds(200))
        title = f"a price of {model}; floor: genai-prices, in Python"
        yield alone(title, samples["own"], samples["package"], "us", at_most(3))


def rows(effort: Effort) -> Iterator[Row]:
    """Measure all of them."""
    for part in (one_thread, two_threads, priced):
        yield from part(effort)


if __name__ == "__main__":
    publish("models", rows, "Measure what it costs to count tokens and to price a use of a model.")
