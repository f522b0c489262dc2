"""What reads and writes: a language model behind a protocol, and one that needs no network.

`RuleModel` counts words, so that the example runs anywhere and always gives the same. Put a client of your
provider in its place: anything with `rate` and `rewrite` will do.
"""

import re
from typing import Protocol, TypedDict

from workflow_engine import register_node


class Hit(TypedDict):
    """How well a text answers a question, 0 to 1, and its sentence that does so best."""

    score: float
    sentence: str


class Draft(TypedDict):
    text: str
    score: float


class LanguageModel(Protocol):
    """A language model, or many."""

    async def rate(self, question: str, text: str) -> Hit:
        """Tell how well a text answers a question."""
        ...

    async def rewrite(self, text: str, sentence: str) -> str:
        """Give a text that says what this sentence says, too."""
        ...


class RuleModel:
    """Looks for the longer words of the question."""

    async def rate(self, question: str, text: str) -> Hit:
        """Give the share of the words that the text has."""
        if not text:
            raise ValueError("there is nothing to read")
        wanted = {word for word in _words(question) if len(word) > 3}
        sentences = [sentence.strip() for sentence in text.split(".") if sentence.strip()]
        best = max(sentences, key=lambda sentence: len(wanted & _words(sentence)))
        return {"score": len(wanted & _words(text)) / max(len(wanted), 1), "sentence": f"{best}."}

    async def rewrite(self, text: str, sentence: str) -> str:
        """Put the sentence at the end."""
        return f"{text} {sentence}".strip()


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


async def improve(
    draft: Draft, turn: int, sentences: list[str], question: str, model: LanguageModel
) -> Draft:
    """Work one more sentence into a draft, and rate it again; the first turn is 1."""
    if turn > len(sentences):
        return draft
    text = await model.rewrite(draft["text"], sentences[turn - 1])
    return {"text": text, "score": (await model.rate(question, text))["score"]}


@register_node
async def rate_text(text: str, question: str) -> Hit:
    """Rates a text; the body of a map in `documents.yaml`."""
    return await RuleModel().rate(question, text)


@register_node
async def improve_draft(draft: Draft, turn: int, sentences: list[str], question: str) -> Draft:
    """Makes a draft better; the body of a loop in `documents.yaml`."""
    return await improve(draft, turn, sentences, question, RuleModel())
