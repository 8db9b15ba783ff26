"""
The ASGI middleware: tags a push as it comes in, and times it to its last reply byte.

WeChat's clock stops when it has the reply. What the app does after it (background
tasks) is a span of its own, `after_reply`, and no part of the attempt.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from opentelemetry.trace import INVALID_SPAN, Span

from wxtrace.capture import context as ctx
from wxtrace.capture.attributes import encode
from wxtrace.capture.layers import record_failure
from wxtrace.capture.provider import origin, recorded, server_span
from wxtrace.capture.push import MAX_BODY, appid_reader, read_body, read_query, usual_json
from wxtrace.capture.recorder import recorder
from wxtrace.capture.reply import MAX_KEPT, MAX_SHOWN, judge
from wxtrace.capture.spans import LightSpan, Shape
from wxtrace.tag import Request, bind, unbind

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_SERVER: Final = 1
_NOTICEABLE_NS: Final = 10_000_000
_MAX_DOORS: Final = 512
_SERVED: Final = ("http", "websocket")
_UNTAGGED_WARNING: Final = 100
_AFTER: Final = Shape("access", "after_reply", "after_reply")
_USUAL_REPLY: Final = (
    b'"wechat.request.body_bytes":%d,"http.response.status_code":200,'
    b'"wechat.reply.length":7,"wechat.reply.acceptable":true}'
)
_log = logging.getLogger("wxtrace")


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
        exchange = Exchange(scope, receive, send)
        bound = bind(exchange.request)
        exchange.begin(self)
        attached = ctx.attach(ctx.with_span(ctx.current(), exchange.span))
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.fail(error)
            raise
        finally:
            exchange.end()
            ctx.detach(attached)
            unbind(bound)


def _deciding(send: Send) -> Send:
    """Decide whose spans are recorded once the app has started up: before the first request, and not too early."""

    async def send_on(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete" and recorder.enabled and not origin.decided:
            origin.decide()
        await send(message)

    return send_on


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

    def door(self, scope: Scope) -> Door:
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
    told = {
        "http.request.method": method,
        "url.path": path,
        "url.scheme": scheme,
        "client.address": client,
        "server.address": host and host.decode("latin-1")[:255],
        "user_agent.original": agent and agent.decode("latin-1")[:255],
    }
    return {name: value for name, value in told.items() if value}


class Census:
    """Counts requests until the first tagged one; a hundred without a tag are worth one warning."""

    __slots__ = ("seen", "tagged")

    def __init__(self) -> None:
        self.seen = 0
        self.tagged = False

    def count(self, path: str) -> None:
        """Count a request that came without a tag."""
        self.seen += 1
        if self.seen == _UNTAGGED_WARNING:
            _log.warning(
                "wxtrace: none of the first %d requests had a tag (the last: %s). Looked for openid and timestamp "
                "in the query of POST requests. If a proxy strips the query, let it pass; "
                "if the app learns them later, call wxtrace.identify().",
                _UNTAGGED_WARNING,
                path[:200],
            )


class Exchange:
    """One request and its reply, as they pass."""

    __slots__ = (
        "_body",
        "_body_bytes",
        "_door",
        "_is_done",
        "_is_ours",
        "_is_read",
        "_length",
        "_receive",
        "_reply",
        "_send",
        "after",
        "is_push",
        "request",
        "scope",
        "span",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.request = Request()
        self.span: Span = INVALID_SPAN
        self.after: Span | None = None
        self.status = self._length = self._body_bytes = 0
        self._body = self._reply = b""
        self._is_done = self._is_read = self.is_push = False
        self._is_ours = True

    def begin(self, middleware: AccessMiddleware) -> None:
        """Tag the request and begin its access span, or join the one that there is."""
        scope, request = self.scope, self.request
        self._door = door = middleware.doors.door(scope)
        query = read_query(scope.get("query_string", b"")) if scope.get("method") == "POST" else None
        if query is not None:
            self.is_push = recorder.has_tagged = True
            openid, stamp, nonce, encryption = query
            request.learn(openid, stamp, nonce)
            if encryption is not None:
                request.facts["wechat.encrypt_type"] = encryption
            if door.appid is not None:
                request.facts["wechat.appid"] = door.appid
        elif not recorder.has_tagged:
            middleware.census.count(scope["path"])
        here = ctx.current().get(ctx.SPAN_KEY)
        joined = None if here is None else server_span()
        if joined is not None:
            self._join(joined)
        elif origin.sdk is None:
            self.span = LightSpan(door.shape, here, request)
        else:
            self.span = origin.begin(door.shape, door.attributes)
        request.access = recorded(self.span)

    def _join(self, span: Span) -> None:
        self.span, self._is_ours = span, False
        own = recorded(span)
        if isinstance(own, LightSpan):
            own.request = self.request
            own.place("access", "asgi")
            own.refresh()
        self._tell(self._door.attributes)

    def _tell(self, attributes: dict[str, Any]) -> None:
        """Put attributes to the span that we joined: to what records it, where that is ours: an SDK's are slow."""
        own = recorded(self.span)
        (own if isinstance(own, LightSpan) else self.span).set_attributes(attributes)

    async def receive(self) -> Message:
        """Pass a message of the request on, and look at the body as it goes by."""
        message = await self._receive()
        kind = message["type"]
        if kind == "http.request":
            if not self._is_read:
                self._look(message.get("body", b""), message.get("more_body", False))
        elif kind == "http.disconnect" and not self._is_done:
            self.request.facts["wechat.disconnected"] = True
        return message

    def _look(self, chunk: bytes, more: bool) -> None:
        self._body_bytes += len(chunk)
        if not self._body:
            self._body = chunk
        elif len(self._body) < MAX_BODY:
            self._body += chunk
        if not more:
            self._is_read = True
            self._body = self._body[:MAX_BODY]
            if self.is_push and self.request.openid is None:
                self._learn_sender()

    def _learn_sender(self) -> None:
        sender = read_body(self._body).get("wechat.from_user_name")
        if sender is not None:
            self.request.learn(str(sender), None, None)
            if isinstance(self.span, LightSpan):
                self.span.refresh()

    async def send(self, message: Message) -> None:
        """Pass a message of the reply on; the last byte of it, once sent, ends the attempt."""
        kind = message["type"]
        if kind != "http.response.body":
            if kind == "http.response.start":
                self.status = message["status"]
            await self._send(message)
            return
        chunk = message.get("body", b"")
        self._length += len(chunk)
        if len(self._reply) < MAX_KEPT:
            self._reply = self._reply + chunk if self._reply else chunk
        if message.get("more_body", False):
            await self._send(message)
            return
        if not self._is_ours:  # whoever made the span may end it as the last byte passes
            self._tell(self._told())
        await self._send(message)
        self._finish()

    def _finish(self) -> None:
        """Record the attempt: its reply is out, or there will be none."""
        self._is_done = True
        span, request = self.span, self.request
        if not self._is_ours:
            if span.is_recording():
                self._tell({"wechat.reply.end_ns": request.now_ns()})
        elif not isinstance(span, LightSpan):
            span.set_attributes(self._told())
            span.end()
        else:
            span.encoded = self._usual_attributes(span) or encode(
                {**self._door.attributes, **(span.attributes or {}), **self._told()}
            )
            span.end()
        request.stand_in = self._stand_in

    def _usual_attributes(self, span: LightSpan) -> bytes:
        """Return the attributes of the commonest exchange, put together from what is encoded already."""
        if self._reply != b"success" or self.status != 200 or not self.is_push or self.request.facts:
            return b""
        known = usual_json(self._body) if self._is_read and not span.attributes else b""
        return known and b"%b%b%b" % (self._door.encoded, known, _USUAL_REPLY % self._body_bytes)

    def _told(self) -> dict[str, Any]:
        facts = read_body(self._body) if self.is_push and self._is_read else {}
        told: dict[str, Any] = {**facts, **self.request.facts, "wechat.request.body_bytes": self._body_bytes}
        if not self.status:
            return told
        told["http.response.status_code"] = self.status
        told["wechat.reply.length"] = self._length
        if self.is_push:
            judged = judge(self.status, self._reply[:MAX_KEPT], self._length, told, self.request.openid)
            told["wechat.reply.acceptable"] = judged.acceptable
            if not judged.acceptable:
                told["wechat.reply.reason"] = judged.reason
                told["wechat.reply.text"] = self._reply[:MAX_SHOWN].decode("utf-8", "replace")
        return told

    def _stand_in(self, span: object) -> object:
        """Return the span of what runs after the reply, where *span* is the access span; begin it if need be."""
        if span is not self.span and (span is None or recorded(span) is not self.request.access):
            return span
        if self.after is None:
            self.request.stand_in = None  # its own parent is the access span
            self.after = origin.begin(_AFTER)
            self.request.stand_in = self._stand_in
        return self.after

    def fail(self, error: BaseException) -> None:
        """Keep what the app raised."""
        if self._is_done:
            if self.after is not None:
                record_failure(self.after, error)
            return
        own = recorded(self.span)
        record_failure(self.span if self._is_ours or not isinstance(own, LightSpan) else own, error)
        if not self.status:
            self._tell({"http.response.status_code": 500, "wechat.status.assumed": True})

    def end(self) -> None:
        """End what is left open when the app returns."""
        if not self._is_done:
            self._finish()
        elif self.after is None and self._has_run_on():
            self._stand_in(self.span)
        if self.after is not None:
            self.after.end()
        self.request.stand_in = self.request.access = None

    def _has_run_on(self) -> bool:
        """Say whether the app has worked noticeably long since the reply."""
        end_ns = getattr(self.span, "end_time", None) or 0
        return self._is_ours and 0 < end_ns < self.request.now_ns() - _NOTICEABLE_NS
