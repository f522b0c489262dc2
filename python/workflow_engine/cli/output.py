"""Where results go: standard output alone, or a file that survives being killed.

While a batch goes on, its file holds whole lines in the order of the inputs and perhaps a torn
last one. A resumed batch writes a new file beside it, ``FILE.part``, that takes the place of the
old one at the end. Where it is killed too, the next one first lays the lines of ``FILE.part``
over those of ``FILE``: so no finished line is lost, and line n always answers input n.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from workflow_engine._core import check_json, parse_json
from workflow_engine.cli.report import CommandError
from workflow_engine.errors import JSONError
from workflow_engine.problem import TYPE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

__all__ = ["ResultFile", "console_of", "results", "write_whole"]

_EXIT_BROKEN_PIPE = 128 + 13  # What a shell reports of a process that SIGPIPE ended.
_MARK = TYPE_PREFIX.encode()


@contextlib.contextmanager
def results() -> Iterator[IO[bytes]]:
    """Give standard output to the results alone.

    What nodes print meanwhile, and processes that they start, goes to standard error, so that
    results can be piped. A reader that goes away ends the command quietly.
    """
    sys.stdout.flush()
    ours, kept = os.dup(1), os.dup(1)
    os.dup2(2, 1)
    try:
        with open(ours, "wb") as stream:  # noqa: PTH123  (a descriptor)
            yield stream
    except BrokenPipeError:
        raise typer.Exit(_EXIT_BROKEN_PIPE) from None
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextlib.contextmanager
def console_of(stream: IO[bytes]) -> Iterator[Console]:
    """Give a console that writes to a stream; colours only if that is a terminal."""
    wrapper = io.TextIOWrapper(stream, encoding="utf-8")
    try:
        yield Console(file=wrapper, highlight=False)
    finally:
        wrapper.detach()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file at once: whoever looks sees the old one or the whole new one.

    Raises:
        CommandError: It cannot be written.
    """
    part = _beside(path)
    try:
        with part.open("wb") as stream:
            stream.write(data)
            _sync(stream)
        part.replace(path)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from None


class ResultFile:
    """The file of a batch's result lines.

    Args:
        path: The file.
        resume: Whether to keep the lines that succeeded in it.

    Raises:
        CommandError: The file cannot be read or written.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.path = path
        self._part = _beside(path)
        self._earlier: Iterator[bytes] = iter(())
        try:
            if not resume:
                # First the remains of a resumed batch go: they answer other inputs.
                self._part.unlink(missing_ok=True)
            elif self._part.exists():
                self._merge()
            self._resumed = resume and path.exists()
            if self._resumed:
                self._earlier = _whole_lines(path)
            self._stream = (self._part if self._resumed else path).open("wb")
        except OSError as error:
            raise CommandError(f"cannot write {path}: {error.strerror}") from None

    def earlier(self) -> Iterator[bytes | None]:
        """Give for each input, in order and without end, its line where it succeeded before."""
        for line in self._earlier:
            yield line if _succeeded(line) else None
        yield from itertools.repeat(None)

    def write(self, lines: bytes) -> None:
        """Write whole lines."""
        self._stream.write(lines)
        self._stream.flush()

    def close(self, *, complete: bool) -> None:
        """End the file.

        Args:
            complete: Whether every input has its line. If not, the lines of earlier tries that
                were not reached stay.
        """
        _sync(self._stream)
        self._stream.close()
        if self._resumed and complete:
            self._part.replace(self.path)
        elif self._resumed:
            self._merge()

    def _merge(self) -> None:
        """Lay the lines of the part over those of the file; safe to be killed and done again."""
        merged = self.path.with_name(self.path.name + ".merged")
        old = _whole_lines(self.path) if self.path.exists() else iter(())
        with merged.open("wb") as stream:
            for before, after in itertools.zip_longest(old, _whole_lines(self._part)):
                stream.write((before if after is None else after) + b"\n")
            _sync(stream)
        merged.replace(self.path)
        self._part.unlink()


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _sync(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _whole_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        for line in stream:
            # Only a torn last line has no end.
            if line.endswith(b"\n"):
                yield line[:-1]


def _succeeded(line: bytes) -> bool:
    try:
        if _MARK not in line:
            check_json(line)
            return True
        value = parse_json(line)
    except JSONError:
        return False
    error = value.get("error") if isinstance(value, dict) and len(value) == 1 else None
    type_ = error.get("type") if isinstance(error, dict) else None
    return not (isinstance(type_, str) and type_.startswith(TYPE_PREFIX))
