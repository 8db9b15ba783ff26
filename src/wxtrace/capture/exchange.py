"""
One request and its reply, as their messages pass: nothing is held back.

WeChat's clock stops when it has the reply. What the app does after it (background
tasks) is a span of its own, `after_reply`, and no part of the attempt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from opentelemetry.trace import INVALID_SPAN, Span

from wxtrace.capture import context as ctx
from wxtrace.capture.attributes import encode
from wxtrace.capture.doors import Door
from wxtrace.capture.layers import record_failure
from wxtrace.capture.provider import origin, recorded, server_span
from wxtrace.capture.push import MAX_BODY, read_body, read_query, usual_json
from wxtrace.capture.recorder import recorder
from wxtrace.capture.reply import MAX_KEPT, MAX_SHOWN, judge
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.tag import Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_NOTICEABLE_NS: Final = 10_000_000
_AFTER: Final = Shape("access", "after_reply", "after_reply")
_USUAL_REPLY: Final = (
    b'"wechat.request.body_bytes":%d,"http.response.status_code":200,'
    b'"wechat.reply.length":7,"wechat.reply.acceptable":true}'
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

    def __init__(self, scope: Scope, receive: Receive, send: Send, door: Door) -> None:
        self.scope, self._receive, self._send, self._door = scope, receive, send, door
        self.request = Request()
        self.span: Span = INVALID_SPAN
        self.after: Span | None = None
        self.status = self._length = self._body_bytes = 0
        self._body = self._reply = b""
        self._is_done = self._is_read = self.is_push = False
        self._is_ours = True

    def begin(self) -> None:
        """Tag the request and begin its access span, or join the one that there is."""
        scope, request, door = self.scope, self.request, self._door
        query = read_query(scope.get("query_string", b"")) if scope.get("method") == "POST" else None
        if query is not None:
            self.is_push = recorder.has_tagged = True
            openid, stamp, nonce, encryption = query
            request.learn(openid, stamp, nonce)
            if encryption is not None:
                request.facts["wechat.encrypt_type"] = encryption
            if door.appid is not None:
                request.facts["wechat.appid"] = door.appid
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
            own.update_name(self._door.shape.name)
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
