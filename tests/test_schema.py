"""What types accept and give, and which of them fit together."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import subprocess
import sys
import typing
import uuid
from pathlib import Path  # noqa: TC003
from typing import Annotated, Any, Literal, NamedTuple, NewType, Protocol, TypeVar, Union

import pytest
import typing_extensions
from pydantic import BaseModel, Field, PlainSerializer, RootModel, create_model, model_validator
from typing_extensions import TypeAliasType

from workflow_engine.errors import JSONError
from workflow_engine.schema import Misfit, Schema, covers, fits
from workflow_engine.typeform import is_form

T = TypeVar("T")


class Page(BaseModel):
    title: str
    number: int = Field(1, alias="no")


class LongPage(Page):
    text: str = ""


class Other(BaseModel):
    title: str


class Loose(BaseModel):
    title: str

    @model_validator(mode="before")
    @classmethod
    def read(cls, value: Any) -> Any:
        return {"title": value} if isinstance(value, str) else value


class Reads(BaseModel, from_attributes=True):
    title: str


class Titles(RootModel[list[str]]): ...


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Record(typing.TypedDict, total=False):
    name: typing.Required[str]
    next: typing.NotRequired[Record]
    rows: list[Row]


class Row(typing_extensions.TypedDict):
    number: int


class Pair(NamedTuple):
    left: int
    right: str


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Client: ...


class SpecialClient(Client): ...


class Named(Protocol):
    name: str


Identifier = NewType("Identifier", int)
Positive = Annotated[int, Field(gt=0)]


PAGE, LONG = Page(title="a", no=1), LongPage(title="a", no=1)
CLIENT, SPECIAL = Client(), SpecialClient()

# A type, a value, and what becomes of it; `SAME` is the object itself.
SAME = object()
ACCEPTED: list[tuple[Any, Any, Any]] = [
    (Any, CLIENT, SAME),
    (object, CLIENT, SAME),
    (T, CLIENT, SAME),
    (Named, CLIENT, SAME),
    (str, "a", SAME),
    (int, 3, SAME),
    (int, True, SAME),
    (float, 2.5, SAME),
    (float, 3, 3.0),
    (bool, True, SAME),
    (None, None, SAME),
    (bytes, b"a", SAME),
    (dict, {1: 2}, SAME),
    (dict[str, Any], {"a": CLIENT}, SAME),
    (list, [CLIENT], SAME),
    (list[Any], [CLIENT], SAME),
    (int | None, None, SAME),
    (int | str, "3", SAME),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (dict[str, int], {"a": "1"}, {"a": 1}),
    (list[Page], [{"title": "a"}, PAGE], [PAGE, PAGE]),
    (tuple[int, str], [1, "a"], (1, "a")),
    (set[int], [1, 1], {1}),
    (Page, PAGE, SAME),
    (Page, LONG, SAME),
    (Page, {"title": "a", "no": 1}, PAGE),
    (Page | None, None, SAME),
    (Page | Point, Point(1), SAME),
    (Page | str, "a", SAME),
    (Union[Page, int], {"title": "a"}, PAGE),  # noqa: UP007
    (Loose, "a", Loose(title="a")),
    (Reads, PAGE, Reads(title="a")),
    (Titles, ["a"], Titles(["a"])),
    (Point, Point(1), SAME),
    (Point, {"x": "1"}, Point(1)),
    (Record, {"name": "a", "more": CLIENT}, {"name": "a", "more": CLIENT}),
    (
        Record,
        {"name": "a", "next": {"name": "b", "x": 1}, "rows": [{"number": "3", "y": 2}]},
        {"name": "a", "next": {"name": "b", "x": 1}, "rows": [{"number": 3, "y": 2}]},
    ),
    (list[Record], [{"name": "a", "more": 1}], [{"name": "a", "more": 1}]),
    (Row | None, {"number": 1, "more": 2}, {"number": 1, "more": 2}),
    (Pair, Pair(1, "a"), SAME),
    (Pair, [1, "a"], Pair(1, "a")),
    (Colour, Colour.RED, SAME),
    (Colour, "red", Colour.RED),
    (Level, 1, Level.LOW),
    (Literal["a", "b", 1] | None, "a", SAME),
    (Literal["a", "b", 1] | None, None, SAME),
    (Literal[Colour.RED], Colour.RED, SAME),
    (Literal["a"] | int, 3, SAME),
    (Client, CLIENT, SAME),
    (Client, SPECIAL, SAME),
    (Client | None, None, SAME),
    (list[Client], [CLIENT], [CLIENT]),
    (type[Client], SpecialClient, SAME),
    (collections.abc.Callable[[int], int], len, SAME),
    (collections.abc.Iterable[int], [1], SAME),
    (collections.abc.Sequence[int], ["1"], [1]),
    (collections.abc.Mapping[str, int], {"a": "1"}, {"a": 1}),
    (dt.date, "2020-01-02", dt.date(2020, 1, 2)),
    (decimal.Decimal, "1.5", decimal.Decimal("1.5")),
    (uuid.UUID, str(uuid.UUID(int=1)), uuid.UUID(int=1)),
    (Identifier, 3, SAME),
    (Positive, 3, 3),
    (Annotated[str, "text"], "a", "a"),
]


@pytest.mark.parametrize(("form", "value", "kept"), ACCEPTED)
def test_accepted(form: Any, value: Any, kept: Any) -> None:
    found = Schema(form).validate(value)
    if kept is SAME:
        assert found is value
    else:
        assert found == kept
        assert type(found) is type(kept)


def another_page(module: str) -> BaseModel:
    return create_model("Page", __module__=module)()


def another_client() -> object:
    return type("Client", (), {"__module__": __name__})()


AGAIN = (
    "`Client` was declared again, and these are two classes:"
    " declare what gives it again too (in a notebook, run the cell)"
)


# A type, a value, and the faults as text.
REFUSED: list[tuple[Any, Any, str]] = [
    (str, 3, "expected text, got number"),
    (int, "3", "expected integer, got text"),
    (int, 3.0, "expected integer, got number"),
    (float, True, "expected number, got boolean"),
    (float, "3", "expected number, got text"),
    (bool, 1, "expected boolean, got number"),
    (None, 0, "expected null, got number"),
    (bytes, "a", "expected bytes, got text"),
    (dict, [], "expected object, got list"),
    (dict[str, Any], PAGE, "expected object, got `Page`"),
    (list, (), "expected list, got `tuple`"),
    (int | None, "3", "expected integer or null, got text"),
    (Page, 3, "expected `Page`, got number"),
    (Page, {"title": 3, "no": "x"}, (
        "`title`: expected text, got number; `no`: expected integer, got text"
    )),
    (Page, {}, "`title` is missing"),
    (Page, Point(1), "expected `Page`, got `Point`"),
    (Page | int, "3", "expected `Page` or integer, got text"),
    (list[Page], [PAGE, {"title": 3}], "`[1].title`: expected text, got number"),
    (dict[str, list[int]], {"a": [1, "x"]}, "`a[1]`: expected integer, got text"),
    (Point, {}, "`x` is missing"),
    (Record, {}, "`name` is missing"),
    (Record, {"name": "a", "next": {}}, "`next.name` is missing"),
    (Colour, "green", "expected 'red' or 'blue', got 'green'"),
    (Literal["a", "b"], "c", "expected 'a' or 'b', got 'c'"),
    (Literal["a", "b"], ["a"], "expected 'a' or 'b', got list"),
    (Literal[1], True, "expected 1, got boolean"),
    (Client, 3, "expected `Client`, got number"),
    (Client | None, "a", "expected `Client` or null, got text"),
    (list[Client], [3], "`[0]`: expected `Client`, got number"),
    (collections.abc.Iterable[int], 3, "expected `Iterable`, got number"),
    (Positive, 0, "input should be greater than 0"),
    (Page, another_page("shop"), "expected `test_schema.Page`, got `shop.Page`"),
    (list[Page], [another_page("shop")], "`[0]`: expected `test_schema.Page`, got `shop.Page`"),
    (dict[str, Client], {"a": another_client()}, f"`a`: expected `Client`, got `Client`; {AGAIN}"),
    (Client, another_client(), f"expected `Client`, got `Client`; {AGAIN}"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "value", "says"), REFUSED)
def test_refused(form: Any, value: Any, says: str) -> None:
    with pytest.raises(Misfit) as raised:
        Schema(form).validate(value)
    assert str(raised.value) == says


def test_a_misfit_names_the_place_from_its_source() -> None:
    misfit = Misfit([(("repo", "tags", 2, "name"), "expected text, got number")], "input")
    assert misfit.path() == "input.repo.tags[2].name"
    assert str(misfit) == "`input.repo.tags[2].name`: expected text, got number"
    assert Misfit([((), "x")]).path() == ""
    assert Misfit([((0,), "x")], "pages").path() == "pages[0]"


EXACT: list[tuple[Any, tuple[type, ...] | None]] = [
    (Any, None),
    (T, None),
    (Any | None, None),
    (str, (str,)),
    (float, (float,)),
    (int | None, (int, type(None))),
    (dict[str, Any], (dict,)),
    (dict[int, Any], ()),
    (list[Any], (list,)),
    (list[int], ()),
    (Page, (Page,)),
    (Page | Point | None, (Page, Point, type(None))),
    (Page | list[int], (Page,)),
    (Row, ()),
    (Literal["a"], ()),
    (Colour, (Colour,)),
    (Client, (Client,)),
    (Positive, ()),
]


@pytest.mark.parametrize(("form", "exact"), EXACT)
def test_which_classes_need_no_look(form: Any, exact: tuple[type, ...] | None) -> None:
    assert Schema(form).exact == exact


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (Any, b'{"a": [1, null]}', {"a": [1, None]}),
        (dict, "{}", {}),
        (int, "3", 3),
        (float, "3", 3.0),
        (Literal["a"], '"a"', "a"),
        (Literal[Colour.RED], '"red"', Colour.RED),
        (Page, b'{"title": "a", "no": "1"}', PAGE),
        (list[Page], '[{"title": "a"}]', [PAGE]),
        (Record, '{"name": "a", "x": 1}', {"name": "a", "x": 1}),
        (Colour, '"red"', Colour.RED),
        (dt.date | None, '"2020-01-02"', dt.date(2020, 1, 2)),
        (bytes, '"YQ=="', b"a"),
        (tuple[int, int], "[1, 2]", (1, 2)),
        (Point, '{"x": 1}', Point(1)),
    ],
)
def test_json_in(form: Any, text: bytes | str, value: Any) -> None:
    found = Schema(form).validate_json(text)
    assert found == value
    assert type(found) is type(value)


def test_faults_of_json_have_places() -> None:
    with pytest.raises(Misfit, match=r"^`\[1\]\.title`: expected text, got number$"):
        Schema(list[Page]).validate_json('[{"title": "a"}, {"title": 3}]')
    with pytest.raises(Misfit, match=r"^expected integer, got text$"):
        Schema(int).validate_json('"3"')
    with pytest.raises(JSONError):
        Schema(int).validate_json("{")


@pytest.mark.parametrize(
    ("form", "value", "dumped"),
    [
        (Any, {"a": PAGE, "b": {1}}, {"a": {"title": "a", "no": 1}, "b": [1]}),
        (Page, PAGE, {"title": "a", "no": 1}),
        (Page, LONG, {"title": "a", "no": 1, "text": ""}),
        (list[Page], [LONG], [{"title": "a", "no": 1, "text": ""}]),
        (Point, Point(1), {"x": 1, "y": 0}),
        (Row, {"number": 1, "more": Colour.RED}, {"number": 1, "more": "red"}),
        (Colour, Colour.RED, "red"),
        (Pair, Pair(1, "a"), [1, "a"]),
        (dt.date | None, dt.date(2020, 1, 2), "2020-01-02"),
        (uuid.UUID | None, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (decimal.Decimal, decimal.Decimal("1.50"), "1.50"),
        (bytes, b"a", "YQ=="),
        (tuple[int, ...], (1, 2), [1, 2]),
        (Annotated[int, PlainSerializer(lambda number: f"#{number}")], 3, "#3"),
    ],
)  # fmt: skip
def test_json_out(form: Any, value: Any, dumped: Any) -> None:
    schema = Schema(form)
    schema.prepare()
    found = schema.dump(value)
    assert found == dumped
    json.dumps(found)


def test_what_json_does_not_have() -> None:
    # The core refuses the number; it knows the place.
    assert math.isnan(Schema(Any).dump({"a": math.nan})["a"])  # type: ignore[index]
    assert math.isnan(Schema(list[float]).dump([math.nan])[0])  # type: ignore[index]
    with pytest.raises(ValueError, match="Client"):
        Schema(Any).dump([CLIENT])


def test_json_schema() -> None:
    assert Schema(Any).json_schema("validation") == {}
    assert Schema(Client).json_schema("validation") == {}
    assert Schema(str).json_schema("validation") == {"type": "string"}
    page = Schema(Page).json_schema("serialization")
    assert list(page["properties"]) == ["title", "no"]
    assert Schema(Page).fields == ("title", "no")
    assert Schema(Record).fields == ("name", "next", "rows")
    assert Schema(Point).fields == ("x", "y")
    assert Schema(list[Page]).fields == ()
    assert Schema(int).fields == ()


@pytest.mark.parametrize(
    ("form", "described"),
    [
        (Any, "Any"),
        (None, "None"),
        (Page, "Page"),
        (dict[str, Any] | None, "dict[str, Any] | None"),
        (typing.Optional[list[Page]], "list[Page] | None"),  # noqa: UP045
        (Literal["a", 1, Colour.RED], "Literal['a', 1, Colour.RED]"),
        (Positive, "int"),
        (collections.abc.Callable[[int], Page], "Callable[[int], Page]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (T, "T"),
        (Identifier, "Identifier"),
    ],
)
def test_described(form: Any, described: str) -> None:
    assert Schema(form).described == described


@pytest.mark.parametrize(
    "form",
    [Any, None, int, Page, list, list[int], int | None, T, Identifier, Positive, list, typing.Callable,
     Literal["a"], Row, Named, Pair, TypeAliasType("Pages", list[Page]), typing.LiteralString],
)  # fmt: skip
def test_what_is_a_type(form: Any) -> None:
    assert is_form(form)


@pytest.mark.parametrize("form", [5, "Page", PAGE, [int], (int, str), {"a": int}, len, lambda: int, ...])
def test_what_is_none(form: Any) -> None:
    assert not is_form(form)


def test_types_that_cannot_be_used() -> None:
    class Unfinished(BaseModel):
        other: Undefined  # type: ignore[name-defined]  # noqa: F821

    for form in (Unfinished, list[Unfinished], dict[str, Unfinished] | None):
        with pytest.raises(Exception, match="Undefined"):
            Schema(form).prepare()


YES: list[tuple[Any, Any]] = [
    (Any, int), (int, Any), (int, object), (T, int), (dict, T), (Client, Named),
    (int, int), (bool, int), (int, float), (int, bool), (int, int | None), (int | None, int),
    (int | str, str), (None, int | None), (str, Literal["a"]), (Literal["a"], str),
    (Literal["a", "b"], Literal["b", "c"]), (Literal["red"], Colour), (Colour, Literal[Colour.RED]),
    (Literal[Colour.RED], Literal["red"]),
    (str, Colour), (int, Level), (str, dt.date), (int, dt.datetime), (str, uuid.UUID),
    (dt.datetime, dt.date), (str, decimal.Decimal),
    (dict, Page), (dict[str, int], Page), (dict, Point), (dict, Row), (Row, Record), (Row, Page),
    (Row, dict), (Row, dict[str, Any]), (collections.abc.Mapping[str, int], Row), (dict, Pair),
    (list, Pair), (list[int], list[str]), (list[int], tuple[str, ...]), (list[int], set[int]),
    (dict[str, int], dict[str, str]), (list[int], collections.abc.Sequence[str]),
    (LongPage, Page), (Page, LongPage), (SpecialClient, Client), (Page | None, Page),
    (str, Loose), (list, Titles), (Page, Reads), (Identifier, int), (Positive, int),
    (int, Positive), (Annotated[Page, "doc"], Page), (type[Client], type[Client]),
]  # fmt: skip
NO: list[tuple[Any, Any]] = [
    (str, int), (int, str), (float, int), (str, bool), (None, int), (int, None), (str, bytes),
    (int | float, str | None), (int, Literal["a"]), (Literal["a"], int),
    (Literal["a"], Literal["b"]), (Literal["green"], Colour), (Literal[1], Literal[True]),
    (Colour, str), (list, Colour), (dict, dt.date), (Page, dt.date),
    (str, Page), (list, Page), (int, Point), (str, Row), (list, Row), (Page, dict), (Page, Row),
    (Page, Other), (Page, Point), (Point, Page), (Page, str), (Page, Client), (Client, dict),
    (dict, list), (list, dict), (str, list), (str, list[str]), (int, Pair), (dict, str),
    (Page | Point, int | Client), (None, Page), (int, collections.abc.Sequence[int]),
    (dt.date, str), (Positive, str), (Annotated[Page, "doc"], Other),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target"), YES)
def test_fits(source: Any, target: Any) -> None:
    assert fits(source, target)


@pytest.mark.parametrize(("source", "target"), NO)
def test_does_not_fit(source: Any, target: Any) -> None:
    assert not fits(source, target)
    assert not covers(source, target)


COVERED: list[tuple[Any, Any]] = [
    (int, Any), (Any, Any), (int, object), (int, T), (int, int), (bool, int), (int, int | None),
    (int | None, int | str | None), (Literal["a"], str), (Literal["a"], Literal["a", "b"]),
    (Colour, Colour), (Page, Page), (LongPage, Page), (LongPage, Page | None), (Point, Point),
    (dict[str, int], dict), (dict[str, int], dict[str, Any]), (dict, dict[str, Any]),
    (dict[str, int], dict[str, int]), (dict[str, bool], dict[str, int]),
    (list[LongPage], list[Page]), (list[int], list[Any]), (list[int], collections.abc.Iterable),
    (Row, Row), (Row, dict[str, Any]), (Record, dict), (Positive, Positive), (Positive, int),
    (int, Annotated[int, "unit"]), (list[Positive], list[Positive]), (Identifier, int),
]  # fmt: skip
NOT_COVERED: list[tuple[Any, Any]] = [
    (Any, int), (T, int), (int, float), (int | None, int), (str, Literal["a"]), (str, Colour),
    (dict, Page), (dict, Row), (Row, Record), (Page, LongPage), (dict[str, Any], dict[str, int]),
    (list[Page], list[LongPage]), (list, list[int]), (int, Positive), (int, Positive | None),
    (list[int], list[Positive]), (dict[str, list[int]], dict[str, list[Positive]]),
    (list[int], tuple[int, ...]), (Literal[1], Literal[True]), (collections.abc.Sequence, list),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target"), COVERED)
def test_covers(source: Any, target: Any) -> None:
    assert covers(source, target)
    assert fits(source, target)


@pytest.mark.parametrize(("source", "target"), NOT_COVERED)
def test_does_not_cover(source: Any, target: Any) -> None:
    assert not covers(source, target)


def test_plain_types_do_not_load_pydantic(tmp_path: Path) -> None:
    script = tmp_path / "plain.py"
    script.write_text(
        "import sys\n"
        "from typing import Any, Literal\n"
        "from workflow_engine.schema import Misfit, Schema, covers, fits\n"
        "for form in (Any, int, str | None, dict[str, Any], list, Literal['a', 'b']):\n"
        "    schema = Schema(form)\n"
        "    schema.prepare()\n"
        "    try:\n"
        "        schema.validate(b'x')\n"
        "    except Misfit:\n"
        "        pass\n"
        "    assert fits(form, form) and covers(form, form)\n"
        "assert 'pydantic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, str(script)], check=True)
