"""Objects that pickle as functions do: by the name that their module has for them."""

from __future__ import annotations

import importlib
import pickle
import sys
from typing import Any

__all__ = ["by_reference"]


def by_reference(target: Any, module: str) -> tuple[Any, ...]:
    """Give what pickles an object as a variable of a module.

    Args:
        target: The object.
        module: Name of the module that made it.

    Returns:
        A reduced value, for `__reduce__`.

    Raises:
        PicklingError: The module has no variable that is the object.
    """
    for name, value in vars(sys.modules.get(module, object)).items():
        if value is target:
            return _load, (module, name)
    raise pickle.PicklingError(f"{target!r} is no variable of the module `{module}`")


def _load(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)
