"""`start(instrument=True)`: OpenTelemetry's instrumentations, switched on and off."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from importlib.util import find_spec

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from serving import OPENID, STAMP, exchange, scope
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from waiting import needs

import wxtrace
from wxtrace.capture import instruments as room
from wxtrace.capture.instruments import Instruments, instruments

MARIADB = "mysql+{}://root@127.0.0.1/test"
POSTGRES = "postgresql+{}://root@127.0.0.1/test"
REPLY = b'{"errcode":40001,"errmsg":"invalid credential"}'
TOKEN = "http://api.weixin.qq.com/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=S3CR3T"
TOLD = TOKEN.replace("S3CR3T", "[redacted]")


def has(*names: str) -> pytest.MarkDecorator:
    """Skip a test where an instrumentation, or its library, is not installed."""
    wanted = [name for one in names for name in (f"opentelemetry.instrumentation.{one}",)]
    return pytest.mark.skipif(not all(map(_is_there, wanted)), reason=f"needs the instrumentations of {names}")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


class Conflict:
    """Why contrib refuses a version."""

    def __str__(self):
        return "only 1.x"


class Instrumentor:
    """An instrumentation as contrib has it: one of each class."""

    is_instrumented_by_opentelemetry = False
    conflict = None
    told = ()

    def __new__(cls):
        return vars(cls).get("one") or cls._first()

    @classmethod
    def _first(cls):
        cls.one, cls.told = object.__new__(cls), []
        return cls.one

    def _check_dependency_conflicts(self):
        return self.conflict

    def instrument(self, **options):
        """Switch on."""
        self.told.append(options)
        self.is_instrumented_by_opentelemetry = True

    def uninstrument(self):
        """Switch off."""
        self.told.append("off")
        self.is_instrumented_by_opentelemetry = False


@pytest.fixture(name="install")
def _install(monkeypatch):
    """Install instrumentations of these names, and no others."""
    installed: list[EntryPoint] = []
    monkeypatch.setattr(room, "entry_points", lambda group: installed)
    monkeypatch.setattr(room, "_OURS", {})

    def install(name, **traits):
        kind = type("Kind", (Instrumentor,), traits)
        monkeypatch.setattr(sys.modules[__name__], f"made_{name}", kind, raising=False)
        installed.append(EntryPoint(name, f"{__name__}:made_{name}", "opentelemetry_instrumentor"))
        monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
        return kind

    return install


def test_what_is_installed_is_switched_on(install):
    """Of those we know, what is installed is switched on, and off at the end; others are not touched."""
    redis, flask = install("redis"), install("flask")
    ours = Instruments()
    ours.switch_on(True)
    names = ours.names
    ours.switch_off()

    assert (("redis",), [{"skip_dep_check": True}, "off"], ()) == (names, redis().told, ours.names)
    assert [] == flask().told


def test_what_has_no_library_is_not_imported(install, monkeypatch):
    """An instrumentation whose library the app does not have is not even loaded."""
    monkeypatch.setattr(room, "_is_there", lambda module: False)
    kind = install("redis")
    ours = Instruments()
    ours.switch_on(True)

    assert ((), None) == (ours.names, vars(kind).get("one"))


def test_what_somebody_has_switched_on_is_left_alone(install):
    """Neither is it switched on a second time, nor off by us."""
    kind = install("redis", is_instrumented_by_opentelemetry=True)
    ours = Instruments()
    ours.switch_on(True)
    ours.switch_off()

    assert [] == kind().told


def test_names(install, caplog):
    """By name, those alone; one that is not installed is told, with the way to get it."""
    kind = install("redis"), install("requests")
    ours = Instruments()
    ours.switch_on(["requests", "pymongo"])

    assert (("requests",), []) == (ours.names, kind[0]().told)
    assert [
        "wxtrace: not instrumented: pymongo (not installed: pip install opentelemetry-instrumentation-pymongo)"
    ] == caplog.messages


def test_a_name_that_is_unknown(install, caplog):
    """It is called unknown, with the names that are known: nobody is told to install what might be anything."""
    install("requests")
    Instruments().switch_on(["celry"])
    (message,) = caplog.messages

    assert message.startswith("wxtrace: not instrumented: celry (unknown: known are aio-pika, aiohttp-client, ")
    assert "pip install" not in message


def test_refusals_are_one_warning(install, caplog):
    """What contrib refuses, and what fails, is one warning that one sees; the rest is switched on."""

    def fail(self, **options):
        raise RuntimeError("no such method")

    install("redis", conflict=Conflict())
    install("requests", instrument=fail)
    install("urllib3")
    ours = Instruments()
    ours.switch_on(True)
    (told,) = caplog.records

    assert ("wxtrace", logging.WARNING, ("urllib3",)) == (told.name, told.levelno, ours.names)
    assert (
        "wxtrace: not instrumented: redis (only 1.x); requests (RuntimeError: no such method)" == told.getMessage()
    )


def test_a_version_that_is_proven(install, monkeypatch):
    """What contrib refuses, and our tests have shown to work, is switched on without its check."""
    kind = install("redis", conflict=Conflict())
    monkeypatch.setattr(room, "PROVEN", {"redis": ("2.1.",)})
    monkeypatch.setattr(room, "version", lambda name: "2.1.9")
    ours = Instruments()
    ours.switch_on(True)

    assert ([{"skip_dep_check": True}], ("redis",)) == (kind().told, ours.names)


def test_nothing_without_the_argument(install, tmp_path):
    """`start` alone switches nothing on."""
    kind = install("redis")
    wxtrace.start(store=tmp_path, sealer=False)

    assert ((), []) == (instruments.names, kind().told)


@pytest.mark.parametrize("wanted", [True, ["redis"], "redis"])
def test_start_and_stop(install, tmp_path, wanted):
    """`start(instrument=…)` switches on what `stop()` switches off."""
    kind = install("redis")
    wxtrace.start(store=tmp_path, sealer=False, instrument=wanted)
    names = instruments.names
    wxtrace.stop()

    assert (("redis",), (), [{"skip_dep_check": True}, "off"]) == (names, instruments.names, kind().told)


def test_imports():
    """`import wxtrace` and `start()` import no instrumentation; nothing is imported that the app does not have."""
    code = (
        "import sys, wxtrace\n"
        "def names(): return sorted(n for n in sys.modules if n.startswith('wxtrace.capture.instruments')"
        " or n.startswith('opentelemetry.instrumentation.') or n in ('sqlalchemy', 'redis', 'requests'))\n"
        "wxtrace.start(sealer=False)\n"
        "assert [] == names(), names()\n"
        "import wxtrace.capture.instruments as room\n"
        "room._is_there = lambda module: False\n"
        "room.instruments.switch_on(True)\n"
        "assert ['wxtrace.capture.instruments'] == names(), names()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


@has("sqlalchemy")
def test_asynchronous_engines_are_traced_once():
    """Where SQLAlchemy's asyncio is imported after `start`, it makes its engines without contrib's wrapper."""
    code = (
        "import wxtrace\n"
        "wxtrace.start(sealer=False, instrument=['sqlalchemy'])\n"
        "import sqlalchemy\n"
        "from sqlalchemy.ext.asyncio import create_async_engine, engine\n"
        "made = sqlalchemy.create_engine, create_async_engine, engine._create_engine\n"
        "assert [False, False, True] == [type(one) is type(lambda: None) for one in made], made\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


class WeChat(BaseHTTPRequestHandler):
    """Answers every request as WeChat's API does when it refuses."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json; encoding=utf-8")
        self.send_header("Content-Length", str(len(REPLY)))
        self.end_headers()
        self.wfile.write(REPLY)

    def log_message(self, *told):
        """Be quiet."""


