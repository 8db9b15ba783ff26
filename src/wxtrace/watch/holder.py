"""What holds an event loop for the length of a stretch: where it is seen, and in which tasks."""

from __future__ import annotations

from types import CodeType
from typing import Final

from wxtrace.tag import Request
from wxtrace.watch.code import called_at
from wxtrace.watch.culprit import NOT_SEEN, Culprit, shortened
from wxtrace.watch.frames import frame_of
from wxtrace.watch.look import Look, Spot, Task
from wxtrace.watch.tasks import request_of

_MAX_SPOTS: Final = 64
_MAX_REQUESTS: Final = 256


class Holder:
    """
    What holds a loop for the length of one stretch, and where it was seen.

    That is one task or callback; or a herd, the same function in many of them, of which each was seen once only.
    """

    __slots__ = ("_last", "_looks", "_looks_in_a_row", "_met", "_requests", "_seen", "_told", "_trace_id")

    def __init__(self) -> None:
        self._seen: dict[tuple[CodeType, int], _Seen] = {}
        self._last: Look | None = None
        self._looks = self._looks_in_a_row = self._met = 0
        self._requests: set[Request | None] = set()
        self._trace_id: str | None = None
        self._told: Culprit | None = None

    def may_hold(self, seen: Look) -> bool:
        """Say whether *seen* shows the same task or callback still, or one more of the herd."""
        last = self._last
        if last is None:
            return True
        if _is_same(last, seen):
            return self._met == 1  # one of a herd that is seen again is a culprit of its own
        return self._looks_in_a_row == 1 and last.named.code is seen.named.code

    def see(self, seen: Look, length_ns: int) -> None:
        """Count a look at it, that stands for so many nanoseconds."""
        if self._last is not None and _is_same(self._last, seen):
            self._looks_in_a_row += 1
        else:
            self._meet(seen)
        self._last, self._told = seen, None
        self._looks += 1
        place = (seen.named.code, seen.named.line)
        known = self._seen.get(place)
        if known is None and len(self._seen) < _MAX_SPOTS:
            known = self._seen[place] = _Seen(seen)
        if known is not None:
            known.length_ns += length_ns

    def _meet(self, seen: Look) -> None:
        self._looks_in_a_row = 1
        self._met += 1
        request = None if seen.task is None else request_of(seen.task)
        if len(self._requests) < _MAX_REQUESTS:
            self._requests.add(request)
            self._trace_id = _trace_of(request)

    def told(self) -> Culprit:
        """Name the function that was seen for longest, by the line of it that was."""
        if self._told is None:
            self._told = self._tell()
        return self._told

    def _tell(self) -> Culprit:
        longest = self._longest()
        if longest is None or self._last is None:
            return NOT_SEEN
        named, inner = longest.named, longest.inner
        (alone,) = self._requests if len(self._requests) == 1 else (None,)
        return Culprit(
            *frame_of(named.code, named.line)[:3],
            call=called_at(named.code, named.at),
            innermost=_place_of(inner) if inner.code is not named.code else None,
            task=_name_of(self._last.task) if self._met == 1 else None,
            openid=None if alone is None else shortened(alone.openid),
            trace_id=None if alone is None else self._trace_id,
            tasks=self._met if self._met > 1 else 0,
            looks=self._looks,
            requests=frozenset(one for one in self._requests if one is not None),
            alone=alone,
        )

    def _longest(self) -> Look | None:
        lengths: dict[CodeType, int] = {}
        for (code, _), seen in self._seen.items():
            lengths[code] = lengths.get(code, 0) + seen.length_ns
        if not lengths:
            return None
        longest = max(lengths, key=lengths.__getitem__)
        lines = [seen for (code, _), seen in self._seen.items() if code is longest]
        return max(lines, key=lambda seen: seen.length_ns).look


class _Seen:
    """A line at which a loop was held, and for how long, in nanoseconds."""

    __slots__ = ("length_ns", "look")

    def __init__(self, look: Look) -> None:
        self.look, self.length_ns = look, 0


def _is_same(one: Look, other: Look) -> bool:
    if one.task is None and other.task is None:
        return one.named.code is other.named.code
    return one.task is other.task


def _place_of(spot: Spot) -> str:
    return "{} ({}:{})".format(*frame_of(spot.code, spot.line)[:3])


def _name_of(task: Task | None) -> str | None:
    try:
        return None if task is None else str(task.get_name())[:80]
    except Exception:  # a task of the app's own making may do anything
        return None


def _trace_of(request: Request | None) -> str | None:
    trace_id = None if request is None else getattr(request.access, "trace_id", None)
    return trace_id.hex() if isinstance(trace_id, bytes) else None
