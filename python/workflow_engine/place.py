"""Where in the user's code something was declared."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Place", "caller", "found_at", "local", "place_of"]

_PACKAGE = __name__.partition(".")[0]


class Place:
    """A line of the user's code, or a place in data that a workflow is read from.

    Attributes:
        file: Name of the file, as Python knows it.
        line: Number of the line, from 1.
        column: Number of the character in the line, from 1; 0 where it is not known.
        module: Name of the module.
        name: Qualified name of what is declared there; empty for a call such as `returns`.
        path: The place in data, such as `nodes.card.compute`; empty for code.
    """

    __slots__ = ("column", "file", "line", "module", "name", "path")

    def __init__(
        self, file: str, line: int, module: str, name: str = "", *, column: int = 0, path: str = ""
    ) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.module = module
        self.name = name
        self.path = path

    def of_expression(self, text: str, offset: int | None = None) -> Place:
        """Give the place of an expression of what is declared here, as near as it is known.

        Args:
            text: The expression.
            offset: The character of it that is meant, from 0.
        """
        del text, offset
        return self

    def replaces(self, other: Place) -> bool:
        """Tell whether a declaration here is that one made again, by a notebook's cell run twice.

        A file declares everything once; two declarations of one name in it are a mistake.
        """
        same = (self.module, self.name) == (other.module, other.name)
        return same and self.module == "__main__" and not _in_main_file(self.file)


def _in_main_file(file: str) -> bool:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return main is not None and os.path.realpath(main) == os.path.realpath(file)


def found_at(module: str, path: str) -> object:
    """Give what a module has under a qualified name now; None if it has nothing there."""
    found: object = sys.modules.get(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def caller() -> FrameType:
    """Give the innermost frame outside this package."""
    frame = sys._getframe(1)  # noqa: SLF001  There is no public way without importing inspect.
    while frame.f_back is not None and _is_own(frame):
        frame = frame.f_back
    return frame


def _is_own(frame: FrameType) -> bool:
    module: str = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] == _PACKAGE


def _is_installed(file: str) -> bool:
    """Whether a file is of Python itself or of an installed package."""
    return file.startswith((os.__file__.removesuffix("os.py"), "<frozen")) or any(
        f"{os.sep}{folder}{os.sep}" in file for folder in ("site-packages", "dist-packages")
    )


def local(frame: FrameType) -> FrameType | None:
    """Give the frame if it is of a function or class, whose names no module has."""
    return None if frame.f_locals is frame.f_globals else frame


def place_of(frame: FrameType, function: Any = None) -> Place:
    """Give the place of a function, or of the call in a frame where there is none.

    Args:
        frame: Where the declaration was made.
        function: What was declared; a builtin, for example, has no place of its own, and that of
            what is installed is none of the user's.
    """
    module = frame.f_globals.get("__name__", "")
    if function is None:
        return Place(frame.f_code.co_filename, frame.f_lineno, module)
    name = getattr(function, "__qualname__", "") or type(function).__qualname__
    module = getattr(function, "__module__", None) or module
    method = getattr(function, "process", None) if isinstance(function, type) else function
    code = getattr(getattr(method, "__func__", method), "__code__", None)
    file = frame.f_code.co_filename
    if code is None or (code.co_filename != file and _is_installed(code.co_filename)):
        return Place(file, frame.f_lineno, module, name)
    return Place(code.co_filename, code.co_firstlineno, module, name)
