"""
Many Parquet files of an hour to one, sorted, without a log.

The new file lists in its metadata the files whose rows it holds. It becomes
visible first, and those go after it; a reader that sees both leaves the old ones
out (`schema.FileMetadata`), and a compaction that was cut short is finished by
the next one.

Rows are merged a range of openids at a time, so that memory stays bounded.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from wxtrace.errors import StoreDamaged
from wxtrace.seal import encode, merge
from wxtrace.seal.lock import held
from wxtrace.seal.place import Place, make_folders, place_of
from wxtrace.seal.retain import Folder, hours
from wxtrace.store import paths, schema
from wxtrace.store.progress import Progress, part, silent

OLDER_THAN_S: Final = 3600.0
"""An hour is compacted when it ended so many seconds ago: WeChat's retries and the sealer are through with it."""

MAX_INPUTS: Final = 256
"""Files that are merged at once, since each stays open meanwhile; the next compaction takes more."""

_LOCK = "compact.lock"


@dataclass(frozen=True, slots=True)
class Compacted:
    """
    What a compaction did.

    Attributes:
        files: Files written.
        inputs: Files that they replaced.
        rows: Rows in them.
        doubles: Rows left out, since another row of the same (writer, seq) knew more.
        damaged: Files that cannot be read, and were left alone.
    """

    files: int = 0
    inputs: int = 0
    rows: int = 0
    doubles: int = 0
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Input:
    name: str
    said: schema.FileMetadata

    @property
    def last(self) -> str:
        """The name within the folder."""
        return self.name.rpartition("/")[2]


def compact(
    store: str,
    *,
    older_than_s: float = OLDER_THAN_S,
    now_ns: int | None = None,
    progress: Progress = silent,
) -> Compacted:
    """
    Make one file of the files of each hour and table.

    Rows of the same (writer, seq) become one, if they have the same openid: closed before crashed
    before open. Rows without an openid are merged in one piece.

    Args:
        store: A folder or URL; nothing happens if it is not there.
        older_than_s: Leave the hours that ended less than so many seconds ago.
        now_ns: Nanoseconds since the epoch; now.
        progress: Is told how many bytes of files have been merged.

    Raises:
        SealBusy: Another process of this host compacts the store.
        OSError: The store cannot be written to. Nothing is lost; call again.
    """
    place = place_of(store)
    before_s = (time.time_ns() if now_ns is None else now_ns) / 10**9 - older_than_s
    folders = [folder for hour in hours(place) if hour.end_s <= before_s for folder in hour.folders]
    if not folders:
        return Compacted()
    journal = paths.journal_folder(store)
    make_folders(journal)
    with held(journal / _LOCK, 0):
        return _compact_folders(place, folders, progress)


def _compact_folders(place: Place, folders: Sequence[Folder], progress: Progress) -> Compacted:
    done, before = Compacted(), 0
    of_all = sum(map(_to_merge, folders))
    for folder in folders:
        size = _to_merge(folder)
        done = _sum(done, _compact_folder(place, folder.name, part(progress, before, size, of_all)))
        before += size
        progress(before, of_all)
    return done


def _to_merge(folder: Folder) -> int:
    """Return how many bytes of a folder are merged, as far as its listing tells; a single file stays as it is."""
    return folder.size if folder.files > 1 else 0


def _compact_folder(place: Place, folder: str, progress: Progress) -> Compacted:
    inputs, damaged = _inputs(place, folder)
    replaced = {name for one in inputs for name in one.said.inputs}
    for one in inputs:
        if one.last in replaced:
            place.remove(one.name)
    inputs = [one for one in inputs if one.last not in replaced][:MAX_INPUTS]
    if len(inputs) < 2:
        return Compacted(damaged=damaged)
    written = _merge(place, folder, inputs, progress)
    for one in inputs:
        place.remove(one.name)
    return replace(written, damaged=damaged)


def _inputs(place: Place, folder: str) -> tuple[list[_Input], tuple[str, ...]]:
    found, damaged = [], []
    for name, _ in place.listed(folder):
        if name.endswith(".parquet") and not name.rpartition("/")[2].startswith((".", "_")):
            try:
                with pq.ParquetFile(place.opened(name)) as file:
                    found.append(_Input(name, schema.read_metadata(name, file.metadata.metadata)))
            except (pa.ArrowException, OSError, StoreDamaged):
                damaged.append(name)
    return found, tuple(damaged)


def _merge(place: Place, folder: str, inputs: list[_Input], progress: Progress) -> Compacted:
    table = folder.partition("/")[0]
    half = place.scratch(folder) / f"{paths.HALF}compact.parquet"
    rows = doubles = 0
    counted: dict[str, int] = {}
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(pq.ParquetFile(place.opened(one.name))) for one in inputs]
        form = schema.SCHEMAS[table]
        of_all = sum(file.metadata.num_rows for file in files)
        with encode.writer(str(half), table, form, {}, encode.ROWS_A_GROUP, encode.SMALL) as sink:
            for merged, left_out in merge.merged(table, files):
                sink.write_table(merged, row_group_size=encode.ROWS_A_GROUP)
                rows, doubles = rows + len(merged), doubles + left_out
                merge.count(merged, counted)
                progress(rows + doubles, of_all)
            said = schema.metadata(_writers(inputs, counted), [one.last for one in inputs])
            encode.describe(sink, said)
    name = f"{time.time_ns()}-{os.getpid()}-{secrets.token_hex(4)}.parquet"
    place.put_file(f"{folder}/{name}", half)
    return Compacted(1, len(inputs), rows, doubles)


def _writers(inputs: list[_Input], counted: dict[str, int]) -> list[schema.FileWriter]:
    """Return what the new file holds of each writer, from what its inputs said and what was counted."""
    known: dict[str, schema.FileWriter] = {}
    for said in (writer for one in inputs for writer in one.said.writers):
        before = known.get(said.writer, said)
        known[said.writer] = replace(
            said,
            first_ns=min(before.first_ns, said.first_ns),
            last_ns=max(before.last_ns, said.last_ns),
            dropped=max(before.dropped, said.dropped),
            records=counted.get(said.writer, 0),
        )
    return list(known.values())


def _sum(one: Compacted, other: Compacted) -> Compacted:
    return Compacted(
        one.files + other.files,
        one.inputs + other.inputs,
        one.rows + other.rows,
        one.doubles + other.doubles,
        one.damaged + other.damaged,
    )
