"""
What a lookup asks of the store: rows by their tag, by their trace, or by their stamp alone.

Each question is put in three forms, from coarse to fine: may a row group hold
such a row, by its statistics; which bytes does such a record contain; and is
it this row. Parquet and journals are asked the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Protocol

from wxtrace.record import LOG, Unpacked

INFO_TYPE = '"wechat.info_type"'
"""What stands in the attributes of a component push."""

FEW = 32
"""With more needles than so many, walking every record is cheaper than searching."""


class Columns(Protocol):
    """The columns of a row group, each read when it is first asked for; one that is missing is all null."""

    def read(self, *names: str) -> None:
        """Read columns that will be asked for, which is cheaper together."""

    def equal(self, name: str, values: Collection[str]) -> list[int]:
        """Return the numbers of the rows in which a column is one of *values*, ascending."""

    def between(self, name: str, low: int, high: int) -> list[int]:
        """Return the numbers of the rows in which a column is from *low* to *high*, ascending."""

    def values(self, name: str, rows: Sequence[int]) -> list[Any]:
        """Return a column's values in *rows*; None for null."""


class Bounds(NamedTuple):
    """What a row group's statistics tell of a column; both ends None: nothing but nulls."""

    low: Any
    high: Any
    nulls: bool
    known: bool = True

    def meets(self, low: Any, high: Any) -> bool:
        """Say whether a value between *low* and *high* may be there."""
        if not self.known:
            return True
        return self.low is not None and bool(self.low <= high and low <= self.high)


class Question(Protocol):
    """Which rows are wanted."""

    @property
    def needles(self) -> tuple[bytes, ...]:
        """Bytes of which a wanted record in a journal contains at least one; none: look at every record."""

    def may_lie(self, bounds: Callable[[str], Bounds]) -> bool:
        """Say whether a row group whose columns have these bounds may hold a wanted row."""

    def rows(self, columns: Columns) -> list[int]:
        """Return the numbers of the wanted rows, ascending."""

    def wants(self, record: Unpacked) -> bool:
        """Say whether a journal's record is wanted."""


class ByTag(NamedTuple):
    """
    Rows of one openid whose stamp is from *first* to *last*, in unix seconds.

    Where *openid* is None, of every openid and of none.
    """

    openid: str | None
    first: int
    last: int

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The openid; without one, the stamps as they are packed."""
        if self.openid is not None:
            return (self.openid.encode("utf-8", "replace"),)
        high = range(self.first >> 8, (self.last >> 8) + 1)  # a packed stamp but for its lowest byte
        if len(high) > FEW or not -(1 << 54) < self.first <= self.last < 1 << 54:
            return ()
        return tuple(byte.to_bytes(7, "little", signed=True) for byte in high)

    def may_lie(self, bounds: Callable[[str], Bounds]) -> bool:
        """Go by the bounds of openid and stamp: files are sorted by them."""
        if self.openid is not None and not bounds("openid").meets(self.openid, self.openid):
            return False
        return bounds("stamp").meets(self.first, self.last)

    def rows(self, columns: Columns) -> list[int]:
        """Find the openid first, and look at the stamps of its rows only."""
        if self.openid is None:
            return columns.between("stamp", self.first, self.last)
        own = columns.equal("openid", (self.openid,))
        stamps = columns.values("stamp", own)
        return [
            row for row, at in zip(own, stamps, strict=True) if at is not None and self.first <= at <= self.last
        ]

    def wants(self, record: Unpacked) -> bool:
        """Compare openid and stamp."""
        if self.openid is not None and record.openid != self.openid:
            return False
        return record.stamp is not None and self.first <= record.stamp <= self.last


class ByTrace(NamedTuple):
    """
    Rows of some traces, whatever their tag, but for those that are *known*.

    In Parquet they are looked for where the sort order puts them (beside the rows
    of the tag, and at the end, among the rows without an openid), and among rows
    whose *moment*, a column's name, is within *span*, nanoseconds.
    """

    traces: frozenset[str]
    known: frozenset[tuple[str, int]]
    tag: ByTag
    moment: str
    span: tuple[int, int]

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The ids of the traces as they are packed."""
        return tuple(map(bytes.fromhex, self.traces)) if len(self.traces) <= FEW else ()

    def may_lie(self, bounds: Callable[[str], Bounds]) -> bool:
        """Go by time, by where the sort order puts such rows, and by the bounds of trace_id."""
        openids, openid = bounds("openid"), self.tag.openid
        beside = openid is not None and openids.meets(openid, openid)
        untagged = openids.nulls or openid is None
        if not (beside or untagged) or not bounds(self.moment).meets(*self.span):
            return False
        stamps = bounds("stamp")
        if not (beside or stamps.nulls or stamps.meets(self.tag.first, self.tag.last)):
            return False
        trace_ids = bounds("trace_id")
        return any(trace_ids.meets(trace, trace) for trace in self.traces)

    def rows(self, columns: Columns) -> list[int]:
        """Find the traces first, and leave out the rows that are known."""
        own = columns.equal("trace_id", self.traces)
        identities = zip(columns.values("writer", own), columns.values("seq", own), strict=True)
        return [row for row, identity in zip(own, identities, strict=True) if identity not in self.known]

    def wants(self, record: Unpacked) -> bool:
        """Compare the trace id."""
        return record.trace_id.hex() in self.traces


class ByStamp(NamedTuple):
    """Spans without an openid whose stamp is from *first* to *last*, and that are component pushes."""

    first: int
    last: int

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The name of the attribute that only component pushes have."""
        return (INFO_TYPE.encode(),)

    def may_lie(self, bounds: Callable[[str], Bounds]) -> bool:
        """Go by the bounds of stamp, where there are rows without an openid."""
        return bounds("openid").nulls and bounds("stamp").meets(self.first, self.last)

    def rows(self, columns: Columns) -> list[int]:
        """Find the stamps first, and look at the attributes of those rows only."""
        timely = columns.between("stamp", self.first, self.last)
        openids, attributes = columns.values("openid", timely), columns.values("attributes", timely)
        return [
            row
            for row, openid, text in zip(timely, openids, attributes, strict=True)
            if openid is None and INFO_TYPE in (text or "")
        ]

    def wants(self, record: Unpacked) -> bool:
        """Compare the stamp, and look for the attribute."""
        timely = record.stamp is not None and self.first <= record.stamp <= self.last
        return timely and not record.openid and record.type != LOG and INFO_TYPE in record.attributes
