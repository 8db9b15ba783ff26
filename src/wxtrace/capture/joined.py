"""A second server span of one request: the first one, seen by whoever began the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode

from wxtrace.capture.spans import LightSpan


class Joined(Span):
    """What an instrumentation inside of ours gets for a second server span: the first one, without its end."""

    def __init__(self, span: LightSpan, attributes: Mapping[str, Any] | None) -> None:
        self.one = span
        span.set_attributes(attributes or {})

    def end(self, end_time: int | None = None) -> None:
        """Leave the end to who began it."""

    def update_name(self, name: str) -> None:
        """Leave the name too."""

    def get_span_context(self) -> SpanContext:
        """Return the one span's ids."""
        return self.one.get_span_context()

    def is_recording(self) -> bool:
        """Say whether the one span has not ended."""
        return self.one.is_recording()

    def set_attribute(self, key: str, value: Any) -> None:
        """Put an attribute to the one span."""
        self.one.set_attribute(key, value)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Put attributes to the one span."""
        self.one.set_attributes(attributes)

    def add_event(
        self, name: str, attributes: Mapping[str, Any] | None = None, timestamp: int | None = None
    ) -> None:
        """Put an event to the one span."""
        self.one.add_event(name, attributes, timestamp)

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Put a status to the one span."""
        self.one.set_status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Mapping[str, Any] | None = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Leave it to our middleware, which sees the same exception."""

    @property
    def name(self) -> str:
        """The one span's name."""
        return self.one.name

    @property
    def kind(self) -> SpanKind:
        """The one span's kind."""
        return self.one.kind

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The one span's attributes."""
        return self.one.attributes or {}

    @property
    def status(self) -> Status:
        """The one span's status."""
        return self.one.status
