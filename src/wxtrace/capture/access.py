"""
One request and its reply, whatever brings them: its tag, its access span, and how the attempt ended.

`exchange.py` feeds it with what passes of ASGI, `wsgi_exchange.py` of WSGI.
WeChat's clock stops when it has the reply. What the app does after it (background
tasks) is a span of its own, `after_reply`, and no part of the attempt.
"""

from __future__ import annotations

from typing import Any, Final

from opentelemetry.trace import INVALID_SPAN, Span

from wxtrace.capture import context as ctx
from wxtrace.capture.attributes import encode
from wxtrace.capture.carried import NOWHERE, Carried, Remote
from wxtrace.capture.doors import Door
from wxtrace.capture.hosts import is_own_address
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.joined import has_told
from wxtrace.capture.layers import record_failure
from wxtrace.capture.payment import marks, read_payment
from wxtrace.capture.provider import origin, recorded, server_span
from wxtrace.capture.push import MAX_BODY, read_body, read_query, usual_json
from wxtrace.capture.recorder import recorder
from wxtrace.capture.served import kept
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.reply import MAX_KEPT, MAX_SHOWN, PAY_VERSION, judge
from wxtrace.row import CARRIED
from wxtrace.tag import Request

_PERSONAL: Final = frozenset({"wechat.from_user_name", "wechat.reply.text", "wechat.transaction_id"})
"""What an SDK's exporters do not get: it may be personal."""
_NOTICEABLE_NS: Final = 10_000_000
_AFTER: Final = Shape("access", "after_reply", "after_reply")
_USUAL_REPLY: Final = (
    b'"wechat.request.body_bytes":%d,"http.response.status_code":200,'
    b'"wechat.reply.length":7,"wechat.reply.acceptable":true}'
)


