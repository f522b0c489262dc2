"""What the docs say of maps, loops and sub-workflows as data is true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from workflow_engine import Workflow
from workflow_engine.data.kinds import KINDS

DOCS = Path(__file__).parents[1] / "docs" / "workflows-as-data.md"
SECTION = (
    DOCS.read_text(encoding="utf-8").partition("## Maps, loops and sub-workflows\n")[2].partition("\n## ")[0]
)


def block(language: str) -> str:
    return str(re.findall(rf"^```{language}\n(.*?)^```$", SECTION, flags=re.MULTILINE | re.DOTALL)[0])


def test_the_example_runs(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(block("yaml"), encoding="utf-8")
    workflow: Workflow[Any, Any] = Workflow.from_file(file)
    assert workflow.check() == []
    text, expected = block("json").splitlines()
    assert workflow.run(json.loads(text)) == json.loads(expected)
    assert json.loads(workflow.run_json(text)) == json.loads(expected)
    assert Workflow.from_dict(workflow.to_dict()).to_dict() == workflow.to_dict()
    order = {"orders": [{"lines": [{"price": 1}]}, {"lines": [{"price": 1, "count": 1}]}], "share": 1}
    kept = workflow.run(order)
    assert (kept["failed"], kept["invoices"][1]) == (1, {"number": 2, "total": 5.5})
    assert "count" in kept["invoices"][0]["error"]["message"]


@pytest.mark.parametrize("kind", ["map", "loop", "subworkflow"])
def test_every_key_is_told(kind: str) -> None:
    _, _, told = SECTION.partition(f"\n| `{kind}` | |\n")
    shared = SECTION.partition("\nAll of them take ")[2].partition("\n\n")[0]
    keys = set(re.findall(r"^\| `(\w+)` \|", told.partition("\n\n")[0], flags=re.MULTILINE))
    further = KINDS[kind].keys.keys() - keys
    assert keys <= KINDS[kind].keys.keys()
    assert further <= set(re.findall(r"`(\w+)`", shared))
