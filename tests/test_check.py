"""The mistakes of a first hour, and what is said about each."""

# Type checkers have much to say about code that is wrong on purpose.
# mypy: ignore-errors

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import math
import re
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator  # noqa: TC003
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import pydantic
import pytest
from pydantic import BaseModel
from typing_extensions import TypeAliasType

from workflow_engine import CheckError, Context, DeclarationError, Fault, Workflow


class Event(BaseModel):
    text: str = ""


class Kind(BaseModel):
    label: Literal["push", "issue", "other"]
    urgent: bool = False


class Card(BaseModel):
    title: str


class GitHub: ...


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Record(TypedDict):
    number: int


@dataclasses.dataclass
class Point:
    x: int


class Mistake(NamedTuple):
    """Declares a faulty workflow, and what `check` answers."""

    declare: Callable[[Workflow[Any, Any]], object]
    code: str
    says: tuple[str, ...]
    node: str
    severity: str


MISTAKES: list[Mistake] = []


def mistake(
    code: str, *says: str, node: str = "", severity: str = "error"
) -> Callable[[Callable[[Workflow[Any, Any]], object]], object]:
    def keep(declare: Callable[[Workflow[Any, Any]], object]) -> object:
        MISTAKES.append(Mistake(declare, code, says, node, severity))
        return declare

    return keep


# Parameters.


@mistake(
    "unknown-parameter",
    "`event` has no type and no node has this name; write `event: Event` to take the input",
    "def classify(event)",
    node="classify",
)
def no_type(triage):
    @triage.node
    def classify(event): ...


@mistake(
    "unknown-parameter",
    "`context` has no type and no node has this name",
    "write `context: Context` to take the context of the run",
    node="classify",
)
def context_without_its_type(triage):
    @triage.node
    def classify(event: Event, context): ...


@mistake(
    "unknown-node",
    "no node `enrch`; did you mean `enrich`? (nodes: `enrich`; input: `event`); write `enrich: dict`",
    "def summarise(enrch: dict) -> Card",
    node="summarise",
)
def misspelt_edge(triage):
    @triage.node
    def enrich(event: Event) -> dict: ...

    @triage.node
    def summarise(enrch: dict) -> Card: ...


@mistake("unknown-node", "no node `clasify`; did you mean `classify`?", node="summarise")
def misspelt_edge_with_the_type_of_the_input(triage):
    @triage.node
    def classify(event: Event) -> Event: ...

    @triage.node
    def summarise(clasify: Event) -> Card: ...


@mistake("unknown-node", "no node `enrch`; did you mean `enrich`?", node="summarise")
def default_excuses_nothing(triage):
    @triage.node
    def enrich(event: Event) -> dict: ...

    @triage.node
    def summarise(enrch: dict | None = None) -> Card: ...


@mistake(
    "unknown-parameter",
    "no node `limit`",
    'for a constant write `inputs={"limit": value}`',
    node="classify",
)
def constant_as_default(triage):
    @triage.node
    def classify(event: Event, limit: int = 3) -> Kind: ...


@mistake("unknown-node", "did you mean `event`?", "write `event: dict`", node="second")
def misspelt_input(triage):
    @triage.node
    def first(event: Event) -> None: ...

    @triage.node
    def second(evnt: dict, first: None) -> None: ...


@mistake(
    "input-name",
    "the input is called `event` in this workflow, not `message`; write `event: Event`",
    node="second",
)
def two_names_of_the_input(triage):
    @triage.node
    def first(event: Event) -> int: ...

    @triage.node
    def second(message: Event, first: int) -> int: ...


@mistake("unknown-parameter", "no node `payload`", "to take the input call it `input`", node="count")
def plain_input_by_another_name(_):
    plain = Workflow("plain", input=dict)

    @plain.node
    def count(payload: dict) -> int: ...

    return plain


@mistake("unbound-self", "`self` is not bound", 'add_node(object.process, name="process")')
def method_without_object(triage):
    class Score:
        def process(self, event: Event) -> int: ...

    triage.node(Score.process)


@mistake("variadic-parameter", "`*rest` has no names", node="gather")
def star(triage):
    @triage.node
    def gather(event: Event, *rest: int) -> int: ...


