"""The one module that touches Robyn: loading it, its request and response, routes and start.

Only Robyn's compiled module is loaded. The Python package around it parses ``sys.argv``, reads
``ROBYN_*`` variables, sets up logging, asks on standard input for another port, and costs 130 ms
and 10 MB; of all that nothing is wanted here.

What is relied upon, version by version (``robyn==0.88.*``):

- a handler that is not asynchronous runs on the thread of the HTTP worker, which serves nothing
  else meanwhile; it is called with the request, or with nothing where the route takes none;
- an asynchronous handler is called on that same thread too. What it returns, wrapped in a coroutine,
  goes at once, still on that thread, to the ``call_soon_threadsafe`` of the loop, inside of a callback
  that passes it to ``asyncio.ensure_future`` and then calls ``add_done_callback`` on the future;
- a request's body is a ``str``, or ``bytes`` where it is not UTF-8; path parameters are as sent;
- the worker has read the whole body before any handler is called.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    class Headers:
        """Headers of a message, by their names in any case."""

        def __init__(self, headers: Mapping[str, str]) -> None: ...
        def get(self, name: str, /) -> str | None:
            """Give the last value of a header."""

        def set(self, name: str, value: str, /) -> None:
            """Replace a header."""

    class Response:
        """What Robyn sends; may be sent any number of times.

        It and its headers are copied at the moment when its handler returns it.
        """

        def __init__(
            self, status_code: int, headers: Headers | Mapping[str, str], description: str | bytes
        ) -> None: ...


__all__ = ["METHODS", "Answer", "App", "Headers", "Request", "Response", "Route"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
"""The methods that can have routes; others are answered by Robyn itself with 405."""

# Read by Robyn's compiled module at start, which fails if it is no number; it has no other use.
_VARIABLE = "ROBYN_MAX_PAYLOAD_SIZE"


class Request(Protocol):
    """A request as Robyn hands it over."""

    @property
    def body(self) -> str | bytes:
        """Text, or bytes where they are not UTF-8."""

    @property
    def headers(self) -> Headers:
        """Headers; values that are not ASCII are missing."""

    @property
    def path_params(self) -> dict[str, str]:
        """Parts of the path by the names in the route, not percent-decoded."""


class Answer:
    """The answer to one request, given when it is ready.

    Robyn takes it for the future of a response.
    """

    __slots__ = ("_response", "_send")

    _response: Response
    _send: Callable[[Answer], object]

    def give(self, response: Response) -> None:
        """Send the response; once, from any thread."""
        self._response = response
        self._send(self)

    def add_done_callback(self, send: Callable[[Answer], object]) -> None:
        """Take what is called when the response is there; of Robyn."""
        self._send = send

    def result(self) -> Response:
        """Give the response; to Robyn."""
        return self._response


class Route(NamedTuple):
    """What answers one method on one path.

    Attributes:
        method: One of ``METHODS``.
        path: Path in which ``:name`` takes one part and ``*rest`` all further ones; literal parts
            go before both.
        handler: Called for each request on the thread of the HTTP worker: with the request or, as the
            next two say, with nothing, or with the request and the answer to give.
        takes_request: Whether it is called with the request.
        asynchronous: Whether it gives an ``Answer``, then or later, rather than a response.
    """

    method: str
    path: str
    handler: Callable[[], Response] | Callable[[Request], Response] | Callable[[Request, Answer], None]
    takes_request: bool = False
    asynchronous: bool = False


def _native() -> ModuleType:
    name = "robyn.robyn"
    if name in sys.modules:
        return sys.modules[name]
    package = importlib.util.find_spec("robyn")
    if package is None or package.submodule_search_locations is None:
        raise ModuleNotFoundError("serving needs the package `robyn`", name="robyn")
    spec = PathFinder.find_spec(name, package.submodule_search_locations)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("the package `robyn` has no compiled module", name=name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # A workflow that imports Robyn itself then gets the same classes.
    sys.modules[name] = module
    return module


_robyn: Any = _native()

if not TYPE_CHECKING:
    Headers = _robyn.Headers
    Response = _robyn.Response


class App:
    """An HTTP server with one worker; a process can have one, once."""

    def __init__(
        self, routes: Sequence[Route], loop: asyncio.AbstractEventLoop, host: str, port: int
    ) -> None:
        """Listen; connections wait until ``run``.

        Args:
            routes: What is served.
            loop: What runs beside the server, for as long; it must not run yet.
            host: Numeric address.
            port: Port, not 0.

        Raises:
            OSError: The address cannot be had.
        """
        self._loop = loop
        self._routes = routes
        self._socket = _robyn.SocketHeld(host, port)

    def run(self) -> None:
        """Serve, and run the loop, on the calling thread until the loop ends."""
        server = _robyn.Server()
        asyncio.set_event_loop(self._loop)
        front = _Front(self._loop)  # type: ignore[abstract]
        for route in self._routes:
            handler: Any = front.deferred(route.handler) if route.asynchronous else route.handler
            function = _robyn.FunctionInfo(handler, route.asynchronous, int(route.takes_request), {}, {})
            method = getattr(_robyn.HttpMethod, route.method)
            server.add_route(method, route.path, function, False)
        policy = asyncio.get_event_loop_policy()
        variable = os.environ.pop(_VARIABLE, None)

        def restore() -> None:
            asyncio.set_event_loop_policy(policy)
            if variable is not None:
                os.environ[_VARIABLE] = variable

        # The server makes its loop by the policy: for that moment the policy gives ours.
        self._loop.call_soon(restore)
        asyncio.set_event_loop_policy(_Policy(front))
        server.start(self._socket, 1)


class _Policy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop


class _Front(asyncio.AbstractEventLoop):
    """As much of an event loop as Robyn uses.

    Robyn would have the loop make two tasks of every asynchronous handler, which takes longer than
    all else about a request. In front of the loop each request is taken off here, on the thread of
    the HTTP worker: Robyn is given the ``Answer`` in place of the task it asks for.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handler: Callable[[Request, Answer], None]
        self._request: Request
        self._answer: Answer

    def deferred(self, handler: Any) -> Callable[[Request], Answer]:
        """Make of an asynchronous handler what Robyn calls."""

        def receive(request: Request) -> Answer:
            # There is one worker, and it comes to `call_soon_threadsafe` before the next request.
            self._handler, self._request, self._answer = handler, request, Answer()
            return self._answer

        return receive

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[[], object], *_: Any, **__: Any
    ) -> Any:
        asyncio._set_running_loop(self)  # noqa: SLF001  By this `ensure_future` comes to `create_task`.
        try:
            callback()
        finally:
            asyncio._set_running_loop(None)  # noqa: SLF001
        self._handler(self._request, self._answer)

    def create_task(self, coro: Any, **_: Any) -> Any:
        coro.close()
        return self._answer

    def run_forever(self) -> None:
        self._loop.run_forever()
