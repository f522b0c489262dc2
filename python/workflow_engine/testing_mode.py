"""The strict mode of tests: every sibling runs on a thread of its own, and changed inputs are found.

`workflow_engine.testing` turns it on; the drivers only look at the flag.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow_engine._core import Cursor

__all__ = ["strict", "watch_inputs"]

strict = False
"""Whether the mode is on."""


def watch_inputs(cursor: Cursor, function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function that gets copies of its inputs, and fails if it has changed them."""
    if cursor.checks_output:
        return function
    node, attempt, names = cursor.describe_call()
    if cursor.awaits_call:

        async def watched_async(*arguments: Any) -> Any:
            inputs = _Inputs(arguments, names)
            output = await function(*inputs.copies)
            inputs.check(node, attempt)
            return output

        return watched_async

    @functools.wraps(function)
    def watched(*arguments: Any) -> Any:
        inputs = _Inputs(arguments, names)
        output = function(*inputs.copies)
        inputs.check(node, attempt)
        return output

    return watched


class _Inputs:
    """Copies of the arguments that a node must leave as they are.

    A copy for each node makes sure that the one that is named is the one that changed it, also
    where siblings run at the same time.
    """

    def __init__(self, arguments: tuple[Any, ...], names: list[str | None]) -> None:
        import copy

        self.copies = list(arguments)
        self._before: dict[int, bytes] = {}
        self._names = names
        for index, (argument, name) in enumerate(zip(arguments, names, strict=True)):
            if name is None or not _is_data(argument):
                continue
            try:
                twin = copy.deepcopy(argument)
                before = _fingerprint(twin)
            except Exception:  # noqa: BLE001, S112  What cannot be copied cannot be watched.
                continue
            self.copies[index] = twin
            self._before[index] = before

    def check(self, node: str, attempt: int) -> None:
        from workflow_engine.errors import InputChangedError

        for index, before in self._before.items():
            if _fingerprint(self.copies[index]) == before:
                continue
            source = self._names[index] or ""
            whose = "the run's input" if source == "input" else f"the output of `{source}`"
            message = (
                f"node `{node}` changed {whose}, which other nodes read too; make a copy of it first"
            )
            error = InputChangedError(message, node=node, attempt=attempt, path=source)
            error.source = source
            raise error


def _is_data(value: object) -> bool:
    """Tell whether a value is one that nodes hand on: a container, a model or a dataclass."""
    kind = type(value)
    return isinstance(value, dict | list | set | bytearray) or (
        hasattr(kind, "__dataclass_fields__") or hasattr(kind, "model_fields")
    )


def _fingerprint(value: object) -> bytes:
    import pickle

    return pickle.dumps(value)
