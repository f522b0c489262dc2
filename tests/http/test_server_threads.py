"""The threads that carry out runs which may block."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from workflow_engine.server import threads
from workflow_engine.server.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Pool:
    """Threads, and futures of what their jobs give."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._threads = Threads(self._loop)

    def submit(self, job: Callable[[], Any]) -> asyncio.Future[Any]:
        future = self._loop.create_future()
        self._threads.submit(lambda: void(self._loop.call_soon_threadsafe(future.set_result, job())))
        return future


def void(_: object) -> None:
    pass


def with_threads(main: Callable[[Pool], Awaitable[None]]) -> None:
    async def run() -> None:
        await main(Pool())

    asyncio.run(run())


def count_threads() -> int:
    return sum(thread.name == "workflow-server" for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def _short_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_IDLE", 0.2)


def test_jobs_give_their_results() -> None:
    async def main(pool: Pool) -> None:
        futures = [pool.submit(lambda i=i: i * i) for i in range(1000)]  # type: ignore[misc]
        assert await asyncio.gather(*futures) == [i * i for i in range(1000)]

    with_threads(main)


def test_quick_jobs_share_a_thread() -> None:
    idents = set()

    async def main(pool: Pool) -> None:
        for _ in range(300):
            await pool.submit(lambda: idents.add(threading.get_ident()))

    with_threads(main)
    # A pause of the process looks like a blocked thread, so it may be a few.
    assert len(idents) <= 3


def test_blocking_jobs_overlap() -> None:
    async def main(pool: Pool) -> None:
        for _ in range(2):
            began = time.monotonic()
            await asyncio.gather(*(pool.submit(lambda: time.sleep(0.5)) for _ in range(100)))
            assert time.monotonic() - began < 2

    with_threads(main)


def test_a_blocked_job_holds_up_nobody() -> None:
    async def main(pool: Pool) -> None:
        release = threading.Event()
        blocked = pool.submit(lambda: release.wait(10))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        for i in range(100):
            assert await pool.submit(lambda i=i: i) == i  # type: ignore[misc]
        assert time.monotonic() - began < 2
        release.set()
        assert await blocked

    with_threads(main)


def test_their_number_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "THREADS_MAX", 3)
    at_once: list[int] = []
    running: set[int] = set()

    def job() -> None:
        running.add(threading.get_ident())
        at_once.append(len(running))
        time.sleep(0.05)
        running.discard(threading.get_ident())

    async def main(pool: Pool) -> None:
        await asyncio.gather(*(pool.submit(job) for _ in range(12)))

    with_threads(main)
    assert max(at_once) == 3


def test_idle_threads_end() -> None:
    async def main(pool: Pool) -> None:
        await asyncio.gather(*(pool.submit(lambda: time.sleep(0.1)) for _ in range(20)))
        assert count_threads() > 0
        give_up = time.monotonic() + 5
        while count_threads() and time.monotonic() < give_up:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert count_threads() == 0
        # And there are new ones when there is work again.
        assert await pool.submit(lambda: "again") == "again"

    with_threads(main)


def test_work_comes_and_goes_in_bursts() -> None:
    # Around the time after which threads end, where tokens and ends can cross.
    async def main(pool: Pool) -> None:
        for round_ in range(12):
            futures = [pool.submit(lambda: time.sleep(0.003)) for _ in range(8)]
            await asyncio.wait_for(asyncio.gather(*futures), 5)
            await asyncio.sleep(0.194 + 0.001 * round_)

    with_threads(main)


def test_no_more_threads_from_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    allowed = 1

    def refuse(self: threading.Thread) -> None:
        nonlocal allowed
        if self.name == "workflow-server":
            if not allowed:
                raise RuntimeError("can't start new thread")
            allowed -= 1
        start(self)

    monkeypatch.setattr(threading.Thread, "start", refuse)

    async def main(pool: Pool) -> None:
        await asyncio.gather(*(pool.submit(lambda: time.sleep(0.02)) for _ in range(5)))

    with_threads(main)
