"""The inputs of a batch: the members of a JSON array, or a line each, read as they are needed."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from typing import TYPE_CHECKING

from workflow_engine.cli.report import CommandError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import IO

    from workflow_engine.cli.input import Source

__all__ = ["Members"]

_CHUNK_SIZE = 256 * 1024
_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\r\n]*")


class Members:
    """The inputs of a batch, in order; iterate once, asynchronously, for the JSON text of each.

    What starts with ``[`` is one JSON array, unless the file's name says lines or something
    follows the array. Else every line is an input; blank lines are none. An array is read whole
    before its first member comes, lines come as they are read.

    Attributes:
        total: How many there are, or None where that is not known.
    """

    total: int | None = None

    def __init__(self, source: Source) -> None:
        self._source = source

    def count(self) -> None:
        """Find out `total` of a file's lines by reading it once more."""
        if self._source.path is not None and self._source.path.is_file():
            with self._source.path.open("rb") as lines:
                self.total = sum(not line.isspace() for line in lines)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Read on.

        Raises:
            CommandError: The source cannot be read, or is an array that breaks off.
        """
        with self._source.open() as stream:
            chunks = _chunks(stream)
            head = b""
            async for chunk in chunks:
                head = (head + chunk).removeprefix(_BOM).lstrip()
                if head:
                    break
            if head.startswith(b"[") and not self._source.is_lines:
                head += b"".join([chunk async for chunk in chunks])
                members = _array(head, self._source.label)
                if members is not None:
                    self.total = len(members)
                    for member in members:
                        yield member
                    return
            rest = bytearray(head)
            while True:
                if b"\n" in rest:
                    *lines, rest = rest.split(b"\n")
                    for line in lines:
                        if line and not line.isspace():
                            yield bytes(line)
                chunk = await anext(chunks, b"")
                if not chunk:
                    break
                rest += chunk
            if rest and not rest.isspace():
                yield bytes(rest)


def _array(data: bytes, label: str) -> list[bytes] | None:
    """Cut the text of an array into its members; None where it is followed by something."""
    # Numbers stay text: the members are only measured here, the runs read them.
    scan = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
    members: list[bytes] = []
    try:
        text = data.decode()
        position = _skip(text, 1)
        closed = text.startswith("]", position)
        while not closed:
            _, end = scan(text, position)
            members.append(text[position:end].encode())
            position = _skip(text, end)
            closed = text.startswith("]", position)
            if not closed:
                position = _skip(text, _after_comma(text, position))
    except json.JSONDecodeError as error:
        raise CommandError(
            f"{label} is no JSON array: line {error.lineno}, column {error.colno}: {error.msg}; "
            "for a JSON value a line name the file *.jsonl"
        ) from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{label} is no UTF-8 text (byte {error.start})") from None
    except RecursionError:
        raise CommandError(f"{label} is nested too deeply") from None
    return members if _skip(text, position + 1) == len(text) else None


def _after_comma(text: str, position: int) -> int:
    if not text.startswith(",", position):
        raise json.JSONDecodeError("a comma or ] is missing", text, position)
    return position + 1


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


async def _chunks(stream: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await _in_thread(lambda: stream.read(_CHUNK_SIZE)):
        yield chunk


async def _in_thread(read: Callable[[], bytes]) -> bytes:
    # A pipe may give nothing for hours. The thread is a daemon of its own, because the loop's
    # executor would wait for it at the end, Ctrl-C or not.
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bytes] = loop.create_future()

    def settle(data: bytes, error: OSError | None) -> None:
        if not future.done():
            if error is None:
                future.set_result(data)
            else:
                future.set_exception(error)

    def work() -> None:
        data, error = b"", None
        try:
            data = read()
        except OSError as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(settle, data, error)
        except RuntimeError:  # The loop has been closed: nobody wants it any more.
            return

    threading.Thread(target=work, name="workflow-engine input", daemon=True).start()
    return await future
