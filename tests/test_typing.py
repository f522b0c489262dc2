"""What mypy and pyright say: nothing about good code, and each mistake in its line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import workflow_engine

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).with_name("typing")
SOURCES = Path(workflow_engine.__file__).parent.parent


def mypy(file: Path) -> dict[int, str]:
    """Give what mypy reports of a file, by line."""
    settings = file.with_name("mypy.ini")
    # An installed package is found by itself, and mypy refuses its folder as a path.
    path = "" if SOURCES.name == "site-packages" else f"mypy_path = {SOURCES}\n"
    settings.write_text(f"[mypy]\nstrict = True\n{path}follow_imports = silent\n")
    ran = _run(file, "mypy", "--config-file", settings.name, "--output", "json", file.name)
    reports = [json.loads(line) for line in ran.splitlines() if line]
    return {report["line"]: report["message"] for report in reports if report["severity"] == "error"}


def pyright(file: Path) -> dict[int, str]:
    """Give what pyright reports of a file, by line."""
    settings = {
        "include": [file.name],
        "extraPaths": [str(SOURCES)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
    }
    file.with_name("pyrightconfig.json").write_text(json.dumps(settings))
    answer = json.loads(_run(file, "pyright", "--outputjson", "--pythonpath", sys.executable))
    assert answer["summary"]["filesAnalyzed"] == 1
    return {
        report["range"]["start"]["line"] + 1: report["message"]
        for report in answer["generalDiagnostics"]
        if report["severity"] == "error"
    }


def _run(file: Path, *command: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=file.parent,
        timeout=110,
    )
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return ran.stdout


def planted(file: Path) -> set[int]:
    lines = file.read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}


@pytest.fixture(params=[mypy, pyright])
def checker(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], dict[int, str]]:
    """Give a function that copies a file to an empty folder and checks it there."""

    def check(name: str) -> dict[int, str]:
        copy = tmp_path / name
        copy.write_text((FOLDER / name).read_text().replace("# mypy: ignore-errors", ""))
        found: dict[int, str] = request.param(copy)
        return found

    return check


def test_good_code_is_accepted(checker: Callable[[str], dict[int, str]]) -> None:
    assert checker("good.py") == {}


def test_each_mistake_is_reported_in_its_line(checker: Callable[[str], dict[int, str]]) -> None:
    mistakes = planted(FOLDER / "bad.py")
    assert len(mistakes) >= 6
    found = checker("bad.py")
    assert set(found) == mistakes, found