@pytest.fixture(name="proxy")
def _proxy():
    """A proxy behind which WeChat's API is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), WeChat) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(name="push", params=["light", "sdk"])
def _push(request, captured, tmp_path):
    """Do a job in a request, all instrumentations switched on; return the spans but the access span, and its id."""
    if request.param == "sdk":
        trace.set_tracer_provider(TracerProvider())

    def push(job):
        async def app(scope, receive, send):
            await job()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"success"})

        asyncio.run(exchange(wxtrace.AccessMiddleware(app), scope()))
        access = captured.span("asgi")
        spans = [span for span in captured.spans if span.module != "asgi" and span.name != "connect"]
        assert {(OPENID, STAMP, access.trace_id, access.span_id)} == {
            (span.openid, span.stamp, span.trace_id, span.parent_span_id) for span in spans
        }
        return spans

    instruments.switch_on(True)
    yield push
    instruments.switch_off()


def told(span):
    """Return what is compared of a span of a database."""
    return span.layer, span.module, span.name.split()[0], span.attributes["db.query.text"]


QUERY = text("SELECT 'lit' AS a, 1 AS b WHERE 2 IN (:x, :y)")


def in_sqlalchemy(url):
    """Return a job that asks a database through SQLAlchemy."""

    async def job():
        """Make the calls of one request."""
        engine = create_engine(url)
        with engine.connect() as connection:
            connection.execute(QUERY, {"x": 3, "y": 2}).all()
        engine.dispose()

    return job


def in_sqlalchemy_async(url):
    """Return a job that asks a database through SQLAlchemy's asyncio."""

    async def job():
        """Make the calls of one request."""
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            (await connection.execute(QUERY, {"x": 3, "y": 2})).all()
        await engine.dispose()

    return job


