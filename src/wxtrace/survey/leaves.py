"""
The shares of many requests at once, to the nanosecond what `rebuild.modules` makes of each. Pure.

A span holds the time in which none of its children was open, together with
all others that were open and had none. Between two changes each of them gets
an equal part, in units of 2^-64 ns; these are kept here as whole nanoseconds
and two halves of 32 bits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wxtrace.survey.spans import Bools, Ints, Spans

_HALF = 32
_MASK = (1 << _HALF) - 1


class Shares(NamedTuple):
    """
    Who has how much of which request.

    `request` and `module` are numbers, ascending; `ns` is more than 0. `is_tied` says of each request
    that its shares depend on more than times: they are not to be used.
    """

    request: Ints
    module: Ints
    ns: Ints
    is_tied: Bools


class _Leaves(NamedTuple):
    """When which rows were open and had no open child; none of it empty."""

    row: Ints
    begin_ns: Ints
    end_ns: Ints


def shares_of(spans: Spans) -> Shares:
    """Return the shares of all requests, of which those that are not nested have none that mean anything."""
    leaves = _leaves(spans)
    keys, of_key = np.unique(
        spans.request[leaves.row] * len(spans.modules) + spans.module[leaves.row], return_inverse=True
    )
    request, module = np.divmod(keys, max(1, len(spans.modules)))
    earned = np.zeros((len(keys), 3), np.int64)
    np.add.at(earned, of_key, _earned(spans.request[leaves.row], leaves))
    for place in (2, 1):
        earned[:, place - 1] += earned[:, place] >> _HALF
        earned[:, place] &= _MASK
    ns, is_tied = _whole(earned, request, _first_told(spans, keys), spans)
    kept = ns > 0
    return Shares(request[kept], module[kept], ns[kept], is_tied)


def _leaves(spans: Spans) -> _Leaves:
    """Return what of each span no child of it covers."""
    low, high = spans.low_ns, spans.high_ns
    below = np.flatnonzero(spans.parent >= 0)
    order = below[np.lexsort((low[below], spans.parent[below]))]
    by_end = below[np.lexsort((high[below], spans.parent[below]))]
    rank = np.zeros(len(low), np.int64)
    rank[by_end] = np.arange(len(by_end))
    reached = high[by_end[np.maximum.accumulate(rank[order])]] if len(order) else low[:0]
    above = spans.parent[order]
    is_last = np.append(above[1:] != above[:-1], len(above) > 0)[: len(above)]
    is_first = np.roll(is_last, 1)
    has_none = np.ones(len(low), np.bool_)
    has_none[above] = False
    alone = np.flatnonzero(has_none)
    row = np.concatenate([alone, above, above[is_last]])
    begin = np.concatenate([low[alone], np.where(is_first, low[above], np.roll(reached, 1)), reached[is_last]])
    end = np.concatenate([high[alone], low[order], high[above[is_last]]])
    kept = begin < end
    return _Leaves(row[kept], begin[kept], end[kept])


def _earned(request: Ints, leaves: _Leaves) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return what each leaf earned: whole nanoseconds, and the rest in two halves."""
    count = len(request)
    if not count:
        return np.zeros((0, 3), np.int64)
    times = np.concatenate([leaves.begin_ns, leaves.end_ns])
    order = np.lexsort((times, np.concatenate([request, request])))
    of_request, at_ns = np.concatenate([request, request])[order], times[order]
    opened = np.cumsum(np.where(order < count, 1, -1))
    is_new = np.append(True, (of_request[1:] != of_request[:-1]) | (at_ns[1:] != at_ns[:-1]))
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(order)) - 1
    passed = np.append(np.diff(at_ns[first]), 0)
    parts = _parts(passed * (opened[last] > 0), np.maximum(1, opened[last]))
    before = np.zeros((len(first) + 1, 3), np.int64)
    np.cumsum(parts, axis=0, out=before[1:])
    moment = np.zeros(2 * count, np.int64)
    moment[order] = np.cumsum(is_new) - 1
    return before[moment[count:]] - before[moment[:count]]


def _parts(passed_ns: Ints, among: Ints) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the part of each of *among* in a time: whole nanoseconds, and the rest in two halves."""
    whole, rest = np.divmod(passed_ns, among)
    upper, rest = np.divmod(rest << _HALF, among)
    return np.stack([whole, upper, (rest << _HALF) // among], axis=1)


def _first_told(spans: Spans, keys: Ints) -> Ints:
    """Return when each key first ceased to hold time: of equal remainders the first one is rounded up."""
    low_ns, ceased_ns = spans.low_ns, spans.high_ns
    lasting = low_ns < ceased_ns
    below = np.flatnonzero((spans.parent >= 0) & lasting)
    np.minimum.at(ceased_ns, spans.parent[below], low_ns[below])
    rows = np.flatnonzero(lasting & (spans.until_ns[spans.request] > 0))
    own = spans.request[rows] * len(spans.modules) + spans.module[rows]
    at = np.minimum(np.searchsorted(keys, own), max(0, len(keys) - 1))
    known = keys[at] == own if len(keys) else own < 0
    first = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(first, at[known], ceased_ns[rows[known]])
    return first


def _whole(
    earned: np.ndarray[Any, np.dtype[np.int64]], request: Ints, first_ns: Ints, spans: Spans
) -> tuple[Ints, Bools]:
    """Return whole nanoseconds that add up to each request, the largest remainders rounded up."""
    ns, count = earned[:, 0].copy(), len(spans.names)
    missing = spans.until_ns - spans.arrived_ns
    np.subtract.at(missing, request, ns)
    order = np.lexsort((first_ns, -earned[:, 2], -earned[:, 1], request))
    of_request = request[order]
    begins = np.searchsorted(of_request, np.arange(count))
    ns[order] += np.arange(len(order)) - begins[of_request] < missing[of_request]
    told = np.column_stack([request, earned[:, 1:], first_ns])[order]
    is_same = (told[1:] == told[:-1]).all(axis=1) & (told[1:, 1:3] > 0).any(axis=1)
    is_tied = np.zeros(count, np.bool_)
    is_tied[of_request[1:][is_same]] = True
    return ns, is_tied
