"""
A log line on its way into the journal: where it belongs, when it was made, what it tells.

`logs.py` takes lines from structlog, `loghandler.py` from the standard library; a line that passes both is
recorded once.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from time import monotonic_ns
from typing import Any, Final

from opentelemetry.trace import Span

from wxtrace.capture.attributes import encode, text_of
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape, log_place
from wxtrace.capture.spans import LightSpan, log_record
from wxtrace.record import PackedPlace
from wxtrace.tag import Request

_SEVERITIES: Final = {
    "warn": b"warning",
    "exception": b"error",
    "fatal": b"critical",
    "msg": b"info",
    "log": b"info",
}
_LEVELS: Final = logging.getLevelNamesMapping()
_MAX_PLACES: Final = 2048
_LONGEST_KEPT: Final = 256
_LONGEST_TRACEBACK: Final = 16384

places: Final[dict[tuple[Shape | None, str, str, str | None], PackedPlace]] = {}
"""The packed places of lines: most events are constants of the code."""


class Handed(threading.local):
    """
    What this thread has recorded already, and may meet again.

    `name` is the stdlib logger that a structlog line goes on to, `record` says which stdlib record was the last.
    """

    name: str | None = None
    record: tuple[float, str, int, int, int] = (0.0, "", 0, 0, 0)


handed: Final = Handed()


def is_last(record: logging.LogRecord) -> bool:
    """Say whether this thread has recorded it last, or a copy of it: formatters make one without arguments."""
    created, name, line, message, args = handed.record
    if created != record.created or (name, line, message) != (record.name, record.lineno, id(record.msg)):
        return False
    return not record.args or args in (0, id(record.args))


def keep_as_last(record: logging.LogRecord) -> None:
    """Keep in mind that this thread has recorded it, without keeping it alive."""
    args = id(record.args) if record.args else 0
    handed.record = (record.created, record.name, record.lineno, id(record.msg), args)


def place_of(span: object, event: Any, method_name: str, logger: Any) -> PackedPlace:
    """Return the packed place of a line, which is kept for the next time."""
    shape = span.shape if isinstance(span, LightSpan) else None
    event = event if type(event) is str else text_of(event)  # no object of the app is kept
    logger = logger if logger is None else text_of(logger)
    place = places.get((shape, event, method_name, logger))
    if place is None:
        severity = _SEVERITIES.get(method_name) or method_name.encode("utf-8", "replace")
        place = log_place(shape, event, severity, (logger or "").encode("utf-8", "replace"))
        if len(places) >= _MAX_PLACES:
            places.clear()
        if len(event) <= _LONGEST_KEPT:
            places[shape, event, method_name, logger] = place
    return place


def level_of(method_name: str) -> int:
    """Return the stdlib level of a structlog method."""
    severity = _SEVERITIES.get(method_name, b"").decode() or method_name
    return _LEVELS.get(severity.upper(), logging.CRITICAL)


def write(
    span: object,
    request: Request | None,
    place: PackedPlace,
    attributes: dict[str, Any],
    time_ns: int | None = None,
) -> None:
    """
    Record a line, or let it wait until its request has a tag.

    Args:
        span: Under which it was made.
        request: The holder of the request it was made for, if any.
        place: Where it belongs, with event and severity.
        attributes: What else it tells.
        time_ns: When it was made; None: now.
    """
    text = encode(attributes) if attributes else b""
    if request is None:
        recorder.opened().append(log_record(span, None, place, time_ns or time.time_ns(), text))
        return
    made_ns = time_ns or monotonic_ns() + request.clock
    if request.is_named or recorder.untagged_logs:
        recorder.opened().append(log_record(span, request, place, made_ns, text))
    else:
        request.wait_for_tag(lambda: recorder.opened().append(log_record(span, request, place, made_ns, text)))


def hex_ids(span: Span) -> tuple[str, str]:
    """Return trace id and span id as they are written."""
    if isinstance(span, LightSpan):
        return span.trace_id.hex(), span.span_id.hex()
    ids = span.get_span_context()
    return format(ids.trace_id, "032x"), format(ids.span_id, "016x")


def traceback_of(exc_info: Any) -> str:
    """Return the traceback of an exception in any form that loggers take; the end of one that is very long."""
    if isinstance(exc_info, BaseException):
        lines = traceback.format_exception(exc_info)
    elif isinstance(exc_info, tuple):
        lines = traceback.format_exception(*exc_info)
    else:
        lines = [traceback.format_exc()]
    return "".join(lines)[-_LONGEST_TRACEBACK:].rstrip()