@pytest.mark.parametrize(
    ("job", "module"),
    [
        pytest.param(in_sqlalchemy(MARIADB.format("pymysql")), "mysql", marks=[needs("MariaDB"), has("pymysql")]),
        pytest.param(in_sqlalchemy_async(MARIADB.format("aiomysql")), "mysql", marks=needs("MariaDB")),
        pytest.param(
            in_sqlalchemy(POSTGRES.format("psycopg")), "postgres", marks=[needs("PostgreSQL"), has("psycopg")]
        ),
        pytest.param(
            in_sqlalchemy_async(POSTGRES.format("asyncpg")), "postgres", marks=[needs("PostgreSQL"), has("asyncpg")]
        ),
        pytest.param(in_sqlalchemy("sqlite://"), "sqlite"),
    ],
)
def test_sqlalchemy(push, job, module):
    """
    One span a query, though the driver is instrumented too, and the engine is not contrib's.

    `create_engine` was imported here before the instrumentation was switched on: contrib alone would miss it.
    """
    (query,) = [span for span in push(job) if not span.name.startswith(("ROLLBACK", "BEGIN"))]
    expected = "SELECT ? AS a, ? AS b WHERE ? IN (?)"

    assert ("storage", module, "SELECT", expected) == told(query)


@needs("PostgreSQL")
@has("asyncpg")
def test_asyncpg(push):
    """A query of asyncpg is a span, without its literals."""
    import asyncpg

    async def job():
        """Make the calls of one request."""
        connection = await asyncpg.connect("postgresql://root@127.0.0.1/test")
        await connection.fetch("SELECT 'lit', $1::int", 3)
        await connection.close()

    assert [("storage", "postgres", "SELECT", "SELECT ?, $1::int")] == list(map(told, push(job)))


@needs("PostgreSQL")
@has("psycopg")
def test_psycopg(push):
    """A query of psycopg is a span, without its literals."""
    import psycopg

    async def job():
        """Make the calls of one request."""
        connection = await psycopg.AsyncConnection.connect("postgresql://root@127.0.0.1/test")
        await connection.execute("SELECT 'lit', %s", (3,))
        await connection.close()

    assert [("storage", "postgres", "SELECT", "SELECT ?, %s")] == list(map(told, push(job)))


