"""What few spans have beside what every span has, and the times that others tell."""

from __future__ import annotations

from typing import Any

from opentelemetry.trace import Link, SpanContext

from wxtrace.capture.attributes import redact
from wxtrace.record import NO_STAMP, cut_to


class More:
    """
    What few spans have: a status message, events, links, ids in OpenTelemetry's form.

    `raised` is the type of the exception that was recorded last; `record` is what was recorded of the span, where
    somebody hears of its end; `is_joined` says that somebody inside has been given it for a server span of its own.
    """

    __slots__ = ("context", "events", "is_joined", "links", "message", "raised", "record", "recorded")

    def __init__(self) -> None:
        self.message = self.raised = ""
        self.recorded = 0
        self.context: SpanContext | None = None
        self.events: list[tuple[str, int, bytes]] = []
        self.record = b""
        self.is_joined = False
        self.links: list[Link] = []

    def message_bytes(self) -> bytes:
        """Return the status message as it is recorded."""
        return cut_to(4096, redact(self.message).encode("utf-8", "replace")) if self.message else b""


def told_ns(value: Any) -> int:
    """Return a time that somebody told, in nanoseconds since the epoch; 0 if it is none that a record holds."""
    if value is None:
        return 0
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if 0 < number < -NO_STAMP else 0
