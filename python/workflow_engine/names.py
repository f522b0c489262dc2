"""What may be called what, and which known name a misspelt one was meant to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workflow_engine._core import is_reserved
from workflow_engine.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "elsewhere",
    "is_near",
    "is_workflow_name",
    "listed",
    "meant",
    "nearest",
    "no_node",
    "node_fault",
    "snake_case",
]

# Compiled when first used, because imports wait for nothing that may not be wanted.
_WORKFLOW = r"[a-z0-9][a-z0-9_-]{0,63}"
_NODE = r"[A-Za-z_][A-Za-z0-9_]{0,63}"

# How alike two names are when one is read as the other misspelt (0 to 1, as difflib counts), and
# when it is only worth a proposal.
_NEAR = 0.8
_PROPOSED = 0.6


def is_workflow_name(name: object) -> bool:
    """Tell whether a workflow may have this name."""
    return isinstance(name, str) and re.fullmatch(_WORKFLOW, name) is not None


def node_fault(name: str) -> tuple[str, str, str] | None:
    """Say why a node may not have this name.

    Args:
        name: The name.

    Returns:
        Code, message and remedy; None if the name is good.
    """
    if is_reserved(name):
        message = f"`{name}` has a meaning of its own in expressions and cannot name a node"
        return "reserved-name", message, f"write `name={f'{name}_'!r}`"
    if re.fullmatch(_NODE, name) is None:
        message = (
            f"{name!r} is no name for a node: letters, digits and `_`, 64 at most, not beginning with a digit"
        )
        proposal = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:60] or "node"
        if proposal[0].isdigit() or is_reserved(proposal):
            proposal = f"{proposal}_" if is_reserved(proposal) else f"n_{proposal}"
        return "invalid-name", message, f"write `name={proposal!r}`"
    return None


# Names that the engine gives a value, and where.
_GIVEN = {
    "item": "the body of a map",
    "index": "the body of a map",
    "state": "the body and `until` of a loop",
    "turn": "the body and `until` of a loop",
    "results": "`until` of a map",
}


def elsewhere(name: str) -> str:
    """Say where else a name has a value that has none here, as a remedy; empty if it never has one."""
    place = _GIVEN.get(name)
    if place is None:
        return ""
    remedy = f"`{name}` has a value only in {place}"
    # A workflow as the body sees nothing of who runs it.
    return remedy if name == "results" else f"{remedy}; a workflow that is run there reads `input`"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that is most like this one, or None if none is."""
    return _closest(name, known, _PROPOSED)


def is_near(name: str, known: Iterable[str]) -> str | None:
    """Give the known name of which this one looks like a misspelling, or None."""
    return _closest(name, (other for other in known if other != name), _NEAR)


def meant(name: object, known: Iterable[str]) -> str:
    """Ask whether the nearest known name was meant, as the end of a clause; empty if none is near."""
    close = nearest(name, known) if isinstance(name, str) else None
    return f"; did you mean `{close}`?" if close else ""


# How many names a message lists.
_LISTED_MAX = 12


def listed(names: Sequence[str]) -> str:
    """List names in a message, the first of them where there are many."""
    words = ", ".join(f"`{name}`" for name in names[:_LISTED_MAX]) or "none"
    more = len(names) - _LISTED_MAX
    return f"{words}, and {more:,} more" if more > 0 else words


def no_node(workflow: str, name: str, known: Sequence[str], *, what: str = "node") -> NotFoundError:
    """Make the error of a name that nothing in a workflow has.

    Args:
        workflow: Name of the workflow.
        name: The name.
        known: The names there are.
        what: What was looked for.
    """
    message = f"workflow `{workflow}` has no {what} `{name}`{meant(name, known)} ({what}s: {listed(known)})"
    return NotFoundError(message, name=name, known=known)


def _closest(name: str, known: Iterable[str], cutoff: float) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), 1, cutoff)), None)


def snake_case(name: str) -> str:
    """Give a class's name as that of a node: `HTTPScore` is `http_score`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
