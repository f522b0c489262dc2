"""The command line, ``workflow-engine``: one file per command.

==========  ===================================================================
exit code   meaning
==========  ===================================================================
0           all went well
1           a run failed, or ``check`` found faults
2           the command, its target or its input is wrong; nothing ran
130         Ctrl-C
141         the reader of standard output went away (as in ``... | head -1``)
==========  ===================================================================

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Carry out the command in ``sys.argv``.

    Returns:
        The exit code, where the command did not end the process with it.
    """
    # Scripts ask for the version: typer and rich would cost them five times the time.
    if sys.argv[1:] in (["--version"], ["-V"]):
        from workflow_engine._core import version

        sys.stdout.write(f"workflow-engine {version}\n")
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
    except OSError as error:  # A full disk under standard output, for one.
        show_refusal(CommandError(str(error)))
        return 2
    return 0
