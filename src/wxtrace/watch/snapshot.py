"""
A snapshot: what is written down of a request in flight when it has come to a mark.

It is a log record under the request's tag and its innermost open span, so that
every reader of log lines reads it too. Frames and names only; no value of the app.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wxtrace.capture.attributes import dumps, redact
from wxtrace.capture.inflight import Flight, in_flight
from wxtrace.capture.pools import Occupancy
from wxtrace.capture.recorder import recorder
from wxtrace.record import IN_REQUEST, PackedPlace, logged
from wxtrace.watch.chains import Task, chain_of
from wxtrace.watch.frames import Frame, stack_of_thread
from wxtrace.watch.openspans import OpenSpan, below
from wxtrace.watch.parts import Parts
from wxtrace.watch.tasks import Owned
from wxtrace.watch.threads import Holders, waited_for

EVENT: Final = "wxtrace.snapshot"
LOGGER: Final = "wxtrace.watch"
MAX_BYTES: Final = 16 << 10
MAX_CHAINS: Final = 8
_MAX_SPANS: Final = 32
_FRAME_LIMITS: Final = (40, 20, 10, 5, 2)
_LONGEST: Final = 100
_OURS: Final = "wxtrace/capture/"
_BEGINNINGS: Final = frozenset({"threading.py", "concurrent/futures/thread.py"})
_NOWHERE: Final = OpenSpan(bytes(16), bytes(8), bytes(8), "", "", "", 0, 0)


@dataclass(frozen=True, slots=True)
class Moment:
    """
    What the snapshots of one tick share.

    `now_ns` is of the monotonic clock; `put_off` counts the requests that must wait for a later tick; `loop` tells,
    as JSON has it, how a request's loop fares; `missed` is what could not be looked at, and why;
    `holders` says where the threads stand that others wait for.
    """

    now_ns: int
    in_flight: int = 0
    put_off: int = 0
    tasks: Owned = field(default_factory=Owned)
    spans: dict[bytes, list[OpenSpan]] = field(default_factory=dict)
    loop: Callable[[Flight], dict[str, Any]] = lambda flight: {}
    tokens: Callable[[Flight], dict[str, Any]] = lambda flight: {}
    pools: Sequence[Occupancy] = ()
    load_1m: float | None = None
    cpu_percent: float | None = None
    missed: Sequence[str] = ()
    holders: Callable[[], Holders] = dict


def packed_snapshot(flight: Flight, mark_ns: int, moment: Moment) -> bytes:
    """
    Return the record of a snapshot.

    Args:
        flight: The request.
        mark_ns: The age at which it is looked at, in nanoseconds.
        moment: What is known beside it.
    """
    access: Any = flight.access
    trace_id, span_id = getattr(access, "trace_id", _NOWHERE.trace_id), getattr(access, "span_id", _NOWHERE.span_id)
    spans = below(moment.spans.get(trace_id, ()), span_id)
    at = spans[-1] if spans else OpenSpan(trace_id, span_id, bytes(8), "access", "asgi", "", 0, 0)
    place = PackedPlace(
        0, at.layer.encode()[:64], at.module.encode()[:128], EVENT.encode(), LOGGER.encode(), b"warning"
    )
    data = _encoded(_document(flight, mark_ns, spans, moment))
    request = flight.request
    return logged(
        recorder.next_seq(), request.now_ns(), trace_id, at.span_id, request.packed, place, IN_REQUEST, data
    )


def _document(flight: Flight, mark_ns: int, spans: Sequence[OpenSpan], moment: Moment) -> dict[str, Any]:
    request, parts = flight.request, Parts(list(moment.missed))
    now_ns, others = moment.now_ns + request.clock, moment.tasks.by_request.get(request, ())
    unknown: dict[str, Any] = {}
    unseen: list[dict[str, Any]] = []
    told = {
        "mark_s": mark_ns / 10**9,
        "age_ns": flight.age_ns(moment.now_ns),
        "queued_ns": flight.queued_ns,
        "tasks": parts.take("tasks", unseen, lambda: list(_tasks(flight, others))),
        "threads": parts.take("threads", unseen, lambda: list(_threads(flight))),
        "open_spans": [_span(span, now_ns) for span in spans[-_MAX_SPANS:]],
        "in_flight": moment.in_flight,
        "loop": parts.take("loop", unknown, lambda: moment.loop(flight)),
        "tokens": parts.take("tokens", unknown, lambda: moment.tokens(flight)),
        "pools": [one._asdict() for one in moment.pools],
        "load_1m": moment.load_1m,
        "cpu_percent": moment.cpu_percent,
        "unattributed": moment.tasks.nobodys,
        "put_off": moment.put_off,
    }
    told["holders"] = parts.take("holders", unseen, lambda: _holders(told, spans, moment))
    return told | {"missed": parts.missed} if parts.missed else told


def _holders(told: dict[str, Any], spans: Sequence[OpenSpan], moment: Moment) -> list[dict[str, Any]]:
    """Return where the threads stand that the request waits for, if it does and has none yet."""
    awaited = [task["awaits"] for task in told["tasks"]]
    waits = [span.module for span in spans if span.layer == "wait"]
    whose = waited_for(waits or ([] if told["threads"] else awaited))
    return [] if whose is None else moment.holders().get(whose, [])


def _tasks(flight: Flight, others: Iterable[Task]) -> Iterator[dict[str, Any]]:
    """Yield where the request's tasks stand: the one that serves it, those that it waits for, then the others."""
    waiting = [] if flight.task is None else [flight.task]
    waiting.extend(sorted(others, key=lambda task: (len(task.get_name()), task.get_name())))
    seen: set[int] = set()
    while waiting and len(seen) < MAX_CHAINS:
        task = waiting.pop(0)
        if id(task) in seen or task.done():
            continue
        seen.add(id(task))
        chain = chain_of(task, flight.thread if task.get_loop() is flight.loop else None)
        waiting[:0] = chain.behind
        yield {
            "name": redact(str(task.get_name()))[:_LONGEST],
            "frames": _shown(chain.frames),
            "awaits": None if chain.awaits is None else redact(chain.awaits),
            "call": chain.call,
        }


