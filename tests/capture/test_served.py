"""Requests as server spans of somebody else's tell of them."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

import wxtrace
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.provider import origin
from wxtrace.capture.served import is_message, kept, push_in
from wxtrace.tag import current_tag

QUERY = "signature=0a1b&timestamp=1745231475&nonce=77&openid=oA-1_b"
TAG = ("oA-1_b", 1745231475, "77")
ASGI = {
    "http.method": "POST",
    "http.target": "/wx",
    "http.url": f"https://wx/wx?{QUERY}",
    "net.peer.ip": "81.69.1.1",
}
WSGI = {"http.method": "POST", "http.target": f"/wx?{QUERY}", "net.host.name": "wx", "net.host.port": 443}
STABLE = {"http.request.method": "POST", "url.path": "/wx", "url.query": QUERY, "client.address": "81.69.1.1"}
FULL = {"http.request.method": "POST", "url.full": f"https://wx/wx?{QUERY}"}


@pytest.fixture(name="watched")
def somebody_watches():
    """What is in flight is kept."""
    in_flight.watch(lambda: None)
    yield in_flight
    in_flight.watch(None)


@pytest.mark.parametrize("attributes", [ASGI, WSGI, STABLE, FULL], ids=["ASGI", "WSGI", "stable", "whole URL"])
def test_a_push(attributes):
    """A push is read from a server span's attributes, by whatever names they go."""
    request = push_in(attributes)

    assert TAG == (request.openid, request.stamp, request.nonce)


def test_more_of_a_push():
    """The appid in its path and the way in which it is encrypted are read too."""
    path = "/wx0123456789abcdef/callback"
    request = push_in({"http.method": "POST", "http.target": f"{path}?{QUERY}&encrypt_type=aes"})

    assert {"wechat.appid": "wx0123456789abcdef", "wechat.encrypt_type": "aes"} == request.facts


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {**ASGI, "http.method": "GET"},
        {"http.method": "POST", "http.target": "/wx"},
        {"http.method": "POST", "http.url": "http://[wx?" + QUERY},
        {"http.method": "POST", "http.url": object()},
    ],
)
def test_no_push(attributes):
    """What is none, or cannot be read, is none."""
    assert None is push_in(attributes)


def test_what_is_kept():
    """Of a server span's attributes the stable names are kept, and no query; its peer is the client."""
    old = {**ASGI, "net.peer.port": 50123, "net.host.port": 443, "http.server_name": "wx", "http.status_code": 200}

    assert {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.path": "/wx",
        "client.address": "81.69.1.1",
        "network.peer.address": "81.69.1.1",
        "network.peer.port": 50123,
        "server.address": "wx",
        "server.port": 443,
    } == kept(old)


def test_messages():
    """Spans of messages that pass are told from others by their library, their kind and their name."""
    assert is_message("fastapi", SpanKind.INTERNAL, "POST /wx http send")
    assert not is_message("menu", SpanKind.INTERNAL, "POST /wx http send")
    assert not is_message("asgi", SpanKind.SERVER, "POST /wx http send")


def set_up_an_sdk():
    """Put an SDK into OpenTelemetry's slot; return what it exports."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.mark.parametrize("sdk", [False, True], ids=["light", "sdk"])
def test_an_app_without_our_middleware(captured, watched, sdk):
    """All below such a server span has its tag, is in flight until it ends, and is told by stable names."""
    if sdk:
        set_up_an_sdk()
    origin.decide()
    server = trace.get_tracer("opentelemetry.instrumentation.fastapi").start_span(
        "POST /wx", kind=SpanKind.SERVER, attributes=ASGI
    )
    with trace.use_span(server, end_on_exit=True):
        seen = captured.open[-1], len(watched), current_tag()
        wxtrace.identify(msg_type="text")
        with wxtrace.span("storage", "redis", "GET token"):
            pass
    below, access = sorted(captured.spans, key=lambda span: span.kind)

    assert ("asgi", *TAG, 1, TAG) == (
        *(seen[0].module, seen[0].openid, seen[0].stamp, seen[0].nonce, seen[1]),
        (seen[2].openid, seen[2].stamp, seen[2].nonce),
    )
    assert [("access", "asgi", *TAG), ("storage", "redis", *TAG)] == [
        (span.layer, span.module, span.openid, span.stamp, span.nonce) for span in (access, below)
    ]
    assert kept(ASGI) | {"wechat.msg_type": "text"} == access.attributes
    assert 0 == len(watched)
