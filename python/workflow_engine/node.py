"""Nodes as a user holds them: sources of edges, callable like the function they were made of."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import getitem
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar

from workflow_engine.errors import DeclarationError
from workflow_engine.names import snake_case
from workflow_engine.place import Place, caller, found_at, local, place_of
from workflow_engine.policy import Retry, seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from types import FrameType
    from typing import TypeGuard

    from workflow_engine._core import ExpressionType
    from workflow_engine.annotations import Target
    from workflow_engine.build import Build
    from workflow_engine.declaring import Declares
    from workflow_engine.expression import Expression
    from workflow_engine.signature import Signature

__all__ = [
    "FunctionNode",
    "InputSource",
    "LocalSource",
    "Node",
    "Source",
    "function_node",
    "has_process",
    "is_expression",
    "name_of",
]

Parameters = ParamSpec("Parameters")
Returned_co = TypeVar("Returned_co", covariant=True)
Output_co = TypeVar("Output_co", covariant=True)


class Source(Generic[Output_co]):
    """A value of a run that nodes can take: its input, or the output of a node.

    Indexed it is an expression: `classify["label"] == "push"`.
    """

    _workflow: Declares[Any, Any]
    # The variable that it is in expressions.
    _root: str

    def _expression(self) -> Expression:
        from workflow_engine.expression import ref

        return ref(self._root)

    def __getitem__(self, key: object) -> Expression:
        return self._expression()[key]


class InputSource(Source[Output_co]):
    """The input of a workflow. In expressions every public attribute is a field of it."""

    _root = "input"

    def __init__(self, workflow: Declares[Any, Any]) -> None:
        self._workflow = workflow

    def __repr__(self) -> str:
        return f"<input of {self._workflow.name}>"

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("_"):
            # What Python itself looks for is no field.
            raise AttributeError(f"the input has no attribute {name!r}; a field is written [{name!r}]")
        return self._expression()[name]


class LocalSource(Source[Output_co]):
    """What a map or loop gives its body by itself, such as the item.

    Attributes:
        form: The type form of the value.
    """

    def __init__(self, workflow: Declares[Any, Any], name: str, form: Any) -> None:
        self._workflow = workflow
        self._root = name
        self.form = form


class Node(Source[Output_co]):
    """A node of a workflow.

    Attributes:
        workflow: The workflow it belongs to.
        name: Its name there.
    """

    kind = ""
    """What it is in drawings and listings, such as `join`."""

    is_guard = False
    """Whether it is there to end a run, so that its output is nobody's result."""

    def __init__(self, workflow: Declares[Any, Any], name: str, place: Place) -> None:
        self.workflow = self._workflow = workflow
        self.name = self._root = name
        self.place = place

    def __repr__(self) -> str:
        return f"<node {self.name} of {self.workflow.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        # By reference, as functions are pickled: by its own name in its module where that is it,
        # else as a node of its workflow, which must then be found in its module.
        name = getattr(self, "__qualname__", None)
        if name is not None and found_at(getattr(self, "__module__", ""), name) is self:
            return str(name)
        return getitem, (self.workflow, self.name)

    def output(self, build: Build) -> Any:
        """Give the type form of the node's output, `Any` if it is not known."""
        del build
        return Any

    def expression_type(self, build: Build) -> ExpressionType | None:
        """Give what expressions see of the output: its JSON form; None for what is no expression."""
        from workflow_engine.native.expressions import type_of_form

        return type_of_form(build.type_of(self.name))

    def add(self, build: Build) -> None:
        """Add the node to the graph of a plan, and what is wrong with it to the faults."""
        raise NotImplementedError


class FunctionNode(Node[Output_co], Generic[Parameters, Returned_co, Output_co]):
    """A node made of a Python function; calling it calls the function, outside of any run.

    Attributes:
        workflow: The workflow it belongs to.
        name: Its name there.
        function: What was declared: a function or another callable, or a class with `process`.
    """

    kind = "python"
    __name__: str
    __qualname__: str
    __wrapped__: Callable[..., Any]

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str,
        place: Place,
        function: Callable[..., Any],
        *,
        frame: FrameType | None,
        inputs: Mapping[str, object],
        after: Sequence[Target],
        retry: Retry | None,
        timeout: float | None,
        caller: bool,
    ) -> None:
        functools.update_wrapper(self, function, updated=())
        for key, value in getattr(function, "__dict__", {}).items():
            if not isinstance(function, type) and not hasattr(self, key):
                setattr(self, key, value)
        super().__init__(workflow, name, place)
        self.function = function
        # How many of its first parameters a map or loop fills.
        self.leading = 0
        # Names of types may be found there only.
        self.frame = frame
        self.signature: Signature | None = None
        self.inputs = dict(inputs)
        self.after = tuple(after)
        self.retry = retry
        self.timeout = timeout
        self.caller = caller
        if has_process(function):
            self.__signature__ = _bound_signature(function)

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned_co:
        """Call the function itself; of an `async def` this gives a coroutine."""
        return self.callable()(*args, **kwargs)  # type: ignore[no-any-return]

    def keep(self, signature: Signature) -> None:
        """Keep what was read, and let go of the frame that held the names of its types."""
        self.signature = signature
        self.frame = None

    def callable(self) -> Callable[..., Any]:
        """Give what a run calls: the function, or `process` of the workflow's one instance."""
        if has_process(self.function):
            instances = self.workflow.declarations.instances
            made: Any = self.function
            if made not in instances:
                instances[made] = made()
            process: Callable[..., Any] = instances[made].process
            return process
        return self.function

    def output(self, build: Build) -> Any:
        """Give the type form that the function declares to return."""
        return build.signature(self).returns

    def add(self, build: Build) -> None:
        """Add the call of the function to the graph of a plan."""
        from workflow_engine.bind import add_call

        add_call(build, self)


