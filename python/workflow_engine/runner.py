"""The drivers: loops that carry out the calls that the core hands out.

A driver takes a call from its cursor, makes it, reports the outcome and gets the next call. Calls that
end at once the core makes on the way, with no lock held; a driver is told what is left: coroutines that
suspend, exceptions, and calls on threads that the end of the process would tear down. The synchronous
driver serves `run` and helper threads, the asynchronous one is a generator that serves an event loop:

- Each coroutine runs from its first to its last step in one task, so timeouts and cancel scopes nest
  as in a plain `await`.
- The first coroutine that suspends stays in the driver's own task. For what is ready beside it the
  loop (`loops.py`) starts further tasks, each with a cursor of its own.
- A node's context is left before its task is suspended, and entered again after.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from workflow_engine import testing_mode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from workflow_engine._core import Cursor
    from workflow_engine.loops import Loop

__all__ = ["drive", "drive_on_loop", "refuse_awaitable", "throw"]


def drive(cursor: Cursor) -> None:
    """Carry out calls in this thread until none is left for it."""
    step, strict = cursor.step, cursor.strict
    try:
        call = cursor.first()
        while call is not None:
            if type(call) is not tuple:
                # A call that the core made itself has raised this.
                call = report(cursor, call)
                continue
            function, arguments = call
            if strict:
                function = testing_mode.watch_inputs(cursor, function)
            try:
                output = function(*arguments)
            except BaseException as error:  # noqa: BLE001  It is the run's outcome.
                call = report(cursor, error)
            else:
                call = step(output)
    except BaseException as error:
        # A signal while waiting, or a fault of the engine.
        cursor.close()
        cursor.abort(error)
        raise
    finally:
        # A node's exception keeps this frame, and the run keeps the exception.
        del cursor, step
        call = function = arguments = output = None


def report(cursor: Cursor, error: BaseException) -> Any:
    """Report that the last call raised, and get the next one."""
    if not isinstance(error, Exception):
        # Ctrl-C, an exit: the run ends as that, and does not wait for threads.
        cursor.close()
        cursor.abort(error)
        return cursor.first()
    retry_on = cursor.retry_on
    retryable = False
    if retry_on is not None:
        try:
            retryable = bool(retry_on(error))
        except Exception as broken:  # noqa: BLE001  The user's predicate.
            error.add_note(f"`on` of its Retry failed: {type(broken).__name__}: {broken}")
    return cursor.fail(error, retryable)


def throw(error: BaseException) -> None:
    """Raise an error in the place of a node's body."""
    raise error


def refuse_awaitable(output: Any) -> None:
    """Refuse what a plain function gave that has to be awaited."""
    close = getattr(output, "close", None)
    if close is not None:
        close()
    if isinstance(output, types.CoroutineType):
        # Of a function that is `async def` already, a decorator is in the way.
        what = f"a coroutine of `{output.__qualname__.rpartition('.')[2]}`"
        remedy = "declare it `async def`, and so the wrapper of each decorator around it"
    else:
        what, remedy = f"a `{type(output).__name__}`", "declare it `async def` and await that in it"
    raise TypeError(f"it returned {what}, which has to be awaited; {remedy}")


@types.coroutine
def drive_on_loop(
    cursor: Cursor, begin: Callable[[Cursor], Loop], loop: Loop | None = None, *, drives: bool = True
) -> Generator[Any, Any, None]:
    """Carry out calls in this task until none is left for it.

    Args:
        cursor: The task's place in the run.
        begin: What makes the run's side of the event loop, where there is none. It is made when there is
            something to do beside this task, because most runs never have that.
        loop: That side.
        drives: Whether this task drives the run: it waits until all of it has ended.
    """
    strict = cursor.strict
    coroutine = None
    try:
        call = cursor.first()
        while call is not None:
            kind = type(call)
            if kind is list:
                # A coroutine that is suspended, and what it waits for.
                wanted, coroutine = call
                call = None
                if cursor.suspend():
                    loop = loop or begin(cursor)
                    loop.spread()
                try:
                    sent = yield wanted
                    resume = coroutine.send
                except GeneratorExit:
                    # The task is thrown away: its loop was closed.
                    cursor.forget()
                    coroutine.close()
                    cursor.cancel()
                    raise
                except BaseException as thrown:  # noqa: BLE001  The node is to see it.
                    sent, resume = thrown, coroutine.throw
                cursor.resume()
                try:
                    call = [resume(sent), coroutine]
                except StopIteration as stop:
                    call = cursor.step(stop.value)
                except BaseException as error:  # noqa: BLE001  It is the run's outcome.
                    loop = loop or begin(cursor)
                    call = loop.report(cursor, error)
            elif kind is tuple:
                function, arguments, how = call
                if strict:
                    function = testing_mode.watch_inputs(cursor, function)
                try:
                    if how is False:
                        output = function(*arguments)
                    elif how is True:
                        coroutine = function(*arguments)
                    else:
                        loop = loop or begin(cursor)
                        coroutine = loop.limited(function, arguments, how)
                except BaseException as error:  # noqa: BLE001  It is the run's outcome.
                    call = report(cursor, error)
                else:
                    call = cursor.step(output) if how is False else cursor.begin(coroutine)
            elif kind is float:
                loop = loop or begin(cursor)
                yield from loop.park(call)
                call = cursor.first()
            else:
                loop = loop or begin(cursor)
                call = loop.report(cursor, call)
    except BaseException as error:
        if drives:
            # A fault of the engine, or a task that was thrown away.
            cursor.close()
            cursor.abort(error)
        raise
    finally:
        closing = loop.close() if drives and loop is not None else None
        # A node's exception keeps this frame, and the run keeps the exception.
        del cursor, loop
        call = function = arguments = output = coroutine = wanted = sent = resume = None
        if closing is not None:
            yield from closing
