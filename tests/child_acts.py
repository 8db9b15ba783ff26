"""What processes of the survival tests do with children: pools, forks among busy threads, watched ones."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from survival_acts import begin, pushed, record, reply, tell

import wxtrace

_log = logging.getLogger("act")


def say(what: str) -> int:
    """Record a span and a line, and return the process that has."""
    record(what)
    _log.info(what)
    return os.getpid()


def listen() -> None:
    """Record the lines of the standard library."""
    logging.basicConfig(level=logging.INFO, handlers=[wxtrace.LogHandler()], force=True)


def serve(openid: str, job) -> None:
    """Serve a push of *openid* by doing *job*, which may be a coroutine function."""

    async def app(scope, receive, send):
        """Do it, and answer."""
        done = job()
        if asyncio.iscoroutine(done):
            await done
        await reply(send)

    asyncio.run(pushed(app, openid))


def pooled(method: str) -> None:
    """Have a pool that is made for one push do the jobs of two, and one of nobody's."""
    begin()
    listen()
    pool = ProcessPoolExecutor(1, multiprocessing.get_context(method), initializer=in_child)

    async def both() -> None:
        """Do a job in the pool, awaited, and another by `map`."""
        await asyncio.get_running_loop().run_in_executor(pool, say, "job")
        assert [None] == list(pool.map(nothing, ["x"]))

    serve("oA", both)
    serve("oB", both)
    tell(worker=pool.submit(say, "nobody's").result())
    pool.shutdown()


def nothing(what: str) -> None:
    """Do nothing."""


def in_child() -> None:
    """Record in a worker too, where it was spawned."""
    begin()
    listen()


def old_pool() -> None:
    """Make a pool of `multiprocessing` within a push, and use it for another."""
    begin()
    listen()
    pools = []

    def make() -> None:
        """Fork the workers."""
        pools.append(multiprocessing.get_context("fork").Pool(1))

    serve("oA", make)
    tell(tag=pools[0].apply(wxtrace.current_tag))
    pools[0].terminate()


def forked_first() -> None:
    """Fork before anything is started; each side starts, and serves."""
    pid = os.fork()
    begin()
    listen()
    serve("oChild" if pid == 0 else "oParent", lambda: say("step"))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    tell()


def forked_among_threads(children: int = 10) -> None:
    """Fork while four threads record all the time; every child records, and so does the parent afterwards."""
    begin()
    listen()
    serve("oBefore", lambda: say("step"))
    is_over = threading.Event()

    def busy(number: int) -> None:
        """Serve pushes until it is over, and one at least."""
        serve(f"oThread{number}", lambda: say("step"))
        while not is_over.is_set():
            serve(f"oThread{number}", lambda: say("step"))

    threads = [threading.Thread(target=busy, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for number in range(children):
        pid = os.fork()
        if pid == 0:
            serve(f"oChild{number}", lambda: say("step"))
            os._exit(0)
        os.waitpid(pid, 0)
    is_over.set()
    for thread in threads:
        thread.join()
    serve("oAfter", lambda: say("step"))
    tell()


def hang_in_child() -> None:
    """Serve a push that hangs until the test opens the gate."""
    begin()
    gate = Path(os.environ["GATE"])

    async def hanging() -> None:
        """Wait for the gate."""
        with wxtrace.span("logic", "reply.stuck", "wait"):
            while not gate.exists():  # noqa: ASYNC110, ASYNC240  # nobody tells
                await asyncio.sleep(0.01)

    serve("oH", hanging)


def watched(method: str) -> None:
    """Serve a push, so that the watchdog runs; then let a child serve one that hangs."""
    begin()
    serve("oBefore", lambda: record("step"))
    child = multiprocessing.get_context(method).Process(target=hang_in_child)
    child.start()
    tell(child=child.pid)
    child.join()
