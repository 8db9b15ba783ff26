"""Waiting for a connection of a database's pool: not the database's time."""

from __future__ import annotations

import asyncio
import gc
import threading

import aiomysql
import asyncpg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool
from waiting import as_request, begun, needs, stand, until, waits

import wxtrace
from wxtrace.capture.pools import Occupancy, pools
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild

POSTGRES = "postgresql://root@127.0.0.1/test"
MARIADB = "mysql+{}://root@127.0.0.1/test"
TIMES = {("storage", "mysql"): 0.1, ("wait", "sqlalchemy pool"): 4.6}


class Connection:
    """A connection to no database."""

    def close(self):
        """Have nothing to close."""

    def rollback(self):
        """Have nothing to roll back."""


def self_seconds(captured, openid):
    """Return each module's own seconds in the request of *openid*, to a hundredth."""
    spans = [span for span in captured.spans if span.openid == openid]
    (attempt,) = rebuild(spans, [], captured.clock.now_ns, {})
    return {(one.layer, one.module): round(one.self_ns / 1e9, 2) for one in modules_of(attempt)}


@needs("MariaDB")
def test_mysql_is_not_slow(captured):
    """4.7 s of `mysql` with a pool of one turn out to be 4.6 s of waiting for the pool and 0.1 s of query."""
    engine = create_async_engine(MARIADB.format("aiomysql"), pool_size=1, max_overflow=0)

    async def query():
        """Query the database."""
        with wxtrace.span("storage", "mysql", "SELECT menu"):
            async with engine.connect() as connection:
                await connection.execute(sqlalchemy.text("SELECT 1"))
                captured.clock.advance(0.1)

    async def run():
        """Act it out in a loop."""
        async with engine.connect():
            waiting = begun("oA", query)
            await stand(captured, "oA")
            captured.clock.advance(4.6)
        await waiting
        await engine.dispose()

    asyncio.run(run())

    assert TIMES == self_seconds(captured, "oA")
    assert {
        "wxtrace.pool": "sqlalchemy mysql",
        "wxtrace.in_use": 1,
        "wxtrace.size": 1,
        "wxtrace.waiting": 0,
    } == captured.span("sqlalchemy pool").attributes


@needs("MariaDB")
def test_mysql_is_not_slow_in_threads(captured):
    """The same in a thread, with a driver that blocks."""
    engine = sqlalchemy.create_engine(MARIADB.format("pymysql"), pool_size=1, max_overflow=0)

    def query():
        with wxtrace.span("storage", "mysql", "SELECT menu"), engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
            captured.clock.advance(0.1)

    async def run():
        """Act it out in a loop."""
        with engine.connect():
            waiting = begun("oA", lambda: asyncio.to_thread(query))
            await stand(captured, "oA")
            captured.clock.advance(4.6)
        await waiting
        engine.dispose()

    asyncio.run(run())

    assert TIMES == self_seconds(captured, "oA")


@needs("PostgreSQL")
def test_postgres_is_not_slow(captured):
    """4.7 s of `postgres` with a pool of one turn out to be 4.6 s of waiting for the pool and 0.1 s of query."""

    async def run():
        """Act it out in a loop."""
        async with asyncpg.create_pool(POSTGRES, min_size=1, max_size=1) as pool:

            async def query():
                """Query the database."""
                with wxtrace.span("storage", "postgres", "SELECT menu"):
                    await pool.fetchval("SELECT 1")
                    captured.clock.advance(0.1)

            async with pool.acquire():
                waiting = begun("oA", query)
                await stand(captured, "oA")
                captured.clock.advance(4.6)
            await waiting

    asyncio.run(run())

    assert {("storage", "postgres"): 0.1, ("wait", "asyncpg pool"): 4.6} == self_seconds(captured, "oA")


@needs("PostgreSQL")
def test_connecting_is_no_waiting(captured):
    """Who gets a holder without a connection waits no longer while he connects."""
    wait_at_connect = []

    async def note(connection):
        """Note which waits stand open."""
        wait_at_connect.append(captured.open)

    async def run():
        """Act it out in a loop."""
        async with asyncpg.create_pool(POSTGRES, min_size=0, max_size=1, init=note) as pool:
            async with pool.acquire() as connection:
                waiting = begun("oA", lambda: pool.fetchval("SELECT 1", timeout=60))
                await stand(captured, "oA")
                connection.terminate()
            await waiting

    asyncio.run(run())

    assert [[], []] == wait_at_connect
    assert [("oA", "asyncpg pool", "UNSET")] == waits(captured)


