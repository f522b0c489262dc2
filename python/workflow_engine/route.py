"""Routes: which nodes run, by a value."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workflow_engine.lambda_path import attribute_path
from workflow_engine.missing import MISSING
from workflow_engine.node import Node, Source, is_expression
from workflow_engine.typeform import (
    bare,
    describe,
    enum_members,
    field,
    fields,
    is_typed_dict,
    known_values,
    members,
    origin,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from workflow_engine._core import ExpressionType
    from workflow_engine.annotations import Cases, Target
    from workflow_engine.build import Build
    from workflow_engine.declaring import Declares
    from workflow_engine.expression import Expression
    from workflow_engine.place import Place
    from workflow_engine.signature import Signature

__all__ = ["Route", "refuse_replacement", "targets"]


class Route(Node[Any]):
    """Runs the nodes of the case that a value has; the value is its output."""

    kind = "route"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str,
        place: Place,
        source: Target | None,
        cases: Cases,
        *,
        on: Callable[[Any], object] | str | Expression | None,
        default: Any,
        frame: FrameType | None,
    ) -> None:
        super().__init__(workflow, name, place)
        self.source = source
        self.cases = cases
        self.on: Callable[[Any], object] | None = None
        # What gives the value where that is an expression.
        self.expression: str | None = None
        if isinstance(on, str) or is_expression(on):
            self.expression = str(on)
        else:
            self.on = on
        self.default = default
        # What `on` gives is read when the first plan is built; its type may be local to this frame.
        self._frame = frame
        self._signature: Signature | None = None

    def output(self, build: Build) -> Any:
        """Give the type form of the value."""
        form = self._value_type(build, report=False)
        return Any if form is None else form

    def add(self, build: Build) -> None:
        """Add the route to the graph of a plan."""
        refuse_replacement(build, self.name)
        source = None if self.expression is not None else build.find(self.source, self.name, "the route")
        cases = [(value, targets(build, self.name, chosen)) for value, chosen in self._cases(build)]
        form = self._value_type(build, report=True)
        values = known_values(form)
        if form is None:
            # Go on as if the cases were all: one mistake is one fault.
            form, values = Any, tuple(value for value, _ in cases)
        default = None if self.default is MISSING else targets(build, self.name, self.default)
        if self.on is not None:
            build.reasons["missing-default", self.name] = (
                "`on` is a function of Python, whose values are known only in the run"
            )
        build.spellings[self.name] = _spellings(form)
        several = any(origin(member) in (list, set, frozenset, tuple) for member in members(form))
        if self.expression is not None:
            build.natives.add(self.name)
            if build.compiles(self.name):
                build.graph.route_by(
                    self.name, self.expression, cases, default=default, values=values, several=several
                )
            return
        if source is None:
            return
        # Reading an attribute takes no time; what another function does is not known.
        build.inline &= self.on is None or attribute_path(self.on) is not None
        build.graph.route(
            self.name,
            source,
            cases,
            default=default,
            function=self.on,
            values=values,
            several=several,
        )

    def expression_type(self, build: Build) -> ExpressionType | None:
        """Give what expressions see of the value."""
        from workflow_engine.native.expressions import check

        if self.expression is None:
            return super().expression_type(build)
        return check(build, self.name, self.expression)

    def _value_type(self, build: Build, *, report: bool) -> Any:
        """The type form of the value; None if `on` is wrong, so that it has none."""
        if self.expression is not None:
            return self._expression_form(build, self.expression)
        name = build.peek(self.source)
        form = build.type_of(name) if name is not None else Any
        if self.on is None:
            return form
        path = attribute_path(self.on)
        if path is None:
            return self._read(build, self.on, report=report)
        try:
            return field(form, path)
        except LookupError as error:
            if report:
                self._report_field(build, *error.args)
            return None

    def _expression_form(self, build: Build, text: str) -> Any:
        from workflow_engine.native.expressions import form_of

        first, *path = text.strip().split(".")
        if first == "input" or first in build.nodes:
            try:
                # Of a path into typed data the values may be known.
                form = field(build.type_of(first), path)
            except LookupError:
                form = Any
            form = _keyed(build.type_of(first), path) if form is Any else form
            if form is not Any:
                return form
        return form_of(build.expression_type(self.name))

    def _read(self, build: Build, on: Callable[[Any], object], *, report: bool) -> Any:
        from workflow_engine.signature import read

        signature = self._signature or read(on, self._frame)
        unresolved = [flaw for flaw in signature.flaws if flaw.code == "unresolved-type"]
        if report:
            for flaw in unresolved:
                build.faults.add(flaw.code, f"`on`: {flaw.message}", flaw.remedy, node=self.name)
            if signature.asynchronous:
                message = "`on` is `async def`, and a route does not wait"
                build.faults.add("async-route", message, "write `def`, or route on a node", node=self.name)
        if not unresolved:
            self._signature, self._frame = signature, None
        return None if unresolved or signature.asynchronous else signature.returns

    def _report_field(self, build: Build, form: Any, name: str, known: tuple[str, ...]) -> None:
        from workflow_engine.names import listed, meant, nearest

        close = nearest(name, known)
        message = f"`{describe(form)}` has no field `{name}`{meant(name, known)} (fields: {listed(known)})"
        remedy = f"write `.{close}`" if close else "name one of its fields"
        build.faults.add("unknown-field", message, remedy, node=self.name)

    def _cases(self, build: Build) -> Iterator[tuple[object, Any]]:
        pairs = self.cases.items() if isinstance(self.cases, Mapping) else self.cases
        for pair in pairs:
            if not isinstance(pair, tuple) or len(pair) != 2:
                message = f"a case is a value and a node, not {pair!r}"
                build.faults.add("invalid-case", message, "write `[(value, node)]`", node=self.name)
                continue
            value, targets = pair
            if isinstance(value, enum.Enum):
                value = value.value
            if value is not None and type(value) not in (str, bool, int):
                message = f"a case cannot be {value!r}"
                remedy = "use strings, members of an Enum, booleans or integers"
                build.faults.add("invalid-case", message, remedy, node=self.name)
                continue
            yield value, targets


def targets(build: Build, route: str, chosen: Any) -> list[str]:
    """Give the names of the nodes that a case of a route runs."""
    if chosen is None:
        return []
    several = isinstance(chosen, Sequence) and not isinstance(chosen, str | Source)
    return build.find_nodes(chosen if several else [chosen], route, "a case of the route")


def refuse_replacement(build: Build, route: str) -> None:
    """Report that something stands in the place of a route."""
    if route in build.replacements:
        message = "a route has nothing to replace"
        build.faults.add("invalid-override", message, "replace its source", node=route)


def _keyed(form: Any, path: list[str]) -> Any:
    """The type at a path of keys of TypedDicts; `Any` where it is not known."""
    for key in path:
        known = fields(form) if is_typed_dict(bare(form)) else None
        if known is None or key not in known:
            return Any
        form = known[key]
    return form


def _spellings(form: Any) -> dict[str, str]:
    """How members of Enums, which the core knows as JSON, are written in Python."""
    from workflow_engine._core import to_json

    return {
        to_json(member.value).decode(): f"{type(member).__name__}.{member.name}"
        for member in enum_members(form)
        if isinstance(member.value, str | int)
    }
