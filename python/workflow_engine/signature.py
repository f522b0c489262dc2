"""What a function takes and gives: its parameters with their types, found where they are named."""

from __future__ import annotations

import functools
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow_engine.missing import MISSING
from workflow_engine.node import has_process
from workflow_engine.typeform import describe

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["Flaw", "Parameter", "Signature", "read"]


class Parameter(NamedTuple):
    """A parameter that a source is looked for.

    Attributes:
        name: Its name.
        type: The type form; `Any` if it has none, or it cannot be found.
        annotated: Whether it has a type at all.
        default: Its default, or `MISSING`.
        keyword: Whether it is given by keyword only.
    """

    name: str
    type: Any
    annotated: bool
    default: Any
    keyword: bool


class Flaw(NamedTuple):
    """A mistake in the function itself: code, message and remedy of a fault."""

    code: str
    message: str
    remedy: str


class Signature(NamedTuple):
    """What a function takes and gives.

    Attributes:
        parameters: In the function's order; without `*args` and `**kwargs`.
        returns: The type form of its value, once awaited; `Any` if it has none.
        asynchronous: Whether its value is awaited.
        keywords: Whether it takes any keyword.
        known: Whether there is a signature; some builtins have none.
        text: The function as it is declared, in one line.
        flaws: What is wrong with it.
    """

    parameters: tuple[Parameter, ...]
    returns: Any
    asynchronous: bool
    keywords: bool
    known: bool
    text: str
    flaws: tuple[Flaw, ...]


def read(function: Callable[..., Any], frame: FrameType | None = None, name: str = "") -> Signature:
    """Read the signature of a function, bound method, class, partial or other callable.

    Types written as text are looked up in the function's module, in its closure, and in the frame
    where it was declared.

    Args:
        function: The callable.
        frame: Where it was declared, for types that are local to a function.
        name: What it is called in messages if it has no name of its own, as a partial has none.
    """
    import inspect

    target = _called(function)
    asynchronous = inspect.iscoroutinefunction(target)
    try:
        signature = _signature(function)
    except (TypeError, ValueError):
        name = getattr(function, "__name__", name or repr(function))
        returns = function if isinstance(function, type) else Any
        return Signature((), returns, asynchronous, False, False, name, ())
    flaws: list[Flaw] = []
    names = _Names(function, frame)
    parameters = []
    keywords = False
    bound = function.keywords if isinstance(function, functools.partial) else {}
    for index, parameter in enumerate(signature.parameters.values()):
        if parameter.kind is parameter.VAR_KEYWORD:
            keywords = True
        elif parameter.kind is parameter.VAR_POSITIONAL:
            message = f"`*{parameter.name}` has no names, so nothing can be passed there"
            flaws.append(Flaw("variadic-parameter", message, "name each parameter"))
        elif parameter.name in bound:
            continue
        elif index == 0 and parameter.name == "self" and parameter.annotation is parameter.empty:
            flaws.append(_unbound(function))
        else:
            parameters.append(_parameter(parameter, names, flaws))
    returns = _returns(function, signature, names, flaws)
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        message = "a node gives one value, so its function cannot `yield`"
        flaws.append(Flaw("generator", message, "return the value, and report with `context.emit`"))
    elif not asynchronous and typing.get_origin(returns) in _AWAITABLE:
        message = f"the function returns `{describe(returns)}`, which nobody awaits"
        flaws.append(Flaw("returns-awaitable", message, "declare it `async def`"))
        returns = Any
    name = getattr(function, "__name__", name or type(function).__name__)
    text = _text(name, signature, asynchronous=asynchronous)
    return Signature(tuple(parameters), returns, asynchronous, keywords, True, text, tuple(flaws))


_AWAITABLE = tuple(
    typing.get_origin(form) for form in (typing.Awaitable[Any], typing.Coroutine[Any, Any, Any])
)


def _called(function: Any) -> Any:
    """The function whose code runs, behind partials, instances and methods."""
    while True:
        if isinstance(function, functools.partial):
            function = function.func
        elif isinstance(function, type) or hasattr(function, "__code__"):
            return function
        elif isinstance(function, types.MethodType):
            function = function.__func__
        else:
            call = getattr(type(function), "__call__", None)  # noqa: B004  Not whether, but which.
            if not hasattr(call, "__code__"):
                return function
            function = call


def _signature(function: Any) -> inspect.Signature:
    import inspect

    if sys.version_info >= (3, 14):
        import annotationlib

        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)


