"""
What contrib's instrumentation of Celery leaves undone, done beside it.

Contrib's span of a task that runs is used as it is. Mended is what costs a lookup its answer:

- A task sent by its name alone (``app.send_task``, a signature of another project) had a span that ended before
  the broker was asked; one whose broker failed had a span that never ended, and stayed the current one for all that
  the thread did next. So the span of sending is ours, around the whole of it.
- The span of a task learned its task only at its end. A worker that is killed never gets there.
- A task that is run eagerly, and whose error goes up to the caller, did not fail.
- Celery empties the root logger of its handlers, ours among them, and its task logger hands nothing on.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind

from wxtrace.capture.context import SPAN_KEY, current
from wxtrace.capture.layers import record_failure
from wxtrace.capture.loghandler import LogHandler
from wxtrace.capture.provider import recorded
from wxtrace.capture.spans import LightSpan
from wxtrace.capture.waits.hooks import Hook, Placed

_SCOPE: Final = "opentelemetry.instrumentation.celery"
_REDIRECTED: Final = "celery.redirected"
"""The logger of what a task prints: structlog's lines among it, which are recorded already."""


class Celery:
    """The mends of Celery's instrumentation; they are placed when it is on."""

    def __init__(self) -> None:
        self._sending: Placed | None = None
        self._logged = False

    def place(self) -> None:
        """Mend from now on."""
        from celery import signals
        from opentelemetry.instrumentation.celery import CeleryInstrumentor

        contrib: Any = CeleryInstrumentor()  # type: ignore[no-untyped-call]
        signals.before_task_publish.disconnect(contrib._trace_before_publish)
        signals.after_task_publish.disconnect(contrib._trace_after_publish)
        self._sending = Hook("celery.app.base", "Celery", "send_task", _sent).place()
        signals.task_postrun.disconnect(contrib._trace_postrun)
        for signal, receiver in self._receivers(signals):
            signal.connect(receiver, weak=False)
        signals.task_postrun.connect(contrib._trace_postrun, weak=False)  # it ends the span: after ours

    def remove(self) -> None:
        """Mend no more; the instrumentation removes its receivers itself."""
        from celery import signals

        for signal, receiver in self._receivers(signals):
            signal.disconnect(receiver)
        if self._sending is not None:
            self._sending.remove()
            self._sending = None

    def _receivers(self, signals: Any) -> tuple[tuple[Any, Callable[..., None]], ...]:
        return (
            (signals.before_task_publish, _publishing),
            (signals.task_prerun, _began),
            (signals.task_postrun, _ending),
            (signals.celeryd_init, self._look_at_logging),
            (signals.after_setup_logger, self._log),
            (signals.after_setup_task_logger, self._log),
        )

    def _look_at_logging(self, **_: object) -> None:
        """Remember whether the app records its log lines, before Celery sets up logging its own way."""
        self._logged = any(isinstance(handler, LogHandler) for handler in logging.getLogger().handlers)

    def _log(self, logger: logging.Logger, **_: object) -> None:
        """Put back what Celery took away."""
        if self._logged and not any(isinstance(handler, LogHandler) for handler in logger.handlers):
            handler = LogHandler()
            handler.addFilter(lambda record: record.name != _REDIRECTED)
            logger.addHandler(handler)


def _sent(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def send_task(app: Any, *args: Any, **kwargs: Any) -> Any:
        name = str(args[0] if args else kwargs.get("name", "task"))
        told = {"celery.action": "apply_async", "celery.task_name": name}
        tracer = trace.get_tracer(_SCOPE)
        with tracer.start_as_current_span(f"apply_async/{name}", kind=SpanKind.PRODUCER, attributes=told):
            return plain(app, *args, **kwargs)

    return send_task


def _publishing(headers: Any = None, routing_key: str | None = None, **_: object) -> None:
    """Let the message carry the tag."""
    span = current().get(SPAN_KEY)
    if not isinstance(headers, dict) or not isinstance(span, Span):
        return
    span.set_attributes(_told(headers.get("id"), routing_key, headers.get("retries")))
    propagate.inject(headers)


def _began(task: Any = None, task_id: str | None = None, **_: object) -> None:
    """Let the span of a task say at once which it is: it may never end."""
    span = current().get(SPAN_KEY)
    if not isinstance(span, Span) or getattr(span, "kind", None) is not SpanKind.CONSUMER:
        return
    request, delivery = task.request, task.request.delivery_info or {}
    told = {"celery.task_name": task.name} | _told(task_id, delivery.get("routing_key"), request.retries)
    if delivery.get("redelivered"):
        told["celery.redelivered"] = True
    span.set_attributes(told)
    own = recorded(span)
    if isinstance(own, LightSpan):
        own.place("logic", task.name.rpartition(".")[2])
        own.refresh()


def _told(task_id: str | None, queue: str | None, retries: int | None) -> dict[str, Any]:
    told = {"messaging.message.id": task_id, "messaging.destination.name": queue, "celery.retries": retries}
    return {name: value for name, value in told.items() if value}


def _ending(state: str | None = None, **_: object) -> None:
    """Say what ended a task of which Celery itself tells nobody: it goes up to who called it."""
    span, error = current().get(SPAN_KEY), sys.exception()
    if state is None and error is not None and isinstance(span, Span):
        record_failure(span, error)
