"""
A failed push as one row, for DataFrames and JSON alike.
"""

from __future__ import annotations

from typing import Any, Final

from wxtrace.survey.groups import event_of
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
