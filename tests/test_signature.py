"""What is read of functions: parameters, and types wherever they are named."""

# Functions that are only read have no bodies.
# mypy: disable-error-code="empty-body"

from __future__ import annotations

import functools
import gc
import sys
import weakref
from collections.abc import AsyncIterator, Coroutine, Iterator  # noqa: TC003
from typing import Annotated, Any, TypeVar

import pytest
from pydantic import BaseModel

from workflow_engine import Workflow
from workflow_engine.missing import MISSING
from workflow_engine.signature import Signature, read

T = TypeVar("T")


class Event(BaseModel):
    text: str = ""


def types_of(signature: Signature) -> dict[str, Any]:
    return {parameter.name: parameter.type for parameter in signature.parameters}


def test_parameters_in_their_order() -> None:
    def function(  # type: ignore[no-untyped-def]
        a, /, b: int, c: str = "x", *, d: list[Event] | None = None, **more
    ) -> Event: ...

    signature = read(function)
    assert types_of(signature) == {"a": Any, "b": int, "c": str, "d": list[Event] | None}
    assert [parameter.annotated for parameter in signature.parameters] == [False, True, True, True]
    assert [parameter.default for parameter in signature.parameters] == [
        MISSING,
        MISSING,
        "x",
        None,
    ]
    assert [parameter.keyword for parameter in signature.parameters] == [False, False, False, True]
    assert signature.keywords
    assert signature.returns is Event
    assert not signature.flaws
    assert signature.text == (
        "def function(a, /, b: int, c: str = 'x', *, d: list[Event] | None = None, **more) -> Event"
    )


def test_asynchronous_functions_give_what_they_are_awaited_for() -> None:
    async def function(a: int) -> Event: ...

    signature = read(function)
    assert signature.asynchronous
    assert signature.returns is Event
    assert signature.text == "async def function(a: int) -> Event"


class Callable_:
    def __call__(self, a: int) -> Event: ...

    async def method(self, a: int) -> Event: ...

    @classmethod
    def of(cls, a: int) -> Event: ...

    @staticmethod
    def plain(a: int) -> Event: ...


class Awaited:
    async def __call__(self, a: int) -> Event: ...


def function(a: int, b: str) -> Event: ...


async def awaited(a: int, b: str) -> Event: ...


@functools.wraps(function)
def decorated(*args: Any, **kwargs: Any) -> Any: ...


@pytest.mark.parametrize(
    ("callable_", "types", "asynchronous"),
    [
        (Callable_(), {"a": int}, False),
        (Callable_().method, {"a": int}, True),
        (Callable_.of, {"a": int}, False),
        (Callable_().plain, {"a": int}, False),
        (Awaited(), {"a": int}, True),
        (functools.partial(function, 3), {"b": str}, False),
        (functools.partial(function, b="x"), {"a": int}, False),
        (functools.partial(functools.partial(function, b="x"), 1), {}, False),
        (functools.partial(awaited, b="x"), {"a": int}, True),
        (decorated, {"a": int, "b": str}, False),
    ],
)
def test_every_kind_of_callable(callable_: Any, types: dict[str, Any], asynchronous: bool) -> None:
    signature = read(callable_)
    assert not signature.flaws
    assert types_of(signature) == types
    assert signature.asynchronous is asynchronous
    assert signature.returns is Event


def test_what_has_no_name_is_called_as_its_node() -> None:
    assert read(functools.partial(function, 3), name="half").text == "def half(b: str) -> Event"
    assert read(Awaited(), name="later").text == "async def later(a: int) -> Event"
    assert read(function, name="other").text == "def function(a: int, b: str) -> Event"
    assert read(lambda a, /: a).text == "def <lambda>(a, /)"


def test_a_class_gives_its_instances() -> None:
    signature = read(Event)
    assert signature.returns is Event
    assert not signature.asynchronous


def test_a_builtin_without_signature() -> None:
    signature = read(dict)
    assert not signature.known
    assert signature.parameters == ()


