"""The workflow that most tests of the command line run."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from ticket_words import shout

from workflow_engine import Context, Workflow


class Person(BaseModel):
    name: str
    age: int | None = None


class Ticket(BaseModel):
    """A request for help."""

    id: str
    urgency: Literal["low", "high"] = "low"
    person: Person | None = None
    words: list[str] = []
    seconds: float = 0.0


desk = Workflow("desk", input=Ticket)


@desk.node
async def wait(ticket: Ticket) -> float:
    await asyncio.sleep(ticket.seconds)
    return ticket.seconds


@desk.node
def answer(ticket: Ticket, wait: float, context: Context) -> dict[str, Any]:
    if log := os.environ.get("TICKET_LOG"):
        with Path(log).open("a") as stream:
            stream.write(f"{ticket.id}\n")
    if "print" in ticket.words:
        print("printed by a node")  # noqa: T201
        os.system("echo printed by a process")
    if "fail" in ticket.words and not os.environ.get("TICKETS_MENDED"):
        refuse(ticket)
    return {
        "id": ticket.id,
        "urgency": ticket.urgency,
        "person": None if ticket.person is None else ticket.person.name,
        "words": [shout(word) for word in ticket.words],
        "tags": dict(context.tags),
    }


def refuse(ticket: Ticket) -> None:
    try:
        json.loads("{")
    except ValueError as error:
        raise RuntimeError(f"ticket {ticket.id} is refused") from error
