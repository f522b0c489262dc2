"""What a run that did not succeed raises, and how values become JSON on the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from workflow_engine import _core
from workflow_engine.errors import (
    InputChangedError,
    InputError,
    LimitError,
    LoopLimitError,
    NodeError,
    NodeLimitError,
    NodeTimeoutError,
    OutputError,
    RouteError,
    RunCancelledError,
    RunTimeoutError,
    WorkflowEngineError,
)
from workflow_engine.misfit import Misfit
from workflow_engine.names import listed
from workflow_engine.resource import unopened

if TYPE_CHECKING:
    from collections.abc import Callable

    from workflow_engine.declarations import Declarations
    from workflow_engine.plan import Plan

__all__ = ["Taken", "failure", "not_opened", "take", "tell", "to_json", "words"]

Taken: TypeAlias = "tuple[tuple[str, str | None, int, str, Any], list[tuple[str, int, BaseException | None]]]"

_PLAIN = (dict, list, str, int, float, bool, type(None), tuple)


def failure(run: _core.Run, declarations: Declarations) -> BaseException:
    """Make the exception of a run that has finished and did not succeed.

    Args:
        run: The run. It lets go of what it keeps of the failure, so this is called once.
        declarations: Those of its workflow.

    Returns:
        A `NodeError` with the node's own exception as its cause, or what else ended the run. An
        exception that is no `Exception` comes back as itself.
    """
    return tell(run, declarations, take(run))


def take(run: _core.Run) -> Taken:
    """Take what `tell` needs to know out of a run that has finished and did not succeed."""
    found = run.take_failure()
    assert found is not None
    return found, run.take_late_failures()


def tell(run: _core.Run, declarations: Declarations, taken: Taken) -> BaseException:
    """Make the exception of what was taken, a new one each time."""
    workflow = declarations.name
    found, late_failures = taken
    kind, node, attempt, cause, payload = found
    if kind == "aborted":
        return payload  # type: ignore[no-any-return]
    facts: dict[str, Any] = {"workflow": workflow, "run": run.id, "outputs": run.outputs()}
    if kind == "cancelled":
        return RunCancelledError(f"the run of `{workflow}` was cancelled", **facts)
    if kind == "timeout":
        message = f"the run of `{workflow}` did not finish before its deadline{_under_way(run)}"
        return RunTimeoutError(message, **facts)
    facts |= {"node": node, "attempt": attempt}
    if cause == "host" and not isinstance(payload, Exception):
        return payload  # type: ignore[no-any-return]
    error = _CAUSES[cause](payload, node or "", attempt, facts)
    for late_node, late_attempt, late in late_failures:
        if late is not None:
            error.add_note(f"later, node `{late_node}` failed on attempt {late_attempt}: {words(late)}")
    return error


def _under_way(run: _core.Run) -> str:
    # A node that waits for its next attempt is under way, too.
    stopped = [name for name, state, attempts, _, _ in run.nodes() if state == "cancelled" and attempts]
    return f"; still running: {listed(stopped)}" if stopped else ""


def _raised(error: Exception, node: str, attempt: int, facts: dict[str, Any]) -> WorkflowEngineError:
    made: WorkflowEngineError
    if isinstance(error, InputChangedError):
        made = InputChangedError(str(error), **facts, path=error.path)
        made.source = error.source
        return made
    if isinstance(error, Misfit) and error.source == "input":
        # Of a workflow that does not say what its input is: each node does.
        workflow = facts["workflow"]
        message = f"node `{node}`: {error}; with `input=` `{workflow}` would refuse it before anything runs"
        made = InputError(message, workflow=workflow, path=error.path(), errors=error.places())
    elif isinstance(error, Misfit):
        source = error.source or node
        made = OutputError(f"node `{node}`: {_places(error, source)}", **facts, path=_path(error, source))
    elif isinstance(error, LimitError) and not isinstance(error, NodeError):
        made = NodeLimitError(f"node `{node}`: {error}", limit=error.limit, maximum=error.maximum, **facts)
    else:
        path = getattr(error, "path", "") if isinstance(error, WorkflowEngineError) else ""
        tries = f" on attempt {attempt}" if attempt > 1 else ""
        resource = unopened(error)
        told = (
            words(error) if resource is None else f"resource `{resource}` could not be opened: {words(error)}"
        )
        made = NodeError(f"node `{node}` failed{tries}: {told}", **facts, path=path)
    # What did not fit is told by the message alone.
    made.__cause__ = None if isinstance(error, Misfit) else error
    return made


def not_opened(plan: Plan, error: Exception) -> WorkflowEngineError | None:
    """Make the exception of a run that could not begin, because a resource did not open.

    Args:
        plan: The plan.
        error: What was raised while its asynchronous resources were opened.

    Returns:
        The failure of the first node that needs the resource; None if the error is none of a resource.
    """
    for resource, node in plan.open_first.items():
        if resource.name == unopened(error):
            return _raised(error, node, 0, {"workflow": plan.name, "node": node})
    return None


def words(error: BaseException) -> str:
    """Say what was raised: its class, and its text if it has some."""
    name = type(error).__name__
    try:
        return f"{name}: {text}" if (text := str(error)) else name
    except Exception:  # noqa: BLE001  The text is the user's code, too.
        return f"{name} (its text cannot be had)"


def _path(error: Misfit, source: str) -> str:
    error.source = source
    return error.path()


def _places(error: Misfit, source: str) -> str:
    error.source = source
    return str(error)


def _native(payload: tuple[str, str], node: str, _attempt: int, facts: dict[str, Any]) -> NodeError:
    path, detail = payload
    where = f"`{path}` " if path else ""
    return NodeError(f"node `{node}`: {where}{detail}", **facts, path=path)


def _unhandled(value: object, node: str, _attempt: int, facts: dict[str, Any]) -> NodeError:
    message = f"route `{node}` has no case for {value!r} and no default; add a case or `default=`"
    return RouteError(message, **facts)


def _too_many_turns(limit: int, node: str, _attempt: int, facts: dict[str, Any]) -> NodeError:
    message = f'loop `{node}` was not over after {limit} turns; raise `limit`, or write `at_limit="keep"`'
    error = LoopLimitError(message, **facts)
    error.limit = limit
    return error


def _timed_out(timeout: float | None, node: str, attempt: int, facts: dict[str, Any]) -> NodeError:
    of = "" if timeout is None else f" of {timeout:g} s"
    return NodeTimeoutError(f"attempt {attempt} of node `{node}` took longer than its timeout{of}", **facts)


_CAUSES: dict[str, Callable[[Any, str, int, dict[str, Any]], WorkflowEngineError]] = {
    "host": _raised,
    "native": _native,
    "unhandled": _unhandled,
    "timeout": _timed_out,
    "loop-limit": _too_many_turns,
}


def to_json(plan: Plan, result: object) -> bytes:
    """Write a result as JSON, as its type says.

    Raises:
        OutputError: It has no JSON form: NaN, an infinity, or a type that nobody can write.
    """
    try:
        if type(result) in _PLAIN:
            try:
                return _core.to_json(result)
            except ValueError:
                pass
        return _core.to_json(plan.output.dump(result))
    except ValueError as error:
        message = f"the result of `{plan.name}` has no JSON form: {error}"
        raise OutputError(message, workflow=plan.name, path="output") from error