@needs("MariaDB")
@has("pymysql")
def test_pymysql(push):
    """A query of PyMySQL is a span, without its literals."""
    import pymysql

    async def job():
        """Make the calls of one request."""
        connection = pymysql.connect(host="127.0.0.1", user="root", database="test")
        connection.cursor().execute("SELECT 'lit', \"lit\", %s", (3,))
        connection.close()

    assert [("storage", "mysql", "SELECT", "SELECT ?, ?, %s")] == list(map(told, push(job)))


@needs("Redis")
@has("redis")
def test_redis(push):
    """A command of redis is a span, without its arguments."""
    import redis.asyncio

    async def job():
        """Make the calls of one request."""
        client = redis.asyncio.Redis(port=6379)
        await client.set("wxtrace-test", "lit")
        await client.aclose()

    (span,) = (span for span in push(job) if span.name == "SET")

    assert ("storage", "redis", "SET", "SET ? ?") == told(span)


async def by_httpx(proxy):
    """Ask with httpx; the app gets the whole reply, streamed or not."""
    import httpx

    async with httpx.AsyncClient(proxy=proxy) as client, client.stream("GET", TOKEN) as reply:
        return b"".join([part async for part in reply.aiter_raw()])


async def by_httpx_in_a_thread(proxy):
    """Ask with httpx' synchronous client."""
    import httpx

    with httpx.Client(proxy=proxy) as client:
        return client.get(TOKEN).content  # noqa: ASYNC212  # it is what is tested


async def by_requests(proxy):
    """Ask with requests."""
    import requests

    with requests.Session() as session:
        return session.get(TOKEN, proxies={"http": proxy}).content


async def by_urllib3(proxy):
    """Ask with urllib3."""
    import urllib3

    with urllib3.ProxyManager(proxy) as pool:
        return pool.request("GET", TOKEN).data


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(by_httpx, marks=has("httpx")),
        pytest.param(by_httpx_in_a_thread, marks=has("httpx")),
        pytest.param(by_requests, marks=has("requests", "urllib3")),
        pytest.param(by_urllib3, marks=has("urllib3")),
    ],
)
def test_http(push, captured, proxy, ask):
    """A call of WeChat's API is one span, with its path and errcode; the app gets its bytes, nobody the secret."""
    got = []

    async def job():
        """Make the calls of one request."""
        got.append(await ask(proxy))

    (span,) = push(job)
    attributes = {key: span.attributes.get(key) for key in ("url.full", "wechat.errcode", "http.request.method")}

    assert [REPLY] == got
    assert ("remote", "api.weixin.qq.com", "GET /cgi-bin/token", "errcode 40001") == (
        span.layer,
        span.module,
        span.name,
        span.status_message,
    )
    assert {"url.full": TOLD, "wechat.errcode": 40001, "http.request.method": "GET"} == attributes
    assert not [packed for packed in captured.packed if b"S3CR3T" in packed]


@has("aiohttp_client")
def test_aiohttp(push, proxy):
    """A call with aiohttp is one span, without an errcode: the reply is still to be read when it ends."""
    import aiohttp

    async def job():
        """Make the calls of one request."""
        async with aiohttp.ClientSession() as session, session.get(TOKEN, proxy=proxy) as reply:
            await reply.read()

    (span,) = push(job)

    assert ("api.weixin.qq.com", "GET /cgi-bin/token", TOLD) == (
        span.module,
        span.name,
        span.attributes["url.full"],
    )


def test_a_waiting_query_is_one_span_each(push, captured):
    """Where a query has to wait for its connection, the wait is a span of its own, and the query still one."""
    from sqlalchemy.pool import QueuePool

    from wxtrace.capture.waits.libraries import hooks

    hooks.place()
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0)

    async def job():
        """Make the calls of one request."""
        with engine.connect() as connection:
            connection.execute(text("SELECT 1")).all()

    assert [("storage", "sqlite", "SELECT", "SELECT ?")] == list(map(told, push(job)))
    hooks.remove()
    engine.dispose()
