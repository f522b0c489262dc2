"""How arguments reach a node's function: directly, or through a wrapper where one is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_engine.misfit import Misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workflow_engine.resource import Resource
    from workflow_engine.schema import Schema

__all__ = ["Argument", "compose"]


class Argument(NamedTuple):
    """An argument of a node's function.

    Attributes:
        name: Name of the parameter.
        input: Where the core takes the value from; None for a resource.
        resource: The resource that is the value.
        schema: What the value is converted to; None if it is passed as it is.
        source: Name of the node that gives the value, or `input`, for messages.
        default: What the core passes when that node was skipped; never converted.
        passed: Whether it goes by `position`, by `keyword`, or is `dropped`.
    """

    name: str
    input: tuple[Any, ...] | None = None
    resource: Resource | None = None
    schema: Schema | None = None
    source: str = ""
    default: object = Misfit  # An object that no value is.
    passed: str = "position"


def compose(
    function: Callable[..., Any], arguments: Sequence[Argument], *, asynchronous: bool
) -> Callable[..., Any]:
    """Give what the core calls with one value for each argument that has an `input`.

    Args:
        function: The node's function.
        arguments: Its arguments, those that go by position in the function's order.
        asynchronous: Whether the function gives an awaitable.

    Returns:
        The function itself where nothing stands between.
    """
    if all(
        argument.input is not None and argument.schema is None and argument.passed == "position"
        for argument in arguments
    ):
        return function
    steps = _steps(arguments)
    resources = [
        argument.resource
        for argument in arguments
        if argument.resource is not None and argument.passed != "dropped"
    ]

    def call(*values: Any) -> Any:
        args, kwargs = _pass(steps, (*values, *[resource.value() for resource in resources]))
        return function(*args, **kwargs)

    async def call_async(*values: Any) -> Any:
        opened = [await resource.avalue() for resource in resources]
        args, kwargs = _pass(steps, (*values, *opened))
        return await function(*args, **kwargs)

    return call_async if asynchronous and resources else call


class _Step(NamedTuple):
    """Where a value stands, and how it goes on."""

    position: int
    keyword: str | None
    convert: Callable[[Any], Any] | None


def _steps(arguments: Sequence[Argument]) -> list[_Step]:
    """The steps of a call: values of the core come first, then the resources that are passed."""
    given = [argument for argument in arguments if argument.input is not None]
    kept = [argument for argument in arguments if argument.input is None and argument.passed != "dropped"]
    places = {argument.name: index for index, argument in enumerate([*given, *kept])}
    return [
        _Step(
            places[argument.name],
            argument.name if argument.passed == "keyword" else None,
            _converter(argument),
        )
        for argument in arguments
        if argument.passed != "dropped"
    ]


def _pass(steps: list[_Step], values: tuple[Any, ...]) -> tuple[list[Any], dict[str, Any]]:
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for position, keyword, convert in steps:
        value = values[position] if convert is None else convert(values[position])
        if keyword is None:
            args.append(value)
        else:
            kwargs[keyword] = value
    return args, kwargs


def _converter(argument: Argument) -> Callable[[Any], Any] | None:
    schema, source, default = argument.schema, argument.source, argument.default
    if schema is None or schema.exact is None:
        return None
    exact = schema.exact

    def convert(value: Any) -> Any:
        if type(value) in exact or value is default:
            return value
        try:
            return schema.validate(value)
        except Misfit as misfit:
            misfit.source = source
            raise

    return convert
