"""Nodes in the hands of a user: called, found, pickled, declared again."""

# Nodes that are only declared have no bodies.
# mypy: disable-error-code="empty-body"

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock, MagicMock, create_autospec

import pytest

from workflow_engine import DeclarationError, Node, NotFoundError, Retry, Workflow

if TYPE_CHECKING:
    from pathlib import Path

triage = Workflow("triage", input=dict)
other = Workflow("other", input=dict)


@other.node(name="kind", inputs={"limit": 3})
@triage.node(inputs={"limit": 3})
def classify(input: dict[str, Any], *, limit: int = 3) -> str:
    """Tell what kind it is."""
    return f"{input} {limit}"


@triage.node(retry=Retry())
async def enrich(classify: str) -> int:
    return len(classify)


@triage.node
class HTTPScore:
    """Rates."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1

    def process(self, enrich: int) -> float:
        return enrich / 2


# For mypy a decorated class stays what it was.
score: Any = HTTPScore
length = triage.add_node(len, name="length", inputs={"obj": classify})


def local() -> Workflow[Any, Any]:
    return Workflow("local")


def test_a_node_is_called_like_its_function() -> None:
    assert classify({}, limit=4) == "{} 4"
    coroutine = enrich("abc")
    assert inspect.iscoroutine(coroutine)
    assert asyncio.run(coroutine) == 3
    assert score(enrich=3) == 1.5
    assert score(3) == 1.5
    assert length("ab") == 2


def test_a_node_wraps_its_function() -> None:
    assert classify.__name__ == "classify"
    assert classify.__doc__ == "Tell what kind it is."
    assert classify.__module__ == __name__
    assert classify.__wrapped__ is classify.function
    assert list(inspect.signature(classify).parameters) == ["input", "limit"]
    assert list(inspect.signature(HTTPScore).parameters) == ["enrich"]
    assert repr(classify) == "<node kind of other>"


def test_attributes_of_the_function_are_there_but_none_of_the_nodes_own_is_hidden() -> None:
    workflow = local()

    def work(input: int) -> int:
        return input

    work.extra = 3  # type: ignore[attr-defined]
    work.name = work.callable = work.add = "hidden"  # type: ignore[attr-defined]
    node = workflow.node(work)
    assert node.extra == 3  # type: ignore[attr-defined]
    assert node.name == "work"
    assert node(4) == 4
    assert workflow.check() == []


def test_stacked_decorators_make_a_node_of_each_workflow() -> None:
    assert classify.workflow is other
    assert other["kind"] is classify
    inner = triage["classify"]
    assert isinstance(inner, Node)
    assert inner is not classify
    assert inner.function is classify.function  # type: ignore[attr-defined]


def test_a_node_of_another_workflow_stands_for_its_function() -> None:
    # `enrich` reads the inner node, and `length` was given the outer one.
    assert triage.check() == [fault for fault in triage.check() if fault.code == "ambiguous-result"]
    third = local()
    third.add_node(enrich, inputs={"classify": "fixed"})
    third.returns(enrich)
    assert third.check() == []


def test_one_instance_of_a_class_in_a_workflow() -> None:
    assert score.name == "http_score"
    score(1)
    triage.check()
    score(1)
    assert score.function.made == 1
    again = other.node(score)
    assert again(4) == 2.0
    assert score.function.made == 2


def test_nodes_are_found_by_name() -> None:
    assert triage["enrich"] is enrich
    with pytest.raises(NotFoundError, match="did you mean `enrich`") as raised:
        triage["enrch"]
    assert raised.value.name == "enrch"
    assert "enrich" in raised.value.known


@pytest.mark.parametrize("node", [classify, enrich, HTTPScore, length, triage["classify"], triage])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_by_reference(node: object, protocol: int) -> None:
    assert pickle.loads(pickle.dumps(node, protocol)) is node
    assert copy.copy(node) is node
    assert copy.deepcopy(node) is node


def test_what_no_module_has_cannot_be_pickled() -> None:
    workflow = local()

    @workflow.node
    def inner(input: int) -> int: ...

    for target in (workflow, inner):
        with pytest.raises(pickle.PicklingError, match="no variable of the module"):
            pickle.dumps(target)


def test_an_object_without_a_name_needs_one() -> None:
    workflow = local()
    with pytest.raises(DeclarationError, match="write `name=`"):
        workflow.add_node(functools_partial())


def functools_partial() -> Any:
    import functools

    return functools.partial(len)


def cell(text: str, names: dict[str, Any]) -> None:
    """Run a notebook's cell."""
    exec(compile(text, "<cell>", "exec"), names)


def test_a_cell_run_twice_replaces_what_it_declared() -> None:
    workflow = Workflow("notebook")
    names = {"__name__": "__main__", "w": workflow}
    text = (
        "@w.node\n"
        "def first(input: int) -> bool: return VALUE\n"
        "@w.node\n"
        "def second(first: bool) -> int: ...\n"
        "@w.resource\n"
        "def client(): ...\n"
        "w.route(first, {True: second}, default=second)\n"
        "w.returns(second)\n"
    )
    cell(text.replace("VALUE", "True"), names)
    old = workflow["first"]
    assert workflow.check() == []
    cell(text.replace("VALUE", "False"), names)
    assert workflow.check() == []
    assert workflow["first"] is not old
    assert workflow["first"](1) is False  # type: ignore[operator]
    # What was declared over the old node means the new one.
    workflow.join("both", old)
    assert [fault.code for fault in workflow.check()] == ["unused-node"]


