"""How the command line reads inputs: fields, schemas and arrays, without a process."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import json
import uuid  # noqa: TC003  (pydantic reads the annotations)
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from workflow_engine.cli.fields import apply, settings
from workflow_engine.cli.input import Source
from workflow_engine.cli.members import Members
from workflow_engine.cli.report import CommandError
from workflow_engine.cli.schema import accepts, described, example, fields
from workflow_engine.errors import InputError

# ---- fields


def set_in(value: Any, *arguments: str, schema: dict[str, Any] | None = None) -> Any:
    return apply(settings(arguments, schema or {}), value)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["a=1"], {"a": 1}),
        (["a=-1.5e3"], {"a": -1500.0}),
        (["a=true", "b=false", "c=null"], {"a": True, "b": False, "c": None}),
        (["a=True"], {"a": "True"}),
        (["a=NaN"], {"a": "NaN"}),
        (["a=01"], {"a": "01"}),
        (["a="], {"a": ""}),
        (["a=x=y"], {"a": "x=y"}),
        (["a=2024-01-31"], {"a": "2024-01-31"}),
        (['a="1"'], {"a": "1"}),
        (['a=[1, {"b": 2}]'], {"a": [1, {"b": 2}]}),
        (["a=[1"], {"a": "[1"}),
        (["a.b=1", "a.c.d=2"], {"a": {"b": 1, "c": {"d": 2}}}),
        (["a[b]=1", "a[c][d]=2"], {"a": {"b": 1, "c": {"d": 2}}}),
        (["a[x.y].z=1"], {"a": {"x.y": {"z": 1}}}),
        (["[x.y]=1"], {"x.y": 1}),
        (["a[]=1", "a[]=two", "a[][b]=3"], {"a": [1, "two", {"b": 3}]}),
        (["a b=1", "ä=2", "a-b=3"], {"a b": 1, "ä": 2, "a-b": 3}),
    ],
    ids=" ".join,
)
def test_fields(arguments: list[str], value: Any) -> None:
    assert set_in(None, *arguments) == value


@pytest.mark.parametrize("key", ["", ".", "a.", ".a", "a..b", "a[", "a]", "a[b", "a[b]c", "a.[b]"])
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(CommandError, match="is no field"):
        settings([f"{key}=1"], {})


def test_fields_change_what_is_there() -> None:
    value = {"a": {"b": 1, "c": 2}, "d": [{"e": 1}, {"e": 2}], "f": None}
    assert set_in(value, "a.b=3", "d[1].e=5", "d[]=6", "f.g=7") == {
        "a": {"b": 3, "c": 2},
        "d": [{"e": 1}, {"e": 5}, 6],
        "f": {"g": 7},
    }


@pytest.mark.parametrize(
    ("value", "argument", "message"),
    [
        ([1], "a=1", "the input has a list there, without `a`"),
        ({"a": [1]}, "a[1]=1", "the input has a list there, without `1`"),
        ({"a": {}}, "a[]=1", "the input has an object there, without `[]`"),
        ({"a": "text"}, "a.b=1", "the input has no object there, without `b`"),
    ],
)
def test_fields_without_a_place(value: Any, argument: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        set_in(value, argument)
    assert message in str(caught.value)


class Colour(enum.Enum):
    RED = "red"
    TWO = 2


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Everything(BaseModel):
    text: str
    maybe: str | None
    number: float
    whole: int | None = None
    either: int | str = 0
    flag: bool
    day: dt.date
    moment: dt.datetime
    span: dt.timedelta
    key: uuid.UUID
    label: Literal["a", "b"]
    one: Literal[1]
    colour: Colour
    words: list[str]
    pairs: dict[str, int]
    anything: Any
    tree: Tree
    positive: Annotated[int, Field(ge=3)]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("text=007", "007"),
        ("text=true", "true"),
        ("text=null", "null"),
        ('text="x"', "x"),
        ("maybe=null", None),
        ("maybe=7", "7"),
        ("number=7", 7),
        ("whole=7", 7),
        ("whole=null", None),
        ("either=7", 7),
        ("either=x", "x"),
        ("anything=7", 7),
        ("words[]=7", ["7"]),
        ("pairs.x=7", {"x": 7}),
        ("tree.name=7", {"name": "7"}),
        ('tree.children[]={"name": "x"}', {"children": [{"name": "x"}]}),
        ("unknown=7", 7),
    ],
)
def test_the_declared_type_decides_between_number_and_text(argument: str, value: Any) -> None:
    result = set_in(None, argument, schema=Everything.model_json_schema())
    assert next(iter(result.values())) == value


# ---- schemas


@pytest.mark.parametrize(
    "type_",
    [
        Everything,
        Tree,
        int,
        str,
        float,
        bool,
        list[int],
        list[Tree],
        dict[str, int],
        int | None,
        Tree | None,
        Literal["x", 2],
        Colour,
        dt.datetime,
        Annotated[str, Field(examples=["an example"])],
        Any,
    ],
    ids=str,
)
def test_examples_fit_their_schema(type_: Any) -> None:
    adapter = TypeAdapter[Any](type_)
    schema = adapter.json_schema()
    adapter.validate_json(json.dumps(example(schema, schema)), strict=True)


def test_descriptions() -> None:
    schema = Everything.model_json_schema()
    found = {field.name: field.type for field in fields(schema, schema)}
    assert found == {
        "text": "text",
        "maybe": "text or null",
        "number": "number",
        "whole": "integer or null",
        "either": "integer or text",
        "flag": "true or false",
        "day": "date",
        "moment": "date-time",
        "span": "duration",
        "key": "uuid",
        "label": '"a" or "b"',
        "one": "1",
        "colour": '"red" or 2',
        "words": "list of text",
        "pairs": "object",
        "anything": "anything",
        "tree": "Tree",
        "positive": "integer",
    }
    required = {field.name for field in fields(schema, schema) if field.required}
    assert required == set(found) - {"whole", "either"}


def test_a_schema_without_end_is_described() -> None:
    schema: dict[str, Any] = {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}
    schema["$defs"]["a"]["type"] = "array"
    assert described(schema, schema).startswith("list of list of")
    assert json.dumps(example(schema, schema)).startswith("[[")


@pytest.mark.parametrize(
    ("type_", "null"), [(int, False), (int | None, True), (Any, True), (Tree, False), (None, True)]
)
def test_null_is_accepted_or_not(type_: Any, null: bool) -> None:
    schema = TypeAdapter[Any](type_).json_schema()
    assert accepts(schema, schema, "null") is null


# ---- members of a batch


def texts_of(text: str) -> list[bytes]:
    async def read() -> list[bytes]:
        return [member async for member in Members(Source("text", text=text.encode()))]

    return asyncio.run(read())


def members_of(text: str) -> list[Any]:
    return [json.loads(member) for member in texts_of(text)]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.lists(values, max_size=6), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_arrays_are_cut_into_their_members(
    members: list[Any], indent: int | str | None, ascii_: bool
) -> None:
    text = json.dumps(members, indent=indent, ensure_ascii=ascii_)
    assert members_of(f" \n{text}\n ") == members


@given(st.lists(values.filter(lambda value: value is not None), min_size=1, max_size=6))
def test_lines_are_members(members: list[Any]) -> None:
    text = "\n \r\n".join(json.dumps(member) for member in members)
    expected = members[0] if len(members) == 1 and isinstance(members[0], list) else members
    assert members_of(text) == expected


@pytest.mark.parametrize("text", ["[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", '["x', "[[1]"])
def test_broken_arrays(text: str) -> None:
    with pytest.raises(CommandError, match="text is no JSON array: line 1, column"):
        members_of(text)


def test_arrays_past_the_limits_of_json() -> None:
    with pytest.raises(CommandError, match="nested too deeply"):
        members_of("[" * 100_000)
    # Whether so many digits are too many is for the run to say.
    digits = "1" * 5000
    assert texts_of(f"[{digits}, 1e999]") == [digits.encode(), b"1e999"]