def is_expression(value: object) -> TypeGuard[Expression]:
    """Tell whether a value is an expression; there is none where their module was never loaded."""
    module = sys.modules.get("workflow_engine.expression")
    return module is not None and isinstance(value, module.Expression)


def has_process(function: object) -> bool:
    """Tell whether a node is made of a class whose instances have a `process` method."""
    return isinstance(function, type) and callable(getattr(function, "process", None))


def name_of(function: object) -> str | None:
    """Give the name that a node gets from its function; None if it needs one."""
    if isinstance(function, type):
        return snake_case(function.__name__)
    name = getattr(function, "__name__", None)
    if isinstance(name, str):
        return name
    return snake_case(type(function).__name__) if hasattr(function, "process") else None


def _bound_signature(function: Any) -> Any:
    import inspect

    try:
        signature = inspect.signature(function.process)
    except (TypeError, ValueError, NameError):
        return None
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def earlier_nodes(name: str, after: Target | Sequence[Target] | None) -> tuple[Target, ...]:
    """Give the nodes that `after` of a node names.

    Raises:
        DeclarationError: It is neither a node nor a list.
    """
    # Text is no node; the check tells which one it means.
    earlier = (after,) if isinstance(after, str | Source) or callable(after) else after or ()
    if not isinstance(earlier, Sequence | AbstractSet):
        raise DeclarationError(f"`after` of node `{name}` is a node or a list of nodes, not {after!r}")
    return tuple(earlier)


def function_node(
    workflow: Declares[Any, Any],
    function: Any,
    *,
    name: str | None = None,
    inputs: Mapping[str, object] | None = None,
    after: Target | Sequence[Target] = (),
    retry: Retry | None = None,
    timeout: float | timedelta | None = None,
    thread: Literal["caller"] | None = None,
    **unknown: object,
) -> FunctionNode[..., Any, Any]:
    """Make a node, if it can be one at all.

    Args:
        workflow: The workflow it will belong to.
        function: A callable, a node of another workflow, or an object with a `process` method.
        name: See `annotations.NodeOptions`, as for all that follow.
        inputs: See there.
        after: See there.
        retry: See there.
        timeout: See there.
        thread: See there.
        unknown: What no node takes.

    Raises:
        DeclarationError: No callable, no name, or an option that cannot be.
    """
    if unknown:
        raise DeclarationError(f"a node has no option `{min(unknown)}`")
    frame = caller()
    if isinstance(function, FunctionNode):
        function = function.function
    name = name or name_of(function)
    process = getattr(function, "process", None)
    if callable(process) and not isinstance(function, type) and not hasattr(function, "__code__"):
        function = process
    if not callable(function):
        raise DeclarationError(f"a node is made of a function, not of {function!r}")
    if not isinstance(name, str):
        raise DeclarationError(f"{function!r} has no name of its own: write `name=`")
    if retry is not None and not isinstance(retry, Retry):
        raise DeclarationError(f"`retry` is a Retry, not {retry!r}")
    if thread not in (None, "caller"):
        raise DeclarationError(f"`thread` is 'caller' or left out, not {thread!r}")
    limit = None if timeout is None else seconds(timeout, "timeout")
    if limit == 0:
        raise DeclarationError("`timeout` is more than 0")
    earlier = earlier_nodes(name, after)
    if inputs is not None and not isinstance(inputs, Mapping):
        raise DeclarationError(
            f"`inputs` of node `{name}` is a mapping of parameters, not {inputs!r};"
            ' write `inputs={"parameter": node}`'
        )
    for parameter in inputs or ():
        if not isinstance(parameter, str):
            raise DeclarationError(f"`inputs` of node `{name}` is by names of parameters, not {parameter!r}")
    return FunctionNode(
        workflow,
        name,
        place_of(frame, function),
        function,
        frame=local(frame),
        inputs=inputs or {},
        after=earlier,
        retry=retry,
        timeout=limit,
        caller=thread == "caller",
    )
