"""``workflow-engine schema``: the JSON Schema of workflow files."""

from __future__ import annotations

import json

from workflow_engine.cli.output import results

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema of workflows as data, by which editors complete and check files.

    Examples:
    ```
    workflow-engine schema > workflow.schema.json
    ```
    """
    from workflow_engine.data.published import json_schema

    with results() as stream:
        stream.write(json.dumps(json_schema(), indent=2, ensure_ascii=False).encode() + b"\n")
