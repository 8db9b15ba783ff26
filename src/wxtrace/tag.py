"""
The tag of a request: one mutable holder, bound at the outermost layer.

Tasks, threads and executors copy the context, not the holder, so that what the
app learns late (`identify`, after decrypting) is known to all of them. The
holder keeps texts and numbers only, never an object of the app.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import Context, ContextVar, Token
from typing import Final

from wxtrace.record import NO_STAMP, PackedTag
from wxtrace.row import Tag

_NO_TAG: Final = PackedTag()
_MAX_WAITING: Final = 64
_LONGEST: Final = 128


class Request:
    """
    The holder: what is known of the push that a request delivers.

    `clock` is the wall clock less the monotonic one at arrival, in nanoseconds:
    all times of the request come from it, so that a stepped clock bends no duration.
    `arrived_ns` is the arrival by the monotonic clock; `queued_ns` how long it had waited in front of the app,
    None as long as nobody has looked.
    `is_carried` says that the tag came from another process, which has the request; `due_ns` when WeChat hangs up
    there, by the monotonic clock, where that was told.
    `facts` are attributes of the access span, by their names (``wechat.msg_type``).
    `access` is the access span that records the request, while it runs.
    `stand_in` gives the span that stands for the current one as a parent, once the reply is out.
    `on_paid` is called when it turns out to tell of a payment.
    """

    __slots__ = (
        "access",
        "arrived_ns",
        "clock",
        "due_ns",
        "facts",
        "is_carried",
        "nonce",
        "on_paid",
        "openid",
        "packed",
        "queued_ns",
        "stamp",
        "stand_in",
        "waiting",
    )

    def __init__(self) -> None:
        self.openid: str | None = None
        self.stamp: int | None = None
        self.nonce: str | None = None
        self.packed = _NO_TAG
        self.facts: dict[str, str | int] = {}
        self.arrived_ns = arrived_ns = time.monotonic_ns()
        self.clock = time.time_ns() - arrived_ns
        self.queued_ns: int | None = None
        self.is_carried = False
        self.due_ns: int | None = None
        self.waiting: list[Callable[[], None]] | None = None
        self.access: object = None
        self.stand_in: Callable[[object], object] | None = None
        self.on_paid: Callable[[], None] | None = None

    def now_ns(self) -> int:
        """Return the time in nanoseconds since the epoch."""
        return time.monotonic_ns() + self.clock

    def age_ns(self) -> int:
        """Return how long ago it arrived, in nanoseconds."""
        return time.monotonic_ns() - self.arrived_ns

    def learn(self, openid: str | None, stamp: int | None, nonce: str | None) -> None:
        """Put what is known of the tag; None leaves what was known. Lines that waited for a tag are recorded."""
        self.openid = openid = self.openid if openid is None else openid
        self.stamp = stamp = self.stamp if stamp is None else stamp
        self.nonce = nonce = self.nonce if nonce is None else nonce
        self.packed = PackedTag(
            b"" if openid is None else openid.encode("utf-8", "replace")[:_LONGEST],
            NO_STAMP if stamp is None else stamp,
            b"" if nonce is None else nonce.encode("utf-8", "replace")[:_LONGEST],
        )
        if self.waiting is not None and stamp is not None:
            self._record_waiting()

    def learn_payment(self, facts: Mapping[str, str | int]) -> None:
        """Put what is known of the payment that it tells of; lines that waited for a tag are recorded."""
        self.facts.update(facts)
        if self.on_paid is not None:
            self.on_paid()
        self._record_waiting()

    def _record_waiting(self) -> None:
        waiting, self.waiting = self.waiting, None
        for record in waiting or ():
            record()

    def wait_for_tag(self, record: Callable[[], None]) -> None:
        """Keep *record* (the 64 newest) until a tag is learned; it is never called if none is."""
        self.waiting = [*(self.waiting or ())[1 - _MAX_WAITING :], record]

    @property
    def is_named(self) -> bool:
        """Whether it can be found: by its stamp, or by the payment that it tells of."""
        return self.stamp is not None or "wechat.pay_version" in self.facts or "wechat.transaction_id" in self.facts

    @property
    def tag(self) -> Tag | None:
        """The tag; None as long as there is no stamp."""
        return None if self.stamp is None else Tag(self.openid, self.stamp, self.nonce)


_current: ContextVar[Request | None] = ContextVar("wxtrace_request", default=None)

bound_request: Final = _current.get
"""Return the holder that is bound here, None outside of any request."""

_look: Callable[[], Request | None] = bound_request


def look_by(look: Callable[[], Request | None]) -> None:
    """Let `current_request` use *look*: capture knows for what the current span works."""
    global _look
    _look = look


def current_request() -> Request | None:
    """Return the holder of the request that the caller works for, None outside of any."""
    return _look()


def request_in(context: Context) -> Request | None:
    """Return the holder that is bound in *context*, seen from outside of it."""
    return context.get(_current)


bind: Final = _current.set
"""Bind a holder for everything called, created or scheduled from here on; return what `unbind` wants to have."""


def unbind(token: Token[Request | None]) -> None:
    """Restore what was bound before; nothing happens in another task's context, where it never was."""
    try:
        _current.reset(token)
    except ValueError:
        pass


def current_tag() -> Tag | None:
    """
    Return the tag of the push that the caller works for.

    Returns:
        None outside a request, and while nothing is known of its push.
    """
    request = current_request()
    return None if request is None else request.tag


def identify(
    *,
    openid: str | None = None,
    stamp: int | None = None,
    nonce: str | None = None,
    appid: str | None = None,
    create_time: int | None = None,
    event: str | None = None,
    info_type: str | None = None,
    msg_id: int | str | None = None,
    msg_type: str | None = None,
    transaction_id: str | None = None,
) -> None:
    """
    Say what the app has learned of the push, from any task or thread of its request.

    In AES mode most of it is readable only after decrypting. Spans that were
    recorded before get the tag when they are read. Outside a request nothing happens.

    Args:
        openid: FromUserName.
        stamp: The query parameter ``timestamp`` of the push, unix seconds.
        nonce: The query parameter ``nonce``.
        appid, create_time, event, info_type, msg_id, msg_type: As in WeChat's XML; None says nothing.
        transaction_id: The payment that a notification tells of, as its alarm prints it. A request that is no
            push becomes a payment notification by it.
    """
    request = current_request()
    if request is None:
        return
    learned = {
        "wechat.appid": appid,
        "wechat.create_time": create_time,
        "wechat.event": event,
        "wechat.info_type": info_type,
        "wechat.msg_id": None if msg_id is None else str(msg_id),
        "wechat.msg_type": msg_type,
    }
    request.facts.update({fact: value for fact, value in learned.items() if value is not None})
    if openid is not None or stamp is not None or nonce is not None:
        request.learn(_text(openid), _number(stamp), _text(nonce))
    if transaction_id is not None:
        request.learn_payment({"wechat.transaction_id": str(transaction_id)})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: int | str | None) -> int | None:
    """Return a stamp as a number, also where the app hands on the query's text; None if 63 bits do not hold it."""
    try:
        number = NO_STAMP if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if NO_STAMP < number < -NO_STAMP else None
