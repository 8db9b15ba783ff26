"""
The app that the survival tests kill, fork and starve. It keeps a ledger of its own.

A line of the ledger is one `os.write` to a file opened with O_APPEND: when it is
there, what it tells of has happened, whatever became of the process afterwards::

    <pid> in|out|done <openid>                       a request: begun, its reply about to go, over
    <pid> enter|left <openid> <span id> <module>     a span: begun, ended
    <pid> log <openid> <pid>-<counter>               a log call that has returned

Settings come by the environment: LEDGER, PACE (seconds that a step takes at most),
SEALER=1, VARIANT (contrib, sdk), and what wxtrace itself reads.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache

import structlog
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace

FLOOD = 1000
"""Log lines of a push to /flood."""
PACE = float(os.environ.get("PACE", "0.005"))
_ledger = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_numbers = itertools.count(1)
_openid: ContextVar[str] = ContextVar("openid", default="-")

if os.environ.get("VARIANT") == "sdk":
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    trace.set_tracer_provider(TracerProvider())
wxtrace.start(service="survival", sealer=os.environ.get("SEALER") == "1")
structlog.configure(
    processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
    logger_factory=structlog.WriteLoggerFactory(open(os.devnull, "w")),  # noqa: SIM115 - as long as the process
)
_log = structlog.get_logger()


def note(*words: object) -> None:
    """Write a line into the ledger."""
    os.write(_ledger, (" ".join(map(str, (os.getpid(), *words))) + "\n").encode())


def say(event: str) -> None:
    """Log a line, and note it."""
    number = f"{os.getpid()}-{next(_numbers)}"
    _log.info(event, number=number)
    note("log", _openid.get(), number)


@contextmanager
def step(layer: str, module: str) -> Iterator[None]:
    """Be inside a span, and note when it has begun and when it has ended."""
    with wxtrace.span(layer, module, f"work of {module}") as span:
        span_id = "-" if span is None else format(span.get_span_context().span_id, "016x")
        note("enter", _openid.get(), span_id, module)
        yield
    note("left", _openid.get(), span_id, module)


async def store_in(module: str) -> None:
    """Work in the storage layer, and one deeper."""
    with step("storage", module):
        await asyncio.sleep(random.random() * PACE)
        with step("remote", f"{module}.wire"):
            await asyncio.sleep(random.random() * PACE)
            say(f"{module} answered")


def compute(module: str) -> None:
    """Work in the storage layer, in a thread."""
    with step("storage", module):
        time.sleep(random.random() * PACE / 4)
        say(f"{module} computed")


@cache
def pool() -> ThreadPoolExecutor:
    """Return the pool of plain threads; made when first needed, so that a fork has its own."""
    return ThreadPoolExecutor(8 if PACE else 128)


async def push(request: Request) -> PlainTextResponse:
    """Answer with nested layers, siblings, two kinds of thread and a background task."""
    with step("logic", "reply.menu"):
        say("arrived")
        loop = asyncio.get_running_loop()
        if not PACE:
            loop.set_default_executor(pool())  # wide enough that nobody waits for a thread: waits are records too
        in_pool = loop.run_in_executor(pool(), copy_context().run, compute, "pool")
        siblings = store_in("mysql"), store_in("redis"), asyncio.to_thread(compute, "thread")
        await asyncio.gather(*siblings, in_pool)
    return PlainTextResponse("success", background=BackgroundTask(afterwards))


async def afterwards() -> None:
    """Work once the reply is out."""
    with step("remote", "crm"):
        await asyncio.sleep(random.random() * PACE)
        say("crm told")


def sync_push(request: Request) -> PlainTextResponse:
    """Answer from the threadpool."""
    with step("logic", "reply.sync"):
        compute("sync")
    return PlainTextResponse("success")


async def flood(request: Request) -> PlainTextResponse:
    """Say a thousand things."""
    for _ in range(FLOOD):
        say("x" * 2000)
    # with something in it `after_reply` is always a record, else only where the machine is busy
    return PlainTextResponse("success", background=BackgroundTask(afterwards))


async def leave(request: Request) -> PlainTextResponse:
    """Record, and end the process before the reply: no handler, no flush, no goodbye."""
    with step("logic", "reply.last"):
        say("last words")
    os._exit(0)


class Ledgered:
    """Notes each request as it comes in, and just before its reply goes out. It stands inside of the tagging."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        _openid.set(openid_of(scope))
        note("in", _openid.get())

        async def sending(message):
            if message["type"] == "http.response.body" and not message.get("more_body"):
                note("out", _openid.get())
            await send(message)

        await self.app(scope, receive, sending)


class Outermost:
    """Notes each request that is over. It stands outside of the tagging."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)
        if scope["type"] == "http":
            note("done", openid_of(scope))


def openid_of(scope) -> str:
    """Return the openid of a request's query."""
    return scope["query_string"].decode().partition("openid=")[2].partition("&")[0] or "-"


_routes = [
    Route("/push", push, methods=["POST"]),
    Route("/sync", sync_push, methods=["POST"]),
    Route("/flood", flood, methods=["POST"]),
    Route("/leave", leave, methods=["POST"]),
]
_contrib = os.environ.get("VARIANT") == "contrib"
app = Outermost(wxtrace.AccessMiddleware(Ledgered(Starlette(routes=_routes)), contrib=_contrib))
