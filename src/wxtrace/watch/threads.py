"""Who holds the threads: where those stand that a request has to wait for."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import islice
from typing import Any, Final

from wxtrace.capture.inflight import in_flight
from wxtrace.watch.breath import breath
from wxtrace.watch.frames import Frame, frames_of_thread

ANYIO, EXECUTOR = "anyio", "executor"
"""Whose a worker thread is."""
MAX_HOLDERS: Final = 5
_MAX_THREADS: Final = 128
_ANYIO_NAME: Final = "AnyIO worker thread"
_WAITS: Final = {
    "threads": ANYIO,
    "limiter": ANYIO,
    "executor": EXECUTOR,
    "to_thread.run_sync": ANYIO,
    "to_thread": EXECUTOR,
    "Future of run_in_executor": EXECUTOR,
}
"""Whose threads are waited for, by the module of a wait span, and by what a task awaits."""

Holders = dict[str, list[dict[str, Any]]]


def holders() -> Holders:
    """
    Return where the threads stand that work for requests now, by whose they are.

    Each place is the innermost frame of the app's own code, with the count of `threads` that stand there; at most
    five places, those with the most threads first.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found: dict[str, Counter[Frame]] = {ANYIO: Counter(), EXECUTOR: Counter()}
    for ident in breath.over(islice(list(in_flight.workers), _MAX_THREADS)):
        place = place_of(frames_of_thread(ident))
        if place is not None:
            found[ANYIO if names.get(ident, "").startswith(_ANYIO_NAME) else EXECUTOR][place] += 1
    return {
        whose: [{**place._asdict(), "threads": count} for place, count in places.most_common(MAX_HOLDERS)]
        for whose, places in found.items()
    }


def place_of(frames: tuple[Frame, ...]) -> Frame | None:
    """Return the innermost frame of the app's own code; where there is none, the innermost."""
    own = (frame for frame in reversed(frames) if frame.own)
    return next(own, frames[-1] if frames else None)


def waited_for(waits: list[str]) -> str | None:
    """Return whose threads are waited for, of what is waited for by its names; None: nobody's."""
    return next((_WAITS[name] for name in reversed(waits) if name in _WAITS), None)
