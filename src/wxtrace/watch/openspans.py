"""The spans that are open now, as this process shows them to every reader: in its table of slots."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import attrgetter
from struct import calcsize
from typing import Final

from wxtrace.record import FIELDS, Unpacked, length_at, unpack
from wxtrace.store.journals import SLOT_SIZE
from wxtrace.watch.breath import breath

_NAMES: Final = [name for name, _, _ in FIELDS]
_TRACE_AT: Final = calcsize("<" + "".join(code for _, _, code in FIELDS[: _NAMES.index("trace_id")]))
_TRACE_END: Final = _TRACE_AT + 16


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """A span that has begun and not ended."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    layer: str
    module: str
    name: str
    start_ns: int
    seq: int


def open_spans(tables: Iterable[bytes], traces: Collection[bytes]) -> dict[bytes, list[OpenSpan]]:
    """
    Return the open spans of *traces*, oldest first, by the trace.

    Args:
        tables: Slots, as the recorder's sink shows them; one that is just being written is left out.
        traces: Ids of 16 bytes.
    """
    found: dict[bytes, list[OpenSpan]] = {trace: [] for trace in traces}
    for table in tables:
        for at in breath.over(range(0, len(table) - SLOT_SIZE + 1, SLOT_SIZE)):
            spans = found.get(table[at + _TRACE_AT : at + _TRACE_END])
            if spans is not None and length_at(table, at):
                spans.append(_open_span(unpack(table, at)))
    for spans in found.values():
        spans.sort(key=attrgetter("seq"))
    return found


def _open_span(record: Unpacked) -> OpenSpan:
    return OpenSpan(
        record.trace_id,
        record.span_id,
        record.parent_id,
        record.layer,
        record.module,
        record.name,
        record.start_ns,
        record.seq,
    )


def below(spans: Iterable[OpenSpan], root: bytes) -> list[OpenSpan]:
    """Return those of *spans*, oldest first, that stand under the span *root*, itself included."""
    inside, kept = {root}, []
    for span in spans:
        if span.span_id in inside or span.parent_id in inside:
            inside.add(span.span_id)
            kept.append(span)
    return kept
