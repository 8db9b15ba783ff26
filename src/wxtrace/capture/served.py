"""
A request as a server span of somebody else's tells of it: contrib's, FastAPI's own, Logfire's.

Where our middleware is not in the app, that is all there is: the tag is read from the URL among its first
attributes. Where it is, it says the same better, by the stable names alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from wxtrace.capture.attributes import text_of
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.push import appid_reader, read_query
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.stable import stable
from wxtrace.tag import Request

_METHODS: Final = ("http.request.method", "http.method")
_URLS: Final = ("http.target", "url.full", "http.url")
_CLIENTS: Final = ("client.address", "http.client_ip", "net.peer.ip", "network.peer.address")
_UNTOLD: Final = frozenset(
    {"url.full", "url.query", "http.target", "http.server_name", "net.host.port", "net.host.name"}
)
"""What is told by other names too, the query's secrets among it."""
_SERVER: Final = 1
_WSGI: Final = frozenset({"wsgi", "flask", "django", "pyramid", "falcon"})
_read_appid: Final = appid_reader(None)


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


def is_access(span: LightSpan) -> bool:
    """Say whether *span* tells of a request that came in."""
    return span.shape.kind == _SERVER and span.shape.layer == "access"


def ended(span: LightSpan, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of *attributes* of an access span that has ended: its request is no longer in flight."""
    request = span.request
    if request is None:
        return kept(attributes)
    in_flight.left(request)
    return kept(attributes) | request.facts


def kept(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return *attributes* of a server span as an access span has them: by stable names, without the query."""
    client, (path, _) = _first(attributes, _CLIENTS), _target(attributes)
    told = {key: held for key, held in stable(dict(attributes)).items() if key not in _UNTOLD}
    if path:
        told.setdefault("url.path", path)
    if client:
        told.setdefault("client.address", client)
    return told


def module_of(library: str) -> str:
    """Return the module of an access span that *library* has made."""
    return "wsgi" if library in _WSGI else "asgi"


def _target(attributes: Mapping[str, Any]) -> tuple[str, str]:
    """Return path and query of the URL."""
    query = attributes.get("url.query")
    url = "" if query is not None and "url.path" in attributes else _first(attributes, _URLS)
    try:
        split = urlsplit(url)
    except ValueError:
        return text_of(attributes.get("url.path") or ""), text_of(query or "")
    return text_of(attributes.get("url.path") or split.path), text_of(query or split.query)


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text_of(attributes[name]) for name in names if attributes.get(name)), "")
