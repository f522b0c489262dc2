"""The compiled core."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, final

_Input: TypeAlias = tuple[Any, ...]

__all__ = [
    "ATTEMPTS_MAX",
    "DOCUMENT_SIZE_MAX",
    "DRIVERS_MAX",
    "EVENTS_KEPT",
    "EVENTS_MAX",
    "HELPERS_MAX",
    "INPUT_SIZE_MAX",
    "JSON_DEPTH_MAX",
    "NODES_MAX",
    "OVERRUNS_MAX",
    "TEXT_MAX",
    "Context",
    "Cursor",
    "Expression",
    "ExpressionType",
    "Graph",
    "JSONSchema",
    "Places",
    "Plan",
    "Price",
    "Prices",
    "Run",
    "TextForm",
    "after_fork",
    "check_expression",
    "check_json",
    "count_tokens",
    "expression_reads",
    "helper_counts",
    "is_reserved",
    "job_done",
    "keep_time",
    "layout",
    "parse_json",
    "pin_thread",
    "prepare_exit",
    "price",
    "read_document",
    "run_id",
    "set_thread_starters",
    "take_job",
    "template_reads",
    "to_json",
    "to_yaml",
    "trust_thread",
    "version",
    "vocabulary",
]

version: str
NODES_MAX: int
JSON_DEPTH_MAX: int
INPUT_SIZE_MAX: int
ATTEMPTS_MAX: int
EVENTS_MAX: int
EVENTS_KEPT: int
HELPERS_MAX: int
DRIVERS_MAX: int
DOCUMENT_SIZE_MAX: int
OVERRUNS_MAX: int
TEXT_MAX: int

def parse_json(text: bytes | str) -> Any:
    """Read JSON text (RFC 8259): exact integers, no duplicate keys, bounded size and depth.

    Raises:
        JSONError: The text is refused; it has the line and column.
    """

def check_json(text: bytes | str) -> None:
    """Refuse what `parse_json` refuses, and make nothing."""

def to_json(value: object) -> bytes:
    """Write plain JSON types, tuples and Enum members as JSON text without spaces.

    Raises:
        ValueError: NaN, an infinity or another type; the message begins with its place, `$.a[0]`.
    """

def read_document(
    text: bytes, format: Literal["yaml", "json"]
) -> tuple[Any, Places | None, list[tuple[str, int, int, str, str]]]:
    """Read a file of data: YAML 1.2 as far as JSON can say it, or JSON.

    Returns:
        The value; where its parts stand, None if the text could not be read to its end; and what is wrong, as
        code, line, column, message and remedy.
    """

def to_yaml(value: object) -> str:
    """Write plain JSON types as YAML that versions 1.1 and 1.2 read as the same value.

    Raises:
        ValueError: NaN, an infinity or another type.
    """

@final
class Places:
    """Where the parts of a file stand."""

    def of(self, path: tuple[str | int, ...], before: str | None = None) -> tuple[int, int]:
        """Give line and column, from 1, of a part, or of the character of a text that follows `before`."""
    def of_key(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Give line and column of the last key of a path."""
    def cut(self, path: tuple[str | int, ...]) -> str:
        """Give the character that ended a text without quotes; empty for all else."""

def run_id() -> str:
    """Make a run id: a UUID of version 7, so that ids sort by the time they were made."""

def layout(
    sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]
) -> tuple[list[tuple[float, float]], list[list[tuple[float, float]]]] | None:
    """Place boxes in rows so that edges point down.

    Args:
        sizes: Width and height of each box.
        edges: Pairs of indexes of boxes, source and target.

    Returns:
        The centre of each box, and the points that each edge passes between its ends; None for a
        graph that is too large to draw.
    """

def set_thread_starters(helper: Callable[[], None], timekeeper: Callable[[], None]) -> None:
    """Set the functions that start a helper thread and the timekeeper's thread."""

def keep_time() -> None:
    """Tell runs the time while their drivers are busy, on a thread of its own; never returns."""

def take_job() -> Cursor | None:
    """Wait for a job, on a helper thread; None tells the thread to end."""

def job_done(cursor: Cursor) -> None:
    """Tell that a helper thread has finished with a cursor."""

def prepare_exit() -> None:
    """Wait, at exit, until no thread is where the end of the interpreter would abort the process."""

