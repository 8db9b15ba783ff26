"""
What became of an attempt, as WeChat saw it: had it an answer, in time, that it takes. Pure.

An attempt is judged by its own five seconds, from its own arrival. What came
too late already when it arrived is another matter: `has_arrived_late`. WeChat
sends a push again as long as it has not taken an answer. So an attempt that
others followed was not taken, however well it was answered; and one after which
none came was.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wxtrace.rebuild.arrival import Arrival
from wxtrace.rebuild.attempt import Attempt, Reply

DEADLINE_NS: Final = 5 * 10**9
"""WeChat hangs up when it has had no reply for so long."""

ANSWERED: Final = "answered"
TOO_LATE: Final = "too_late"
REFUSED: Final = "refused"
CRASHED: Final = "crashed"
OPEN: Final = "open"
NO_REPLY: Final = "no_reply"
UNRECORDED: Final = "unrecorded"
"""
What became of an attempt: it was answered; no answer came within `DEADLINE_NS`, or WeChat hung up; the
answer is one that WeChat refuses; the process died over it; it is still worked on, and young; it
ended without an answer; its access span is missing, so that nobody can tell.
"""

ARRIVED_LATE: Final = "arrived_late"
"""An attempt that was answered, but came so long after its stamp that no answer could be in time."""

FAILED: Final = frozenset({TOO_LATE, ARRIVED_LATE, REFUSED, CRASHED, NO_REPLY})
"""What WeChat counts in an alarm."""

CREDIBLE_DELAY_NS: Final = 86_400 * 10**9
"""What is further from its stamp is no delay, but a wrong clock."""

SETTLED_NS: Final = 6 * 10**9
"""So long after an attempt WeChat has sent the next one, if it sends one."""

_GIVEN_UP_NS: Final = 15 * 10**9  # three attempts of five seconds

Named = tuple[object, int]
"""What names an attempt: its push, and its number."""


def outcome_of(one: Arrival | Attempt) -> str:
    """Return what became of an attempt."""
    if isinstance(one, Attempt) and not one.recorded:
        return UNRECORDED
    if one.state == CRASHED and one.end_estimated:
        return CRASHED
    if one.duration_ns >= DEADLINE_NS or one.hung_up:
        return TOO_LATE
    if one.state == OPEN and one.end_estimated:
        return OPEN
    if _has_no_reply(one):
        return NO_REPLY
    is_refused = one.reply.acceptable is False or one.http_status not in (None, 200)
    return REFUSED if is_refused else ANSWERED


def counts(outcome: str) -> bool:
    """Say whether WeChat would have counted an attempt of this outcome as a failure."""
    return outcome in FAILED


def has_arrived_late(one: Arrival | Attempt, clock_ahead_ns: int = 0) -> bool:
    """
    Say whether the first attempt of a push came so long after its stamp that no answer could be in time.

    Later attempts have the stamp of the first one, so nothing can be told of them.

    Args:
        one: The attempt.
        clock_ahead_ns: How far the host's clock is ahead of WeChat's at most, negative for one that is behind.
    """
    delay_ns = one.arrival_delay_ns
    if delay_ns is None or one.number != 1 or abs(delay_ns) > CREDIBLE_DELAY_NS:
        return False
    return delay_ns - clock_ahead_ns + one.duration_ns >= DEADLINE_NS


def taken_of(attempts: Iterable[Arrival | Attempt], now_ns: int | None = None) -> frozenset[Named]:
    """
    Return the attempts that were the last of their push, although WeChat could have sent another.

    Args:
        attempts: All that are known, of any pushes, by push and number.
        now_ns: The time of the lookup, nanoseconds since the epoch; None: long after.
    """
    last: dict[object, Arrival | Attempt] = {}
    for one in attempts:
        if not isinstance(one, Attempt) or one.recorded:
            known = last.get(one.push)
            if known is None or one.number > known.number:
                last[one.push] = one
    return frozenset((push, one.number) for push, one in last.items() if _could_be_followed(one, now_ns))


def late_of(arrivals: Iterable[Arrival], now_ns: int | None = None) -> frozenset[Named]:
    """
    Return the first attempts that came too late for any answer, but for those that took too long besides.

    One that was answered, and the last of its push, was taken: it is a retry, and those before it are not known.

    Args:
        arrivals: Attempts of any pushes, all that are known of each.
        now_ns: The time of the lookup, nanoseconds since the epoch; None: long after.
    """
    some = list(arrivals)
    late = {(one.push, one.number): outcome_of(one) for one in some if has_arrived_late(one)}
    taken = taken_of(some, now_ns) if late else frozenset[Named]()
    return frozenset(
        name
        for name, outcome in late.items()
        if outcome != TOO_LATE and not (outcome == ANSWERED and name in taken)
    )


def _could_be_followed(one: Arrival | Attempt, now_ns: int | None) -> bool:
    delay_ns = one.arrival_delay_ns
    is_settled = now_ns is None or now_ns - one.start_ns >= SETTLED_NS
    return is_settled and (delay_ns is None or delay_ns < _GIVEN_UP_NS)


def _has_no_reply(one: Arrival | Attempt) -> bool:
    replied = isinstance(one, Attempt) and one.after_reply_ns is not None
    return one.http_status is None and one.reply == Reply() and not replied
