"""
Kinds of alarms: what each is about, and how an attempt fails that it counts. Pure.
"""

from __future__ import annotations

from typing import Final

from wxtrace.alarm import alarm as kinds
from wxtrace.explain.outcome import ARRIVED_LATE, CRASHED, FAILED, NO_REPLY, OPEN, REFUSED, TOO_LATE

TIMEOUTS: Final = frozenset(
    (kinds.REQUEST_TIMEOUT, kinds.TICKET_TIMEOUT, kinds.COMPONENT_TIMEOUT, kinds.PAYMENT_TIMEOUT)
)
"""WeChat had no reply in time."""

REFUSALS: Final = frozenset(
    (kinds.INVALID_RESPONSE, kinds.TICKET_FAILURE, kinds.COMPONENT_FAILURE, kinds.PAYMENT_FAILURE)
)
"""WeChat had a reply that it refuses, or a connection that broke."""

TICKETS: Final = frozenset((kinds.TICKET_TIMEOUT, kinds.TICKET_FAILURE))
COMPONENTS: Final = frozenset((kinds.COMPONENT_TIMEOUT, kinds.COMPONENT_FAILURE))
PAYMENTS: Final = frozenset((kinds.PAYMENT_TIMEOUT, kinds.PAYMENT_FAILURE))
"""The pushes that have kinds of their own."""

BEFORE_US: Final = frozenset((kinds.DNS_FAILURE, kinds.DNS_TIMEOUT, kinds.CONNECT_TIMEOUT))
"""What they count never got here."""

UNCOUNTED: Final = BEFORE_US | {kinds.MARK_FAIL}
"""Kinds whose 次数 counts attempts that never got here, or nobody knows what: nothing here compares with it."""

_OF_TIMEOUTS: Final = frozenset((TOO_LATE, ARRIVED_LATE))
_OF_REFUSALS: Final = frozenset((REFUSED, NO_REPLY))
_OF_EITHER: Final = frozenset((CRASHED,))


def counted_by(kind: str | None) -> frozenset[str]:
    """
    Return the outcomes that an alarm of a kind counts for sure; all that fail, where it does not say.

    A process that dies over an attempt is not among them: it may be in either, a timeout if the
    connection stayed open, an invalid reply if it was closed.
    """
    if kind in TIMEOUTS:
        return _OF_TIMEOUTS
    return _OF_REFUSALS if kind in REFUSALS else FAILED


def fitting(kind: str) -> frozenset[str] | None:
    """Return the outcomes that an alarm of a kind may be about; None where the kind says nothing of it."""
    if kind not in TIMEOUTS | REFUSALS:
        return None
    may_become = {OPEN} if kind in TIMEOUTS else frozenset[str]()
    return counted_by(kind) | _OF_EITHER | may_become
