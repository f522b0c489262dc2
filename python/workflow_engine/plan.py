"""From what was declared to what runs: a plan, if no fault that was found is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow_engine.build import Build
from workflow_engine.returned import result_is_covered

if TYPE_CHECKING:
    from workflow_engine import _core
    from workflow_engine.check import Fault
    from workflow_engine.declarations import Declarations
    from workflow_engine.resource import Resource

__all__ = ["Plan", "build"]


class Plan:
    """A workflow ready to run; it does not change.

    Attributes:
        name: Name of the workflow.
        core: The compiled graph.
        cancels: The nodes that nodes cancel, by the names of these.
        input: What the input must be.
        output: What the result must be.
        checks_output: Whether a result has to be looked at, because its type does not tell that it is.
        asynchronous: Whether it needs an event loop.
        inline: Whether every Python node says `thread="caller"`, or there is none.
        open_first: Asynchronous resources that nodes read without awaiting, with the first such node.
        types: Types of the outputs as text, by node; `input` and `return` are the workflow's.
        returns: What was declared to be returned, by name; `...` if nothing was.
        taken: The JSON of inputs with which the core runs from text to text; None if that needs Python.
        given: The JSON of results which the core may give then; None if any.
    """

    __slots__ = (
        "asynchronous",
        "cancels",
        "checks_output",
        "core",
        "given",
        "inline",
        "input",
        "name",
        "open_first",
        "output",
        "returns",
        "taken",
        "types",
    )

    def __init__(self, build: Build, core: _core.Plan) -> None:
        self.name = build.declarations.name
        self.core = core
        self.input = build.input
        self.output = build.output
        self.asynchronous = build.asynchronous or bool(build.open_first)
        self.inline = build.inline
        self.open_first: dict[Resource, str] = dict(build.open_first)
        self.types = build.types()
        self.returns = build.returns
        self.cancels = build.cancels
        self.checks_output = not result_is_covered(build)
        self.taken = self.given = None
        if core.native:
            self.given = self.output.text_form() if self.checks_output else None
            self.taken = self.input.text_form() if self.given or not self.checks_output else None


def build(declarations: Declarations) -> tuple[Plan | None, list[Fault]]:
    """Build the plan of a workflow.

    Args:
        declarations: What was declared.

    Returns:
        The plan, None if a fault is an error; and the faults, errors first.
    """
    from workflow_engine.context import label_log_records

    # Whoever runs a workflow may log in it.
    label_log_records()
    building = Build(declarations)
    building.run()
    faults = list(building.faults)
    plan = None if building.faults.errors else Plan(building, building.graph.plan())
    return plan, faults
