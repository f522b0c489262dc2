"""The public names: there, documented, light to import, and errors that travel."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
import tomllib
import types
from pathlib import Path
from typing import Any

import pytest

import workflow_engine
from workflow_engine import (
    CheckError,
    Fault,
    NodeError,
    Workflow,
    WorkflowEngineError,
    errors,
)

CHECKOUT = Path(__file__).parents[1]
PUBLIC = [name for name in workflow_engine.__all__ if name != "__version__"]


def test_all_is_what_is_there() -> None:
    assert workflow_engine.__all__ == sorted(workflow_engine.__all__)
    there = {
        name
        for name in dir(workflow_engine)
        if not name.startswith("_") and not isinstance(getattr(workflow_engine, name), types.ModuleType)
    }
    assert there == set(PUBLIC)
    assert set(errors.__all__) < set(PUBLIC)
    space: dict[str, Any] = {}
    exec("from workflow_engine import *", space)
    assert set(workflow_engine.__all__) <= space.keys()


def test_the_version_is_that_of_the_workspace() -> None:
    manifest = tomllib.loads((CHECKOUT / "Cargo.toml").read_text(encoding="utf-8"))
    assert workflow_engine.__version__ == manifest["workspace"]["package"]["version"]


def test_every_module_lists_its_names() -> None:
    for module in pkgutil.walk_packages(workflow_engine.__path__, "workflow_engine."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        found = importlib.import_module(module.name)
        assert found.__doc__, f"{module.name} has no docstring"
        for name in getattr(found, "__all__", ()):
            assert hasattr(found, name), f"{module.name} has no {name}"


def test_every_public_name_is_documented() -> None:
    missing = []
    for name in PUBLIC:
        public = getattr(workflow_engine, name)
        assert inspect.isclass(public) or inspect.isroutine(public)
        if not public.__doc__:
            missing.append(name)
        if not inspect.isclass(public):
            continue
        # The class itself may say what its attributes are.
        described = "".join(base.__doc__ or "" for base in public.__mro__)
        bases = [base for base in public.__mro__ if base.__module__ == "builtins"]
        inherited = {member for base in bases for member in dir(base)}
        for member in set(dir(public)) - inherited:
            if member.startswith("_") or f"{member}:" in described:
                continue
            if not inspect.getdoc(getattr(public, member)):
                missing.append(f"{name}.{member}")
    assert sorted(missing) == []


def keywords_of(kind: type[WorkflowEngineError]) -> list[str]:
    """Give the names of what an error takes beside its message."""
    if not inspect.isfunction(kind.__init__):
        return []
    parameters = inspect.signature(kind.__init__).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


def test_attributes_that_errors_have_are_documented() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        described = "".join(base.__doc__ or "" for base in kind.__mro__)
        missing = [keyword for keyword in keywords_of(kind) if f"{keyword}:" not in described]
        assert missing == [], name


# Imports.

FORBIDDEN = {
    *("anyio", "asyncio", "dataclasses", "importlib.metadata", "inspect", "json", "logging"),
    *("pydantic", "rich", "robyn", "subprocess", "tempfile", "trio", "typer", "typing_extensions"),
}


def loaded_by(program: str) -> set[str]:
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {program}; "]
    command[-1] += "print(*sys.modules, sep='\\n')"
    # Without `site`, whose .pth files may load anything; -X importtime would change what is loaded.
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_it_loads_little() -> None:
    bare = loaded_by("pass")
    loaded = loaded_by("import workflow_engine") - bare
    assert "workflow_engine._core" in loaded
    assert not loaded & FORBIDDEN
    own = {name for name in loaded if name.startswith("workflow_engine")}
    assert not {name for name in own if ".cli" in name or ".server" in name}


def test_declaring_and_running_sync_nodes_loads_no_loop() -> None:
    program = (
        "import workflow_engine as e; w = e.Workflow('w'); w.add_node(lambda input: 1, name='n');"
        "assert w.run() == 1"
    )
    assert not loaded_by(program) & {
        "asyncio",
        "anyio",
        "trio",
        "robyn",
        "typer",
        "rich",
        "logging",
    }


# Errors.


def an_error(kind: type[WorkflowEngineError]) -> WorkflowEngineError:
    """Make an error with a value for each of its parameters."""
    if issubclass(kind, CheckError):
        workflow: Workflow[Any, Any] = Workflow("faulty")
        with pytest.raises(CheckError) as caught:
            workflow.run()
        return caught.value
    values: dict[str, Any] = {
        "attempt": 2,
        "column": 3,
        "errors": [{"path": "input.a", "message": "wrong"}],
        "known": ["a", "b"],
        "limit": "threads",
        "line": 4,
        "maximum": 64,
        "name": "a",
        "node": "n",
        "outputs": {"before": [1, {"two": 2}]},
        "path": "n.a",
        "run": "r",
        "too_large": True,
        "workflow": "w",
    }
    make: Any = kind
    return make("it is wrong", **{name: values[name] for name in keywords_of(kind)})  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", [getattr(errors, name) for name in errors.__all__])
@pytest.mark.parametrize("how", ["pickle", "copy", "deepcopy"])
def test_errors_travel_with_their_attributes(kind: type[WorkflowEngineError], how: str) -> None:
    error = an_error(kind)
    error.add_note("a note")
    again: Any
    if how == "pickle":
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(error, protocol))
    else:
        again = copy.copy(error) if how == "copy" else copy.deepcopy(error)
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.args == error.args
    assert again.__dict__ == error.__dict__
    assert again.__notes__ == ["a note"]


def test_an_error_of_a_run_travels() -> None:
    workflow: Workflow[Any, Any] = Workflow("fails")

    @workflow.node
    def before(input: Any) -> dict[str, int]:
        return {"a": 1}

    @workflow.node
    def fails(before: dict[str, int]) -> None:
        raise ValueError("own")

    with pytest.raises(NodeError) as caught:
        workflow.run()
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.node, again.attempt, again.outputs) == ("fails", 1, {"before": {"a": 1}})
    assert again.run == caught.value.run


def test_the_tree_is_as_drawn() -> None:
    drawn = [line for line in (errors.__doc__ or "").splitlines() if "──" in line]
    depths: dict[int, str] = {0: "WorkflowEngineError"}
    names = ["WorkflowEngineError"]
    for line in drawn:
        before, _, rest = line.partition("── ")
        depth = len(before) // 4
        name = rest.split()[0]
        depths[depth] = name
        names.append(name)
        kind = getattr(errors, name)
        assert issubclass(kind, getattr(errors, depths[depth - 1] if depth > 1 else names[0])), name
        if "(also " in rest:
            also = rest.partition("(also ")[2].partition(")")[0]
            import builtins

            base = getattr(builtins, also, None) or getattr(errors, also)
            assert issubclass(kind, base), name
    assert sorted(names) == sorted(errors.__all__)


def test_a_fault_reads_as_a_paragraph() -> None:
    workflow: Workflow[Any, Any] = Workflow("faulty")

    @workflow.node
    def lonely(nobody: int) -> int:
        return nobody

    (fault,) = workflow.check()
    assert isinstance(fault, Fault)
    assert pickle.loads(pickle.dumps(fault)) == fault
    assert Path(fault.file).name == "test_public.py"
    assert fault.severity == "error"
    assert "`nobody`" in str(fault)
