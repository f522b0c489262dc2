"""A process ends cleanly whatever its threads are at, and a forked child starts afresh."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the programs share.
HEAD = """
    import asyncio, multiprocessing, os, sys, threading, time
    from workflow_engine import Context, Workflow
    from workflow_engine.testing import strict

    sync = Workflow("sync")

    @sync.node
    def left(input):
        time.sleep(input)
        return threading.get_ident()

    @sync.node
    def right(input):
        time.sleep(input)
        return threading.get_ident()

    @sync.node
    def both(left, right):
        return len({left, right})

    waits = Workflow("waits")

    @waits.node
    async def nap(input):
        await asyncio.sleep(input)
        return 2

    def in_child(check):
        child = os.fork()
        if child == 0:
            try:
                check()
            except BaseException as error:
                print(repr(error), flush=True)
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
"""

# What each program prints; nothing may be on standard error, and it must end well.
PROGRAMS = {
    "nodes clean up before their resources close when the process ends under their run": (
        """
        cleaning = Workflow("cleaning")

        @cleaning.resource
        async def client():
            yield 1
            print("closed", flush=True)

        @cleaning.node
        async def works(input, client):
            begun.set()
            try:
                await asyncio.sleep(input)
            finally:
                await asyncio.sleep(0.01)
                print("cleaned up,", end=" ")

        begun = threading.Event()
        handle = cleaning.start(30)
        assert begun.wait(10)
        """,
        "cleaned up, closed",
    ),
    "helpers end while the process does": (
        """
        runs = [sync.start(number * 0.002) for number in range(60)]
        runs[10].result()
        print("end")
        """,
        "end",
    ),
    "siblings end while the process does": (
        """
        threading.Thread(target=sync.run, args=(0.03,), daemon=True).start()
        time.sleep(0.03)
        print("end")
        """,
        "end",
    ),
    "nodes outlast their run and the process": (
        """
        for number in range(20):
            try:
                sync.run(0.02 + number * 0.001, timeout=0.001)
            except TimeoutError:
                pass
        print("end")
        """,
        "end",
    ),
    "nodes block while the process ends": (
        """
        runs = [sync.start(60), waits.start(60)]
        time.sleep(0.05)
        print("end")
        """,
        "end",
    ),
    "async nodes end while the process does": (
        """
        runs = [waits.start(number * 0.002) for number in range(60)]
        print(runs[10].result())
        """,
        "2",
    ),
    "a loop is closed under a run": (
        """
        async def main():
            await sync.astart(0.05)
            await waits.astart(60)
            await asyncio.sleep(0.02)
        asyncio.run(main())
        time.sleep(0.05)
        print("end")
        """,
        "end",
    ),
    "fork before any run": (
        """
        def check():
            assert sync.run(0.02)
            assert waits.run(0.01) == 2
        in_child(check)
        check()
        print("end")
        """,
        "end",
    ),
    "fork after runs": (
        """
        def check():
            with strict():
                assert sync.run(0.02)
            assert sync.run(0.02, timeout=5)
            assert waits.run(0.01) == 2
            assert asyncio.run(waits.arun(0.01)) == 2
            assert all(run.result() for run in [sync.start(0.01) for _ in range(5)])
        check()
        in_child(check)
        in_child(check)
        check()
        print("end")
        """,
        "end",
    ),
    "fork inside a node": (
        """
        forks = Workflow("forks")
        @forks.node
        def fork(input):
            in_child(lambda: sync.run(0.01) and waits.run(0.01))
            with strict():
                return sync.run(0.01)
        with strict():
            forks.run()
        print("end")
        """,
        "end",
    ),
    "fork in a thread while runs are under way": (
        """
        # Modules are imported first: Python's own locks for that do not survive a fork.
        sync.run(0, timeout=5)
        stop = threading.Event()
        def load():
            while not stop.is_set():
                sync.run(0.001)
        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            in_child(lambda: sync.run(0.01, timeout=5))
        stop.set()
        for thread in threads:
            thread.join()
        print("end")
        """,
        "end",
    ),
    "a pool of forked workers": (
        """
        sync.run(0.01, timeout=5)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            print(len(pool.map(sync.run, [0.01] * 4)))
        """,
        "4",
    ),
    "run ids of a forked child are its own": (
        """
        ids = Workflow("ids")
        @ids.node
        def own(input, context: Context):
            return context.run_id
        ids.run()
        reading, writing = os.pipe()
        children = []
        for _ in range(4):
            children.append(os.fork())
            if children[-1] == 0:
                os.write(writing, "".join(ids.run() + " " for _ in range(50)).encode())
                os._exit(0)
        here = [ids.run() for _ in range(50)]
        for child in children:
            os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            # What comes after the time tells runs of the same millisecond apart.
            print(len({own[14:] for own in [*here, *pipe.read().split()]}))
        """,
        "250",
    ),
}


@pytest.fixture(scope="module")
def ended() -> Iterator[dict[str, subprocess.CompletedProcess[str]]]:
    def run(name: str) -> subprocess.CompletedProcess[str]:
        text = "".join(map(textwrap.dedent, (HEAD, PROGRAMS[name][0])))
        # From Python 3.12 on it warns of a fork while there are threads, which is the point here.
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", text]
        try:
            return subprocess.run(command, capture_output=True, check=False, text=True, timeout=20)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, -1, "", "it did not end")

    with ThreadPoolExecutor(4) as threads:
        yield dict(zip(PROGRAMS, threads.map(run, PROGRAMS), strict=True))


@pytest.mark.parametrize("name", PROGRAMS)
def test_process(name: str, ended: dict[str, subprocess.CompletedProcess[str]]) -> None:
    done = ended[name]
    assert (done.stderr, done.stdout, done.returncode) == ("", PROGRAMS[name][1] + "\n", 0)
