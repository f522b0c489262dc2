"""A single run on the command line."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from rich.highlighter import JSONHighlighter
from rich.text import Text

from workflow_engine._core import check_json, parse_json, to_json
from workflow_engine.cli.fields import apply
from workflow_engine.cli.output import console_of, write_whole
from workflow_engine.cli.report import say, show_failure
from workflow_engine.errors import InputError, JSONError

if TYPE_CHECKING:
    from workflow_engine.cli.job import Job

__all__ = ["run_one"]


def run_one(job: Job, *, pretty: bool | None) -> int:
    """Run once.

    Args:
        job: What to run.
        pretty: Whether to indent the result; None for a terminal only.

    Returns:
        The exit code.

    Raises:
        CommandError: The input cannot be read or the result not be written.
    """
    text = None if job.source is None else job.source.read()
    try:
        if job.settings:
            value = None if text is None else parse_json(text)
            text = to_json(apply(job.settings, value))
        result = job.workflow.run_json(text, **job.options)
    except InputError as error:
        show_failure(error, source="" if job.source is None else job.source.label)
        if text is not None and _wants_each(error, text):
            say("  to run each member or line of it add `--each`")
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the run's answer)
        show_failure(error)
        return 1
    if job.output is not None:
        write_whole(job.output, _indented(result) + b"\n" if pretty else result + b"\n")
    elif job.stream.isatty() and pretty is not False:
        _show(_indented(result).decode(), job.stream)
    else:
        job.stream.write((_indented(result) if pretty else result) + b"\n")
    return 0


def _show(text: str, stream: IO[bytes]) -> None:
    colored = Text(text)
    JSONHighlighter().highlight(colored)
    with console_of(stream) as console:
        say(colored, to=console)


def _indented(result: bytes) -> bytes:
    try:
        value = json.loads(result)
        return json.dumps(value, indent=2, ensure_ascii=False).encode(errors="surrogatepass")
    except ValueError:  # An integer of thousands of digits: it stays as it is.
        return result


def _wants_each(error: InputError, text: bytes) -> bool:
    """Tell whether an input that was refused looks like several inputs."""
    head = text.lstrip()
    if not isinstance(error, JSONError):
        return head.startswith(b"[")
    first, _, rest = head.partition(b"\n")
    try:
        check_json(first)
    except JSONError:
        return False
    return not rest.isspace() and bool(rest)
