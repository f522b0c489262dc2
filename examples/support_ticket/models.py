"""What answers: a language model behind a protocol, and one that needs no network.

`RuleModel` answers by rules, so that the example runs anywhere and always gives the same. Put a client of
your provider in its place: anything with `complete` will do.
"""

from typing import Protocol

from workflow_engine import register_node

ANSWERS = {
    "refund": "We refund within 14 days; the money is back in three to five days.",
    "password": "Reset it at example.org/reset; the link in the mail is good for an hour.",
    "invoice": "Your invoices are under Account, Billing, Invoices.",
    "export": "Export as CSV under Data, Export; large exports arrive by mail.",
}
UNKNOWN = "Thank you for writing; a colleague will look at it."


class LanguageModel(Protocol):
    """A language model, or many."""

    def complete(self, model: str, prompt: str) -> str:
        """Give what a model answers to a prompt."""
        ...


class RuleModel:
    """Answers by rules."""

    def complete(self, model: str, prompt: str) -> str:
        """Give the first sentences of what is to be summarised, else the answer to a word in the prompt."""
        instruction, _, text = prompt.partition("\n\n")
        if instruction.startswith("Summarise"):
            sentences = [sentence.strip() for sentence in text.split(".") if sentence.strip()]
            return ". ".join(
                [sentences[0], *(s for s in sentences[1:] if any(w in s.lower() for w in ANSWERS))]
            )
        answer = next((answer for word, answer in ANSWERS.items() if word in text.lower()), UNKNOWN)
        return f"[{model}] {answer}"


@register_node
def ask_model(model: str, prompt: str) -> str:
    """Asks a model; the node that `support_ticket.yaml` names."""
    return RuleModel().complete(model, prompt)
