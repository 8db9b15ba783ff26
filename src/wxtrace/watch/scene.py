"""What the requests in flight share: looked at once a tick, however many of them are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Protocol

from wxtrace.capture.inflight import Flight
from wxtrace.capture.pools import pools
from wxtrace.capture.recorder import recorder
from wxtrace.tag import Request
from wxtrace.watch.openspans import OpenSpan, open_spans
from wxtrace.watch.parts import Parts
from wxtrace.watch.snapshot import Moment
from wxtrace.watch.surroundings import Cpu, anyio_tokens, load
from wxtrace.watch.tasks import Owned, owned_tasks
from wxtrace.watch.threads import holders


class Loops(Protocol):
    """What watches event loops; `wxtrace.watch.loops.LoopWatch` does."""

    def tick(self, flights: Iterable[Flight], now_ns: int, rested_ns: int | None = None) -> None:
        """Look at every loop that a request is in flight on."""

    def told(self, loop: Any, asking: Request | None = None) -> dict[str, Any]:
        """Return what a snapshot says of a loop, as JSON has it."""

    def close(self, now_ns: int) -> None:
        """Write what lasts."""

    def forget(self) -> None:
        """Forget all of it."""


class Scene:
    """
    What the requests in flight share: the loops, the CPU, pools, and the tables that say whose is what.

    Args:
        clock: Nanoseconds of the monotonic clock.
        loops: What watches the event loops.
    """

    def __init__(self, clock: Callable[[], int], loops: Loops | None = None) -> None:
        self._clock, self._loops, self._cpu = clock, loops, Cpu(clock)

    def tick(self, flights: Sequence[Flight], now_ns: int, rested_ns: int | None) -> None:
        """Look at what must be looked at ten times a second: the loops, and the CPU that is used."""
        self._cpu.look()
        if self._loops is not None:
            self._loops.tick(flights, now_ns, rested_ns)

    def moment(self, chosen: Sequence[Flight], now_ns: int, in_flight: int, put_off: int) -> Moment:
        """
        Return what the snapshots of *chosen* share.

        Args:
            chosen: Those that get one now.
            now_ns: Of the monotonic clock.
            in_flight: How many are in flight.
            put_off: How many are past a mark and must wait for a later tick.
        """
        traces = {trace for flight in chosen if (trace := getattr(flight.access, "trace_id", None)) is not None}
        loops = dict.fromkeys(flight.loop for flight in chosen if flight.loop is not None)
        requests = [flight.request for flight in chosen]
        parts, nothing_open = Parts([]), dict[bytes, list[OpenSpan]]()
        return Moment(
            now_ns,
            in_flight,
            put_off,
            parts.take("tasks", Owned(), lambda: owned_tasks(loops, requests)),
            parts.take("open_spans", nothing_open, lambda: open_spans(recorder.sink.begun(), traces)),
            self.told,
            _tokens,
            parts.take("pools", [], lambda: list(pools)),
            load(),
            self._cpu.percent(),
            parts.missed,
            cache(holders),
        )

    def told(self, flight: Flight) -> dict[str, Any]:
        """Return how the loop of a request fares, as JSON has it."""
        return {} if self._loops is None else self._loops.told(flight.loop, flight.request)

    def close(self) -> None:
        """Write what lasts; the watchdog ends."""
        if self._loops is not None:
            self._loops.close(self._clock())

    def forget(self) -> None:
        """Forget all of it: it is the parent process'."""
        if self._loops is not None:
            self._loops.forget()
        self._cpu = Cpu(self._clock)


def _tokens(flight: Flight) -> dict[str, Any]:
    tokens = anyio_tokens(flight.loop)
    return {} if tokens is None else {"anyio": tokens}
