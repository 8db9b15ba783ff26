"""What is written down of a blocked stretch: a wait span for each request that had to wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final, NamedTuple

from wxtrace.capture.attributes import encode
from wxtrace.capture.recorder import recorder
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.record import IN_REQUEST, OPEN, finished
from wxtrace.watch.culprit import Culprit

MAX_WRITTEN: Final = 256
"""Victims of one stretch that are written down: pushes first, the oldest first; the rest are counted."""
MAX_SHOWN: Final = 32
"""Of them, those whose wait stands in the table of open spans while it lasts."""


def arrived_ns(access: LightSpan) -> int:
    """Return when the request of an access span arrived, by the monotonic clock, in nanoseconds."""
    return access.start_ns - _clock(access)


def left_ns(access: LightSpan) -> int:
    """Return when its last reply byte was out, by the monotonic clock, in nanoseconds; 0 while it is in flight."""
    return access.end_ns and access.end_ns - _clock(access)


def _clock(access: LightSpan) -> int:
    return 0 if access.request is None else access.request.clock


class Wait(LightSpan):
    """The wait span of one victim: begun in the past, under the access span."""

    __slots__ = ()

    def __init__(self, shape: Shape, access: LightSpan, start_ns: int, shown: dict[str, Any]) -> None:
        self._sink = sink = recorder.opened()
        self.shape, self.request, self.attributes, self.more = shape, access.request, None, None
        self.encoded, self.end_ns, self.status_number = b"", 0, 0
        self.seq, self.start_ns = recorder.next_seq(), start_ns + _clock(access)
        self.span_id = recorder.bits(64).to_bytes(8, "big")
        self.trace_id, self.parent_id = access.trace_id, access.span_id
        self._begin_again()
        attributes = encode(shown) if shown else b""
        self._slot = sink.begin(finished(OPEN, self.begun, flags=IN_REQUEST, attributes=attributes))

    def close(self, shape: Shape, encoded: bytes, end_ns: int) -> None:
        """Record it, named as is known by now; `end_ns` is by the monotonic clock."""
        if shape is not self.shape:
            self.shape = shape
            self._begin_again()
        self.encoded = encoded
        self.end(end_ns + _clock(self))


class Stretch(NamedTuple):
    """
    A time in which an event loop did not run, by the monotonic clock, in nanoseconds.

    It began between `start_ns`, when the loop is last known to have run, and `bound_ns` later.
    """

    start_ns: int
    end_ns: int
    bound_ns: int
    culprit: Culprit


class Waits:
    """
    The waits for one stretch.

    Args:
        flights: The access spans of the requests in flight on the loop, in the order of their arrival; that of the
            culprit may be among them.
    """

    __slots__ = ("_flights", "_shown")

    def __init__(self, flights: Sequence[LightSpan]) -> None:
        self._flights = flights
        self._shown: dict[bytes, Wait] = {}

    @property
    def is_shown(self) -> bool:
        """Whether the oldest stand in the table of open spans."""
        return bool(self._shown)

    def join(self, flights: Sequence[LightSpan]) -> None:
        """Count among the victims who has arrived since the last of them."""
        last_ns = max(map(arrived_ns, self._flights[-1:]), default=0)
        newer = list(takewhile(lambda access: arrived_ns(access) > last_ns, reversed(flights)))
        if newer:
            self._flights = [*self._flights, *reversed(newer)]

    def show(self, stretch: Stretch) -> None:
        """Show a stretch that lasts, for a reader who comes when the process was killed in the middle of it."""
        if not recorder.enabled:
            return
        shape, told = _shape(stretch.culprit), stretch.culprit.document()
        known = {f"wxtrace.culprit.{key}": told[key] for key in ("openid", "trace_id") if key in told}
        for access, start_ns, _ in self._waiting(stretch)[:MAX_SHOWN]:
            self._shown[access.span_id] = Wait(shape, access, start_ns, known)

    def write(self, stretch: Stretch) -> None:
        """Record a stretch that is over."""
        if not recorder.enabled:
            return
        waiting = self._waiting(stretch)
        shape, told = _shape(stretch.culprit), _attributes(stretch, len(waiting))
        others, own = encode(told), encode(told | {"wxtrace.culprit.self": True})
        for place, (access, start_ns, end_ns) in enumerate(waiting):
            wait = self._shown.pop(access.span_id, None)
            if wait is None and place < MAX_WRITTEN:
                wait = Wait(shape, access, start_ns, {})
            if wait is not None:
                wait.close(shape, own if access.request in stretch.culprit.requests else others, end_ns)

    def _waiting(self, stretch: Stretch) -> list[tuple[LightSpan, int, int]]:
        """Return who had to wait, pushes first, and from when to when: the stretch, as far as it was in flight."""
        parts = [
            (
                access,
                max(stretch.start_ns, arrived_ns(access)),
                min(stretch.end_ns, left_ns(access) or stretch.end_ns),
            )
            for access in self._flights
            if access.request is None or access.request is not stretch.culprit.alone
        ]
        return sorted((part for part in parts if part[1] < part[2]), key=_is_nobodys)


def _is_nobodys(part: tuple[LightSpan, int, int]) -> bool:
    request = part[0].request
    return request is None or not request.is_named


def _shape(culprit: Culprit) -> Shape:
    return Shape("wait", "event loop", culprit.name)


def _attributes(stretch: Stretch, victims: int) -> dict[str, Any]:
    told = {f"wxtrace.culprit.{key}": value for key, value in stretch.culprit.document().items()}
    return told | {
        "wxtrace.blocked_ns": stretch.end_ns - stretch.start_ns,
        "wxtrace.blocked_bound_ns": stretch.bound_ns,
        "wxtrace.victims": victims,
    }
