"""``-f key=value``: fields of the input, set one by one.

- ``-f a.b=1`` and ``-f a[b]=1`` set field ``b`` of the object ``a``; brackets take keys with dots;
- ``-f a[]=1`` adds a member to the list ``a``;
- a value that is JSON (``3``, ``true``, ``null``, ``"text"``, ``[1, 2]``, ``{"a": 1}``) is that
  value; any other is text. Where the workflow's input declares text, ``-f id=3`` is text too;
- ``-f a=@file`` takes the text of a file, ``-f a=@-`` that of standard input.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_engine._core import parse_json
from workflow_engine.cli.report import CommandError
from workflow_engine.cli.schema import accepts, member
from workflow_engine.errors import InputError, JSONError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Setting", "apply", "settings"]

_KEY = re.compile(r"(?P<name>[^.\[\]=]+)|\[(?P<bracket>[^\[\]]*)\]")
_TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
}
_NAMES: dict[type, str] = {dict: "an object", list: "a list"}


class Setting(NamedTuple):
    """One field to set.

    Attributes:
        written: The argument as it was written.
        keys: The way to the field, from outside in; None stands for a new member of a list.
        value: What it is set to.
    """

    written: str
    keys: tuple[str | None, ...]
    value: Any


def settings(arguments: Sequence[str], schema: dict[str, Any]) -> list[Setting]:
    """Read the arguments of ``-f``.

    Args:
        arguments: As written, ``key=value`` each.
        schema: JSON Schema of the workflow's input.

    Raises:
        CommandError: An argument is not of this form, or sets a field a second time.
    """
    found: list[Setting] = []
    seen: set[tuple[str | None, ...]] = set()
    for argument in arguments:
        key, equals, text = argument.partition("=")
        if not equals:
            raise CommandError(f"`-f {argument}` has no value; write `-f {argument}=VALUE`")
        keys = _keys(argument, key)
        if None not in keys and keys in seen:
            raise CommandError(f"`-f {argument}` sets `{key}` a second time")
        seen.add(keys)
        found.append(Setting(argument, keys, _value(argument, text, keys, schema)))
    return found


def apply(settings: Sequence[Setting], value: Any) -> Any:
    """Set the fields in a value, in place.

    Args:
        settings: The fields, in order.
        value: A JSON value; None stands for an empty object.

    Returns:
        The value with its fields set.

    Raises:
        InputError: The value has no place for a field.
    """
    for setting in settings:
        value = _set(setting, setting.keys, value)
    return value


def _set(setting: Setting, keys: tuple[str | None, ...], value: Any) -> Any:
    if not keys:
        return setting.value
    key, rest = keys[0], keys[1:]
    if value is None:
        value = [] if key is None else {}
    if isinstance(value, dict) and key is not None:
        value[key] = _set(setting, rest, value.get(key))
    elif isinstance(value, list) and key is None:
        value.append(_set(setting, rest, None))
    elif isinstance(value, list) and key is not None and key.isdecimal() and int(key) < len(value):
        value[int(key)] = _set(setting, rest, value[int(key)])
    else:
        name = _NAMES.get(type(value), "no object")
        way = "`[]`" if key is None else f"`{key}`"
        raise InputError(f"`-f {setting.written}`: the input has {name} there, without {way}")
    return value


def _keys(argument: str, key: str) -> tuple[str | None, ...]:
    keys: list[str | None] = []
    position = 0
    while position < len(key):
        dot = key[position] == "." and position > 0
        match = _KEY.match(key, position + dot)
        # A name starts the key or follows a dot; brackets follow no dot.
        if match is None or (match["name"] is None if dot else match["name"] and position > 0):
            break
        keys.append(match["name"] or match["bracket"] or None)
        position = match.end()
    if not keys or position < len(key):
        raise CommandError(
            f"`-f {argument}`: `{key}` is no field; write `name`, `a.b`, `a[b]`, or `a[]` for a "
            "new member of a list"
        )
    return tuple(keys)


def _value(argument: str, text: str, keys: tuple[str | None, ...], root: dict[str, Any]) -> Any:
    if text.startswith("@"):
        return _file(argument, text[1:])
    try:
        value = parse_json(text)
    except JSONError:
        return text
    field = root
    for key in keys:
        field = member(field, root, key)
    type_ = "null" if value is None else _TYPES.get(type(value), "object")
    if accepts(field, root, type_) or not accepts(field, root, "string"):
        return value
    return text


def _file(argument: str, name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode()
    except OSError as error:
        quoted = argument.replace("=@", '="@', 1) + '"'
        raise CommandError(
            f"`-f {argument}`: cannot read {name} ({error.strerror}); "
            f"for a text that starts with @ write `-f '{quoted}'`"
        ) from None
    except UnicodeDecodeError:
        raise CommandError(f"`-f {argument}`: {name} is no UTF-8 text") from None
