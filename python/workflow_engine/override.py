"""Replacements that hold for the length of a `with`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import RLock
    from types import TracebackType

__all__ = ["Override"]


class Override:
    """Replaces resources and nodes inside a `with`; it may be entered again, also inside itself."""

    def __init__(
        self,
        layers: list[Mapping[str, object]],
        replacements: Mapping[str, object],
        changed: Callable[[], None],
        lock: RLock,
    ) -> None:
        self._layers = layers
        self._replacements = replacements
        self._changed = changed
        self._lock = lock

    def __enter__(self) -> None:
        with self._lock:
            self._layers.append(self._replacements)
            self._changed()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            # The innermost of its own: others may have been entered since, on another thread.
            layers = self._layers
            own = [i for i, layer in enumerate(layers) if layer is self._replacements]
            del layers[own[-1]]
            self._changed()
