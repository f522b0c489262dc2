"""Who reads data: it knows the names that may be used, and keeps every fault."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from workflow_engine._core import expression_reads, to_json
from workflow_engine.check import Fault
from workflow_engine.errors import ExpressionError
from workflow_engine.names import elsewhere, listed, meant, nearest
from workflow_engine.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workflow_engine.data.part import DataPlace, Part, Source
    from workflow_engine.declaring import Declares
    from workflow_engine.place import Place
    from workflow_engine.workflow import Workflow

__all__ = ["Reader"]

FAULTS_MAX = 1_000
"""Faults that are told of one workflow."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# How many characters of an expression a message shows.
_SHOWN_MAX = 60

# What Python and its like call the constants.
_LITERALS = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}


class Reader:
    """Reads one workflow.

    Attributes:
        source: Where the data comes from.
        faults: What is wrong so far.
        broken: Names of nodes that have a fault.
        node: Name of the node that is being read; empty outside of nodes.
        workflow: The workflow that is being made.
        functions: The functions that the host gives, by name.
        prefix: What stands before the names of its nodes in faults.
        workflows: The workflows that nodes may run, by name.
        defaults: Options of Python nodes that say nothing else.
        locals: What expressions can read beside nodes and the input, in the body of a map or loop.
        around: Who reads the workflow around, if this is a body whose nodes read those of it.
    """

    def __init__(self, source: Source, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.source = source
        self.functions = functions
        self.faults: list[Fault] = []
        self.broken: set[str] = set()
        self.node = ""
        self.prefix = ""
        self.workflow: Declares[Any, Any]
        self.workflows: dict[str, Workflow[Any, Any]] = {}
        self.defaults: dict[str, Any] = {}
        self.locals: tuple[str, ...] = ()
        self.around: Reader | None = None
        self._nodes: dict[str, Node[Any]] = {}
        # Those that expressions may read: the nodes of the workflows around, too.
        self._known: dict[str, Node[Any]] = {}
        self._places: dict[str, DataPlace] = {}

    def beside(self, prefix: str) -> Reader:
        """Give a reader of another workflow of the same data."""
        inner = Reader(self.source, self.functions)
        inner.faults, inner.workflows, inner.prefix = self.faults, self.workflows, prefix
        return inner

    def within(self, names: tuple[str, ...]) -> Reader:
        """Give a reader of a body of the node that is being read, in which these names have a value."""
        inner = self.beside(f"{self.prefix}{self.node}/")
        inner.around, inner.locals, inner.defaults = self, (*self.locals, *names), self.defaults
        return inner

    @contextlib.contextmanager
    def given(self, names: tuple[str, ...]) -> Iterator[None]:
        """Let expressions read these names, too."""
        known, self.locals = self.locals, (*self.locals, *names)
        yield
        self.locals = known

    def declare(self, workflow: Declares[Any, Any], part: Part | None) -> dict[str, Part]:
        """Take the workflow and the names of its nodes, before any node is read; give the parts of these."""
        self.workflow = workflow
        parts = {} if part is None else part.object("`nodes`")
        # What refers to a node needs its name only, so that nodes may stand in any order.
        self._places = {name: self.source.place(inner.path, key=True) for name, inner in parts.items()}
        self._nodes = {name: Node(workflow, name, place) for name, place in self._places.items()}
        # A node is run, skipped and returned by its own workflow only.
        self._known = self._nodes if self.around is None else self.around._known | self._nodes  # noqa: SLF001
        return parts

    def place(self, name: str) -> DataPlace:
        """Give the place of a node."""
        return self._places[name]

    def add(self, code: str, message: str, remedy: str, place: Place) -> None:
        """Add a fault."""
        reader: Reader | None = self
        while reader is not None and reader.node:
            reader.broken.add(reader.node)
            reader = reader.around
        if len(self.faults) < FAULTS_MAX:
            where = (place.column, place.path)
            self.faults.append(
                Fault(
                    code,
                    "error",
                    f"{self.prefix}{self.node}".rstrip("/"),
                    place.file,
                    place.line,
                    message,
                    remedy,
                    "",
                    *where,
                )
            )

    def reference(self, part: Part, what: str, *, input: bool = False) -> Any:
        """Give the node that a text names; None for what names none, which is a fault.

        Args:
            part: The text.
            what: What names it, for messages.
            input: Whether `input` may stand there.
        """
        name = part.text(f"{what}, the name of a node,")
        if name is None:
            return None
        if name in self._nodes:
            return self._nodes[name]
        if input and name == "input":
            return self.workflow.input
        nodes = list(self._nodes)
        known = [*nodes, "input"] if input else nodes
        close = nearest(name, known)
        if name == "input":
            message = f"{what} takes nodes, and this is the input"
            remedy = "name a node that gives it: `{pick: input}`"
        elif name in self._known:
            message = f"{what} names `{name}`, which is a node around this body"
            remedy = f"name a node of this body; its expressions may read `{name}`"
        else:
            message = f"{what} names `{name}`, and no node is called so{meant(name, known)}"
            message += f" (nodes: {listed(nodes)})"
            remedy = f"write `{close}`" if close else "name a node"
        part.fault("unknown-node", message, remedy)
        return None

    def references(self, part: Part, what: str) -> list[Any]:
        """Give the nodes that a name or a list of names means; null means none."""
        if part.value is None:
            return []
        parts = part.list(what) if isinstance(part.value, list) else [part]
        return [node for part in parts if (node := self.reference(part, what)) is not None]

    def variable(self, name: str) -> Any:
        """Give what a variable of an expression means: a node or the input; None if it means nothing."""
        return self.workflow.input if name == "input" else self._known.get(name)

    def expression(self, part: Part, what: str) -> str | None:
        """Give the text of an expression; None for what is none, which is a fault."""
        text = part.value
        if not isinstance(text, str):
            shown = to_json(text).decode()
            remedy = f"write it in quotes: `{to_json(shown).decode()}`" if len(shown) <= _SHOWN_MAX else ""
            part.wrong_type(what, "an expression, as text", remedy)
            return None
        try:
            variables = [name for name, _ in expression_reads(text)]
        except ExpressionError as error:
            self._refuse(part, text, error)
            return None
        if self.node:
            self.place(self.node).expressions.setdefault(text, part.path)
        return text if self.check_variables(part, text, variables) else None

    def check_variables(self, part: Part, text: str, names: Iterable[str]) -> bool:
        """Tell whether all variables of a text are nodes or the input; each that is none is a fault."""
        unknown = [
            name for name in names if name not in self._known and name not in self.locals and name != "input"
        ]
        for name in unknown:
            self._unknown(part, text, name)
        return not unknown

    def _refuse(self, part: Part, text: str, error: Any) -> None:
        message = str(error).partition("\n")[0]
        cut = "" if self.source.places is None else self.source.places.cut(part.path)
        if error.kind == "syntax" and cut and cut in "#,}]:":
            shown = text if len(text) <= _SHOWN_MAX else f"...{text[-_SHOWN_MAX:]}"
            message = f"YAML ends this text at `{cut}`, so that the expression is `{shown}`: {message}"
            part.fault("cut-expression", message, "put the whole expression in quotes")
            return
        before = None if error.offset is None else text[: error.offset]
        part.fault("invalid-expression", message, "", before=before)

    def _unknown(self, part: Part, text: str, name: str) -> None:
        known = [*self._known, *self.locals, "input"]
        found = next((found for found in _WORD.finditer(text) if found[0] == name), None)
        before = text[: found.start()] if found else ""
        close = nearest(name, known)
        given = f"; here also: {listed(list(dict.fromkeys(self.locals)))}" if self.locals else ""
        message = (
            f"`{name}` is no node{meant(name, known)}"
            f" (nodes: {listed(list(self._known))}; input: `input`{given})"
        )
        close = _LITERALS.get(name, close)
        where = elsewhere(name)
        remedy = where or (f"write `{close}`" if close else "name a node, or `input`")
        if text.strip() == name and name not in _LITERALS and not where:
            remedy += f"""; for the text write `"'{name}'"`"""
        part.fault("unknown-variable", message, remedy, before=before)
