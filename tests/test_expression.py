"""Expressions: what they say when they are built in Python, and what they give."""

from __future__ import annotations

import datetime as dt
import enum
import json
import operator
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_engine import Expression, ExpressionError, UInt, contained_in, count_tokens, price, ref

DAY = dt.datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=dt.UTC)


class Colour(enum.Enum):
    RED = "red"


a, b, c = ref("a"), ref("b"), ref("c")

BUILT: list[tuple[Expression, str]] = [
    ((ref("a.b") > 3) & ~ref("c"), "a.b > 3 && !c"),
    ((a | b) & c, "(a || b) && c"),
    (a | b & c, "a || b && c"),
    (a - (b - c), "a - (b - c)"),
    (a - b - c, "a - b - c"),
    (-(a + 1) * 2, "-(a + 1) * 2"),
    (1 - a % 2, "1 - a % 2"),
    (a - (-1), "a - -1"),
    (~(a == "x"), '!(a == "x")'),
    ((a == 1) == True, "a == 1 == true"),  # noqa: E712
    (Expression("x ? y : z") + 1, "(x ? y : z) + 1"),
    (a.name.upperAscii() + "!", 'a.name.upperAscii() + "!"'),
    (a["from"]["in"]["x y"][0], 'a.from["in"]["x y"][0]'),
    (contained_in("vip", a.tags), '"vip" in a.tags'),
    (ref("math.greatest")(a, [1, 2.5, None, True]), "math.greatest(a, [1, 2.5, null, true])"),
    (a == {"k": b"\x00\xff", "t": 'q"\\\n\u0001'}, 'a == {"k": b"\\x00\\xff", "t": "q\\"\\\\\\n\\u0001"}'),
    (a == UInt(7), "a == 7u"),
    (a == 2**63, "a == 9223372036854775808u"),
    (a == Colour.RED, 'a == "red"'),
    (a < DAY, 'a < timestamp("2026-01-02T03:04:05.000600Z")'),
    (a < dt.timedelta(seconds=1.5), 'a < duration("1500000us")'),
]


@pytest.mark.parametrize(("built", "text"), BUILT, ids=[text for _, text in BUILT])
def test_what_python_builds_is_what_cel_says(built: Expression, text: str) -> None:
    assert str(built) == text
    assert str(pickle.loads(pickle.dumps(built))) == text
    # The core reads it.
    with pytest.raises(ExpressionError) as caught:
        built.evaluate()
    assert caught.value.kind in ("unknown_variable", "unknown_function")


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (bool, "no truth here"),
        (len, r"\.size\(\)"),
        (list, "iterated"),
        (lambda e: 1 in e, "contained_in"),
        (lambda e: f"{e}", "only in the run"),
        (int, "int"),
        (float, "double"),
        (hash, "no hash"),
        (lambda e: 1 < e < 3, "no truth here"),
        (lambda e: [0][e], "index"),
        (lambda e: e[1:2], "substring"),
        (lambda e: (e + 1)(), "no method"),
        (lambda e: e == object(), "no form"),
        (lambda e: e == 2**64, "64 bits"),
        (lambda e: e < DAY.replace(tzinfo=None), "time zone"),
    ],
)
def test_what_python_cannot_know_is_refused_with_a_remedy(use: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        use(ref("a"))


VALUES: list[tuple[str, dict[str, Any], Any]] = [
    ("x.score > 3", {"x": {"score": 5}}, True),
    ("x.items.map(i, i.n * 2)", {"x": {"items": [{"n": 1}, {"n": 2}]}}, [2, 4]),
    ("a + 1u", {"a": UInt(2)}, UInt(3)),
    ("b + b'y'", {"b": b"x"}, b"xy"),
    ("t + duration('1h')", {"t": DAY}, DAY + dt.timedelta(hours=1)),
    ("d", {"d": dt.timedelta(days=-1, microseconds=5)}, dt.timedelta(days=-1, microseconds=5)),
    ("t - t", {"t": DAY}, dt.timedelta(0)),
    ("{'n': [1.5, null, e]}", {"e": Colour.RED}, {"n": [1.5, None, "red"]}),
    ("big", {"big": 2**70}, 2**70),
    ("x.?y.orValue(4)", {"x": {}}, 4),
    ("x.?y", {"x": {}}, None),
    ("has(x.y)", {"x": {"y": None}}, True),
    ("unknown || true", {}, True),
    ("type(1.0)", {}, "double"),
]


@pytest.mark.parametrize(("text", "variables", "result"), VALUES, ids=[text for text, *_ in VALUES])
def test_evaluate(text: str, variables: dict[str, Any], result: Any) -> None:
    for _ in range(2):
        found = Expression(text).evaluate(variables)
        assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(
    ("text", "variables", "kind", "offset"),
    [
        ("x +", {}, "syntax", 3),
        ("'é' + x.y", {"x": {}}, "no_such_key", 8),
        ("x.y.z", {"x": {"y": 1}}, "no_such_overload", 4),
        ("1 / 0", {}, "divide_by_zero", 2),
        ("9223372036854775807 + 1", {}, "overflow", 20),
        ("x", {}, "unknown_variable", 0),
        ("x.nothing()", {"x": 1}, "unknown_function", 2),
        ("[1, 2].map(x, [1, 2].map(y, 0))", {}, "limit", None),
    ],
)
def test_errors_show_the_place(text: str, variables: dict[str, Any], kind: str, offset: int | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression(text).evaluate(variables, fuel=5 if kind == "limit" else None)
    error = caught.value
    assert (error.kind, error.text) == (kind, text)
    if offset is not None:
        assert error.offset == offset
        assert str(error).splitlines()[-2:] == [f" | {text}", f" | {' ' * offset}^"]


@pytest.mark.parametrize("value", [object(), DAY.replace(tzinfo=None), {1.5: 1}, "\ud800"])
def test_a_variable_without_a_form_in_cel(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Expression("x").evaluate({"x": value})


def test_tokens_and_prices_are_those_of_the_functions() -> None:
    usage = {"input_tokens": 12_345, "output_tokens": 678}
    data = {"text": "Ünïcödé and words", "usage": usage, "at": DAY}
    each = "[tokens(text, 'gpt-5'), price(usage, 'gpt-4o'), price(usage, 'gpt-4o', at)]"
    dollars = float(price(usage, "gpt-4o").dollars or 0)
    assert Expression(each).evaluate(data) == [count_tokens("Ünïcödé and words", "gpt-5"), dollars, dollars]
    assert Expression("price(usage, 'nobody')").evaluate(data) is None


@pytest.mark.parametrize("value", [-1, 2**64])
def test_unsigned_integers_are_bounded(value: int) -> None:
    with pytest.raises(OverflowError):
        UInt(value)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_values_come_back_as_they_were(value: Any) -> None:
    assert Expression("x").evaluate({"x": value}) == value
    assert json.dumps(Expression("[x]").evaluate({"x": value})) == json.dumps([value])


@given(st.lists(st.sampled_from("+-*"), min_size=1, max_size=6), st.data())
def test_operators_bind_as_in_python(signs: list[str], data: st.DataObject) -> None:
    built: Any = ref("x")
    plain: Any = 3
    apply = {"+": operator.add, "-": operator.sub, "*": operator.mul}
    for sign in signs:
        number = data.draw(st.integers(-5, 5))
        left = data.draw(st.booleans())
        built = apply[sign](built, number) if left else apply[sign](number, built)
        plain = apply[sign](plain, number) if left else apply[sign](number, plain)
    assert built.evaluate({"x": 3}) == plain
