"""
The WSGI app that the survival tests serve, kill and recycle: Flask, or Django where FRAMEWORK says so.

It keeps the same ledger as `survival_app`, and is driven by the same settings.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache

import structlog

import wxtrace

PACE = float(os.environ.get("PACE", "0.002"))
_ledger = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_numbers = itertools.count(1)
_openid: ContextVar[str] = ContextVar("openid", default="-")

wxtrace.start(service="survival", sealer=os.environ.get("SEALER") == "1")
structlog.configure(
    processors=[wxtrace.structlog_processor, structlog.processors.JSONRenderer()],
    logger_factory=structlog.WriteLoggerFactory(open(os.devnull, "w")),  # noqa: SIM115 - as long as the process
)
_log = structlog.get_logger()
_library = logging.getLogger("library")
_library.addHandler(wxtrace.LogHandler())
_library.setLevel(logging.INFO)


def note(*words):
    """Write a line into the ledger."""
    os.write(_ledger, (" ".join(map(str, (os.getpid(), *words))) + "\n").encode())


def say(event, log=_log):
    """Log a line, by structlog or `logging`, and note it."""
    number = f"{os.getpid()}-{next(_numbers)}"
    if log is _log:
        log.info(event, number=number)
    else:
        log.info(event, extra={"number": number})
    note("log", _openid.get(), number)


@contextmanager
def step(layer, module):
    """Be inside a span, and note when it has begun and when it has ended."""
    with wxtrace.span(layer, module, f"work of {module}") as span:
        span_id = "-" if span is None else format(span.get_span_context().span_id, "016x")
        note("enter", _openid.get(), span_id, module)
        yield
    note("left", _openid.get(), span_id, module)


def work(layer, module):
    """Work in a layer, and say so in two ways."""
    with step(layer, module):
        time.sleep(PACE)
        say(f"{module} worked")
        say(f"{module} worked", _library)


@cache
def pool():
    """Return the pool of threads; made when first needed, so that a fork has its own."""
    return ThreadPoolExecutor(16)


def answer(openid):
    """Answer a push with nested layers, an executor's thread and one of our own."""
    _openid.set(openid)
    note("in", openid)
    with step("logic", "reply.menu"):
        work("storage", "mysql")
        pool().submit(copy_context().run, work, "storage", "pool").result()
        thread = threading.Thread(target=copy_context().run, args=(work, "storage", "thread"))
        thread.start()
        thread.join()
    note("out", openid)
    return "success"


def stream(openid):
    """Answer a push in two pieces, with work before each."""
    for part in ("succ", "ess"):
        _openid.set(openid)
        work("logic", f"reply.{part}")
        yield part


def big(openid):
    """Answer for ever, in large pieces."""
    _openid.set(openid)
    note("in", openid)
    while True:
        yield b"x" * 65536


def hang(openid):
    """Begin to answer, and never come to an end."""
    _openid.set(openid)
    note("in", openid)
    with step("logic", "reply.stuck"):
        say("stuck")
        threading.Event().wait()


def leave(openid):
    """Record, and end the process before the reply: no handler, no flush, no goodbye."""
    _openid.set(openid)
    with step("logic", "reply.last"):
        say("last words")
    os._exit(0)


def afterwards(openid):
    """Work once the reply is out."""
    _openid.set(openid)
    work("remote", "crm")


ROUTES = {"push": answer, "stream": stream, "hang": hang, "big": big, "leave": leave}


def in_flask():
    """Return the app in Flask."""
    import flask

    app = flask.Flask("survival")

    @app.post("/file")
    def file():
        """Reply with a file, which gunicorn sends by itself."""
        assert flask.request.get_data()
        return flask.send_file(__file__)

    @app.post("/<what>")
    def reply(what):
        """Reply, and work on once the reply is out."""
        openid = flask.request.args["openid"]
        assert flask.request.get_data()
        response = flask.Response(ROUTES[what](openid))
        response.call_on_close(lambda: afterwards(openid))
        return response

    return app


def in_django():
    """Return the app in Django."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import StreamingHttpResponse
    from django.urls import path

    class Response(StreamingHttpResponse):
        """Works on once the reply is out."""

        def close(self):
            """Close, then work."""
            super().close()
            afterwards(self.openid)

    def reply(request, what):
        """Reply."""
        assert request.body
        openid = request.GET["openid"]
        made = ROUTES[what](openid)
        response = Response([made] if isinstance(made, str) else made)
        response.openid = openid
        return response

    urls = (path("<what>", reply),)
    settings.configure(ROOT_URLCONF=urls, SECRET_KEY="s", ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None)
    return get_wsgi_application()


class Outermost:
    """Notes each request that is over. It stands outside of the tagging."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        result = self.app(environ, start_response)
        if isinstance(result, environ.get("wsgi.file_wrapper", ())):
            note("file", type(result).__module__)
            return result
        return self.noted(result, environ["QUERY_STRING"].partition("openid=")[2].partition("&")[0])

    def noted(self, result, openid):
        """Yield what is returned, and note when it is closed."""
        try:
            yield from result
        finally:
            result.close()
            note("done", openid)


app = Outermost(wxtrace.WSGIAccessMiddleware({"django": in_django}.get(os.environ.get("FRAMEWORK"), in_flask)()))
