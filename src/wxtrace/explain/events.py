"""
What an alarm calls a push, and what the push calls itself.

The guide's table of these names is lost; the pairs here are those that published
alarms show. Every other name is compared by its letters alone.
"""

from __future__ import annotations

import re
from typing import Final

from wxtrace.alarm import alarm as kinds
from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.kinds import COMPONENTS, PAYMENTS, TICKETS
from wxtrace.rebuild.arrival import Arrival

_EVENTS: Final = {
    "clickmenuurl": "VIEW",
    "scanqrcode": "SCAN",
    "locationreport": "LOCATION",
    "templatesendjobfinish": "TEMPLATESENDJOBFINISH",
}
_SAME_NAMES: Final = {"click": "CLICK", "subscribe": "subscribe", "unsubscribe": "unsubscribe"}
_INFO_TYPES: Final = {
    "componentticket": ("component_verify_ticket",),
    "componentinfo": ("authorized", "unauthorized", "updateauthorized"),
}
TICKET: Final = "component_verify_ticket"

ORDINARY: Final = "ordinary"
TICKETS_OWN: Final = "ticket"
COMPONENTS_OWN: Final = "component"
PAYMENTS_OWN: Final = "payment"
"""The sorts of pushes that alarms keep apart: of users; of tickets; other notices to a platform; of payments."""

_PLATFORM: Final = frozenset((TICKETS_OWN, COMPONENTS_OWN))
_APPID: Final = re.compile("wx[0-9a-f]{16}")


def names_it(alarm: Alarm, arrival: Arrival) -> bool | None:
    """Say whether an alarm means pushes of this sort and event; None where one of the two does not say."""
    is_sort = is_of_sort(alarm, arrival)
    if is_sort is False:
        return False
    named = _named(alarm, arrival) if alarm.event or alarm.msg else None
    is_told_by_kind = is_sort and sort_of(arrival) != ORDINARY
    return True if named is None and is_told_by_kind else named


def is_of_sort(alarm: Alarm, arrival: Arrival) -> bool | None:
    """Say whether an alarm is about pushes of this sort; None where one of the two does not say."""
    wanted, own = sorts_of(alarm), sort_of(arrival)
    return None if wanted is None or own is None else own in wanted


def is_of_account(alarm: Alarm, arrival: Arrival) -> bool | None:
    """Say whether an alarm is about the account of a push; None where one of the two does not name it in full."""
    said = (alarm.appid or "").strip()
    return None if arrival.appid is None or not _APPID.fullmatch(said) else said == arrival.appid


def sorts_of(alarm: Alarm) -> frozenset[str] | None:
    """Return the sorts of pushes that an alarm may be about; None for any."""
    if alarm.kind in TICKETS:
        return frozenset((TICKETS_OWN,))
    if alarm.kind in COMPONENTS:
        return frozenset((COMPONENTS_OWN,))
    if alarm.kind in PAYMENTS or alarm.transaction_id is not None:
        return frozenset((PAYMENTS_OWN,))
    if _letters(alarm.event or "") in _INFO_TYPES:
        return _PLATFORM
    return None if alarm.kind == kinds.UNKNOWN and not (alarm.event or alarm.msg) else frozenset((ORDINARY,))


def sort_of(arrival: Arrival) -> str | None:
    """Return of which sort a push is; None where nothing tells, as no user is named and nobody read its body."""
    if arrival.transaction_id is not None:
        return PAYMENTS_OWN
    if arrival.info_type is not None:
        return TICKETS_OWN if arrival.info_type == TICKET else COMPONENTS_OWN
    told = (arrival.openid, arrival.event, arrival.msg_type)
    return ORDINARY if any(value is not None for value in told) else None


def told_kind(arrival: Arrival) -> str | None:
    """Return what a push says of itself: info type, event, or kind of message."""
    return arrival.info_type or arrival.event or arrival.msg_type


def own_event(name: str) -> str:
    """Return what pushes call an event that alarms call *name*; the same where no other name is known."""
    return (_EVENTS | _SAME_NAMES).get(_letters(name), name)


def _named(alarm: Alarm, arrival: Arrival) -> bool | None:
    name = _letters(alarm.event or "")
    if name in _INFO_TYPES:
        return None if arrival.info_type is None else arrival.info_type in _INFO_TYPES[name]
    if name:
        return _is_event(name, arrival)
    return _is_message(_letters(alarm.msg or ""), arrival)


def _is_event(name: str, arrival: Arrival) -> bool | None:
    if arrival.event is None:
        return None if arrival.msg_type in (None, "event") and arrival.info_type is None else False
    recorded = _letters(arrival.event)
    if recorded in (name, _letters(_EVENTS.get(name, ""))):
        return True
    return False if name in _EVENTS or _is_known(recorded) else None


def _is_known(recorded: str) -> bool:
    """Say whether it is known what alarms call an event."""
    return recorded in (*map(_letters, _EVENTS.values()), *_SAME_NAMES)


def _is_message(name: str, arrival: Arrival) -> bool | None:
    if not name or (arrival.msg_type is None and arrival.info_type is None):
        return None
    return _letters(arrival.msg_type or "") == name


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
