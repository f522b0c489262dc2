"""Print triage cards, one JSON object a line, as a table."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table


def main(path: str) -> None:
    """Print the cards of a file.

    Args:
        path: A file of lines such as `{"priority": str, "label": str, "title": str, ...}`.
    """
    table = Table()
    for column in ("priority", "label", "title", "team", "people"):
        table.add_column(column, overflow="fold")
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        card = json.loads(line)
        people = ", ".join(card["people"])
        table.add_row(card["priority"], card["label"], card["title"], card["team"], people)
    # Markup would take the `[bot]` of a name for a style.
    Console(markup=False).print(table)


if __name__ == "__main__":
    main(sys.argv[1])
