"""Expressions: the Common Expression Language (CEL), as text or built with Python's operators."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from workflow_engine import _core

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import Self

__all__ = ["Expression", "UInt", "contained_in", "literal", "moment", "plain", "ref", "span", "text_literal"]

# How tightly operators bind, from `a ? b : c` to what needs no parentheses anywhere.
_TERNARY, _OR, _AND, _RELATION, _SUM, _PRODUCT, _UNARY, _MEMBER = range(8)

_INT_MAX = 2**63 - 1
_UINT_MAX = 2**64 - 1
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"


class UInt(int):
    """An unsigned integer of CEL: an int from 0 to 2**64 - 1 that remembers what it is.

    Example::

        Expression("a + 1u").evaluate({"a": UInt(2)})    # UInt(3)

    Raises:
        OverflowError: Below 0 or above 2**64 - 1.
    """

    __slots__ = ()

    def __new__(cls, value: int = 0) -> Self:
        """Make one of an int."""
        made = super().__new__(cls, value)
        if not 0 <= made <= _UINT_MAX:
            raise OverflowError(f"{int(made)} is no unsigned integer of 64 bits")
        return made

    def __repr__(self) -> str:
        return f"UInt({int(self)})"


class Expression:
    """An expression over the data of a run, evaluated in the core.

    It is made of CEL text, or with `ref`, `Workflow.input`, the outputs of nodes and operators. Every
    public attribute is a field, and calling it calls a method; `["from"]` names a field that is no
    Python name. Write `& | ~` for and, or and not, with parentheses around comparisons; `.size()` for
    `len`; `contained_in(x, xs)` for `in`. `str()` gives the text.

    Args:
        text: The expression as CEL, at most 4 KiB.

    Example::

        Expression("x.score > 3").evaluate({"x": {"score": 5}})    # True
        str((ref("a.b") > 3) & ~ref("c"))                          # "a.b > 3 && !c"
    """

    __slots__ = ("_compiled", "_level", "_text")

    _text: str
    _level: int
    _compiled: _core.Expression | None

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"an expression is made of CEL text, not of {text!r}")
        self._text, self._level = text, _TERNARY
        self._compiled = _core.Expression(text)

    def evaluate(self, variables: Mapping[str, object] | None = None, *, fuel: int | None = None) -> Any:
        """Evaluate it on its own.

        Args:
            variables: Values by name: None, bool, int, float, str, bytes, list, dict, datetime (with a
                time zone), timedelta, `UInt`, members of Enums, and models by their fields.
            fuel: How much work it may do, about one for each value, item and character that is looked
                at; by default 500,000, which are used up within 100 ms.

        Returns:
            A value of these types; a type of CEL by its name, and None for an absent optional.

        Raises:
            ExpressionError: It fails, or takes more work than is allowed.
            TypeError: A variable is of no such type.
        """
        compiled = self._compiled or self._compile()
        return compiled.evaluate(dict(variables or {}), fuel)

    def _compile(self) -> _core.Expression:
        self._compiled = _core.Expression(self._text)
        return self._compiled

    # What it says.

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Expression({self._text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self._text, self._level)

    # Fields and methods.

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("_"):
            # What Python itself looks for, such as `__array__`, is no field.
            raise AttributeError(f"an expression has no attribute {name!r}; a field is written [{name!r}]")
        return _made(f"{_wrapped(self, _MEMBER)}.{name}", _MEMBER)

    def __getitem__(self, key: object) -> Expression:
        if isinstance(key, slice):
            raise TypeError("an expression cannot be sliced; write `.substring(start, end)` for text")
        if isinstance(key, str) and re.fullmatch(_NAME, key) and key not in _KEYWORDS:
            return _made(f"{_wrapped(self, _MEMBER)}.{key}", _MEMBER)
        return _made(f"{_wrapped(self, _MEMBER)}[{literal(key)}]", _MEMBER)

    def __call__(self, *arguments: object) -> Expression:
        """Call the method, or the function, that this field names."""
        if self._level != _MEMBER or not re.search(rf"(?:^|\.){_NAME}$", self._text):
            raise TypeError(f"`{self._text}` is no method; call a field, such as `.size()`")
        return _made(f"{self._text}({', '.join(map(literal, arguments))})", _MEMBER)

    # Operators.

    def __add__(self, other: object) -> Expression:
        return _binary(self, "+", other, _SUM)

    def __radd__(self, other: object) -> Expression:
        return _binary(other, "+", self, _SUM)

    def __sub__(self, other: object) -> Expression:
        return _binary(self, "-", other, _SUM)

    def __rsub__(self, other: object) -> Expression:
        return _binary(other, "-", self, _SUM)

    def __mul__(self, other: object) -> Expression:
        return _binary(self, "*", other, _PRODUCT)

    def __rmul__(self, other: object) -> Expression:
        return _binary(other, "*", self, _PRODUCT)

    def __truediv__(self, other: object) -> Expression:
        return _binary(self, "/", other, _PRODUCT)

    def __rtruediv__(self, other: object) -> Expression:
        return _binary(other, "/", self, _PRODUCT)

    def __mod__(self, other: object) -> Expression:
        return _binary(self, "%", other, _PRODUCT)

    def __rmod__(self, other: object) -> Expression:
        return _binary(other, "%", self, _PRODUCT)

    def __neg__(self) -> Expression:
        return _made(f"-{_wrapped(self, _UNARY)}", _UNARY)

    def __invert__(self) -> Expression:
        return _made(f"!{_wrapped(self, _UNARY)}", _UNARY)

    def __and__(self, other: object) -> Expression:
        return _binary(self, "&&", other, _AND)

    def __rand__(self, other: object) -> Expression:
        return _binary(other, "&&", self, _AND)

    def __or__(self, other: object) -> Expression:
        return _binary(self, "||", other, _OR)

    def __ror__(self, other: object) -> Expression:
        return _binary(other, "||", self, _OR)

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return _binary(self, "==", other, _RELATION)

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return _binary(self, "!=", other, _RELATION)

    def __lt__(self, other: object) -> Expression:
        return _binary(self, "<", other, _RELATION)

    def __le__(self, other: object) -> Expression:
        return _binary(self, "<=", other, _RELATION)

    def __gt__(self, other: object) -> Expression:
        return _binary(self, ">", other, _RELATION)

    def __ge__(self, other: object) -> Expression:
        return _binary(self, ">=", other, _RELATION)

    # What has an answer only in the run.

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "an expression has no truth here; it is evaluated in the run: use it in `route`, `until`, ..., "
            "and write `&`, `|`, `~` with parentheses for `and`, `or`, `not` and chained comparisons"
        )

    def __len__(self) -> NoReturn:
        raise TypeError("an expression has no length here; write `.size()`")

    def __iter__(self) -> NoReturn:
        raise TypeError(
            "an expression cannot be iterated here; write a macro in text, such as `xs.map(x, x.id)`"
        )

    def __contains__(self, item: object) -> NoReturn:
        raise TypeError("whether it holds something is known only in the run; write `contained_in(x, xs)`")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError(
            "the value is known only in the run; join text with `+`, or write `str()` for the CEL"
        )

    def __int__(self) -> NoReturn:
        raise TypeError('the value is known only in the run; write `ref("int")(x)` to convert it there')

    def __float__(self) -> NoReturn:
        raise TypeError('the value is known only in the run; write `ref("double")(x)` to convert it there')

    def __index__(self) -> NoReturn:
        raise TypeError("the value is known only in the run; index with `[...]` of an expression")

    def __hash__(self) -> int:
        raise TypeError("an expression has no hash by value; use `str()` of it as a key")


def ref(path: str) -> Expression:
    """Refer to data of the run: a node, `input`, or a field inside of one.

    Args:
        path: Names with dots between, such as `classify.label`.

    Raises:
        ValueError: It is no such path.
    """
    names = path.split(".") if isinstance(path, str) else []
    if not names or not all(re.fullmatch(_NAME, name) for name in names):
        raise ValueError(f"a reference is names with dots between, such as `classify.label`, not {path!r}")
    first, *fields = names
    made = _made(first, _MEMBER)
    for field in fields:
        made = made[field]
    return made


def contained_in(item: object, items: object) -> Expression:
    """Ask whether a list holds an item, or a map a key: CEL's `item in items`."""
    return _binary(item, "in", items, _RELATION)


