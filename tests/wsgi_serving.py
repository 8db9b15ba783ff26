"""Requests as a server hands them to a WSGI app, without a server."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.util import FileWrapper

from serving import QUERY, TEXT


def environ(query: bytes = QUERY, body: bytes = TEXT, **changes: Any) -> dict[str, Any]:
    """Return the environ of a push, or of what it is changed to; None takes a key away."""
    told = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/wechat",
        "QUERY_STRING": query.decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "81.69.101.1",
        "HTTP_HOST": "wx.example.com",
        "HTTP_USER_AGENT": "Mozilla/4.0",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    return {key: value for key, value in (told | changes).items() if value is not None}


@dataclass
class Server:
    """
    What a server does with an app, and what it saw.

    Args:
        on_write: Called with each chunk before it is sent; what it raises, sending has raised.
    """

    on_write: Callable[[bytes], object] = len
    begun: list[tuple[Any, ...]] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    is_closed: bool = False

    def start_response(self, *told: Any) -> Callable[[bytes], object]:
        """Take how the reply begins; an error after the first byte is raised on."""
        if len(told) == 3 and self.sent and told[2]:
            raise told[2][1]
        self.begun.append(told[:2])
        return self.write

    def write(self, chunk: bytes) -> None:
        """Send a chunk."""
        self.on_write(chunk)
        self.sent.append(chunk)

    def serve(self, app: Any, request: dict[str, Any] | None = None) -> list[bytes]:
        """Let *app* serve one request, and return the chunks that were sent."""
        result = app(environ() if request is None else request, self.start_response)
        try:
            for chunk in result:
                self.write(chunk)
        finally:
            self.is_closed = True
            if hasattr(result, "close"):
                result.close()
        return self.sent


def serve(
    app: Any, request: dict[str, Any] | None = None, on_write: Callable[[bytes], object] = len
) -> list[bytes]:
    """Let *app* serve one request, and return the chunks that were sent."""
    return Server(on_write).serve(app, request)


def replying(*chunks: bytes, status: str = "200 OK", declared: bool = True) -> Any:
    """Return an app that reads the whole body and replies with a list of *chunks*."""
    parts = list(chunks or (b"success",))
    length = [("Content-Length", str(sum(map(len, parts))))] if declared else []

    def app(request: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Read the body, and reply."""
        request["wsgi.input"].read(int(request.get("CONTENT_LENGTH", -1)))
        start_response(status, [("Content-Type", "text/plain"), *length])
        return parts

    return app
