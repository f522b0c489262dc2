"""A word for what was left out, where None means something."""

from __future__ import annotations

from typing import Any

__all__ = ["MISSING"]


class _Missing:
    """What a parameter is when nothing was given."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
