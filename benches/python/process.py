"""Processes beside this one: what they keep in memory, and what they print."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["output_of", "processor_seconds", "rss", "rss_after", "run_for_seconds"]


def rss(process: int) -> int:
    """Give the bytes of memory that are resident for a process."""
    statistics = Path(f"/proc/{process}/statm")
    if statistics.exists():
        return int(statistics.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return int(output_of("ps", "-o", "rss=", "-p", str(process))) * 1024


def processor_seconds(process: int) -> float | None:
    """Give the processor time that a process has taken; None where the system does not tell."""
    statistics = Path(f"/proc/{process}/stat")
    if not statistics.exists():
        return None
    # The name before may hold blanks.
    fields = statistics.read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def output_of(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a command and give what it prints.

    Args:
        *command: The program and its arguments.
        environment: Its variables; None: those of this process.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return found.stdout


def rss_after(code: str, environment: Mapping[str, str]) -> float:
    """Run Python code in a process of its own, and give the bytes that are resident after it.

    Args:
        code: What it runs.
        environment: Its variables.
    """
    waiting = f"{code}\nprint(flush=True)\ninput()"
    command = [sys.executable, "-c", waiting]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = rss(process.pid)
        process.communicate("\n")
    return float(found)


def run_for_seconds(code: str, environment: Mapping[str, str]) -> float:
    """Run Python code in a process of its own, and give the processor time that this took.

    Args:
        code: What it runs.
        environment: Its variables.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output_of(sys.executable, "-c", code, environment=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
