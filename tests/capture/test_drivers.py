"""Drivers that are called directly, with `instrument=True`; and pools that are exhausted meanwhile."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine
from waiting import as_request, begun, needs, stand

import wxtrace
from wxtrace.capture.instruments import LIBRARIES, instruments
from wxtrace.capture.provider import origin
from wxtrace.capture.waits.libraries import hooks
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild

ON_MARIADB = {"host": "127.0.0.1", "user": "root", "database": "test"}
ON_POSTGRES = "postgresql://root@127.0.0.1/test"
SECRET = "S3cr3t"


@pytest.fixture(name="on", autouse=True)
def _on(captured):
    """Switch on all that is installed, and what is done where requests wait for connections."""
    origin.decide()
    instruments.switch_on(True)
    hooks.place()
    yield
    hooks.remove()
    instruments.switch_off()


def has(name):
    """Skip a test where an instrumentation or its library is not installed: mysqlclient is compiled."""
    wanted = LIBRARIES[name].partition(".")[0], f"opentelemetry.instrumentation.{name}"
    return pytest.mark.skipif(not all(map(find_spec, wanted)), reason=f"{name} is not installed")


def mysqlclient():
    """Connect by mysqlclient."""
    import MySQLdb

    return MySQLdb.connect(**ON_MARIADB)


def mysql(**options):
    """Connect by MySQL's own connector."""
    import mysql.connector

    return mysql.connector.connect(**ON_MARIADB, **options)


def mysql_in_python():
    """Connect by MySQL's own connector, without its C part."""
    return mysql(use_pure=True)


def psycopg2():
    """Connect by psycopg2."""
    import psycopg2

    return psycopg2.connect(ON_POSTGRES)


@pytest.mark.parametrize(
    ("connect", "module"),
    [
        pytest.param(mysqlclient, "mysql", marks=[needs("MariaDB"), has("mysqlclient")]),
        pytest.param(mysql, "mysql", marks=[needs("MariaDB"), has("mysql")]),
        pytest.param(mysql_in_python, "mysql", marks=[needs("MariaDB"), has("mysql")]),
        pytest.param(psycopg2, "postgres", marks=[needs("PostgreSQL"), has("psycopg2")]),
    ],
)
@pytest.mark.filterwarnings("ignore:This version of the server")  # MySQL's own connector, of MariaDB
def test_a_driver(captured, connect, module):
    """A query is one span in its place, under the push, without literals and parameters."""

    async def ask():
        """Ask as an app does."""
        connection = connect()
        cursor = connection.cursor()
        cursor.execute(f"SELECT '{SECRET}' AS a, 7 AS b, %s", (SECRET,))
        cursor.fetchall()
        connection.close()

    asyncio.run(as_request("oA", ask))
    spans = [(span.openid, span.layer, span.module, span.attributes["db.query.text"]) for span in captured.spans]

    assert [("oA", "storage", module, "SELECT ? AS a, ? AS b, %s")] == spans
    assert SECRET.encode() not in b"".join(captured.packed)


QUERY = sqlalchemy.text("SELECT 'Fan'")


async def in_threads(captured):
    """Have two pushes want the one connection of a pool, in threads."""
    engine = sqlalchemy.create_engine("mysql+pymysql://root@127.0.0.1/test", pool_size=1, max_overflow=0)

    def query():
        """Be the second."""
        with wxtrace.span("logic", "reply", "menu"), engine.connect() as connection:
            captured.clock.advance(0.1)
            connection.execute(QUERY)

    with engine.connect():
        waiting = begun("oA", lambda: asyncio.to_thread(query))
        await stand(captured, "oA")
        captured.clock.advance(4.6)
    await waiting
    engine.dispose()


def in_tasks(address):
    """Return what has two pushes want the one connection of a pool, in tasks."""

    async def want(captured):
        """Have them want it."""
        engine = create_async_engine(address, pool_size=1, max_overflow=0)

        async def query():
            """Be the second."""
            with wxtrace.span("logic", "reply", "menu"):
                async with engine.connect() as connection:
                    captured.clock.advance(0.1)
                    await connection.execute(QUERY)

        async with engine.connect():
            waiting = begun("oA", query)
            await stand(captured, "oA")
            captured.clock.advance(4.6)
        await waiting
        await engine.dispose()

    return want


@pytest.mark.parametrize(
    ("want", "module"),
    [
        pytest.param(in_threads, "mysql", marks=needs("MariaDB"), id="threads"),
        pytest.param(
            in_tasks("mysql+aiomysql://root@127.0.0.1/test"), "mysql", marks=needs("MariaDB"), id="aiomysql"
        ),
        pytest.param(
            in_tasks("postgresql+asyncpg://root@127.0.0.1/test"),
            "postgres",
            marks=needs("PostgreSQL"),
            id="asyncpg",
        ),
    ],
)
def test_an_exhausted_pool(captured, want, module):
    """Of two pushes that want one connection, the second has waited for the pool, not for the database."""
    asyncio.run(want(captured))
    spans = [span for span in captured.spans if span.openid == "oA"]
    (attempt,) = rebuild(spans, [], captured.clock.now_ns, {})
    own = {(one.layer, one.module): round(one.self_ns / 1e9, 2) for one in modules_of(attempt)}
    asked = [span.attributes["db.query.text"] for span in spans if "SELECT" in span.name]

    assert {("logic", "reply"): 0.1, ("storage", module): 0.0, ("wait", "sqlalchemy pool"): 4.6} == own
    assert ["SELECT ?"] == asked
