"""Waiting for a connection of an httpx client."""

from __future__ import annotations

import asyncio
from functools import partial

import httpx
import pytest
from waiting import Server, as_request, begun, stand, until, waits

from wxtrace.capture.pools import Occupancy, pools

ONE = httpx.Limits(max_connections=1)


def test_waiting(captured):
    """Who waits for the one connection has a span for it, with the place in the line."""

    async def run():
        """Act it out in a loop."""
        async with Server() as server, httpx.AsyncClient(limits=ONE) as client:
            first = begun("oA", partial(client.get, server.url))
            await until(lambda: server.asked)
            others = [begun(openid, partial(client.get, server.url)) for openid in ("oB", "oC")]
            await stand(captured, "oB", "oC")
            occupied = list(pools)
            server.gate.set()
            await asyncio.gather(first, *others)
            return occupied

    assert [Occupancy("httpx", 1, 1)] == asyncio.run(run())
    assert [("oB", "httpx pool", "UNSET"), ("oC", "httpx pool", "UNSET")] == waits(captured)[:2]
    assert {
        "wxtrace.pool": "httpx",
        "wxtrace.in_use": 1,
        "wxtrace.size": 1,
        "wxtrace.waiting": 1,
    } == captured.spans[1].attributes


def test_out_of_time(captured):
    """A time-out of the pool comes out as it is, and the wait tells it."""

    async def run():
        """Act it out in a loop."""
        async with Server() as server, httpx.AsyncClient(limits=ONE) as client:
            first = begun("oA", partial(client.get, server.url))
            await until(lambda: server.asked)
            with pytest.raises(httpx.PoolTimeout):
                await as_request("oB", partial(client.get, server.url, timeout=httpx.Timeout(60, pool=0.01)))
            server.gate.set()
            await first

    asyncio.run(run())

    assert [("oB", "httpx pool", "PoolTimeout: ")] == waits(captured)


def test_threads(captured):
    """The client that blocks waits in its thread."""

    async def run():
        """Act it out in a loop."""
        async with Server() as server:
            with httpx.Client(limits=ONE) as client:
                first = begun("oA", lambda: asyncio.to_thread(client.get, server.url))
                await until(lambda: server.asked)
                other = begun("oB", lambda: asyncio.to_thread(client.get, server.url))
                await stand(captured, "oB")
                server.gate.set()
                await asyncio.gather(first, other)

    asyncio.run(run())

    assert ("oB", "httpx pool", "UNSET") == waits(captured)[0]
