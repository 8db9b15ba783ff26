"""The calls of `instruments.py`: to databases, a cache, a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from costs.pushes import App, Message, Receive, Scope, Send

Call = Callable[[], object]
LITE = "sqlite://"
SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", 65536
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *told): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
"""The program of the server that httpx and requests ask."""


def sqlalchemy(url: str) -> Callable[[str], Call]:
    """Ask through SQLAlchemy."""

    def make(server: str) -> Call:
        from sqlalchemy import create_engine, text

        connection = create_engine(url).connect()
        query = text("SELECT 1 AS a, 'Fan' AS b WHERE 2 = :x")
        return lambda: connection.execute(query, {"x": 2}).all()

    return make


def pymysql(server: str) -> Call:
    """Ask MariaDB."""
    import pymysql

    cursor = pymysql.connect(host="127.0.0.1", user="root", database="test").cursor()
    return lambda: cursor.execute("SELECT 1, 'Fan', %s", (2,))


def psycopg(server: str) -> Call:
    """Ask PostgreSQL."""
    import psycopg

    cursor = psycopg.connect("postgresql://root@127.0.0.1/test").cursor()
    return lambda: cursor.execute("SELECT 1, 'Fan', %s", (2,))


def redis(server: str) -> Call:
    """Ask Redis."""
    import redis

    client = redis.Redis()
    client.ping()
    return lambda: client.get("wxtrace-benchmark")


def httpx(server: str) -> Call:
    """Ask a server over a connection that is kept."""
    import httpx

    client = httpx.Client()
    return lambda: client.get(server)


def requests(server: str) -> Call:
    """Ask a server over a connection that is kept."""
    import requests

    session = requests.Session()
    return lambda: session.get(server)


CALLS: dict[str, Callable[[str], Call]] = {
    "SQLAlchemy, SQLite": sqlalchemy(LITE),
    "SQLAlchemy, MariaDB": sqlalchemy("mysql+pymysql://root@127.0.0.1/test"),
    "SQLAlchemy, PostgreSQL": sqlalchemy("postgresql+psycopg://root@127.0.0.1/test"),
    "PyMySQL": pymysql,
    "psycopg": psycopg,
    "redis": redis,
    "httpx": httpx,
    "requests": requests,
}
"""What is measured, and what makes the call, given the address of the server."""


def asking(server: str) -> App:
    """Return an app that asks SQLAlchemy, redis and httpx once each for a push."""
    calls: list[Any] = [sqlalchemy(LITE)(server), redis(server), httpx(server)]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for call in calls:
            call()
        head: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]}
        await send(head)
        await send({"type": "http.response.body", "body": b"success"})

    return app