def _threads(flight: Flight) -> Iterator[dict[str, Any]]:
    """Yield where the threads stand that work for the request."""
    idents = in_flight.threads_of(flight.request)
    if flight.loop is None:
        idents.insert(0, flight.thread)
    for ident in list(dict.fromkeys(idents))[:MAX_CHAINS]:
        frames, call = stack_of_thread(ident)
        if frames:
            yield {"thread": ident, "name": _name_of(ident), "frames": _shown(frames), "call": call}


def _shown(frames: tuple[Frame, ...]) -> list[dict[str, Any]]:
    """Return what people see of a chain: not how a thread begins, and of ours the innermost at most."""
    kept = [
        *(frame for frame in frames[:-1] if not frame.file.startswith(_OURS) and frame.file not in _BEGINNINGS),
        *frames[-1:],
    ]
    return [frame._asdict() for frame in kept]


def _name_of(ident: int) -> str:
    names = (thread.name for thread in threading.enumerate() if thread.ident == ident)
    return redact(next(names, ""))[:_LONGEST]


def _span(span: OpenSpan, now_ns: int) -> dict[str, Any]:
    return {
        "span_id": span.span_id.hex(),
        "layer": span.layer,
        "module": span.module,
        "name": span.name[:_LONGEST],
        "age_ns": max(now_ns - span.start_ns, 0),
    }


def _encoded(document: dict[str, Any]) -> bytes:
    """Return *document* as JSON; of long chains the innermost frames, as many as fit."""
    data = b""
    for limit in _FRAME_LIMITS:
        for chain in (*document["tasks"], *document["threads"]):
            chain["frames"] = chain["frames"][-limit:]
        data = dumps(document)
        if len(data) <= MAX_BYTES:
            break
    return data
