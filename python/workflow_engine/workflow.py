"""Workflows as they are declared: typed functions, wired into a graph."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar, overload

from workflow_engine.declarations import Declarations
from workflow_engine.declaring import Declares, Input, Output
from workflow_engine.errors import CheckError, DeclarationError
from workflow_engine.names import is_workflow_name, no_node
from workflow_engine.override import Override
from workflow_engine.place import caller, place_of
from workflow_engine.running import Runs
from workflow_engine.typeform import is_form

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from typing_extensions import TypeForm

    from workflow_engine.check import Fault
    from workflow_engine.graph import GraphView
    from workflow_engine.plan import Plan

__all__ = ["Workflow"]

Result = TypeVar("Result")
Given = TypeVar("Given")


class Workflow(Declares[Input, Output], Runs[Input, Output]):
    """A graph of nodes, checked before it runs.

    Args:
        name: Its name: `a-z`, `0-9`, `_` and `-`, 64 at most, beginning with a letter or digit.
        input: Type of the input, any that can be validated; without it everything is taken.
        output: Type of the result; without it the result is `Any`.

    Raises:
        DeclarationError: The name is none, or a type.
    """

    @overload
    def __init__(self: Workflow[Any, Any], name: str) -> None: ...
    @overload
    def __init__(self: Workflow[Given, Any], name: str, *, input: TypeForm[Given]) -> None: ...
    @overload
    def __init__(self: Workflow[Any, Result], name: str, *, output: TypeForm[Result]) -> None: ...
    @overload
    def __init__(
        self: Workflow[Given, Result],
        name: str,
        *,
        input: TypeForm[Given],
        output: TypeForm[Result],
    ) -> None: ...
    def __init__(self, name: str, *, input: Any = Any, output: Any = Any) -> None:
        if not is_workflow_name(name):
            raise DeclarationError(
                f"{name!r} is no name for a workflow: a-z, 0-9, `_` and `-`, 64 at most,"
                " beginning with a letter or digit"
            )
        for what, form in (("input", input), ("output", output)):
            if not is_form(form):
                remedy = f"; write `{what}={form}`" if isinstance(form, str) and form.isidentifier() else ""
                raise DeclarationError(f"`{what}` of workflow `{name}` is a type, not {form!r}{remedy}")
        super().__init__(Declarations(name, place_of(caller()), input, output))
        self._warned: set[Fault] = set()

    @staticmethod
    def from_file(
        path: str | os.PathLike[str], *, nodes: Mapping[str, Callable[..., Any]] | None = None
    ) -> Workflow[Any, Any]:
        """Read a workflow from a YAML file, or from a JSON file if its name ends so.

        Args:
            path: The file; `docs/workflows-as-data.md` describes the format.
            nodes: Python functions by the names that the file calls them; also those of `register_node`
                are known. Nothing is imported by a name in the file.

        Returns:
            The workflow.

        Raises:
            CheckError: The file is wrong; every fault has its line and column. What is wrong with the
                graph alone is told by `check`, as for any workflow.
            OSError: The file cannot be read.
        """
        from workflow_engine.data import from_file

        return from_file(path, nodes)

    @staticmethod
    def from_dict(
        data: object, *, nodes: Mapping[str, Callable[..., Any]] | None = None
    ) -> Workflow[Any, Any]:
        """Read a workflow from a value of JSON types, such as `to_dict` gives.

        Args:
            data: The value.
            nodes: Python functions by the names that the data calls them, as for `from_file`.

        Returns:
            The workflow.

        Raises:
            CheckError: The data is wrong; every fault has its path, such as `nodes.card.compute`.
        """
        from workflow_engine.data import from_dict

        return from_dict(data, nodes)

    def override(self, **replacements: object) -> Override:
        """Replace resources and nodes by name, for a test: `with workflow.override(llm=fake):`.

        A resource is replaced by the value that nodes get. A node is replaced by a function, called
        with those of the node's arguments that it names, or by a value, which is its output.

        Args:
            **replacements: What stands in the place of each.

        Returns:
            A context manager; inside, every run of this workflow is with the replacements.

        Raises:
            NotFoundError: No node or resource has one of the names.
        """
        known = [*self.declarations.nodes, *self.declarations.resources]
        for name in replacements:
            if name not in known:
                raise no_node(self.name, name, known, what="node or resource")
        return Override(self.declarations.overrides, replacements, self._forget, self._lock)

    def check(self) -> list[Fault]:
        """Find everything that is wrong with the workflow.

        Returns:
            The faults, errors before warnings.
        """
        return list(self._build()[1])

    def _build(self) -> tuple[Plan | None, list[Fault]]:
        built = self._built
        if built is None:
            from workflow_engine.plan import build

            with self._lock:
                built = self._built
                if built is None:
                    built = self._built = build(self.declarations)
        return built

    def _plan(self) -> Plan:
        """Give the plan, built anew if anything was declared since.

        Raises:
            CheckError: The workflow has errors.
        """
        built = self._built or self._build()
        plan, faults = built
        if plan is None:
            raise CheckError(self.name, faults)
        if faults:
            for fault in faults:
                if fault not in self._warned:
                    self._warned.add(fault)
                    warnings.warn(str(fault), stacklevel=3)
        with self._lock:
            if self._built is built:
                self._ready = plan
        return plan

    @property
    def inline(self) -> bool:
        """Whether a server may run it on the thread that serves: nothing in it takes long."""
        return self._plan().inline

    @property
    def input_schema(self) -> dict[str, Any]:
        """The input as JSON Schema."""
        plan = self._plan()
        return plan.input.json_schema("validation")

    @property
    def output_schema(self) -> dict[str, Any]:
        """The result as JSON Schema."""
        plan = self._plan()
        return plan.output.json_schema("serialization")

    def _view(self, states: Mapping[str, str] | None = None) -> GraphView:
        """Give what there is to draw, with the states of a run if it is drawn in them."""
        from workflow_engine.graph import view

        plan = self._plan()
        return view(
            plan.name,
            plan.core.describe(),
            types=plan.types,
            returns=plan.returns,
            cancels=plan.cancels,
            states=states or {},
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the workflow as data, of JSON types only: `from_dict` makes the same workflow of it.

        A Python node is written by the name that its function was registered under, or else by that of the
        function; types of the input and output as JSON Schema. Resources are not written.

        Raises:
            DeclarationError: It holds something that data has no form for; the message names the node.
        """
        from workflow_engine.data import to_dict

        return to_dict(self)

    def to_yaml(self) -> str:
        """Give the workflow as the text of a YAML file: `from_file` makes the same workflow of it.

        Raises:
            DeclarationError: As for `to_dict`.
        """
        from workflow_engine import _core

        return _core.to_yaml(self.to_dict())

    def to_graph(self) -> dict[str, Any]:
        """Give the graph as JSON types: its nodes, its edges and what it returns."""
        from workflow_engine.graph import to_dict

        return to_dict(self._view())

    def to_mermaid(self) -> str:
        """Draw the graph as a Mermaid flowchart."""
        from workflow_engine.graph import to_mermaid

        return to_mermaid(self._view())

    def to_svg(self) -> str:
        """Draw the graph as SVG."""
        from workflow_engine.graph import to_svg

        return to_svg(self._view())

    def _repr_mimebundle_(
        self,
        include: object = None,
        exclude: object = None,
    ) -> dict[str, str]:
        """Draw the graph for a notebook; a workflow with errors shows them instead."""
        del include, exclude
        from workflow_engine.graph import mimebundle

        try:
            return mimebundle(self._view())
        except CheckError as error:
            return {"text/plain": str(error)}

    def __repr__(self) -> str:
        return f"<workflow {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        from workflow_engine.reference import by_reference

        return by_reference(self, self.declarations.place.module)