def literal(value: object) -> str:
    """Write a Python value as CEL; an expression as it is.

    Raises:
        TypeError: CEL has no literal for it.
    """
    return _operand(value, _TERNARY)


def text_literal(text: str) -> str:
    """Write text as CEL, in single quotes where nothing in it needs an escape: so it reads best in data."""
    plain = text.isprintable() and "'" not in text and "\\" not in text
    return f"'{text}'" if plain else _quoted(text)


# Words that CEL keeps, which are fields only in brackets.
_KEYWORDS = frozenset(("true", "false", "null", "in"))
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _made(text: str, level: int) -> Expression:
    made = Expression.__new__(Expression)
    made._text, made._level, made._compiled = text, level, None  # noqa: SLF001
    return made


def _wrapped(expression: Expression, level: int) -> str:
    text = expression._text  # noqa: SLF001
    return text if expression._level >= level else f"({text})"  # noqa: SLF001


def _binary(left: object, operator: str, right: object, level: int) -> Expression:
    # To the right of an operator of the same strength stands what is done first.
    return _made(f"{_operand(left, level)} {operator} {_operand(right, level + 1)}", level)


def _operand(value: object, level: int) -> str:
    if isinstance(value, Expression):
        return _wrapped(value, level)
    text = _literal(value)
    return f"({text})" if text.startswith("-") and level > _UNARY else text


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, UInt):
        return f"{int(value)}u"
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else f'double("{value}")'
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bytes):
        return 'b"' + "".join(f"\\x{byte:02x}" for byte in value) + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    return _of_a_class(value)


