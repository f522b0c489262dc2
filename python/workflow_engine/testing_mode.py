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

    def __init__(self, arguments: tuple[Any, ...], sources: list[Any]) -> None:
        # Where a copy comes from, the copy, and what it looked like.
        self._watched: list[tuple[str, Any, bytes]] = []
        self.copies = [
            self._copy(argument, source) for argument, source in zip(arguments, sources, strict=True)
        ]

    def _copy(self, argument: Any, source: Any) -> Any:
        if isinstance(source, list):
            members = argument.values() if isinstance(argument, dict) else argument
            copies = [self._copy(member, of) for member, of in zip(members, source, strict=True)]
            return dict(zip(argument, copies, strict=True)) if isinstance(argument, dict) else copies
        if source is None or not _is_data(argument):
            return argument
        import copy

        try:
            twin = copy.deepcopy(argument)
            self._watched.append((source, twin, _fingerprint(twin)))
        except Exception:  # noqa: BLE001  What cannot be copied cannot be watched.
            return argument
        return twin

    def check(self, node: str, attempt: int) -> None:
        from workflow_engine.errors import InputChangedError

        for source, twin, before in self._watched:
            if _fingerprint(twin) == before:
                continue
            whose = "the run's input" if source == "input" else f"the output of `{source}`"
            message = f"node `{node}` changed {whose}, which other nodes read too; make a copy of it first"
            error = InputChangedError(message, node=node, attempt=attempt, path=source)
            error.source = source
            raise error


def _is_data(value: object) -> bool:
    """Tell whether a value is one that nodes hand on: a container, a model or a dataclass."""
    return isinstance(value, dict | list | set | bytearray) or _field_names(value) is not None


def _field_names(value: object) -> list[str] | None:
    kind = type(value)
    fields = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "model_fields", None)
    return None if fields is None else list(fields)


def _fingerprint(value: object) -> bytes:
    """Write down what a value holds; of models and dataclasses their fields, not what they cache."""
    import io
    import pickle

    class Pickler(pickle.Pickler):
        def reducer_override(self, part: Any) -> Any:
            names = _field_names(part) if not isinstance(part, type) else None
            if names is None:
                return NotImplemented
            extra = getattr(part, "__pydantic_extra__", None)
            return (tuple, ([type(part), [getattr(part, name, None) for name in names], extra],))

    written = io.BytesIO()
    Pickler(written).dump(value)
    return written.getvalue()
