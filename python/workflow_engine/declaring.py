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
    from workflow_engine.annotations import (
        Case,
        Cases,
        NodeDecorator,
        NodeOptions,
        Processor,
        Returnable,
        Target,
    )
    from workflow_engine.check import Fault
    from workflow_engine.expression import Expression
    from workflow_engine.plan import Plan

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
            DeclarationError: No nodes at all, or a mapping whose keys are not text.
        """
        if not nodes:
            raise DeclarationError("`returns` takes a node, several, a mapping, or None")
        only = nodes[0]
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

    def _forget(self) -> None:
        self._built = self._ready = None

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
