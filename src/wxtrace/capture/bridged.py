"""
Log lines that come as log records of OpenTelemetry's: bridged from `logging`, or emitted by its own API.

A stdlib record may pass `LogHandler`, structlog's processor and OpenTelemetry's handler, in any order, and is
recorded once. OpenTelemetry's record of it has its time and the name of its logger, and nothing else to know it by.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from time import time_ns
from typing import Any, Final

from opentelemetry.trace import NonRecordingSpan, SpanContext

from wxtrace.capture import context as ctx
from wxtrace.capture import served
from wxtrace.capture.attributes import dumps, encode, text_of
from wxtrace.capture.lines import handed, place_of, write
from wxtrace.capture.provider import recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import LightSpan, log_record
from wxtrace.tag import Request, current_request

_SEVERITIES: Final = {"warn": "warning", "fatal": "critical", "critical": "critical"}
_Key = tuple[str, int]


class Bridge(threading.local):
    """
    What this thread has seen last, and may meet again.

    `handled`: the stdlib record that our handler has; `exported`: that OpenTelemetry's has, each until the other
    meets it; `met`: that both have; `line`: the line that was recorded last.
    """

    handled: _Key | None = None
    exported: _Key | None = None
    met: _Key | None = None
    line: tuple[str, int, int] | None = None


bridge: Final = Bridge()


class Switch:
    """Whether any log records of OpenTelemetry's come here: else no line pays for it."""

    is_on = False


switch: Final = Switch()


def is_bridged(record: logging.LogRecord) -> bool:
    """Say whether a stdlib record has come here by OpenTelemetry's handler; said once."""
    if not switch.is_on:
        return False
    key = record.name, int(record.created * 1e9)
    if bridge.exported == key:
        bridge.exported = None
        return True
    bridge.handled = key
    return False


def bridge_line(logger: str, line: Any) -> None:
    """
    Record a log record of OpenTelemetry's that is being emitted, unless it has come by another way already.

    One that is made after the end of the server span (a background task, a thread) works for nobody that is known
    here. It is recorded without a tag, under its trace, if that is a push's.

    Args:
        logger: The name of its logger.
        line: An API log record.
    """
    if not recorder.enabled or logger == "wxtrace" or _is_known(logger, line.timestamp or 0):
        return
    request, span = current_request(), recorded(ctx.current().get(ctx.SPAN_KEY))
    event, severity, attributes = told_by(line)
    trace_id = (line.trace_id or 0).to_bytes(16, "big")
    is_late = request is None and trace_id in served.answered
    is_wanted = is_late or request is not None or recorder.untagged_logs
    if is_wanted and not _is_again(logger, line.timestamp or 0, event):
        if is_late and not (isinstance(span, LightSpan) and span.trace_id == trace_id):
            span = _span_of(line)
        write(span, request, place_of(span, event, severity, logger), attributes, line.timestamp or None)


def _span_of(line: Any) -> NonRecordingSpan:
    return NonRecordingSpan(SpanContext(line.trace_id or 0, line.span_id or 0, is_remote=False))


def _is_known(logger: str, timestamp: int) -> bool:
    key = logger, timestamp
    is_met, is_handled = bridge.met == key, bridge.handled == key
    if is_met or is_handled:
        bridge.handled = None
    else:
        bridge.exported = key
        if handed.name != logger:
            return False
        handed.name = None  # structlog's processor has recorded it on its way to `logging`
    bridge.met = key
    return True


def _is_again(logger: str, timestamp: int, event: str) -> bool:
    """Say whether this thread's last line comes a second time: OpenTelemetry's handler may be there twice."""
    line = logger, timestamp, hash(event)
    is_again = timestamp > 0 and bridge.line == line
    bridge.line = line
    return is_again


def told_by(line: Any) -> tuple[str, str, dict[str, Any]]:
    """Return event, severity and attributes of an API log record."""
    attributes = {key: held for key, held in (line.attributes or {}).items() if not key.startswith("otel.")}
    body = line.body
    event = line.event_name or (body if isinstance(body, str) else _as_text(body))
    if line.event_name and body is not None:
        attributes["body"] = body
    severity = text_of(line.severity_text or "info").lower()
    return event, _SEVERITIES.get(severity, severity), attributes


def _as_text(body: Any) -> str:
    if isinstance(body, Mapping) and isinstance(event := body.get("event"), str):
        return event
    try:
        return "" if body is None else dumps(body).decode()
    except Exception:  # it may be anything
        return text_of(body)


def write_ended(logger: str, line: Any) -> None:
    """Record an API log record that was emitted some time ago; its trace says later which push it belongs to."""
    if not line.trace_id and not recorder.untagged_logs:
        return
    span = _span_of(line)
    event, severity, attributes = told_by(line)
    at, place = line.timestamp or line.observed_timestamp or time_ns(), place_of(None, event, severity, logger)
    recorder.opened().append(log_record(span, Request(), place, at, encode(attributes) if attributes else b""))
