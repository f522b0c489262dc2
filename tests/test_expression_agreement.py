"""Random expressions give what an independent implementation of CEL gives: Google's, in C++.

`WORKFLOW_ENGINE_FUZZ` is the number of expressions; a release is tried with 200,000, which takes a minute.
"""

from __future__ import annotations

import math
import os
import random
import re
from typing import Any, NamedTuple

import pytest

from random_expressions import VARIABLES, Generator, variables
from workflow_engine import Expression, ExpressionError, UInt

if os.environ.get("WORKFLOW_ENGINE_REQUIRE_SHARED") == "1":
    import cel_expr_python  # type: ignore[import-untyped]  # noqa: F401
else:
    pytest.importorskip("cel_expr_python", reason="no wheel of cel-expr-python for this platform")

from cel_expr_python import cel
from cel_expr_python.ext import (  # type: ignore[import-untyped]
    ext_bindings,
    ext_encoders,
    ext_math,
    ext_optional,
    ext_strings,
)

COUNT = int(os.environ.get("WORKFLOW_ENGINE_FUZZ", "3000"))


class Known(NamedTuple):
    """Where the two differ, and why that is right."""

    reason: str
    place: str
    """What stands in the expression."""
    ours: str = ""
    """What our error says."""
    theirs: str = ""
    """What theirs says."""


KNOWN = [
    Known("theirs refuses one that ends where the text does", "substring", theirs="<string>.substring"),
    Known(
        "theirs looks at literals that are never evaluated",
        "math",
        theirs=r"^COMPILE .*math.(greatest|least)\(\)",
    ),
    Known("theirs drops two signs that stand together, whatever stands behind them", "--|!!"),
    Known("no key is of this type, so no map has it; in Go too", " in ", theirs="overloads found : @in$"),
    Known("this is none of the specification's conversions", r"int\(", ours=r"`int` does not take \(bool\)"),
    Known(
        "theirs skips blanks around numbers",
        r"(int|double)\(",
        ours=r'"(\s|\\[rnt]).*" is no |(\s|\\[rnt])" is no ',
    ),
    Known("`T` and `F` are true and false, as in Go", "bool", theirs="from 'string' to 'bool'"),
    Known("theirs mixes up variables of `optMap` and of a macro before it", r"\((i|j), .*\.optMap\("),
]

TYPES = {
    "int": cel.Type.INT,
    "uint": cel.Type.UINT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "bytes": cel.Type.BYTES,
    "bool": cel.Type.BOOL,
}
ENVIRONMENT = cel.NewEnv(
    variables={name: TYPES.get(str(kind), cel.Type.DYN) for name, kind in VARIABLES.items()},
    extensions=[
        ext_strings.ExtStrings(),
        ext_math.ExtMath(),
        ext_optional.ExtOptional(),
        ext_bindings.ExtBindings(),
        ext_encoders.ExtEncoders(),
    ],
)


class TheirsFailed(Exception):
    """Their evaluation gave an error."""


def ours(expression: str, data: dict[str, Any]) -> object:
    """Evaluate here, to values that can be compared, types and all."""
    return _plain(Expression(expression).evaluate({**data, "u": UInt(data["u"])}))


def _plain(value: object) -> object:
    match value:
        case UInt():
            return "uint", int(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case float():
            return "double", "nan" if math.isnan(value) else value.hex()
    return type(value).__name__, value


def theirs(expression: str, data: dict[str, Any]) -> object:
    """Evaluate there, to the same."""
    try:
        compiled = ENVIRONMENT.compile(expression, disable_check=True)
    except RuntimeError as error:
        raise TheirsFailed(f"COMPILE {error}") from None
    return _plain_of_theirs(compiled.eval(data=data))


def _plain_of_theirs(value: cel.Value) -> object:
    kind = value.type()
    if kind == cel.Type.NULL:
        return "NoneType", None  # `value()` would lose a reference to None each time.
    plain: object = value.value()
    if kind == cel.Type.ERROR:
        raise TheirsFailed(plain)
    match plain:
        case list():
            return [_plain_of_theirs(item) for item in plain]
        case dict():
            return {key: _plain_of_theirs(item) for key, item in plain.items()}
        case bytearray():
            return "bytes", bytes(plain)
        case cel.Type():
            return "str", plain.name()
        case int() if kind == cel.Type.UINT:
            return "uint", plain
    return _plain(plain)


def _unordered(value: object) -> object:
    """Give what is left of a value when the order of lists and maps does not count."""
    if isinstance(value, dict):
        return "map", sorted(((key, _unordered(item)) for key, item in value.items()), key=repr)
    return sorted(map(_unordered, value), key=repr) if isinstance(value, list) else value


def difference(expression: str, data: dict[str, Any]) -> str | None:
    """Tell how the two differ, if they do and nobody knows why."""
    results: list[object] = []
    errors: list[str | None] = []
    for evaluate in (ours, theirs):
        try:
            results.append(evaluate(expression, data))
            errors.append(None)
        except (ExpressionError, TheirsFailed) as error:
            errors.append(str(error))
        except TypeError:
            return None  # Theirs has an optional, which it cannot hand to Python.
    if None not in errors or (len(results) == 2 and results[0] == results[1]):
        return None
    # A macro goes through a map in any order.
    if (
        len(results) == 2
        and re.search(r"[.](map|filter)\(", expression)
        and len({*map(repr, map(_unordered, results))}) == 1
    ):
        return None
    if any(_explains(known, expression, errors) for known in KNOWN):
        return None
    return f"{expression}\n  over {data}\n  gave {results}, {errors}"


def _explains(known: Known, expression: str, errors: list[str | None]) -> bool:
    said = zip((known.ours, known.theirs), errors, strict=True)
    return bool(re.search(known.place, expression)) and all(
        not pattern or re.search(pattern, error or "", re.DOTALL) for pattern, error in said
    )


@pytest.mark.timeout(1200)
def test_random_expressions_agree() -> None:
    differences = []
    for seed in range(COUNT):
        rng = random.Random(seed)
        expression = Generator(rng).expression(rng.randrange(1, 5))
        differences.append(difference(expression, variables(rng)))
    found = [difference for difference in differences if difference]
    assert not found, f"{len(found)} of {COUNT}\n" + "\n".join(found[:5])
