"""What a node sees of its run, and what its log records carry."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from event_loops import in_both_modes, on_every_loop, run_on
from workflow_engine import Context, Retry, Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator


def observing(body: Any, **options: Any) -> Workflow[Any, Any]:
    """Make a workflow with one node that gives what `body` makes of its context."""
    workflow: Workflow[Any, Any] = Workflow("observing")

    @workflow.node(**options)
    def node(input: Any, context: Context) -> Any:
        return body(context)

    return workflow


@in_both_modes
def test_what_a_node_sees(mode: Any) -> None:
    def see(context: Context) -> tuple[Any, ...]:
        current = Context.current()
        assert current is not None
        assert (current.run_id, current.node) == (context.run_id, context.node)
        return (
            context.run_id,
            context.workflow,
            context.node,
            context.attempt,
            context.tags,
            context.caller,
            context.parent,
            context.deadline,
            context.remaining(),
            context.cancelled,
            context.idempotency_key,
        )

    expected: tuple[Any, ...] = (
        "own",
        "observing",
        "node",
        1,
        {},
        None,
        None,
        None,
        None,
        False,
        "own/node",
    )
    with mode():
        assert observing(see).run(run_id="own") == expected
    assert Context.current() is None


@in_both_modes
def test_the_caller_comes_with_the_json_path(mode: Any) -> None:
    workflow = observing(lambda context: context.caller)
    with mode():
        assert workflow.run_json("null", caller={"tenant": "a"}) == b'{"tenant":"a"}'


@on_every_loop
def test_the_deadline(backend: str) -> None:
    def see(context: Context) -> tuple[float | None, float | None]:
        return context.deadline, context.remaining()

    workflow = observing(see)
    for deadline, left in (
        workflow.run(timeout=20),
        run_on(backend, lambda: workflow.arun(timeout=20)),
    ):
        assert 19 < deadline - time.time() <= 20.01
        assert 19 < left <= 20


def test_the_key_is_the_same_for_every_attempt() -> None:
    keys: list[tuple[int, str]] = []

    def see(context: Context) -> None:
        keys.append((context.attempt, context.idempotency_key))
        if context.attempt < 3:
            raise ValueError

    workflow = observing(see, retry=Retry(attempts=3, delay=0, on=ValueError))
    for run in ("own", "other"):
        keys.clear()
        workflow.run(run_id=run)
        assert keys == [(attempt, f"{run}/node") for attempt in (1, 2, 3)]


def test_a_context_stays_with_its_attempt() -> None:
    contexts: list[Context] = []

    def see(context: Context) -> None:
        contexts.append(context)
        if context.attempt == 1:
            raise ValueError

    observing(see, retry=Retry(attempts=2, delay=0, on=ValueError)).run()
    assert [context.attempt for context in contexts] == [1, 2]
    assert [context.cancelled for context in contexts] == [True, True]


def test_it_takes_no_changes_and_cannot_be_made() -> None:
    def see(context: Context) -> None:
        with pytest.raises(AttributeError):
            context.attempt = 5  # type: ignore[misc]
        with pytest.raises(TypeError):
            type(context)()

    observing(see).run()


def test_emit_without_anybody_watching() -> None:
    def emit(context: Context) -> str:
        for _ in range(3_000):
            context.emit({})
        return "done"

    assert observing(emit).run() == "done"
    assert observing(emit).run(timeout=5) == "done"


def test_a_node_may_look_whether_it_is_still_wanted() -> None:
    workflow: Workflow[Any, Any] = Workflow("asks")
    seen: list[bool] = []

    @workflow.node
    def asks(input: Any, context: Context) -> None:
        while not context.cancelled:
            time.sleep(0.001)
        seen.append(context.cancelled)

    handle = workflow.start()
    time.sleep(0.02)
    handle.cancel()
    deadline = time.perf_counter() + 1
    while not seen and time.perf_counter() < deadline:
        time.sleep(0.001)
    assert seen == [True]


# Log records.


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    found: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record)

    keeper = Keeper()
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(keeper)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(keeper)
    root.setLevel(level)


def labels(record: logging.LogRecord) -> tuple[Any, ...]:
    names = ("run_id", "workflow", "node", "attempt")
    return tuple(getattr(record, name, None) for name in names)


@in_both_modes
def test_the_logger_of_a_node(records: list[logging.LogRecord], mode: Any) -> None:
    def log(context: Context) -> None:
        context.log.info("said %s", "so", extra={"own": 1})

    with mode():
        observing(log).run(run_id="own")
    (record,) = records
    assert record.name == "workflow_engine.observing.node"
    assert record.getMessage() == "said so"
    assert record.own == 1  # type: ignore[attr-defined]
    assert labels(record) == ("own", "observing", "node", 1)
    assert record.funcName == "log"


@in_both_modes
@on_every_loop
def test_records_of_any_logger(records: list[logging.LogRecord], backend: str, mode: Any) -> None:
    workflow: Workflow[Any, Any] = Workflow("logs")
    logger = logging.getLogger("of.a.library")

    @workflow.node(retry=Retry(attempts=2, delay=0, on=ValueError))
    def in_a_thread(input: Any, context: Context) -> None:
        logger.info("thread")
        if context.attempt == 1:
            raise ValueError

    @workflow.node
    async def on_the_loop(in_a_thread: None) -> None:
        async def task() -> None:
            logger.info("task")

        await anyio.lowlevel.checkpoint()
        logger.info("loop")
        async with anyio.create_task_group() as group:
            group.start_soon(task)

    with mode():
        run_on(backend, lambda: workflow.arun(run_id="own"))
    logger.info("outside")
    assert [
        (record.getMessage(), *labels(record)) for record in records if record.name == "of.a.library"
    ] == [
        ("thread", "own", "logs", "in_a_thread", 1),
        ("thread", "own", "logs", "in_a_thread", 2),
        ("loop", "own", "logs", "on_the_loop", 1),
        ("task", "own", "logs", "on_the_loop", 1),
        ("outside", None, None, None, None),
    ]


PROGRAMS = {
    "logging is imported first": "import logging\nfrom workflow_engine import Context, Workflow\n",
    "logging is imported later": "from workflow_engine import Context, Workflow\nimport logging\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_records_carry_the_node_without_being_asked_to(name: str) -> None:
    # In a process where nobody has used a node's own logger.
    program = PROGRAMS[name] + textwrap.dedent("""
        logging.basicConfig(format="%(node)s %(attempt)s %(message)s")
        workflow = Workflow("logs")
        @workflow.node
        def speaks(input):
            logging.getLogger("of.a.library").warning("said")
        workflow.run()
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=30
    )
    assert (done.stderr, done.returncode) == ("speaks 1 said\n", 0)


def test_a_record_factory_of_the_user_s_own_is_kept(records: list[logging.LogRecord]) -> None:
    before = logging.getLogRecordFactory()

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs)
        record.own = "own"
        return record

    def log(context: Context) -> None:
        context.log.info("first")
        logging.getLogger("any").info("second")

    logging.setLogRecordFactory(factory)
    try:
        observing(log).run()
        observing(log).run()
    finally:
        logging.setLogRecordFactory(before)
    assert [(record.own, labels(record)[2]) for record in records] == [("own", "node")] * 4  # type: ignore[attr-defined]