def _unbound(function: Any) -> Flaw:
    name = getattr(function, "__name__", "method")
    message = "`self` is not bound to an object"
    return Flaw("unbound-self", message, f'write `add_node(object.{name}, name="{name}")`')


def _parameter(parameter: inspect.Parameter, names: _Names, flaws: list[Flaw]) -> Parameter:
    annotated = parameter.annotation is not parameter.empty
    form: Any = Any
    if annotated:
        form = names.resolve(parameter.annotation)
        if isinstance(form, Flaw):
            flaws.append(form._replace(message=f"`{parameter.name}`: {form.message}"))
            form = Any
    default = MISSING if parameter.default is parameter.empty else parameter.default
    keyword = parameter.kind is parameter.KEYWORD_ONLY
    return Parameter(parameter.name, form, annotated, default, keyword)


def _returns(function: Any, signature: inspect.Signature, names: _Names, flaws: list[Flaw]) -> Any:
    if isinstance(function, type) and not has_process(function):
        return function
    if signature.return_annotation is signature.empty:
        return Any
    form = names.resolve(signature.return_annotation)
    if isinstance(form, Flaw):
        flaws.append(form)
        return Any
    return form


class _Names:
    """Where the names in annotations are looked up."""

    def __init__(self, function: Any, frame: FrameType | None) -> None:
        function = _unwrapped(_called(function))
        if isinstance(function, type):
            function = getattr(function, "__init__", function)
        self.globals: dict[str, Any] = getattr(function, "__globals__", {})
        self.locals: dict[str, Any] = {}
        code = getattr(function, "__code__", None)
        if type(code) is not types.CodeType:
            code = None  # A mock pretends to have some.
        if frame is not None and frame.f_locals is not frame.f_globals:
            # Names of an enclosing function hide those of the module; any other frame, such as
            # that of an `add_node`, only adds to them.
            encloses = code is not None and code in frame.f_code.co_consts
            self.locals |= {
                name: value for name, value in frame.f_locals.items() if encloses or name not in self.globals
            }
        # From Python 3.12 on a function may bring type variables of its own.
        for variable in getattr(function, "__type_params__", ()):
            self.locals[variable.__name__] = variable
        cells = zip(code.co_freevars, function.__closure__ or (), strict=True) if code is not None else ()
        for name, cell in cells:
            try:
                self.locals[name] = cell.cell_contents
            except ValueError:  # Not assigned yet.
                continue

    def resolve(self, annotation: Any) -> Any:
        """Give the type form that an annotation means, or what is wrong with it."""
        # `get_type_hints` also finds names inside, as in `list["Event"]`.
        holder = types.SimpleNamespace(__annotations__={"form": annotation})
        try:
            return typing.get_type_hints(
                holder, globalns=self.globals, localns=self.locals, include_extras=True
            )["form"]
        except NameError as error:
            what = f"`{error.name}`" if error.name else f"a name in `{describe(annotation)}`"
            message = f"the type {what} is not found where the function is declared"
            return Flaw("unresolved-type", message, "move the type to the module")
        except Exception as error:  # noqa: BLE001  Any code may stand in an annotation.
            message = f"`{describe(annotation)}` is no type ({type(error).__name__}: {error})"
            return Flaw("unresolved-type", message, "write a type")


def _unwrapped(function: Any) -> Any:
    import inspect

    return inspect.unwrap(function) if callable(function) else function


def _text(name: str, signature: inspect.Signature, *, asynchronous: bool) -> str:
    word = "async def" if asynchronous else "def"
    returned = signature.return_annotation
    arrow = "" if returned is signature.empty else f" -> {describe(returned)}"
    return f"{word} {name}({', '.join(_words(signature))}){arrow}"


def _words(signature: inspect.Signature) -> Iterator[str]:
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
    bare_star = slash = False
    for parameter in signature.parameters.values():
        if slash and parameter.kind is not parameter.POSITIONAL_ONLY:
            yield "/"
        slash = parameter.kind is parameter.POSITIONAL_ONLY
        if parameter.kind is parameter.VAR_POSITIONAL:
            bare_star = True
        elif parameter.kind is parameter.KEYWORD_ONLY and not bare_star:
            bare_star = True
            yield "*"
        text = stars.get(parameter.kind.name, "") + parameter.name
        if parameter.annotation is not parameter.empty:
            text += f": {describe(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            shown = repr(parameter.default)
            spaced = " = " if parameter.annotation is not parameter.empty else "="
            text += spaced + (shown if len(shown) <= 20 else "...")
        yield text
    if slash:
        yield "/"