@mistake("no-signature", "`dict`", "has no signature", "inputs=", node="dict_")
def builtin_without_signature(triage):
    triage.add_node(dict, name="dict_")


@mistake("unknown-parameter", "def power(base, exp, mod=None)", node="power")
def partial_is_called_as_its_node(triage):
    triage.add_node(functools.partial(pow), name="power", inputs={"base": 2, "mod": 3})


@mistake("unknown-parameter", "`text` has no type", "def dedent(text)", node="dedent")
def function_of_a_library(triage):
    triage.add_node(textwrap.dedent)


@mistake(
    "unknown-input",
    "`inputs` names `nodes`, which is no parameter; did you mean `node`?",
    "(parameters: `event`, `node`)",
    node="classify",
)
def inputs_for_no_parameter(triage):
    @triage.node(inputs={"node": 1, "nodes": 3})
    def classify(event: Event, node: int) -> int: ...


@mistake("invalid-input", "not in a tuple; write a list", node="total")
def nodes_in_a_tuple(triage):
    @triage.node
    def one(event: Event) -> int: ...

    @triage.node(inputs={"numbers": (one, one)})
    def total(numbers: list[int]) -> int: ...


@mistake("type-mismatch", "the constant for `limit` is str, and it takes `int`", node="classify")
def constant_of_another_type(triage):
    @triage.node(inputs={"limit": "3"})
    def classify(event: Event, limit: int) -> Kind: ...


# Types.


