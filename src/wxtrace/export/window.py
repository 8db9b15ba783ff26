"""
All requests of a window with all that was recorded of them, some thousand at a time.

Which requests came is asked once; what belongs to each is read by the order of openids, in which rows lie in their
files. Attempts of one push come together.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wxtrace.export import otlp, perfetto
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import SpanRow
from wxtrace.scan.arrivals import scan_arrivals, scan_traces
from wxtrace.scan.evidence import Evidence
from wxtrace.show.mask import masked
from wxtrace.store.progress import Progress, silent

OTLP, PERFETTO = FORMATS = ("otlp", "perfetto")
"""What a window can be exported as."""

BATCH: Final = 2000
"""So many requests are read at once, and up to so many more that belong to the last push."""
TOGETHER: Final = 250
"""So many stand in one document of OTLP."""
BEFORE_NS: Final = 3600 * 10**9
"""How long before the window a span may have begun by a clock that is off, nanoseconds."""
LIFE_NS: Final = 3600 * 10**9
"""How long after the window jobs of its requests are looked for, nanoseconds."""

Push = tuple[str, int, str]
"""Openid, stamp and nonce, empty or 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Export:
    """
    A window on its way to another viewer.

    `documents` can be gone through once; it reads as it goes, and counts in `told` the pushes, requests, spans and
    lines of what it has yielded. Of OTLP each is a document and a line of its own, of Perfetto all are one.
    `is_empty` says that no request came; then there is nothing in them.
    """

    is_empty: bool
    evidence: Evidence
    told: Counter[str]
    documents: Iterator[str]


def export(
    stores: Sequence[str],
    first_ns: int,
    last_ns: int,
    form: str = OTLP,
    *,
    mask: bool = False,
    progress: Progress = silent,
) -> Export:
    """
    Return all requests that servers received in a window, tagged or not, with their spans, jobs and log lines.

    Args:
        stores: Folders or URLs; each is looked at, with the journals beside it.
        first_ns: When the window begins, nanoseconds since the epoch.
        last_ns: When it ends; what came then is no longer in it.
        form: `OTLP` or `PERFETTO`.
        mask: Whether openids are masked.
        progress: Is told of how many requests all is yielded and taken, while the documents are gone through; of
            none of none, ``(0, 0)``, while it is looked how many came.

    Raises:
        StoreMissing: None of the stores is there.
    """
    now_ns = time.time_ns()
    came = scan_arrivals(stores, first_ns, last_ns, progress=lambda *_: progress(0, 0))
    some = list(_batches(_pushes(came.spans), BATCH))
    wide = first_ns - BEFORE_NS, min(last_ns, now_ns) + LIFE_NS
    last_records = came.evidence.last_records()
    told: Counter[str] = Counter()
    read = (rebuild(*scan_traces(stores, traces, *wide), now_ns, last_records) for traces in some)
    counted = _counted(read, told)
    kept = _apart(map(masked, counted) if mask else counted, [*map(len, some)], progress)
    documents = perfetto.pieces(kept, first_ns - BEFORE_NS) if form == PERFETTO else map(otlp.document, kept)
    return Export(not some, came.evidence, told, documents)


def _counted(batches: Iterable[tuple[Attempt, ...]], told: Counter[str]) -> Iterator[tuple[Attempt, ...]]:
    """Yield the batches, and count what is in them."""
    last: set[Push] = set()
    for batch in batches:
        pushes = {(one.openid or "", one.stamp, one.nonce or "") for one in batch if one.stamp is not None}
        told["pushes"] += len(pushes - last)
        last = pushes
        for attempt in batch:
            told.update(requests=attempt.recorded, spans=len(attempt.spans), lines=len(attempt.logs))
        yield batch


def _apart(
    batches: Iterable[tuple[Attempt, ...]], sizes: Sequence[int], progress: Progress
) -> Iterator[tuple[Attempt, ...]]:
    """Yield the attempts of each batch, `TOGETHER` at a time; *sizes* are how many requests each batch has."""
    done, of_all = 0, sum(sizes)
    for size, batch in zip(sizes, batches, strict=True):
        for first in range(0, len(batch), TOGETHER):
            yield batch[first : first + TOGETHER]
            progress(done + size * min(first + TOGETHER, len(batch)) // len(batch), of_all)
        done += size
        progress(done, of_all)


def _pushes(access: Iterable[SpanRow]) -> Mapping[str, Push]:
    """Return the push of each trace: of several access spans the one that knows most tells it."""
    pushes: dict[str, Push] = {}
    for span in access:
        if span.trace_id:
            push = span.openid or "", span.stamp or 0, span.nonce or ""
            pushes[span.trace_id] = max(push, pushes.get(span.trace_id, push))
    return pushes


def _batches(pushes: Mapping[str, Push], most: int) -> Iterator[frozenset[str]]:
    """Yield traces by their push, *most* at a time; those of one push stay together up to twice as many."""
    held: list[str] = []
    for trace in sorted(pushes, key=lambda trace: (pushes[trace], trace)):
        is_between = bool(held) and (pushes[trace] != pushes[held[-1]] or not pushes[trace][0])
        if len(held) >= (most if is_between else 2 * most):
            yield frozenset(held)
            held = []
        held.append(trace)
    if held:
        yield frozenset(held)
