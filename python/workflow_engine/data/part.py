"""A part of the data that a workflow is read from: its value, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.misfit import kind_of
from workflow_engine.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflow_engine import _core
    from workflow_engine.data.reader import Reader

__all__ = ["DataPlace", "Part", "Source"]

Path = tuple[str | int, ...]


class Source:
    """Where data comes from.

    Args:
        caller: The place of the call that reads it.
        file: The name of the file; empty for a value.
        places: Where the parts of the file stand.
    """

    __slots__ = ("_caller", "_file", "places")

    def __init__(self, caller: Place, file: str = "", places: _core.Places | None = None) -> None:
        self._caller = caller
        self._file = file
        self.places = places

    def at(self, line: int, column: int, path: Path = ()) -> DataPlace:
        """Give the place of a line and column."""
        return DataPlace(self, path, self._file or self._caller.file, line, column, self._caller.module)

    def place(self, path: Path, *, key: bool = False, before: str | None = None) -> DataPlace:
        """Give the place of a part, or of its key; of a text also of a character of it."""
        if self.places is None:
            return self.at(self._caller.line, 0, path)
        line, column = self.places.of_key(path) if key else self.places.of(path, before)
        return self.at(line, column, path)


class DataPlace(Place):
    """A place in data.

    Attributes:
        expressions: Where the expressions of a node stand, by their texts.
    """

    __slots__ = ("_source", "expressions")

    def __init__(self, source: Source, path: Path, file: str, line: int, column: int, module: str) -> None:
        super().__init__(file, line, module, column=column, path=written(path))
        self._source = source
        self.expressions: dict[str, Path] = {}

    def of_expression(self, text: str, offset: int | None = None) -> Place:
        """Give the place of an expression of the node that stands here."""
        path = self.expressions.get(text)
        return self if path is None else self._source.place(path, before=text[: offset or 0])


def written(path: Path) -> str:
    """Write a path, such as `nodes.card.cases[0].to`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


class Part:
    """A part of the data.

    Attributes:
        value: Its value: JSON types only.
        path: Keys and positions that lead to it.
        reader: Who reads it, and takes the faults.
    """

    __slots__ = ("path", "reader", "value")

    def __init__(self, value: Any, path: Path, reader: Reader) -> None:
        self.value = value
        self.path = path
        self.reader = reader

    def fault(
        self, code: str, message: str, remedy: str = "", *, key: bool = False, before: str | None = None
    ) -> None:
        """Tell what is wrong here.

        Args:
            code: Kind of the fault.
            message: What is wrong.
            remedy: What to write instead.
            key: Whether its key is meant rather than its value.
            before: Of a text the characters before the one that is meant.
        """
        place = self.reader.source.place(self.path, key=key, before=before)
        self.reader.add(code, message, remedy, place)

    def wrong_type(self, what: str, wanted: str, remedy: str = "") -> None:
        """Tell that the value is of another type than the one wanted."""
        self.fault("wrong-type", f"{what} is {wanted}, not {kind_of(self.value)}", remedy)

    def read_by(self, reader: Reader) -> Part:
        """Give the same part, read by another."""
        return Part(self.value, self.path, reader)

    def at(self, step: str | int) -> Part:
        """Give the part of a key or position that is there."""
        return Part(self.value[step], (*self.path, step), self.reader)

    def inner(self, step: str | int) -> Part | None:
        """Give the part of a key or position; None if nothing is there."""
        if isinstance(self.value, dict):
            # What leads into an object is a key, even if it looks like a position.
            return self.at(str(step)) if str(step) in self.value else None
        is_there = isinstance(self.value, list) and isinstance(step, int) and step < len(self.value)
        return self.at(step) if is_there else None

    def object(self, what: str, keys: Iterable[str] | None = None) -> dict[str, Part]:
        """Give the parts of an object by key; what is none has no part and is a fault.

        Args:
            what: What it is, for messages.
            keys: The keys that it may have; without them any.
        """
        if not isinstance(self.value, dict):
            self.wrong_type(what, "an object")
            return {}
        parts = {key: self.at(key) for key in self.value}
        return parts if keys is None else self.known(parts, what, list(keys))

    def known(self, parts: dict[str, Part], what: str, keys: list[str]) -> dict[str, Part]:
        """Give the parts that have one of the keys; any other is a fault."""
        from workflow_engine.names import listed, meant, nearest

        for key, part in parts.items():
            if key not in keys:
                close = nearest(key, keys)
                message = f"{what} has no key `{key}`{meant(key, keys)} (keys: {listed(keys)})"
                part.fault("unknown-key", message, f"write `{close}`" if close else "remove it", key=True)
        return {key: part for key, part in parts.items() if key in keys}

    def list(self, what: str) -> list[Part]:
        """Give the parts of a list; what is none has no part and is a fault."""
        if not isinstance(self.value, list):
            self.wrong_type(what, "a list")
            return []
        return [self.at(index) for index in range(len(self.value))]

    def text(self, what: str) -> str | None:
        """Give the text; None for what is none, which is a fault."""
        if isinstance(self.value, str):
            return self.value
        self.wrong_type(what, "text", "write it in quotes" if not isinstance(self.value, dict | list) else "")
        return None

    def number(self, what: str) -> float | None:
        """Give the number; None for what is none, which is a fault."""
        if type(self.value) in (int, float):
            return self.value  # type: ignore[no-any-return]
        self.wrong_type(what, "a number")
        return None
