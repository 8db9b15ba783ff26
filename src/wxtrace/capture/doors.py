"""What requests say beside the push: the same for most of them, so it is encoded once for all that are alike."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, Final

from wxtrace.capture.attributes import encode
from wxtrace.capture.shapes import Shape

_SERVER: Final = 1
_MAX_DOORS: Final = 512


class Door:
    """What all requests that come in alike share: the shape of their access span, and its first attributes."""

    __slots__ = ("appid", "attributes", "encoded", "shape")

    def __init__(self, method: str, path: str, appid: str | None, attributes: dict[str, Any]) -> None:
        self.appid = appid
        self.shape = Shape("access", "asgi", f"{method} {path[:200]}", _SERVER)
        self.attributes = attributes
        self.encoded = encode(attributes)[:-1] + b","


class Doors:
    """The doors that requests came in by, found again by method, path, host, agent and client; 512 at most."""

    def __init__(self, read_appid: Callable[[str], str | None]) -> None:
        self._known: dict[tuple[Any, ...], Door] = {}
        self._read_appid = read_appid

    def door(self, scope: MutableMapping[str, Any]) -> Door:
        """Return the door of a request."""
        headers = dict(scope.get("headers", ()))
        forwarded = headers.get(b"x-real-ip") or headers.get(b"x-forwarded-for")
        peer = None if forwarded is not None else scope.get("client")
        key = (
            scope.get("method", "WEBSOCKET"),
            scope["path"],
            headers.get(b"host"),
            headers.get(b"user-agent"),
            forwarded if peer is None else peer[0],
            scope.get("scheme"),
        )
        known = self._known.get(key)
        if known is None:
            known = Door(key[0], key[1], self._read_appid(key[1]), _attributes(*key))
            if len(self._known) >= _MAX_DOORS:
                self._known.clear()
            self._known[key] = known
        return known


def _attributes(
    method: str, path: str, host: bytes | None, agent: bytes | None, client: bytes | str | None, scheme: str | None
) -> dict[str, Any]:
    if isinstance(client, bytes):
        client = client.partition(b",")[0].strip().decode("latin-1")[:64]
    address, port = _address(host)
    told = {
        "http.request.method": method,
        "url.path": path,
        "url.scheme": scheme,
        "client.address": client,
        "server.address": address,
        "server.port": port,
        "user_agent.original": agent and agent.decode("latin-1")[:255],
    }
    return {name: value for name, value in told.items() if value}


def _address(host: bytes | None) -> tuple[str | None, int | None]:
    """Return the name and the port of a Host header; the port may be left out; IPv6 has colons too."""
    if host is None:
        return None, None
    name, colon, port = host.decode("latin-1")[:255].rpartition(":")
    if colon and port.isascii() and port.isdigit() and len(port) <= 5 and (":" not in name or name.endswith("]")):
        return name, int(port)
    return f"{name}{colon}{port}", None
