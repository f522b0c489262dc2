"""JSON text to Python objects and back, beside the standard library."""

from __future__ import annotations

import gc
import json
import threading
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workflow_engine import _core

# Lengths around those at which words are read, and beyond those that are kept.
ESCAPED = st.sampled_from('"\\/\b\f\n\r\t\x00\x1f\x7f é\u2028😀')
TEXTS = st.text(max_size=9) | st.text("ab", max_size=70) | ESCAPED
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXTS, inner, max_size=12),
    max_leaves=30,
)


@given(VALUES)
def test_text_and_back(value: Any) -> None:
    texts = (_core.to_json(value), json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode())
    for text in texts:
        for parsed in (_core.parse_json(text), _core.parse_json(text), json.loads(text)):
            # Unlike `==`, this tells 1 from 1.0 and True, and the order of keys.
            assert repr(parsed) == repr(value)
    assert b"\n" not in texts[0]


def test_keys_of_every_length_are_told_apart() -> None:
    keys = [text * length for length in range(1, 80) for text in ("k", "é")]
    keys += [key[:-1] + "x" for key in keys]
    value = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    for _ in range(2):
        assert _core.parse_json(json.dumps(value)) == value


def test_reading_within_reading() -> None:
    # Containers that are made may start the collector of garbage, whose finalizers are any code.
    inner: list[Any] = []

    class Cycle:
        def __init__(self) -> None:
            self.myself = self

        def __del__(self) -> None:
            inner.append(_core.parse_json('{"id": {"id": [1]}}'))

    text = json.dumps([{"id": [{"id": number}]} for number in range(500)])
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(50):
            Cycle()
            assert _core.parse_json(text) == json.loads(text)
    finally:
        gc.set_threshold(*threshold)
    assert inner
    assert all(each == {"id": {"id": [1]}} for each in inner)


def test_reading_on_several_threads() -> None:
    failed: list[str] = []

    def read(number: int) -> None:
        for turn in range(300):
            value = {f"key{number}-{turn % 7}-{key}": {"id": key} for key in range(20)}
            if _core.parse_json(_core.to_json(value)) != value:
                failed.append(f"{number}: {turn}")

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
