"""
The vocabulary of next steps: what a check is asked of, and how it was answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wxtrace.alarm.alarm import MARK_FAIL, Alarm
from wxtrace.explain.around import Around, is_push
from wxtrace.explain.events import TICKET, is_of_account, is_of_sort, names_it
from wxtrace.explain.kinds import COMPONENTS, PAYMENTS, TICKETS
from wxtrace.explain.outcome import Named, late_of
from wxtrace.explain.verdict import CANNOT_KNOW, NEVER_ARRIVED, Verdict
from wxtrace.rebuild.arrival import Arrival

if TYPE_CHECKING:
    from wxtrace.scan.evidence import Evidence, HostSeen

OK: Final = "ok"
BAD: Final = "bad"
UNKNOWN: Final = "unknown"
"""The states of a check: nothing is wrong there; something is; the store cannot know, somebody must look."""

MOST: Final = 3
"""So many names are told of any list."""

_ABSENT: Final = frozenset((NEVER_ARRIVED, CANNOT_KNOW))
_AT_ONCE_NS: Final = 2 * 10**9  # a stamp is in whole seconds, and the way takes a moment
_TRIED_NS: Final = 15 * 10**9  # three attempts of five seconds

Counted = tuple[tuple[str, int], ...]
Fact = str | int | Counted
"""What an answer names: a text, a number, or names with how often each was there."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One check of the guide, and its answer.

    Args:
        check: What is to be checked, a fixed word.
        state: `OK`, `BAD` or `UNKNOWN`.
        answer: Which answer it is, a fixed word; with `facts` it makes a sentence.
        facts: What the sentence names. What ends in ``_ns`` is a duration, in ``_at`` a moment since the epoch,
            both in nanoseconds.
        command: What to type where the store cannot answer; what comes from the alarm is quoted for a shell.
    """

    check: str
    state: str
    answer: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What checks are asked of.

    `pushes` are the attempts within the window, `same` those of the account and kind that the alarm is about,
    `untold` those of which nothing tells the kind; `late` are those that came too late for any answer. `when` is
    the time that the verdict rests on, (from, to) in nanoseconds since the epoch: that of the push; `hosts` are
    who recorded then.
    """

    alarm: Alarm
    around: Around
    pushes: tuple[Arrival, ...]
    same: tuple[Arrival, ...]
    untold: tuple[Arrival, ...]
    evidence: Evidence
    verdict: Verdict
    late: frozenset[Named]
    when: tuple[int, int]
    hosts: tuple[HostSeen, ...]

    @property
    def about(self) -> tuple[Arrival, ...]:
        """The attempts of the alarm's kind; where there are none, those that may be of it."""
        return self.same or self.untold

    @property
    def all_recorded(self) -> bool:
        """Whether no host can have missed a push."""
        hosts = self.evidence.hosts
        missed = any(host.gaps or host.dropped for host in hosts)
        return bool(hosts) and not missed and not self.evidence.damaged


_WORDED: Final = ((TICKETS, TICKET), (COMPONENTS, "component"), (PAYMENTS, "payment"))

Check = Callable[[Asked], Step]
"""Answers one check."""


@dataclass(frozen=True, slots=True)
class Known:
    """
    What is known besides the window.

    `asked` is the evidence that the verdict rests on, None if it is that of the window; `own` are the traces
    of the push that is meant; `now_ns` is the time of the lookup, None for long after.
    """

    asked: Evidence | None = None
    own: Collection[str] = ()
    now_ns: int | None = None


def asked_of(
    alarm: Alarm, around: Around, arrivals: Sequence[Arrival], evidence: Evidence, verdict: Verdict, known: Known
) -> Asked:
    """
    Return what checks are asked of.

    Args:
        alarm: The alarm.
        around: What came in the window.
        arrivals: All attempts that are known; those outside the window of *around* are left out.
        evidence: Who recorded.
        verdict: The verdict of the lookup.
        known: What is known besides.
    """
    first_ns, last_ns = around.window
    pushes = tuple(one for one in arrivals if is_push(one) and first_ns <= one.start_ns <= last_ns)
    kinds = {_kind(one): one for one in pushes}
    told = {kind: _is_about(alarm, one) for kind, one in kinds.items()}
    same, untold = (tuple(one for one in pushes if told[_kind(one)] is wanted) for wanted in (True, None))
    asked = known.asked or evidence
    is_one = verdict.case not in _ABSENT and alarm.kind != MARK_FAIL
    own = [one for one in arrivals if is_one and one.trace_id in known.own]
    when = _time_of(own) or asked.window
    late = late_of(filter(is_push, arrivals), known.now_ns)
    hosts = asked.hosts or evidence.hosts
    return Asked(alarm, around, pushes, same, untold, evidence, verdict, late, when, hosts)


def most(names: Iterable[str | None]) -> Counted:
    """Count *names*, and return the `MOST` that are there most often, those first."""
    counted = Counter(name for name in names if name)
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST])


def named_kind(alarm: Alarm) -> str:
    """Return of which kind the push of an alarm was, by its sample or by its wording; empty where neither says."""
    return alarm.event or alarm.msg or next((name for kinds, name in _WORDED if alarm.kind in kinds), "")


def _kind(arrival: Arrival) -> tuple[object, ...]:
    """Return all by which an alarm names pushes; of a hundred thousand there are few kinds."""
    told = (arrival.info_type, arrival.event, arrival.msg_type, arrival.appid)
    return (*told, arrival.transaction_id is None, arrival.openid is None)


def _is_about(alarm: Alarm, arrival: Arrival) -> bool | None:
    """Say whether an alarm is about pushes of this account and kind; of any kind, where it names none."""
    if is_of_account(alarm, arrival) is False:
        return False
    return names_it(alarm, arrival) if named_kind(alarm) else is_of_sort(alarm, arrival) is not False


def _time_of(own: Sequence[Arrival]) -> tuple[int, int] | None:
    """
    Return from when to when a push was under way.

    It began with its first attempt; where that came late, with its stamp: another one may have been before it.
    """
    if not own:
        return None
    first = min(own, key=lambda one: one.start_ns)
    delay_ns = first.arrival_delay_ns or 0
    before_ns = delay_ns if _AT_ONCE_NS <= delay_ns <= _TRIED_NS else 0
    return first.start_ns - before_ns, max(one.end_ns for one in own)
