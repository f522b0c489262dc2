"""The command line, ``workflow-engine``: one file per command.

==========  ===================================================================
exit code   meaning
==========  ===================================================================
0           all went well
1           a run failed, or ``check`` found faults
2           the command, its target or its input is wrong; nothing ran
130         Ctrl-C
141         the reader of standard output went away (as in ``... | head -1``)
143         SIGTERM; a batch keeps its results as for Ctrl-C
==========  ===================================================================

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys

__all__ = ["EXIT_BROKEN_PIPE", "EXIT_TERMINATED", "main"]

# What a shell reports of a process that SIGPIPE or SIGTERM ended.
EXIT_BROKEN_PIPE = 128 + 13
EXIT_TERMINATED = 128 + 15


def main() -> int:
    """Carry out the command in ``sys.argv``.

    Returns:
        The exit code, where the command did not end the process with it.
    """
    # What a command opens first would take the place of a stream that is closed.
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        return _refused("standard output is closed; to discard it write `>/dev/null`")
    try:
        return _carry_out()
    except BrokenPipeError:
        code = EXIT_BROKEN_PIPE
    except OSError as error:  # A full disk under standard output, for one.
        code = _refused(str(error))
    # What could not be written would be tried once more at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


def _carry_out() -> int:
    # Scripts ask for the version: typer and rich would cost them five times the time.
    if sys.argv[1:] in (["--version"], ["-V"]):
        from workflow_engine._core import version

        sys.stdout.write(f"workflow-engine {version}\n")
        sys.stdout.flush()
        return 0
    from workflow_engine.cli.app import app
    from workflow_engine.cli.report import CommandError, show_failure, show_refusal
    from workflow_engine.errors import CheckError

    try:
        app(prog_name="workflow-engine")
    except CommandError as error:
        show_refusal(error)
        return 2
    except CheckError as error:
        show_failure(error)
        return 2
    finally:
        sys.stdout.flush()
    return 0


def _refused(message: str) -> int:
    from workflow_engine.cli.report import CommandError, show_refusal

    show_refusal(CommandError(message))
    return 2
