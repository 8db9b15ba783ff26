"""
Whose time it was, for many requests at once: of those in which every span lies in its parent. Pure.

Then what counts are sums of differences, which are done here for all requests
of an hour together, to the nanosecond what `rebuild` and `explain` make of
each. Whatever is not so plain is left to these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from wxtrace.survey.leaves import shares_of
from wxtrace.survey.spans import NOBODY, Bools, End, Ints, Spans

_NEVER_NS = np.iinfo(np.int64).max
Module = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Nested:
    """
    The plain requests of a table; rows are those of the table, -1 for none.

    Args:
        number: Their numbers, by their trace.
        shares: By number, whose the time was, in nanoseconds, by layer and module.
        most: By number, the row of the span with most of the critical path, of the module with most of it.
        failed: By number, the row of the deepest span that ended in an error.
        waited_ns: By number, what of the critical path the access layer held before the logic began.
    """

    number: Mapping[str, int]
    shares: Mapping[int, Mapping[Module, int]]
    most: Ints
    failed: Ints
    waited_ns: Ints


def nested_of(table: pa.Table, ends: Mapping[str, End]) -> Nested:
    """
    Return the plain requests of a table.

    Where several spans or modules are equal in what counts, their order decides: such requests are left out.

    Args:
        table: Spans, by the store's schema.
        ends: By trace, what is known of its one request; a trace that is not named here is left out.
    """
    spans = Spans.of(table, ends)
    is_nested = spans.is_nested()
    shares = shares_of(spans)
    is_waited_for, is_unclear = _chosen(spans, spans.is_slow & is_nested)
    path_ns = _path_ns(spans, is_waited_for, spans.until_ns)
    most, is_tied = _heaviest(spans, np.where(spans.is_slow[spans.request], path_ns, 0))
    failed, is_tied_too = _most(spans.request, np.where(spans.is_error, spans.depth + 1, 0), len(spans.names))
    is_plain = is_nested & ~(shares.is_tied | is_unclear | is_tied | is_tied_too)
    number = {spans.names[one]: int(one) for one in np.flatnonzero(is_plain)}
    names = [spans.modules[module] for module in shares.module.tolist()]
    of = _by_request(shares.request, names, shares.ns)
    return Nested(number, of, most, failed, _waited_ns(spans, is_waited_for))


def _by_request(request: Ints, names: list[Module], ns: Ints) -> dict[int, dict[Module, int]]:
    edges = [0, *(np.flatnonzero(np.diff(request)) + 1).tolist(), len(request)]
    numbers, times = request.tolist(), ns.tolist()
    found = ((first, last) for first, last in pairwise(edges) if first < last)
    return {numbers[first]: dict(zip(names[first:last], times[first:last], strict=True)) for first, last in found}


def _chosen(spans: Spans, asked: Bools) -> tuple[Bools, Bools]:
    """Return which spans their parents waited for, and of which requests that is unclear: two ended at once."""
    low, high = spans.low_ns, spans.high_ns
    is_chosen = low < high
    is_unclear = np.zeros(len(spans.names), np.bool_)
    below = np.flatnonzero((spans.parent >= 0) & is_chosen & asked[spans.request])
    order = below[np.lexsort((-low[below], -high[below], spans.parent[below]))]
    rows = zip(order.tolist(), spans.parent[order].tolist(), low[order].tolist(), high[order].tolist(), strict=True)
    of_parent, reached, ended = NOBODY, 0, NOBODY
    for row, parent, begin_ns, end_ns in rows:
        if parent != of_parent:
            of_parent, reached, ended = parent, end_ns, NOBODY
        if end_ns == ended:
            is_unclear[spans.request[row]] = True
        ended = end_ns
        if end_ns <= reached:
            reached = begin_ns
        else:
            is_chosen[row] = False
    return is_chosen, is_unclear


def _path_ns(spans: Spans, is_chosen: Bools, until_ns: Ints) -> Ints:
    """Return how long each span held its request up before *until_ns* of that; what was not chosen did not."""
    is_on_path = (spans.parent < 0) & is_chosen
    for depth in range(1, int(spans.depth.max(initial=0)) + 1):
        rows = np.flatnonzero(spans.depth == depth)
        is_on_path[rows] = is_chosen[rows] & is_on_path[spans.parent[rows]]
    until = until_ns[spans.request]
    took = np.where(is_on_path, np.maximum(np.minimum(spans.end_ns, until) - spans.start_ns, 0), 0)
    own = took.copy()
    below = np.flatnonzero((spans.parent >= 0) & is_on_path)
    np.subtract.at(own, spans.parent[below], took[below])
    return own


def _heaviest(spans: Spans, path_ns: Ints) -> tuple[Ints, Bools]:
    """Return the row with most time of the module with most time of each request, and where two have it."""
    count = len(spans.names)
    keys, place = np.unique(spans.request * len(spans.modules) + spans.module, return_inverse=True)
    ns = np.zeros(len(keys), np.int64)
    np.add.at(ns, place, path_ns)
    best, is_tied = _most(keys // max(1, len(spans.modules)), ns, count)
    is_of_best = best[spans.request] == place
    row, is_tied_too = _most(spans.request, np.where(is_of_best, path_ns, 0), count)
    return row, is_tied | is_tied_too


def _most(group: Ints, value: Ints, count: int) -> tuple[Ints, Bools]:
    """Return the row with the greatest value of each of *count* groups, none for 0, and where two rows have it."""
    greatest = np.zeros(count, np.int64)
    np.maximum.at(greatest, group, value)
    rows = np.flatnonzero((value > 0) & (value == greatest[group]))
    found = np.full(count, NOBODY)
    found[group[rows]] = rows
    return found, np.bincount(group[rows], minlength=count) > 1


def _waited_ns(spans: Spans, is_chosen: Bools) -> Ints:
    """Return what access alone held before the first span of logic began, or where none is named, of any work."""
    is_access, is_logic = spans.of_layer("access"), spans.of_layer("logic")
    is_timely = spans.low_ns < spans.high_ns
    began_ns, worked_ns = (np.full(len(spans.names), _NEVER_NS) for _ in range(2))
    for first_ns, rows in ((began_ns, is_logic & is_timely), (worked_ns, ~is_access & is_timely)):
        np.minimum.at(first_ns, spans.request[rows], spans.start_ns[rows])
    logic_ns = np.where(began_ns < _NEVER_NS, began_ns, worked_ns)
    path_ns = _path_ns(spans, is_chosen, np.minimum(logic_ns, spans.until_ns))
    waited_ns = np.zeros(len(spans.names), np.int64)
    np.add.at(waited_ns, spans.request[is_access], path_ns[is_access])
    return np.where(logic_ns < _NEVER_NS, waited_ns, 0)