def test_another_function_of_the_name_is_a_duplicate_in_a_notebook_too() -> None:
    workflow = Workflow("notebook")
    names = {"__name__": "__main__", "w": workflow}
    cell("@w.node(name='x')\ndef first(input: int) -> int: ...\n", names)
    cell("@w.node(name='x')\ndef second(input: int) -> int: ...\n", names)
    assert [fault.code for fault in workflow.check()] == ["duplicate-name"]


@pytest.mark.parametrize("as_main", [True, False])
def test_a_file_declares_everything_once(tmp_path: Path, as_main: bool) -> None:
    file = tmp_path / "twice.py"
    file.write_text(
        "from workflow_engine import Workflow\n"
        "w = Workflow('twice')\n"
        "for _ in range(2):\n"
        "    @w.node\n"
        "    def first(input: int) -> int: ...\n"
        "    w.returns(first)\n"
        "print([fault.code for fault in w.check()])\n"
    )
    command = [sys.executable, str(file)] if as_main else [sys.executable, "-c", "import twice"]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert ran.stdout == "['duplicate-name', 'duplicate-name']\n"


def test_overrides_nest_and_end() -> None:
    workflow = Workflow("doubles")

    @workflow.resource
    def client() -> str:
        return "real"

    @workflow.node
    def fetch(input: int, client: str) -> str:
        return f"{client} {input}"

    @workflow.node
    def use(fetch: str, *, client: str) -> str:
        return f"{fetch}, {client}"

    assert workflow.run(1) == "real 1, real"
    fake = workflow.override(client="fake")
    with fake:
        assert workflow.run(1) == "fake 1, fake"
        with workflow.override(fetch=lambda input: f"stub {input}"), fake:  # noqa: A006
            assert workflow.run(1) == "stub 1, fake"
            with workflow.override(client="inner", fetch="value"):
                assert workflow.run(1) == "value, inner"
            assert workflow.run(1) == "stub 1, fake"
        assert workflow.run(1) == "fake 1, fake"
    assert workflow.run(1) == "real 1, real"
    with workflow.override(fetch=lambda **given: str(sorted(given))):
        assert workflow.run(1) == "['client', 'input'], real"
    with workflow.override(fetch=lambda *given: str(given)):
        assert workflow.run(1) == "(1, 'real'), real"
    workflow.close()


async def fetched(input: int) -> str: ...


class Client:
    async def get(self, number: int) -> str: ...


@pytest.mark.parametrize(
    "stand_in",
    [
        AsyncMock(return_value="fake"),
        AsyncMock(fetched, return_value="fake"),
        create_autospec(fetched, return_value="fake"),
        MagicMock(return_value="fake"),
        create_autospec(lambda input: "", return_value="fake"),  # noqa: A006
    ],
    ids=["async", "async of a function", "autospec async", "magic", "autospec sync"],
)
def test_mocks_replace_nodes(stand_in: Any) -> None:
    workflow: Workflow[int, list[str]] = Workflow("mocks", input=int, output=list[str])

    @workflow.node
    def sync(input: int) -> str: ...

    @workflow.node
    async def awaited(input: int) -> str: ...

    @workflow.node
    def both(sync: str, awaited: str) -> list[str]:
        return [sync, awaited]

    with workflow.override(sync=stand_in, awaited=stand_in):
        assert workflow.run(3) == ["fake", "fake"]
        assert asyncio.run(workflow.arun(3)) == ["fake", "fake"]


def test_what_replaces_an_asynchronous_node_is_awaited_where_it_has_to_be() -> None:
    workflow: Workflow[int, str] = Workflow("awaited", input=int, output=str)
    client = AsyncMock(Client)
    client.get.return_value = "mocked"

    @workflow.resource(name="client")
    async def real() -> Client: ...

    @workflow.node
    async def fetch(input: int, client: Client) -> str:
        return await client.get(input)

    with workflow.override(client=client):
        assert workflow.run(3) == "mocked"
        with workflow.override(fetch=lambda input, client: client.get(input)):  # noqa: A006
            assert workflow.run(3) == "mocked"


def test_overrides_of_nodes_of_the_core() -> None:
    workflow = Workflow("doubles")
    limit = workflow.constant("limit", 3)
    first = workflow.pick("first", workflow.input, 0)
    workflow.returns(workflow.join("both", limit, first))
    assert workflow.run([1, 2]) == {"limit": 3, "first": 1}
    with workflow.override(limit=4, first=lambda source: source[1]):
        assert workflow.run([1, 2]) == {"limit": 4, "first": 2}
    with workflow.override(both=lambda values: [*values]):
        assert workflow.run([1, 2]) == ["limit", "first"]


def test_unknown_names_in_overrides() -> None:
    with pytest.raises(NotFoundError, match="did you mean `enrich`"):
        triage.override(enrch=3)


def test_a_replacement_with_a_parameter_of_its_own() -> None:
    workflow = Workflow("doubles")

    @workflow.node
    def fetch(input: int) -> int: ...

    with workflow.override(fetch=lambda inpt: inpt):
        faults = workflow.check()
    assert [fault.code for fault in faults] == ["unknown-parameter"]
    assert "the replacement takes `inpt`, which the node does not (parameters: `input`)" in str(faults[0])


def test_a_replaced_node_still_keeps_its_type() -> None:
    workflow = Workflow("doubles")

    @workflow.node
    def fetch(input: int) -> int: ...

    with workflow.override(fetch="text"), pytest.raises(Exception, match="expected integer"):
        workflow.run(1)


def test_a_module_that_is_gone_gives_no_place_to_pickle_from() -> None:
    module = types.ModuleType("vanished")
    exec("from workflow_engine import Workflow\nw = Workflow('w')\n", vars(module))
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(module.w)
