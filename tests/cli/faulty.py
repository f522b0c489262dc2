"""A workflow with a fault."""

from workflow_engine import Workflow

broken = Workflow("broken")


@broken.node
def load(input: str) -> str:
    return input


@broken.node
def show(laod: str) -> str:
    return laod
