"""The vocabulary: the tag of a push, and the rows of the store's contract."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

CARRIED: Final = "wxtrace.carried"
"""The attribute of an access span whose tag came along with the request: of a service behind, no arrival."""


class Tag(NamedTuple):
    """
    What names a push.

    `openid` and `nonce` are None where the request had none; `stamp` is the
    query parameter ``timestamp`` of the push, in unix seconds: what WeChat's
    alarm prints as Stamp.
    """

    openid: str | None
    stamp: int | None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span as the store's contract has it; times in nanoseconds since the epoch."""

    openid: str | None
    stamp: int | None
    nonce: str | None
    layer: str
    module: str
    name: str
    trace_id: str
    span_id: str
    parent_span_id: str | None
    kind: str
    start_ns: int
    end_ns: int | None
    state: str
    status_code: str
    status_message: str | None
    service: str
    host: str
    pid: int
    writer: str
    seq: int
    attributes: dict[str, Any]

    @property
    def duration_ns(self) -> int | None:
        """The end less the start; None while the span has no end."""
        return None if self.end_ns is None else self.end_ns - self.start_ns


@dataclass(frozen=True, slots=True)
class LogRow:
    """A log line as the store's contract has it; the time in nanoseconds since the epoch."""

    openid: str | None
    stamp: int | None
    nonce: str | None
    trace_id: str | None
    span_id: str | None
    layer: str | None
    module: str | None
    time_ns: int
    severity: str
    event: str
    logger: str | None
    service: str
    host: str
    pid: int
    writer: str
    seq: int
    attributes: dict[str, Any]


def attributes_of(text: str) -> dict[str, Any]:
    """Return the attributes that are stored as *text*; what is no JSON object is kept as one value."""
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return value if isinstance(value, dict) else {"value": value}
