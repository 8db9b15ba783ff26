"""
The exporter ``wxtrace`` of ``opentelemetry-instrument --logs_exporter wxtrace``.

As the one of spans it joins the provider that it is made for, and records each line when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import _logs
from opentelemetry.sdk._logs import LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult

from wxtrace.capture.bridged import bridge_line, switch, write_ended
from wxtrace.capture.recorder import recorder
from wxtrace.otel.beginning import Beginning


class WxtraceLogExporter(LogRecordExporter):
    """
    Records the log lines of an app that need not know of wxtrace.

    Args:
        service: The service's name; by default as `wxtrace.start` finds it.
        store: A folder or URL; by default ``OTEL_WXTRACE_STORE``, then as `wxtrace.start` finds it.
    """

    def __init__(self, *, service: str | None = None, store: str | None = None) -> None:
        self._beginning = Beginning(service, store)
        self._provider: object = None
        provider = _logs.get_logger_provider()
        if hasattr(provider, "add_log_record_processor"):
            self._provider = provider
            switch.is_on = True
            provider.add_log_record_processor(_RecordingLogProcessor(self._beginning))

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Record those lines that were not recorded when they were made: those of a provider that is not joined."""
        self._beginning.begin()
        if recorder.enabled:
            joined = getattr(self._provider, "resource", None)  # another one after a fork
            for record in batch:
                if joined is None or record.resource is not joined:
                    write_ended(_logger_of(record), record.log_record)
        return LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        """Do nothing: what was logged is on disk."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: what was logged is on disk."""
        return True


class _RecordingLogProcessor(LogRecordProcessor):
    """Records a line in the thread that makes it."""

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Record it."""
        self._beginning.begin()
        bridge_line(_logger_of(log_record), log_record.log_record)

    def shutdown(self) -> None:
        """Do nothing: what was logged is on disk."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: what was logged is on disk."""
        return True


def _logger_of(record: ReadableLogRecord | ReadWriteLogRecord) -> str:
    return record.instrumentation_scope.name if record.instrumentation_scope is not None else ""
