"""
The ASGI middleware: tags a push as it comes in, and times it to its last reply byte.

`exchange.py` looks at the messages as they pass; here it is said what passes at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from wxtrace.capture import context as ctx
from wxtrace.capture.carried import remote_of
from wxtrace.capture.census import Census
from wxtrace.capture.doors import Doors
from wxtrace.capture.exchange import Exchange, Message, Receive, Scope, Send
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.outside import doors, left
from wxtrace.capture.provider import origin
from wxtrace.capture.push import appid_reader
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import on_ended
from wxtrace.tag import bind, unbind

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_SERVED: Final = ("http", "websocket")
_FLUSH_SECONDS: Final = 5.0


class AccessMiddleware:
    """
    Tag every push that reaches an ASGI app, and record its access span.

    Put it outermost. Where an OpenTelemetry middleware around it has made the
    server span already, that one is tagged and no second is made. Nothing of a
    request is kept on ``self``.

    Args:
        app: The ASGI app.
        contrib: Let OpenTelemetry's own ASGI middleware make the server span, with all of its attributes and hooks.
        appid_path: Where a third-party platform's path has the appid, such as ``/{appid}/callback``;
            by default any segment that looks like an appid.
    """

    def __init__(self, app: ASGIApp, *, contrib: bool = False, appid_path: str | None = None) -> None:
        self.app: ASGIApp = app
        self.contrib = contrib
        if contrib:
            from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

            # as `app`: who looks for OpenTelemetry's middleware along the chain of apps (FastAPI does) finds it
            inner = AccessMiddleware(app, appid_path=appid_path)
            self.app = OpenTelemetryMiddleware(inner, exclude_spans=["receive", "send"])
        self.census = Census()
        self.doors = Doors(appid_reader(appid_path))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if not recorder.enabled or scope["type"] not in _SERVED:
            await self.app(scope, receive, _deciding(send) if scope["type"] == "lifespan" else send)
            return
        if not origin.decided:
            origin.decide()
        if self.contrib:
            await self.app(scope, receive, send)
            return
        left(None)
        exchange = Exchange(self.doors.door(scope), receive, send)
        bound = bind(exchange.request)
        headers = scope.get("headers", ())
        exchange.begin(scope.get("query_string", b""), remote_of(headers))
        if scope["type"] == "http":  # a websocket stays for hours
            in_flight.arrived(exchange.request, headers)
        if not recorder.has_tagged:
            self.census.count(scope["path"])
        attached = ctx.attach(ctx.with_span(ctx.current(), exchange.span))
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.fail(error)
            left(((exchange.request, exchange.span), True))
            raise
        else:
            left(((exchange.request, exchange.span), False))
        finally:
            exchange.end()
            ctx.detach(attached)
            unbind(bound)


doors[AccessMiddleware.__call__.__code__] = "exchange"


def _deciding(send: Send) -> Send:
    """
    Decide whose spans are recorded once the app has started up: before the first request, and not too early.

    When it has shut down, what waits for `start(processors=…)` is sent: uvicorn ends itself by the signal that it
    got, so that nothing of `atexit` runs.
    """

    async def send_on(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete" and recorder.enabled and not origin.decided:
            origin.decide()
        elif message["type"] == "lifespan.shutdown.complete" and on_ended:
            from wxtrace.capture.processors import feeder

            feeder.flush_within(_FLUSH_SECONDS)
        await send(message)

    return send_on
