"""The command line over workflows as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from test_cli import call, refused
from test_data import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

TRIAGE = FOLDER / "triage.yaml"
LABELS = ("--nodes", FOLDER / "labels.py")
EVENT = {"type": "PushEvent", "repo": {"name": "r"}, "payload": {"commits": []}}
CARD = {"title": "r", "commits": [], "label": "small"}


def test_a_file_is_checked_and_run() -> None:
    done = call("check", TRIAGE, *LABELS)
    assert done.returncode == 0
    assert "triage.yaml:11:10: warning: some runs reach none" in done.stdout
    assert call("check", "--strict", TRIAGE, *LABELS).returncode == 1
    done = call("run", TRIAGE, *LABELS, "--input", json.dumps(EVENT))
    assert (done.returncode, json.loads(done.stdout)) == (0, CARD), done.stderr
    for form in ("mermaid", "svg", "json"):
        assert "by_kind" in call("graph", TRIAGE, *LABELS, "--format", form).stdout


def test_a_function_that_nobody_gave() -> None:
    done = call("check", TRIAGE)
    assert (done.returncode, done.stderr) == (1, "")
    assert "triage.yaml:10:21: error in `label`: no function is registered as `label_card`" in done.stdout
    assert done.stdout.endswith("`triage`: 1 error, 0 warnings\n")
    refused(call("run", TRIAGE, "--input", "{}"), "workflow `triage` has 1 fault; nothing ran", ":10:21:")
    refused(call("run", TRIAGE, "--nodes", "nowhere.py"), "no file nowhere.py")


def test_faults_as_json(tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text('{"workflow": "t", "version": 1,\n "nodes": {"a": {"compute": "1 + b"}}}')
    done = call("check", "--format", "json", file, f"{FOLDER.parent / 'cli' / 'app.py'}:desk")
    assert (done.returncode, done.stderr) == (1, "")
    broken, sound = json.loads(done.stdout)["workflows"]
    (fault,) = broken["faults"]
    message = fault.pop("message")
    assert message.startswith("`b` is no node")
    assert fault == {
        "code": "unknown-variable",
        "severity": "error",
        "node": "a",
        "file": str(file),
        "line": 2,
        "column": 34,
        "path": "nodes.a.compute",
        "remedy": "name a node, or `input`",
        "signature": "",
    }
    assert (sound["workflow"], sound["errors"], sound["faults"]) == ("desk", 0, [])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "triage.yaml").write_text("")
    refused(call("check", tmp_path / "traige.yaml"), "no file", "did you mean", "triage.yaml")


def test_the_schema_is_printed() -> None:
    done = call("schema")
    assert done.returncode == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(done.stdout))


def test_an_expression_is_tried(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(EVENT))
    done = call("eval", "input.repo.name + '!'", "--input", file)
    assert (done.returncode, done.stdout) == (0, '"r!"\n'), done.stderr
    assert call("eval", "[1, 2.0, b'x', duration('90s')]").stdout == '[1,2.0,"eA==","90s"]\n'
    assert call("eval", "input.a", "-f", "a=3").stdout == "3\n"
    refused(call("eval", "1 +"), "expected a value, found the end", " | 1 +")
    refused(call("eval", "inptu.a"), "inptu", "did you mean `input`?")
    failed = call("eval", "1 / input.n", "--input", '{"n": 0}')
    assert failed.returncode == 1
    assert "divi" in failed.stderr


def test_a_file_is_served(serve: Callable[..., AbstractContextManager[str]]) -> None:
    import urllib.request

    with serve(str(TRIAGE), *map(str, LABELS)) as address:
        request = urllib.request.Request(
            f"{address}/v1/workflows/triage/runs",
            json.dumps(EVENT).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer) == CARD
        with urllib.request.urlopen(f"{address}/v1/workflows/triage") as answer:
            described: dict[str, Any] = json.load(answer)
            assert described["input"] == {"type": "object", "required": ["type"]}
