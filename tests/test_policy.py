"""Retries and durations: what may be said, and what is retried."""

from __future__ import annotations

import math
import pickle
from datetime import timedelta
from typing import Any

import pydantic
import pytest

from workflow_engine import (
    DeclarationError,
    InputError,
    NodeTimeoutError,
    OutputError,
    Retry,
    RunCancelledError,
)
from workflow_engine.misfit import Misfit
from workflow_engine.policy import ATTEMPTS_MAX, seconds


def test_defaults() -> None:
    retry = Retry()
    assert (retry.attempts, retry.delay, retry.factor) == (3, 0.5, 2.0)
    assert (retry.max_delay, retry.jitter, retry.on) == (60.0, "full", None)


def test_a_retry_is_a_value() -> None:
    retry = Retry(5, timedelta(milliseconds=100), 1.5, timedelta(minutes=1), "none", OSError)
    assert retry == Retry(attempts=5, delay=0.1, factor=1.5, max_delay=60, jitter="none", on=OSError)
    assert retry != Retry()
    assert retry != 3
    assert hash(retry) == hash(pickle.loads(pickle.dumps(retry)))
    assert repr(Retry()) == (
        "Retry(attempts=3, delay=0.5, factor=2.0, max_delay=60.0, jitter='full', on=None)"
    )
    with pytest.raises(AttributeError, match="make a new one to set `attempts`"):
        retry.attempts = 3
    with pytest.raises(AttributeError, match="`attempts` stays"):
        del retry.attempts
    with pytest.raises(AttributeError):
        retry.other = 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"attempts": True},
        {"attempts": 2.0},
        {"attempts": ATTEMPTS_MAX + 1},
        {"delay": -1},
        {"delay": math.nan},
        {"delay": "1"},
        {"delay": timedelta(seconds=-1)},
        {"factor": 0.5},
        {"factor": math.inf},
        {"max_delay": math.inf},
        {"jitter": "half"},
        {"on": 3},
        {"on": int},
        {"on": (OSError, print)},
        {"on": KeyboardInterrupt},
        {"on": OutputError},
        {"on": (OSError, pydantic.ValidationError)},
    ],
)
def test_values_out_of_their_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError):
        Retry(**wrong)


def test_the_limits_themselves() -> None:
    assert Retry(attempts=1).attempts == 1
    assert Retry(attempts=ATTEMPTS_MAX, delay=0, factor=1, max_delay=0).factor == 1.0


class Model(pydantic.BaseModel):
    x: int


def invalid() -> Exception:
    try:
        Model(x="a")  # type: ignore[arg-type]
    except pydantic.ValidationError as error:
        return error
    raise AssertionError


NEVER: list[BaseException] = [
    OutputError("x"),
    InputError("x"),
    Misfit([((), "x")]),
    RunCancelledError("x"),
    KeyboardInterrupt(),
    SystemExit(),
    invalid(),
]


@pytest.mark.parametrize(
    ("on", "error", "retried"),
    [
        (None, ConnectionResetError(), True),
        (None, TimeoutError(), True),
        (None, NodeTimeoutError("x"), True),
        (None, ValueError(), False),
        (ValueError, UnicodeError(), True),
        (ValueError, TimeoutError(), False),
        ((OSError, KeyError), KeyError(), True),
        ((), OSError(), False),
        (lambda error: "again" in str(error), ValueError("try again"), True),
        (lambda error: "again" in str(error), ValueError("never"), False),
        *[(Exception, error, False) for error in NEVER],
        *[(BaseException, error, False) for error in NEVER],
        *[(lambda _: True, error, False) for error in NEVER],
    ],
)
def test_what_is_retried(on: Any, error: BaseException, retried: bool) -> None:
    assert Retry(on=on).retries(error) is retried


def test_durations() -> None:
    assert seconds(3) == 3.0
    assert seconds(0.5) == 0.5
    assert seconds(timedelta(minutes=1)) == 60.0
    for wrong in (-1, math.nan, math.inf, "3", None, True):
        with pytest.raises(DeclarationError, match="`pause` is a number of seconds"):
            seconds(wrong, "pause")  # type: ignore[arg-type]
