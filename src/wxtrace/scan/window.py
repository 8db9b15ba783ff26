"""
What a whole window asks of the store: the access spans of a time, and the spans of many traces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from wxtrace.record import KINDS, LOG, Unpacked
from wxtrace.row import CARRIED, SpanRow
from wxtrace.scan.question import FEW, Bounds, Columns

ACCESS, SERVER = "access", "SERVER"
"""Layer and kind of the span by which a server received a request."""

_SERVER: Final = KINDS.index(SERVER)
_BEHIND: Final = f'"{CARRIED}":'
"""What stands in the attributes of a service behind; in no text of theirs, where quotes are escaped."""


class Arrived(NamedTuple):
    """
    Access spans of servers that began at *first_ns* or later, and before *until_ns*; not those of services behind.

    Args:
        first_ns: Nanoseconds since the epoch.
        until_ns: Nanoseconds since the epoch.
        stamped: Only those that have a stamp.
    """

    first_ns: int
    until_ns: int
    stamped: bool = False

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The layer."""
        return (ACCESS.encode(),)

    def may_lie(self, bounds: Callable[[str], Bounds]) -> bool:
        """Go by when the rows began."""
        return bounds("start_ns").meets(self.first_ns, self.until_ns - 1)

    def rows(self, columns: Columns) -> list[int]:
        """Look at when a row began first: most began at another time."""
        columns.read("start_ns", "layer", "kind")
        timely = columns.between("start_ns", self.first_ns, self.until_ns - 1)
        told = zip(timely, columns.values("layer", timely), columns.values("kind", timely), strict=True)
        access = [row for row, layer, kind in told if layer == ACCESS and kind == SERVER]
        if self.stamped:
            stamps = columns.values("stamp", access)
            access = [row for row, stamp in zip(access, stamps, strict=True) if stamp is not None]
        texts = columns.values("attributes", access)
        return [row for row, text in zip(access, texts, strict=True) if _BEHIND not in (text or "")]

    def came(self, row: SpanRow) -> bool:
        """Say whether a row is such a span; whether it is of a service behind is not looked at."""
        timely = self.first_ns <= row.start_ns < self.until_ns
        return timely and (row.layer, row.kind) == (ACCESS, SERVER)

    def wants(self, record: Unpacked) -> bool:
        """Say whether a record is such a span, ended or not."""
        if record.layer != ACCESS or record.kind != _SERVER or record.type == LOG:
            return False
        if _BEHIND in record.attributes or (self.stamped and record.stamp is None):
            return False
        return self.first_ns <= record.start_ns < self.until_ns


class InTraces(NamedTuple):
    """
    Rows of some traces, however many, that are from *first_ns* to *last_ns*: where they lie, nothing tells.

    `moment` is the column that has their time; of journals, log lines are wanted only `with_logs`.
    """

    traces: frozenset[str]
    first_ns: int
    last_ns: int
    moment: str = "start_ns"
    with_logs: bool = False

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The ids of the traces as they are packed, if they are few."""
        return tuple(map(bytes.fromhex, self.traces)) if len(self.traces) <= FEW else ()

    def may_lie(self, bounds: Callable[[str], Bounds]) -> bool:
        """Go by time and by the bounds of trace_id."""
        if not bounds(self.moment).meets(self.first_ns, self.last_ns):
            return False
        trace_ids = bounds("trace_id")
        return any(trace_ids.meets(trace, trace) for trace in self.traces)

    def rows(self, columns: Columns) -> list[int]:
        """Go by the trace alone."""
        return columns.equal("trace_id", self.traces)

    def wants(self, record: Unpacked) -> bool:
        """Compare the trace id."""
        return (self.with_logs or record.type != LOG) and record.trace_id.hex() in self.traces
