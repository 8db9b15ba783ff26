"""
Log lines of structlog: a processor that puts each into the journal.

It also hands the tag on, so that the app's own log file can be searched by it.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from time import monotonic_ns
from typing import Any, Final

from opentelemetry.trace import Span

from wxtrace.capture.attributes import encode
from wxtrace.capture.context import SPAN_KEY, current
from wxtrace.capture.lines import handed, hex_ids, level_of, place_of, places, traceback_of, write
from wxtrace.capture.provider import recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.stood import Stood, stood_of
from wxtrace.record import IN_REQUEST, logged
from wxtrace.tag import Request

_UNUSUAL: Final = frozenset({"exc_info", "stack_info", "logger", "_record"})


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
        return _process_unusual(logger, method_name, event_dict)
    attributes = dict(event_dict)
    event = attributes.pop("event", "")
    shape = span.shape
    try:
        place = places[shape, event, method_name, None]
    except Exception:  # a new place, or an event that cannot be hashed
        place = place_of(span, event, method_name, None)
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


def _process_unusual(logger: Any, method_name: str, event_dict: MutableMapping[str, Any]) -> Any:
    if not recorder.enabled:
        return event_dict
    record = event_dict.get("_record")  # from a `ProcessorFormatter`, of which there may be one a handler
    if not isinstance(record, logging.LogRecord):
        record = None
    stood = stood_of(record)
    request, span = stood.request, recorded(stood.span)
    if request is None and not recorder.untagged_logs:
        return event_dict
    if record is None or stood.is_first(record):
        try:
            _record_unusual(logger, method_name, event_dict, stood)
        except Exception:  # an event may be anything
            recorder.sink.dropped += 1
    return event_dict if request is None else {**_tagged(request, span), **event_dict}


def _record_unusual(logger: Any, method_name: str, event_dict: MutableMapping[str, Any], stood: Stood) -> None:
    attributes = dict(event_dict)
    event, name = attributes.pop("event", ""), attributes.pop("logger", None)
    record = attributes.get("_record")
    if isinstance(record, logging.LogRecord):
        del attributes["_record"]
        attributes.pop("_from_structlog", None)
        name = name or record.name
    if "exc_info" in attributes and (exc_info := attributes.pop("exc_info")):
        attributes["exception"] = traceback_of(exc_info)
    if isinstance(stack := attributes.get("stack_info"), str):
        attributes["stack"] = stack
        del attributes["stack_info"]
    if isinstance(logger, logging.Logger):
        name = name or logger.name
        handed.name = logger.name if logger.isEnabledFor(level_of(method_name)) else None
    span = recorded(stood.span)
    write(span, stood.request, place_of(span, event, method_name, name), attributes, stood.time_ns)


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
        trace_id, span_id = hex_ids(span)
        told = {"trace_id": trace_id, "span_id": span_id}
    else:
        told = {}
    return told if request.stamp is None else {"openid": request.openid, "stamp": request.stamp, **told}
