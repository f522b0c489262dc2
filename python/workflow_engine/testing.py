"""Help for the tests of workflows; also a pytest plugin.

::

    # conftest.py
    pytest_plugins = ["workflow_engine.testing"]

With the plugin every test runs in strict mode: sync nodes that could run side by side do, each on
a thread of its own, so that code which depends on its thread or on the order of siblings fails
every time rather than once in a while; and a node that changes its input fails with an
`InputChangedError` that names it and the node whose output it changed.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from workflow_engine import testing_mode

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["relaxed", "strict"]


@contextlib.contextmanager
def strict() -> Iterator[None]:
    """Turn strict mode on for all runs that are started meanwhile, in every thread."""
    with _set(on=True):
        yield


@contextlib.contextmanager
def relaxed() -> Iterator[None]:
    """Turn strict mode off for all runs that are started meanwhile, in every thread."""
    with _set(on=False):
        yield


@contextlib.contextmanager
def _set(*, on: bool) -> Iterator[None]:
    before, testing_mode.strict = testing_mode.strict, on
    try:
        yield
    finally:
        testing_mode.strict = before


def pytest_configure() -> None:
    """Turn strict mode on for the whole session."""
    testing_mode.strict = True


def pytest_unconfigure() -> None:
    """Turn it off again."""
    testing_mode.strict = False