def _of_a_class(value: object) -> str:
    kind, made = plain(value)
    return f"{kind}({_quoted(made)})" if kind else literal(made)


def plain(value: object) -> tuple[str, Any]:
    """Make plain what is no plain value.

    Returns:
        `("timestamp", text)`, `("duration", text)`, or `("", value)` with what a model or a member of an
        Enum holds.

    Raises:
        TypeError: CEL has no form for it.
    """
    import datetime as dt
    import enum

    if isinstance(value, enum.Enum):
        return "", value.value
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise TypeError(f"{value!r} has no time zone, and a timestamp of CEL is a moment; add `tzinfo=`")
        return "timestamp", value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.timedelta):
        return "duration", f"{value // dt.timedelta(microseconds=1)}us"
    dump = getattr(value, "model_dump", None)
    if dump is not None and not isinstance(value, type):
        return "", dump(by_alias=True)
    raise TypeError(f"CEL has no form for {value!r}; pass None, numbers, text, bytes, lists or dicts of them")


def moment(text: str) -> dt.datetime:
    """Read a timestamp that the core wrote; what is finer than a microsecond is cut off."""
    import datetime as dt

    head, _, fraction = text.removesuffix("Z").partition(".")
    return dt.datetime.fromisoformat(f"{head}.{fraction[:6]:0<6}+00:00")


def span(text: str) -> dt.timedelta:
    """Read a duration that the core wrote; what is finer than a microsecond is cut off."""
    import datetime as dt

    seconds, _, fraction = text.removesuffix("s").partition(".")
    micros = int(f"{fraction[:6]:0<6}")
    return dt.timedelta(seconds=int(seconds), microseconds=-micros if seconds.startswith("-") else micros)


def _integer(value: int) -> str:
    if -_INT_MAX - 1 <= value <= _INT_MAX:
        return str(value)
    if 0 <= value <= _UINT_MAX:
        return f"{value}u"
    raise TypeError(f"{value} is no integer of 64 bits, which CEL counts in")


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(character) or _plain(character) for character in text) + '"'


def _plain(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code < 0xE000:
        raise TypeError("text with a lone surrogate has no form in CEL")
    return f"\\u{code:04x}" if code < 0x20 or code == 0x7F else character
