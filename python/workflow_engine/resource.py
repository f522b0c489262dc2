"""Resources: what nodes share, such as a client, and how it is opened and closed."""

from __future__ import annotations

import functools
from collections import abc
from typing import TYPE_CHECKING, Any, get_args, get_origin

from workflow_engine.errors import InternalError
from workflow_engine.typeform import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from types import FrameType

    from workflow_engine.place import Place
    from workflow_engine.shelf import Shelf
    from workflow_engine.signature import Signature
    from workflow_engine.workflow import Workflow

__all__ = ["Resource", "aclose", "close", "open_first", "unopened"]


class Resource:
    """Something that the nodes of a workflow share.

    Attributes:
        name: Its name: that of the parameters that it reaches.
        function: What was declared: a function, generator or context manager.
        place: Where it was declared.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        place: Place,
        frame: FrameType | None,
        shelf: Shelf,
    ) -> None:
        self.name = name
        self.function = function
        self.place = place
        self._frame = frame
        self._shelf = shelf

    def value(self) -> Any:
        """Give the value, opened now if it is not open yet.

        An asynchronous one must be open: `open_first` has to be awaited before, by the run.
        """
        try:
            return self._shelf.value(self)
        except Exception as error:
            self._blame(error)
            raise

    async def avalue(self) -> Any:
        """Give the value on the running event loop, opened now if it is not open yet."""
        try:
            return await self._shelf.avalue(self)
        except Exception as error:
            self._blame(error)
            raise

    def _blame(self, error: Exception) -> None:
        """Say in what the opening raised which resource it was; it stays what it is, for retries."""
        if not isinstance(error, InternalError) and unopened(error) is None:
            error.__unopened__ = self.name  # type: ignore[attr-defined]
            error.add_note(f"resource `{self.name}` could not be opened")

    @functools.cached_property
    def signature(self) -> Signature:
        """The signature of what was declared."""
        import inspect

        from workflow_engine.signature import read

        signature = read(inspect.unwrap(self.function), self._frame)
        self._frame = None
        return signature

    @functools.cached_property
    def type(self) -> Any:
        """The type form of the value; `Any` if it is not declared."""
        returns = bare(self.signature.returns)
        head = get_origin(returns)
        if self.way != "function" and (head in _YIELDED or _managed(head)):
            return get_args(returns)[0]
        return returns

    @property
    def asynchronous(self) -> bool:
        """Whether it is opened on an event loop, once for each."""
        return self.way in ("coroutine", "async manager")

    @functools.cached_property
    def way(self) -> str:
        """How it is opened: `function`, `manager`, `coroutine` or `async manager`."""
        import inspect

        if isinstance(self.function, type):
            if hasattr(self.function, "__enter__"):
                return "manager"
            return "async manager" if hasattr(self.function, "__aenter__") else "function"
        inner = inspect.unwrap(self.function)
        if inspect.isgeneratorfunction(inner):
            return "manager"
        if inspect.isasyncgenfunction(inner):
            return "async manager"
        if inspect.iscoroutinefunction(inner):
            return "coroutine"
        # Many values could be entered, such as a lock; only a declared manager is meant to be.
        return _managed(get_origin(bare(self.signature.returns))) or "function"

    def manager(self) -> AbstractContextManager[Any]:
        """Make the context manager that opens and closes it."""
        import contextlib
        import inspect

        made = self.function()
        if self.way == "function":
            return contextlib.nullcontext(made)
        if inspect.isgenerator(made):
            return contextlib.contextmanager(lambda: made)()
        manager: AbstractContextManager[Any] = made
        return manager

    def amanager(self) -> AbstractAsyncContextManager[Any]:
        """Make the context manager that opens and closes an asynchronous one."""
        import contextlib
        import inspect

        made = self.function()
        if self.way == "coroutine":
            return contextlib.asynccontextmanager(_awaited)(made)
        if inspect.isasyncgen(made):
            return contextlib.asynccontextmanager(lambda: made)()
        manager: AbstractAsyncContextManager[Any] = made
        return manager


def unopened(error: BaseException) -> str | None:
    """Give the name of the resource whose opening raised an exception; None if none did."""
    return getattr(error, "__unopened__", None)


async def _awaited(value: Any) -> Any:
    yield await value


_YIELDED = (
    abc.Iterator,
    abc.Iterable,
    abc.Generator,
    abc.AsyncIterator,
    abc.AsyncIterable,
    abc.AsyncGenerator,
)


def _managed(head: object) -> str | None:
    """The way that a class of context managers is opened, if it is the general one."""
    import contextlib

    ways = {
        contextlib.AbstractContextManager: "manager",
        contextlib.AbstractAsyncContextManager: "async manager",
    }
    return ways.get(head)  # type: ignore[call-overload, no-any-return]


async def open_first(resources: Iterable[Resource]) -> None:
    """Open asynchronous resources on the running loop, for nodes that cannot await them.

    Args:
        resources: `Plan.open_first`. They are found by nodes that run in this context or a copy of
            it, also on other threads.
    """
    from workflow_engine.shelf import mark_loop

    mark_loop()
    for resource in resources:
        await resource.avalue()


def close(workflow: Workflow[Any, Any]) -> None:
    """Close the open resources of a workflow, the last opened first.

    Asynchronous ones are closed on their loop: this call waits for loops of other threads. Those of
    the loop that is running here are told to close, and do so when the loop goes on.

    Raises:
        Exception: What the closing raised; an ExceptionGroup where several did.
    """
    workflow.declarations.shelf.close()


async def aclose(workflow: Workflow[Any, Any]) -> None:
    """Close the open resources of a workflow, the last opened first, and wait for all of them."""
    await workflow.declarations.shelf.aclose()
