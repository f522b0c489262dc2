"""Token counts against `tiktoken`, prices against `genai-prices`, and what nobody should send."""

from __future__ import annotations

import base64
import concurrent.futures
import copy
import hashlib
import json
import pickle
import random
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from genai_prices import Usage
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import _providers_from_raw
from genai_prices.units import _get_registry
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from workflow_engine import LimitError, Price, Prices, TokenCount, _core, count_tokens, price

DATA = Path(__file__).parents[1] / "rust" / "models" / "data" / "prices.json"

# A model of each encoding.
MODELS = {
    "o200k_base": "gpt-5",
    "cl100k_base": "gpt-4",
    "p50k_base": "text-davinci-003",
    "r50k_base": "text-davinci-001",
}


# Tokens.


@cache
def encoding_of(model: str) -> tiktoken.Encoding:
    """Make an encoding of tiktoken from the ranks inside, where it would download them."""
    name = next(name for name, known in MODELS.items() if known == model)
    tokens = _core.vocabulary(model)
    assert tokens is not None
    ranks = {token: rank for rank, token in enumerate(tokens) if token}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openai_public, "load_tiktoken_bpe", lambda *_, **__: ranks)
        return tiktoken.Encoding(**openai_public.ENCODING_CONSTRUCTORS[name]())


def expected(text: str, model: str) -> int:
    return len(encoding_of(model).encode_ordinary(text))


@pytest.mark.parametrize("name", MODELS)
def test_vocabularies_are_those_of_tiktoken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes: list[str] = []

    def load(_: str, expected_hash: str) -> dict[bytes, int]:
        hashes.append(expected_hash)
        return {b"a": 0}

    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", load)
    openai_public.ENCODING_CONSTRUCTORS[name]()
    tokens = _core.vocabulary(MODELS[name])
    assert tokens is not None
    lines = [b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens) if token]
    assert [hashlib.sha256(b"".join(lines)).hexdigest()] == hashes


# Characters that the rules turn on, runs of them, and any others, surrogates among them.
characters = st.sampled_from(
    " \t\n\r\u00a0\u3000'/!?-aAbBzstmdlverSTMDLVER019½\u017féß中あʰªǅ\u0301👍\u200d\0\ud83d\udc4d"
)
runs = st.builds(lambda text, times: text * times, characters | st.characters(), st.integers(1, 150))
texts = st.lists(st.text(characters, max_size=40) | st.text(max_size=20) | runs, max_size=12).map("".join)


@pytest.mark.parametrize("model", MODELS.values())
@settings(max_examples=300, deadline=None)
@given(text=texts)
@example("\ud83d\udc4d \ud83d x\udc4d")
@example("<|endoftext|>")
@example("\0" * 1000)
@example(" " * 10_000 + "a")
@example("a" + "\u0301" * 10_000)
def test_counts_are_those_of_tiktoken(model: str, text: str) -> None:
    assert count_tokens(text, model) == expected(text, model)


@pytest.mark.parametrize(
    "character", [" ", "\t", "\n", "\0", "a", "A", "!", "1", "\u0301", "\u3000", "\ud800"]
)
def test_a_million_of_one_character(character: str) -> None:
    for after in ("a", "", "\n"):
        text = character * 1_000_001 + after
        assert count_tokens(text, "gpt-5", size_max=1 << 22) > 1_000


def test_a_million_blanks_count_as_the_sum_of_their_tokens() -> None:
    # Tiktoken itself panics here. The longest token of blanks has 128.
    assert count_tokens(" " * (128 * 8000 + 1) + "a", "gpt-5") == 8001
    assert expected(" " * (128 * 800 + 1) + "a", "gpt-5") == 801


def test_a_count_says_whether_it_is_an_estimate() -> None:
    known, guessed = (count_tokens("one two three", model) for model in ("openai/gpt-5", "claude-opus-5"))
    assert known == guessed == 3
    assert (known.is_estimate, guessed.is_estimate) == (False, True)
    assert isinstance(known, int)
    assert known + 1 == 4
    assert json.dumps(known) == "3"
    for again in (pickle.loads(pickle.dumps(guessed)), copy.deepcopy(guessed)):
        assert type(again) is TokenCount
        assert (again, again.is_estimate) == (3, True)


