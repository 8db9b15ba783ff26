"""`remaining()`: how long WeChat still waits for the reply."""

from __future__ import annotations

from typing import Final

from wxtrace.capture.inflight import in_flight
from wxtrace.tag import current_request

DEADLINE_NS: Final = 5 * 10**9
"""How long WeChat waits, from this attempt's arrival."""


def remaining() -> float | None:
    """
    Return the seconds until WeChat hangs up on this attempt.

    From any task or thread of the request. Counted from the arrival of this attempt, by the monotonic clock, less
    the time that it spent in front of the app where a proxy's header proves it. In another process, by what
    ``carry(deadline=True)`` has told.

    Returns:
        At least 0.0; None outside a tagged request, and where no deadline was carried.
    """
    request = current_request()
    if request is None or not request.is_named:
        return None
    if request.is_carried:
        return (
            None
            if request.due_ns is None
            else max(0, request.due_ns - request.arrived_ns - request.age_ns()) / 10**9
        )
    if request.queued_ns is None and (flight := in_flight.flight_of(request)) is not None:
        request.queued_ns = flight.queued_ns
    return max(0, DEADLINE_NS - request.age_ns() - (request.queued_ns or 0)) / 10**9
