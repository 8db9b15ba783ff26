"""Waiting for a connection to Redis."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from redis.asyncio import BlockingConnectionPool, ConnectionPool
from redis.exceptions import ConnectionError as NoConnection
from waiting import as_request, begun, needs, stand, waits

from wxtrace.capture.pools import Occupancy, pools

pytestmark = needs("Redis")
HERE = {"host": "127.0.0.1", "max_connections": 1}


async def took(pool):
    """Take a connection of *pool*, and give it back."""
    await pool.release(await pool.get_connection())


def test_waiting(captured):
    """Who waits for the one connection has a span for it; who gets it at once has none."""

    async def run():
        """Act it out in a loop."""
        async with aclosing(BlockingConnectionPool(**HERE)) as pool:
            held = await as_request("oA", pool.get_connection)
            takers = [begun(openid, lambda: took(pool)) for openid in ("oB", "oC")]
            await stand(captured, "oB", "oC")
            occupied = list(pools)
            await pool.release(held)
            await asyncio.gather(*takers)
            return occupied

    assert [Occupancy("redis", 1, 1)] == asyncio.run(run())
    assert [("oB", "redis pool", "UNSET"), ("oC", "redis pool", "UNSET")] == waits(captured)
    assert [0, 1] == [span.attributes["wxtrace.waiting"] for span in captured.spans]


def test_connecting_is_no_waiting(captured):
    """Who gets a connection that is closed waits no longer while he connects."""
    seen = []

    async def run():
        """Act it out in a loop."""
        async with aclosing(BlockingConnectionPool(**HERE)) as pool:
            held = await pool.get_connection()
            connect = held.connect

            async def note():
                """Note which waits stand open."""
                seen.append(captured.open)
                await connect()

            taker = begun("oA", lambda: took(pool))
            await stand(captured, "oA")
            await held.disconnect()
            held.connect = note
            await pool.release(held)
            await taker
            del held.connect

    asyncio.run(run())

    assert [[]] == seen
    assert [("oA", "redis pool", "UNSET")] == waits(captured)


def test_out_of_time(captured):
    """A time-out of the pool comes out as it is, and the wait tells it."""

    async def run():
        """Act it out in a loop."""
        async with aclosing(BlockingConnectionPool(**HERE, timeout=0.01)) as pool:
            held = await pool.get_connection()
            with pytest.raises(NoConnection):
                await as_request("oA", pool.get_connection)
            await pool.release(held)

    asyncio.run(run())

    assert [("oA", "redis pool", "ConnectionError: No connection available.")] == waits(captured)


def test_a_pool_that_never_waits(captured):
    """The plain pool raises when it is exhausted: that is no wait, but its occupancy is known."""

    async def run():
        """Act it out in a loop."""
        async with aclosing(ConnectionPool(**HERE)) as pool:
            held = await pool.get_connection()
            with pytest.raises(NoConnection):
                await as_request("oA", pool.get_connection)
            occupied = list(pools)
            await pool.release(held)
            return occupied

    assert [Occupancy("redis", 1, 1)] == asyncio.run(run())
    assert [] == captured.spans
