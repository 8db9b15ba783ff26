"""Light spans for SDK span processors (OTLP to Jaeger, say), made readable off the request's path."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from wxtrace.capture import spans
from wxtrace.capture.readable import readable
from wxtrace.capture.sever import sever
from wxtrace.capture.spans import LightSpan

LEAVE_SECONDS: Final = 10.0
"""How long a process that exits waits, at most, until what has ended is handed on and sent."""
_INSTANCE: Final = "service.instance.id"
_MAX_WAITING: Final = 4096
_log = logging.getLogger("wxtrace")


class Feeder:
    """
    A thread that turns ended light spans into readable ones and hands them on.

    `dropped` counts what came while 4,096 were waiting; our own journal has those too. When the process exits,
    what waits is handed on, and the processors are shut down: by `atexit`, which forked workers of gunicorn reach
    too, and in children of `multiprocessing`, which do not, by a finalizer of that module.
    """

    def __init__(self) -> None:
        self.processors: list[SpanProcessor] = []
        self.dropped = 0
        self.resource = Resource.get_empty()
        self._is_registered = False
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Have nothing to hand on: at first, and in a forked child, where what waits is the parent's."""
        self._waiting: deque[LightSpan] = deque()
        self._asked: deque[tuple[Callable[[], Any], threading.Event]] = deque()
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._thread: threading.Thread | None = None
        self._has_left = False

    def begin_in_child(self) -> None:
        """Begin anew in a forked child, and leave the parent's connections and its name to the parent."""
        self._begin_anew()
        if _INSTANCE in self.resource.attributes:
            self.resource = self.resource.merge(Resource({_INSTANCE: str(uuid4())}))
        for processor in self.processors:
            sever(processor)

    def add(self, processor: SpanProcessor, service: str | None = None) -> None:
        """
        Feed *processor* from now on.

        The resource is the SDK's default one, with the name that the *service* has in our own records. It is made
        here: the SDK wants to start threads for it, which it cannot while Python exits.
        """
        self.resource = Resource.create({"service.name": service} if service else None)
        self.processors.append(processor)
        if self._hear not in spans.on_ended:
            spans.on_ended.append(self._hear)
        if not self._is_registered:
            self._is_registered = True
            atexit.register(self.leave)

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

    # ------------------------------------------------------------ the end of the process, or of its app

    def flush_within(self, seconds: float) -> bool:
        """Have what waits handed on and sent; False when it is not done in so many seconds. Other threads go on."""
        return self._have_done(seconds, SpanProcessor.force_flush)

    def leave(self) -> None:
        """Hand on what waits, and shut the processors down; nobody waits longer than ten seconds for it."""
        if self._has_left:
            return
        self._has_left, processors = True, list(self.processors)
        if not self._have_done(LEAVE_SECONDS, SpanProcessor.shutdown):
            _log.warning("wxtrace: %s did not finish in %g s; the journal has all spans", processors, LEAVE_SECONDS)

    def _have_done(self, seconds: float, what: Callable[[SpanProcessor], Any]) -> bool:
        """Have the thread do it, which may be stuck; no new thread can be started while Python exits."""
        if self._thread is None or not self._thread.is_alive():
            return True  # nothing has ended in this process
        done = threading.Event()
        self._asked.append((lambda: self._call_each(what.__name__), done))
        self._wake.set()
        return done.wait(seconds)

    def _call_each(self, name: str, *told: Any) -> None:
        for processor in list(self.processors):
            try:
                getattr(processor, name)(*told)
            except Exception:
                _log.exception("wxtrace: %r failed at %s", processor, name)

    # ------------------------------------------------------------ handing on

    def _hear(self, span: LightSpan) -> None:
        if len(self._waiting) >= _MAX_WAITING:
            self.dropped += 1
            return
        self._waiting.append(span)
        if self._thread is None or not self._thread.is_alive():
            self._begin_thread()
        self._wake.set()

    def _begin_thread(self) -> None:
        self._thread = threading.Thread(target=self._run, name="wxtrace-processors", daemon=True)
        self._thread.start()
        if (util := sys.modules.get("multiprocessing.util")) is not None:
            util.Finalize(None, self.leave, exitpriority=1)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._hand_on_one(self._waiting[0])
                self._waiting.popleft()  # not before: `force_flush` waits until none waits
            self._idle.set()
            while self._asked:
                act, done = self._asked.popleft()
                act()
                done.set()

    def _hand_on_one(self, span: LightSpan) -> None:
        try:
            ended = _readable(span)
        except Exception:  # the thread must live on
            _log.exception("wxtrace: %r was not handed on", span.name)
        else:
            self._call_each("on_end", ended)


feeder: Final = Feeder()
"""The one feeder of the process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=feeder.begin_in_child)


def _readable(span: LightSpan) -> ReadableSpan:
    return readable(span, feeder.resource)
