"""
The tag on its way to another process: one member of W3C baggage, beside the trace context.

``baggage: wxtrace=oABC~1745231475~nonce`` and, where it was asked for, a fourth part: when WeChat hangs up, in
unix milliseconds. Each part is percent-encoded, and nothing in it is encoded once more by who hands baggage on;
a part that is not known is empty. What comes in is hostile: what does not read as this is no tag.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from wxtrace.record import NO_STAMP
from wxtrace.tag import Request

MEMBER: Final = "wxtrace"
"""The key of the member in ``baggage``."""
TRACEPARENT: Final = "traceparent"
BAGGAGE: Final = "baggage"

_BETWEEN: Final = "~"
_LONGEST: Final = 1024
_LONGEST_PART: Final = 128
_MAX_BAGGAGE: Final = 8192
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


@dataclass(frozen=True, slots=True)
class Carried:
    """A tag that came from another process; `due_ms` is when WeChat hangs up, in unix milliseconds, where told."""

    openid: str | None
    stamp: int
    nonce: str | None
    due_ms: int | None = None

    def hold(self) -> Request:
        """Return a holder of it, for what is done under it from now on."""
        request = Request()
        self.teach(request)
        return request

    def teach(self, request: Request) -> None:
        """Let *request* have it."""
        request.is_carried = True
        if self.due_ms is not None:
            request.due_ns = self.due_ms * 10**6 - request.clock
        request.learn(self.openid, self.stamp, self.nonce)


@dataclass(frozen=True, slots=True)
class Remote:
    """What a message says of where it comes from: the span above, and the tag; each None where it says nothing."""

    parent: NonRecordingSpan | None = None
    carried: Carried | None = None


NOWHERE: Final = Remote()
"""A message that says nothing of where it comes from."""


def member_of(request: Request, due_ms: int | None = None) -> str:
    """Return the member of baggage that carries the tag of *request*; "" where it has none."""
    return f"{MEMBER}={value_of(request, due_ms)}" if request.stamp is not None else ""


def value_of(request: Request, due_ms: int | None = None) -> str:
    """Return what the member says: the tag, and when WeChat hangs up."""
    parts = [_quoted(request.openid), str(request.stamp), _quoted(request.nonce)]
    return _BETWEEN.join(parts if due_ms is None else [*parts, str(due_ms)])


def read_baggage(header: str) -> Carried | None:
    """Return the tag that a ``baggage`` header carries, None if it carries none."""
    for member in header[:_MAX_BAGGAGE].split(","):
        key, _, value = member.partition("=")
        if key.strip() == MEMBER:
            return read_value(value.partition(";")[0].strip())
    return None


def read_value(value: str) -> Carried | None:
    """Return the tag that the member's *value* says, None if it reads as none."""
    parts = value.split(_BETWEEN) if len(value) <= _LONGEST else []
    if not 3 <= len(parts) <= 4 or max(map(len, parts)) > 3 * _LONGEST_PART:
        return None
    stamp = _number(parts[1])
    if stamp is None:
        return None
    due_ms = _number(parts[3]) if len(parts) == 4 else None
    return Carried(unquote(parts[0]) or None, stamp, unquote(parts[2]) or None, due_ms)


def due_in(header: str, request: Request) -> int | None:
    """Return when WeChat hangs up by a ``baggage`` header with the tag of *request*; None if it does not say."""
    told = read_baggage(header)
    if told is None or (told.openid, told.stamp, told.nonce) != (request.openid, request.stamp, request.nonce):
        return None
    return told.due_ms


def text_of(value: object) -> str:
    """Return a header's name or value as text, "" where it is neither; several values with commas."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, list | tuple):
        return ",".join(map(text_of, value))
    return value if isinstance(value, str) else ""


def without_member(header: str) -> str:
    """Return a ``baggage`` header without our member."""
    members = header.split(",") if header else []
    return ",".join(one.strip() for one in members if one.partition("=")[0].strip() != MEMBER)


def read_parent(traceparent: str) -> NonRecordingSpan | None:
    """Return the span that a ``traceparent`` header names, None if it reads as none."""
    parts = traceparent.strip().split("-")
    if len(parts) < 4 or [len(part) for part in parts[:4]] != [2, 32, 16, 2] or parts[0] == "ff":
        return None
    try:
        trace_id, span_id = int(parts[1], 16), int(parts[2], 16)
        flags = TraceFlags(int(parts[3], 16))
    except ValueError:
        return None
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
    return NonRecordingSpan(context) if context.is_valid else None


def traceparent_of(context: SpanContext) -> str:
    """Return the ``traceparent`` header of a span; what carries a tag is always sampled."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{_SAMPLED:02x}"


def remote_of(headers: Iterable[tuple[bytes, bytes]]) -> Remote:
    """
    Return what an HTTP request says of where it comes from.

    Args:
        headers: Names in lower case, and values, as ASGI has them.
    """
    parent = carried = None
    for name, value in headers:
        if name == b"traceparent":
            parent = read_parent(value[:_LONGEST].decode("latin-1"))
        elif name == b"baggage" and carried is None:
            carried = read_baggage(value.decode("latin-1"))
    return NOWHERE if parent is None and carried is None else Remote(parent, carried)


def _quoted(part: str | None) -> str:
    return quote((part or "")[:_LONGEST_PART], safe="").replace(_BETWEEN, "%7E")


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    number = int(text)
    return number if number < -NO_STAMP else None
