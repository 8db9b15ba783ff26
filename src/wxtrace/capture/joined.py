"""A second server span of one request: the first one, seen by whoever began the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode

from wxtrace.capture.attributes import text_of
from wxtrace.capture.spans import LightSpan


class Joined(Span):
    """
    What an instrumentation inside of ours gets for a second server span: the first one, without its end.

    Args:
        span: The one span: a light one, or an SDK's that our middleware began.
        attributes: What the second one is begun with.
    """

    def __init__(self, span: Span, attributes: Mapping[str, Any] | None) -> None:
        self.one: Any = span
        self.one.set_attributes(attributes or {})

    def end(self, end_time: int | None = None) -> None:
        """Leave the end to who began it."""

    def update_name(self, name: str) -> None:
        """Let an SDK's span be named by its route; our own records name a request by its path."""
        if not isinstance(self.one, LightSpan):
            self.one.update_name(name)

    def __getattr__(self, name: str) -> Any:
        """Return what the one span has beside the API: hooks look at it."""
        return getattr(self.one, name)

    def get_span_context(self) -> SpanContext:
        """Return the one span's ids."""
        return cast(SpanContext, self.one.get_span_context())

    def is_recording(self) -> bool:
        """Say whether the one span has not ended."""
        return bool(self.one.is_recording())

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
        """Record an exception; our middleware does not record it again."""
        self.one.record_exception(exception, attributes, timestamp, escaped)

    @property
    def name(self) -> str:
        """The one span's name."""
        return cast(str, self.one.name)

    @property
    def kind(self) -> SpanKind:
        """The one span's kind."""
        return cast(SpanKind, self.one.kind)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The one span's attributes."""
        return self.one.attributes or {}

    @property
    def status(self) -> Status:
        """The one span's status."""
        return cast(Status, self.one.status)


def has_told(span: Any, error: BaseException) -> bool:
    """Say whether *error* is among the events of an SDK's span: who has joined it from inside saw it first."""
    if isinstance(span, LightSpan):
        return False
    told = [event.attributes or {} for event in getattr(span, "events", ()) if event.name == "exception"]
    itself = (type(error).__qualname__, text_of(error))
    return any(
        (str(one.get("exception.type")).rpartition(".")[2], one.get("exception.message"))
        == (itself[0].rpartition(".")[2], itself[1])
        for one in told
    )
