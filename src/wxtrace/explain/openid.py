"""
The user whom an alarm names, against the one of a push. Pure.
"""

from __future__ import annotations

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.events import ORDINARY, sort_of, sorts_of
from wxtrace.rebuild.arrival import Arrival


def has_tag(alarm: Alarm, arrival: Arrival) -> bool:
    """Say whether openid and stamp are the alarm's own."""
    return is_the_user(alarm, arrival) and alarm.stamp is not None and arrival.stamp == alarm.stamp


def is_the_user(alarm: Alarm, arrival: Arrival) -> bool:
    """Say whether the openid is the alarm's own, with nothing masked."""
    return bool(alarm.openid) and not alarm.is_openid_masked and arrival.openid == alarm.openid


def openid_fits(alarm: Alarm, arrival: Arrival) -> bool | None:
    """Compare the openids as far as they can be read; a component push carries none, although its alarm does."""
    if not alarm.openid:
        return None
    if arrival.openid is None:
        return None if _may_carry_none(alarm, arrival) else False
    if alarm.is_openid_masked:
        return arrival.openid.startswith(alarm.openid_start or "")
    return arrival.openid == alarm.openid


def _may_carry_none(alarm: Alarm, arrival: Arrival) -> bool:
    """Say whether a push without an openid may be one of a platform; if nobody read it, its alarm must say so."""
    if sort_of(arrival) is not None:
        return arrival.info_type is not None
    return ORDINARY not in (sorts_of(alarm) or (ORDINARY,))
