"""What all tests share."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Turns on the mode that always steals, for the whole session.
pytest_plugins = ["workflow_engine.testing"]

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder `shared` beside the checkout, which holds data that is not the project's."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("WORKFLOW_ENGINE_REQUIRE_SHARED") == "1":
            pytest.fail(f"{folder} is required and missing")
        pytest.skip(f"no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def command() -> str:
    """Give the path of the installed command `workflow-engine`."""
    found = shutil.which("workflow-engine", path=str(Path(sys.executable).parent))
    assert found, "workflow-engine is not installed beside the interpreter"
    return found


@pytest.fixture(scope="session")
def serve(command: str) -> Callable[..., contextlib.AbstractContextManager[str]]:
    """Give a context manager that serves targets in a process and gives the server's address."""

    @contextlib.contextmanager
    def run(*targets: str, cwd: Path = CHECKOUT) -> Iterator[str]:
        address = f"http://127.0.0.1:{free_port()}"
        host, port = address.removeprefix("http://").split(":")
        arguments = [command, "serve", *targets, "--host", host, "--port", port]
        # A file, because a pipe that nobody reads would stop a server that says much.
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as log,
            subprocess.Popen(arguments, cwd=cwd, stdout=log, stderr=log) as process,
        ):
            try:
                if not _answers(f"{address}/health", process):
                    log.seek(0)
                    pytest.fail(f"the server did not answer:\n{log.read()}")
                yield address
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise

    return run


def free_port() -> int:
    """Find a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(url: str, process: subprocess.Popen[bytes], seconds: float = 30.0) -> bool:
    """Wait for the first answer; say whether it came before the process ended or time was up."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=1).close()
            return True
        time.sleep(0.05)
    return False
