"""
What is in flight now: the tables of open spans of the writers that live, and the latest snapshots.

No segment is walked. Where a request is old enough to have been looked at, the
segments are searched for its snapshot, each as far as it has grown since the last look.
"""

from __future__ import annotations

import mmap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from wxtrace.errors import StoreMissing
from wxtrace.record import LOG, MAGIC, Unpacked, length_at, unpack
from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.unsealed import around
from wxtrace.store import paths
from wxtrace.store.journals import JournalWriter, log_row, rows, writers
from wxtrace.store.lastwords import died, words_of

SNAPSHOT: Final = "wxtrace.snapshot"
_NEEDLE: Final = SNAPSHOT.encode()
_NOTHING: Final = bytes(len(MAGIC))
_LOOKED_AT_NS: Final = 10**9
_MOST_SEGMENTS: Final = 8


@dataclass(frozen=True, slots=True)
class InFlight:
    """
    A request that has no answer yet.

    `access` is its access span, `innermost` the last begun of its open spans that has none below,
    `spans` how many of them are open, `snapshot` the latest that was written of it, if it is there.
    `words` tells what holds its process, where nothing of that runs any more.
    """

    access: SpanRow
    innermost: SpanRow
    spans: int
    snapshot: LogRow | None = None
    words: LogRow | None = None


@dataclass(frozen=True, slots=True)
class Flights:
    """What is in flight at one moment, the oldest first, and how many processes record."""

    now_ns: int
    requests: tuple[InFlight, ...]
    alive: int


class Lookout:
    """
    Looks at what is in flight in *stores*, again and again.

    Args:
        stores: Folders or URLs; their journals are local.
    """

    def __init__(self, stores: Iterable[str]) -> None:
        self._stores = tuple(stores)
        self._reached: dict[Path, int] = {}
        self._latest: dict[str, dict[str, LogRow]] = {}

    def look(self, now_ns: int) -> Flights:
        """
        Return what is in flight.

        Args:
            now_ns: The time, nanoseconds since the epoch.

        Raises:
            StoreMissing: None of the stores is there.
        """
        alive = [writer for journal in _journals(self._stores) for writer in writers(journal) if writer.alive]
        self._forget_all_but({writer.writer for writer in alive})
        found = [one for writer in alive for one in self._of(writer, now_ns)]
        found.sort(key=lambda one: (one.access.start_ns, one.access.writer, one.access.seq))
        return Flights(now_ns, tuple(found), len(alive))

    def _of(self, writer: JournalWriter, now_ns: int) -> Iterator[InFlight]:
        begun = writer.begun()
        open_spans, _ = rows(begun, writer)
        groups = list(_by_request(open_spans))
        is_any_old = any(now_ns - spans[0].start_ns >= _LOOKED_AT_NS for spans in groups)
        latest = self._snapshots(writer, {spans[0].trace_id for spans in groups}) if is_any_old else {}
        words = _last_words(begun, writer) if is_any_old else {}
        for spans in groups:
            snapshot = latest.get(spans[0].trace_id)
            is_of_this = snapshot is not None and snapshot.time_ns >= spans[0].start_ns
            yield InFlight(
                spans[0],
                _innermost(spans),
                len(spans),
                snapshot if is_of_this else None,
                words.get(spans[0].span_id),
            )

    def _snapshots(self, writer: JournalWriter, traces: set[str]) -> Mapping[str, LogRow]:
        """Return the latest snapshot of each of *traces*, searching what was written since the last look."""
        latest = self._latest.setdefault(writer.writer, {})
        for path in writer.segments()[-_MOST_SEGMENTS:]:
            for log in self._search(path, writer):
                latest[log.trace_id or ""] = log
        for gone in latest.keys() - traces:
            del latest[gone]
        return latest

    def _search(self, path: Path, writer: JournalWriter) -> Iterator[LogRow]:
        start = self._reached.get(path, 0)
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if content[start : start + len(MAGIC)] in (b"", _NOTHING):
                    return
                records = [unpack(content, at) for at in around(content, start, _NEEDLE)]
                last = max(start, content.rfind(MAGIC))
                self._reached[path] = last + length_at(content, last)
        except (OSError, ValueError):  # sealed and gone, or not begun
            return
        for record in records:
            if record.type == LOG and record.name == SNAPSHOT:
                yield log_row(record, writer)

    def _forget_all_but(self, alive: set[str]) -> None:
        self._reached = {path: at for path, at in self._reached.items() if path.parent.name in alive}
        self._latest = {writer: logs for writer, logs in self._latest.items() if writer in alive}


def _last_words(begun: Sequence[Unpacked], writer: JournalWriter) -> dict[str, LogRow]:
    """Return, by its access span, what holds the process of each request; nothing where it runs."""
    words = words_of(writer.folder, begun, alive=True)
    told = [] if words is None else [log_row(unpack(record), writer) for record in died(words, begun)]
    return {log.span_id: log for log in told if log.span_id is not None}


def _journals(stores: Sequence[str]) -> list[Path]:
    """
    Return the folders of the journals, each once.

    Raises:
        StoreMissing: None of the stores is there.
    """
    there = [
        paths.journal_folder(store)
        for store in stores
        if paths.journal_folder(store).is_dir() or (not paths.is_url(store) and paths.local_folder(store).is_dir())
    ]
    if stores and not there:
        raise StoreMissing(stores[0])
    return list(dict.fromkeys(there))


def _by_request(spans: Iterable[SpanRow]) -> Iterator[list[SpanRow]]:
    """Yield the open spans of each request, its access span first; what belongs to no open request is left out."""
    of_trace: defaultdict[str, list[SpanRow]] = defaultdict(list)
    for span in spans:
        of_trace[span.trace_id].append(span)
    for same in of_trace.values():
        known = {span.span_id: span for span in same}
        tops = {span.span_id: [span] for span in same if _is_access(span) and not _top(span, known)}
        for span in same:
            if span.span_id in tops:
                continue
            top = _top(span, known)
            if top is not None:
                tops[top.span_id].append(span)
            elif len(tops) == 1:  # what it was begun by has ended
                next(iter(tops.values())).append(span)
        yield from tops.values()


def _top(span: SpanRow, known: Mapping[str, SpanRow]) -> SpanRow | None:
    """Return the outermost access span above *span*; None if there is none."""
    top, above, seen = None, known.get(span.parent_span_id or ""), {span.span_id}
    while above is not None and above.span_id not in seen:
        seen.add(above.span_id)
        top = above if _is_access(above) else top
        above = known.get(above.parent_span_id or "")
    return top


def _is_access(span: SpanRow) -> bool:
    return span.layer == "access" and span.kind == "SERVER"


def _innermost(spans: Sequence[SpanRow]) -> SpanRow:
    above: set[Any] = {span.parent_span_id for span in spans}
    leaves = [span for span in spans if span.span_id not in above]
    return max(leaves or spans, key=lambda span: (span.start_ns, span.seq))
