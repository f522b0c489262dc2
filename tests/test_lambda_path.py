"""The attribute path that a small function reads, known from its code alone."""

from __future__ import annotations

import operator
from typing import Any

import pytest

from workflow_engine.lambda_path import attribute_path

outside = 3


class Reader:
    def label(self, kind: Any) -> Any:
        return kind.label


def documented(kind: Any) -> Any:
    """Have a docstring."""
    return kind.label.value


@pytest.mark.parametrize(
    ("function", "path"),
    [
        (lambda kind: kind.label, ("label",)),
        (lambda kind: kind.a.b.c, ("a", "b", "c")),
        (lambda kind: kind, ()),
        (documented, ("label", "value")),
        (lambda kind, /: kind._a, ("_a",)),
    ],
)
def test_paths(function: Any, path: tuple[str, ...]) -> None:
    assert attribute_path(function) == path


@pytest.mark.parametrize(
    "function",
    [
        lambda kind: kind.label(),
        lambda kind: kind.label.lower(),
        lambda kind: kind["label"],
        lambda kind: kind.label == "a",
        lambda kind: (kind.label,),
        lambda kind: outside,
        lambda kind: 3,
        lambda kind: [kind.a, kind.b],
        lambda kind: kind.a if kind else kind.b,
        lambda kind: lambda: kind.a,
        lambda kind, other: kind.a,
        lambda *kind: kind,
        lambda kind, *, other=None: kind.a,
        lambda: outside,
        lambda kind: (yield),
        Reader().label,
        operator.attrgetter("label"),
        len,
        str,
    ],
)
def test_other_functions(function: Any) -> None:
    assert attribute_path(function) is None
