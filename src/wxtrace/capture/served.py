"""
A request as a server span of somebody else's tells of it: contrib's, FastAPI's own, Logfire's.

Where our middleware is not in the app, that is all there is: the tag is read from the URL among its first
attributes. Where it is, it says the same better, by the stable names alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind

from wxtrace.capture.attributes import text_of
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.place import SERVERS
from wxtrace.capture.push import appid_reader, read_query
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.stable import stable
from wxtrace.tag import Request

_METHODS: Final = ("http.request.method", "http.method")
_URLS: Final = ("http.target", "url.full", "http.url")
_CLIENTS: Final = ("client.address", "http.client_ip", "net.peer.ip", "net.sock.peer.addr", "network.peer.address")
_OF_SERVERS: Final = {
    "net.host.name": "server.address",
    "net.host.port": "server.port",
    "net.peer.port": "network.peer.port",
    "net.peer.name": "client.address",
}
"""What old names mean at a server; at a client the peer is the server."""
_UNTOLD: Final = frozenset({"url.full", "url.query", "http.target", "http.server_name"})
"""What is told by other names too, the query's secrets among it."""
_HOST, _TELL_HOST = "server.address", frozenset({"url.full", "http.url"})
_NEVER_READ: Final = _UNTOLD | _TELL_HOST
"""What is told by no name in the end, by its old names too; without an address of the server, its URL tells it."""
_MESSAGES: Final = ("http receive", "http send", "websocket receive", "websocket send")
_SERVER: Final = 1
_MOST_TRACES: Final = 4096
_WSGI: Final = frozenset({"wsgi", "flask", "django", "pyramid", "falcon"})
_read_appid: Final = appid_reader(None)

answered: Final[OrderedDict[bytes, None]] = OrderedDict()
"""The traces of the pushes that were answered last: what is told of one of them later is the push's too."""


def push_in(attributes: Mapping[str, Any]) -> Request | None:
    """Return a holder of the push that a server span's first *attributes* tell of; None if it is none."""
    if _first(attributes, _METHODS) != "POST":
        return None
    path, query = _target(attributes)
    read = read_query(query.encode("utf-8", "replace"))
    if read is None:
        return None
    request = Request()
    openid, stamp, nonce, encryption = read
    request.learn(openid, stamp, nonce)
    if encryption is not None:
        request.facts["wechat.encrypt_type"] = encryption
    if (appid := _read_appid(path)) is not None:
        request.facts["wechat.appid"] = appid
    recorder.has_tagged = True
    return request


def begin(span: LightSpan, request: Request) -> None:
    """Take *span* for the access span of *request*, which is in flight from now on."""
    request.access = span
    span.place("access", module_of(span.shape.module))
    span.refresh()
    in_flight.arrived(request)


def is_message(library: str, kind: SpanKind, name: str) -> bool:
    """Say whether a span is but a message that passes (``… http receive``): its server span tells as much."""
    return kind is SpanKind.INTERNAL and library in SERVERS and name.endswith(_MESSAGES)


def is_access(span: LightSpan) -> bool:
    """Say whether *span* tells of a request that came in."""
    return span.shape.kind == _SERVER and span.shape.layer == "access"


def ended(span: LightSpan, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of *attributes* of an access span that has ended: its request is no longer in flight."""
    request = span.request
    if request is None:
        return kept(attributes)
    in_flight.left(request)
    if request.is_named:
        _keep(span.trace_id)
    return kept(attributes) | request.facts


def _keep(trace_id: bytes) -> None:
    answered[trace_id] = None
    if len(answered) > _MOST_TRACES:
        answered.popitem(last=False)


def kept(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return *attributes* of a server span as an access span has them: by stable names, without the query."""
    client, (path, _) = _first(attributes, _CLIENTS), _target(attributes)
    told = {_OF_SERVERS.get(key, key): held for key, held in attributes.items()}
    for key in _NEVER_READ if _HOST in told else _NEVER_READ - _TELL_HOST:  # to clean them costs the most
        told.pop(key, None)
    told = {key: held for key, held in stable(told).items() if key not in _UNTOLD}
    if path:
        told.setdefault("url.path", path)
    if client:
        told.setdefault("client.address", client)
    return told


def module_of(library: str) -> str:
    """Return the module of an access span that *library* has made."""
    return "wsgi" if library in _WSGI else "asgi"


def _target(attributes: Mapping[str, Any]) -> tuple[str, str]:
    """Return path and query of the URL; some of its names have no query."""
    path, query = text_of(attributes.get("url.path") or ""), text_of(attributes.get("url.query") or "")
    for name in _URLS:
        if name in attributes and not (path and query):
            told_path, told_query = _split(text_of(attributes[name]))
            path, query = path or told_path, query or told_query
    return path, query


def _split(url: str) -> tuple[str, str]:
    try:
        split = urlsplit(url)
    except ValueError:
        return "", ""
    return split.path, split.query


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text_of(attributes[name]) for name in names if attributes.get(name)), "")