class Access:
    """
    One request and its reply.

    Who feeds it counts in `body_bytes` and `length`, and keeps the beginning of the reply in `reply`.
    """

    __slots__ = (
        "after",
        "body",
        "body_bytes",
        "door",
        "is_done",
        "is_ours",
        "is_push",
        "is_read",
        "length",
        "reply",
        "request",
        "span",
        "status",
    )

    def __init__(self, door: Door) -> None:
        self.door = door
        self.request = Request()
        self.span: Span = INVALID_SPAN
        self.after: Span | None = None
        self.status = self.length = self.body_bytes = 0
        self.body = self.reply = b""
        self.is_done = self.is_read = self.is_push = False
        self.is_ours = True

    def begin(self, query: bytes, remote: Remote = NOWHERE) -> None:
        """
        Tag the request and begin its access span, or join the one that there is.

        Args:
            query: The query string; a push has its tag in it.
            remote: What the headers say of the span above and of the tag. Where they say no tag, or come from
                outside, neither counts: anybody may write a header.
        """
        request, door = self.request, self.door
        read = read_query(query) if door.method == "POST" else None
        if read is not None:
            self.is_push = recorder.has_tagged = True
            openid, stamp, nonce, encryption = read
            request.learn(openid, stamp, nonce)
            if encryption is not None:
                request.facts["wechat.encrypt_type"] = encryption
            if door.appid is not None:
                request.facts["wechat.appid"] = door.appid
        else:
            request.on_paid = self._learn_payment
        parent = None if remote.carried is None else self._parent(remote.parent, remote.carried)
        here = ctx.current().get(ctx.SPAN_KEY)
        joined = None if here is None else server_span()
        if joined is not None:
            self._join(joined)
        elif origin.sdk is None:
            self.span = LightSpan(door.shape, parent if here is None else here, request)
        else:
            self.span = origin.begin(door.shape, door.attributes, parent if here is None else None)
            self._own()
        request.access = recorded(self.span)
        if CARRIED in request.facts:
            self._show({CARRIED: True})

    def _show(self, attributes: dict[str, Any]) -> None:
        """Put attributes to the span for a reader too that comes before it ends."""
        self.tell(attributes)
        if isinstance(own := recorded(self.span), LightSpan):
            own.refresh()

    def _parent(self, parent: Span | None, carried: Carried) -> Span | None:
        """Take the tag that came along, and return the span above; None of both is believed of a stranger."""
        request = self.request
        if not is_own_address(self.door.attributes.get("client.address", "")):
            return None
        if self.is_push and (request.openid, request.stamp) != (carried.openid, carried.stamp):
            return None
        if not self.is_push:
            recorder.has_tagged = True
            carried.teach(request)
        request.facts[CARRIED] = True
        return parent

    def _own(self) -> None:
        """See that the span works for this request, also where it was begun inside of another's."""
        own = recorded(self.span)
        if isinstance(own, LightSpan) and own.request is not self.request:
            own.request = self.request
            own.refresh()

    def _join(self, span: Span) -> None:
        self.span, self.is_ours = span, False
        own = recorded(span)
        if isinstance(own, LightSpan):
            if own.request is not None:  # what its first attributes told of this push
                in_flight.left(own.request)
            own.request = self.request
            own.place("access", self.door.shape.module)
            own.update_name(self.door.shape.name)
            own.refresh()
        self.tell(self.door.attributes)

    def tell(self, attributes: dict[str, Any]) -> None:
        """Put attributes to the span that we joined: to what records it, where that is ours: an SDK's are slow."""
        own = recorded(self.span)
        (own if isinstance(own, LightSpan) else self.span).set_attributes(attributes)

    def read(self, body: bytes) -> None:
        """Take the whole *body* of the request, or its first 64 KiB: the app has read it."""
        self.is_read = True
        self.body = body[:MAX_BODY]
        if not self.is_push:
            self._look_for_payment()
        elif self.request.openid is None:
            self._learn_sender()

    def _learn_sender(self) -> None:
        sender = read_body(self.body).get("wechat.from_user_name")
        if sender is not None:
            self.request.learn(str(sender), None, None)
            if isinstance(self.span, LightSpan):
                self.span.refresh()

    def _look_for_payment(self) -> None:
        if self.door.method == "POST" and (facts := read_payment(self.body)):
            self.request.learn_payment(facts)

    def _learn_payment(self) -> None:
        """Take the request for a payment notification, and show it to a reader that comes before it ends."""
        recorder.has_tagged = True
        facts = self.request.facts
        facts.update(marks(3) | facts)
        self._show(facts)

    def finish(self) -> None:
        """Record the attempt: its reply is out, or there will be none."""
        self.is_done, span, request = True, self.span, self.request
        in_flight.left(request)
        if not self.is_ours:
            if span.is_recording():
                self.tell({"wechat.reply.end_ns": request.now_ns()})
        elif not isinstance(span, LightSpan):
            told = self.told()
            self.tell(told)
            span.set_attributes({name: held for name, held in told.items() if name not in _PERSONAL})
            self._end_with(span, request.access)
        else:
            joined = kept(span.attributes) if span.attributes else {}
            span.encoded = self._usual_attributes(span) or encode({**self.door.attributes, **joined, **self.told()})
            span.end()
        request.stand_in = self._stand_in

    def _end_with(self, span: Span, mirror: Any) -> None:
        """End an SDK's span, unless somebody inside has joined it and has not ended it yet."""
        if getattr(mirror, "is_joined", False) and not mirror.is_left:
            mirror.is_replied = True
            self.tell({"wechat.reply.end_ns": self.request.now_ns()})
        else:
            span.end()

    def _usual_attributes(self, span: LightSpan) -> bytes:
        """Return the attributes of the commonest exchange, put together from what is encoded already."""
        if self.reply != b"success" or self.status != 200 or not self.is_push or self.request.facts:
            return b""
        known = usual_json(self.body) if self.is_read and not span.attributes else b""
        return known and b"%b%b%b" % (self.door.encoded, known, _USUAL_REPLY % self.body_bytes)

    def told(self) -> dict[str, Any]:
        """Return what is known of the push and of the reply, by the names of attributes."""
        facts = read_body(self.body) if self.is_push and self.is_read else {}
        told: dict[str, Any] = {**facts, **self.request.facts, "wechat.request.body_bytes": self.body_bytes}
        if not self.status:
            return told
        told["http.response.status_code"] = self.status
        told["wechat.reply.length"] = self.length
        if self.is_push or PAY_VERSION in told:
            judged = judge(self.status, self.reply[:MAX_KEPT], self.length, told, self.request.openid)
            told["wechat.reply.acceptable"] = judged.acceptable
            if not judged.acceptable:
                told["wechat.reply.reason"] = judged.reason
                told["wechat.reply.text"] = self.reply[:MAX_SHOWN].decode("utf-8", "replace")
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
        if self.is_done:
            if self.after is not None:
                record_failure(self.after, error)
            return
        own = recorded(self.span)
        told = self.span if self.is_ours or not isinstance(own, LightSpan) else own
        record_failure(told, error, is_told=has_told(self.span, error))
        if not self.status:
            self.tell({"http.response.status_code": 500, "wechat.status.assumed": True})

    def end(self) -> None:
        """End what is left open when the app returns."""
        if not self.is_done:
            self.finish()
        elif self.after is None and self._has_run_on():
            self._stand_in(self.span)
        if self.after is not None:
            self.after.end()
        if self.is_ours and self.span.is_recording():
            self.span.end()
        self.request.stand_in = self.request.access = self.request.on_paid = None

    def _has_run_on(self) -> bool:
        """Say whether the app has worked noticeably long since the reply."""
        return (
            self.is_ours
            and 0 < (getattr(self.span, "end_time", None) or 0) < self.request.now_ns() - _NOTICEABLE_NS
        )