@needs("PostgreSQL")
def test_fifty_takers_of_a_pool_of_two(captured):
    """Of fifty takers of two connections, 48 wait once each, under their own request and nobody else's."""

    async def run():
        """Act it out in a loop."""
        async with asyncpg.create_pool(POSTGRES, min_size=2, max_size=2) as pool:
            async with pool.acquire(), pool.acquire():
                takers = [begun(f"o{one}", lambda: pool.fetchval("SELECT 1")) for one in range(48)]
                await stand(captured, *(f"o{one}" for one in range(48)))
                occupied = list(pools)
            await asyncio.gather(*takers)
        return occupied

    assert [Occupancy("asyncpg", 2, 2)] == asyncio.run(run())
    assert [(f"o{one}", "asyncpg pool", "UNSET") for one in range(48)] == waits(captured)
    assert [*range(48)] == [span.attributes["wxtrace.waiting"] for span in captured.spans]
    assert {1} == {sum(span.trace_id == one.trace_id for span in captured.spans) for one in captured.spans}


@needs("PostgreSQL")
def test_a_pool_that_runs_out_of_time(captured):
    """A time-out of the pool comes out as it is, and the wait tells it."""

    async def run():
        """Act it out in a loop."""
        async with asyncpg.create_pool(POSTGRES, min_size=1, max_size=1) as pool, pool.acquire():
            with pytest.raises(asyncio.TimeoutError):
                await as_request("oA", lambda: pool.acquire(timeout=0.01).__aenter__())

    asyncio.run(run())

    assert [("oA", "asyncpg pool", "TimeoutError: ")] == waits(captured)


@needs("MariaDB")
def test_a_pool_of_aiomysql(captured):
    """Waits at aiomysql's own pool are seen too, and a cancelled one as such."""

    async def run():
        """Act it out in a loop."""
        pool = await aiomysql.create_pool(host="127.0.0.1", user="root", db="test", minsize=1, maxsize=1)

        async def take():
            """Take a connection."""
            async with pool.acquire() as connection:
                return connection

        async with pool.acquire():
            one, other = begun("oA", take), begun("oB", take)
            await stand(captured, "oA", "oB")
            other.cancel()
            await asyncio.gather(other, return_exceptions=True)
        await one
        pool.close()
        await pool.wait_closed()

    asyncio.run(run())

    assert [("oA", "aiomysql pool", "UNSET"), ("oB", "aiomysql pool", "cancelled")] == waits(captured)
    assert [0, 1] == [span.attributes["wxtrace.waiting"] for span in captured.spans]


def test_sqlalchemy_in_time(captured, request_):
    """A pool with a connection ready, or with room for one more, makes nobody wait."""
    pool = QueuePool(Connection, pool_size=1, max_overflow=1)
    first, second = pool.connect(), pool.connect()
    first.close()
    pool.connect().close()
    second.close()

    assert [] == captured.spans
    assert [Occupancy("sqlalchemy", 0, 2)] == list(pools)


def test_sqlalchemy_without_bound(captured, request_):
    """A pool without a bound never makes anybody wait."""
    pool = QueuePool(Connection, pool_size=1, max_overflow=-1)
    held = [pool.connect() for _ in range(3)]

    assert ([], [Occupancy("sqlalchemy", 3, None)]) == (captured.spans, list(pools))
    for one in held:
        one.close()


def test_sqlalchemy_out_of_time(captured, request_):
    """A time-out of the pool comes out as it is, and the wait tells it."""
    pool = QueuePool(Connection, pool_size=1, max_overflow=0, timeout=0.01)
    held = pool.connect()
    with pytest.raises(sqlalchemy.exc.TimeoutError):
        pool.connect()
    held.close()

    ((_, module, ended),) = waits(captured)
    assert ("sqlalchemy pool", "TimeoutError: QueuePool limit of size 1 overflow 0 reached") == (
        module,
        ended.partition(", connection")[0],
    )


def test_a_pool_that_is_gone(captured, request_):
    """A pool that the app has thrown away is not kept, nor told of."""
    pool = QueuePool(Connection, pool_size=1)
    pool.connect().close()
    assert 1 == len(list(pools))
    del pool
    gc.collect()

    assert [] == list(pools)


def test_two_threads_of_two_requests(captured):
    """Waits of two requests in two threads stay apart."""
    pool = QueuePool(Connection, pool_size=1, max_overflow=0)

    def take():
        pool.connect().close()
        return threading.get_ident()

    async def run():
        """Act it out in a loop."""
        held = pool.connect()
        takers = [begun(openid, lambda: asyncio.to_thread(take)) for openid in ("oA", "oB")]
        await until(lambda: 2 == len(captured.open))
        held.close()
        return set(await asyncio.gather(*takers))

    assert 2 == len(asyncio.run(run()))
    assert {("oA", "sqlalchemy pool", "UNSET"), ("oB", "sqlalchemy pool", "UNSET")} == set(waits(captured))
    assert [0, 1] == [span.attributes["wxtrace.waiting"] for span in captured.spans]
