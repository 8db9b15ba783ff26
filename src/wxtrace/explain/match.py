"""
Which push an alarm means: candidates, ranked, each with what speaks for it and against it. Pure.

An openid and a stamp name a push; a time, an event and an outcome only suggest
one. So how sure a match is is said with it, and the others are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wxtrace.alarm.alarm import UNKNOWN, Alarm
from wxtrace.explain.entrance import Point, entrance_points
from wxtrace.explain.events import is_of_account, names_it, told_kind
from wxtrace.explain.kinds import BEFORE_US, fitting
from wxtrace.explain.openid import has_tag, is_the_user, openid_fits
from wxtrace.explain.outcome import ANSWERED, ARRIVED_LATE, Named, counts, late_of, outcome_of
from wxtrace.rebuild.arrival import Arrival

EXACT: Final = "exact"
NEAR: Final = "near"
LIKELY: Final = "likely"
POSSIBLE: Final = "possible"
"""How sure it is that a push is meant: by its tag; by its tag but for some seconds; it alone fits all; or else."""

_SECOND_NS: Final = 10**9
_SAME_MOMENT_NS: Final = 2 * _SECOND_NS
_OUTCOME: Final = "内容"
_KINDS: Final = ("Event", "Msg")
"""What points are called that compare the way of failing, and the kind of the push."""


@dataclass(frozen=True, slots=True)
class Match:
    """
    A push that an alarm may mean.

    `sure` is one of `EXACT`, `NEAR`, `LIKELY`, `POSSIBLE`; `points` are what was
    compared; `kind` is what the push calls itself; `attempts` how many were seen,
    `failed` how many of them WeChat would have counted.
    """

    openid: str | None
    stamp: int | None
    nonce: str | None
    trace_ids: tuple[str, ...]
    start_ns: int
    kind: str | None
    attempts: int
    failed: int
    sure: str
    points: tuple[Point, ...]

    @property
    def push(self) -> tuple[str | None, int | None, str | None]:
        """What names the push."""
        return self.openid, self.stamp, self.nonce

    @property
    def fits_outcome(self) -> bool | None:
        """Whether an attempt of it failed as the alarm says; None where the alarm does not say how."""
        return _fits(self.points, _OUTCOME)


def matches_of(
    alarm: Alarm, arrivals: Iterable[Arrival], tolerance: int = 30, *, now_ns: int | None = None
) -> tuple[Match, ...]:
    """
    Return the pushes that *alarm* may mean, the likeliest first.

    A push that contradicts the alarm by its account, its sort or its event is left out, unless openid and stamp
    are the alarm's own. One that did not fail as the alarm says is no more than possible, and stands behind those
    that did.

    Args:
        alarm: What was posted.
        arrivals: Attempts that are known, of any push.
        tolerance: How many seconds the alarm's stamp may be off, each side.
        now_ns: The time of the lookup, nanoseconds since the epoch; None: long after.
    """
    some, pushes = list(arrivals), defaultdict[object, list[Arrival]](list)
    for arrival in some:
        pushes[arrival.push].append(arrival)
    late = late_of(some, now_ns)
    failed = _Failed(late)
    candidates = (same for same in pushes.values() if any(_may_be(alarm, one, tolerance, failed) for one in same))
    found = [_match(alarm, same, failed) for same in candidates]
    found.sort(key=lambda match: (_rank(alarm, match), match.start_ns, match.openid or "", match.trace_ids))
    return _told_apart(alarm, found)


@dataclass(frozen=True, slots=True)
class _Failed:
    """Says how attempts failed; `late` are those that came too late for any answer."""

    late: frozenset[Named]

    def outcome(self, one: Arrival) -> str:
        outcome = outcome_of(one)
        return ARRIVED_LATE if outcome == ANSWERED and (one.push, one.number) in self.late else outcome

    def is_counted(self, one: Arrival) -> bool:
        return counts(self.outcome(one))


def _may_be(alarm: Alarm, arrival: Arrival, tolerance: int, failed: _Failed) -> bool:
    if alarm.transaction_id is not None:
        return arrival.transaction_id == alarm.transaction_id
    if openid_fits(alarm, arrival) is False:
        return False
    if not _is_timely(alarm, arrival, tolerance, failed):
        return False
    contradicts = names_it(alarm, arrival) is False or is_of_account(alarm, arrival) is False
    return not contradicts or has_tag(alarm, arrival)


def _is_timely(alarm: Alarm, arrival: Arrival, tolerance: int, failed: _Failed) -> bool:
    """Say whether the stamp is near enough; for an alarm without one, whether the push failed."""
    if alarm.stamp is None:
        return alarm.kind not in BEFORE_US and failed.is_counted(arrival)
    off = _seconds_off(alarm, arrival.stamp)
    if off is None or off <= tolerance:
        return off is not None
    off_ns = _off_ns(alarm, arrival) if is_the_user(alarm, arrival) else None
    return off_ns is not None and off_ns < _SAME_MOMENT_NS


def _match(alarm: Alarm, same: Sequence[Arrival], failed: _Failed) -> Match:
    first = min(same, key=lambda one: one.start_ns)
    nearest = min(same, key=lambda one: sum(point.fits is False for point in entrance_points(alarm, one)))
    points = (*_tag_points(alarm, first), *_kind_points(alarm, same, failed), *entrance_points(alarm, nearest))
    match = Match(
        first.openid,
        first.stamp,
        first.nonce,
        tuple(dict.fromkeys(one.trace_id for one in same)),
        first.start_ns,
        told_kind(first),
        len(same),
        sum(map(failed.is_counted, same)),
        POSSIBLE,
        points,
    )
    return replace(match, sure=_sure(alarm, match))


def _tag_points(alarm: Alarm, first: Arrival) -> Iterator[Point]:
    if alarm.transaction_id is not None:
        fits = first.transaction_id == alarm.transaction_id
        yield Point("transaction_id", alarm.transaction_id, first.transaction_id, fits)
    if alarm.openid:
        yield Point("OpenID", alarm.openid, first.openid, openid_fits(alarm, first))
    if alarm.stamp is not None:
        yield Point("Stamp", str(alarm.stamp), _text(first.stamp), first.stamp == alarm.stamp)
    off_ns = _off_ns(alarm, first)
    if off_ns is not None and alarm.time:
        is_then = off_ns < _SAME_MOMENT_NS
        if alarm.stamp is None or (is_then and alarm.stamp != first.stamp):
            yield Point("时间", alarm.time, _text(first.stamp), is_then)


def _kind_points(alarm: Alarm, same: Sequence[Arrival], failed: _Failed) -> Iterator[Point]:
    if alarm.appid:
        yield Point("Appid", alarm.appid, same[0].appid, is_of_account(alarm, same[0]))
    if alarm.event or alarm.msg:
        said = alarm.event or alarm.msg or ""
        yield Point("Event" if alarm.event else "Msg", said, told_kind(same[0]), names_it(alarm, same[0]))
    fitting_ones = fitting(alarm.kind)
    if fitting_ones is not None:
        outcomes = [failed.outcome(one) for one in same]
        fits = any(one in fitting_ones for one in outcomes)
        yield Point(_OUTCOME, alarm.kind, ", ".join(outcomes), fits)


def _sure(alarm: Alarm, match: Match) -> str:
    contradicts = any(_fits(match.points, *some) is False for some in (("Appid",), _KINDS))
    if _fits(match.points, "transaction_id"):
        return EXACT
    is_user = _fits(match.points, "OpenID") and not alarm.is_openid_masked
    if is_user and _fits(match.points, "Stamp") and not contradicts:
        return EXACT
    if contradicts or match.fits_outcome is False:
        return POSSIBLE
    if is_user and alarm.stamp is not None:
        return NEAR
    timely = _fits(match.points, "Stamp", "时间")
    says_how = match.fits_outcome or (alarm.kind == UNKNOWN and match.failed)
    return LIKELY if timely and says_how else NEAR if is_user else POSSIBLE


def _rank(alarm: Alarm, match: Match) -> tuple[int, ...]:
    """Order by the tag first where the alarm has one; else by what failed as it says, and by the kind of push."""
    event = _order(_fits(match.points, *_KINDS))
    off = _seconds_off(alarm, match.stamp) if alarm.stamp is not None else 0
    moment_ns = alarm.moment_ns if alarm.stamp is None else None
    near = 0 if moment_ns is None else abs(_moment_of(match.stamp, match.start_ns) - moment_ns) // _SECOND_NS
    misses = sum(point.fits is False for point in match.points)
    how = (event, _order(match.fits_outcome))
    is_tagged = bool(alarm.openid) and not alarm.is_openid_masked and alarm.stamp is not None
    first = (off or 0, *how) if is_tagged else (match.fits_outcome is False, *how, off or 0)
    return (*map(int, first), near, misses)


def _fits(points: Iterable[Point], *what: str) -> bool | None:
    return next((point.fits for point in points if point.what in what), None)


def _order(fits: bool | None) -> int:
    return 1 if fits is None else 0 if fits else 2


def _told_apart(alarm: Alarm, ranked: Sequence[Match]) -> tuple[Match, ...]:
    """Where several are as likely as one another, none is."""
    likely = [match for match in ranked if match.sure == LIKELY]
    alone = len(likely) == 1 or (len(likely) > 1 and _rank(alarm, likely[0]) < _rank(alarm, likely[1]))
    chosen = likely[0] if likely and alone else None
    return tuple(
        replace(match, sure=POSSIBLE) if match.sure == LIKELY and match is not chosen else match for match in ranked
    )


def _off_ns(alarm: Alarm, arrival: Arrival) -> int | None:
    if alarm.moment_ns is None:
        return None
    return abs(_moment_of(arrival.stamp, arrival.start_ns) - alarm.moment_ns)


def _moment_of(stamp: int | None, start_ns: int) -> int:
    return start_ns if stamp is None else stamp * _SECOND_NS


def _seconds_off(alarm: Alarm, stamp: int | None) -> int | None:
    return None if alarm.stamp is None or stamp is None else abs(stamp - alarm.stamp)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
