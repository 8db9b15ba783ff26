"""Light spans for SDK span processors (OTLP to Jaeger, say), made readable off the request's path."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import deque
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from wxtrace.capture import spans
from wxtrace.capture.attributes import redact_attributes
from wxtrace.capture.place import LAYER, MODULE
from wxtrace.capture.spans import LightSpan

_MAX_WAITING: Final = 4096
_log = logging.getLogger("wxtrace")


class Feeder:
    """
    A thread that turns ended light spans into readable ones and hands them on.

    `dropped` counts what came while 4,096 were waiting; our own journal has those too.
    """

    def __init__(self) -> None:
        self.processors: list[SpanProcessor] = []
        self.dropped = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Have nothing to hand on: at first, and in a forked child, where what waits is the parent's."""
        self._waiting: deque[LightSpan] = deque()
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, processor: SpanProcessor) -> None:
        """Feed *processor* from now on."""
        self.processors.append(processor)
        if self._hear not in spans.on_ended:
            spans.on_ended.append(self._hear)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until what has ended is handed on, then flush the processors; False when time is up."""
        handed_on = self._hand_on(time.monotonic() + timeout_millis / 1000)
        flushed = [processor.force_flush(timeout_millis) for processor in self.processors]
        return handed_on and all(flushed)

    def _hand_on(self, deadline: float) -> bool:
        while self._waiting:
            self._idle.clear()
            self._wake.set()
            if self._waiting and not self._idle.wait(max(deadline - time.monotonic(), 0)):
                return False
        return True

    def shutdown(self) -> None:
        """Hand on what waits (5 s at most), and shut the processors down."""
        self.force_flush(5_000)
        for processor in self.processors:
            processor.shutdown()

    def forget(self) -> None:
        """Hand on what waits (5 s at most), and feed nobody from now on."""
        self.force_flush(5_000)
        self.processors.clear()
        spans.on_ended[:] = [hear for hear in spans.on_ended if hear != self._hear]

    def _hear(self, span: LightSpan) -> None:
        if len(self._waiting) >= _MAX_WAITING:
            self.dropped += 1
            return
        self._waiting.append(span)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="wxtrace-processors", daemon=True)
            self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._feed(self._waiting[0])
                self._waiting.popleft()  # not before: `force_flush` waits until none waits
            self._idle.set()

    def _feed(self, span: LightSpan) -> None:
        readable = _readable(span)
        for processor in self.processors:
            try:
                processor.on_end(readable)
            except Exception:
                _log.exception("wxtrace: %r failed on a span", processor)


feeder: Final = Feeder()
"""The one feeder of the process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=feeder._begin_anew)


def _readable(span: LightSpan) -> ReadableSpan:
    told = json.loads(span.encoded) if span.encoded else span.attributes
    attributes = redact_attributes(told or {})
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=Resource.create(),
        attributes={**attributes, LAYER: span.shape.layer, MODULE: span.shape.module},
        events=[Event(name, redact_attributes(kept), at) for name, at, kept in span.events],
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=InstrumentationScope("wxtrace"),
    )
