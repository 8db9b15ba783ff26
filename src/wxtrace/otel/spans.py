"""
The exporter ``wxtrace`` of ``opentelemetry-instrument --traces_exporter wxtrace``.

An exporter sees spans when they have ended, some at a time, seconds later, and none of a process that is killed. So
it joins the provider that it is made for, as `wxtrace.start` does, and records each span as it begins and ends;
what it is given to export is on disk by then.
"""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from wxtrace.capture.light import LightProvider
from wxtrace.capture.provider import origin
from wxtrace.capture.recorder import recorder
from wxtrace.capture.sdk import record_ended
from wxtrace.otel.beginning import Beginning


class WxtraceSpanExporter(SpanExporter):
    """
    Records the spans of an app that need not know of wxtrace.

    Args:
        service: The service's name; by default as `wxtrace.start` finds it.
        store: A folder or URL; by default ``OTEL_WXTRACE_STORE``, then as `wxtrace.start` finds it.
    """

    def __init__(self, *, service: str | None = None, store: str | None = None) -> None:
        self._beginning = Beginning(service, store)
        provider = trace.get_tracer_provider()
        if hasattr(provider, "add_span_processor") and not isinstance(provider, LightProvider):
            provider.add_span_processor(_BeginsBefore(self._beginning))
            origin.decide()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Record those spans that were not recorded while they ran: those of a provider that we have not joined."""
        self._beginning.begin()
        if recorder.enabled:
            record_ended([span for span in spans if not origin.has_heard(span)])
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Do nothing: what has ended is on disk."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: what has ended is on disk."""
        return True


class _BeginsBefore(SpanProcessor):
    """Lets recording begin before the first span is seen by the processor that records it."""

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Begin."""
        self._beginning.begin()
