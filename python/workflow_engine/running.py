"""The running half of a workflow: one run, or many, waited for or not, sync or async."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, Unpack, overload

from workflow_engine import _core, loops, outcome, runner, testing_mode
from workflow_engine.errors import InputError, JSONError, OutputError, UsageError
from workflow_engine.misfit import Misfit
from workflow_engine.options import Options, check_run_id, wanted

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterable,
        AsyncIterator,
        Collection,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )
    from datetime import timedelta
    from types import TracebackType
    from typing import Self

    from workflow_engine.annotations import BatchOptions, Target
    from workflow_engine.declarations import Declarations
    from workflow_engine.handle import RunEvent, RunHandle
    from workflow_engine.plan import Plan
    from workflow_engine.schema import Schema

__all__ = ["Input", "Output", "Runs"]

_Cursor = _core.Cursor
_TEXT = (bytes, str)

Input = TypeVar("Input", contravariant=True)
Output = TypeVar("Output", covariant=True)


class Runs(Generic[Input, Output]):
    """What a workflow can do once it is declared.

    All ways to run take these, by name:

    - `run_id`: Id of the run; made up if left out.
    - `tags`: Words to find it by, `{name: text}`.
    - `timeout`: Seconds (or a timedelta) after which it must have ended.
    - `given`: Outputs by node, validated like any other; these nodes do not run.
    - `only`: Nodes, or their names; only they and what they need run, and the result is theirs:
      the output of one, a dict of several.

    All raise `CheckError` for a workflow with errors, `InputError` for an input that does not fit,
    `NodeError` for a node that failed, `RunTimeoutError` and `RunCancelledError`; and `UsageError`
    or `NotFoundError` for one of these that cannot be.
    """

    name: str
    declarations: Declarations
    _ready: Plan | None

    def _plan(self) -> Plan:
        raise NotImplementedError

    # One run, waited for.

    def run(
        self,
        value: Input | Mapping[str, Any] | None = None,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> Output:
        """Run the workflow, and wait for its result.

        Sync nodes run in this thread, asynchronous ones on a loop that this process keeps. Write all
        but the input by name.

        Args:
            value: The input: of its type as it is, anything else is validated into it.
            run_id: See the class.
            tags: See the class.
            timeout: See the class.
            given: See the class.
            only: See the class.

        Raises:
            UsageError: Called on the very loop that would have to drive it.
        """
        plan = self._ready or self._plan()
        exact = plan.input.exact
        if exact is not None and type(value) not in exact:
            value = self._accept(plan, value)
        if plan.asynchronous or not (tags is None and timeout is None and given is None and only is None):
            options = Options(self.declarations, plan, run_id, tags, timeout, given, only)
            return self._wait(plan, self._begin(plan, value, options), options.only)
        if run_id is not None:
            check_run_id(plan.name, run_id)
        result = plan.core.run(value, testing_mode.strict, run_id)
        if type(result) is _Cursor:
            result = self._finish(result)
        return self._fitted(plan, result) if plan.checks_output else result  # type: ignore[no-any-return]

    async def arun(
        self,
        value: Input | Mapping[str, Any] | None = None,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> Output:
        """Run the workflow on the running event loop, asyncio's or trio's; see `run`.

        Sync nodes run on helper threads and do not stall the loop, but for those that say
        `thread="caller"`.
        """
        plan = self._ready or self._plan()
        exact = plan.input.exact
        if exact is not None and type(value) not in exact:
            value = self._accept(plan, value)
        if plan.open_first:
            await self._open(plan)
        if not (tags is None and timeout is None and given is None and only is None):
            options = Options(self.declarations, plan, run_id, tags, timeout, given, only)
            run = self._begin(plan, value, options, on_loop=True)
            await loops.drive(_core.Cursor.of(run))
            return self._result(plan, run, options.only)
        if run_id is not None:
            check_run_id(plan.name, run_id)
        cursor = plan.core.start(value, testing_mode.strict, run_id)
        await loops.drive(cursor)
        result = cursor.result()
        if result is _Cursor:
            raise outcome.failure(cursor.run, self.declarations)
        return self._fitted(plan, result) if plan.checks_output else result  # type: ignore[no-any-return]

    def run_json(
        self,
        text: bytes | str | None = None,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        caller: object = None,
    ) -> bytes:
        """Run the workflow from JSON text to JSON text: the path of command line and server.

        Write all but the text by name.

        Args:
            text: The input as JSON, UTF-8; nothing, or an empty text, is null.
            run_id: See the class.
            tags: See the class.
            timeout: See the class.
            caller: Who asks, for `Context.caller`.

        Raises:
            JSONError: The text is not JSON, or past a limit.
            OutputError: The result has no JSON form.
        """
        plan = self._ready or self._plan()
        if plan.taken and type(text) in _TEXT and tags is None and timeout is None and caller is None:
            if run_id is not None:
                check_run_id(plan.name, run_id)
            written = plan.core.run_text(text, plan.taken, plan.given)  # type: ignore[arg-type]
            if written is not None:
                return written
        value = self._read(plan, text)
        if plan.asynchronous or not (tags is None and timeout is None and caller is None):
            options = Options(self.declarations, plan, run_id, tags, timeout)
            run = self._begin(plan, value, options, caller)
            return outcome.to_json(plan, self._wait(plan, run))
        if run_id is not None:
            check_run_id(plan.name, run_id)
        checks = plan.checks_output
        result = plan.core.run(value, testing_mode.strict, run_id, not checks)
        if type(result) is bytes and not checks:
            return result
        if type(result) is _Cursor:
            result = self._finish(result)
        return outcome.to_json(plan, self._fitted(plan, result) if checks else result)

    async def arun_json(
        self,
        text: bytes | str | None = None,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        caller: object = None,
    ) -> bytes:
        """Run the workflow from JSON text to JSON text on the running event loop; see `run_json`."""
        plan = self._ready or self._plan()
        value = self._read(plan, text)
        if plan.open_first:
            await self._open(plan)
        if not (tags is None and timeout is None and caller is None):
            options = Options(self.declarations, plan, run_id, tags, timeout)
            run = self._begin(plan, value, options, caller, on_loop=True)
            await loops.drive(_core.Cursor.of(run))
            return outcome.to_json(plan, self._result(plan, run))
        if run_id is not None:
            check_run_id(plan.name, run_id)
        cursor = plan.core.start(value, testing_mode.strict, run_id)
        await loops.drive(cursor)
        result = cursor.result()
        if result is _Cursor:
            raise outcome.failure(cursor.run, self.declarations)
        if plan.checks_output:
            result = self._fitted(plan, result)
        return outcome.to_json(plan, result)

    # One run, not waited for.

    def start(
        self,
        value: Input | Mapping[str, Any] | None = None,
        *,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> RunHandle[Output]:
        """Start a run on a thread of the engine, and return at once; see `run`."""
        plan = self._plan()
        options = Options(self.declarations, plan, run_id, tags, timeout, given, only)
        value = self._accept(plan, value)
        return self._start(plan, value, options, watch="handle")

    async def astart(
        self,
        value: Input | Mapping[str, Any] | None = None,
        *,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> RunHandle[Output]:
        """Start a run in a task of the running event loop, and return at once; see `run`."""
        plan = self._plan()
        options = Options(self.declarations, plan, run_id, tags, timeout, given, only)
        value = self._accept(plan, value)
        return self._astart(plan, value, options, watch="handle")

    def stream(
        self,
        value: Input | Mapping[str, Any] | None = None,
        *,
        types: Collection[str] | None = None,
        node: str | Target | None = None,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> Iterator[RunEvent]:
        """Run the workflow and give what happens, as it happens.

        The run begins with the first event that is asked for. It waits when 1,000 events have not
        been read, and is cancelled when the iteration is left. A failure is raised after the last
        event.

        Args:
            value: The input, as for `run`.
            types: Only events of these types, a list; see `RunEvent`.
            node: Only events of this node.
            run_id: See the class.
            tags: See the class.
            timeout: See the class.
            given: See the class.
            only: See the class.
        """
        plan = self._plan()
        _refuse_own_loop(plan, "stream", "async for event in {}.astream(...)")
        options = Options(self.declarations, plan, run_id, tags, timeout, given, only)
        types, node = wanted(self.declarations, plan.core.nodes, types, node)
        value = self._accept(plan, value)

        def events() -> Iterator[RunEvent]:
            handle = self._start(plan, value, options, watch="stream")
            try:
                yield from handle.events(types=types, node=node)
                handle.result()
            finally:
                handle.cancel()

        return events()

    def astream(
        self,
        value: Input | Mapping[str, Any] | None = None,
        *,
        types: Collection[str] | None = None,
        node: str | Target | None = None,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> AsyncIterator[RunEvent]:
        """Run the workflow on the running event loop and give what happens; see `stream`."""
        plan = self._plan()
        options = Options(self.declarations, plan, run_id, tags, timeout, given, only)
        types, node = wanted(self.declarations, plan.core.nodes, types, node)
        value = self._accept(plan, value)

        async def events() -> AsyncIterator[RunEvent]:
            handle = self._astart(plan, value, options, watch="stream")
            try:
                async with contextlib.aclosing(handle.aevents(types=types, node=node)) as happened:
                    async for event in happened:
                        yield event
                await handle.aresult()
            finally:
                handle.cancel()

        return events()

    # Many runs.

    @overload
    def batch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["raise", "drop"] = ...,
        ordered: Literal[True] = ...,
        **options: Unpack[BatchOptions],
    ) -> Iterator[Output]: ...
    @overload
    def batch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["keep"],
        ordered: Literal[True] = ...,
        **options: Unpack[BatchOptions],
    ) -> Iterator[Output | Exception]: ...
    @overload
    def batch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["raise", "drop"] = ...,
        ordered: Literal[False],
        **options: Unpack[BatchOptions],
    ) -> Iterator[tuple[int, Output]]: ...
    @overload
    def batch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["keep"],
        ordered: Literal[False],
        **options: Unpack[BatchOptions],
    ) -> Iterator[tuple[int, Output | Exception]]: ...
    @overload
    def batch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["raise", "keep", "drop"] = ...,
        ordered: bool = ...,
        **options: Unpack[BatchOptions],
    ) -> Iterator[Any]: ...
    def batch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]],
        *,
        concurrency: int = 64,
        on_error: Literal["raise", "keep", "drop"] = "raise",
        ordered: bool = True,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> Iterator[Any]:
        """Run the workflow for each of many inputs, several at a time.

        Inputs are taken one by one as runs finish.

        Args:
            inputs: The inputs.
            concurrency: How many runs are under way at most, 1 or more.
            on_error: Whether a failed run raises, is kept (its exception stands in the place of its
                output, such as a `NodeError` or an `InputError`), or is dropped.
            ordered: Whether results come in the order of the inputs; else `(index, output)` pairs
                come as runs finish, the index counted from 0.
            tags: Tags of every run.
            timeout: Time that each run may take.
            given: Outputs that every run takes; see the class.
            only: The only nodes of every run; see the class.

        Returns:
            An iterator of outputs. Leaving it cancels what is under way.
        """
        from workflow_engine.batch import Window

        plan = self._plan()
        _refuse_own_loop(plan, "batch", "async for output in {}.abatch(...)")
        window = Window(self.name, concurrency, on_error, ordered=ordered)
        options = Options(self.declarations, plan, None, tags, timeout, given, only)

        def begin(value: Any) -> RunHandle[Output]:
            value = self._accept(plan, value)
            return self._start(plan, value, options)

        return window.run(inputs, begin)

    @overload
    def abatch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]] | AsyncIterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["raise", "drop"] = ...,
        ordered: Literal[True] = ...,
        **options: Unpack[BatchOptions],
    ) -> AsyncIterator[Output]: ...
    @overload
    def abatch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]] | AsyncIterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["keep"],
        ordered: Literal[True] = ...,
        **options: Unpack[BatchOptions],
    ) -> AsyncIterator[Output | Exception]: ...
    @overload
    def abatch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]] | AsyncIterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["raise", "drop"] = ...,
        ordered: Literal[False],
        **options: Unpack[BatchOptions],
    ) -> AsyncIterator[tuple[int, Output]]: ...
    @overload
    def abatch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]] | AsyncIterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["keep"],
        ordered: Literal[False],
        **options: Unpack[BatchOptions],
    ) -> AsyncIterator[tuple[int, Output | Exception]]: ...
    @overload
    def abatch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]] | AsyncIterable[Input | Mapping[str, Any]],
        *,
        on_error: Literal["raise", "keep", "drop"] = ...,
        ordered: bool = ...,
        **options: Unpack[BatchOptions],
    ) -> AsyncIterator[Any]: ...
    def abatch(
        self,
        inputs: Iterable[Input | Mapping[str, Any]] | AsyncIterable[Input | Mapping[str, Any]],
        *,
        concurrency: int = 64,
        on_error: Literal["raise", "keep", "drop"] = "raise",
        ordered: bool = True,
        tags: Mapping[str, str] | None = None,
        timeout: float | timedelta | None = None,
        given: Mapping[str, Any] | None = None,
        only: Sequence[str | Target] | None = None,
    ) -> AsyncIterator[Any]:
        """Run the workflow for each of many inputs on the running event loop; see `batch`."""
        from workflow_engine.batch import Window

        plan = self._plan()
        window = Window(self.name, concurrency, on_error, ordered=ordered)
        options = Options(self.declarations, plan, None, tags, timeout, given, only)

        def begin(value: Any) -> RunHandle[Output]:
            value = self._accept(plan, value)
            return self._astart(plan, value, options)

        return window.arun(inputs, begin)

    # Resources.

    def close(self) -> None:
        """Close the resources that are open, the last opened first; a later run opens them anew."""
        from workflow_engine import resource

        resource.close(self)  # type: ignore[arg-type]

    async def aclose(self) -> None:
        """Close the resources that are open on the running event loop, and the others."""
        from workflow_engine import resource

        await resource.aclose(self)  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    # What these have in common.

    def _accept(self, plan: Plan, value: Any) -> Any:
        """Make the input of a value.

        Raises:
            InputError: It does not fit.
        """
        exact = plan.input.exact
        if exact is None or type(value) in exact:
            return value
        try:
            return plan.input.validate(value)
        except Misfit as misfit:
            error = _input_error(plan, misfit)
        raise error

    def _read(self, plan: Plan, text: bytes | str | None) -> Any:
        """Make the input of JSON text."""
        if text is not None and not isinstance(text, _TEXT):
            raise UsageError(
                f"`{plan.name}` is to read JSON text, bytes or str, not {type(text).__name__};"
                " `run` and `arun` take values"
            )
        if not text:
            return self._accept(plan, None)
        schema = plan.input
        try:
            if not schema.needs_text:
                value = _core.parse_json(text)
                exact = schema.exact
                return value if exact is None or type(value) in exact else self._accept(plan, value)
            _core.check_json(text)
        except JSONError as error:
            error.workflow = plan.name
            raise
        try:
            return plan.input.validate_json(text)
        except Misfit as misfit:
            refused = _input_error(plan, misfit)
        raise refused

    async def _open(self, plan: Plan) -> None:
        from workflow_engine import resource

        try:
            await resource.open_first(plan.open_first)
        except Exception as error:
            if (told := outcome.not_opened(plan, error)) is None:
                raise
            raise told from error

    def _begin(
        self,
        plan: Plan,
        value: Any,
        options: Options,
        caller: object = None,
        *,
        on_loop: bool | None = None,
        watch: Literal["handle", "stream"] | None = None,
    ) -> _core.Run:
        return _core.Run(
            plan.core,
            value,
            run_id=options.run_id,
            tags=options.tags,
            caller=caller,
            timeout=options.timeout,
            given=options.given,
            only=options.only,
            watch=watch,
            steals=testing_mode.strict,
            on_loop=plan.asynchronous if on_loop is None else on_loop,
        )

    def _finish(self, cursor: _core.Cursor) -> Any:
        """Drive a run on that the core has begun, and give its result."""
        runner.drive(cursor)
        result = cursor.result()
        if result is _Cursor:
            raise outcome.failure(cursor.run, self.declarations)
        return result

    def _wait(self, plan: Plan, run: _core.Run, only: Sequence[str] | None = None) -> Output:
        """Drive a run that was begun, and give its result."""
        if plan.asynchronous:
            self._submit(plan, run)
            try:
                run.wait()
            except BaseException:
                # Ctrl-C; the second one does not wait for the nodes' cleaning up.
                run.cancel()
                run.wait()
                raise
        else:
            runner.drive(_core.Cursor.of(run))
        return self._result(plan, run, only)

    def _submit(self, plan: Plan, run: _core.Run) -> None:
        from workflow_engine import engine

        _refuse_own_loop(plan, "run", "await {}.arun(...)")
        engine.submit(lambda: self._drive(plan, run))

    async def _drive(self, plan: Plan, run: _core.Run) -> None:
        """Drive a run that was begun on the running event loop."""
        try:
            if plan.open_first:
                await self._open(plan)
                run.capture_context()
            await loops.drive(_core.Cursor.of(run))
        except BaseException as error:
            run.abort(error)
            raise

    def _start(
        self,
        plan: Plan,
        value: Any,
        options: Options,
        *,
        watch: Literal["handle", "stream"] | None = None,
    ) -> RunHandle[Output]:
        from workflow_engine import engine
        from workflow_engine.handle import RunHandle

        run = self._begin(plan, value, options, watch=watch)
        if plan.asynchronous:
            engine.submit(lambda: self._drive(plan, run))
        else:
            run.drive()
        return RunHandle(run, self, plan, options.only)  # type: ignore[arg-type]

    def _astart(
        self,
        plan: Plan,
        value: Any,
        options: Options,
        *,
        watch: Literal["handle", "stream"] | None = None,
    ) -> RunHandle[Output]:
        from workflow_engine.handle import RunHandle

        run = self._begin(plan, value, options, on_loop=True, watch=watch)
        loops.spawn(self._drive(plan, run))
        return RunHandle(run, self, plan, options.only, threading.get_ident())  # type: ignore[arg-type]

    def _fitted(self, plan: Plan, result: Any) -> Any:
        """Make the declared output of a result; None stays, which a skipped branch gives.

        Raises:
            OutputError: It does not fit.
        """
        if result is None:
            return None
        try:
            return plan.output.validate(result)
        except Misfit as misfit:
            misfit.source = "output"
            message = (
                f"the result of `{plan.name}` does not fit its output `{plan.output.described}`: {misfit}"
            )
            raise OutputError(message, workflow=plan.name, path=misfit.path()) from None

    def _result(self, plan: Plan, run: _core.Run, only: Sequence[str] | None = None) -> Output:
        """Give what a run that has finished gives, or raise why it did not succeed."""
        if run.stopping:
            raise outcome.failure(run, self.declarations)
        if only is None:
            result = run.result()
            return self._fitted(plan, result) if plan.checks_output else result  # type: ignore[no-any-return]
        outputs = run.outputs()
        if len(only) == 1:
            return outputs.get(only[0])  # type: ignore[return-value]
        return {name: outputs.get(name) for name in only}  # type: ignore[return-value]


def _refuse_own_loop(plan: Plan, method: str, instead: str) -> None:
    """Refuse to wait on the very loop that has to drive what is waited for."""
    from workflow_engine import engine

    if plan.asynchronous and engine.is_on_loop_thread():
        raise UsageError(
            f"`{method}` of `{plan.name}` was called on the loop that would drive it;"
            f" write `{instead.format(plan.name.replace('-', '_'))}`"
        )


def _input_error(plan: Plan, misfit: Misfit) -> InputError:
    misfit.source = "input"
    schema: Schema = plan.input
    fields = ", ".join(schema.fields)
    of = f"`{schema.described}`" + (f" (fields: {fields})" if fields else "")
    return InputError(
        f"{misfit}; the workflow's input is {of}",
        workflow=plan.name,
        path=misfit.path(),
        errors=misfit.places(),
    )
