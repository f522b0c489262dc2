"""What maps, loops and sub-workflows share: a function or a workflow that they run, and what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from workflow_engine.errors import DeclarationError
from workflow_engine.missing import MISSING
from workflow_engine.native import Native
from workflow_engine.native.expressions import (
    arguments,
    form_of,
    shape,
    texts,
    type_of_shape,
)
from workflow_engine.node import FunctionNode, InputSource, Source, function_node, is_expression
from workflow_engine.policy import Retry, seconds

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.build import Build
    from workflow_engine.call import Argument
    from workflow_engine.declaring import Declares
    from workflow_engine.part import Locals
    from workflow_engine.place import Place

__all__ = ["BodyNode"]

Known = tuple[Any, "_core.ExpressionType"]
"""A type form, and what expressions see of its values."""


class BodyNode(Native):
    """A node that runs a function or a workflow as its body.

    Attributes:
        body: The function, as a node of its own, or the workflow.
        source: What the body begins with: a node, the input, or a shape.
        inputs: Of a function what its parameters get, by name; of a workflow what makes its input, or
            `MISSING`.
        after: What it only waits for.
        retry: What follows when a workflow as the body fails; a function has its own.
        timeout: Seconds that an attempt of a workflow as the body may take; a function has its own.
    """

    local: ClassVar[str]
    """What expressions call the value that the body is given."""

    body: Any

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str | None,
        place: Place,
        body: Any,
        *,
        source: object,
        inputs: Any = None,
        after: Any = (),
        retry: Retry | None = None,
        timeout: Any = None,
        thread: Any = None,
    ) -> None:
        declarations = getattr(body, "declarations", None)
        self.retry = self.timeout = None
        if declarations is None:
            function = function_node(
                workflow,
                body,
                name=name,
                inputs=inputs,
                after=after,
                retry=retry,
                timeout=timeout,
                thread=thread,
            )
            function.leading = 1
            self.body = function
            self.inputs: Any = function.inputs
            self.after, function.after = function.after, ()
            name = function.name
        else:
            if thread is not None:
                raise DeclarationError(f"`thread` is for functions; set it at the nodes of `{body.name}`")
            if retry is not None and not isinstance(retry, Retry):
                raise DeclarationError(f"`retry` is a Retry, not {retry!r}")
            self.body, self.retry = body, retry
            self.timeout = None if timeout is None else seconds(timeout, "timeout")
            if self.timeout == 0:
                raise DeclarationError("`timeout` is more than 0")
            self.after = (
                (after,) if isinstance(after, str | Source) or callable(after) else tuple(after or ())
            )
            name = name or body.name.replace("-", "_")
            self.inputs = MISSING if inputs is None else shape(inputs, f"`inputs` of `{name}`")
            body.used_by(workflow)
        super().__init__(workflow, name, place)
        self.source = self._source(source)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function of the body, outside of any run; of an `async def` this gives a coroutine."""
        if not isinstance(self.body, FunctionNode):
            raise DeclarationError(
                f"the body of `{self.name}` is a workflow: write `{self.body.name}.run(...)`"
            )
        return self.body(*args, **kwargs)

    @property
    def is_inline(self) -> bool:
        """Whether the body is nodes of its own that read those around it."""
        declarations = getattr(self.body, "declarations", None)
        return declarations is not None and declarations.around is not None

    def _source(self, source: object) -> object:
        """What it begins with, as a node, the input, or a shape."""
        if source is MISSING or isinstance(source, InputSource):
            return MISSING
        if isinstance(source, Source) or (callable(source) and not is_expression(source)):
            return source
        made = shape(source, self._what())
        return MISSING if made == ("input",) else made

    def _what(self) -> str:
        return f"what `{self.name}` begins with"

    def locals(self, build: Build) -> Locals:
        """Give what the body is given by itself, by name, the value first."""
        raise NotImplementedError

    def kind_of(self, build: Build) -> tuple[Any, ...]:
        """Give the kind of the body as the core takes it, its conditions checked."""
        raise NotImplementedError

    def given(self, build: Build) -> Known:
        """Give the types of what it begins with."""
        from workflow_engine import _core

        if self.source is MISSING:
            return build.type_of("input"), build.expression_type("input")
        name = self._node(build)
        if name is not None:
            return build.type_of(name), build.expression_type(name)
        if self._is_shape():
            found = type_of_shape(build, self.name, self.source, "")
            if found is not None:
                return form_of(found), found
            build.broken.add(self.name)
        return Any, _core.ExpressionType.unknown()

    def _is_shape(self) -> bool:
        return not isinstance(self.source, Source) and not callable(self.source)

    def _node(self, build: Build) -> str | None:
        """The name of the node that it begins with."""
        if self._is_shape():
            # A word that is the name of a node is the node, so that its value stays as it is.
            text = self.source[0] if isinstance(self.source, tuple) else None
            return text if text in build.nodes and text not in build.locals else None
        return build.find(self.source, self.name, self._what())

    def result(self, build: Build) -> Known:
        """Give the types of what the body gives."""
        from workflow_engine.native.expressions import type_of_form
        from workflow_engine.part import part_of, result_of

        if isinstance(self.body, FunctionNode):
            form = build.signature(self.body).returns
            return form, type_of_form(form)
        return result_of(part_of(build, self, self.body.declarations))

    def arguments(self, build: Build) -> list[Argument]:
        """Give what it begins with, and what its expressions read."""
        from workflow_engine.call import Argument

        name = self._node(build)
        if self.source is MISSING or name == "input":
            return [Argument("input", ("input",))]
        if name is not None:
            return [Argument(name, ("node", name))]
        return arguments(texts(self.source)) if self._is_shape() else []

    def declare(self, build: Build) -> bool:
        """Add the body and the node to the graph of a plan."""
        from workflow_engine.part import add_function, add_workflow

        local = self.locals(build)
        if isinstance(self.body, FunctionNode):
            number, native = add_function(build, self, self.body, local), False
            made = None
        else:
            given, giver = local[self.local][0], f"what `{self.name}` gives it"
            made = None if self.inputs is MISSING else self.inputs
            if made is not None:
                found = type_of_shape(build.inside(build.graph, local), self.name, made, "inputs")
                given = form_of(found)
                if found is None:
                    build.broken.add(self.name)
            number, native = add_workflow(build, self, self.body.declarations, given, giver)
        kind = self.kind_of(build)
        if self.name in build.broken:
            build.graph.constant(self.name, None)
            return False
        retry = self.retry
        build.graph.run_body(
            self.name,
            number,
            kind,
            self._origin(build),
            shape=made,
            after=[name for other in self.after if (name := build.find_node(other, self.name, "`after`"))],
            retry=None if retry is None else retry.to_core(self.name),
            retry_on=None if retry is None else retry.retries,
            timeout=self.timeout,
        )
        return native

    def _origin(self, build: Build) -> tuple[Any, ...]:
        name = self._node(build)
        if self.source is MISSING or name == "input":
            return ("input",)
        return ("shape", self.source) if name is None else ("node", name)
