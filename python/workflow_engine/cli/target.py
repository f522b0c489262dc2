"""TARGET: from ``module:workflow``, ``path/to/file.py:workflow`` or a file of data to the workflow itself.

A module is found as ``python -m`` finds it, with the current folder first. A file is imported
under the name that its folder gives it, so that its siblings, and whatever imports it in turn,
meet the same module: nothing is imported twice. A file of data imports nothing; the Python functions that
it names are those that modules named on the command line register.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workflow_engine import Workflow
from workflow_engine.cli.report import CommandError, show_faults
from workflow_engine.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

__all__ = ["TARGET_HELP", "NodesOption", "import_nodes", "require_sound", "workflow_at", "workflows_at"]

TARGET_HELP = (
    "`module:workflow`, `path/to/file.py:workflow`, or a workflow as data: `file.yaml`, `file.json`."
)

NodesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--nodes",
        metavar="MODULE",
        help="Import a module or file first, whose `@register_node` functions a workflow as data may name.",
    ),
]
"""The option for Python functions of workflows as data."""

_DATA_SUFFIXES = (".yaml", ".yml", ".json")


def workflow_at(target: str) -> Workflow[Any, Any]:
    """Find the one workflow that a target names.

    Args:
        target: ``place:name`` or ``place``, where a place is a module or a file, and a name is a
            variable of it or the name of a workflow in it. Without a name the place must hold
            exactly one workflow. A file of data is one workflow.

    Raises:
        CommandError: There is no such place or workflow, or several without a name; the message
            lists what there is.
    """
    found = workflows_at([target])
    if len(found) > 1:
        place, _ = _split(target)
        raise CommandError(
            f"{place} holds {len(found)} workflows; name one of them:",
            details=[f"`{place}:{variable}`" for variable in _workflows(_load(place))],
        )
    return found[0]


def workflows_at(targets: Sequence[str]) -> list[Workflow[Any, Any]]:
    """Find the workflows of several targets, each once; one without a name gives all it holds.

    Raises:
        CommandError: As for `workflow_at`.
        CheckError: A file of data is wrong.
    """
    found: dict[int, Workflow[Any, Any]] = {}
    for target in targets:
        if target.lower().endswith(_DATA_SUFFIXES):
            workflow = _read(Path(target))
            found[id(workflow)] = workflow
            continue
        place, name = _split(target)
        module = _load(place)
        workflows = [_named(module, place, name)] if name else list(_workflows(module).values())
        if not workflows:
            raise CommandError(
                f"{place} holds no workflow; one is made by `{Path(place).stem.rpartition('.')[2]}"
                f' = Workflow("...")` at the top of the module'
            )
        found.update((id(workflow), workflow) for workflow in workflows)
    return list(found.values())


def import_nodes(places: Sequence[str] | None) -> None:
    """Import modules and files, so that what they register is known.

    Raises:
        CommandError: One cannot be imported.
    """
    for place in places or ():
        _load(place)


def require_sound(workflow: Workflow[Any, Any]) -> None:
    """Refuse to go on with a workflow that has errors; print its warnings.

    Raises:
        CheckError: It has errors.
    """
    faults = workflow.check()
    if any(fault.severity == "error" for fault in faults):
        raise CheckError(workflow.name, faults)
    show_faults(faults)
    for fault in faults:
        # The first run would say the same once more, as a warning of Python's.
        warnings.filterwarnings("ignore", message=re.escape(str(fault)))


def _read(path: Path) -> Workflow[Any, Any]:
    try:
        return Workflow.from_file(path)
    except FileNotFoundError:
        files = _files(path.parent, f"*{path.suffix}")
        raise CommandError(f"no file {path}", details=_proposals(str(path), files)) from None
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None


def _split(target: str) -> tuple[str, str]:
    place, colon, name = target.rpartition(":")
    # The colon of `C:\flow.py` is the drive's.
    if not colon or name.startswith(("\\", "/")):
        return target, ""
    return place, name


def _load(place: str) -> ModuleType:
    if not place:
        raise CommandError("a target is `module:workflow`, `path/to/file.py:workflow` or `file.yaml`")
    path = Path(place)
    if path.suffix == ".py" or "/" in place or os.sep in place:
        return _load_file(path)
    return _load_module(place)


def _load_module(name: str) -> ModuleType:
    _make_importable(Path.cwd(), first=True)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise _failed_import(name, error) from _cause(error)
        raise CommandError(f"no module `{name}`", details=_proposals(name, _modules(Path.cwd()))) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  (the user's code raised it)
        raise _failed_import(name, error) from _cause(error)


def _load_file(path: Path) -> ModuleType:
    if path.is_dir():
        raise CommandError(f"{path} is a folder; name a file in it", details=_files(path))
    if not path.is_file():
        raise CommandError(f"no file {path}", details=_proposals(str(path), _files(path.parent)))
    path = Path(os.path.abspath(path))  # noqa: PTH100  (a symbolic link stays the place it is)
    if (loaded := _loaded(path)) is not None:
        return loaded
    folder, name = _module_name(path)
    if name in sys.stdlib_module_names:
        raise CommandError(
            f"{path.name} hides Python's own module `{name}` from all that import it; rename the file"
        )
    # Siblings are importable as for `python file.py`. Inside a package its root comes first,
    # and the file's folder last: a `types.py` there must not hide the library's.
    _make_importable(folder, first=True)
    _make_importable(path.parent, first=False)
    _make_importable(Path.cwd(), first=False)
    try:
        if _is_free(name):
            module = importlib.import_module(name)
            if _is_file(module, path):
                return module
        return _load_as(_free_name(name), path)
    except (Exception, SystemExit) as error:  # noqa: BLE001  (the user's code raised it)
        raise _failed_import(str(path), error) from _cause(error)


def _module_name(path: Path) -> tuple[Path, str]:
    """Give the folder to import from and the dotted name that a file has there."""
    names = [] if path.stem == "__init__" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def _is_free(name: str) -> bool:
    return name not in sys.modules and all(part.isidentifier() for part in name.split("."))


def _free_name(name: str) -> str:
    name = name.replace(".", "_")
    while name in sys.modules:
        name += "_"
    return name


def _load_as(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python source")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _loaded(path: Path) -> ModuleType | None:
    modules = list(sys.modules.items())
    return next((m for name, m in modules if name != "__main__" and _is_file(m, path)), None)


def _is_file(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and os.path.realpath(file) == os.path.realpath(path)


def _make_importable(folder: Path, *, first: bool) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0 if first else len(sys.path), str(folder))


def _failed_import(place: str, error: BaseException) -> CommandError:
    if isinstance(error, SystemExit):
        return CommandError(
            f"{place} ended the process while it was imported; keep what it does as a script "
            'under `if __name__ == "__main__":`'
        )
    return CommandError(f"{place} cannot be imported")


def _cause(error: BaseException) -> BaseException | None:
    return None if isinstance(error, SystemExit) else error


def _named(module: ModuleType, place: str, name: str) -> Workflow[Any, Any]:
    workflows = _workflows(module)
    if name in workflows:
        return workflows[name]
    value: object = module
    for part in name.split("."):
        value = getattr(value, part, None)
    if isinstance(value, Workflow):
        return value
    by_own_name = [workflow for workflow in workflows.values() if workflow.name == name]
    if len(by_own_name) == 1:
        return by_own_name[0]
    if value is not None:
        message = f"`{name}` in {place} is of type `{type(value).__name__}`, no workflow"
    else:
        message = f"no workflow `{name}` in {place}"
    if not workflows:
        raise CommandError(f"{message}; it holds none at all")
    raise CommandError(message, details=_proposals(name, workflows, prefix=f"{place}:"))


def _workflows(module: ModuleType) -> dict[str, Workflow[Any, Any]]:
    """Give the workflows of a module by variable, each once."""
    found: dict[int, tuple[str, Workflow[Any, Any]]] = {}
    for variable, value in vars(module).items():
        if isinstance(value, Workflow):
            found.setdefault(id(value), (variable, value))
    return dict(found.values())


def _files(folder: Path, pattern: str = "*.py") -> list[str]:
    if not folder.is_dir():
        return []
    return [str(file) for file in sorted(folder.glob(pattern))]


def _modules(folder: Path) -> list[str]:
    packages = [file.parent.name for file in folder.glob("*/__init__.py")]
    return sorted([*packages, *(file.stem for file in folder.glob("*.py"))])


def _proposals(name: str, known: Iterable[str], *, prefix: str = "") -> list[str]:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    lines = [f"did you mean `{prefix}{one}`?" for one in near]
    if names and names != near:
        there = ", ".join(f"`{prefix}{one}`" for one in names[:10])
        more = f", and {len(names) - 10} more" if len(names) > 10 else ""
        lines.append(f"there is {there}{more}")
    return lines
