"""
The spans of many requests as columns of numbers, and of which requests all spans lie in their parents. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import compute

from wxtrace.rebuild.attempt import AFTER_REPLY
from wxtrace.rebuild.tries import CONSUMER, PRODUCER

pc: Any = compute  # its stubs know no plain values
Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

NOBODY: Final = -1
"""Stands for a row where there is none."""

_DEEPEST: Final = 64
_LONGEST_NS: Final = 1 << 50  # sums of so many nanoseconds stay within 64 bits


class End(NamedTuple):
    """
    When a request came, and when its reply was out, nanoseconds since the epoch.

    `is_slow` says whether it was too slow, `is_silent` that its access span knows of no reply.
    """

    arrived_ns: int
    until_ns: int
    is_slow: bool
    is_silent: bool


_NOT_ASKED: Final = End(0, 0, False, False)


@dataclass(frozen=True, slots=True)
class Spans:
    """
    Spans as columns; of whatever is absurd in them, nothing may be concluded.

    `names` are the requests' traces, `arrived_ns` is when each came, `until_ns` when its reply was out, and
    `is_slow` whether its critical path is asked for.
    By row: `request` is the number of its trace, `parent` the row of its parent, `module` its
    place in `modules`, `depth` how deep it lies, from 0.
    """

    names: tuple[str, ...]
    arrived_ns: Ints
    until_ns: Ints
    is_slow: Bools
    modules: tuple[tuple[str, str], ...]
    request: Ints
    parent: Ints
    module: Ints
    depth: Ints
    start_ns: Ints
    end_ns: Ints
    is_error: Bools
    is_odd: Bools

    @classmethod
    def of(cls, table: pa.Table, ends: Mapping[str, End]) -> Spans:
        """
        Return the spans of a table.

        Args:
            table: Spans, by the store's schema.
            ends: By trace, what is known of its one request.
        """
        request, names = _coded(table["trace_id"])
        ended = [ends.get(name, _NOT_ASKED) for name in names]
        arrived_ns, until_ns, is_slow, is_silent = np.array(ended, np.int64).reshape(-1, len(End._fields)).T
        layer, layers = _coded(table["layer"])
        module, modules = _coded(table["module"])
        parent, is_nameless = _parents(table, request)
        start_ns = _numbers(table["start_ns"])
        is_after = (start_ns >= until_ns[request]) & (is_silent[request] == 0)
        is_special = _is_special(table) | (_is(table["module"], AFTER_REPLY) & ~is_after)
        return cls(
            names=tuple(names),
            arrived_ns=arrived_ns,
            until_ns=until_ns,
            is_slow=is_slow > 0,
            modules=tuple((one, other) for one in layers for other in modules),
            request=request,
            parent=parent,
            module=layer * len(modules) + module,
            depth=_depths(parent),
            start_ns=start_ns,
            end_ns=_numbers(table["end_ns"]),
            is_error=_is(table["status_code"], "ERROR"),
            is_odd=is_nameless | is_special | _is_repeated(request, _numbers(table["seq"])),
        )

    def of_layer(self, layer: str) -> Bools:
        """Say of each row whether it is of a layer."""
        return np.array([one == layer for one, _ in self.modules], np.bool_)[self.module]

    @property
    def low_ns(self) -> Ints:
        """When each row begins, no later than its request's reply."""
        return np.minimum(self.start_ns, self.until_ns[self.request])

    @property
    def high_ns(self) -> Ints:
        """When each row ends, no later than its request's reply."""
        return np.minimum(self.end_ns, self.until_ns[self.request])

    def is_nested(self) -> Bools:
        """Say of each request whether each of its spans lay in its parent, and all of them in its access span."""
        took = self.end_ns - self.start_ns
        is_late = self.start_ns >= self.until_ns[self.request]  # what began after the reply has no part in it
        is_wrong = (took <= 0) | (took > _LONGEST_NS) | self._is_astray()
        is_odd = self.is_odd | (took < 0) | (self.depth < 0) | (is_wrong & ~is_late)
        tops = np.flatnonzero(self.parent < 0)
        of_top = self.request[tops]
        is_alone = np.bincount(of_top, minlength=len(self.names)) == 1
        top = np.zeros(len(self.names), np.int64)
        top[of_top] = tops
        until_ns = self.until_ns
        is_whole = (self.start_ns[top] == self.arrived_ns) & (self.arrived_ns < until_ns)
        is_whole &= (until_ns <= self.end_ns[top]) & self.of_layer("access")[top]
        has_odd = np.bincount(self.request[is_odd], minlength=len(self.names)) > 0
        return np.asarray(is_alone & is_whole & ~has_odd, np.bool_)

    def _is_astray(self) -> Bools:
        """Say of each row whether it lies outside of its parent."""
        below = np.flatnonzero(self.parent >= 0)
        above = self.parent[below]
        is_astray = np.zeros(len(self.parent), np.bool_)
        is_astray[below] = self.start_ns[below] < self.start_ns[above]
        is_astray[below] |= self.end_ns[below] > self.end_ns[above]
        return is_astray