def test_types_that_are_local_to_a_function() -> None:
    class Local(BaseModel):
        text: str = ""

    workflow = Workflow("local", input=Local)

    @workflow.node
    def classify(event: Local) -> list[Local]: ...

    @workflow.node
    def use(classify: list[Later]) -> Later: ...

    class Later(BaseModel): ...

    assert workflow.check() == []
    plan = workflow._plan()
    assert plan.types["classify"] == "list[Local]"
    assert plan.types["use"] == "Later"


def declare(workflow: Workflow[Any, Any]) -> weakref.ref[Any]:
    class Local(BaseModel): ...

    class Witness: ...

    witness = Witness()

    @workflow.node
    def classify(input: Local) -> Local: ...

    return weakref.ref(witness)


def test_the_declaring_frame_is_let_go_when_its_types_are_known() -> None:
    workflow = Workflow("local")
    witness = declare(workflow)
    assert workflow.check() == []
    gc.collect()
    assert witness() is None


def test_types_of_the_closure_hide_those_of_the_module() -> None:
    def outer() -> Any:
        class Event:  # Another one than the module's.
            ...

        def inner(a: Event) -> Event:
            assert Event is not None
            return a

        return inner, Event

    inner, hidden = outer()
    assert types_of(read(inner)) == {"a": hidden}


def test_names_of_another_frame_do_not_hide_those_of_the_module() -> None:
    workflow = Workflow("names", input=Event)
    module_event = Event

    def add() -> None:
        Event = int  # noqa: F841  Not what the function of the module means.
        workflow.add_node(use_event)

    add()
    assert workflow.check() == []
    assert workflow._plan().types["use_event"] == module_event.__name__


def use_event(event: Event) -> Event: ...


def test_names_inside_of_types() -> None:
    def quoted(a: list[Event], b: list[Event], c: dict[str, Event | None]) -> None: ...

    assert types_of(read(quoted)) == {
        "a": list[Event],
        "b": list[Event],
        "c": dict[str, Event | None],
    }
    assert read(quoted).returns is type(None)


def test_annotations_are_kept() -> None:
    def function(a: Annotated[int, "unit"]) -> Annotated[str, "text"]: ...

    signature = read(function)
    assert types_of(signature) == {"a": Annotated[int, "unit"]}
    assert signature.returns == Annotated[str, "text"]


def test_each_unknown_name_is_one_flaw() -> None:
    def function(a: Nowhere, b: list[Neither], c: int) -> Nothing: ...  # type: ignore[name-defined]  # noqa: F821

    signature = read(function)
    assert types_of(signature) == {"a": Any, "b": Any, "c": int}
    assert [flaw.code for flaw in signature.flaws] == ["unresolved-type"] * 3
    for flaw, name in zip(signature.flaws, ["Nowhere", "Neither", "Nothing"], strict=True):
        assert f"the type `{name}` is not found" in flaw.message
        assert flaw.remedy == "move the type to the module"


def test_what_nodes_cannot_be() -> None:
    def yields(a: int) -> Iterator[int]:
        yield a

    async def yields_later(a: int) -> AsyncIterator[int]:
        yield a

    def awaitable(a: int) -> Coroutine[Any, Any, int]: ...

    def gathers(*a: int) -> int: ...

    class Method:
        def process(self, a: int) -> int: ...

    codes = {
        yields: "generator",
        yields_later: "generator",
        awaitable: "returns-awaitable",
        gathers: "variadic-parameter",
        Method.process: "unbound-self",
    }
    function: Any
    for function, code in codes.items():
        assert [flaw.code for flaw in read(function).flaws] == [code]


def test_long_defaults_are_not_written_out() -> None:
    def function(a: Any = list(range(100)), b: str = "x" * 100) -> None: ...  # noqa: B006

    assert read(function).text == "def function(a: Any = ..., b: str = ...) -> None"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is new in 3.12")
def test_aliases_and_type_parameters_of_python_3_12() -> None:
    names: dict[str, Any] = {"Event": Event}
    exec(
        "type Events = list[Event]\ndef function[T](a: Events, b: T) -> T: ...\n",
        names,
    )
    signature = read(names["function"])
    assert not signature.flaws
    assert types_of(signature)["a"].__value__ == list[Event]
