"""How a workflow is declared: its nodes, resources, routes and result."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar, Unpack, overload

from workflow_engine.declarations import Declarations, Returned
from workflow_engine.errors import DeclarationError
from workflow_engine.missing import MISSING
from workflow_engine.names import no_node
from workflow_engine.node import (
    FunctionNode,
    InputSource,
    Node,
    Source,
    earlier_nodes,
    function_node,
    is_expression,
    name_of,
)
from workflow_engine.place import caller, local, place_of
from workflow_engine.resource import Resource
from workflow_engine.route import Route

if TYPE_CHECKING:
    from datetime import timedelta

    from workflow_engine.annotations import (
        Case,
        Cases,
        LoopOptions,
        MapOptions,
        NodeDecorator,
        NodeOptions,
        Over,
        Processor,
        Returnable,
        Target,
    )
    from workflow_engine.check import Fault
    from workflow_engine.expression import Expression
    from workflow_engine.native.body import BodyNode
    from workflow_engine.plan import Plan
    from workflow_engine.policy import Retry

__all__ = ["Declares"]

# Invariant: a workflow gives its input to nodes and takes its output from them.
Input = TypeVar("Input")
Output = TypeVar("Output")
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Given = TypeVar("Given")
Added = TypeVar("Added", bound=Node[Any])
Function = TypeVar("Function", bound=Callable[..., Any])


class Declares(Generic[Input, Output]):
    """The declaring half of a workflow.

    Attributes:
        name: Its name.
        declarations: What was declared so far.
    """

    def __init__(self, declarations: Declarations) -> None:
        self.name = declarations.name
        self.declarations = declarations
        self._lock = threading.RLock()
        # The plan and the faults, until anything is declared.
        self._built: tuple[Plan | None, list[Fault]] | None = None
        # The plan, once it is known to be sound and its warnings were given.
        self._ready: Plan | None = None
        # Workflows that run this one as a body.
        self._users: set[Declares[Any, Any]] = set()

    @property
    def input(self) -> InputSource[Input]:
        """The input, for `inputs=` of a node, for `route` and for `pick`."""
        return InputSource(self)

    @overload
    def node(
        self, function: type[Processor[Parameters, Coroutine[Any, Any, Result]]], /
    ) -> FunctionNode[Parameters, Coroutine[Any, Any, Result], Result]: ...
    @overload
    def node(
        self, function: type[Processor[Parameters, Result]], /
    ) -> FunctionNode[Parameters, Result, Result]: ...
    @overload
    def node(
        self, function: Callable[Parameters, Coroutine[Any, Any, Result]], /
    ) -> FunctionNode[Parameters, Coroutine[Any, Any, Result], Result]: ...
    @overload
    def node(self, function: Callable[Parameters, Result], /) -> FunctionNode[Parameters, Result, Result]: ...
    @overload
    def node(self, **options: Unpack[NodeOptions]) -> NodeDecorator: ...
    def node(self, function: Any = None, **options: Any) -> Any:
        """Make a node of a function, or of a class with a `process` method; also as a decorator.

        A parameter takes the output of the node of its name, a resource by its name or type, the
        `Context` by its type, or the input: by the name `input`, or by the input's type if that is
        a class of yours.

        Args:
            function: The function or class; left out, this gives a decorator.
            **options: See `NodeOptions`: `name`, `inputs`, `after`, `retry`, `timeout`, `thread`.

        Returns:
            The node, which is called like the function.

        Raises:
            DeclarationError: An option that cannot be.
        """
        if function is None:
            return lambda function: self.add_node(function, **options)
        return self.add_node(function, **options)

    @overload
    def add_node(
        self,
        function: type[Processor[Parameters, Coroutine[Any, Any, Result]]]
        | Processor[Parameters, Coroutine[Any, Any, Result]],
        /,
        **options: Unpack[NodeOptions],
    ) -> FunctionNode[Parameters, Coroutine[Any, Any, Result], Result]: ...
    @overload
    def add_node(
        self,
        function: type[Processor[Parameters, Result]] | Processor[Parameters, Result],
        /,
        **options: Unpack[NodeOptions],
    ) -> FunctionNode[Parameters, Result, Result]: ...
    @overload
    def add_node(
        self,
        function: Callable[Parameters, Coroutine[Any, Any, Result]],
        /,
        **options: Unpack[NodeOptions],
    ) -> FunctionNode[Parameters, Coroutine[Any, Any, Result], Result]: ...
    @overload
    def add_node(
        self,
        function: Callable[Parameters, Result],
        /,
        **options: Unpack[NodeOptions],
    ) -> FunctionNode[Parameters, Result, Result]: ...
    def add_node(self, function: Any, /, **options: Unpack[NodeOptions]) -> Any:
        """Make a node of any callable, or of an object with a `process` method.

        Args:
            function: A function, bound method, partial, class or other callable, or an object.
            **options: See `NodeOptions`: `name`, `inputs`, `after`, `retry`, `timeout`, `thread`.

        Returns:
            The node.

        Raises:
            DeclarationError: No callable, no name, or an option that cannot be.
        """
        return self._add(function_node(self, function, **options))

    @overload
    def resource(self, function: Function, /, *, name: str | None = None) -> Function: ...
    @overload
    def resource(self, *, name: str | None = None) -> Callable[[Function], Function]: ...
    def resource(self, function: Any = None, *, name: str | None = None) -> Any:
        """Share what a function, generator or context manager gives; also as a decorator.

        It reaches every node that has a parameter of its name, or of its type where one resource
        has it. It is opened when a node first needs it, once in a process, an asynchronous one once
        on each event loop; and closed by `close()`, `with`, or at exit.

        Args:
            function: It is called without arguments. Left out, this gives a decorator.
            name: Name of the resource; by default that of the function, or of the class in snake
                case.

        Returns:
            The function, unchanged.

        Raises:
            DeclarationError: No callable, or no name.
        """
        if function is None:
            return lambda function: self.resource(function, name=name)
        named = name_of(function) if name is None else name
        if not callable(function) or not isinstance(named, str):
            raise DeclarationError(f"a resource is a function with a name, not {function!r}")
        frame = caller()
        place = place_of(frame, function)
        with self._lock:
            declarations = self.declarations
            declarations.add_resource(Resource(named, function, place, local(frame), declarations.shelf))
            self._forget()
        return function

    @overload
    def route(
        self,
        *,
        when: Sequence[tuple[str | Expression, Case]] | Mapping[str, Case],
        default: Case = ...,
        name: str,
    ) -> Node[Any]: ...
    @overload
    def route(
        self,
        source: Expression,
        cases: Cases,
        *,
        default: Case = ...,
        name: str | None = None,
    ) -> Node[Any]: ...
    @overload
    def route(
        self,
        source: Source[Given],
        cases: Cases,
        *,
        on: Callable[[Given], object] | str | Expression | None = None,
        default: Case = ...,
        name: str | None = None,
    ) -> Node[Any]: ...
    @overload
    def route(
        self,
        source: type[Processor[..., Coroutine[Any, Any, Given]]] | Callable[..., Coroutine[Any, Any, Given]],
        cases: Cases,
        *,
        on: Callable[[Given], object] | str | Expression | None = None,
        default: Case = ...,
        name: str | None = None,
    ) -> Node[Any]: ...
    @overload
    def route(
        self,
        source: type[Processor[..., Given]],
        cases: Cases,
        *,
        on: Callable[[Given], object] | str | Expression | None = None,
        default: Case = ...,
        name: str | None = None,
    ) -> Node[Any]: ...
    @overload
    def route(
        self,
        source: Callable[..., Given],
        cases: Cases,
        *,
        on: Callable[[Given], object] | str | Expression | None = None,
        default: Case = ...,
        name: str | None = None,
    ) -> Node[Any]: ...
    def route(
        self,
        source: Any = None,
        cases: Any = None,
        *,
        on: Any = None,
        default: Any = MISSING,
        name: str | None = None,
        when: Any = None,
    ) -> Node[Any]:
        """Choose by a value which nodes run; those of the other cases are skipped.

        With `when` it chooses by conditions instead: `route(when=[("input.n > 3", a)], default=b)` runs
        the nodes of the first condition that holds.

        Args:
            source: The node whose output is looked at, the input, or an expression.
            cases: The nodes of each value: one, a list of them, or None to run nothing. Values are
                strings, members of an Enum, booleans and integers; write pairs instead of a mapping
                where it cannot hold two of them, such as 1 and True.
            on: Gives the value, or a list of values whose cases all run: a function of the output, or an
                expression over the run, as CEL text or built with `ref`. Without it the output is the value.
            default: The nodes for any other value, or None to run nothing. Needed if not every
                value is known before the run and has a case.
            name: Name of the route, by default `route_` and that of the source.
            when: Pairs of a condition, CEL text or an expression, and the nodes that it runs.

        Returns:
            The route; its output is the value, with `when` the text of the condition, or None.

        Raises:
            DeclarationError: `cases`, `on` or `when` are neither, or do not go together.
        """
        frame = caller()
        if when is not None:
            from workflow_engine.conditions import Conditions

            if source is not None or cases is not None or on is not None:
                raise DeclarationError("a route chooses by `when`, or by a value and `cases`")
            if name is None:
                raise DeclarationError('a route by `when` needs a name: write `name="..."`')
            return self._add(Conditions(self, name, place_of(frame), when, default))
        if is_expression(source) and on is None:
            source, on = None, source
        if on is not None and not callable(on) and not isinstance(on, str):
            raise DeclarationError(f"`on` is a function or an expression, not {on!r}")
        if isinstance(cases, str) or not isinstance(cases, Mapping | Sequence):
            raise DeclarationError(f"`cases` is a mapping or a list of pairs, not {cases!r}")
        if name is None:
            name = f"route_{_name_of(source, on)}"
        route = Route(self, name, place_of(frame), source, cases, on=on, default=default, frame=local(frame))
        return self._add(route)

    def join(
        self,
        name: str,
        *nodes: Target,
        wait: Literal["all", "any"] | int = "all",
        cancel: Literal["rest"] | None = None,
    ) -> Node[dict[str, Any]]:
        """Gather the outputs of several nodes; runs in the core.

        Args:
            name: Name of the node.
            *nodes: What is gathered.
            wait: How many outputs are enough: `"all"`, `"any"` (which is 1) or a number. When fewer can
                come, because nodes were skipped, it waits until all have settled.
            cancel: `"rest"` cancels those of the nodes that have not settled when there are enough, and
                with them what only leads to cancelled nodes. To others that read them they are skipped.

        Returns:
            A node whose output is `{name: output}` of the nodes that had finished.

        Raises:
            DeclarationError: `wait` is none of these, or `cancel` stands beside `wait="all"`.

        Example::

            first = workflow.join("first", ask_one, ask_other, wait="any", cancel="rest")
        """
        from workflow_engine.native.join import Join

        return self._add(Join(self, name, place_of(caller()), nodes, wait=wait, cancel=cancel))

    def end(
        self,
        name: str,
        value: object,
        *,
        after: Target | Sequence[Target] = (),
    ) -> Node[Any]:
        """End the run here, as a success, with this output; runs in the core.

        What is under way then is cancelled, and what `returns` names is not asked for.

        Args:
            name: Name of the node.
            value: What the run gives: a node, an expression, or a shape as for `transform`, in which text
                is text.
            after: Nodes that must have run before.

        Returns:
            A node that runs when what its value reads is there and, if a route names it, when the route
            chose it. Nothing that needs it ever runs.

        Raises:
            DeclarationError: Something in the value is no JSON and no expression.

        Example::

            stop = workflow.end("stop", {"answer": None, "why": ref("judge.reason")})
            workflow.route(judge, {"fine": answer, "hopeless": stop}, on="judge.verdict")
        """
        from workflow_engine.native.end import End

        return self._add(End(self, name, place_of(caller()), value, after=earlier_nodes(name, after)))

    def cancel(self, name: str, *nodes: Target, after: Target | Sequence[Target] = ()) -> Node[None]:
        """Cancel nodes, as far as they have not settled; runs in the core.

        Args:
            name: Name of the node.
            *nodes: The nodes that are cancelled. To those who read them they are skipped.
            after: Nodes that must have run before.

        Returns:
            A node whose output is None. It runs after what it waits for, and if a route names it, when the
            route chose it.

        Raises:
            DeclarationError: There are no nodes to cancel, or `after` is neither a node nor a list.

        Example::

            workflow.cancel("enough", search_archive, search_web, after=search_cache)
        """
        from workflow_engine.native.cancel import Cancel

        return self._add(Cancel(self, name, place_of(caller()), nodes, after=earlier_nodes(name, after)))

    def constant(self, name: str, value: Result) -> Node[Result]:
        """Give the same value in every run; runs in the core.

        Args:
            name: Name of the node.
            value: A JSON value.

        Returns:
            A node whose output is the value.
        """
        from workflow_engine.native.constant import Constant

        return self._add(Constant(self, name, place_of(caller()), value))

    def pick(self, name: str, source: Target, *path: str | int) -> Node[Any]:
        """Give what stands at one place in a value's JSON form; runs in the core.

        Args:
            name: Name of the node.
            source: The node whose output holds the place, or the input.
            *path: Keys and, for lists, positions from 0; outermost first.

        Returns:
            A node whose output stands there; where nothing does, the node fails.

        Raises:
            DeclarationError: A step of the path that is no key and no position.
        """
        for step in path:
            if type(step) is not str and not (type(step) is int and 0 <= step <= sys.maxsize):
                raise DeclarationError(
                    f"the place that `{name}` picks has the step {step!r};"
                    " a step is a key (text) or a position in a list (a whole number from 0)"
                )
        from workflow_engine.native.pick import Pick

        return self._add(Pick(self, name, place_of(caller()), source, path))

    def compute(self, name: str, expression: str | Expression | Source[Any]) -> Node[Any]:
        """Work out an expression; runs in the core.

        Args:
            name: Name of the node.
            expression: CEL text, or an expression built with `ref`, over the input and other nodes; a node
                stands for what it gives.

        Returns:
            A node whose output is the value; it fails where the expression does.

        Raises:
            DeclarationError: `expression` is none.

        Example::

            workflow.compute("size", "input.commits.size()")
        """
        from workflow_engine.native.compute import Compute

        return self._add(Compute(self, name, place_of(caller()), expression))

    def transform(
        self, name: str, shape: Mapping[str, Any] | Sequence[Any] | Expression | Source[Any]
    ) -> Node[Any]:
        """Shape JSON out of the input and other nodes; runs in the core.

        Args:
            name: Name of the node.
            shape: An object or list of JSON values, in which expressions, nodes and the input of the
                workflow stand for what they give. Text is text. What an expression gives as an absent
                optional, such as `input.?title`, is left out.

        Returns:
            A node whose output has this shape. A node of which an expression asks with `has(node.field)`
            or `node.?field` may have been skipped, and then has no fields.

        Raises:
            DeclarationError: Something in the shape is no JSON and no expression.

        Example::

            workflow.transform("card", {"title": workflow.input.repo.name, "people": enrich["people"]})
        """
        from workflow_engine.native.transform import Transform

        return self._add(Transform(self, name, place_of(caller()), shape))

    def template(self, name: str, source: str | Sequence[Mapping[str, Any]]) -> Node[Any]:
        r"""Render a template in MiniJinja's syntax, which is that of Jinja; runs in the core.

        Args:
            name: Name of the node.
            source: A text, or the messages of a chat: `{"role": ..., "content": ...}` each, of which the
                content is a text or a list of parts. Variables are `input` and the names of nodes, in
                their JSON form.

        Returns:
            A node whose output is the text, or the messages. A name or a field that is not there fails it;
            a node of which the template asks with `is defined` or `default` may have been skipped.

        Raises:
            DeclarationError: `source` is neither.

        Example::

            workflow.template("prompt", "Answer {{ input.question }} from:\n{{ search.text }}")
        """
        from workflow_engine.native.template import Template

        return self._add(Template(self, name, place_of(caller()), source))

    def assert_(
        self,
        name: str,
        value: str | Expression | Source[Any],
        *,
        schema: Mapping[str, Any] | bool | None = None,
        message: str | Expression | None = None,
    ) -> Node[Any]:
        """Let the run go on only if something holds, and end it as failed if not; runs in the core.

        Args:
            name: Name of the node.
            value: CEL text or an expression: a condition, or with `schema` the value that is looked at.
            schema: JSON Schema, draft 2020-12, by which the value must be valid.
            message: CEL text or an expression for what is said where it does not hold, such as
                `"'too small: ' + string(input.n)"`. Without it the condition is shown with the values that
                it read; what is not valid is told with its place in any case.

        Returns:
            A node whose output is `True`, or with `schema` the value, its numbers as the schema declares
            them (3 becomes 3.0 by `number`). Where it does not hold, the run ends with a `NodeError`. Nodes
            that read it, or name it in `after`, run once it holds.

        Raises:
            DeclarationError: `value` or `message` is no expression.

        Example::

            workflow.assert_("enough", "input.items.size() > 0", message="'an order has items'")
            workflow.assert_("order", workflow.input.order, schema={"type": "object", "required": ["id"]})
        """
        from workflow_engine.native.assertion import Assert

        return self._add(Assert(self, name, place_of(caller()), value, schema, message))

    def fail(self, name: str, message: str | Expression) -> Node[Any]:
        """End the run as failed, where this node is reached; runs in the core.

        Args:
            name: Name of the node.
            message: CEL text or an expression that gives the message, such as `"'too old: ' + input.id"`.

        Returns:
            A node that never gives an output: the run ends with a `NodeError`.
        """
        from workflow_engine.native.fail import Fail

        return self._add(Fail(self, name, place_of(caller()), message))

    @overload
    def map(
        self, body: Callable[..., Any] | Declares[Any, Any], /, *, over: Over, **options: Unpack[MapOptions]
    ) -> BodyNode: ...
    @overload
    def map(
        self, /, *, over: Over, **options: Unpack[MapOptions]
    ) -> Callable[[Callable[..., Any] | Declares[Any, Any]], BodyNode]: ...
    def map(self, body: Any = None, /, *, over: Any, **options: Any) -> Any:
        """Run a function or a workflow for each item of a list; also as a decorator.

        The first parameter of a function is the item; `index` is its position, from 0; the others are
        filled as in any node. A workflow takes the item as its input, or what `inputs=` makes of `item`
        and `index`.

        Args:
            body: The function or workflow. Left out, this gives a decorator.
            over: The list: a node, the input, CEL text, or an expression. Up to 100,000 items.
            **options: See `MapOptions`: `concurrency`, `on_error`, `until`, `name`, `inputs`, `after`,
                `retry`, `timeout`, `thread`.

        Returns:
            A node whose output is the list of what the items gave, in their order.

        Raises:
            DeclarationError: An option that cannot be.

        Example::

            @workflow.map(over="retrieve.documents", concurrency=8, on_error="keep")
            async def score(document: Document, question: str) -> Hit: ...
        """
        from workflow_engine.native.map import Map

        return self._add_body(Map, body, over=over, **options)

    @overload
    def loop(
        self, body: Callable[..., Any] | Declares[Any, Any], /, **options: Unpack[LoopOptions]
    ) -> BodyNode: ...
    @overload
    def loop(
        self, /, **options: Unpack[LoopOptions]
    ) -> Callable[[Callable[..., Any] | Declares[Any, Any]], BodyNode]: ...
    def loop(self, body: Any = None, /, **options: Any) -> Any:
        """Run a function or a workflow again and again until a condition holds; also as a decorator.

        What it gives is the next state. The first parameter of a function is the state, `turn` the number
        of the turn, from 1; the others are filled as in any node. A workflow takes the state as its input,
        or what `inputs=` makes of `state` and `turn`. It runs once at least.

        Args:
            body: The function or workflow. Left out, this gives a decorator.
            **options: See `LoopOptions`: `until` and `limit`, which are needed, `start`, `at_limit`, `name`,
                `inputs`, `after`, `retry`, `timeout`, `thread`.

        Returns:
            A node whose output is the last state. At the limit it fails with a `LoopLimitError`, or with
            `at_limit="keep"` gives the state that there is.

        Raises:
            DeclarationError: An option that cannot be.

        Example::

            best = workflow.loop(improve, start=draft, until="state.score > 0.9", limit=10, name="best")
        """
        from workflow_engine.native.loop import Loop

        return self._add_body(Loop, body, **({"start": MISSING} | options))

    def subworkflow(
        self,
        body: Declares[Any, Any],
        /,
        *,
        inputs: Any = MISSING,
        name: str | None = None,
        after: Target | Sequence[Target] = (),
        retry: Retry | None = None,
        timeout: float | timedelta | None = None,
    ) -> BodyNode:
        """Run another workflow as a node; also the workflow itself, 64 deep at most.

        Events and errors of its nodes carry the path `outer/inner`.

        Args:
            body: The workflow.
            inputs: Its input: a node, an expression, or a shape that holds some; by default the input of this
                workflow.
            name: Name of the node; by default that of the workflow.
            after: What it waits for without reading it.
            retry: When it begins again after a failure.
            timeout: Time that an attempt may take.

        Returns:
            A node whose output is what the workflow gives.

        Raises:
            DeclarationError: No workflow, or an option that cannot be.
        """
        from workflow_engine.native.subworkflow import Subworkflow

        if not isinstance(body, Declares):
            raise DeclarationError(f"a sub-workflow is a Workflow, not {body!r}; a function is a `node`")
        made: BodyNode = self._add_body(
            Subworkflow, body, source=inputs, name=name, after=after, retry=retry, timeout=timeout
        )
        return made

    def _add_body(self, kind: Any, body: Any, **options: Any) -> Any:
        frame = caller()

        def declare(body: Any) -> Any:
            named = options.pop("name", None)
            return self._add(kind(self, named, place_of(frame, body), body, **options))

        return declare if body is None else declare(body)

    @overload
    def returns(
        self,
        *nodes: Returnable[Output],
    ) -> None: ...
    @overload
    def returns(self, nodes: Mapping[str, Target], /) -> None: ...
    @overload
    def returns(self, nodes: None, /) -> None: ...
    def returns(self, *nodes: Any) -> None:
        """Say what a run gives; without this it is the output of the only leaf.

        Args:
            *nodes: One node; several of which only one runs; a mapping, which gives an object; or
                None, if the workflow runs for its effects.

        Raises:
            DeclarationError: No nodes at all, a list of them, or a mapping whose keys are not text.
        """
        if not nodes:
            raise DeclarationError("`returns` takes a node, several, a mapping, or None")
        only = nodes[0]
        if isinstance(only, list | tuple):
            raise DeclarationError("`returns` takes nodes one by one, not in a list: write `returns(a, b)`")
        if len(nodes) == 1 and isinstance(only, Mapping):
            for key in only:
                if not isinstance(key, str):
                    raise DeclarationError(f"`returns` gives an object, whose keys are text, not {key!r}")
            nodes = (dict(only),)
        with self._lock:
            self.declarations.add_returned(Returned(nodes, place_of(caller())))
            self._forget()

    def __getitem__(self, name: str) -> Node[Any]:
        """Give the node of a name.

        Raises:
            NotFoundError: There is none.
        """
        nodes = self.declarations.nodes
        if name in nodes:
            return nodes[name]
        raise no_node(self.name, name, list(nodes))

    def used_by(self, other: Declares[Any, Any]) -> None:
        """Take note that another workflow, or this one, runs this one as a body."""
        self._users.add(other)

    def _forget(self, *seen: Declares[Any, Any]) -> None:
        self._built = self._ready = None
        # The plans of those that run it as a body hold it, too.
        for user in self._users.difference((self, *seen)):
            user._forget(self, *seen)  # noqa: SLF001

    def _add(self, node: Added) -> Added:
        if not isinstance(node.name, str):
            raise DeclarationError(f"the name of a {node.kind} is text, not {node.name!r}")
        with self._lock:
            self.declarations.add_node(node)
            self._forget()
        return node


def _name_of(source: object, on: object) -> str | None:
    """The name after which a route is called."""
    if isinstance(source, Source):
        return source._root  # noqa: SLF001
    if source is None:
        from workflow_engine import _core

        try:
            reads = _core.expression_reads(str(on))
        except ValueError:
            reads = []
        return reads[0][0] if reads else "value"
    return name_of(source)
