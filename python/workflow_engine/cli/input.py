"""``--input``: ``-`` for standard input, else an existing file, else JSON text."""

from __future__ import annotations

import difflib
import io
import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from workflow_engine._core import check_json
from workflow_engine.cli.report import CommandError
from workflow_engine.cli.schema import accepts, described, example, fields
from workflow_engine.errors import JSONError

if TYPE_CHECKING:
    from typing import IO

    from workflow_engine import Workflow

__all__ = ["InputOption", "Source", "demand_input", "source_of"]

InputOption = Annotated[
    str | None,
    typer.Option(
        "--input",
        "-i",
        metavar="INPUT",
        help="`-` for standard input, else an existing file, else JSON text.",
    ),
]
"""The option that names the input."""

_BOM = b"\xef\xbb\xbf"
_LINE_SUFFIXES = (".jsonl", ".ndjson")


class Source(NamedTuple):
    """Where an input comes from.

    Attributes:
        label: Its name in messages.
        path: The file, or None.
        text: The JSON text of the argument itself, or None; without both it is standard input.
    """

    label: str
    path: Path | None = None
    text: bytes | None = None

    @property
    def is_lines(self) -> bool:
        """Whether the file's name says that it holds a JSON value a line."""
        return self.path is not None and self.path.suffix.lower() in _LINE_SUFFIXES

    def open(self) -> IO[bytes]:
        """Open it for reading; a read gives what is there and does not wait for more.

        Raises:
            CommandError: The file cannot be read.
        """
        if self.text is not None:
            return io.BytesIO(self.text)
        if self.path is None:
            return open(0, "rb", buffering=0, closefd=False)
        try:
            return self.path.open("rb", buffering=0)
        except OSError as error:
            raise CommandError(f"cannot read {self.path}: {error.strerror}") from None

    def read(self) -> bytes:
        """Read all of it, without the byte order mark that editors on Windows write.

        Raises:
            CommandError: The file cannot be read.
        """
        with self.open() as stream:
            return stream.read().removeprefix(_BOM)


def source_of(value: str) -> Source:
    """Tell what the value of ``--input`` is.

    Raises:
        CommandError: It is neither ``-``, nor an existing file, nor JSON.
    """
    if value == "-":
        return Source("standard input")
    path = Path(value)
    if os.path.isdir(value):  # noqa: PTH112  (a Path refuses text that no file can be named)
        raise CommandError(f"{value} is a folder; write the path of a file")
    if os.path.exists(value):  # noqa: PTH110
        return Source(value, path=path)
    text = value.encode(errors="surrogateescape")
    try:
        check_json(text)
    except JSONError as error:
        if value.lstrip()[:1] in set("{['\""):
            raise CommandError(f"--input: {error}") from None
        near = _near_files(path)
        raise CommandError(
            f"`--input {shlex.quote(value)}` is not JSON, and no file of this name; "
            "to read a file write its path",
            details=[f"did you mean `{file}`?" for file in near]
            or [f"for a text write it as JSON: --input {shlex.quote(json.dumps(value))}"],
        ) from None
    return Source("--input", text=text)


def demand_input(workflow: Workflow[Any, Any], target: str) -> None:
    """Refuse to go on without an input, unless the workflow runs without.

    Raises:
        CommandError: The workflow needs an input; the message lists its fields and gives
            commands that would run it.
    """
    schema: dict[str, Any] = workflow.input_schema
    if accepts(schema, schema, "null"):
        return
    value = example(schema, schema)
    commands = [["--input", json.dumps(value, ensure_ascii=False)]]
    leaves = _leaves(value)
    if isinstance(value, dict) and 0 < len(leaves) <= 6:
        commands.append([word for leaf in leaves for word in ("-f", leaf)])
    rows = [
        (field.name, field.type, "required" if field.required else "", field.description)
        for field in fields(schema, schema)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    raise CommandError(
        f"`{workflow.name}` needs an input: {described(schema, schema)}",
        details=[
            *(
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in rows
            ),
            "for example:",
            *(f"  workflow-engine run {shlex.join([target, *words])}" for words in commands),
        ],
    )


def _near_files(path: Path) -> list[str]:
    folder = path.parent
    try:
        names = [file.name for file in folder.iterdir() if file.is_file()]
    except (OSError, ValueError):
        return []
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.7)
    return [str(folder / name) for name in near]


def _leaves(value: Any, way: str = "") -> list[str]:
    """Give the arguments of ``-f`` that make up a value."""
    if isinstance(value, dict) and value:
        return [
            leaf for key, member in value.items() for leaf in _leaves(member, f"{way}.{key}" if way else key)
        ]
    if isinstance(value, list) and value and not isinstance(value[0], dict | list):
        return [leaf for member in value for leaf in _leaves(member, f"{way}[]")]
    return [f"{way}={value if isinstance(value, str) else json.dumps(value)}"]
