"""What held the interpreter, written down once it was given back: a snapshot of each request that had to wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import time_ns
from typing import Any, Final

from wxtrace.capture.attributes import dumps
from wxtrace.capture.inflight import Flight, in_flight
from wxtrace.capture.recorder import recorder
from wxtrace.record import IN_REQUEST, PackedPlace, logged
from wxtrace.store.lastwords import LOGGER
from wxtrace.store.stacks import Words
from wxtrace.watch.chains import frames_of_task
from wxtrace.watch.frames import frames_of_thread

SNAPSHOT: Final = "wxtrace.snapshot"
HELD_NS: Final = 10**9
"""A request that is so old, and a silence that was so long, are worth a record."""
MAX_TOLD: Final = 32
"""Requests that get one."""

Told = Callable[[Flight], dict[str, Any]]
"""Says of a request, as JSON has it, how its event loop fares."""


def tell(words: Words, flights: Sequence[Flight], now_ns: int, told: Told) -> None:
    """
    Write down what held the interpreter.

    Args:
        words: The stack that was seen.
        flights: What is in flight, the oldest first.
        now_ns: Of the monotonic clock.
        told: As for `LastWords`.
    """
    then_ns = now_ns - max(0, time_ns() - words.time_ns)
    waiting = [flight for flight in flights if flight.age_ns(then_ns) >= HELD_NS][:MAX_TOLD]
    for flight in waiting:
        loop = told(flight)
        loop = {**loop, "lag_ns": None, "blocked_ns": max(0, (loop.get("blocked_ns") or 0) - now_ns + then_ns)}
        append(flight, SNAPSHOT, b"warning", _seen(flight, words, loop, then_ns, len(waiting)), then_ns)


def append(flight: Flight, event: str, severity: bytes, told: dict[str, Any], then_ns: int | None = None) -> None:
    """
    Put a log record under the access span of a request.

    Args:
        flight: The request.
        event, severity: Of the record.
        told: Its attributes.
        then_ns: Of the monotonic clock; None for now.
    """
    request, access = flight.request, flight.access
    trace_id, span_id = getattr(access, "trace_id", bytes(16)), getattr(access, "span_id", bytes(8))
    place = PackedPlace(0, b"access", b"asgi", event.encode(), LOGGER.encode(), severity)
    time = request.now_ns() if then_ns is None else then_ns + request.clock
    sink = recorder.opened()
    record = logged(recorder.next_seq(), time, trace_id, span_id, request.packed, place, IN_REQUEST, dumps(told))
    sink.append(record)


def _seen(flight: Flight, words: Words, loop: dict[str, Any], then_ns: int, waiting: int) -> dict[str, Any]:
    """Return a snapshot: whose stack it is where that is sure, else who held the loop."""
    frames = [_frame(one) for one in words.frames]
    culprit = loop.get("culprit") or {}
    is_its_own = culprit.get("self") is True or (not culprit and waiting == 1 and _is_in(words, flight))
    if not is_its_own:
        loop = {**loop, "culprit": {**culprit, **_counting(frames), "self": False}}
    return {
        "mark_s": None,
        "age_ns": flight.age_ns(then_ns),
        "tasks": [],
        "threads": [{"thread": None, "name": "holds the interpreter", "frames": frames}] if is_its_own else [],
        "open_spans": [],
        "in_flight": len(in_flight),
        "loop": loop,
    }


def _is_in(words: Words, flight: Flight) -> bool:
    """Say whether the request is in a function of the app that was seen holding the interpreter."""
    held = {(frame.function, frame.file) for frame in words.frames if frame.own}
    stands = [] if flight.task is None or flight.task.done() else [frames_of_task(flight.task, flight.thread)]
    stands += [frames_of_thread(ident) for ident in in_flight.threads_of(flight.request)]
    names = ((frame.function.rpartition(".")[2], frame.file) for frames in stands for frame in frames)
    return any(name in held for name in names)


def _frame(frame: Any) -> dict[str, Any]:
    return {"function": frame.function, "file": frame.file, "line": frame.line, "own": frame.own}


def _counting(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the innermost frame of the app's own, as a culprit is told."""
    own = [frame for frame in frames if frame["own"]] or frames
    return {name: own[-1][name] for name in ("function", "file", "line")}
