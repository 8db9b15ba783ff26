"""Log lines of Logfire's, which it makes spans that last no time: here they are lines."""

from __future__ import annotations

from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan

from wxtrace.capture import context as ctx
from wxtrace.capture.lines import place_of, write
from wxtrace.capture.provider import recorded
from wxtrace.capture.recorder import recorder
from wxtrace.tag import current_request

_OURS: Final = "logfire."
_LEVELS: Final = ((21, "critical"), (17, "error"), (13, "warning"), (9, "info"), (0, "debug"))
_BRIDGES: Final = ("logfire.stdlib.logging", "logfire.structlog", "logfire.loguru")
"""Tracers of what it gets from other loggers: `LogHandler` and the structlog processor record those."""


def is_line(scope: str, span: ReadableSpan) -> bool:
    """Say whether a span of the tracer *scope* is a log line; one that no other logger has is recorded as such."""
    if not scope.startswith("logfire"):
        return False
    told = span.attributes or {}
    if told.get("logfire.span_type") != "log":
        return False
    request = current_request()
    if scope not in _BRIDGES and (request is not None or recorder.untagged_logs):
        above = recorded(ctx.current().get(ctx.SPAN_KEY))
        event, number = str(told.get("logfire.msg") or span.name), told.get("logfire.level_num")
        kept: dict[str, Any] = {name: held for name, held in told.items() if not name.startswith(_OURS)}
        write(above, request, place_of(above, event, _severity(number), scope), kept, span.start_time)
    return True


def _severity(number: object) -> str:
    return next((name for least, name in _LEVELS if isinstance(number, int) and number >= least), "info")