def _is_special(table: pa.Table) -> Bools:
    """Say of each row whether it is unfinished, left to others, or a wait: what has rules of its own."""
    special: Bools = ~_is(table["state"], "closed") | pc.is_null(table["end_ns"]).to_numpy()
    for name, value in (("kind", PRODUCER), ("kind", CONSUMER), ("layer", "wait")):
        special |= _is(table[name], value)
    return special


def _parents(table: pa.Table, request: Ints) -> tuple[Ints, Bools]:
    """Return the row of each one's parent, and which rows have no name of their own."""
    count = len(table)
    ids = pa.concat_arrays([*table["span_id"].chunks, *table["parent_span_id"].chunks])
    codes, named = _coded(pa.chunked_array([ids], pa.string()))
    keys = request * len(named) + codes[:count]
    wanted = np.where(pc.is_null(table["parent_span_id"]).to_numpy(), NOBODY, request * len(named) + codes[count:])
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], wanted)
    there = np.zeros(count, np.bool_)
    there[at < count] = keys[order[at[at < count]]] == wanted[at < count]
    parent = np.full(count, NOBODY)
    parent[there] = order[at[there]]
    is_nameless = ~pc.fill_null(pc.greater(pc.utf8_length(table["span_id"]), 0), False).to_numpy()
    return parent, _is_repeated(request, codes[:count]) | is_nameless


def _is_repeated(request: Ints, value: Ints) -> Bools:
    """Say of each row whether an earlier one of the same request has the same value."""
    order = np.lexsort((value, request))
    is_same = (request[order[1:]] == request[order[:-1]]) & (value[order[1:]] == value[order[:-1]])
    is_repeated = np.zeros(len(request), np.bool_)
    is_repeated[order[1:]] = is_same
    return is_repeated


def _depths(parent: Ints) -> Ints:
    """Return how deep each row lies; -1 where that is too deep, or a circle."""
    depth = np.where(parent < 0, 0, NOBODY)
    for _ in range(_DEEPEST):
        rows = np.flatnonzero(depth < 0)
        if not len(rows):
            break
        above = depth[parent[rows]]
        depth[rows] = np.where(above < 0, NOBODY, above + 1)
    return depth


def _coded(column: pa.ChunkedArray[Any]) -> tuple[Ints, list[str]]:
    """Return the numbers of a column's texts, and the texts; null is blank."""
    coded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    return coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist()


def _numbers(column: pa.ChunkedArray[Any]) -> Ints:
    return np.asarray(pc.fill_null(column, NOBODY).to_numpy(), np.int64)


def _is(column: pa.ChunkedArray[Any], value: str) -> Bools:
    return np.asarray(pc.fill_null(pc.equal(column, value), False).to_numpy(), np.bool_)
