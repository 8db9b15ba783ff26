"""What requests say beside the push: the same for most of them, so it is encoded once for all that are alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from wxtrace.capture.attributes import encode
from wxtrace.capture.shapes import Shape

_SERVER: Final = 1
_MAX_DOORS: Final = 512
_Key = tuple[str | bytes | None, ...]
_Texts = tuple[str | None, ...]


class Door:
    """What all requests that come in alike share: the shape of their access span, and its first attributes."""

    __slots__ = ("appid", "attributes", "encoded", "method", "shape")

    def __init__(self, module: str, method: str, path: str, appid: str | None, attributes: dict[str, Any]) -> None:
        self.method = method
        self.appid = appid
        self.shape = Shape("access", module, f"{method} {path[:200]}", _SERVER)
        self.attributes = attributes
        self.encoded = encode(attributes)[:-1] + b","


class Doors:
    """
    The doors that requests came in by, found again by method, path, host, agent and client; 512 at most.

    Args:
        read_appid: Reads the appid from a path.
        module: Of the access spans, in the layer ``access``.
    """

    def __init__(self, read_appid: Callable[[str], str | None], module: str = "asgi") -> None:
        self._known: dict[_Key, Door] = {}
        self._read_appid = read_appid
        self._module = module

    def door(self, scope: Mapping[str, Any]) -> Door:
        """Return the door of an ASGI request."""
        headers = dict(scope.get("headers", ()))
        client = headers.get(b"x-real-ip") or headers.get(b"x-forwarded-for")
        if client is None and (peer := scope.get("client")) is not None:
            client = peer[0]
        key = (
            scope.get("method", "WEBSOCKET"),
            scope["path"],
            headers.get(b"host"),
            headers.get(b"user-agent"),
            client,
            scope.get("scheme"),
        )
        known = self._known.get(key)
        return self._made(key, _as_text(key)) if known is None else known

    def door_of(self, environ: Mapping[str, Any]) -> Door:
        """Return the door of a WSGI request."""
        look = environ.get
        key = (
            look("REQUEST_METHOD", "GET"),
            look("SCRIPT_NAME", "") + look("PATH_INFO", ""),
            look("HTTP_HOST"),
            look("HTTP_USER_AGENT"),
            look("HTTP_X_REAL_IP") or look("HTTP_X_FORWARDED_FOR") or look("REMOTE_ADDR"),
            look("wsgi.url_scheme"),
        )
        known = self._known.get(key)
        if known is None:
            path = key[1].encode("latin-1", "replace").decode("utf-8", "replace")  # WSGI has the bytes of the URL
            known = self._made(key, (key[0], path, *key[2:]))
        return known

    def _made(self, key: _Key, texts: _Texts) -> Door:
        method, path, host, agent, client, scheme = texts
        path = path or ""
        attributes = _attributes(method, path, host, agent, client, scheme)
        door = Door(self._module, method or "", path, self._read_appid(path), attributes)
        if len(self._known) >= _MAX_DOORS:
            self._known.clear()
        self._known[key] = door
        return door


def _as_text(key: _Key) -> _Texts:
    return tuple(part.decode("latin-1") if isinstance(part, bytes) else part for part in key)


def _attributes(
    method: str | None, path: str, host: str | None, agent: str | None, client: str | None, scheme: str | None
) -> dict[str, Any]:
    address, port = _address(host)
    told = {
        "http.request.method": method,
        "url.path": path,
        "url.scheme": scheme,
        "client.address": client and client.partition(",")[0].strip()[:64],
        "server.address": address,
        "server.port": port,
        "user_agent.original": agent and agent[:255],
    }
    return {name: value for name, value in told.items() if value}


def _address(host: str | None) -> tuple[str | None, int | None]:
    """Return the name and the port of a Host header; the port may be left out; IPv6 has colons too."""
    if host is None:
        return None, None
    name, colon, port = host[:255].rpartition(":")
    if colon and port.isascii() and port.isdigit() and len(port) <= 5 and (":" not in name or name.endswith("]")):
        return name, int(port)
    return f"{name}{colon}{port}", None
