"""Where results go: standard output alone, or a file that survives being killed.

While a batch goes on, its file holds whole lines in the order of the inputs and perhaps a torn
last one. A resumed batch writes a new file beside it, ``FILE.part``, that takes the place of the
old one at the end. Where it is killed too, the next one first lays the lines of ``FILE.part``
over those of ``FILE``: so no finished line is lost, and line n always answers input n.

A file is replaced where symbolic links lead to it, and the new one has the mode of the old. A pipe
or a device cannot be replaced: it is written to as it stands.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from workflow_engine._core import check_json, parse_json
from workflow_engine.cli import EXIT_BROKEN_PIPE
from workflow_engine.cli.report import CommandError
from workflow_engine.errors import JSONError
from workflow_engine.problem import TYPE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

__all__ = ["ResultFile", "console_of", "place_of", "results", "write_whole"]

_MARK = TYPE_PREFIX.encode()
# Names of standard output; opened by them, it would be where prints of nodes go.
_STDOUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


@contextlib.contextmanager
def results() -> Iterator[IO[bytes]]:
    """Give standard output to the results alone, until the process ends.

    What nodes print, and processes that they start, goes to standard error, so that results can be
    piped; also from nodes that go on after their run was given up. A reader that goes away ends the
    command quietly.
    """
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(ours, "wb") as stream:  # noqa: PTH123  (a descriptor)
            yield stream
    except BrokenPipeError:
        raise typer.Exit(EXIT_BROKEN_PIPE) from None


@contextlib.contextmanager
def console_of(stream: IO[bytes]) -> Iterator[Console]:
    """Give a console that writes to a stream; colours only if that is a terminal."""
    wrapper = io.TextIOWrapper(stream, encoding="utf-8")
    try:
        yield Console(file=wrapper, highlight=False)
    finally:
        wrapper.detach()


def place_of(output: Path | None) -> Path | None:
    """Give the place that ``--output`` names; None is standard output.

    Raises:
        CommandError: It is a folder, or lies in none. Nothing has run yet.
    """
    if output is None or str(output) in _STDOUT:
        return None
    if output.is_dir():
        raise CommandError(f"cannot write {output}: it is a folder; write the path of a file")
    if not (output.exists() or _resolved(output).parent.is_dir()):
        raise CommandError(f"cannot write {output}: there is no folder {output.parent}")
    return output


def write_whole(path: Path, data: bytes) -> None:
    """Write a file at once: whoever looks sees the old one or the whole new one.

    Raises:
        CommandError: It cannot be written.
    """
    try:
        if not _is_replaceable(path):
            with path.open("wb") as stream:
                stream.write(data)
            return
        path = _resolved(path)
        part = _beside(path)
        with _opened(part, path) as stream:
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

    Attributes:
        stays: Whether it can be resumed; what is written to a pipe or a device cannot.

    Raises:
        CommandError: The file cannot be read or written.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self._earlier: Iterator[bytes] = iter(())
        self._resumed = False
        self._stream: IO[bytes]
        try:
            self.stays = _is_replaceable(path)
            if not self.stays:
                if resume:
                    raise CommandError(f"`--resume` needs a file to read; {path} is none")
                self._stream = path.open("wb")
                return
            self._path = _resolved(path)
            self._part = _beside(self._path)
            if not resume:
                # First the remains of a resumed batch go: they answer other inputs.
                self._part.unlink(missing_ok=True)
            elif self._part.exists():
                self._merge()
            self._resumed = resume and self._path.exists()
            if self._resumed:
                self._earlier = _whole_lines(self._path)
                self._stream = _opened(self._part, self._path)
            else:
                self._stream = self._path.open("wb")
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
            self._part.replace(self._path)
        elif self._resumed:
            self._merge()

    def _merge(self) -> None:
        """Lay the lines of the part over those of the file; safe to be killed and done again."""
        merged = self._path.with_name(self._path.name + ".merged")
        old = _whole_lines(self._path) if self._path.exists() else iter(())
        with _opened(merged, self._path) as stream:
            for before, after in itertools.zip_longest(old, _whole_lines(self._part)):
                stream.write((before if after is None else after) + b"\n")
            _sync(stream)
        merged.replace(self._path)
        self._part.unlink()


def _is_replaceable(path: Path) -> bool:
    """Tell whether a path leads to a regular file or to nothing yet; not to a pipe or a device."""
    return _resolved(path).is_file() or not path.exists()


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _opened(new: Path, old: Path) -> IO[bytes]:
    """Open a file that is to take the place of an old one, with its mode from the first byte on."""
    stream = new.open("wb")
    if old.exists():
        shutil.copymode(old, new)
    return stream


def _sync(stream: IO[bytes]) -> None:
    stream.flush()
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
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