@mistake(
    "type-mismatch",
    "`classify` gives `Kind`, and the parameter `classify` of `summarise` takes `int`",
    "write `classify: Kind`",
    node="summarise",
)
def wrong_type_of_an_edge(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def summarise(classify: int) -> Card: ...


@mistake(
    "type-mismatch",
    "`label` gives `str`, and the parameter `label` of `count` takes `int | None`",
    node="count",
)
def text_is_not_converted_to_a_number(triage):
    @triage.node
    def label(event: Event) -> str: ...

    @triage.node
    def count(label: int | None) -> int: ...


@mistake("type-mismatch", "the input is `Event`, and `input` takes `dict`", node="classify")
def model_as_a_dict(triage):
    @triage.node
    def classify(input: dict) -> Kind: ...


@mistake("type-mismatch", "the members are `list[int]`, and `x` takes `dict[str, int]`", node="use")
def list_for_a_dict(triage):
    @triage.node
    def one(event: Event) -> int: ...

    @triage.node(inputs={"x": [one]})
    def use(x: dict[str, int]) -> int: ...


def card_of(module: str) -> type[BaseModel]:
    return pydantic.create_model("Card", __module__=module, title=(str, ...))


@mistake(
    "type-mismatch",
    "`card` gives `ma.Card`, and the parameter `card` of `print_` takes `mb.Card`",
    "write `card: ma.Card`",
    node="print_",
)
def two_classes_of_one_name(triage):
    def card(event: Event) -> int: ...

    def print_(card: int) -> int: ...

    card.__annotations__["return"] = card_of("ma")
    print_.__annotations__["card"] = card_of("mb")
    triage.node(card)
    triage.node(print_)


@mistake(
    "type-mismatch",
    "`card` gives `Card`, and the parameter `card` of `print_` takes `Card`",
    "`Card` was declared again, and these are two classes: declare `print_` again too",
    node="print_",
)
def a_class_declared_again(triage):
    def card(event: Event) -> Card: ...

    def print_(card: int) -> int: ...

    print_.__annotations__["card"] = card_of(__name__)
    triage.node(card)
    triage.node(print_)


@mistake(
    "output-mismatch",
    "`card` gives `Card`, and the workflow's output is `Card`",
    "these are two classes: declare `card` again too (in a notebook, run the cell)",
)
def an_output_declared_again(_):
    cards = Workflow("cards", input=Event, output=Card)

    def card(event: Event) -> int: ...

    card.__annotations__["return"] = card_of(__name__)
    cards.returns(cards.node(card))
    return cards


@mistake(
    "unresolved-type",
    "`event`: the type `Evnt` is not found where the function is declared; move the type to the module",
    node="classify",
)
def type_that_is_nowhere(triage):
    @triage.node(inputs={"event": triage.input})
    def classify(event: Evnt) -> Kind: ...  # noqa: F821


@mistake("unresolved-type", "is no type (TypeError", "write a type", node="classify")
def annotation_that_is_no_type(triage):
    @triage.node
    def classify(event: Event) -> 3 + []: ...


@mistake("unusable-type", "values of `list[Later]` cannot be checked", node="classify")
def type_that_pydantic_cannot_use(triage):
    class Later(BaseModel):
        inner: Undefined  # noqa: F821

    @triage.node
    def classify(event: Event) -> list[Later]: ...


@mistake("generator", "cannot `yield`", "context.emit", node="classify")
def generator(triage):
    @triage.node
    def classify(event: Event) -> Iterator[int]:
        yield 1


@mistake("generator", "cannot `yield`", "context.emit", node="classify")
def asynchronous_generator(triage):
    @triage.node
    async def classify(event: Event) -> AsyncIterator[int]:
        yield 1


@mistake("returns-awaitable", "which nobody awaits; declare it `async def`", node="fetch")
def def_that_returns_an_awaitable(triage):
    @triage.node
    def fetch(event: Event) -> Awaitable[int]: ...


@mistake(
    "class-not-made",
    "`Score()` failed with TypeError",
    "make it without arguments, or write `add_node(Score(...))`",
    node="score",
)
def class_with_arguments(triage):
    @triage.node
    class Score:
        def __init__(self, weight: int) -> None: ...

        def process(self, event: Event) -> int: ...


# Names.


@mistake("reserved-name", "`map` has a meaning of its own in expressions", "write `name='map_'`")
def name_of_a_function_of_expressions(triage):
    @triage.node
    def map(event: Event) -> int: ...  # noqa: A001


@mistake("reserved-name", "`state`", "write `name='state_'`", node="state")
def name_of_a_variable_of_expressions(triage):
    @triage.node
    def state(event: Event) -> int: ...


@mistake("invalid-name", "'<lambda>' is no name for a node", "write `name='lambda'`")
def lambda_without_a_name(triage):
    triage.node(lambda input: input)  # noqa: A006


@mistake("invalid-name", "64 at most, not beginning with a digit", "write `name='n_1a'`", node="1a")
def name_that_begins_with_a_digit(triage):
    triage.add_node(lambda input: input, name="1a")  # noqa: A006


@mistake("invalid-name", "'größe' is no name for a node", "write `name='gr_e'`")
def name_with_umlauts(triage):
    @triage.node
    def größe(event: Event) -> int: ...  # noqa: PLC2401


@mistake("invalid-name", "64 at most", node="n" * 65)
def name_too_long(triage):
    triage.add_node(lambda input: input, name="n" * 65)  # noqa: A006


@mistake("duplicate-name", "two nodes are named `classify`, the first in line", "name one of them")
def two_nodes_of_one_name(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def classify(event: Event) -> Kind: ...  # noqa: F811


@mistake("duplicate-name", "two nodes are named `classify`", 'name="classify_2"', node="classify")
def one_function_twice(triage):
    def classify(event: Event) -> Kind: ...

    triage.node(classify)
    triage.node(classify)


@mistake("duplicate-name", "two nodes are named `route_urgent`", node="route_urgent")
def two_routes_of_one_node(triage):
    @triage.node
    def urgent(event: Event) -> bool: ...

    @triage.node
    def page(event: Event) -> None: ...

    triage.route(urgent, {True: page}, default=None)
    triage.route(urgent, {False: page}, default=None)
    triage.returns(urgent)


@mistake("duplicate-name", "`returns` is declared twice, first in line", "write one of them")
def two_returns(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    triage.returns(classify)
    triage.returns(classify)


@mistake("duplicate-name", "`github` is a node and a resource", node="github")
def node_and_resource(triage):
    @triage.resource
    def github() -> GitHub: ...

    @triage.node(name="github")
    def repository(event: Event) -> int: ...


# References to nodes.


@mistake(
    "unknown-node",
    "the route names `classify` of `other`",
    "add it to this workflow too: `triage.node(classify)`",
    node="route_classify",
)
def node_of_another_workflow(triage):
    other = Workflow("other", input=Event)

    @other.node
    def classify(event: Event) -> bool: ...

    @triage.node
    def page(event: Event) -> None: ...

    triage.route(classify, {True: page}, default=None)


@mistake("unknown-node", "`after` names `store`, which is no node of this workflow")
def function_that_is_no_node(triage):
    def store() -> None: ...

    @triage.node(after=store)
    def classify(event: Event) -> Kind: ...


@mistake(
    "unknown-node",
    "a case of the route names 'classify', which is text and no node",
    'write `triage["classify"]`',
    node="route_urgent",
)
def name_instead_of_a_node(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def urgent(event: Event) -> bool: ...

    triage.route(urgent, {True: "classify", False: classify})


@mistake(
    "unknown-node",
    "`after` names 'classify', which is text and no node",
    'write `triage["classify"]`',
    node="store",
)
def name_instead_of_a_node_to_come_after(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node(after="classify")
    def store(classify: Kind) -> int: ...


@mistake(
    "unknown-node",
    "the join takes nodes, and this is the input",
    'pass a node that gives it: `triage.pick("whole", triage.input)`',
    node="both",
)
def input_in_a_join(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    triage.returns(triage.join("both", triage.input, classify))


@mistake("unknown-node", "`returns` takes nodes, and this is the input", "pass a node that gives it")
def input_as_the_result(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    triage.returns({"kind": classify, "event": triage.input})


@mistake("unknown-node", "`after` takes nodes, and this is the input", node="classify")
def after_the_input(triage):
    @triage.node(after=triage.input)
    def classify(event: Event) -> Kind: ...


@mistake("unknown-node", "the join names `work`, of which several nodes are made", node="both")
def function_of_two_nodes(triage):
    def work(event: Event) -> int: ...

    triage.add_node(work, name="first")
    second = triage.add_node(work, name="second")
    both = triage.join("both", work, second)
    triage.returns(both)


@mistake("unknown-node", "`returns` names 3, which is no node")
def number_instead_of_a_node(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    triage.returns(3)


# Routes.


@mistake(
    "unhandled-value",
    '"other" is not handled; add `"other": node`, or `default=None` to run nothing',
    node="route_classify",
)
def value_without_a_case(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def enrich(classify: Kind) -> dict: ...

    triage.route(classify, {"push": enrich, "issue": None}, on=lambda kind: kind.label)


@mistake(
    "unhandled-value",
    "Colour.BLUE is not handled; add `Colour.BLUE: node`, or `default=None`",
    node="route_colour",
)
def member_of_an_enum_without_a_case(triage):
    @triage.node
    def colour(event: Event) -> Colour: ...

    @triage.node
    def paint(colour: Colour) -> None: ...

    triage.route(colour, {Colour.RED: paint})


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 11


@mistake("unhandled-value", "Level.LOW is not handled; add `Level.LOW: node`", node="route_levels")
def member_of_an_enum_of_numbers_without_a_case(triage):
    @triage.node
    def levels(event: Event) -> list[Level]: ...

    @triage.node
    def paint(levels: list[Level]) -> None: ...

    triage.route(levels, {11: paint})


@mistake("unhandled-value", "False is not handled", node="route_classify")
def half_of_a_bool(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def page(classify: Kind) -> None: ...

    triage.route(classify, {True: page}, on=lambda kind: kind.urgent)


@mistake("unhandled-value", '"b" is not handled', node="route_labels")
def value_in_a_list_without_a_case(triage):
    @triage.node
    def labels(event: Event) -> list[Literal["a", "b"]]: ...

    @triage.node
    def page(labels: list[str]) -> None: ...

    triage.route(labels, {"a": page})


@mistake("needless-value", '"pushed" never comes', severity="warning", node="route_classify")
def value_that_cannot_come(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def enrich(classify: Kind) -> dict: ...

    triage.route(classify, {"pushed": enrich}, on=lambda kind: kind.label, default=enrich)


@mistake(
    "missing-default",
    "`on` is a function of Python, whose values are known only in the run",
    "add `default=None` to run nothing for other values, or `default=node`",
    node="route_classify",
)
def function_whose_values_are_unknown(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def enrich(classify: Kind) -> dict: ...

    triage.route(classify, {"push": enrich}, on=lambda kind: kind.label.lower())


@mistake("missing-default", "there is no default", node="route_name")
def text_without_a_default(triage):
    @triage.node
    def name(event: Event) -> str: ...

    @triage.node
    def greet(name: str) -> None: ...

    triage.route(name, {"Ada": greet})


@mistake(
    "unknown-field",
    "`Kind` has no field `lable`; did you mean `label`? (fields: `label`, `urgent`)",
    "write `.label`",
    node="route_classify",
)
def misspelt_field(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def enrich(classify: Kind) -> dict: ...

    triage.route(classify, {"push": enrich}, on=lambda kind: kind.lable)


@mistake("unhandled-value", '"issue" is not handled', node="route_classify")
def function_with_a_type_that_only_its_frame_knows(triage):
    label = Literal["push", "issue"]

    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def enrich(classify: Kind) -> dict: ...

    def shortened(kind: Kind) -> label: ...

    triage.route(classify, {"push": enrich}, on=shortened)


@mistake("unresolved-type", "`on`: the type `Lable` is not found", node="route_classify")
def function_with_a_type_that_is_nowhere(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def enrich(classify: Kind) -> dict: ...

    def shortened(kind: Kind) -> Lable: ...  # noqa: F821

    triage.route(classify, {"push": enrich}, on=shortened)


@mistake("async-route", "`on` is `async def`, and a route does not wait", node="route_classify")
def function_that_has_to_be_awaited(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    @triage.node
    def enrich(classify: Kind) -> dict: ...

    async def shortened(kind: Kind) -> str: ...

    triage.route(classify, {"push": enrich}, on=shortened)


@mistake("output-mismatch", "`number` is `title`, which gives `str`; it is `int` there")
def typed_dict_with_another_type(triage):
    triage.declarations.output = Record

    @triage.node
    def title(event: Event) -> str: ...

    triage.returns({"number": title})


@mistake("output-mismatch", "`returns` lacks `number` of `Record`; add a node for each")
def typed_dict_without_a_key(triage):
    triage.declarations.output = Record

    @triage.node
    def title(event: Event) -> str: ...

    triage.returns({"title": title})


@mistake("invalid-case", "a case cannot be 1.5", node="route_amount")
def case_that_is_a_fraction(triage):
    @triage.node
    def amount(event: Event) -> float: ...

    @triage.node
    def page(amount: float) -> None: ...

    triage.route(amount, {1.5: page}, default=page)


@mistake("invalid-case", "a case is a value and a node", node="route_amount")
def case_without_a_node(triage):
    @triage.node
    def amount(event: Event) -> int: ...

    @triage.node
    def page(amount: int) -> None: ...

    triage.route(amount, [1], default=page)


@mistake("duplicate-case", "1 has two cases", node="route_amount")
def two_cases_of_one_value(triage):
    @triage.node
    def amount(event: Event) -> int: ...

    @triage.node
    def page(amount: int) -> None: ...

    triage.route(amount, [(1, page), (1, None)], default=page)


# The result.


@mistake(
    "ambiguous-result",
    "`audit` and `summarise` both end the workflow; write `triage.returns(summarise)`",
)
def two_leaves(triage):
    @triage.node
    def audit(event: Event) -> int: ...

    @triage.node
    def summarise(event: Event) -> Card: ...


@mistake("returns-overlap", "`first` and `second` can run in one run", node="second")
def returns_that_both_run(triage):
    @triage.node
    def first(event: Event) -> int: ...

    @triage.node
    def second(event: Event) -> int: ...

    triage.returns(first, second)


@mistake("return-may-be-skipped", "some runs skip it", severity="warning", node="page")
def return_of_one_branch(triage):
    @triage.node
    def urgent(event: Event) -> bool: ...

    @triage.node
    def page(urgent: bool) -> Card: ...

    triage.route(urgent, {True: page, False: None})
    triage.returns(page)


@mistake(
    "output-mismatch",
    "`classify` gives `Kind`, and the workflow's output is `Card`",
    "write `output=Kind`",
)
def output_of_another_type(_):
    cards = Workflow("cards", input=Event, output=Card)

    @cards.node
    def classify(event: Event) -> Kind: ...

    cards.returns(classify)
    return cards


@mistake("output-mismatch", "`classify` gives `Kind`", node="classify")
def only_leaf_of_another_type(_):
    cards = Workflow("cards", input=Event, output=Card)

    @cards.node
    def classify(event: Event) -> Kind: ...

    return cards


@mistake("output-mismatch", "`returns(None)` gives nothing, and the output is `Card`")
def effects_with_an_output(_):
    cards = Workflow("cards", input=Event, output=Card)

    @cards.node
    def classify(event: Event) -> Card: ...

    cards.returns(None)
    return cards


@mistake("output-mismatch", "`returns` gives an object, and the output is `list[Card]`")
def object_for_a_list(_):
    cards = Workflow("cards", input=Event, output=list[Card])

    @cards.node
    def classify(event: Event) -> Card: ...

    cards.returns({"card": classify})
    return cards


# The graph.


@mistake("cycle", "these nodes wait for each other", "`first`", "`second`")
def cycle(triage):
    @triage.node
    def first(second: int) -> int: ...

    @triage.node
    def second(first: int) -> int: ...


@mistake("cycle", "these nodes wait for each other: `first` → `first`", node="first")
def node_that_reads_itself(triage):
    @triage.node
    def first(first: int) -> int: ...


@mistake("unreachable", "`both` can never run", node="both")
def needs_two_branches(triage):
    @triage.node
    def urgent(event: Event) -> bool: ...

    @triage.node
    def page(urgent: bool) -> int: ...

    @triage.node
    def wait(urgent: bool) -> int: ...

    triage.route(urgent, {True: page, False: wait})

    @triage.node
    def both(page: int, wait: int) -> int: ...


@mistake("unused-node", "nobody reads `limit`", severity="warning", node="limit")
def constant_that_nobody_reads(triage):
    @triage.node
    def classify(event: Event) -> Kind: ...

    triage.constant("limit", 3)
    triage.returns(classify)


@mistake("no-nodes", "there are no nodes")
def empty(triage): ...


@mistake("invalid-constant", "the value is not JSON", node="home")
def constant_that_is_not_json(triage):
    triage.constant("home", Path.home())


# Resources and options.


@mistake("resource-parameters", "resource `github` needs `token`", "give its parameters defaults")
def resource_with_parameters(triage):
    @triage.resource
    def github(token: str) -> GitHub: ...

    @triage.node
    def stars(event: Event, github: GitHub) -> int: ...


@mistake(
    "ambiguous-resource",
    "`first` and `second` are both `GitHub`; name the parameter after one of them: `first`",
    node="stars",
)
def two_resources_of_a_type(triage):
    @triage.resource
    def first() -> GitHub: ...

    @triage.resource
    def second() -> GitHub: ...

    @triage.node
    def stars(event: Event, client: GitHub) -> int: ...


@mistake(
    "type-mismatch",
    "the resource `github` is `GitHub`, and the parameter `github` of `stars` takes `str`",
)
def resource_of_another_type(triage):
    @triage.resource
    def github() -> Iterator[GitHub]:
        yield GitHub()

    @triage.node
    def stars(event: Event, github: str) -> int: ...


@mistake("caller-timeout", "cannot be left when the timeout is over", node="classify")
def timeout_on_the_callers_thread(triage):
    @triage.node(thread="caller", timeout=1)
    def classify(event: Event) -> Kind: ...


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.declare.__name__)
def test_mistake(case: Mistake) -> None:
    triage = Workflow("triage", input=Event)
    workflow = case.declare(triage)
    faults = (workflow if isinstance(workflow, Workflow) else triage).check()
    # One mistake is one fault: nothing else follows from it.
    assert [fault.code for fault in faults] == [case.code], "\n".join(map(str, faults))
    fault = faults[0]
    for words in case.says:
        assert words in str(fault)
    assert fault.severity == case.severity
    if case.node:
        assert fault.node == case.node
    assert fault.file == __file__
    if fault.node:
        lines, first = inspect.getsourcelines(case.declare)
        assert first <= fault.line < first + len(lines)


def test_there_are_enough_mistakes() -> None:
    assert len(MISTAKES) >= 40


def test_all_faults_at_once_errors_first() -> None:
    triage = Workflow("triage", input=Event)

    @triage.node
    def first(event) -> int: ...

    @triage.node
    def second(frst: int, text) -> Iterator[int]:
        yield 1

    @triage.node
    def colour(event: Event) -> Colour: ...

    triage.route(colour, {"green": first}, default=first)
    faults = triage.check()
    codes = [fault.code for fault in faults]
    assert sorted(codes) == [
        "generator",
        "needless-value",
        "unknown-node",
        "unknown-parameter",
        "unknown-parameter",
    ]
    assert [fault.severity for fault in faults] == ["error"] * 4 + ["warning"]
    with pytest.raises(CheckError) as raised:
        triage._plan()
    assert raised.value.workflow == "triage"
    assert raised.value.faults == faults
    assert "workflow `triage` has 4 faults" in str(raised.value)


def test_warnings_are_printed_once_and_stop_nothing() -> None:
    triage = Workflow("triage", input=Event)

    @triage.node
    def classify(event: Event) -> Kind: ...

    triage.returns(classify)
    triage.constant("limit", 3)
    with pytest.warns(UserWarning, match="nobody reads `limit`"):
        plan = triage._plan()
    assert plan.name == "triage"
    assert triage._plan() is plan
    triage.join("later", classify)
    with pytest.warns(UserWarning, match="nobody reads `later`") as shown:
        assert triage._plan() is not plan
    assert len(shown) == 1


def test_a_python_leaf_that_nobody_reads_runs_for_its_effect() -> None:
    triage = Workflow("triage", input=Event)

    @triage.node
    def audit(event: Event) -> None: ...

    @triage.node
    def summarise(event: Event) -> Card: ...

    triage.returns(summarise)
    assert triage.check() == []


def test_plain_types_do_not_tell_a_resource() -> None:
    numbers = Workflow("numbers", input=int)

    @numbers.resource
    def limit() -> int: ...

    @numbers.node
    def use(input: int, number: int) -> int: ...

    assert [fault.code for fault in numbers.check()] == ["unknown-parameter"]


def test_order_of_declaration_does_not_matter() -> None:
    triage = Workflow("triage", input=Event, output=Card)

    def summarise(classify: Kind, github: GitHub) -> Card: ...

    def classify(event: Event) -> Kind: ...

    triage.returns(summarise)
    triage.route(classify, {"push": summarise}, on=lambda kind: kind.label, default=None)
    triage.node(summarise)
    triage.node(classify)

    @triage.resource
    def github() -> GitHub: ...

    assert [fault.code for fault in triage.check()] == ["return-may-be-skipped"]


def test_an_output_that_may_be_none_may_be_skipped() -> None:
    triage = Workflow("triage", input=Event, output=Card | None)

    @triage.node
    def urgent(event: Event) -> bool: ...

    @triage.node
    def page(urgent: bool) -> Card: ...

    triage.route(urgent, {True: page, False: None})
    triage.returns(page)
    assert triage.check() == []


Doc = Annotated[Event, "what GitHub sent"]
Alias = TypeAliasType("Alias", Event)


@pytest.mark.parametrize("declared", [Event, Doc, Alias], ids=["class", "annotated", "alias"])
@pytest.mark.parametrize("written", [Event, Doc, Alias], ids=["class", "annotated", "alias"])
def test_the_input_is_found_by_its_type_however_that_is_written(declared: Any, written: Any) -> None:
    triage = Workflow("triage", input=declared)

    def classify(event: int) -> str:
        return event.text

    classify.__annotations__["event"] = written
    triage.node(classify)
    assert triage.check() == []
    assert triage.run({"text": "a"}) == "a"


def test_every_way_to_bind_a_parameter() -> None:
    triage = Workflow("triage", input=Event)

    @triage.resource
    def github() -> GitHub: ...

    @triage.node
    def one(event: Event) -> int: ...

    @triage.node
    def two(input: Event, one: int, /) -> int: ...

    @triage.node
    def by_name(github, one, *, two) -> None: ...

    @triage.node
    def by_type(event: Event, client: GitHub, ctx: Context) -> None: ...

    @triage.node(
        inputs={
            "numbers": [one, two],
            "named": {"a": one, "more": [two, {"deep": one}], "fixed": 3},
            "whole": triage.input,
            "constant": "text",
            "edge": one,
        }
    )
    def given(
        numbers: list[int],
        named: dict[str, Any],
        whole: Event,
        constant: str,
        edge: int,
    ) -> int: ...

    class Point3:
        def length(self, one: int) -> float: ...

    triage.add_node(Point3().length, name="length")
    triage.add_node(functools.partial(pow, 2), name="power", inputs={"exp": one, "mod": None})
    triage.add_node(max, name="largest", inputs={"a": one, "b": two})
    triage.add_node(functools.partial(round, ndigits=3), name="text", inputs={"number": one})
    triage.add_node(math.sqrt, name="root", inputs={"x": one})

    @triage.node
    class Score:
        def process(self, one: int) -> float: ...

    @triage.node(after=[by_name, given])
    def last(input, length, power, largest, text, root, score) -> None: ...

    triage.returns(last)
    assert triage.check() == []
    assert triage["score"].name == "score"


@pytest.mark.parametrize(
    "declare",
    [
        lambda: Workflow("Upper"),
        lambda: Workflow(""),
        lambda: Workflow("a" * 65),
        lambda: Workflow("-a"),
        lambda: Workflow("a").node(3),
        lambda: Workflow("a").node(print, retry=3),
        lambda: Workflow("a").node(print, timeout="5"),
        lambda: Workflow("a").node(print, timeout=0),
        lambda: Workflow("a").node(print, timeout=-1),
        lambda: Workflow("a").node(print, thread="other"),
        lambda: Workflow("a").node(print, retries=3),
        lambda: Workflow("a").add_node(functools.partial(print)),
        lambda: Workflow("a").resource(3),
        lambda: Workflow("a").returns(),
        lambda: Workflow("a").route(print, "cases"),
        lambda: Workflow("a").route(print, {}, on=3),
    ],
)
def test_what_cannot_be_declared_at_all(declare: Callable[[], object]) -> None:
    with pytest.raises(DeclarationError):
        declare()


@pytest.mark.parametrize(
    ("declare", "says"),
    [
        *[
            (
                lambda w, step=step: w.pick("p", w.input, "items", step),
                f"the place that `p` picks has the step {step!r}; a step is a key (text) or a position",
            )
            for step in (-1, 1.5, None, b"x", 2**64, True)
        ],
        (lambda w: w.returns({1: w.input}), "keys are text, not 1"),
        (lambda w: w.join(w.input, w.input), "the name of a join is text, not <input of a>"),
        (lambda w: w.constant(3, 3), "the name of a constant is text, not 3"),
        (lambda w: w.node(print, after=3), "`after` of node `print` is a node or a list of nodes, not 3"),
        (lambda w: w.node(print, inputs=[1]), "`inputs` of node `print` is a mapping of parameters, not [1]"),
        (lambda w: w.node(print, inputs={1: 2}), "`inputs` of node `print` is by names of parameters, not 1"),
        (lambda _: Workflow("b", input=5), "`input` of workflow `b` is a type, not 5"),
        (lambda _: Workflow("b", input="Ev"), "is a type, not 'Ev'; write `input=Ev`"),
        (lambda _: Workflow("b", output="x"), "`output` of workflow `b` is a type, not 'x'"),
    ],
)
def test_what_a_declaration_says_at_once(declare: Callable[..., object], says: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(says)):
        declare(Workflow("a"))


@pytest.mark.parametrize("name", ["a", "0", "triage", "a-b_c", "a" * 64])
def test_names_of_workflows(name: str) -> None:
    assert Workflow(name).name == name


def test_a_fault_is_one_readable_paragraph(tmp_path, monkeypatch) -> None:
    fault = Fault("cycle", "error", "a", str(tmp_path / "flow.py"), 3, "It", "do", "def a(b)")
    assert str(fault) == f"{tmp_path / 'flow.py'}:3: error in `a`: It; do [cycle]\n    def a(b)"
    monkeypatch.chdir(tmp_path)
    assert str(fault).startswith("flow.py:3: ")
    plain = Fault("no-nodes", "error", "", str(tmp_path / "flow.py"), 1, "Nothing", "", "")
    assert str(plain) == "flow.py:1: error: Nothing [no-nodes]"
