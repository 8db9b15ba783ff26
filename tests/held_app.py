"""
A process whose loop is held by a request, while another is in flight; for the tests that watch it from outside.

Arguments: the store, what runs the loop (``asyncio``, ``uvloop``), for how many seconds, and ``forked`` to do so in
a forked child, after the parent has served a request, or ``silent`` to hold the interpreter too, all the while.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import time
from typing import Any

from serving import STAMP, body_messages, exchange, replying, scope

import wxtrace

LIBC = ctypes.PyDLL(None)  # whose calls keep the interpreter to themselves


def pattern(seconds: float) -> None:
    """Hold the interpreter."""
    LIBC.usleep(round(seconds * 10**6))


def parse_menu(seconds: float) -> None:
    """Hold the loop."""
    time.sleep(seconds)


async def app(request: Any, receive: Any, send: Any) -> None:
    """Wait as a victim does, or hold the loop once the others are old."""
    if b"oCulprit" in request["query_string"]:
        await asyncio.sleep(0.15)
        (pattern if "silent" in sys.argv else parse_menu)(float(sys.argv[3]))
    elif b"oVictim" in request["query_string"]:
        await asyncio.sleep(0.5)
    await replying()(request, receive, send)


async def push(*openids: str) -> None:
    """Let a push of each of *openids* come in at once, and all be answered."""
    served = wxtrace.AccessMiddleware(app)
    queries = [f"signature=0&timestamp={STAMP}&nonce=77&openid={openid}".encode() for openid in openids]
    await asyncio.gather(*(exchange(served, scope(query), body_messages([b""])) for query in queries))
    await asyncio.sleep(0.3)  # a server goes on


def main() -> None:
    """Do as the arguments say."""
    wxtrace.start(store=sys.argv[1], sealer=False)
    if sys.argv[2] == "uvloop":
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    if "forked" in sys.argv:
        asyncio.run(push("oParent"))
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return
    asyncio.run(push("oVictim-1", "oCulprit-9f"))
    wxtrace.stop()


if __name__ == "__main__":
    main()
