"""The floor of HTTP: Robyn with a decorated handler that answers the text it got."""

from __future__ import annotations

import os

from robyn import Request, Robyn

app = Robyn(__file__)


@app.post("/echo")  # type: ignore[untyped-decorator]
def echo(request: Request) -> str | bytes:
    return request.body


if __name__ == "__main__":
    # Robyn reads the command line when it is imported, so the port comes otherwise.
    app.start(host="127.0.0.1", port=int(os.environ["BENCHMARK_PORT"]))