def after_fork() -> None:
    """Forget, in a forked child, the threads and locks of its parent."""

def helper_counts() -> tuple[int, int]:
    """Count the helper threads, and those of them that are left behind in overrun nodes."""

def pin_thread() -> None:
    """Keep this thread's Python state for as long as the thread lives."""

def trust_thread() -> None:
    """Let this thread make calls from inside the core, though the end of the process could tear it down."""

@final
class Expression:
    """A compiled expression."""

    def __new__(cls, source: str) -> Expression: ...
    @property
    def variables(self) -> list[str]:
        """The variables it reads."""
    def evaluate(self, variables: dict[str, Any], fuel: int | None = None) -> Any:
        """Evaluate it over variables by name, with so much work at most."""

@final
class ExpressionType:
    """What is known of a value's type in expressions."""

    @staticmethod
    def unknown() -> ExpressionType:
        """Of a value of which nothing is known."""
    @staticmethod
    def of_schema(schema: object) -> ExpressionType:
        """Of the values that a JSON Schema takes."""
    @staticmethod
    def of_value(value: object) -> ExpressionType:
        """Of a JSON value that is always the same."""
    @staticmethod
    def object(fields: dict[str, ExpressionType]) -> ExpressionType:
        """Of an object with these fields."""
    @property
    def item(self) -> ExpressionType | None:
        """The type of its items; None if it cannot be a list."""
    @staticmethod
    def list(items: Sequence[ExpressionType]) -> ExpressionType:
        """Of a list with these items."""
    @property
    def name(self) -> str:
        """The name of the type, such as `string` or `list(int)`; `dyn` if it is not known."""

def expression_reads(source: str) -> list[tuple[str, bool]]:
    """Give the variables that an expression reads, and whether each may be missing.

    Raises:
        ExpressionError: It is no CEL.
    """

def is_reserved(name: str) -> bool:
    """Tell whether a name means something of its own in expressions, so that no node may have it."""

def template_reads(source: object) -> list[tuple[str, bool]]:
    """Give the variables that a template reads, and whether each may be missing.

    Raises:
        ValueError: It is no template; the message has its place.
    """

def check_expression(
    source: str, variables: dict[str, ExpressionType]
) -> tuple[ExpressionType, list[tuple[str, str, int | None]]]:
    """Check an expression over these variables, all that there are.

    Returns:
        The type of its value, and what is wrong with it: kind, message, place in characters.

    Raises:
        ExpressionError: It is no CEL.
    """

@final
class JSONSchema:
    """A compiled JSON Schema, draft 2020-12.

    Raises:
        Misfit: The document is none; of its one error the place is that in the document.
        ValueError: It is not JSON.
    """

    def __new__(cls, document: object) -> JSONSchema: ...
    def validate(self, value: object) -> Any:
        """Give the JSON form of a valid value, with its numbers as the schema declares them.

        Raises:
            Misfit: It is not valid.
            ValueError: It has no JSON form.
        """

@final
class TextForm:
    """JSON that needs no Python to be made the value of a type.

    Args:
        kinds: A bit for each kind of JSON that it may be: null, bool, int, float, str, list, dict.
        schema: What else it must be, and how its numbers are declared.
    """

    def __new__(cls, kinds: int, schema: JSONSchema | None = None) -> TextForm: ...

