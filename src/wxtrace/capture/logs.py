"""
Log lines: a structlog processor and a stdlib handler that put each into the journal.

Both also hand the tag on, so that the app's own log file can be searched by it.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import MutableMapping
from time import monotonic_ns
from typing import Any, Final

from opentelemetry.trace import Span

from wxtrace.capture.attributes import encode, text_of
from wxtrace.capture.context import SPAN_KEY, current
from wxtrace.capture.provider import recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape, log_place
from wxtrace.capture.spans import LightSpan, log_record
from wxtrace.record import IN_REQUEST, PackedPlace, logged
from wxtrace.tag import Request, current_request

_SEVERITIES: Final = {
    "warn": b"warning",
    "exception": b"error",
    "fatal": b"critical",
    "msg": b"info",
    "log": b"info",
}
_MAX_PLACES: Final = 2048
_LONGEST_KEPT: Final = 256
_LEVELS: Final = logging.getLevelNamesMapping()
_places: Final[dict[tuple[Shape | None, str, str, str | None], PackedPlace]] = {}
_UNUSUAL: Final = frozenset({"exc_info", "logger", "_record"})
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_FILTERED: Final = "_wxtrace_filtered"
_PUT: Final = ("openid", "stamp", "trace_id")
"""What `LogFilter` puts on a record, which it marks by `_FILTERED`."""


class _Handed(threading.local):
    """
    What this thread has recorded already, and may meet again.

    `name` is the stdlib logger that a structlog line goes on to, `record` says which stdlib record was the last.
    """

    name: str | None = None
    record: object = None


_handed: Final = _Handed()


def structlog_processor(logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> Any:
    """
    Record a structlog event, and put the tag into it.

    Put it before the renderer. Adds `openid`, `stamp`, `trace_id`, `span_id`,
    `layer` and `module` where there are any; what the event has itself stays.

    Args:
        logger: The wrapped logger.
        method_name: ``info``, ``error``, …
        event_dict: The event.
    """
    span = current().get(SPAN_KEY)
    if (
        type(span) is not LightSpan
        or (request := span.request) is None
        or request.stamp is None
        or recorder.sink.is_nowhere
        or not _UNUSUAL.isdisjoint(event_dict)
        or isinstance(logger, logging.Logger)
    ):
        return _process_unusual(logger, method_name, event_dict, span)
    attributes = dict(event_dict)
    event = attributes.pop("event", "")
    shape = span.shape
    try:
        place = _places[shape, event, method_name, None]
    except Exception:  # a new place, or an event that cannot be hashed
        place = _place(span, event, method_name, None)
    trace_id, span_id = span.trace_id, span.span_id
    now_ns, data = monotonic_ns() + request.clock, encode(attributes) if attributes else b""
    recorder.sink.append(
        logged(recorder.next_seq(), now_ns, trace_id, span_id, request.packed, place, IN_REQUEST, data)
    )
    return {
        "openid": request.openid,
        "stamp": request.stamp,
        "trace_id": trace_id.hex(),
        "span_id": span_id.hex(),
        "layer": shape.layer,
        "module": shape.module,
        **event_dict,
    }


def _process_unusual(logger: Any, method_name: str, event_dict: MutableMapping[str, Any], span: object) -> Any:
    request = current_request()
    if not recorder.enabled or (request is None and not recorder.untagged_logs):
        return event_dict
    span = recorded(span)
    record = event_dict.get("_record")  # from a `ProcessorFormatter`, of which there may be one a handler
    if record is None or _is_new(record):
        _record_unusual(logger, method_name, event_dict, request, span)
    return event_dict if request is None else {**_tagged(request, span), **event_dict}


def _record_unusual(
    logger: Any, method_name: str, event_dict: MutableMapping[str, Any], request: Request | None, span: object
) -> None:
    attributes = dict(event_dict)
    event, name = attributes.pop("event", ""), attributes.pop("logger", None)
    record = attributes.pop("_record", None)
    if record is not None:
        attributes.pop("_from_structlog", None)
        name = name or record.name
    if "exc_info" in attributes and (exc_info := attributes.pop("exc_info")):
        attributes["exception"] = _traceback(exc_info)
    if isinstance(logger, logging.Logger):
        name = name or logger.name
        _handed.name = logger.name if logger.isEnabledFor(_level(method_name)) else None
    _record(span, request, _place(span, event, method_name, name), attributes)


class LogHandler(logging.Handler):
    """Record stdlib log records; put it on the root logger, or on those that matter."""

    def emit(self, record: logging.LogRecord) -> None:
        """Record *record*, unless structlog has done so already on its way here."""
        if not recorder.enabled or record.name == "wxtrace":
            return
        if _handed.name == record.name or (isinstance(record.msg, dict) and hasattr(record, "_logger")):
            _handed.name = None
            return
        request = current_request()
        if (request is None and not recorder.untagged_logs) or not _is_new(record):
            return
        attributes = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if _FILTERED in attributes:
            for key in (_FILTERED, *_PUT):
                attributes.pop(key, None)
        if record.exc_info:
            attributes["exception"] = _traceback(record.exc_info)
        try:
            event = record.getMessage()
        except Exception:  # a wrong number of arguments is the app's mistake; the line is kept
            event = f"{text_of(record.msg)} % {text_of(record.args)}"
        span = recorded(current().get(SPAN_KEY))
        _record(span, request, _place(span, event, record.levelname.lower(), record.name), attributes)


class LogFilter(logging.Filter):
    """Put `openid`, `stamp` and `trace_id` on every stdlib record, for formats that name them ("-": none)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put them on *record*; it always passes."""
        request = current_request()
        span = current().get(SPAN_KEY)
        record.openid = (request.openid if request is not None else None) or "-"
        record.stamp = request.stamp if request is not None and request.stamp is not None else "-"
        record.trace_id = _hex_ids(span)[0] if isinstance(span, Span) else "-"
        setattr(record, _FILTERED, True)
        return True


def _is_new(record: logging.LogRecord) -> bool:
    """Say whether it is not the stdlib record that this thread recorded last; formatters hand on copies of it."""
    itself = (record.created, record.name, record.lineno, id(record.args))
    is_new = _handed.record != itself
    _handed.record = itself
    return is_new


def _place(span: object, event: Any, method_name: str, logger: Any) -> PackedPlace:
    """Return the packed place of a line; most events are constants of the code, so it is kept for the next time."""
    shape = span.shape if isinstance(span, LightSpan) else None
    event = event if type(event) is str else text_of(event)  # no object of the app is kept
    logger = logger if logger is None else text_of(logger)
    place = _places.get((shape, event, method_name, logger))
    if place is None:
        severity = _SEVERITIES.get(method_name) or method_name.encode("utf-8", "replace")
        place = log_place(shape, event, severity, (logger or "").encode("utf-8", "replace"))
        if len(_places) >= _MAX_PLACES:
            _places.clear()
        if len(event) <= _LONGEST_KEPT:
            _places[shape, event, method_name, logger] = place
    return place


def _level(method_name: str) -> int:
    severity = _SEVERITIES.get(method_name, b"").decode() or method_name
    return _LEVELS.get(severity.upper(), logging.CRITICAL)


def _record(span: object, request: Request | None, place: PackedPlace, attributes: dict[str, Any]) -> None:
    text = encode(attributes) if attributes else b""
    if request is None:
        recorder.opened().append(log_record(span, None, place, time.time_ns(), text))
    elif request.is_named or recorder.untagged_logs:
        recorder.opened().append(log_record(span, request, place, monotonic_ns() + request.clock, text))
    else:
        now_ns = request.now_ns()
        request.wait_for_tag(lambda: recorder.opened().append(log_record(span, request, place, now_ns, text)))


def _tagged(request: Request, span: object) -> dict[str, Any]:
    """Return what a rendered line gets."""
    if isinstance(span, LightSpan):
        shape = span.shape
        told = {
            "trace_id": span.trace_id.hex(),
            "span_id": span.span_id.hex(),
            "layer": shape.layer,
            "module": shape.module,
        }
    elif isinstance(span, Span):
        trace_id, span_id = _hex_ids(span)
        told = {"trace_id": trace_id, "span_id": span_id}
    else:
        told = {}
    return told if request.stamp is None else {"openid": request.openid, "stamp": request.stamp, **told}


def _hex_ids(span: Span) -> tuple[str, str]:
    if isinstance(span, LightSpan):
        return span.trace_id.hex(), span.span_id.hex()
    ids = span.get_span_context()
    return format(ids.trace_id, "032x"), format(ids.span_id, "016x")


def _traceback(exc_info: Any) -> str:
    if isinstance(exc_info, BaseException):
        lines = traceback.format_exception(exc_info)
    elif isinstance(exc_info, tuple):
        lines = traceback.format_exception(*exc_info)
    else:
        lines = [traceback.format_exc()]
    return "".join(lines)[-16384:].rstrip()
