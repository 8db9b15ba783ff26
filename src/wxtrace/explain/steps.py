"""
The guide's checks for every kind of alarm, each answered as far as the store can. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from wxtrace.alarm import alarm as kinds
from wxtrace.alarm.alarm import Alarm
from wxtrace.explain import handled, reached
from wxtrace.explain.around import Around
from wxtrace.explain.got import alarm_says
from wxtrace.explain.step import Check, Known, Step, asked_of
from wxtrace.explain.verdict import Verdict
from wxtrace.rebuild.arrival import Arrival

if TYPE_CHECKING:
    from wxtrace.scan.evidence import Evidence

NOTHING_ELSE: Final = Known()
"""Nothing is known besides the window."""

_NAME = (reached.recording, reached.url, reached.dns, reached.domain, reached.wechats_test)
_SLOW = (
    reached.recording,
    reached.ip,
    handled.received,
    handled.in_time,
    handled.on_arrival,
    handled.load,
    handled.processes,
)
_TICKETS = (reached.firewall, handled.tickets, handled.wechats_side)

CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    kinds.DNS_FAILURE: _NAME,
    kinds.DNS_TIMEOUT: _NAME,
    kinds.CONNECT_TIMEOUT: (
        reached.recording,
        reached.ip,
        reached.connects,
        reached.firewall,
        handled.load,
        reached.wechats_test,
        reached.nginx,
    ),
    kinds.REQUEST_TIMEOUT: (*_SLOW, reached.firewall),
    kinds.INVALID_RESPONSE: (
        reached.recording,
        alarm_says,
        reached.ip,
        reached.url,
        handled.received,
        handled.reply,
        handled.exceptions,
        handled.processes,
        reached.firewall,
        reached.nginx,
    ),
    kinds.MARK_FAIL: (
        reached.recording,
        handled.pause,
        handled.failures,
        handled.in_time,
        handled.reply,
        handled.load,
        reached.firewall,
    ),
    kinds.TICKET_TIMEOUT: (reached.recording, handled.received, handled.in_time, handled.on_arrival, *_TICKETS),
    kinds.TICKET_FAILURE: (
        reached.recording,
        alarm_says,
        handled.received,
        handled.bare_success,
        handled.exceptions,
        *_TICKETS,
    ),
    kinds.COMPONENT_TIMEOUT: (*_SLOW, reached.firewall),
    kinds.COMPONENT_FAILURE: (
        reached.recording,
        alarm_says,
        reached.url,
        handled.received,
        handled.bare_success,
        handled.exceptions,
    ),
    kinds.PAYMENT_TIMEOUT: (
        reached.recording,
        handled.received,
        handled.in_time,
        handled.load,
        handled.processes,
        reached.firewall,
    ),
    kinds.PAYMENT_FAILURE: (
        reached.recording,
        alarm_says,
        handled.received,
        handled.payment,
        handled.exceptions,
    ),
    kinds.UNKNOWN: (*_SLOW, handled.reply, handled.exceptions, reached.firewall),
}
"""The checks for each kind of alarm, in the order in which they are told."""


def steps_of(
    alarm: Alarm,
    around: Around,
    arrivals: Sequence[Arrival],
    evidence: Evidence,
    verdict: Verdict,
    *,
    known: Known = NOTHING_ELSE,
) -> tuple[Step, ...]:
    """
    Return the checks that the guide names for an alarm, each with its answer.

    Args:
        alarm: The alarm; a kind that is not known is checked as `UNKNOWN` is.
        around: What came in the window.
        arrivals: All attempts that are known.
        evidence: Who recorded; of a lookup that looked at the hosts, too.
        verdict: The verdict of the lookup.
        known: What is known besides.
    """
    asked = asked_of(alarm, around, arrivals, evidence, verdict, known)
    return tuple(check(asked) for check in CHECKS.get(alarm.kind, CHECKS[kinds.UNKNOWN]))
