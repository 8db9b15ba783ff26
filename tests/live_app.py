"""
An app whose requests hang, for tests of `wxtrace live`: a process of its own, without a server.

    python live_app.py STORE COUNT [SECONDS BEFORE THE FIRST LOOK]
"""

from __future__ import annotations

import asyncio
import os
import sys

from serving import exchange, scope

import wxtrace

lock = asyncio.Lock()


@wxtrace.storage("mysql")
async def lock_row() -> None:
    """Wait for a row that nobody gives back."""
    await lock.acquire()


@wxtrace.logic("reply.menu")
async def handle() -> None:
    """Want the row."""
    await lock_row()


async def app(request: object, receive: object, send: object) -> None:
    """Serve a request."""
    await handle()


async def main(store: str, count: int, looked_at: float) -> None:
    """Let so many requests hang."""
    wxtrace.start(service="wx-live", store=store, sealer=False, watch=(looked_at,))
    wrapped = wxtrace.AccessMiddleware(app)
    await lock.acquire()
    queries = [f"openid=o{os.getpid()}-{at}&timestamp=1745231475&nonce=n{at}".encode() for at in range(count)]
    hanging = [asyncio.create_task(exchange(wrapped, scope(query))) for query in queries]
    await asyncio.sleep(0)
    sys.stdout.write("hanging\n")
    sys.stdout.flush()
    await asyncio.wait(hanging)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
