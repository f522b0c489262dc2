"""Every snippet of the README does what it shows.

- A `python` block is a file. Its first line may name it (`# report.py`); then other blocks import
  it. It is run by itself, and prints what the `text` block after it shows, or nothing.
- A `console` block is commands after `$` with their standard output, line ends at its end aside.
  `workflow-engine serve` is started for the whole block.
- The `mermaid` block is the graph of the first workflow.
- A `sh` block names scripts that are there and explain themselves.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

README = Path(__file__).parents[1] / "README.md"
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SERVE = re.compile(r"^workflow-engine serve (?P<target>\S+) --port (?P<port>\d+)$")


class Block(NamedTuple):
    language: str
    text: str
    line: int

    @property
    def file(self) -> str:
        named = re.match(r"# (\w+\.(?:py|yaml))\n", self.text)
        return named[1] if named else f"snippet_{self.line}.py"


def read_blocks() -> list[Block]:
    text = README.read_text(encoding="utf-8")
    return [
        Block(match["language"], match["text"], text.count("\n", 0, match.start()) + 1)
        for match in FENCE.finditer(text)
    ]


BLOCKS = read_blocks()


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def by_line(block: Block) -> str:
    return f"line {block.line}"


def shown_output(block: Block) -> str:
    """Give the text block right after a block, empty if another follows."""
    follower = BLOCKS[BLOCKS.index(block) + 1]
    return follower.text if follower.language == "text" else ""


def read_commands(block: Block) -> list[tuple[str, str]]:
    """Split a console block into commands and what each prints."""
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    assert parts[0] == "", "a console block starts with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that holds every block of Python and YAML as a file."""
    path = tmp_path_factory.mktemp("readme")
    for block in [*of("python"), *of("yaml")]:
        (path / block.file).write_text(block.text, encoding="utf-8")
    return path


def run(arguments: list[str], folder: Path) -> str:
    """Run a command as a reader would, with the installed package first on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        arguments,
        check=False,
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    return done.stdout


def test_the_readme_has_its_parts() -> None:
    assert [block.language for block in BLOCKS[:4]] == ["python", "console", "mermaid", "sh"]
    assert len([line for line in BLOCKS[0].text.splitlines() if line.strip()]) <= 12


@pytest.mark.parametrize("block", of("python"), ids=by_line)
def test_python(block: Block, folder: Path) -> None:
    assert run([sys.executable, block.file], folder) == shown_output(block)


@pytest.mark.parametrize("block", of("console"), ids=by_line)
def test_console(block: Block, folder: Path, serve: Callable[..., AbstractContextManager[str]]) -> None:
    shown, found = [], []
    with contextlib.ExitStack() as servers:
        local: dict[str, str] = {}
        for command, output in read_commands(block):
            if served := SERVE.match(command):
                address = servers.enter_context(serve(served["target"], cwd=folder))
                local[f"http://127.0.0.1:{served['port']}"] = address
                continue
            line = command
            for written, address in local.items():
                line = line.replace(written, address)
            shown.append((command, output.rstrip("\n")))
            found.append((command, run(["bash", "-c", line], folder).rstrip("\n")))
    assert found == shown


def test_mermaid(folder: Path) -> None:
    (graph,) = of("mermaid")
    target = f"{BLOCKS[0].file}:report"
    assert run(["workflow-engine", "graph", target, "--format", "mermaid"], folder) == graph.text


def test_scripts() -> None:
    (block,) = of("sh")
    scripts = re.findall(r"^\./(\S+)", block.text, flags=re.MULTILINE)
    assert scripts == ["scripts/quickstart.sh", "scripts/test.sh"]
    for script in scripts:
        assert "Usage: " in run([str(README.parent / script), "--help"], README.parent)


def test_the_snippets_are_typed(folder: Path) -> None:
    files = [block.file for block in of("python")]
    assert run([sys.executable, "-m", "mypy", "--strict", *files], folder).startswith("Success")


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert links
    missing = [link for link in links if "://" not in link and not (README.parent / link).exists()]
    assert missing == []
