"""
Journals to sorted Parquet: one pass.

A pass takes a batch of every writer's records, writes down what it will write
(`sealed.Intent`), writes it, and only then moves the offsets on. Wherever it is
cut short, the next pass does the same again, to the same names; a file that is
there is whole, and is left as it is.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from wxtrace.seal import batch, burial, encode, stretch
from wxtrace.seal.lock import held
from wxtrace.seal.place import Place, place_of
from wxtrace.store import journals, paths, sealed
from wxtrace.store.progress import Progress, silent

MAX_BEGUN: Final = 10_000
"""Open spans of a writer that are remembered from its journal; the oldest are forgotten beyond."""

STALE_S: Final = 3600
"""A writer's folder that is still half made after so many seconds never will be whole."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """
    What a pass did.

    Attributes:
        records: Rows written.
        files: Files written.
        torn: Last records of dead writers that were cut short, and skipped.
        damaged: Stretches between two records that are none, and were skipped.
        writers: Writers that something was taken from.
        removed: Dead writers of which everything is sealed, and whose folders are gone.
    """

    records: int = 0
    files: int = 0
    torn: int = 0
    damaged: int = 0
    writers: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    intent: sealed.Intent
    records: batch.Records
    torn: int
    damaged: int


def seal(store: str, *, flush: bool = True, wait_s: float = 60.0, progress: Progress = silent) -> Sealed:
    """
    Put what the journals of *store* hold into Parquet; nothing happens if there are none.

    Args:
        store: A folder or URL.
        flush: Seal all there is: all that was recorded before the call is in Parquet when it
            returns. Otherwise only when it is due, and without records that wait for their tag.
        wait_s: How long to wait for another process that seals, in seconds.
        progress: Is told how many bytes of journals have been sealed.

    Raises:
        SealBusy: That other process took longer.
        StoreDamaged: ``sealed.json`` cannot be understood.
        OSError: The store cannot be written to. Nothing is lost; the next pass does it.
    """
    journal = paths.journal_folder(store)
    if not journal.is_dir():
        return Sealed()
    with held(journal / paths.SEAL_LOCK, wait_s):
        return _pass(journal, place_of(store), time.time_ns(), progress, flush=flush)


def _pass(journal: Path, place: Place, now_ns: int, tell: Progress, *, flush: bool) -> Sealed:
    progress, done, writers = sealed.load(journal), Sealed(), set[str]()
    if progress.intent is not None:
        writers.update(progress.intent.offsets)
        progress, done = _write(journal, place, progress, _again(journal, progress, progress.intent))
    due = flush or any(
        stretch.is_due(writer, _position(progress, writer.writer), now_ns) for writer in journals.writers(journal)
    )
    hold_from_ns = None if flush else now_ns - stretch.HOLD_NS
    size, of_all = 0, _waiting(journal, progress) if due else 0
    tell(size, of_all)
    while due and (planned := _plan(journal, progress, hold_from_ns)) is not None:
        taken = sum(part.end - part.start for part in planned.intent.ranges)
        due = taken >= stretch.MAX_BATCH
        progress, written = _write(journal, place, progress, planned)
        done = _sum(done, written)
        writers.update(planned.intent.offsets)
        size = min(size + taken, of_all)
        tell(size, of_all)
        del planned  # two batches at once would be twice the memory
    tell(of_all, of_all)
    return replace(done, writers=len(writers), removed=_tidy(journal, progress, now_ns))


def _waiting(journal: Path, progress: sealed.Progress) -> int:
    return sum(stretch.waiting(writer, _position(progress, writer.writer)) for writer in journals.writers(journal))


def _plan(journal: Path, progress: sealed.Progress, hold_from_ns: int | None) -> _Batch | None:
    """Take the next batch of every writer; None if there is nothing to take."""
    left = stretch.MAX_BATCH
    taken: dict[str, stretch.Stretch] = {}
    for writer in journals.writers(journal):
        position = _position(progress, writer.writer)
        if position.gone or left <= 0:
            continue
        found = stretch.take(writer, position, left, hold_from_ns)
        if found.position != position:
            taken[writer.writer] = found
            left -= found.size
    if not taken:
        return None
    closing = tuple(name for name, found in taken.items() if found.closing)
    parts = [part for found in taken.values() for part in found.parts]
    loose, torn = _crashed(journal, progress, closing, parts)
    skipped = _skipped(progress, taken, torn)
    records = batch.gather([*parts, *loose], skipped)
    name = f"{time.time_ns()}-{os.getpid()}-{secrets.token_hex(4)}.parquet"
    intent = sealed.Intent(
        ranges=tuple(part for found in taken.values() for part in found.ranges),
        closing=closing,
        outputs=tuple(f"{table}/{partition}/{name}" for table, partition, _ in batch.partitions(records)),
        offsets={name: found.position for name, found in taken.items()},
        skipped=skipped,
    )
    cut_short = sum(torn.values()) + sum(found.torn for found in taken.values())
    return _Batch(intent, records, cut_short, sum(found.damaged for found in taken.values()))


def _skipped(
    progress: sealed.Progress, taken: Mapping[str, stretch.Stretch], torn: Mapping[str, int]
) -> Mapping[str, int]:
    """Count what of each writer has been passed over, in this batch and before it."""
    counts = {name: found.torn + found.damaged + found.untold + torn.get(name, 0) for name, found in taken.items()}
    here = {name: progress.skipped.get(name, 0) + count for name, count in counts.items() if count}
    return {**progress.skipped, **here}


def _again(journal: Path, progress: sealed.Progress, intent: sealed.Intent) -> _Batch:
    """Take what a pass that was cut short had taken."""
    sources = {
        writer.writer: stretch.source_of(writer, gone=writer.writer in intent.closing)
        for writer in journals.writers(journal)
    }
    parts = stretch.reread(journal, intent.ranges, sources)
    loose, _ = _crashed(journal, progress, intent.closing, parts)
    return _Batch(intent, batch.gather([*parts, *loose], intent.skipped), 0, 0)


def _crashed(
    journal: Path, progress: sealed.Progress, closing: tuple[str, ...], taken: Sequence[batch.Part]
) -> tuple[list[batch.Part], Mapping[str, int]]:
    """Return the spans that writers which are gone had open, and their last words; how many more slots are torn."""
    parts: list[batch.Part] = []
    torn: dict[str, int] = {}
    for writer in journals.writers(journal):
        if writer.writer in closing:
            slots, torn[writer.writer] = stretch.open_slots(writer.folder)
            begun = {**progress.begun.get(writer.writer, {}), **slots}
            said = burial.last_words(writer, begun.values(), taken)
            parts.append(stretch.part_of(stretch.source_of(writer, gone=True), [*begun.values(), *said]))
    return parts, torn


def _write(
    journal: Path, place: Place, progress: sealed.Progress, planned: _Batch
) -> tuple[sealed.Progress, Sealed]:
    """Write down the intent, write the files, move on."""
    intent, records = planned.intent, planned.records
    if intent.outputs and progress.intent is None:
        sealed.save(journal, replace(progress, intent=intent))
    written = _outputs(place, records, intent.outputs) if intent.outputs else 0
    known = {name: at for name, at in progress.offsets.items() if (journal / name).exists()}
    skipped = {name: count for name, count in intent.skipped.items() if (journal / name).exists()}
    progress = sealed.Progress({**known, **intent.offsets}, _begun(progress, planned), skipped=skipped)
    sealed.save(journal, progress)
    rows = int(records.kept.sum())
    return progress, Sealed(rows, written, planned.torn, planned.damaged)


def _outputs(place: Place, records: batch.Records, outputs: tuple[str, ...]) -> int:
    names = {output.rpartition("/")[0]: output for output in outputs}
    written = 0
    for folder, make in encode.files(records):
        if folder in names and not place.exists(names[folder]):
            place.put(names[folder], make())
            written += 1
    return written


def _begun(progress: sealed.Progress, planned: _Batch) -> Mapping[str, Mapping[int, bytes]]:
    """Return the starts that are sealed as `open`, less those that have ended or whose writer is gone."""
    begun = dict(progress.begun)
    for number, source in enumerate(planned.records.sources):
        begun.pop(source.writer, None)
        if not source.gone:
            known = {**progress.begun.get(source.writer, {}), **batch.unended(planned.records, number)}
            ended = batch.ended(planned.records, number) if known else set()
            still = [(seq, record) for seq, record in known.items() if seq not in ended]
            begun[source.writer] = dict(still[-MAX_BEGUN:])
    return {writer: records for writer, records in begun.items() if records}


def _position(progress: sealed.Progress, writer: str) -> sealed.Position:
    return progress.offsets.get(writer, sealed.Position())


def _sum(one: Sealed, other: Sealed) -> Sealed:
    return Sealed(
        one.records + other.records,
        one.files + other.files,
        one.torn + other.torn,
        one.damaged + other.damaged,
    )


def _unlink_sealed(journal: Path, offsets: Mapping[str, sealed.Position]) -> None:
    for writer, position in offsets.items():
        for path in (journal / writer).glob("*" + paths.SEGMENT_SUFFIX):
            if path.stem.isdigit() and int(path.stem) < position.segment:
                path.unlink(missing_ok=True)


def _tidy(journal: Path, progress: sealed.Progress, now_ns: int) -> int:
    """Remove segments that are sealed, folders of dead writers, and of those that died while they were made."""
    _unlink_sealed(journal, progress.offsets)
    gone = [journal / name for name, at in progress.offsets.items() if at.gone and (journal / name).is_dir()]
    for folder in gone:
        _remove(folder)
    for folder in journal.glob(".new-*"):
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mtime < now_ns / 10**9 - STALE_S:
                _remove(folder)
    return len(gone)


def _remove(folder: Path) -> None:
    """Remove a writer's folder; its lock goes last, so that what is left always reads as a dead writer's."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name == paths.LOCK):
        path.unlink(missing_ok=True)
    folder.rmdir()
