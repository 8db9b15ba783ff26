"""
Attempts of a window judged all at once: the plain ones. It comes to the same as one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pyarrow as pa

from wxtrace.explain import verdict as case
from wxtrace.explain.explain import case_of, refusal_of
from wxtrace.explain.outcome import outcome_of
from wxtrace.explain.way import detail_of
from wxtrace.rebuild.arrival import Arrival
from wxtrace.rebuild.attempt import Reply
from wxtrace.rebuild.tree import is_behind
from wxtrace.row import SpanRow
from wxtrace.scan.hour import rows_of
from wxtrace.survey.judged import Identity, Judged, identity_of
from wxtrace.survey.nested import Nested, nested_of
from wxtrace.survey.spans import NOBODY, End


def judged_at_once(
    table: pa.Table, access: Iterable[SpanRow], arrivals: Sequence[Arrival]
) -> dict[Identity, Judged]:
    """
    Return what a lookup says of the plain ones of *arrivals*.

    Args:
        table: Spans, by the store's schema.
        access: All access spans of them.
        arrivals: All attempts of some traces, of which no span lies elsewhere.
    """
    counts = Counter(one.trace_id for one in arrivals)
    behind = {row.trace_id for row in access if is_behind(row)}
    cases = {
        one.trace_id: (one, case_of(one))
        for one in arrivals
        if counts[one.trace_id] == 1 and one.trace_id not in behind and not one.end_estimated
    }
    plain = nested_of(table, {trace: _end(one, name) for trace, (one, name) in cases.items()})
    blamed = {trace: _blamed(plain, plain.number[trace], *cases[trace]) for trace in cases.keys() & plain.number}
    spans = _spans_at(table, (row for _, row in blamed.values()))
    outer_last = sorted(access, key=lambda row: (row.end_ns or row.start_ns, -row.seq))
    tops = {(row.trace_id, row.writer, row.start_ns): row for row in outer_last}
    judged = {}
    for trace, (name, row) in blamed.items():
        one, identity = cases[trace][0], identity_of(cases[trace][0])
        told = _told(name, one, spans.get(row), tops[identity])
        judged[identity] = Judged(outcome_of(one), *told, one.duration_ns, plain.shares[plain.number[trace]])
    return judged


def _end(one: Arrival, name: str) -> End:
    is_silent = one.http_status is None and one.reply == Reply()
    return End(one.start_ns, one.end_ns, name == case.SLOW_MODULE, is_silent)


def _blamed(plain: Nested, number: int, one: Arrival, name: str) -> tuple[str, int]:
    """Return the case of an attempt, and the row of the span that its verdict names; -1 for none."""
    if name in (case.NO_REPLY, case.REFUSED_REPLY):
        return name, int(plain.failed[number])
    if name != case.SLOW_MODULE:
        return name, NOBODY
    if plain.waited_ns[number] * 2 >= one.duration_ns:
        return case.WAITED, NOBODY
    return name, int(plain.most[number])


def _told(
    name: str, one: Arrival, span: SpanRow | None, top: SpanRow
) -> tuple[str, str | None, str | None, str | None]:
    """Return case, layer, module and detail of a verdict that names *span*."""
    refusal = refusal_of(one, top) if name == case.REFUSED_REPLY else None
    layer, module = (None, None) if span is None else (span.layer, span.module)
    return name, layer, module, refusal or detail_of(span)


def _spans_at(table: pa.Table, rows: Iterable[int]) -> dict[int, SpanRow]:
    wanted = sorted({row for row in rows if row != NOBODY})
    return dict(zip(wanted, rows_of(table.take(pa.array(wanted, pa.int64()))), strict=True))
