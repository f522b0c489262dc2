"""Token counts and prices of language models.

Everything they need lies in the package: nothing is downloaded. A vocabulary is loaded when a text is
first counted with it, which takes a quarter of a second.

Expressions have both: `tokens(text, model)`, an int, and `price(usage, model)` or `price(usage, model, at)`,
the US dollars as a double, or null if the model is not known: `price(input.usage, 'gpt-5') > 0.01`. Without
`at` the rates are those of the time of the evaluation.
"""

from __future__ import annotations

from typing import Self

from workflow_engine import _core
from workflow_engine._core import Price, Prices, price

__all__ = ["Price", "Prices", "TokenCount", "count_tokens", "price"]


class TokenCount(int):
    """A number of tokens that remembers whether it is an estimate.

    Attributes:
        is_estimate: Whether the vocabulary of the model is not known, and another one was used.
    """

    is_estimate: bool

    def __new__(cls, tokens: int, *, is_estimate: bool) -> Self:
        """Make a count."""
        count = super().__new__(cls, tokens)
        count.is_estimate = is_estimate
        return count

    def __getnewargs_ex__(self) -> tuple[tuple[int], dict[str, bool]]:
        return (int(self),), {"is_estimate": self.is_estimate}


def count_tokens(text: str, model: str, *, size_max: int = _core.TEXT_MAX) -> TokenCount:
    """Count the tokens that a text has for a model.

    Text that looks like a special token (``<|endoftext|>``) is text like any other.

    Args:
        text: The text. A surrogate that stands alone counts as the character for what cannot be read.
        model: Name of the model, such as ``gpt-5``; its provider may stand in front (``openai/gpt-5``).
            A model whose vocabulary is not known is counted with the newest one that is, o200k.
        size_max: How long the text may be, in bytes of UTF-8.

    Raises:
        LimitError: The text is longer than that.
    """
    tokens, is_estimate = _core.count_tokens(text, model, size_max)
    return TokenCount(tokens, is_estimate=is_estimate)