def test_texts_are_bounded() -> None:
    assert count_tokens("a" * _core.TEXT_MAX, "gpt-5") > 0
    for text, size_max in (("a" * (_core.TEXT_MAX + 1), _core.TEXT_MAX), ("éé", 3)):
        with pytest.raises(LimitError, match="bytes") as caught:
            count_tokens(text, "gpt-5", size_max=size_max)
        assert caught.value.maximum == size_max
    with pytest.raises(TypeError):
        count_tokens(b"bytes", "gpt-5")  # type: ignore[arg-type]


def test_threads_count_the_same() -> None:
    sources = ["word " * 50, "wörd 中文 " * 2_000, "x"] * 50
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda text: count_tokens(text, "gpt-4"), sources))
    assert counts == [expected(text, "gpt-4") for text in sources]


def test_long_texts_leave_the_interpreter_to_others() -> None:
    text, started, turns = "wörd 中文 " * 50_000, threading.Event(), 0
    count_tokens("", "gpt-5")

    def count() -> None:
        started.set()
        for _ in range(3):
            count_tokens(text, "gpt-5")

    thread = threading.Thread(target=count)
    thread.start()
    started.wait()
    while thread.is_alive():
        turns += 1
    # Each count would hold the interpreter for as long as thousands of turns take.
    assert turns > 10_000


def test_nothing_is_loaded_before_the_first_count() -> None:
    program = """
        import workflow_engine, resource
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        workflow_engine.count_tokens, workflow_engine.price
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert after - before < 1024, (before, after)
        import sys
        assert not {"tiktoken", "genai_prices", "decimal"} & set(sys.modules)
    """
    lines = "\n".join(line.strip() for line in program.splitlines())
    subprocess.run([sys.executable, "-c", lines], check=True)


# Prices.


@cache
def snapshot() -> DataSnapshot:
    """Make what the Python package computes with from the data inside."""
    providers = _providers_from_raw(json.loads(DATA.read_bytes()))
    return DataSnapshot(providers=providers, from_auto_update=False)


def reference(usage: dict[str, int], model: str, at: datetime) -> tuple[int, str, str]:
    provider = "litellm" if "/" in model else None
    found = snapshot().calc(Usage(**usage), model, provider, None, at)
    nanodollars = (found.total_price * 10**9).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return int(nanodollars), found.provider.id, found.model.id


def a_usage(random: random.Random) -> dict[str, int]:
    """Make a usage whose parts fit their whole."""
    size = 10 ** random.randrange(1, 8)
    plain, read, written, output = (random.randrange(size) for _ in range(4))
    usage = {"input_tokens": plain + read + written, "output_tokens": output}
    extras = {
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "output_reasoning_tokens": random.randrange(output + 1),
        "web_searches": random.randrange(20),
        "storage_searches": random.randrange(20),
        "input_characters": random.randrange(size),
        "input_document_pages": random.randrange(50),
        "audio_seconds": random.choice([0, 5, 4000]),
    }
    return usage | {key: extras[key] for key in random.sample(sorted(extras), random.randrange(5))}


def test_prices_are_those_of_the_decimals() -> None:
    chance = random.Random(7)
    providers = json.loads(DATA.read_bytes())
    models = [(provider["id"], model["id"]) for provider in providers for model in provider["models"]]
    often = {"openai", "anthropic", "google", "deepseek", "x-ai", "mistral"}
    makers = [(provider, model) for provider, model in models if provider in often]
    compared = 0
    while compared < 2_000:
        provider, model = chance.choice(models if compared % 2 else makers)
        name = f"{provider}/{model}" if chance.random() < 0.7 else model
        usage = a_usage(chance)
        at = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(5 * 365 * 86_400))
        own = price(usage, name, at)
        if not own.is_known:
            with pytest.raises(LookupError):
                reference(usage, name, at)
            continue
        assert (own.nanodollars, own.provider, own.model) == reference(usage, name, at), (name, usage, at)
        compared += 1


