"""How often and how long: retries and durations."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from workflow_engine.errors import (
    DeclarationError,
    InputChangedError,
    InputError,
    NodeTimeoutError,
    OutputError,
    RunCancelledError,
)
from workflow_engine.misfit import Misfit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

__all__ = ["ATTEMPTS_MAX", "SECONDS_MAX", "Retry", "seconds"]

ATTEMPTS_MAX = 1_000_000
"""Attempts that a `Retry` may ask for."""

SECONDS_MAX = 100 * 365 * 86_400.0
"""How long a timeout, a deadline or a delay may be: a hundred years."""

_TRANSIENT = (ConnectionError, TimeoutError, NodeTimeoutError)
# Trying again cannot help: the same values come again, or the run is to end.
_NEVER = (Misfit, InputError, OutputError, RunCancelledError, InputChangedError)


class Retry:
    """When a node that failed is tried again; immutable.

    The wait before attempt n + 1 is `delay * factor ** (n - 1)`, at most `max_delay`; with full
    jitter it is a random part of that.

    Errors of validation, cancellation and exceptions that are no `Exception` are never retried.

    Args:
        attempts: Attempts in all, the first one too, 1 to `ATTEMPTS_MAX`.
        delay: Wait after the first attempt, in seconds or as a timedelta.
        factor: What each further wait is multiplied with, 1 or more.
        max_delay: The longest wait, in seconds or as a timedelta.
        jitter: `"full"`, or `"none"` for waits without chance.
        on: The exceptions worth another attempt: a class, several, or a function that is given the
            exception and tells. Without it ConnectionError, TimeoutError and NodeTimeoutError.

    Raises:
        DeclarationError: A value out of its range.
    """

    __slots__ = ("attempts", "delay", "factor", "jitter", "max_delay", "on")

    attempts: int
    delay: float
    factor: float
    max_delay: float
    jitter: Literal["full", "none"]
    on: type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], object] | None

    def __init__(
        self,
        attempts: int = 3,
        delay: float | timedelta = 0.5,
        factor: float = 2,
        max_delay: float | timedelta = 60,
        jitter: Literal["full", "none"] = "full",
        on: type[BaseException]
        | tuple[type[BaseException], ...]
        | Callable[[BaseException], object]
        | None = None,
    ) -> None:
        if type(attempts) is not int or not 1 <= attempts <= ATTEMPTS_MAX:
            raise DeclarationError(f"`attempts` is 1 to {ATTEMPTS_MAX:_}, not {attempts!r}")
        if type(factor) not in (int, float) or not 1 <= factor <= sys.float_info.max:
            raise DeclarationError(f"`factor` is a number from 1, not {factor!r}")
        if jitter not in ("full", "none"):
            raise DeclarationError(f"`jitter` is 'full' or 'none', not {jitter!r}")
        values = {
            "attempts": attempts,
            "delay": seconds(delay, "delay"),
            "factor": float(factor),
            "max_delay": seconds(max_delay, "max_delay"),
            "jitter": jitter,
            "on": _retried(on),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def retries(self, error: BaseException) -> bool:
        """Tell whether an exception is worth another attempt, if there are any left."""
        on = self.on
        if on is None and not isinstance(error, _TRANSIENT):
            return False
        if not isinstance(error, Exception) or isinstance(error, _never()):
            return False
        if on is None:
            return True
        if isinstance(on, type | tuple):
            return isinstance(error, on)
        return bool(on(error))

    def to_core(self, node: str) -> tuple[int, float, float, float, str, bool]:
        """Give what the core decides by: all but `on`, and whether that takes a timeout of `node`.

        The core tells itself that a thread's time is up, so that is asked once, beforehand.
        """
        timeout = NodeTimeoutError(f"an attempt of node `{node}` took longer than its timeout", node=node)
        try:
            timeouts = self.retries(timeout)
        except Exception:  # noqa: BLE001  The user's function; it is asked again for other errors.
            timeouts = False
        return (self.attempts, self.delay, self.factor, self.max_delay, self.jitter, timeouts)

    def _values(self) -> tuple[Any, ...]:
        return (self.attempts, self.delay, self.factor, self.max_delay, self.jitter, self.on)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Retry does not change: make a new one to set `{name}`")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Retry does not change: `{name}` stays")

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Retry) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> tuple[type[Retry], tuple[Any, ...]]:
        return Retry, self._values()

    def __repr__(self) -> str:
        names = ("attempts", "delay", "factor", "max_delay", "jitter", "on")
        return f"Retry({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


def _never() -> tuple[type[BaseException], ...]:
    # Where pydantic was never imported nobody can have raised its error.
    pydantic = sys.modules.get("pydantic_core")
    return _NEVER if pydantic is None else _with_pydantic(pydantic.ValidationError)


@functools.cache
def _with_pydantic(error: type[BaseException]) -> tuple[type[BaseException], ...]:
    return (*_NEVER, error)


def _retried(on: Any) -> Any:
    kinds = on if isinstance(on, tuple) else (on,)
    if all(isinstance(kind, type) for kind in kinds):
        for kind in kinds:
            if not issubclass(kind, BaseException):
                raise DeclarationError(f"`on` takes exceptions, not `{kind.__name__}`")
            useless = not issubclass(kind, Exception) and kind is not BaseException
            if useless or issubclass(kind, _never()):
                raise DeclarationError(f"`{kind.__name__}` is never retried: leave it out of `on`")
    elif on is not None and (isinstance(on, tuple) or not callable(on)):
        raise DeclarationError(f"`on` is an exception class, several, or a function, not {on!r}")
    return on


def seconds(value: float | timedelta, name: str = "timeout") -> float:
    """Read a duration.

    Args:
        value: Seconds, or a timedelta.
        name: The parameter's name, for the message.

    Returns:
        Seconds, 0 or more.

    Raises:
        DeclarationError: No duration, a negative one, or one above `SECONDS_MAX`.
    """
    total = getattr(value, "total_seconds", None)
    duration: Any = value if total is None else total()
    if type(duration) not in (int, float) or not 0 <= duration <= SECONDS_MAX:
        message = f"`{name}` is a number of seconds from 0 to {SECONDS_MAX:.0f} or a timedelta, not {value!r}"
        raise DeclarationError(message)
    return float(duration)
