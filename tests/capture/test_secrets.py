"""A secret is planted wherever an instrumented call can have one; no file of the store may hold it."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from serving import OPENID, STAMP, exchange, scope
from waiting import needs

import wxtrace

S = "S3cr3tS3cr3t"
QUERY = f"access_token={S}&secret={S}&js_code={S}&appid=wx1"
HEADERS = {"Authorization": f"Bearer {S}", "Cookie": f"a={S}"}
TABLE = "CREATE TEMPORARY TABLE fans (name VARCHAR(40) PRIMARY KEY)"


class Refusing(BaseHTTPRequestHandler):
    """Refuses every request, with a secret in the reply."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"errcode":40001,"access_token":"%b"}' % S.encode()
        self.send_response(401)
        self.send_header("Set-Cookie", f"a={S}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *told):
        """Be quiet."""


@pytest.fixture(name="url")
def _url():
    """Where a server refuses everything; a secret is in the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://u:{S}@127.0.0.1:{server.server_port}/sns?{QUERY}"
        server.shutdown()
        thread.join()


def by_sqlalchemy(address):
    """Return a job that asks through SQLAlchemy, and fails."""

    async def job(url):
        """Make the calls of one request."""
        from sqlalchemy import create_engine, text
        from sqlalchemy.pool import NullPool

        engine = create_engine(address, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(f"SELECT '{S}', :name"), {"name": S}).all()
            connection.execute(text(TABLE))
            for _ in range(2):
                connection.execute(text(f"INSERT INTO fans VALUES ('{S}')"))

    return job


async def by_pymysql(url):
    """Ask with PyMySQL, and fail."""
    import pymysql

    with pymysql.connect(host="127.0.0.1", user="root", database="test") as connection:
        cursor = connection.cursor()
        cursor.execute(TABLE)
        for _ in range(2):
            cursor.execute("INSERT INTO fans VALUES (%s)", (S,))


async def by_psycopg(url):
    """Ask with psycopg, and fail."""
    import psycopg

    with psycopg.connect(f"postgresql://root:{S}@127.0.0.1/test") as connection:
        connection.execute(TABLE)
        for _ in range(2):
            connection.execute("INSERT INTO fans VALUES (%s)", (S,))


async def by_asyncpg(url):
    """Ask with asyncpg, and fail."""
    import asyncpg

    connection = await asyncpg.connect(f"postgresql://root:{S}@127.0.0.1/test")
    try:
        await connection.execute(TABLE)
        for _ in range(2):
            await connection.execute("INSERT INTO fans VALUES ($1)", S)
    finally:
        await connection.close()


async def by_redis(url):
    """Ask with redis, and fail."""
    import redis

    with redis.Redis() as client:
        client.set(f"wxtrace-test:{S}", S, ex=9)
        client.pipeline().get(f"wxtrace-test:{S}").execute()
        client.lpush(f"wxtrace-test:{S}", S)


async def by_httpx(url):
    """Ask with httpx, and fail."""
    import httpx

    async with httpx.AsyncClient(headers=HEADERS) as client:
        (await client.post(url, json={"secret": S})).raise_for_status()


async def by_requests(url):
    """Ask with requests, and fail."""
    import requests

    with requests.Session() as session:
        session.post(url, json={"secret": S}, headers=HEADERS).raise_for_status()


async def by_urllib3(url):
    """Ask with urllib3 where nobody answers."""
    import urllib3

    with urllib3.PoolManager(retries=False) as pool:
        pool.request("GET", f"http://127.0.0.1:1/sns?{QUERY}", headers=HEADERS)


async def by_aiohttp(url):
    """Ask with aiohttp, and fail."""
    import aiohttp

    async with aiohttp.ClientSession(raise_for_status=True) as session:
        await session.get(url)


@pytest.mark.parametrize(
    ("job", "module"),
    [
        pytest.param(by_sqlalchemy("sqlite://"), "sqlite", id="sqlite"),
        pytest.param(
            by_sqlalchemy("mysql+pymysql://root@127.0.0.1/test"), "mysql", marks=needs("MariaDB"), id="mysql"
        ),
        pytest.param(
            by_sqlalchemy(f"postgresql+psycopg://root:{S}@127.0.0.1/test"),
            "postgres",
            marks=needs("PostgreSQL"),
            id="postgres",
        ),
        pytest.param(by_pymysql, "mysql", marks=needs("MariaDB")),
        pytest.param(by_psycopg, "postgres", marks=needs("PostgreSQL")),
        pytest.param(by_asyncpg, "postgres", marks=needs("PostgreSQL")),
        pytest.param(by_redis, "redis", marks=needs("Redis")),
        pytest.param(by_httpx, "127.0.0.1"),
        pytest.param(by_requests, "127.0.0.1"),
        pytest.param(by_urllib3, "127.0.0.1"),
        pytest.param(by_aiohttp, "127.0.0.1"),
    ],
)
def test_no_file_holds_a_secret(tmp_path, url, job, module):
    """
    Of literals, parameters, keys, values, URLs, headers and bodies no byte is stored, nor of errors that repeat it.

    The call fails in an own step and through our middleware, so that the error is told at each place there is.
    """
    wxtrace.start(store=tmp_path, sealer=False, instrument=True)

    @wxtrace.logic("reply.secret")
    async def reply():
        """Make the call in a step."""
        await job(url)

    async def app(scope, receive, send):
        """Fail."""
        await receive()
        await reply()

    push = f"signature={S}&timestamp={STAMP}&nonce=7&openid={OPENID}".encode()
    with pytest.raises(Exception):  # noqa: B017, PT011  # each library has its own
        asyncio.run(exchange(wxtrace.AccessMiddleware(app), scope(push)))
    wxtrace.stop()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert [] == [word for word in (OPENID, "reply.secret", module) if word.encode() not in stored]
    assert S.encode() not in stored
