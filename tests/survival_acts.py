"""What processes of the survival tests do that no server does: fork, spawn, leave, keep ten thousand spans open."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import multiprocessing
import os
import sys
from pathlib import Path

from survival_kit import put_in_place_of, until
from survival_ledger import STAMP

import wxtrace
from wxtrace.journal import journal

OPEN_SPANS = 10_000


async def pushed(app, openid: str = "oA", stamp: int = STAMP) -> None:
    """Serve one push with *app*, inside of the middleware."""
    query = f"timestamp={stamp}&nonce=n{openid}&openid={openid}".encode()
    scope = {"type": "http", "method": "POST", "path": "/cb", "query_string": query, "headers": []}
    requests, replies = asyncio.Queue(), asyncio.Queue()
    requests.put_nowait({"type": "http.request", "body": b""})
    await wxtrace.AccessMiddleware(app)(scope, requests.get, replies.put)


async def reply(send) -> None:
    """Answer `success`."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"success"})


def begin() -> None:
    """Start recording; the stamp is that of the test."""
    wxtrace.start(service="act", sealer=False)


def tell(**facts: object) -> None:
    """Tell the test, in one line of stdout."""
    os.write(1, (json.dumps({"pid": os.getpid(), **facts}) + "\n").encode())


def record(module: str) -> None:
    """Record one span of *module*."""
    with wxtrace.span("storage", module, "step"):
        pass


def forked() -> None:
    """Fork in the middle of a request, with a span open; both sides go on recording."""
    begin()

    async def app(scope, receive, send):
        """Fork inside of a span."""
        with wxtrace.span("logic", "shared", "open at the fork"):
            record("before")
            pid = os.fork()
            if pid == 0:
                record("child")
                tell(tag=wxtrace.current_tag())
            else:
                record("parent")
                await asyncio.to_thread(os.waitpid, pid, 0)
        if pid == 0:
            record("child again")
            os._exit(0)
        await reply(send)

    asyncio.run(pushed(app))
    tell(tag=None)


def left() -> None:
    """Record, and leave without a goodbye."""
    begin()
    record("warm")

    async def app(scope, receive, send):
        """Record, and end the process."""
        record("last")
        os._exit(0)

    asyncio.run(pushed(app))


def in_spawned(openid: str) -> None:
    """Record a push in a process that `multiprocessing` has made."""
    begin()

    async def app(scope, receive, send):
        """Record, and answer."""
        record("spawned")
        await reply(send)

    asyncio.run(pushed(app, openid))


def spawned() -> None:
    """Record, and let two spawned processes record too."""
    in_spawned("oA")
    make = multiprocessing.get_context("spawn").Process
    children = [make(target=in_spawned, args=(openid,)) for openid in ("oB", "oC")]
    for child in children:
        child.start()
    for child in children:
        child.join()


def crowded() -> None:
    """Keep ten thousand spans of one push open until a line comes on stdin, and then until another comes."""
    begin()

    async def one(all_open: asyncio.Barrier, is_over: asyncio.Event) -> None:
        """Be inside of a span until it is over."""
        with wxtrace.span("wait", "queue", "stand"):
            await all_open.wait()
            await is_over.wait()

    async def app(scope, receive, send):
        """Open all spans, close them, and answer, a line from stdin at a time."""
        all_open, is_over = asyncio.Barrier(OPEN_SPANS + 1), asyncio.Event()
        tasks = [asyncio.create_task(one(all_open, is_over)) for _ in range(OPEN_SPANS)]
        await all_open.wait()
        tell(open=OPEN_SPANS)
        await asyncio.to_thread(sys.stdin.readline)
        is_over.set()
        await asyncio.gather(*tasks)
        await reply(send)
        tell(open=0)
        await asyncio.to_thread(sys.stdin.readline)

    asyncio.run(pushed(app))


def obstructed() -> None:
    """Put a file where the journals were, and see whether the journal closes a file that is not its own."""
    logging.disable()
    ticks = itertools.count()
    seen = [next(ticks)]
    root = Path(os.environ["WXTRACE_STORE"]) / "journal"
    journal.Journal(root, "act", lambda: seen.append(next(ticks)))
    put_in_place_of(root)
    passed = len(seen)
    until(lambda: len(seen) > passed)
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]
    passed = len(seen)
    until(lambda: len(seen) > passed + 1)
    for file in files:
        os.fstat(file)
    os.write(1, b"the app's file is still open\n")


def queued() -> None:
    """Record two thousand spans where nothing can be mapped, and end."""
    journal.can_map = lambda folder: False
    begin()

    async def app(scope, receive, send):
        """Record, and answer."""
        for _ in range(2000):
            record("last")
        await reply(send)

    asyncio.run(pushed(app))
