"""Support tickets, routed by what answering them would cost.

The tokens of a ticket are counted and prices estimated before any model is asked: a short ticket goes to a
small model, a long one is summarised first, and one that would cost more than it may goes to a person.
Counting, prices, conditions and prompts are native nodes; only asking a model is Python::

    workflow-engine run examples/support_ticket/support_ticket.py:support_ticket \
        --input examples/support_ticket/tickets.jsonl
"""

from typing import TypedDict

from models import LanguageModel, RuleModel

from workflow_engine import Workflow, ref

SMALL, LARGE = "gpt-4o-mini", "gpt-4o"
# The rates of a fixed day, so that the example always gives the same; without it those of today count.
DAY = "timestamp('2025-06-01T00:00:00Z')"


class Ticket(TypedDict):
    customer: str
    text: str
    budget: float


class Reply(TypedDict):
    by: str
    answer: str
    tokens: int
    dollars: float


support_ticket = Workflow("support_ticket", input=Ticket, output=Reply)


@support_ticket.resource
def language_model() -> LanguageModel:
    """What a deployment replaces: here a model that answers by rules."""
    return RuleModel()


# What it would cost: a quick answer of the small model, or its summary and a careful answer of the large one.
length = support_ticket.compute("length", f"tokens(input.text, '{SMALL}')")
quick_cost = support_ticket.compute(
    "quick_cost", f"price({{'input_tokens': length + 50, 'output_tokens': 200}}, '{SMALL}', {DAY})"
)
careful_cost = support_ticket.compute(
    "careful_cost",
    f"price({{'input_tokens': length + 20, 'output_tokens': 100}}, '{SMALL}', {DAY})"
    f" + price({{'input_tokens': 150, 'output_tokens': 300}}, '{LARGE}', {DAY})",
)

quick_prompt = support_ticket.template("quick_prompt", "Answer {{ input.customer }}.\n\n{{ input.text }}")
summary_prompt = support_ticket.template("summary_prompt", "Summarise this ticket.\n\n{{ input.text }}")


@support_ticket.node
def quick_answer(quick_prompt: str, language_model: LanguageModel) -> str:
    return language_model.complete(SMALL, quick_prompt)


@support_ticket.node
def summary(summary_prompt: str, language_model: LanguageModel) -> str:
    return language_model.complete(SMALL, summary_prompt)


careful_prompt = support_ticket.template("careful_prompt", "Answer {{ input.customer }}.\n\n{{ summary }}")


@support_ticket.node
def careful_answer(careful_prompt: str, language_model: LanguageModel) -> str:
    return language_model.complete(LARGE, careful_prompt)


quick = support_ticket.transform(
    "quick", {"by": SMALL, "answer": quick_answer, "tokens": length, "dollars": quick_cost}
)
careful = support_ticket.transform(
    "careful", {"by": LARGE, "answer": careful_answer, "tokens": length, "dollars": careful_cost}
)
person = support_ticket.transform(
    "person",
    {
        "by": "person",
        "answer": "for a person: " + support_ticket.input.customer,
        "tokens": length,
        "dollars": 0.0,
    },
)
support_ticket.route(
    name="by_cost",
    when=[
        ((ref("length") <= 60) & (ref("quick_cost") <= support_ticket.input.budget), [quick_prompt, quick]),
        (ref("careful_cost") <= support_ticket.input.budget, [summary_prompt, careful]),
    ],
    default=person,
)
support_ticket.returns(quick, careful, person)
