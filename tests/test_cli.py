"""The command line, run as users run it: in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from workflow_engine._core import version

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "cli"
DESK = f"{FOLDER / 'app.py'}:desk"
COMMAND = [sys.executable, "-m", "workflow_engine"]
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR", "COLUMNS")
}

Done = subprocess.CompletedProcess[str]


def call(*arguments: str | Path | int, cwd: Path = FOLDER, stdin: str = "", **environment: str) -> Done:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        input=stdin,
        env=ENVIRONMENT | environment,
        timeout=60,
    )


@contextlib.contextmanager
def started(*arguments: str | Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command, with pipes as its standard streams; kill it at the end if it still runs."""
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=FOLDER,
        env=ENVIRONMENT | environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_of(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def tickets(path: Path, *changes: dict[str, Any]) -> Path:
    rows = ({"id": f"t{number}"} | change for number, change in enumerate(changes))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def refused(done: Done, *words: str) -> None:
    """Assert that a command ended with exit code 2, one error, and these words."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


# ---- version and help


def test_version_is_printed_without_the_heavy_imports() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--version']; from workflow_engine.cli import main; main();"
        "print(sorted({'typer', 'rich', 'pydantic', 'asyncio', 'robyn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"workflow-engine {version}\n[]\n"


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    done = call(flag)
    assert (done.returncode, done.stdout) == (0, f"workflow-engine {version}\n")


def test_the_installed_command_is_the_module(command: str) -> None:
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"workflow-engine {version}\n"


def test_help_lists_the_commands() -> None:
    done = call("--help")
    assert done.returncode == 0
    for word in ("run", "check", "graph", "serve", "path/to/file.py:workflow"):
        assert word in done.stdout


@pytest.mark.parametrize("name", ["run", "check", "graph", "serve"])
def test_each_help_has_examples_that_fit_a_terminal(name: str) -> None:
    done = call(name, "--help", COLUMNS="80")
    assert done.returncode == 0
    shown = done.stdout.splitlines()
    examples = [line for line in shown if line.startswith(f"  workflow-engine {name} ")]
    assert len(examples) >= 2
    # A line that was broken would go on below, indented like a command.
    commands = ("  workflow-engine ", "  curl ")
    assert [line for line in shown if line.startswith("  ") and line.strip()] == [
        line for line in shown if line.startswith(commands)
    ]


def test_an_unknown_option_is_a_usage_error() -> None:
    done = call("run", DESK, "--inptu", "1")
    assert done.returncode == 2
    assert "--inptu" in done.stderr


# ---- targets


@pytest.mark.parametrize(
    ("target", "cwd"),
    [
        ("app.py:desk", FOLDER),
        ("app:desk", FOLDER),
        ("app", FOLDER),
        ("app.py", FOLDER),
        ("./app.py:desk", FOLDER),
        (f"{FOLDER / 'app.py'}:desk", FOLDER.parent),
        ("cli/app.py", FOLDER.parent),
        ("../cli/app.py:desk", FOLDER),
    ],
)
def test_targets(target: str, cwd: Path) -> None:
    done = call("run", target, "--input", '{"id": "a"}', cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["id"] == "a"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("app:dsk", ["no workflow `dsk` in app", "did you mean `app:desk`?"]),
        ("app:Ticket", ["`Ticket` in app is of type `ModelMetaclass`, no workflow"]),
        ("several", ["several holds 2 workflows", "`several:double`", "`several:square`"]),
        ("several.py", ["several.py holds 2 workflows", "`several.py:square`"]),
        ("several:number", ["is of type `int`, no workflow", "`several:double`"]),
        ("several:trple", ["no workflow `trple`", "there is `several:double`, `several:square`"]),
        ("ticket_words", ["ticket_words holds no workflow", 'Workflow("...")']),
        ("ticket_words:x", ["no workflow `x` in ticket_words; it holds none at all"]),
        ("ap.py:desk", ["no file ap.py", "did you mean `app.py`?"]),
        ("apq", ["no module `apq`", "did you mean `app`?"]),
        ("nowhere/app.py", ["no file nowhere/app.py"]),
        ("../cli/", ["../cli is a folder", "app.py"]),
        (":desk", ["a target is `module:workflow`"]),
    ],
)
def test_bad_targets(target: str, words: list[str]) -> None:
    refused(call("run", target, "--input", "1"), *words)


def test_a_workflow_is_found_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "from workflow_engine import Workflow\n"
        "w = Workflow('billing')\n"
        "w.add_node(str, name='text', inputs={'object': w.input})\n"
        "v = Workflow('other')\n"
    )
    done = call("run", "flow.py:billing", "--input", "3", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, '"3"\n')


BAD_MODULES = {
    "missing.py": ("import not_there_at_all\n", ["ModuleNotFoundError", "missing.py:1"]),
    "syntax.py": ("x = (\n", ["SyntaxError", "syntax.py", "line 1"]),
    "raises.py": ("def f():\n    1 / 0\n\nf()\n", ["ZeroDivisionError", "raises.py:2 in f"]),
    "exits.py": ("raise SystemExit(0)\n", ["ended the process", '`if __name__ == "__main__":`']),
    "name.py": ("import workflow_engine as w\nw.Workflow('No!')\n", ["name.py:2"]),
}


@pytest.mark.parametrize("name", BAD_MODULES)
@pytest.mark.parametrize("as_file", [True, False])
def test_modules_that_cannot_be_imported(tmp_path: Path, name: str, as_file: bool) -> None:
    source, words = BAD_MODULES[name]
    (tmp_path / name).write_text(source)
    target = name if as_file else name.removesuffix(".py")
    done = call("run", target, "--input", "1", cwd=tmp_path)
    refused(done, target, *words)
    assert "importlib" not in done.stderr
    assert f"cli{os.sep}target.py" not in done.stderr


def test_nothing_is_imported_twice(tmp_path: Path) -> None:
    """A module that a sibling imports in turn is the module of the target."""
    (tmp_path / "flow.py").write_text(
        "print('flow imported')\nfrom workflow_engine import Workflow\nw = Workflow('w')\nimport nodes\n"
    )
    (tmp_path / "nodes.py").write_text(
        "from flow import w\n@w.node\ndef one(input: int) -> int:\n    return input + 1\n"
    )
    for target in ("flow.py:w", "flow:w"):
        done = call("run", target, "--input", "1", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
        assert done.stderr.count("flow imported") == 1
    done = call("check", "flow.py:w", "flow:w", "./flow.py", cwd=tmp_path)
    assert done.stdout.count("flow imported") + done.stderr.count("flow imported") == 1
    assert done.stdout.count("OK") == 1


def test_a_file_inside_a_package_is_imported_as_its_module(tmp_path: Path) -> None:
    package = tmp_path / "shop" / "flows"
    package.mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").write_text("print('shop imported')\n")
    (package / "__init__.py").write_text("")
    (package / "price.py").write_text("def double(n: int) -> int:\n    return n * 2\n")
    (package / "order.py").write_text(
        "from workflow_engine import Workflow\n"
        "from .price import double\n"
        "import shop.flows.order as itself\n"
        "w = Workflow('order')\n"
        "@w.node\n"
        "def total(input: int) -> list[object]:\n"
        "    return [double(input), __name__, itself.w is w]\n"
    )
    done = call("run", "shop/flows/order.py", "--input", "4", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (0, [8, "shop.flows.order", True])


@pytest.mark.parametrize("name", ["my-flow.py", "1st.py", "typer.py", "workflow.py", "queue.py"])
def test_files_with_any_name(tmp_path: Path, name: str) -> None:
    """A name that is no identifier, or that a library has already, is as good as any other."""
    file = tmp_path / name
    file.write_text(
        "from workflow_engine import Workflow\nw = Workflow('w')\n"
        "@w.node\ndef one(input: int) -> int:\n    return input + 1\n"
    )
    done = call("run", file, "--input", "1", cwd=FOLDER)
    if name == "queue.py":
        refused(done, "queue.py hides Python's own module `queue`", "rename the file")
    else:
        assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr


# ---- input


def test_input_from_a_file_from_stdin_and_as_text(tmp_path: Path) -> None:
    file = tmp_path / "ticket.json"
    file.write_bytes(b'\xef\xbb\xbf{"id": "a"}')
    expected = '{"id":"a","urgency":"low","person":null,"words":[],"tags":{}}\n'
    for done in (
        call("run", DESK, "--input", file),
        call("run", DESK, "-i", "-", stdin='{"id": "a"}\n'),
        call("run", DESK, "-i", '{"id": "a"}'),
    ):
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


BAD_INPUTS: list[tuple[list[str], list[str]]] = [
    (
        ["-i", "tickt_words.py"],
        [
            "`--input tickt_words.py` is not JSON, and no file of this name",
            "; to read a file write its path",
            "did you mean `ticket_words.py`?",
        ],
    ),
    (["-i", "nowhere/event.json"], ["no file of this name; to read a file write its path"]),
    (["-i", "hello"], ["no file of this name", "--input '\"hello\"'"]),
    (["-i", '{"id": }'], ["--input: not valid JSON", "column 8"]),
    (["-i", "{'id': 1}"], ["--input: not valid JSON"]),
    (["-i", '{"id": "a", "id": "b"}'], ["--input: not valid JSON", "id"]),
    (["-i", "."], [". is a folder; write the path of a file"]),
    (["-i", '{"id": 3}'], ["input.id"]),
    (["-i", '{"urgency": "none", "words": 1}'], ["input.id", "input.urgency", "input.words"]),
    (["-i", "app.py"], ["app.py: "]),
    (["-i", '[{"id": "a"}]'], ["to run each member or line of it add `--each`"]),
    (["-f", "id"], ["`-f id` has no value; write `-f id=VALUE`"]),
    (["-f", "=3"], ["is no field"]),
    (["-f", "a..b=3"], ["`a..b` is no field"]),
    (["-f", "id=1", "-f", "id=2"], ["sets `id` a second time"]),
    (["-f", "id=@nowhere.txt"], ["cannot read nowhere.txt", "-f 'id=\"@nowhere.txt\"'"]),
    (["-i", '{"id": "a"}', "-f", "id.x=3"], ["`-f id.x=3`: the input has no object there"]),
    (["-f", "urgency=none"], ["input.id", "input.urgency"]),
    (["--each"], ["`--each` needs `--input`"]),
    (["-i", "{}", "--resume"], ["`--resume` is for a batch with `--output FILE`"]),
    (["-i", "{}", "--tag", "x"], ["`--tag x` is no tag; write `--tag KEY=VALUE`"]),
    (["-i", "[1, 2", "--each"], ["--input: not valid JSON"]),
    (["-i", "-", "--each"], ["standard input is no JSON array", "line 2, column 4"]),
]


@pytest.mark.parametrize(("arguments", "words"), BAD_INPUTS, ids=lambda value: " ".join(value[:2]))
def test_bad_inputs(arguments: list[str], words: list[str]) -> None:
    refused(call("run", DESK, *arguments, stdin="[\n1, oops]"), *words)


def test_without_input_the_fields_are_listed_and_the_commands_work() -> None:
    done = call("run", "app.py:desk")
    refused(done, "`desk` needs an input: Ticket", "id ", "required", '"low" or "high"')
    commands = [line.strip() for line in done.stderr.splitlines() if line.startswith("    workflow-engine")]
    assert commands[-1] == "workflow-engine run app.py:desk -f id=text"
    assert len(commands) == 2
    for command in commands:
        again = subprocess.run(
            command.replace("workflow-engine", " ".join(COMMAND), 1),
            capture_output=True,
            shell=True,
            check=True,
            cwd=FOLDER,
            env=ENVIRONMENT,
        )
        assert json.loads(again.stdout)["id"] == "text"


def test_a_workflow_without_input_type_runs_without_input(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "from workflow_engine import Workflow\nw = Workflow('w')\n"
        "@w.node\ndef none(input: object) -> bool:\n    return input is None\n"
    )
    done = call("run", "flow.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "true\n")


def test_fields(tmp_path: Path) -> None:
    (tmp_path / "word.txt").write_text("from a file")
    done = call(
        "run",
        DESK,
        *("-f", "id=007"),
        *("-f", "person.name=Ada"),
        *("-f", "person[age]=36"),
        *("-f", "words[]=true"),
        *("-f", "words[]=@word.txt"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    ticket = json.loads(done.stdout)
    assert ticket["id"] == "007"
    assert ticket["person"] == "Ada"
    assert ticket["words"] == ["TRUE", "FROM A FILE"]


def test_fields_change_an_input(tmp_path: Path) -> None:
    file = tickets(tmp_path / "many.jsonl", {}, {"words": ["x"]})
    done = call("run", DESK, "-i", file, "-f", "urgency=high", "-f", "words[]=y")
    assert [(row["urgency"], row["words"]) for row in lines_of(done.stdout)] == [
        ("high", ["Y"]),
        ("high", ["X", "Y"]),
    ]


# ---- one run


def test_what_nodes_print_goes_to_stderr() -> None:
    done = call("run", DESK, "-f", "id=a", "-f", "words[]=print")
    assert json.loads(done.stdout)["id"] == "a"
    assert "printed by a node\n" in done.stderr
    assert "printed by a process\n" in done.stderr


def test_a_failed_run_shows_the_users_frames_only() -> None:
    done = call("run", "app.py:desk", "-f", "id=a", "-f", "words[]=fail")
    assert (done.returncode, done.stdout) == (1, "")
    shown = done.stderr.splitlines()
    assert shown[0] == "failed: `desk` in node `answer` on attempt 1"
    assert shown[1] == "  RuntimeError: ticket a is refused"
    assert [line.split(":")[0].strip() + line[line.index(" in ") :] for line in shown[2:6:2]] == [
        "app.py in answer",
        "app.py in refuse",
    ]
    assert shown[3].strip() == "refuse(ticket)"
    assert "  caused by json.decoder.JSONDecodeError" in done.stderr
    assert "Traceback" not in done.stderr
    assert "workflow_engine" not in done.stderr


def test_timeout_ends_a_run() -> None:
    started = time.monotonic()
    done = call("run", DESK, "-f", "id=a", "-f", "seconds=30", "--timeout", "0.2")
    assert done.returncode == 1
    assert done.stderr.startswith("failed: `desk`")
    assert time.monotonic() - started < 10


def test_tags_reach_the_nodes() -> None:
    done = call("run", DESK, "-f", "id=a", "--tag", "team=red", "--tag", "env=a=b")
    assert json.loads(done.stdout)["tags"] == {"team": "red", "env": "a=b"}


def test_pretty_and_compact() -> None:
    done = call("run", DESK, "-f", "id=a", "-f", "words[]=ä", "--pretty")
    assert done.stdout.startswith('{\n  "id": "a",\n')
    assert '    "Ä"\n' in done.stdout
    assert call("run", DESK, "-f", "id=a", "--compact").stdout.count("\n") == 1


def test_output_of_one_run(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text("old")
    done = call("run", DESK, "-f", "id=a", "-f", "words[]=fail", "-o", file)
    assert (done.returncode, file.read_text()) == (1, "old")
    done = call("run", DESK, "-f", "id=a", "-o", file)
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads(file.read_text())["id"] == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["answer.json"]


WAYS_TO_WRITE = {
    "a run": ["run", DESK, "-f", "id=a"],
    "a batch": ["run", DESK, "--each", "-i", '[{"id": "a"}]'],
    "a graph": ["graph", DESK, "--format", "json"],
}


@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_what_can_be_no_output_is_refused_before_anything_runs(tmp_path: Path, way: str) -> None:
    log = tmp_path / "log"
    for output in (".", "", "/", "no/a.json"):
        done = call(*WAYS_TO_WRITE[way], "-o", output, TICKET_LOG=str(log))
        refused(done, "cannot write", "no folder no" if output.startswith("no") else "is a folder")
    assert not log.exists()


@pytest.mark.parametrize("way", [*WAYS_TO_WRITE, "a resumed batch"])
def test_an_output_keeps_its_links_and_its_mode(tmp_path: Path, way: str) -> None:
    arguments = WAYS_TO_WRITE[way.replace("resumed ", "")] + ["--resume"] * ("resumed" in way)
    file, link = tmp_path / "file.json", tmp_path / "link.json"
    link.symlink_to("file.json")
    for mode in (None, 0o640):
        if mode is not None:
            file.write_text("old\n")
            file.chmod(mode)
        assert call(*arguments, "-o", link).returncode == 0
        assert '"desk"' in file.read_text() or json.loads(file.read_text())["id"] == "a"
        assert link.is_symlink()
        assert mode in (None, file.stat().st_mode & 0o777)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.json", "link.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_pipes_and_devices_are_written_to_and_stay(tmp_path: Path, way: str) -> None:
    reader, writer = os.pipe()
    pipe, device = tmp_path / "pipe", tmp_path / "null"
    os.mkfifo(pipe)
    named = os.open(pipe, os.O_RDWR)
    places: list[str | Path] = [f"/dev/fd/{writer}", "/dev/stdout", pipe]
    with contextlib.suppress(PermissionError):  # Only root makes devices.
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        places.append(device)
    shown = []
    for place in places:
        done = subprocess.run(
            [*COMMAND, *WAYS_TO_WRITE[way], "-o", place],
            capture_output=True,
            check=True,
            env=ENVIRONMENT,
            pass_fds=[writer],
        )
        shown.append(done.stdout)
    expected = call(*WAYS_TO_WRITE[way]).stdout.encode()
    assert shown == [b"", expected, b"", b""][: len(places)]
    for descriptor in (reader, named):
        assert os.read(descriptor, 1 << 16) == expected
    assert pipe.is_fifo()
    assert device.is_char_device() == (device in places)
    if way == "a batch":
        refused(call(*WAYS_TO_WRITE[way], "--resume", "-o", pipe), "`--resume` needs a file to read")
        failing = '[{"id": "a", "words": ["fail"]}]'
        assert "--resume" not in call("run", DESK, "--each", "-i", failing, "-o", pipe).stderr
    for descriptor in (reader, writer, named):
        os.close(descriptor)


def test_a_faulty_workflow_does_not_run() -> None:
    done = call("run", "faulty.py", "--input", '"x"')
    refused(done, "`broken` has 1 fault; nothing ran", "faulty.py:1", "laod")


# ---- a batch


def test_line_n_answers_input_n(tmp_path: Path) -> None:
    file = tmp_path / "tickets.jsonl"
    rows = [{"id": f"t{n}", "seconds": (7 * n % 5) / 50} for n in range(40)]
    text = [json.dumps(row) for row in rows]
    text[3] = '{"id": 3}'
    text[5] = "{nope"
    text[9] = '{"id": "t9", "words": ["fail"]}'
    # Blank lines are no inputs, and the last line needs no end.
    file.write_text("\n\n".join(text))
    done = call("run", DESK, "-i", file, "-c", "7", "--tag", "a=b")
    assert done.returncode == 1
    results = lines_of(done.stdout)
    assert len(results) == 40
    good = [n for n in range(40) if n not in (3, 5, 9)]
    assert [results[n]["id"] for n in good] == [f"t{n}" for n in good]
    assert all(results[n]["tags"] == {"a": "b"} for n in good)
    problems = [results[n]["error"] for n in (3, 5, 9)]
    assert [problem["status"] for problem in problems] == [422, 400, 500]
    assert problems[0]["path"] == "input.id"
    assert problems[1]["line"] == 1
    assert problems[2]["node"] == "answer"
    assert problems[2]["attempt"] == 1
    assert problems[2]["run"]
    assert "RuntimeError: ticket t9 is refused" in problems[2]["detail"]
    assert "app.py" not in done.stdout


def test_the_table_counts_runs_and_shows_failures(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"words": ["fail"], "id": "same"} for _ in range(3)]
    file = tickets(tmp_path / "tickets.jsonl", {}, *rows, {})
    done = call("run", DESK, "-i", file)
    header, counts, failure = done.stderr.splitlines()
    assert header.split() == ["runs", "ok", "failed", "p50", "p95", "max", "runs/s"]
    assert counts.split()[:3] == ["5", "2", "3"]
    assert failure.startswith("line 2 and 2 more: `desk` in node `answer` on attempt 1: Runtime")


def test_a_narrow_table_has_a_row_for_each_figure(tmp_path: Path) -> None:
    file = tickets(tmp_path / "tickets.jsonl", {}, {"words": ["fail"]})
    done = call("run", DESK, "-i", file, COLUMNS="30")
    *rows, failure = done.stderr.splitlines()
    assert [row.split()[0] for row in rows] == ["runs", "ok", "failed", "p50", "p95", "max", "runs/s"]
    assert [row.split()[1] for row in rows[:3]] == ["2", "1", "1"]
    assert max(map(len, rows)) <= 30
    assert failure.endswith("RuntimeError: ticket t1 is refused")


# What nodes raise, and what their lines tell of it.
RAISED = {
    "an exception of its own": ("class Own(BaseException): ...", "Own('x')", "internal"),
    "a generator's end": ("", "GeneratorExit()", "internal"),
    "a cancellation": ("import asyncio", "asyncio.CancelledError()", "internal"),
    "an exit": ("", "SystemExit(3)", "internal"),
    "a lone surrogate": ("", "ValueError('\\ud800')", "node-failed"),
    "no text": (
        "class Mute(Exception):\n    def __str__(self): raise KeyError(1)",
        "Mute()",
        "node-failed",
    ),
}


@pytest.mark.parametrize("case", RAISED)
@pytest.mark.parametrize("word", ["def", "async def"])
def test_a_batch_goes_on_whatever_its_nodes_raise(tmp_path: Path, case: str, word: str) -> None:
    made, raised, kind = RAISED[case]
    (tmp_path / "flow.py").write_text(
        f"{made}\n"
        "from workflow_engine import Workflow\n"
        "w = Workflow('w')\n"
        "@w.node\n"
        f"{word} one(input: int) -> int:\n"
        "    if input == 2:\n"
        f"        raise {raised}\n"
        "    return input\n"
    )
    done = call("run", "flow.py", "--each", "-i", "[1, 2, 3]", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    first, second, third = lines_of(done.stdout)
    assert (first, third) == (1, 3)
    assert second["error"]["type"].endswith(f":{kind}")
    assert "line 2: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("timeout", ["-1", "0", "inf", "1e300", "nan", "soon"])
@pytest.mark.parametrize("each", [[], ["--each"]])
def test_a_timeout_has_bounds(timeout: str, each: list[str]) -> None:
    done = call("run", DESK, *each, "-i", "[]", "--timeout", timeout)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--timeout" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("concurrency", ["0", "1000000"])
def test_concurrency_has_bounds(concurrency: str) -> None:
    done = call("run", DESK, "--each", "-i", "[]", "--concurrency", concurrency)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--concurrency" in done.stderr


def test_of_a_deep_recursion_both_ends_are_shown(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "from workflow_engine import Workflow\n"
        "w = Workflow('w')\n"
        "@w.node\n"
        "def one(input: int) -> int:\n"
        "    return deeper(input)\n"
        "def deeper(n: int) -> int:\n"
        "    return deeper(n + 1)\n"
    )
    done = call("run", "flow.py", "-i", "1", cwd=tmp_path)
    assert done.returncode == 1
    assert "RecursionError: maximum recursion depth exceeded" in done.stderr
    assert "flow.py:5 in one" in done.stderr
    assert " more frames …" in done.stderr
    assert done.stderr.count("flow.py:") == 20


def test_each_takes_arrays_and_lines(tmp_path: Path) -> None:
    array = '[1, 2.50, {"a": [1, "]"]},\n "x", [], 12345678901234567890123]'
    expected = ["1", "2.50", '{"a": [1, "]"]}', '"x"', "[]", "12345678901234567890123"]
    (tmp_path / "flow.py").write_text(
        "from workflow_engine import Workflow\nw = Workflow('w')\n"
        "@w.node\ndef same(input: object) -> object:\n    return input\n"
    )
    values = [json.loads(text) for text in expected]
    file = tmp_path / "values.json"
    lines = "\r\n".join(expected)
    for source, text in ((array, ""), ("-", array), ("-", lines), (file, array), (file, lines)):
        file.write_text(text)
        done = call("run", "flow.py", "-i", source, "--each", cwd=tmp_path, stdin=text)
        assert done.returncode == 0, done.stderr
        assert lines_of(done.stdout) == values
    # Several arrays are lines; in a `.jsonl` file an array is one input.
    for name in ("arrays.json", "arrays.jsonl"):
        (tmp_path / name).write_text("[1, 2]\n[3]\n")
        done = call("run", "flow.py", "-i", name, "--each", cwd=tmp_path)
        assert lines_of(done.stdout) == [[1, 2], [3]]
    (tmp_path / "arrays.jsonl").write_text("[1, 2]\n")
    assert call("run", "flow.py", "-i", "arrays.jsonl", cwd=tmp_path).stdout == "[1,2]\n"
    for empty in ("[]", "", " \n\n"):
        done = call("run", "flow.py", "-i", "-", "--each", cwd=tmp_path, stdin=empty)
        assert (done.returncode, done.stdout) == (0, "")


def test_inputs_are_read_as_they_come() -> None:
    """Answers come while standard input is still open."""
    with started("run", DESK, "-i", "-", "--each", "-c", "2") as process:
        assert process.stdin
        assert process.stdout
        for name in ("a", "b", "c"):
            process.stdin.write(b'{"id": "%s"}\n' % name.encode())
            process.stdin.flush()
            assert select.select([process.stdout], [], [], 30)[0], "no answer came"
            assert json.loads(process.stdout.readline())["id"] == name
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_a_slow_run_does_not_let_results_pile_up(tmp_path: Path) -> None:
    """Behind a slow run a bounded number goes on, then the batch waits for it."""
    log = tmp_path / "log"
    file = tickets(tmp_path / "t.jsonl", {"seconds": 60}, *({} for _ in range(200)))
    with started("run", DESK, "-i", file, "-c", "2", TICKET_LOG=str(log)):
        wait_for(lambda: len(ran(log)) >= 31)
        time.sleep(0.3)
        assert len(ran(log)) == 31


def test_concurrency_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "import asyncio\n"
        "from workflow_engine import Workflow\n"
        "w = Workflow('w')\n"
        "running = []\n"
        "@w.node\n"
        "async def at_once(input: int) -> int:\n"
        "    running.append(input)\n"
        "    count = len(running)\n"
        "    await asyncio.sleep(0.1)\n"
        "    running.remove(input)\n"
        "    return count\n"
    )
    for concurrency in (6, 3, 1):
        done = call(
            *("run", "flow.py", "--each", "-c", concurrency, "-i"),
            json.dumps(list(range(12))),
            cwd=tmp_path,
        )
        assert max(lines_of(done.stdout)) == concurrency


# ---- batches that stop: output and resume


def wait_for(condition: Any, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def whole_lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def ran(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def test_output_and_resume(tmp_path: Path) -> None:
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    failing = [{"words": ["fail"]} if n % 4 == 1 else {} for n in range(12)]
    file = tickets(tmp_path / "t.jsonl", *failing)
    done = call("run", DESK, "-i", file, "-o", out)
    assert (done.returncode, done.stdout) == (1, "")
    first = whole_lines(out)
    assert "to run the failed ones again add `--resume`" in done.stderr
    assert [b'"error"' in line for line in first] == [n % 4 == 1 for n in range(12)]

    done = call("run", DESK, "-i", file, "-o", out, "--resume", TICKET_LOG=str(log))
    assert done.returncode == 1
    assert sorted(ran(log)) == ["t1", "t5", "t9"]
    assert "kept" in done.stderr

    done = call("run", DESK, "-i", file, "-o", out, "--resume", TICKETS_MENDED="1")
    assert done.returncode == 0
    assert [row["id"] for row in lines_of(out.read_text())] == [f"t{n}" for n in range(12)]
    kept = [line for n, line in enumerate(first) if n % 4 != 1]
    assert [line for n, line in enumerate(whole_lines(out)) if n % 4 != 1] == kept

    log.unlink()
    done = call("run", DESK, "-i", file, "-o", out, "--resume", TICKET_LOG=str(log))
    assert (done.returncode, ran(log)) == (0, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "t.jsonl"]


def test_resume_mends_torn_and_broken_lines(tmp_path: Path) -> None:
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    file = tickets(tmp_path / "t.jsonl", *({} for _ in range(6)))
    own_error = b'{"error":{"type":"mine"}}'
    out.write_bytes(b'{"id":"kept"}\n' + own_error + b'\n{"id":\n\0\0\0\n{"id":"t4"')
    done = call("run", DESK, "-i", file, "-o", out, "--resume", TICKET_LOG=str(log))
    assert done.returncode == 0
    assert sorted(ran(log)) == ["t2", "t3", "t4", "t5"]
    assert whole_lines(out)[:2] == [b'{"id":"kept"}', own_error]
    assert [row["id"] for row in lines_of(out.read_text())[2:]] == ["t2", "t3", "t4", "t5"]


def test_a_file_without_resume_is_begun_anew(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text('{"id":"old"}\n' * 9)
    out.with_name("out.jsonl.part").write_text('{"id":"older"}\n' * 9)
    file = tickets(tmp_path / "t.jsonl", {}, {})
    assert call("run", DESK, "-i", file, "-o", out).returncode == 0
    assert [row["id"] for row in lines_of(out.read_text())] == ["t0", "t1"]
    assert not out.with_name("out.jsonl.part").exists()
    refused(call("run", DESK, "-i", file, "-o", file), "is both `--input` and `--output`")
    assert len(whole_lines(file)) == 2


@pytest.mark.parametrize("moment", [0, 3, 11, 26])
def test_kill_and_resume(tmp_path: Path, moment: int) -> None:
    """Killed in the first try and in the second, the third ends with every line in its place."""
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    part = out.with_name("out.jsonl.part")
    rows = [{"seconds": (n * 5 % 7) / 100, "words": ["fail"] * (n % 5 == 2)} for n in range(40)]
    file = tickets(tmp_path / "t.jsonl", *rows)
    arguments: list[str | Path] = ["run", DESK, "-i", file, "-o", out, "-c", "3"]
    answered: set[str] = set()
    for resume in ([], ["--resume"]):
        with started(*arguments, *resume, TICKET_LOG=str(log)) as process:
            written = part if resume else out
            wait_for(lambda: len(whole_lines(written)) >= moment or process.poll() is not None)  # noqa: B023
            process.kill()
        for path in (out, part):
            for row in map(json.loads, whole_lines(path)):
                answered |= {row["id"]} if "id" in row else set()
    log.unlink(missing_ok=True)
    done = call(*arguments, "--resume", TICKET_LOG=str(log), TICKETS_MENDED="1")
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in lines_of(out.read_text())] == [f"t{n}" for n in range(40)]
    assert not answered & set(ran(log)), "an answered input ran again"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "out.jsonl", "t.jsonl"]


def interrupt(process: subprocess.Popen[bytes], after: float) -> tuple[str, float]:
    """Send Ctrl-C after some seconds; give standard error and the seconds it took to end."""
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    _, stderr = process.communicate(timeout=30)
    return stderr.decode(), time.monotonic() - sent


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    rows: list[dict[str, Any]] = [{"seconds": 60} if n in (2, 4) else {} for n in range(6)]
    file = tickets(tmp_path / "t.jsonl", *rows)
    log = tmp_path / "log"
    with started("run", DESK, "-i", file, "-o", out, TICKET_LOG=str(log)) as process:
        wait_for(lambda: len(ran(log)) == 4)
        stderr, seconds = interrupt(process, 0.3)
    assert process.returncode == 130
    assert seconds < 5
    assert "Traceback" not in stderr
    assert "interrupted; to go on add `--resume`" in stderr
    rows = lines_of(out.read_text())
    # The lines after a run that did not end are kept in their places.
    assert [row.get("id", row.get("error", {}).get("status")) for row in rows] == [
        *("t0", "t1", 409, "t3", 409, "t5")
    ]
    log.unlink()
    mended = tickets(tmp_path / "t.jsonl", *({} for _ in range(6)))
    done = call("run", DESK, "-i", mended, "-o", out, "--resume", TICKET_LOG=str(log))
    assert (done.returncode, sorted(ran(log))) == (0, ["t2", "t4"])


@pytest.mark.parametrize("arguments", [["-f", "id=a", "-f", "seconds=60"], ["-i", "-", "--each"]])
def test_ctrl_c_ends_a_command_that_waits(arguments: list[str]) -> None:
    """Ctrl-C ends a long run, and a batch whose standard input says nothing."""
    with started("run", DESK, *arguments) as process:
        # Nothing tells from outside that a run has begun; by then it long has.
        stderr, seconds = interrupt(process, 3.0)
    assert process.returncode == 130
    assert seconds < 5
    assert "interrupted" in stderr
    assert "Traceback" not in stderr
    assert "Fatal" not in stderr


def test_sigterm_keeps_what_is_done_as_ctrl_c_does(tmp_path: Path) -> None:
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    file = tickets(tmp_path / "t.jsonl", {}, {"seconds": 60}, {})
    with started("run", DESK, "-i", file, "-o", out, TICKET_LOG=str(log)) as process:
        wait_for(lambda: len(ran(log)) == 2)
        time.sleep(0.3)
        process.terminate()
        _, stderr = process.communicate(timeout=10)
    assert process.returncode == 143
    assert b"interrupted; to go on add `--resume`" in stderr
    assert b"Traceback" not in stderr
    rows = lines_of(out.read_text())
    assert [row.get("id", row.get("error", {}).get("status")) for row in rows] == ["t0", 409, "t2"]


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_sigterm_ends_the_processes_of_nodes_as_ever(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "import multiprocessing, time\n"
        "from workflow_engine import Workflow\n"
        "w = Workflow('w')\n"
        "@w.node\n"
        "def code(input: int) -> int | None:\n"
        "    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,))\n"
        "    child.start()\n"
        "    time.sleep(0.1)\n"
        "    child.terminate()\n"
        "    child.join(10)\n"
        "    return child.exitcode\n"
    )
    done = call("run", "flow.py", "--each", "-i", "[1]", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "-15\n")


@pytest.mark.parametrize("arguments", [["-i", "1"], ["--each", "-i", "[1]"]])
def test_what_a_node_prints_after_its_run_is_no_result(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "flow.py").write_text(
        "import time\n"
        "from workflow_engine import Workflow\n"
        "w = Workflow('w')\n"
        "@w.node\n"
        "def late(input: int) -> None:\n"
        "    time.sleep(0.8)\n"
        "    print('printed late', flush=True)\n"
        "@w.node\n"
        "def failing(input: int) -> None:\n"
        "    time.sleep(0.1)\n"
        "    raise RuntimeError\n"
        "w.returns(failing)\n"
    )
    for limit in ([], ["--timeout", "0.05"]):
        done = call("run", "flow.py", *arguments, *limit, cwd=tmp_path)
        assert done.returncode == 1
        assert "printed late" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE there")
def test_a_reader_that_goes_away_ends_the_batch_quietly(tmp_path: Path) -> None:
    file = tickets(tmp_path / "t.jsonl", *({"words": ["long" * 100]} for _ in range(2000)))
    with started("run", DESK, "-i", file) as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["id"] == "t0"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


COMMANDS = {
    "version": ["--version"],
    "help": ["--help"],
    "run": ["run", DESK, "-f", "id=a"],
    "batch": ["run", DESK, "--each", "-i", '[{"id": "a"}]'],
    "check": ["check", DESK],
    "graph": ["graph", DESK],
}


def with_streams(name: str, streams: str) -> Done:
    """Run a command with its streams as the shell says."""
    line = f"{shlex.join([*COMMAND, *COMMANDS[name]])} {streams}"
    environment = {key: value for key, value in ENVIRONMENT.items() if key != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, env=environment, timeout=60
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_an_error_in_one_line(name: str) -> None:
    done = with_streams(name, ">/dev/full")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "error: [Errno 28] No space left on device"
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("name", COMMANDS)
def test_streams_that_are_closed(name: str) -> None:
    refused(with_streams(name, ">&-"), "standard output is closed; to discard it write `>/dev/null`")
    done = with_streams(name, "2>&-")
    assert done.returncode == 0
    assert done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_prints_of_nodes_are_no_results_without_standard_error() -> None:
    command = shlex.join([*COMMAND, "run", DESK, "-f", "id=a", "-f", "words[]=print"])
    done = subprocess.run(
        ["bash", "-c", f"{command} 2>&-"], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert json.loads(done.stdout)["id"] == "a"


# ---- check and graph


def test_check_of_a_sound_workflow() -> None:
    done = call("check", "app.py:desk")
    assert (done.returncode, done.stdout, done.stderr) == (0, "`desk`: OK, 2 nodes\n", "")
    assert call("check", "--strict", "several").stdout.count("OK") == 2


def test_check_lists_faults_with_place_and_remedy() -> None:
    done = call("check", "faulty.py")
    assert done.returncode == 1
    assert done.stdout.startswith("faulty.py:")
    assert ": error in `show`: " in done.stdout
    assert "`laod`" in done.stdout
    assert "`load`" in done.stdout
    assert done.stdout.endswith("`broken`: 1 error, 0 warnings\n")


def test_check_strict_fails_on_warnings(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "from typing import Literal\n"
        "from workflow_engine import Workflow\n"
        "w = Workflow('w')\n"
        "@w.node\ndef kind(input: str) -> Literal['a', 'b']:\n    return 'a'\n"
        "@w.node\ndef one(input: str) -> str:\n    return input\n"
        "w.route(kind, {'a': one, 'b': None})\n"
        "w.returns(one)\n"
    )
    done = call("check", "flow.py", cwd=tmp_path)
    assert done.returncode == 0
    assert ": warning" in done.stdout
    assert done.stdout.endswith("`w`: 0 errors, 1 warning\n")
    assert call("check", "--strict", "flow.py", cwd=tmp_path).returncode == 1
    run = call("run", "flow.py", "-i", '"x"', cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, '"x"\n')
    assert run.stderr.count("flow.py:") == 1, "a warning is shown once"
    assert "UserWarning" not in run.stderr


def test_graph_formats(tmp_path: Path) -> None:
    done = call("graph", "app.py:desk")
    assert done.returncode == 0
    assert done.stdout.startswith("flowchart")
    assert call("graph", "app.py", "--format", "mermaid").stdout == done.stdout
    data = json.loads(call("graph", "app.py", "--format", "json").stdout)
    assert data["name"] == "desk"
    svg = call("graph", "app.py", "--format", "svg").stdout
    assert "<svg" in svg
    for name in ("picture.svg", "graph.json", "graph.mmd"):
        done = call("graph", "app.py", "-o", tmp_path / name)
        assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "picture.svg").read_text() == svg
    assert json.loads((tmp_path / "graph.json").read_text()) == data
    assert (tmp_path / "graph.mmd").read_text().startswith("flowchart")
    refused(call("graph", "faulty.py"), "`broken` has 1 fault")


# ---- serve: what it refuses; that it serves is tested with the server


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_serve_on_a_taken_port_proposes_a_free_one(taken_port: int) -> None:
    done = call("serve", "app.py", "--port", str(taken_port))
    refused(done, f"port {taken_port} is in use; try `--port ")
    proposed = int(done.stderr.rpartition("--port ")[2].strip("`\n"))
    assert proposed > taken_port
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", proposed))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["app.py", "--host", "203.0.113.1"], ["203.0.113.1 is no address of this machine"]),
        (["app.py", "--host", "not a host"], ["host `not a host` is unknown"]),
        (["faulty.py"], ["`broken` has 1 fault"]),
        (["app.py", "--timeout", "0"], ["`timeout` must be above 0"]),
        (["app.py", "--timeout", "nan"], ["`timeout` must be above 0"]),
        (["app.py", "--timeout", "inf"], ["`timeout` must be at most 3153600000"]),
        (["ticket_words"], ["ticket_words holds no workflow"]),
    ],
)
def test_serve_refuses(arguments: list[str], words: list[str]) -> None:
    refused(call("serve", *arguments), *words)


@pytest.mark.parametrize("size", ["0", "-1", str((64 << 20) + 1), "1M"])
def test_the_size_of_a_body_has_bounds(size: str) -> None:
    done = call("serve", "app.py", "--body-max", size)
    assert done.returncode == 2
    assert "--body-max" in done.stderr


def test_the_size_of_a_body_can_be_set() -> None:
    with started("serve", DESK, "--port", "0", "--body-max", "20") as process:
        assert process.stderr
        url = process.stderr.readline().split()[3].decode()
        for body, status in ((b'{"id": "a"}', 200), (b'{"id": "aaaaaaaaaaaaaa"}', 413)):
            request = urllib.request.Request(f"{url}/v1/workflows/desk/runs", body)
            request.add_header("Content-Type", "application/json")
            try:
                answered = urllib.request.urlopen(request, timeout=30).status
            except urllib.error.HTTPError as error:
                answered = error.code
                error.close()
            assert answered == status


def test_serve_refuses_two_workflows_of_one_name(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text((FOLDER / "several.py").read_text())
    done = call("serve", "one.py", "two.py", cwd=tmp_path)
    refused(done, "two workflows are named `double`")


# ---- on a terminal


def on_terminal(*arguments: str | Path, cwd: Path = FOLDER) -> tuple[int, str]:
    """Run a command with a terminal as its standard streams; give exit code and what it shows."""
    pty = pytest.importorskip("pty", reason="no pseudo terminals on this system")
    main, other = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=other,
        stdout=other,
        stderr=other,
        cwd=cwd,
        env=ENVIRONMENT | {"TERM": "xterm-256color", "COLUMNS": "100"},
    ) as process:
        os.close(other)
        shown = bytearray()
        while select.select([main], [], [], 30)[0]:
            try:
                chunk = os.read(main, 65536)
            except OSError:  # Linux says so when the last process with the terminal has ended.
                break
            if not chunk:
                break
            shown += chunk
        else:
            process.kill()
    os.close(main)
    return process.returncode, shown.decode()


def test_a_terminal_gets_an_indented_and_coloured_result() -> None:
    code, shown = on_terminal("run", "app.py", "-f", "id=a")
    assert code == 0
    assert "\x1b[" in shown
    plain = without_colours(shown)
    assert plain.startswith('{\r\n  "id": "a",\r\n')


def test_a_terminal_shows_results_above_the_bar(tmp_path: Path) -> None:
    rows = [{"seconds": 0.1, "words": ["fail"] * (n == 3)} for n in range(8)]
    file = tickets(tmp_path / "t.jsonl", *rows)
    code, shown = on_terminal("run", "app.py", "-i", file, "-c", "2")
    assert code == 1
    assert "━" in shown
    assert "1 failed" in shown
    plain = without_colours(shown)
    assert plain.count('{"id":"t') == 7
    assert plain.count('{"error":{') == 1
    # The bar is gone at the end; the table stays.
    assert plain.rindex("runs/s") > plain.rindex("━")


def without_colours(text: str) -> str:
    parts = text.split("\x1b[")
    return parts[0] + "".join(part[part.index(_end(part)) + 1 :] for part in parts[1:])


def _end(part: str) -> str:
    return next(letter for letter in part if letter.isalpha())
