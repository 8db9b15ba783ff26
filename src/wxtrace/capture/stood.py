"""
How things stood when a stdlib record was made: for whom, under which span, when.

`LogFilter` keeps it on the record. So a line that goes through a queue to another thread (`QueueHandler`,
`QueueListener`), or to another process, is recorded there as what it was here; and once, however many copies there
are.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from opentelemetry.trace import NonRecordingSpan, Span, SpanContext

from wxtrace.capture.context import SPAN_KEY, current
from wxtrace.capture.lines import handed, is_last, keep_as_last
from wxtrace.capture.outside import owner_of
from wxtrace.tag import Request, current_request

KEPT: Final = "_wxtrace_stood"
"""The attribute of a record that keeps it."""


class Stood:
    """
    How things stood when a line was made.

    Args:
        request: The holder of the request that it was made for, if any.
        span: Under which it was made.
        time_ns: When it was made; None: now.
        turn: What who records it takes out; None where it is on no record.
    """

    __slots__ = ("_turn", "request", "span", "time_ns")

    def __init__(
        self, request: Request | None, span: object, time_ns: int | None = None, turn: list[None] | None = None
    ) -> None:
        self.request, self.span, self.time_ns, self._turn = request, span, time_ns, turn

    def is_first(self, record: logging.LogRecord) -> bool:
        """Say whether nobody has recorded *record* yet, or a copy of it; from now on somebody has."""
        is_known = self._turn is None and is_last(record)
        keep_as_last(record)
        if self._turn is None:
            return not is_known
        try:
            self._turn.pop()
        except IndexError:
            return False
        return True

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as texts and numbers."""
        request, span = self.request, self.span
        tag = None if request is None else (request.openid, request.stamp, request.nonce)
        context = span.get_span_context() if isinstance(span, Span) else None
        ids = None if context is None else (context.trace_id, context.span_id)
        return _stood_elsewhere, (tag, ids, self.time_ns, len(self._turn or ()))


def _stood_elsewhere(
    tag: tuple[str | None, int | None, str | None] | None, ids: tuple[int, int] | None, time_ns: int, turns: int
) -> Stood:
    request = None
    if tag is not None:
        request = Request()
        request.learn(*tag)
    span = None if ids is None else NonRecordingSpan(SpanContext(*ids, is_remote=True))
    return Stood(request, span, time_ns, [None] * turns)


def stood_of(record: logging.LogRecord | None) -> Stood:
    """
    Return how things stood when a line was made, which is now, if it is not kept on *record*.

    Args:
        record: What `logging` has made of the line; None where it comes from elsewhere.
    """
    kept = None if record is None else record.__dict__.get(KEPT)
    if type(kept) is Stood:
        return kept
    request = current_request()
    if request is None and (owner := owner_of(record)) is not None:
        return Stood(*owner)
    return Stood(request, current().get(SPAN_KEY))


def keep_on(record: logging.LogRecord) -> Stood:
    """Keep on *record* how things stand, and return it; what is kept there already stays."""
    stood = stood_of(record)
    if KEPT in record.__dict__:
        return stood
    is_recorded = is_handed(record) or is_last(record)
    time_ns = None if stood.request is None else stood.request.now_ns()
    kept = Stood(stood.request, stood.span, time_ns, [] if is_recorded else [None])
    setattr(record, KEPT, kept)
    return kept


def is_handed(record: logging.LogRecord) -> bool:
    """Say whether structlog has recorded it on its way to `logging`; said once."""
    is_named = handed.name is not None and handed.name == record.name
    if is_named or (isinstance(record.msg, dict) and hasattr(record, "_logger")):
        handed.name = None
        return True
    return False
