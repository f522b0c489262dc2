"""A node that runs its body for each item of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from workflow_engine.errors import DeclarationError
from workflow_engine.missing import MISSING
from workflow_engine.native.body import BodyNode
from workflow_engine.native.expressions import condition, form_of, to_text
from workflow_engine.typeform import bare, origin

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.build import Build
    from workflow_engine.declaring import Declares
    from workflow_engine.native.body import Known
    from workflow_engine.part import Locals
    from workflow_engine.place import Place

__all__ = ["CONCURRENCY", "CONCURRENCY_MAX", "ON_ERROR", "Map"]

CONCURRENCY = 16
"""Items that are under way at a time, unless a map says otherwise."""

CONCURRENCY_MAX = 100_000
"""Items that a map may have under way at a time."""

ON_ERROR = ("raise", "keep", "drop")
"""What becomes of a map when an item fails."""


class Map(BodyNode):
    """Gives the list of what its body gives for each item, in their order."""

    kind = "map"
    local = "item"

    def __init__(
        self,
        workflow: Declares[Any, Any],
        name: str | None,
        place: Place,
        body: Any,
        *,
        over: object,
        concurrency: int = CONCURRENCY,
        on_error: str = "raise",
        until: object = None,
        **options: Any,
    ) -> None:
        super().__init__(workflow, name, place, body, source=over, **options)
        if on_error not in ON_ERROR:
            raise DeclarationError(
                f"`on_error` of `{self.name}` is 'raise', 'keep' or 'drop', not {on_error!r}"
            )
        if type(concurrency) is not int or not 1 <= concurrency <= CONCURRENCY_MAX:
            raise DeclarationError(
                f"`concurrency` of `{self.name}` is a number from 1 to {CONCURRENCY_MAX}, not {concurrency!r}"
            )
        self.concurrency = concurrency
        self.on_error = on_error
        self.until = None if until is None else to_text(until, f"`until` of `{self.name}`")

    def _source(self, source: object) -> object:
        if isinstance(source, str):
            # Where a list is wanted, text is an expression.
            return MISSING if source.strip() == "input" else (source,)
        return super()._source(source)

    def _what(self) -> str:
        return f"`over` of `{self.name}`"

    def _items(self, build: Build) -> Known:
        """The types of an item."""
        from workflow_engine import _core

        form, found = self.given(build)
        item = found.item
        if item is None:
            message = f"a map goes over a list, and {self._what()} is a value of {found.name}"
            build.faults.add("wrong-type", message, "give it a list", node=self.name)
            return Any, _core.ExpressionType.unknown()
        head, args = origin(bare(form)), get_args(bare(form))
        if head in (list, tuple) and args[:1] not in ((), (Any,)) and (head is list or args[1:] == (...,)):
            return args[0], item
        # What comes out of JSON is of the types of JSON.
        return form_of(item) if head is list else Any, item

    def locals(self, build: Build) -> Locals:
        """Give what the body is given by itself: the item and its position."""
        from workflow_engine.native.expressions import type_of_form

        return {"item": self._items(build), "index": (int, type_of_form(int))}

    def kind_of(self, build: Build) -> tuple[Any, ...]:
        """Give the kind of the body as the core takes it, `until` checked."""
        if self.until is not None:
            inner = build.inside(build.graph, {"results": (list[Any], self._results(build))})
            if not condition(inner, self.name, self.until, "until"):
                build.broken.add(self.name)
        return ("map", self.concurrency, self.on_error, self.until)

    def _results(self, build: Build) -> _core.ExpressionType:
        from workflow_engine import _core

        _, found = self.result(build)
        return _core.ExpressionType.list(
            [_core.ExpressionType.unknown() if self.on_error == "keep" else found]
        )

    def output(self, build: Build) -> Any:
        """Give the type form of the list of results."""
        form, _ = self.result(build)
        return list[Any] if self.on_error == "keep" else list[form]  # type: ignore[valid-type]

    def expression_type(self, build: Build) -> _core.ExpressionType | None:
        """Give what expressions see of the list of results."""
        return self._results(build)
