"""From a workflow to data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow_engine.data.kinds import KINDS
from workflow_engine.errors import DeclarationError
from workflow_engine.node import Node
from workflow_engine.registered import registered_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflow_engine.declarations import Declarations
    from workflow_engine.declaring import Declares
    from workflow_engine.node import FunctionNode
    from workflow_engine.workflow import Workflow

__all__ = ["Writer", "to_dict"]


def to_dict(workflow: Workflow[Any, Any]) -> dict[str, Any]:
    """Give a workflow as data: JSON types only.

    Raises:
        DeclarationError: It holds something that data has no form for; the message names the node.
    """
    return Writer(workflow).write()


class Writer:
    """Writes one workflow."""

    def __init__(self, workflow: Declares[Any, Any]) -> None:
        self._main = workflow
        self._declarations = workflow.declarations
        self._names: dict[str, Any] = {}
        # The workflows that nodes run, by name.
        self._workflows: dict[str, Declares[Any, Any]] = {workflow.name: workflow}
        self._node = ""

    def write(self) -> dict[str, Any]:
        """Give the whole workflow."""
        from workflow_engine.data import VERSION

        data: dict[str, Any] = {"workflow": self._declarations.name, "version": VERSION}
        data |= self._content(self._main)
        # One may run others that are found only now.
        named: dict[str, Any] = {}
        while missing := [name for name in self._workflows if name not in named and name != self._main.name]:
            for name in missing:
                named[name] = self._content(self._workflows[name])
        if named:
            nodes = {key: data.pop(key) for key in ("nodes", "returns") if key in data}
            data |= {"workflows": named} | nodes
        return data

    def _content(self, workflow: Declares[Any, Any]) -> dict[str, Any]:
        """What a workflow has beside its name."""
        declarations = workflow.declarations
        data: dict[str, Any] = {}
        around, self._declarations = self._declarations, declarations
        for word, form, mode in (
            ("input", declarations.input, "validation"),
            ("output", declarations.output, "serialization"),
        ):
            known = declarations.schemas.get(word)
            schema = self._schema(word, form, mode) if known is None else known.json_schema("validation")
            if schema:
                data[word] = schema
        data |= self.nodes(workflow)
        self._declarations = around
        return data

    def nodes(self, workflow: Declares[Any, Any]) -> dict[str, Any]:
        """Give the nodes of a workflow, and what it returns."""
        declarations = workflow.declarations
        around, self._declarations, outer = self._declarations, declarations, self._node
        data: dict[str, Any] = {"nodes": {}}
        for self._node, node in declarations.nodes.items():
            kind = KINDS.get(node.kind)
            if kind is None:
                raise self.refusal(f"the format has no kind `{node.kind}`")
            data["nodes"][self._node] = kind.write(self, node)
        self._node = ""
        if declarations.returned is not None:
            data["returns"] = self._returns(declarations.returned.nodes)
        self._declarations, self._node = around, outer
        return data

    def workflow(self, workflow: Declares[Any, Any]) -> str:
        """Give the name of a workflow that a node runs, which is written, too."""
        if self._workflows.setdefault(workflow.name, workflow) is not workflow:
            raise self.refusal(f"two workflows are named `{workflow.name}`")
        return workflow.name

    def refusal(self, message: str) -> DeclarationError:
        """Make the error of what data has no form for."""
        where = f", node `{self._node}`" if self._node else ""
        return DeclarationError(f"workflow `{self._declarations.name}`{where} cannot be written: {message}")

    def json(self, value: Any, what: str) -> Any:
        """Give a JSON value as plain types."""
        from workflow_engine._core import parse_json, to_json

        try:
            return parse_json(to_json(value))
        except ValueError as error:
            raise self.refusal(f"{what} is not JSON: {error}") from None

    def name(self, target: Any, what: str) -> str:
        """Give the name of a node, or `input`."""
        declarations: Declarations | None = self._declarations
        name = None
        while name is None and declarations is not None:
            name, declarations = declarations.peek(target), declarations.around
        if name is None:
            shown = target.name if isinstance(target, Node) else target
            raise self.refusal(f"{what} names {shown!r}, which is no node of it")
        return name

    def names(self, targets: Any) -> str | list[str] | None:
        """Give the names of the nodes of a case: one, a list, or None."""
        if targets is None:
            return None
        if isinstance(targets, list | tuple):
            names = [self.name(target, "a case of the route") for target in targets]
            return names[0] if len(names) == 1 else names or None
        return self.name(targets, "a case of the route")

    def after(self, targets: Sequence[Any]) -> dict[str, Any]:
        """Give the key of the nodes that a node waits for, if there are any."""
        return {"after": [self.name(target, "`after`") for target in targets]} if targets else {}

    def function(self, node: FunctionNode[..., Any, Any]) -> str:
        """Give the name of a Python node's function."""
        function = node.function
        name = registered_name(function, self._declarations.functions)
        name = name or getattr(function, "__name__", None)
        if not isinstance(name, str) or name == "<lambda>":
            raise self.refusal("its function has no name; register it: `register_node(function, name=...)`")
        if self._names.setdefault(name, function) != function:
            raise self.refusal(f"two functions are named `{name}`; register one of them under another name")
        return name

    def _returns(self, nodes: tuple[Any, ...]) -> Any:
        if nodes == (None,):
            return None
        if len(nodes) == 1 and isinstance(nodes[0], dict):
            return {key: self.name(node, "`returns`") for key, node in nodes[0].items()}
        names = [self.name(node, "`returns`") for node in nodes]
        return names[0] if len(names) == 1 else names

    def _schema(self, word: str, form: Any, mode: Any) -> dict[str, Any]:
        if form is Any:
            return {}
        from workflow_engine.schema import Schema

        try:
            return Schema(form).json_schema(mode)
        except Exception as error:
            raise self.refusal(f"its {word} has no JSON Schema: {error}") from error