@final
class Graph:
    """What a workflow declares, gathered for the checks and the plan."""

    def __new__(cls, name: str) -> Graph: ...
    def input(self, dump: Callable[[Any], Any]) -> None:
        """Say how an input that is not made of plain JSON types becomes JSON."""
    def call(
        self,
        name: str,
        function: Callable[..., Any],
        inputs: Sequence[_Input],
        *,
        after: Sequence[str] = ...,
        asynchronous: bool = False,
        caller: bool = False,
        exact: Sequence[type] | None = None,
        coerce: Callable[[Any], Any] | None = None,
        dump: Callable[[Any], Any] | None = None,
        retry: tuple[int, float, float, float, str, bool] | None = None,
        retry_on: Callable[[BaseException], bool] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Add a node that calls a function.

        Args:
            name: Name of the node.
            function: Called with one positional argument for each of `inputs`.
            inputs: `("input",)`, `("node", name)`, `("node", name, default)`,
                `("constant", object)`, `("context",)`, `("list", [...])`, `("dict", {...})`;
                members of the last two whose node was skipped are left out.
            after: Nodes that must have run before.
            asynchronous: Whether the function gives a coroutine.
            caller: Whether only the driving thread may call it.
            exact: Classes whose own instances are taken as output without a look; None takes all.
            coerce: Makes the declared type of any other output, or raises.
            dump: Makes plain JSON types of an output that native nodes read.
            retry: Attempts, delay, factor, longest delay (both in seconds), jitter (`full` or
                `none`), and whether a timeout is retried.
            retry_on: Whether an exception may be retried.
            timeout: Seconds that an attempt may take.
        """

    def route(
        self,
        name: str,
        source: str,
        cases: Sequence[tuple[object, Sequence[str]]],
        *,
        default: Sequence[str] | None,
        function: Callable[[Any], Any] | None = None,
        values: Sequence[object] | None = None,
        several: bool = False,
    ) -> None:
        """Add a route.

        Args:
            name: Name of the node.
            source: The node whose output is looked at, or `input`.
            cases: JSON values, each with the nodes that run for it.
            default: What runs for other values; None makes them errors.
            function: Gives the value, or a list of values; without it the output is the value.
            values: All values there can be, if they are known.
            several: Whether the type says that a list of values comes.
        """

    def join(
        self,
        name: str,
        sources: Sequence[str],
        *,
        gathered: Callable[[Any], Any] | None = None,
        dump: Callable[[Any], Any] | None = None,
    ) -> None:
        """Add a node that gives `{name: output}` of those that were not skipped.

        Args:
            name: Name of the node.
            sources: Names of the nodes that it gathers.
            gathered: Called with the outputs as they are; without it all are JSON of native nodes.
            dump: Makes plain JSON types of the output, for native nodes that read it.
        """

    def first(self, count: int, cancels_rest: bool) -> None:
        """Let the node that was added last wait for so many of its members, and perhaps cancel the rest."""

    def end(self, name: str, shape: object) -> None:
        """Add a node that fills a shape, as `transform` does; `ends` makes it end the run."""

    def ends(self, after: Sequence[str]) -> None:
        """Let the node that was added last end the run with its output, and wait for nodes."""

    def cancel(self, name: str) -> None:
        """Add a node that gives null; `cancels` makes it cancel others."""

    def cancels(self, nodes: Sequence[str], after: Sequence[str]) -> None:
        """Let the node that was added last cancel others, and wait for nodes."""

    def constant(self, name: str, value: object) -> None:
        """Add a node that gives a JSON value."""

    def pick(self, name: str, source: str, path: Sequence[str | int]) -> None:
        """Add a node that gives one place inside an output, or inside `input`."""

    def compute(self, name: str, source: str) -> None:
        """Add a node that works out an expression."""

    def transform(self, name: str, shape: object) -> None:
        """Add a node that fills a shape: JSON in which a tuple of one text is an expression."""

    def fail(self, name: str, message: str) -> None:
        """Add a node that fails with the message that an expression makes."""

    def assertion(
        self, name: str, value: str, *, schema: JSONSchema | None = None, message: str | None = None
    ) -> None:
        """Add a node that fails unless an expression is true, or its value valid by a schema."""

    def template(self, name: str, source: object) -> None:
        """Add a node that renders a template: a text, or the messages of a chat.

        Raises:
            ValueError: It is no template.
        """

    def conditions(
        self, name: str, cases: Sequence[tuple[str, Sequence[str]]], default: Sequence[str] | None
    ) -> None:
        """Add a route whose value is the text of the first condition that holds, or null."""

    def route_by(
        self,
        name: str,
        source: str,
        cases: Sequence[tuple[Any, Sequence[str]]],
        *,
        default: Sequence[str] | None,
        values: Sequence[Any] | None = None,
        several: bool = False,
    ) -> None:
        """Add a route whose value is that of an expression."""

    def returns(self, shape: str | tuple[str, ...] | dict[str, str] | None) -> None:
        """Set the result: nothing, one output, whichever of several ran, or an object of outputs."""

    def body(self, graph: Graph, *, within: int | None = None, shares_input: bool = False) -> int:
        """Take another graph as a body.

        Args:
            graph: The graph; nodes may be added to it later.
            within: Number of the graph around it, whose nodes it may read; 0 is this one.
            shares_input: Whether its input is that of the graph around, rather than the item or state.

        Returns:
            The number by which nodes name the body, from 1.
        """

    def run_body(
        self,
        name: str,
        body: int,
        kind: tuple[Any, ...],
        origin: tuple[Any, ...],
        *,
        shape: object = None,
        after: list[str] = ...,
        retry: tuple[int, float, float, float, str, bool] | None = None,
        retry_on: Callable[[BaseException], bool] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Add a node that runs a body.

        Args:
            name: Name of the node.
            body: Number of the body; 0 is the workflow itself.
            kind: `("subworkflow",)`, `("map", concurrency, on_error, until)` or
                `("loop", until, limit, keeps_at_limit)`, conditions as CEL text.
            origin: Where the list, the first state or the input comes from: `("input",)`, `("node", name)` or
                `("shape", shape)`, a shape as that of `transform`.
            shape: What makes the input of the body out of `item` and `index`, or `state` and `turn`.
            after: Nodes it only waits for.
            retry: What follows a failed item or turn.
            retry_on: Whether an exception may be retried.
            timeout: Seconds that an attempt of an item or turn may take.

        Raises:
            ExpressionError: A condition or an expression is none.
        """

    def check(self) -> list[tuple[str, str, str, str, str]]:
        """Find every fault of the graph: code, severity, node, message, remedy."""

    def plan(self) -> Plan:
        """Compile the graph.

        Raises:
            ValueError: A fault is an error.
        """

@final
class Plan:
    """A checked workflow, ready to run."""

    @property
    def name(self) -> str: ...
    @property
    def nodes(self) -> list[str]: ...
    @property
    def asynchronous(self) -> bool:
        """Whether a node runs on the event loop."""
    @property
    def returns(self) -> list[str]:
        """The nodes that make up the result."""
    @property
    def shape(self) -> str | tuple[str, ...] | dict[str, str] | None:
        """How they make it up, as for `Graph.returns`."""
    def run(self, input: object, steals: bool, run_id: str | None = None, as_json: bool = False) -> Any:
        """Run without further options, as far as that goes without Python.

        Returns:
            The result of the run, or the cursor that drives it to its end. With `as_json` the result
            as JSON text, bytes; the cursor also where it is not plain enough for that.
        """
    @property
    def native(self) -> bool:
        """Whether all its nodes are native."""
    def run_text(self, text: bytes | str, taken: TextForm, given: TextForm | None = None) -> bytes | None:
        """Run from JSON text to JSON text where all nodes are native, without holding the interpreter.

        Args:
            text: The input.
            taken: What it must be.
            given: What the result must be; None if anything.

        Returns:
            The result; None where there is none, for whatever reason.
        """
    def start(self, input: object, steals: bool, run_id: str | None = None) -> Cursor:
        """Start a run without further options on an event loop, and give the cursor that drives it."""
    def coerce(self, name: str) -> Callable[[Any], Any] | None:
        """Give what checks a node's output, or makes its declared type; None if all is taken."""
    def describe(self) -> list[dict[str, Any]]:
        """Give `{"name", "kind", "edges": [{"from", "kind", "label"}]}` for each node."""

@final
class Run:
    """A run, seen from outside."""

    def __new__(
        cls,
        plan: Plan,
        input: object,
        *,
        run_id: str | None = None,
        tags: dict[str, str] | None = None,
        caller: object = None,
        timeout: float | None = None,
        given: dict[str, Any] | None = None,
        only: Sequence[str] | None = None,
        watch: Literal["handle", "stream"] | None = None,
        steals: bool = False,
        on_loop: bool = False,
    ) -> Run: ...
    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def finished(self) -> bool: ...
    @property
    def stopping(self) -> bool:
        """Whether it ends, or has ended, without success."""
    @property
    def on_loop(self) -> bool:
        """Whether an event loop drives it."""
    @property
    def parent(self) -> str | None: ...
    @property
    def tags(self) -> dict[str, str] | None: ...
    def nodes(self) -> list[tuple[str, str, int, float | None, float | None]]:
        """Give name, state, attempts, start and end of each node."""
    def outputs(self) -> dict[str, Any]:
        """Give the outputs that there are, by node."""
    def result(self) -> Any:
        """Give what the run gives; None also if it did not succeed."""
    def take_failure(self) -> tuple[str, str | None, int, str, Any] | None:
        """Take out why it did not succeed: kind, node, attempt, cause and what belongs to it."""
    def take_late_failures(self) -> list[tuple[str, int, BaseException | None]]:
        """Take out the failures that came after the one that ended it."""
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has finished; False if `timeout` seconds pass first."""
    def wait_event(self, sequence: int, timeout: float | None = None) -> bool:
        """Wait for an event from `sequence` on, or the end of the run."""
    def read_event(self, sequence: int) -> tuple[int, float, str, str | None, int, Any] | None:
        """Give the first event from `sequence` on; a stream forgets those before it."""
    def on_event(self, sequence: int, waker: Callable[[], object]) -> bool:
        """Have `waker` called once when there is something to read; False if there is already."""
    def on_finish(self, waker: Callable[[], object]) -> bool:
        """Have `waker` called once when it has finished; False if it has already."""
    def cancel(self) -> bool:
        """Cancel it; False if it was ending already."""
    def abort(self, error: BaseException) -> bool:
        """End it because its driver cannot go on."""
    def capture_context(self) -> None:
        """Take the current context for the one in which it was started."""
    def drive(self) -> None:
        """Have a helper thread drive it."""
    def explain(self) -> list[tuple[str, str, str]]:
        """Give name, state and the reason for it of each node."""

@final
class Cursor:
    """A driver's place in a run."""

    @staticmethod
    def of(run: Run) -> Cursor:
        """Give the cursor that drives a run."""
    def task(self) -> Cursor:
        """Give a cursor for a further task of the loop that drives the run."""
    @property
    def run(self) -> Run: ...
    def first(self) -> Any:
        """Get the first call, or the next one after a time without any; see `step`."""
    def step(self, output: object) -> Any:
        """Report an output, and get what comes next.

        Returns:
            `(function, arguments)`, on a loop `(function, arguments, how)`: False in place, True
            as a coroutine, a number as a coroutine with so many seconds. None if nothing is left
            for this driver. Only on a loop: a number, so many seconds to do other things; a list
            of what a coroutine waits for and the coroutine; an exception that a coroutine raised.
        """
    def begin(self, coroutine: object) -> Any:
        """Take the first step of the coroutine that the last call gave; see `step`."""
    def fail(self, error: BaseException, retryable: bool) -> Any:
        """Report an exception, and get the next call."""
    def time_out(self) -> Any:
        """Report that the call used up its time, and get the next call."""
    def stopped(self) -> Any:
        """Report that the call was stopped because the run is ending, and get the next call."""
    @property
    def retry_on(self) -> Callable[[BaseException], bool] | None: ...
    @property
    def checks_output(self) -> bool: ...
    @property
    def calling(self) -> bool: ...
    @property
    def awaits_call(self) -> bool: ...
    def describe_call(self) -> tuple[str, int, list[Any]]:
        """Give the node of the last call, its attempt, and where each argument comes from.

        Returns:
            For an argument the name of a node, `input` or None; for a list or dict of several a
            list of these, for the members that are there.
        """
    def suspend(self) -> bool:
        """Leave the node's context; True if something else may happen in the run meanwhile."""
    def resume(self) -> None:
        """Come back to the node's context."""
    def forget(self) -> None:
        """Forget the node's context, which was left."""
    def ready(self, limit: int) -> int:
        """Count the nodes that could start on the loop."""
    def set_waker(self, waker: Callable[[], object] | None) -> bool:
        """Set what wakes the loop; False if there is something to do already."""
    def tick(self) -> tuple[bool, bool, bool, float | None]:
        """Look at the clock: whether the run ends, calls were stopped, the driver is wanted, until when."""
    def retire(self) -> bool:
        """Tell, once, that the last call was stopped while the run goes on; no further one follows."""
    @property
    def retired(self) -> bool: ...
    @property
    def delegates(self) -> bool: ...
    @property
    def strict(self) -> bool: ...
    @property
    def stopping(self) -> bool: ...
    def result(self) -> Any:
        """Give what the run gives; the class `Cursor` itself if it did not succeed."""
    def cancel(self) -> bool:
        """Cancel the run."""
    def abort(self, error: BaseException) -> None:
        """End the run because its driver cannot go on."""
    def close(self) -> None:
        """Let go of a call that will not be reported any more."""

@final
class Context:
    """What a node sees of its run.

    A node that has a parameter annotated `Context` gets one; helper functions use `current()`.

    Attributes:
        run_id: Id of the run.
        workflow: Name of the workflow.
        node: Name of the node.
        attempt: The attempt, from 1.
        tags: Tags of the run.
        caller: Who asked for the run, over HTTP; else None.
        parent: Id of the run whose node started this run; None if none did.
        deadline: When the run must have ended, in seconds since 1970; None without a deadline.
        cancelled: Whether the outcome of this attempt is not wanted any more.
        idempotency_key: The same for every attempt of this node in this run; for outside services.
        log: A logger whose records carry run, node and attempt.
    """

    @staticmethod
    def current() -> Context | None:
        """Give the context of the node that this code runs in; None outside of a node."""
    @property
    def run_id(self) -> str: ...
    @property
    def workflow(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def item(self) -> int | None:
        """Position of a map's item, from 0, or number of a loop's turn, from 1, that the node runs for."""
    @property
    def attempt(self) -> int: ...
    @property
    def tags(self) -> dict[str, str]: ...
    @property
    def caller(self) -> Any: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def deadline(self) -> float | None: ...
    def remaining(self) -> float | None:
        """Give the seconds until the deadline, not below 0; None without a deadline."""
    @property
    def cancelled(self) -> bool: ...
    @property
    def idempotency_key(self) -> str: ...
    def emit(self, data: object) -> None:
        """Send data to whoever watches the run, as an event `node.emitted`.

        It waits while the reader of a stream is 1,000 events behind.
        """
    @property
    def log(self) -> Any: ...

# Token counts and prices of language models.

def count_tokens(text: str, model: str, size_max: int) -> tuple[int, bool]:
    """Count the tokens of a text, and say whether that is an estimate.

    Raises:
        LimitError: The text has more than `size_max` bytes.
    """

def vocabulary(model: str) -> list[bytes] | None:
    """Give the tokens that a model is counted with, in the order of their ranks.

    An unused rank has no bytes; there is no list for a model that is not known.
    """

def price(usage: Mapping[str, int | None], model: str, at: datetime | None = None) -> Price:
    """Give what a use of a model costs, exactly.

    ::

        price({"input_tokens": 1200, "cache_read_tokens": 1000, "output_tokens": 80}, "gpt-5").dollars

    Args:
        usage: Counts by their names: ``input_tokens``, all of the input, and what of it has a price
            of its own, such as ``cache_read_tokens``, ``cache_write_tokens``, ``input_audio_tokens``;
            ``output_tokens`` likewise; ``web_searches`` and others. What is None was not counted.
        model: The model as its provider names it, or one of the usual short names. The provider may
            stand in front (``azure/gpt-4o``); without one it is who makes the model.
        at: When the model was used, with a time zone; now if it is left out.

    Returns:
        The price, in whole billionths of a dollar, rounded half to even. Where the model is not known,
        `is_known` is false and there is no amount.

    Raises:
        TypeError: A count is no whole number.
        ValueError: A name of the usage is not known, its counts contradict each other, or `at` has no
            time zone.
    """

@final
class Price:
    """What a use of a model costs, or that its model is not known.

    Attributes:
        nanodollars: The amount in billionths of a US dollar; None if the model is not known.
        dollars: The same as a `Decimal` of dollars.
        provider: Who runs the model, such as ``openai``.
        model: The model that was found.
        is_known: Whether the model is known.
    """

    def __new__(
        cls, nanodollars: int | None = None, provider: str | None = None, model: str | None = None
    ) -> Price: ...
    @property
    def nanodollars(self) -> int | None: ...
    @property
    def dollars(self) -> Decimal | None: ...
    @property
    def provider(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...
    @property
    def is_known(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[int | None, str | None, str | None]: ...

@final
class Prices:
    """Prices of models other than those that came with this version, such as newer ones.

    ::

        prices = Prices(Path("data.json").read_bytes())
        prices.price({"input_tokens": 1200}, "gpt-5")

    Args:
        json: The file that the project genai-prices publishes, v2.

    Raises:
        ValueError: It is something else.
    """

    def __new__(cls, json: bytes) -> Prices: ...
    def price(self, usage: Mapping[str, int | None], model: str, at: datetime | None = None) -> Price:
        """Give what a use of a model costs by these prices; see `workflow_engine.price`."""
