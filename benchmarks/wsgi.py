"""
What the WSGI middleware adds to a request, beside the ASGI one and OpenTelemetry's.

    python benchmarks/wsgi.py [--requests 2000] [--rounds 15]

An app reads a push of text and replies ``success``, without sockets and without a framework. It is called bare and
with each middleware around it, in rounds taken in turn, in one process; wxtrace records into a journal. CPU of all
threads; the median of the rounds, with the lowest and the highest.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

import wxtrace

QUERY = b"signature=0a1b&timestamp=%d&nonce=77&openid=oBenchmark" % time.time()
BODY = (
    b"<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[oBenchmark]]></FromUserName>\n"
    b"<CreateTime>1745231474</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n"
    b"<Content><![CDATA[hi]]></Content>\n<MsgId>23456</MsgId>\n</xml>"
)
HEADERS = {"host": "wx.example.com", "user-agent": "Mozilla/4.0", "accept": "*/*", "content-type": "text/xml"}
Send = Callable[[int], float]


class Nowhere(SpanExporter):
    """Exports to nowhere."""

    def export(self, spans: Any) -> SpanExportResult:
        """Take them."""
        return SpanExportResult.SUCCESS


def reply_list(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Reply with a list."""
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "7")])
    return [b"success"]


class Closing:
    """An iterable with a `close`, as frameworks return one."""

    def __init__(self) -> None:
        self.chunks = iter([b"success"])

    def __iter__(self) -> Closing:
        return self

    def __next__(self) -> bytes:
        return next(self.chunks)

    def close(self) -> None:
        """Have nothing to close."""


def reply_closing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Reply with an iterable that is to be closed."""
    reply_list(environ, start_response)
    return Closing()


async def reply_asgi(scope: Any, receive: Any, send: Any) -> None:
    """Reply over ASGI."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
    await send({"type": "http.response.body", "body": b"success"})


def environ() -> dict[str, Any]:
    """Return a request as gunicorn hands it on."""
    return {
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in HEADERS.items()},
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/wechat",
        "QUERY_STRING": QUERY.decode(),
        "CONTENT_LENGTH": str(len(BODY)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "5000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(BODY),
    }


def scope() -> dict[str, Any]:
    """Return the same as uvicorn hands it on."""
    return {
        "type": "http",
        "method": "POST",
        "path": "/wechat",
        "query_string": QUERY,
        "headers": [(name.encode(), value.encode()) for name, value in HEADERS.items()],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
        "http_version": "1.1",
    }


def over_wsgi(app: Any) -> Send:
    """Return what sends so many requests to a WSGI app, and tells the CPU time of one, in microseconds."""

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        return len

    def send(count: int) -> float:
        requests = [environ() for _ in range(count)]
        before = time.process_time_ns()
        for request in requests:
            result = app(request, start_response)
            for chunk in result:
                len(chunk)
            if hasattr(result, "close"):
                result.close()
        return (time.process_time_ns() - before) / count / 1000

    return send


def over_asgi(app: Any) -> Send:
    """Return the same for an ASGI app."""
    body = {"type": "http.request", "body": BODY, "more_body": False}

    async def receive() -> Any:
        return body

    async def send(message: Any) -> None: ...

    async def send_all(count: int) -> float:
        requests = [scope() for _ in range(count)]
        before = time.process_time_ns()
        for request in requests:
            await app(request, receive, send)
        return (time.process_time_ns() - before) / count / 1000

    return lambda count: asyncio.run(send_all(count))


def variants() -> dict[str, tuple[Send, Send]]:
    """Return by name the bare app, and the app with a middleware around it."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    contrib = OpenTelemetryMiddleware(reply_list, tracer_provider=provider)
    bare, closing = over_wsgi(reply_list), over_wsgi(reply_closing)
    return {
        "wxtrace, ASGI": (over_asgi(reply_asgi), over_asgi(wxtrace.AccessMiddleware(reply_asgi))),
        "wxtrace, WSGI, a list": (bare, over_wsgi(wxtrace.WSGIAccessMiddleware(reply_list))),
        "wxtrace, WSGI, an iterable with close": (closing, over_wsgi(wxtrace.WSGIAccessMiddleware(reply_closing))),
        "OpenTelemetry's, WSGI, on its SDK": (bare, over_wsgi(contrib)),
    }


def main() -> None:
    """Read the arguments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000, help="of each in each round")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    made = variants()
    told: dict[str, list[tuple[float, float]]] = {name: [] for name in made}
    for _ in range(arguments.rounds + 1):
        for name, (bare, with_it) in made.items():
            told[name].append((bare(arguments.requests), with_it(arguments.requests)))
    print("| middleware | bare, µs | added, µs | lowest to highest |\n| --- | ---: | ---: | ---: |")
    for name, rounds in told.items():
        added = sorted(ours - bare for bare, ours in rounds[1:])  # the first round warms up
        usual = statistics.median(bare for bare, _ in rounds[1:])
        print(f"| {name} | {usual:.1f} | {statistics.median(added):.1f} | {added[0]:.1f} to {added[-1]:.1f} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # its journal is being kept
        wxtrace.start(service="benchmark", store=folder, sealer=False)
        main()
        wxtrace.stop()
