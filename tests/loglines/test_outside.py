"""Log lines that are made outside of the middleware, of what the app has raised: whose they are."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
import structlog
from fastapi import FastAPI
from serving import OPENID, QUERY, STAMP, exchange, scope, serve
from starlette.responses import PlainTextResponse

import wxtrace
from wxtrace import LogFilter, LogHandler, structlog_processor

TAG = (OPENID, STAMP, "77")
log = logging.getLogger("app")


@pytest.fixture(name="captured_lines")
def with_our_handler(captured, logging_):
    """What is recorded, with our handler on the root and our processor in structlog."""
    logging_.handlers[:] = [LogHandler()]

    def drop(logger, method, event):
        raise structlog.DropEvent

    structlog.configure(processors=[structlog_processor, drop])
    return captured


def told(captured):
    """Return event and tag of the lines, but for what a span tells."""
    return [(line.event, line.openid, line.stamp) for line in captured.logs if line.logger != "opentelemetry"]


def failing(handler):
    """Return an app in FastAPI that raises, and has *handler* for it, which stands outside of our middleware."""
    app = FastAPI(telemetry={"tracing": False})
    app.add_middleware(wxtrace.AccessMiddleware)
    app.exception_handler(Exception)(handler)

    @app.post("/wechat")
    async def callback() -> None:
        """Raise."""
        log.info("inside")
        raise LookupError("no menu")

    return app


async def in_a_coroutine(request, error):
    """Log in three ways, and answer."""
    log.error("by logging")
    log.error("with the exception", exc_info=error)
    structlog.get_logger().error("by structlog")
    return PlainTextResponse("sorry", 500)


def in_a_thread(request, error):
    """The same; Starlette calls plain functions in a thread."""
    assert threading.current_thread() is not threading.main_thread()
    log.error("by logging")
    log.error("with the exception", exc_info=error)
    structlog.get_logger().error("by structlog")
    return PlainTextResponse("sorry", 500)


@pytest.mark.parametrize("handler", [in_a_coroutine, in_a_thread])
def test_a_handler_of_exceptions(captured_lines, handler):
    """FastAPI's handler of `Exception` runs outside of all middlewares; what it says is known by whose it is."""
    with pytest.raises(LookupError, match="no menu"):
        serve(failing(handler))
    lines = ("inside", "by logging", "with the exception", "by structlog")

    assert [(line, OPENID, STAMP) for line in lines] == told(captured_lines)
    assert {captured_lines.span("asgi").span_id} == {line.span_id for line in captured_lines.logs}


def test_the_tag_is_bound_where_the_app_is_wrapped(captured_lines):
    """Around the whole app the middleware sees what a handler of exceptions replies, and tags its spans."""

    async def handler(request, error):
        """Work, and answer."""
        with wxtrace.span("storage", "redis", "remember"):
            return PlainTextResponse(f"sorry, {wxtrace.current_tag().openid}", 503)

    app = FastAPI(telemetry={"tracing": False})
    app.exception_handler(Exception)(handler)

    @app.post("/wechat")
    async def callback() -> None:
        """Raise."""
        raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        serve(wxtrace.AccessMiddleware(app))

    assert [("asgi", OPENID), ("redis", OPENID)] == [(span.module, span.openid) for span in captured_lines.spans]
    assert 503 == captured_lines.span("asgi").attributes["http.response.status_code"]


def test_one_task_that_serves_two_requests(captured_lines):
    """Once the next request begins, what is said in its task is no longer of the one that has failed."""
    outcomes = iter([LookupError("no menu"), None, None])

    async def app(request, receive, send):
        """Raise, if it is one's turn."""
        log.info("inside")
        if error := next(outcomes):
            raise error
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"success"})

    async def both():
        """Serve two requests in one task, and say something after each."""
        served = wxtrace.AccessMiddleware(app)
        with pytest.raises(LookupError):
            await exchange(served, scope())
        log.info("after the first")
        await exchange(served, scope(QUERY.replace(b"oA-1_b", b"oB")))
        log.info("after the second")

    asyncio.run(both())

    assert [
        ("inside", OPENID, STAMP),
        ("after the first", OPENID, STAMP),
        ("inside", "oB", STAMP),
    ] == told(captured_lines)


def test_a_line_with_the_query(captured_lines):
    """An access line with the query of the request that has just left its task is of that one, another nobody's."""

    async def reply(request, receive, send):
        """Answer."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"success"})

    async def served():
        """Serve a request, then write lines as gunicorn's own ASGI worker does."""
        await exchange(wxtrace.AccessMiddleware(reply), scope())
        for query in (QUERY, QUERY.replace(b"oA-1_b", b"oB"), b"", b"timestamp=1"):
            log.info("%(m)s", {"m": "POST", "q": query.decode()})
        log.info("afterwards")

    asyncio.run(served())

    assert [("POST", OPENID, STAMP)] == told(captured_lines)


def test_an_exception_that_was_never_in_a_request(captured_lines):
    """An exception of nobody's is nobody's."""
    try:
        raise LookupError("no menu")
    except LookupError:
        log.exception("failed")

    assert [] == told(captured_lines)


def failed_in_wsgi(path="/wechat"):
    """Let a WSGI app raise, and return what it raised as a server catches it."""

    def app(environ, start_response):
        """Raise."""
        raise LookupError("no menu")

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": QUERY.decode()}
    try:
        wxtrace.WSGIAccessMiddleware(app)(environ, print)
    except LookupError as error:
        return error


def test_a_line_with_what_a_wsgi_app_has_raised(captured_lines):
    """A server's line with the exception is of the request that it came from, the next one is not."""
    error = failed_in_wsgi()
    log.error("with the exception", exc_info=error)
    log.error("without")

    assert [("with the exception", OPENID, STAMP)] == told(captured_lines)


def test_a_line_while_what_a_wsgi_app_has_raised_is_handled(captured_lines):
    """A line that is made while the exception is handled is of that request too, in what is written as well."""
    record = logging.makeLogRecord({})
    try:
        raise failed_in_wsgi()
    except LookupError:
        log.error("handled")
        LogFilter().filter(record)

    assert [("handled", OPENID, STAMP)] == told(captured_lines)
    assert (OPENID, STAMP, captured_lines.logs[0].trace_id) == (record.openid, record.stamp, record.trace_id)


def test_a_line_with_atoms(captured_lines):
    """An access line with the environ in its arguments, as gunicorn makes them, is of that environ's request."""
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/wechat", "QUERY_STRING": QUERY.decode()}
    wxtrace.WSGIAccessMiddleware(lambda environ, start_response: [b"success"])(environ, print)
    log.info("%(m)s", {"m": "POST", **{f"{{{key.lower()}}}e": value for key, value in environ.items()}})
    log.info("%(m)s", {"m": "GET"})

    assert [("POST", OPENID, STAMP)] == told(captured_lines)
