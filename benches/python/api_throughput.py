"""What HTTP costs: a server at rest, and requests beside those to a bare handler."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Effort, Samples, take_turns
from record import record
from report import Row, alone, at_least, at_most, publish, ratio
from server import CONNECTIONS, Server, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent
_ECHO_FAST = 12_000
_INLINE_LEAST = 15_000


def rows(effort: Effort) -> Iterator[Row]:
    """Measure a server of three sync nodes: unmarked, and with `thread="caller"`."""
    if shutil.which("wrk") is None:
        sys.exit("error: no wrk here, which puts load on servers\n  do:  Debian: apt-get install wrk")
    sent = record(1_000)
    body = json.dumps(sent, separators=(",", ":")).encode()
    with ExitStack() as stack:
        servers = {
            "echo": stack.enter_context(_echo()),
            "unmarked": stack.enter_context(_serve("unmarked")),
            "inline": stack.enter_context(_serve("inline")),
        }
        resting = _resting(effort)
        title = "serve at rest, one workflow; floor: Robyn's echo"
        yield alone(title, resting["serve"], resting["echo"], "MB", at_most(60))

        for server in servers.values():
            server.wait()
        assert servers["echo"].post(body) == body
        for name in ("unmarked", "inline"):
            assert json.loads(servers[name].post(body))["amount"] == 2 * sent["amount"]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "body.json"
        file.write_bytes(body)
        yield from _loaded(servers, file, effort)


def _loaded(servers: dict[str, Server], body: Path, effort: Effort) -> Iterator[Row]:
    costs: Samples = {name: [] for name in servers}
    seconds = 1 if effort.quick else 2

    def load(name: str) -> float:
        rate = servers[name].load(body, seconds)
        costs[name].append((servers[name].posted or 0.0) * 1e6)
        return rate

    turns = {name: lambda name=name: load(name) for name in servers}
    take_turns(turns, 1)
    for each in costs.values():
        each.clear()
    samples = take_turns(turns, effort.rounds(16))
    echo, floor_cost = samples["echo"], statistics.median(costs["echo"])
    for name, times in (("unmarked", 0.8), ("inline", 1.5)):
        cost = f"{statistics.median(costs[name]):.1f} us a request, of the echo {floor_cost:.1f}"
        yield ratio(
            f"POST of 1 KB, three sync nodes, {name}; floor: Robyn's echo",
            samples[name],
            echo,
            "/s",
            at_least(times),
            note=f"processor time of the server: {cost}",
        )
    reached = statistics.median(echo) >= _ECHO_FAST
    yield alone(
        f"the same inline, where the echo reaches {_ECHO_FAST:,}/s",
        samples["inline"],
        echo,
        "/s",
        at_least(_INLINE_LEAST) if reached else None,
        note=f"{CONNECTIONS} connections" + ("" if reached else "; the echo is slower here"),
    )


def _resting(effort: Effort) -> Samples:
    def serve() -> float:
        with _serve("unmarked") as server:
            server.wait()
            return float(server.rss)

    def echo() -> float:
        with _echo() as server:
            server.wait()
            return float(server.rss)

    return take_turns({"serve": serve, "echo": echo}, effort.rounds(8))


def _echo() -> Server:
    return Server([sys.executable, str(_HERE / "echo_server.py")], free_port(), "/echo")


def _serve(name: str) -> Server:
    port = free_port()
    target = f"{_HERE / 'record.py'}:{name}"
    command = [sys.executable, "-m", "workflow_engine", "serve", target, "--port", str(port)]
    return Server(command, port, f"/v1/workflows/{name}/runs")


if __name__ == "__main__":
    publish("api", rows, "Measure what HTTP costs.")
