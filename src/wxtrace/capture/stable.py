"""
What an instrumentation tells of a span, as it is kept: by the stable names, without literals and secrets.

Contrib speaks the old names unless the environment opts in to the new ones. Both are read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wxtrace.capture.attributes import encode, text_of
from wxtrace.capture.statements import WORDS, without_literals
from wxtrace.capture.urls import api_path, clean_query, clean_url, host_of, is_weixin

_QUERY, _SYSTEM, _URL, _URL_QUERY = "db.query.text", "db.system.name", "url.full", "url.query"
_HOST: Final = "server.address"
_RENAMED: Final = {
    "db.system": _SYSTEM,
    "db.name": "db.namespace",
    "db.statement": _QUERY,
    "db.operation": "db.operation.name",
    "db.sql.table": "db.collection.name",
    "db.mongodb.collection": "db.collection.name",
    "db.redis.database_index": "db.namespace",
    "http.method": "http.request.method",
    "http.status_code": "http.response.status_code",
    "http.url": _URL,
    "http.scheme": "url.scheme",
    "http.flavor": "network.protocol.version",
    "http.user_agent": "user_agent.original",
    "http.request_content_length": "http.request.body.size",
    "http.response_content_length": "http.response.body.size",
    "net.peer.name": _HOST,
    "net.peer.port": "server.port",
    "net.peer.ip": "network.peer.address",
    "net.sock.peer.addr": "network.peer.address",
    "net.sock.peer.port": "network.peer.port",
    "net.transport": "network.transport",
    "messaging.destination": "messaging.destination.name",
    "messaging.message_id": "messaging.message.id",
    "code.function": "code.function.name",
    "code.filepath": "code.file.path",
    "code.lineno": "code.line.number",
}
_DESTINATION: Final = "messaging.destination.name"
_VALUES: Final = {
    _SYSTEM: {"mssql": "microsoft.sql_server", "oracle": "oracle.db"},
    "network.transport": {"ip_tcp": "tcp", "ip_udp": "udp", "IP.TCP": "tcp", "other": "pipe"},
}
_TEXTS: Final = frozenset({"db.namespace", "network.protocol.version"})
_DROPPED: Final = frozenset({"db.statement.parameters", "db.connection_string", "http.host"})
_DROPPED_STARTS: Final = ("db.query.parameter", "db.operation.parameter", "db.statement.parameters")
_TOUCHED: Final = frozenset({*_RENAMED, *_DROPPED, _QUERY, _URL, _URL_QUERY, _SYSTEM, "http.target"})
QUERY: Final = frozenset({_QUERY, _SYSTEM, "db.statement", "db.system"})
"""What is told of a query that is running: whichever of them comes last, `query_shown` knows all."""
_MAX_SHOWN, _MAX_SHOWN_TEXT, _MAX_CACHED = 160, 4096, 1024
"""So many bytes are shown of a query that runs; of a text of more characters nothing; so many are remembered."""
_shown: Final[dict[tuple[str, str], bytes]] = {}
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "HTTP"})


def stable(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return *attributes* as they are kept; the same dictionary where nothing is to be done. Never raises."""
    if _TOUCHED.isdisjoint(attributes):
        return attributes
    try:
        return _stable(attributes)
    except Exception:  # a value of the app may do anything
        return {key: held for key, held in attributes.items() if key not in _TOUCHED}


def query_shown(told: Mapping[str, Any]) -> bytes:
    """Return what is shown of a query while it runs, encoded, without literals; b"" while not enough is told."""
    text, system = told.get(_QUERY) or told.get("db.statement"), told.get(_SYSTEM) or told.get("db.system")
    if not isinstance(text, str) or not isinstance(system, str) or len(text) > _MAX_SHOWN_TEXT:
        return b""
    found = _shown.get((system, text))
    if found is None:
        if len(_shown) >= _MAX_CACHED:
            _shown.clear()
        found = _shown[system, text] = _encoded_query(system, text)
    return found


def _encoded_query(system: str, text: str) -> bytes:
    told = stable({_SYSTEM: system, _QUERY: text})
    kept = text_of(told.get(_QUERY, "")).encode()
    if len(kept) > _MAX_SHOWN:
        told[_QUERY] = kept[:_MAX_SHOWN].decode("utf-8", "ignore") + "…"
    return encode(told)


def _stable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key, held in attributes.items():
        if key in _DROPPED or key.startswith(_DROPPED_STARTS):
            continue
        name = _RENAMED.get(key, key)
        if name is key or (name not in attributes and name not in told):
            told[name] = _value(name, held)
    if _URL in told:
        told[_URL] = clean_url(text_of(told[_URL]))
        if _HOST not in told and (host := host_of(told[_URL])):
            told[_HOST] = host
    for key in (_URL_QUERY, "http.target"):
        if key in told:
            told[key] = _clean(key, text_of(told[key]), text_of(told.get(_HOST, "")))
    if _QUERY in told:
        told[_QUERY] = without_literals(text_of(told[_QUERY]), text_of(told.get(_SYSTEM, "")))
    return told


def _value(name: str, held: Any) -> Any:
    if name in _VALUES:
        return _VALUES[name].get(held, held)
    if name == _DESTINATION:
        return text_of(held).removeprefix(",")
    return text_of(held) if name in _TEXTS else held


def _clean(key: str, text: str, host: str) -> str:
    return clean_query(text, is_weixin(host.lower())) if key == _URL_QUERY else clean_url(text)


def name_of(name: str, layer: str, attributes: Mapping[str, Any] | None) -> str:
    """
    Return the name of a span: a call of WeChat's API by its path, a query without its literals.

    By contrib, a message to RabbitMQ's default exchange, which has no name, goes to ``,queue``: here to ``queue``.

    Args:
        name: What the instrumentation calls it.
        layer: Where it belongs.
        attributes: What it carries, by old names or new.
    """
    if layer == "storage":
        told = attributes or {}
        system = text_of(told.get(_SYSTEM) or told.get("db.system") or "")
        return without_literals(text_of(name), "" if system in WORDS else system)
    if layer == "remote" and attributes:
        url = attributes.get(_URL) or attributes.get("http.url")
        method = name.removeprefix("HTTP ")
        if isinstance(url, str) and method in _METHODS and is_weixin(host_of(url)):
            return f"{method} {api_path(url)}".rstrip()
        if "messaging.system" in attributes:
            return name.removeprefix(",")
    return name
