"""
The WSGI middleware: tags a push as it comes in, and times it to its last reply byte.

`wsgi_exchange.py` looks at the reply as it goes out, `wsgi_input.py` at the body as the app reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from wxtrace.capture.carried import remote_of
from wxtrace.capture.census import Census
from wxtrace.capture.doors import Doors
from wxtrace.capture.inflight import Headers, in_flight
from wxtrace.capture.outside import OWNER
from wxtrace.capture.provider import origin
from wxtrace.capture.push import appid_reader
from wxtrace.capture.recorder import recorder
from wxtrace.capture.wsgi_exchange import StartResponse, WSGIExchange
from wxtrace.capture.wsgi_input import Input
from wxtrace.capture.wsgi_reply import reply_of

Environ = dict[str, Any]
WSGIApp = Callable[[Environ, StartResponse], Iterable[bytes]]

_TOLD: Final = (
    ("HTTP_X_REQUEST_START", b"x-request-start"),
    ("HTTP_X_QUEUE_START", b"x-queue-start"),
    ("HTTP_TRACEPARENT", b"traceparent"),
    ("HTTP_BAGGAGE", b"baggage"),
)


class WSGIAccessMiddleware:
    """
    Tag every push that reaches a WSGI app, and record its access span.

    Put it outermost. The tag is bound while the app is called, at each step of what it returns and while that is
    closed, and in between it is not: threads that are used again carry nothing over. Where an OpenTelemetry
    middleware around it has made the server span already, that one is tagged and no second is made. Nothing of a
    request is kept on ``self``.

    Args:
        app: The WSGI app: Flask's ``app.wsgi_app``, what Django's ``get_wsgi_application()`` returns, ….
        contrib: Let OpenTelemetry's own WSGI middleware make the server span, with all of its attributes
            (``pip install "wxtrace[wsgi]"``).
        appid_path: Where a third-party platform's path has the appid, such as ``/{appid}/callback``;
            by default any segment that looks like an appid.
    """

    def __init__(self, app: WSGIApp, *, contrib: bool = False, appid_path: str | None = None) -> None:
        self.app: WSGIApp = app
        self.contrib = contrib
        if contrib:
            from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

            self.app = OpenTelemetryMiddleware(WSGIAccessMiddleware(app, appid_path=appid_path))
        self.census = Census()
        self.doors = Doors(appid_reader(appid_path), "wsgi")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if not recorder.enabled:
            return self.app(environ, start_response)
        if not origin.decided:
            origin.decide()
        if self.contrib:
            return self.app(environ, start_response)
        exchange = WSGIExchange(self.doors.door_of(environ), start_response)
        headers = _headers(environ)
        exchange.begin(environ.get("QUERY_STRING", "").encode("latin-1", "replace"), remote_of(headers))
        in_flight.arrived(exchange.request, headers)
        if not recorder.has_tagged:
            self.census.count(environ.get("PATH_INFO", ""))
        if "wsgi.input" in environ:
            environ["wsgi.input"] = Input(environ["wsgi.input"], exchange, environ.get("CONTENT_LENGTH"))
        try:
            result = exchange.run(self.app, environ, exchange.start_response)
        except BaseException:
            exchange.end()
            raise
        environ[OWNER] = exchange.request, exchange.span  # gunicorn's access lines have it with them
        return reply_of(result, exchange, environ.get("wsgi.file_wrapper"))


def _headers(environ: Environ) -> Headers:
    """Return what tells how long the request has waited and where it comes from, as ASGI has it."""
    return [(name, environ[key].encode("latin-1", "replace")) for key, name in _TOLD if key in environ]
