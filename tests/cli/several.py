"""Two workflows in one module; one under two names."""

from workflow_engine import Workflow

double = Workflow("double")
square = Workflow("square")
again = square
number = 3


@double.node
def twice(input: int) -> int:
    return input * 2


@square.node
def squared(input: int) -> int:
    return input * input
