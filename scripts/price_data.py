"""Write the price data of the project genai-prices as it lies in the package.

What prices do not depend on is left out, such as descriptions; a model is a line, so that changes show.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROVIDER = ("id", "name", "api_pattern", "model_match", "provider_match", "fallback_model_providers")
MODEL = ("id", "match", "prices")


def main(path: str) -> None:
    """Write the data of a file to `rust/models/data/prices.json`.

    Args:
        path: `data/prices.json` of the crate genai-prices, or the file that the project publishes (v2).
    """
    providers = json.loads(Path(path).read_text(encoding="utf-8"))
    target = Path(__file__).parents[1] / "rust" / "models" / "data" / "prices.json"
    target.write_text("[\n" + ",\n".join(lines(providers)) + "\n]\n", encoding="utf-8")


def lines(providers: list[dict[str, Any]]) -> Iterator[str]:
    """Write each provider as a line, and a line for each of its models."""
    for provider in providers:
        head = compact(provider, PROVIDER)
        models = ",\n".join(compact(model, MODEL) for model in provider["models"])
        yield f'{head[:-1]},"models":[\n{models}\n]}}'


def compact(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    """Write some fields of an object."""
    return json.dumps({key: item[key] for key in keys if key in item}, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1])
