"""The JSON acceptance files behave as their names say at the edge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from http_server import Server

# By RFC 8259 a text may be any value, and depth is the reader's own limit.
JSON_ALL_THE_SAME = {"fail01.json", "fail18.json"}


def test_jsonchecker(server: Server, shared: Path) -> None:
    files = sorted((shared / "data" / "jsonchecker").glob("*.json"))
    assert len(files) == 36
    for name in ("echo", "relay"):
        for file in files:
            text = file.read_bytes()
            answer = server.run_text(name, text)
            if file.name.startswith("pass") or file.name in JSON_ALL_THE_SAME:
                assert (answer.status, answer.value) == (200, json.loads(text)), file.name
            else:
                assert answer.status == 400, (file.name, answer.body)
