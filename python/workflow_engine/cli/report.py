"""What the commands say on standard error: refusals, failed runs, faults."""

from __future__ import annotations

import functools
import importlib
import linecache
import os
import sysconfig
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from workflow_engine.errors import CheckError, InputError, NodeError, WorkflowEngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflow_engine.check import Fault

__all__ = [
    "CommandError",
    "console",
    "say",
    "show_cause",
    "show_failure",
    "show_faults",
    "show_refusal",
    "styled",
    "summary_of",
]

# Code between a command and the user's code, in which no user looks for a fault.
_MACHINERY = (
    f"{Path(__file__).parents[1]}{os.sep}",
    f"{Path(importlib.__file__).parent}{os.sep}",
    "<frozen ",
)
# Frames shown from either end of a deep stack, such as that of a recursion.
_FRAMES_EACH = 10
_SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow"}


class CommandError(Exception):
    """A command that cannot be carried out as it was written; the exit code is 2.

    Args:
        message: What is wrong, in one sentence with its remedy.
        details: Further lines, such as the names there are.
    """

    def __init__(self, message: str, *, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = list(details)


@functools.cache
def console() -> Console:
    """Give the console of standard error, the only one that commands talk on."""
    return Console(stderr=True, highlight=False)


def styled(message: str) -> Text:
    """Give a message with its `code` in colour, for a terminal."""
    text = Text(message)
    text.highlight_regex(r"`[^`\n]*`", "cyan")
    return text


def say(message: Text | str, *, to: Console | None = None) -> None:
    """Print a message; long lines are left to the terminal, so that pipes see them whole."""
    (to or console()).print(styled(message) if isinstance(message, str) else message, soft_wrap=True)


def show_refusal(error: CommandError) -> None:
    """Print why a command is not carried out, and the user's code that its cause came from."""
    say(Text.assemble(("error: ", "bold red"), styled(str(error))))
    for line in error.details:
        say(f"  {line}")
    if error.__cause__ is not None:
        show_cause(error.__cause__)


def show_failure(error: BaseException, *, source: str = "") -> None:
    """Print why a run failed: workflow, node, attempt, message, and the user's frames.

    Args:
        error: What the run raised.
        source: Where the input came from, such as a file's path, for errors in its text.
    """
    if isinstance(error, CheckError):
        say(Text.assemble(("error: ", "bold red"), styled(_fault_count(error.workflow, error.faults))))
        show_faults(error.faults)
        return
    if isinstance(error, InputError):
        prefix = f"{source}: " if source else ""
        say(Text.assemble(("error: ", "bold red"), styled(f"{prefix}{error}")))
        return
    say(Text.assemble(("failed: ", "bold red"), styled(_headline(error))))
    cause = _users_own(error)
    if cause is None:
        say(f"  {error}")
    else:
        show_cause(cause)
    for note in getattr(error, "__notes__", ()):
        say(f"  {note}")
    if run := getattr(error, "run", ""):
        say(Text(f"  run {run}", "dim"))


def summary_of(error: BaseException) -> str:
    """Say in one line why a run failed."""
    cause = _users_own(error)
    if cause is None:
        message = str(error)
    else:
        message = f"{_headline(error)}: {traceback.format_exception_only(cause)[-1]}"
    return message.strip().partition("\n")[0]


def show_cause(error: BaseException) -> None:
    """Print an exception of the user's code: its name and message, and the frames of theirs."""
    for line in traceback.format_exception_only(error):
        for part in line.rstrip("\n").split("\n"):
            say(Text(f"  {part}"))
    _show_frames(error)
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        summary = traceback.format_exception_only(earlier)[-1].strip()
        word = "caused by" if error.__cause__ is not None else "while handling"
        say(Text(f"  {word} {summary}", "dim"))


def show_faults(faults: Iterable[Fault], *, to: Console | None = None) -> None:
    """Print the faults of a workflow: place, message and the line to write of each."""
    for fault in faults:
        place = f"{_near(fault.file)}:{fault.line}" if fault.file else ""
        if fault.column:
            place += f":{fault.column}"
        say(
            Text.assemble(
                (place, "bold"),
                ": " if place else "",
                (fault.severity, _SEVERITY_STYLES[fault.severity]),
                styled(f" in `{fault.node}`: " if fault.node else ": "),
                styled(fault.message),
                (f"  [{fault.code}]", "dim"),
            ),
            to=to,
        )
        if fault.signature:
            say(Text(f"    {fault.signature}", "dim"), to=to)
        if fault.remedy:
            say(Text.assemble(("    → ", "green"), styled(fault.remedy)), to=to)


def _users_own(error: BaseException) -> BaseException | None:
    """Give the exception of the user's code that a run failed of; None where it was the engine."""
    if type(error) is NodeError:
        return error.__cause__
    return None if isinstance(error, WorkflowEngineError) else error


def _fault_count(workflow: str, faults: Sequence[Fault]) -> str:
    errors = sum(fault.severity == "error" for fault in faults)
    return f"workflow `{workflow}` has {errors} fault{'' if errors == 1 else 's'}; nothing ran"


def _headline(error: BaseException) -> str:
    workflow = getattr(error, "workflow", "")
    node = getattr(error, "node", "")
    attempt = getattr(error, "attempt", 0)
    parts = [f"`{workflow}`" if workflow else "the run"]
    if node:
        parts.append(f"in node `{node}`")
    if attempt:
        parts.append(f"on attempt {attempt}")
    if path := getattr(error, "path", ""):
        parts.append(f"at `{path}`")
    return " ".join(parts)


def _show_frames(error: BaseException) -> None:
    # An engine's frame tells the user nothing; a library's only where their own code called it.
    places = [
        (frame.f_code, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(_MACHINERY)
    ]
    own = [place for place in places if not _is_library(place[0].co_filename)]
    left_out = len(own) - 2 * _FRAMES_EACH
    for position, (code, number) in enumerate(own):
        if left_out > 0 and _FRAMES_EACH <= position < len(own) - _FRAMES_EACH:
            if position == _FRAMES_EACH:
                say(Text(f"    … {left_out} more frames …", "dim"))
            continue
        say(Text.assemble("    ", (f"{_near(code.co_filename)}:{number}", "bold"), f" in {code.co_qualname}"))
        if line := linecache.getline(code.co_filename, number).strip():
            say(Text(f"        {line}", "dim"))
    if places and places[-1] not in own:
        code, number = places[-1]
        say(Text(f"    {_near(code.co_filename)}:{number} in {code.co_qualname}", "dim"))


@functools.cache
def _library_folders() -> tuple[str, ...]:
    # The folder of installed packages may lie inside that of the standard library: it comes first.
    paths = sysconfig.get_paths()
    return tuple(f"{paths[name]}{os.sep}" for name in ("purelib", "platlib", "stdlib"))


def _is_library(file: str) -> bool:
    return file.startswith(_library_folders())


def _near(file: str) -> str:
    """Shorten a path: below the current folder as users write it, a library's as it is imported."""
    for folder in _library_folders():
        if file.startswith(folder):
            return file.removeprefix(folder)
    try:
        path = os.path.relpath(file)
    except ValueError:  # Another drive.
        return file
    return file if path.startswith("..") else path
