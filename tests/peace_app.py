"""
The app of the tests of `start(processors=…)`: its spans go to the collector at SINK as well.

It has secrets in all places where an app may have them, and FRAMEWORK says whether it is ASGI or WSGI.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace

if os.environ.get("SDK") == "1":
    from opentelemetry.sdk.trace import TracerProvider

    trace.set_tracer_provider(TracerProvider())
processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=os.environ["SINK"]))
wxtrace.start(service="peace", sealer=False, processors=[processor])
if os.environ.get("BEFORE") == "1":
    with wxtrace.span("logic", "start-up", "before any fork"):
        pass
    processor.force_flush()


@wxtrace.logic("reply.menu")
def handle(openid: str) -> None:
    """Do what a handler does, by our means and by OpenTelemetry's, and let secrets slip."""
    with wxtrace.span("storage", "redis", "GET token 13812345678", rows=3, ratio=0.5, hit=False) as span:
        span.set_attributes({"access_token": "SECRET", "openid": openid, "keys": ["a", "b"], "large": 1 << 62})
        span.add_event("miss", {"key": "secret=SECRET", "tries": 2})
    tracer = trace.get_tracer("opentelemetry.instrumentation.httpx", "1.0")
    with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT) as call:
        call.set_attribute("http.url", "https://crm.example/menu?access_token=SECRET&page=1")
        call.set_attribute("http.method", "GET")
        call.set_status(StatusCode.ERROR, "refused: access_token=SECRET")
        call.record_exception(LookupError("no menu for access_token=SECRET"))


async def push(request: Request) -> PlainTextResponse:
    """Answer a push."""
    await request.body()
    handle(request.query_params["openid"])
    return PlainTextResponse("success")


def wsgi(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a push under WSGI."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", "7")])
    return _chunks(environ)


def _chunks(environ: dict[str, Any]) -> Iterator[bytes]:
    handle(environ["QUERY_STRING"].rpartition("openid=")[2])
    yield b"success"


asgi_app = wxtrace.AccessMiddleware(Starlette(routes=[Route("/push", push, methods=["POST"])]))
wsgi_app = wxtrace.WSGIAccessMiddleware(wsgi)