def test_every_model_has_a_price() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    usage = {"input_tokens": 300_001, "output_tokens": 7, "cache_read_tokens": 11}
    for provider in json.loads(DATA.read_bytes()):
        for model in provider["models"]:
            name = f"{provider['id']}/{model['id']}"
            own = price(usage, name, at)
            if own.is_known:
                assert (own.nanodollars, own.provider, own.model) == reference(usage, name, at), name


def test_the_units_are_those_of_the_package() -> None:
    for key in _get_registry().units:
        if key != "requests":
            price({key: 0}, "gpt-5")
    with pytest.raises(ValueError, match="requests"):
        price({"requests": 1}, "gpt-5")


def test_a_price_reads_well() -> None:
    at = datetime(2026, 9, 21, tzinfo=UTC)
    found = price({"input_tokens": 1_000, "cache_read_tokens": None, "output_tokens": 100}, "gpt-4o", at)
    assert found == Price(3_500_000, "openai", "gpt-4o")
    assert found.dollars == Decimal("0.0035")
    assert str(found) == "Price(nanodollars=3500000, provider='openai', model='gpt-4o')"
    assert hash(found) == hash(pickle.loads(pickle.dumps(found)))
    assert copy.copy(found) == found
    with pytest.raises(AttributeError):
        found.nanodollars = 0  # type: ignore[misc]
    elsewhere = at.astimezone(timezone(timedelta(hours=9)))
    assert price({"input_tokens": 1_000, "output_tokens": 100}, "gpt-4o", elsewhere) == found
    assert price({}, "gpt-4o").nanodollars == 0


def test_a_model_that_is_not_known_has_no_price() -> None:
    for model in ("no-such-model", "", "openai/none", "x" * 10_000, "\0", "/"):
        found = price({"input_tokens": 1}, model)
        assert found == Price()
        assert not found.is_known
        assert (found.nanodollars, found.dollars, found.model) == (None, None, None)


@pytest.mark.parametrize(
    ("usage", "at", "error", "words"),
    [
        ({"total_tokens": 1}, None, ValueError, "`total_tokens`"),
        ({"input_tokens": -1}, None, TypeError, "whole number"),
        ({"input_tokens": 1.5}, None, TypeError, "whole number"),
        ({"input_tokens": "1"}, None, TypeError, "whole number"),
        ({"input_tokens": 10**12 + 1}, None, ValueError, "larger"),
        ({"input_tokens": 10**30}, None, TypeError, "whole number"),
        ({"input_tokens": 1, "cache_read_tokens": 2}, None, ValueError, "contradicts"),
        ({1: 1}, None, TypeError, "int"),
        ([1], None, TypeError, "list"),
        ({}, datetime(2026, 1, 1), ValueError, "time zone"),  # noqa: DTZ001
        ({}, datetime(1960, 1, 1, tzinfo=UTC), ValueError, "1970"),
        ({}, "2026-01-01", ValueError, "time zone"),
    ],
)
def test_usages_and_times_are_checked(usage: Any, at: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        price(usage, "gpt-4o", at)


def test_newer_prices_come_as_bytes() -> None:
    model = {"id": "a", "match": {"equals": "a"}, "prices": {"input_mtok": 0.0375}}
    provider = {"id": "acme", "name": "Acme", "api_pattern": "acme", "models": [model]}
    prices = Prices(json.dumps([provider]).encode())
    for count, nanodollars in [(1, 38), (2, 75), (3, 112), (5, 188)]:
        assert prices.price({"input_tokens": count}, "acme/a") == Price(nanodollars, "acme", "a")
    assert not prices.price({}, "gpt-4o").is_known
    bundled = Prices(DATA.read_bytes())
    assert bundled.price({"input_tokens": 1}, "gpt-4o") == price({"input_tokens": 1}, "gpt-4o")
    for wrong in (b"", b"{", b"{}", b"[1]", b"\xff"):
        with pytest.raises(ValueError, match="price data"):
            Prices(wrong)
