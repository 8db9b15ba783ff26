"""
Log lines of the standard library: a handler that puts each into the journal, a filter that hands the tag on.

The handler does no I/O and takes no lock: a line costs what it costs, and waits for nobody else's.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from opentelemetry.trace import Span

from wxtrace.capture.attributes import text_of
from wxtrace.capture.bridged import is_bridged
from wxtrace.capture.lines import hex_ids, place_of, traceback_of, write
from wxtrace.capture.provider import recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.stood import KEPT, is_handed, keep_on, stood_of

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", KEPT}
_FILTERED: Final = "_wxtrace_filtered"
_STANDARD_AND_PUT: Final = _STANDARD | {_FILTERED, "openid", "stamp", "trace_id"}
"""What is no attribute of a line: what `logging` has put on a record, and our filter."""


class LogHandler(logging.Handler):
    """
    Record stdlib log records; put it on the root logger, or on those that matter.

    Behind a `QueueListener` it needs a `LogFilter` on the `QueueHandler`.
    """

    def handle(self, record: logging.LogRecord) -> Any:
        """Record *record* if the filters let it pass; without the lock that handlers have for their files."""
        passed: Any = self.filter(record)
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Record *record*, unless structlog has done so already on its way here; never raises."""
        if not recorder.enabled or record.name == "wxtrace" or is_bridged(record) or is_handed(record):
            return
        try:
            self._record(record)
        except Exception:  # what somebody has put on a record may be anything
            recorder.sink.dropped += 1

    def _record(self, record: logging.LogRecord) -> None:
        stood = stood_of(record)
        if (stood.request is None and not recorder.untagged_logs) or not stood.is_first(record):
            return
        span = recorded(stood.span)
        place = place_of(span, _event_of(record), record.levelname.lower(), record.name)
        write(span, stood.request, place, _attributes_of(record), stood.time_ns)


class LogFilter(logging.Filter):
    """
    Put `openid`, `stamp` and `trace_id` on every stdlib record, for formats that name them ("-": none).

    On a `QueueHandler` it makes `LogHandler` know behind the queue whose a line is.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Put them on *record*; it always passes."""
        stood = keep_on(record)
        request, span = stood.request, recorded(stood.span)
        record.openid = (request.openid if request is not None else None) or "-"
        record.stamp = request.stamp if request is not None and request.stamp is not None else "-"
        record.trace_id = hex_ids(span)[0] if isinstance(span, Span) else "-"
        setattr(record, _FILTERED, True)
        return True


def _event_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a wrong number of arguments is the app's mistake; the line is kept
        return f"{text_of(record.msg)} % {text_of(record.args)}"


def _attributes_of(record: logging.LogRecord) -> dict[str, Any]:
    told, known = vars(record), _STANDARD_AND_PUT if hasattr(record, _FILTERED) else _STANDARD
    attributes = {} if known.issuperset(told) else {key: told[key] for key in told if key not in known}
    if isinstance(extra := attributes.get("extra"), dict):  # of loguru
        attributes = {**attributes, **extra}
        del attributes["extra"]
    if record.exc_info:
        attributes["exception"] = traceback_of(record.exc_info)
    elif record.exc_text:  # from another process
        attributes["exception"] = record.exc_text
    if record.stack_info:
        attributes["stack"] = record.stack_info
    return attributes
