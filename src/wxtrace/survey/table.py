"""
A failed push as one row, for DataFrames and JSON alike.
"""

from __future__ import annotations

from typing import Any, Final

from wxtrace.survey.groups import event_of
from wxtrace.survey.pushes import Told
from wxtrace.survey.window import Victim

COLUMNS: Final = (
    "openid",
    "stamp",
    "nonce",
    "event",
    "msg_type",
    "msg_id",
    "info_type",
    "appid",
    "transaction_id",
    "attempts",
    "failed",
    "answered",
    "outcome",
    "case",
    "layer",
    "module",
    "detail",
    "worst_ns",
    "arrival_delay_ns",
    "http_status",
    "start_ns",
    "service",
    "host",
    "pid",
    "writer",
    "trace_id",
    "client",
    "path",
)
"""
The columns of a failed push.

`attempts` came in the window and `failed` of them failed. From `outcome` on all is of the attempt that
took longest: `worst_ns`, for what arrived too late counted from its stamp. But `arrival_delay_ns` is of
the first attempt, and `start_ns` the arrival of the first that failed.
"""

PUSH_COLUMNS: Final = (
    *COLUMNS[: COLUMNS.index("outcome")],
    "attempt",
    *COLUMNS[COLUMNS.index("outcome") : COLUMNS.index("worst_ns")],
    "total_ns",
    *COLUMNS[COLUMNS.index("worst_ns") :],
)
"""
The columns of a push that came.

`attempts` are all of it, and `failed` of them failed. From `attempt` on, which is its number, all is of the
attempt that a lookup speaks of: the first with which something is wrong, or else its first. It took `total_ns`.
But `worst_ns` is that of the attempt that took longest, and `arrival_delay_ns` and `start_ns` are of the first.
"""


def row_of(victim: Victim) -> dict[str, Any]:
    """Return a failed push by `COLUMNS`; None where nothing is known."""
    first, worst = victim.failures[0].arrival, victim.worst
    told = {name: getattr(worst.arrival, name) for name in COLUMNS if name in worst.arrival.__slots__}
    return (
        dict.fromkeys(COLUMNS)
        | told
        | {
            "event": event_of(first),
            "attempts": victim.attempts,
            "failed": len(victim.failures),
            "answered": victim.answered,
            "outcome": worst.outcome,
            "case": worst.case,
            "layer": worst.layer,
            "module": worst.module,
            "detail": worst.detail,
            "worst_ns": worst.took_ns,
            "arrival_delay_ns": first.arrival_delay_ns if first.number == 1 else None,
            "start_ns": first.start_ns,
        }
    )


def push_row(told: Told) -> tuple[Any, ...]:
    """Return a push by `PUSH_COLUMNS`; None where nothing is known."""
    first, one, judged = told.first, told.one, told.judged
    of_the_push = (told.event.msg_type, told.event.msg_id, told.event.info_type, told.event.appid)
    return (
        *(first.openid, first.stamp, first.nonce, event_of(told.event), *of_the_push, told.event.transaction_id),
        *(told.attempts, told.failed, told.answered, one.number),
        *(judged.outcome, judged.case, judged.layer, judged.module, judged.detail, judged.total_ns, told.worst_ns),
        *(first.arrival_delay_ns, one.http_status, first.start_ns, one.service, one.host, one.pid, one.writer),
        *(one.trace_id, one.client, one.path),
    )
