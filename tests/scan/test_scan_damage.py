"""Lookups in stores that are foreign, damaged, changing, remote, or not there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import journal_maker
import pyarrow as pa
import pytest
import store_maker
from pyarrow import fs
from strategies import OPENID, STAMP, make_log, make_span

from wxtrace.errors import StoreMissing
from wxtrace.record import OPEN
from wxtrace.scan import files, footer
from wxtrace.scan.scan import Scanned, scan
from wxtrace.store import schema

ROWS = [make_span(seq, None if seq == 0 else 0) for seq in range(4)]
OTHERS = [make_span(seq, openid=f"o{seq:03d}", trace_id=f"{seq:032x}") for seq in range(100, 140)]


def found(store: Path) -> Scanned:
    """Look the push of `ROWS` up in one store."""
    return scan([str(store)], OPENID, STAMP)


def _reversed(table: pa.Table) -> pa.Table:
    return table.select(table.column_names[::-1]).take(list(range(table.num_rows))[::-1])


def _wide(table: pa.Table) -> pa.Table:
    wide = [pa.large_string() if field.type == pa.string() else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, wide, strict=True))))


def _coded(table: pa.Table) -> pa.Table:
    coded = [column.dictionary_encode() if column.type == pa.string() else column for column in table.columns]
    return pa.table(dict(zip(table.column_names, coded, strict=True)))


@pytest.mark.parametrize("change", [_reversed, _wide, _coded], ids=["any order", "large strings", "dictionaries"])
@pytest.mark.parametrize("statistics", [True, False], ids=["bounded", "unbounded"])
def test_a_store_of_somebody_else_is_read(
    tmp_path: Path, change: Callable[[pa.Table], pa.Table], statistics: bool
) -> None:
    """
    Rows come back from any order of rows and columns, any form of strings, with and without statistics.
    """
    store_maker.write(tmp_path, [*ROWS, *OTHERS], change=change, row_group_size=7, write_statistics=statistics)

    assert (tuple(ROWS), ()) == (found(tmp_path).spans, found(tmp_path).evidence.damaged)


def test_missing_columns_read_as_null(tmp_path: Path) -> None:
    """
    A file without the columns that may be null, or with others beside, gives the rows it has.
    """
    span, log = make_span(0, nonce=None, end_ns=None, state="open"), make_log(1, layer=None, module=None)
    lacking = {"nonce", "end_ns", "duration_ns", "status_message", "layer", "module", "time", "attributes"}

    def change(table: pa.Table) -> pa.Table:
        kept = [name for name in table.column_names if name not in lacking]
        return table.select(kept).append_column("extra", pa.array([[1]] * table.num_rows))

    store_maker.write(tmp_path, [span, log], change=change)
    scanned = found(tmp_path)

    bare_span, bare_log = make_span(0, nonce=None, end_ns=None, state="open", layer="", module=""), log
    assert ((bare_span,), (make_log(1, nonce=None, layer=None, module=None),)) == (scanned.spans, scanned.logs)
    assert bare_log.attributes == scanned.logs[0].attributes


def test_rows_without_an_identity_are_told_apart(tmp_path: Path) -> None:
    """
    Where somebody wrote neither writer nor seq, rows are told apart by what they are.
    """
    store_maker.write(tmp_path, [*ROWS, make_log(9)], change=lambda table: table.drop_columns(["writer", "seq"]))

    scanned = found(tmp_path)

    nameless = tuple(replace(row, writer="", seq=-1) for row in ROWS)
    assert (nameless, (replace(make_log(9), writer="", seq=-1),)) == (scanned.spans, scanned.logs)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _noise(file: Path) -> None:
    file.write_bytes(b"\x93NUMPY" * 1000)


def _foreign(file: Path) -> None:
    pa.parquet.write_table(pa.table({"price": [1, 2]}), file)


@pytest.mark.parametrize("damage", [_cut, _empty, _noise, _foreign])
def test_a_damaged_file_is_named_and_the_rest_is_read(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """
    A file that is cut, empty, noise or of another table costs its own rows, and is named.
    """
    (bad,) = store_maker.write(tmp_path, OTHERS, name="bad")
    store_maker.write(tmp_path, ROWS, name="good")
    damage(bad)

    scanned = found(tmp_path)

    assert (tuple(ROWS), [True]) == (scanned.spans, [str(bad) in line for line in scanned.evidence.damaged])


def test_damage_within_a_file_is_named(tmp_path: Path) -> None:
    """
    A file whose footer is sound and whose pages are not is named when its rows are asked for.
    """
    (bad,) = store_maker.write(tmp_path, ROWS)
    content = bytearray(bad.read_bytes())
    content[4:400] = bytes(396)
    bad.write_bytes(content)

    scanned = found(tmp_path)

    assert ((), [True]) == (scanned.spans, [str(bad) in line for line in scanned.evidence.damaged])
    assert "cannot_know" == scanned.evidence.reason


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    """
    A folder that refuses is named, and the other hours and the journals are read.
    """
    (file,) = store_maker.write(tmp_path, ROWS)
    loop = file.parent.with_name("hour=hother")
    loop.symlink_to(loop)

    scanned = found(tmp_path)

    assert (tuple(ROWS), [True]) == (scanned.spans, ["hother" in line for line in scanned.evidence.damaged])


def test_a_newer_schema_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    """
    A file of a later wxtrace is not guessed at.
    """
    newer = {schema.KEY: b'{"schema": 2, "writers": []}'}
    store_maker.write(tmp_path, OTHERS, name="newer", metadata=newer)
    store_maker.write(tmp_path, ROWS, name="good")

    scanned = found(tmp_path)

    assert (tuple(ROWS), [True]) == (scanned.spans, ["schema 2" in line for line in scanned.evidence.damaged])


def test_a_journal_of_noise_is_named(tmp_path: Path) -> None:
    """
    Noise where journals lie is named, and the journals beside it are read.
    """
    journal = tmp_path / "journal"
    journal_maker.make_writer(journal, [store_maker.packed(row) for row in ROWS], writer=ROWS[0].writer)
    (journal / "noise").mkdir()
    (journal / "noise" / "000001.wxj").write_bytes(b"\x00\x01noise" * 100)
    (journal / "noise" / "open-0001").write_bytes(b"\xf5wx\x01" * 1000)
    (journal / "a-file").write_bytes(b"not a folder")

    scanned = found(tmp_path)

    assert (tuple(ROWS), [True]) == (scanned.spans, ["noise" in line for line in scanned.evidence.damaged])


def _flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("seq", [1, 2, 4])
def test_a_damaged_record_may_have_been_the_push(tmp_path: Path, seq: int) -> None:
    """
    One flipped byte in any record of a writer, dead or alive: absence is not claimed, the file is named.
    """
    records = [journal_maker.span(number, openid=f"o{number}") for number in range(1, 5)]
    folder = journal_maker.make_writer(tmp_path / "journal", records)
    segment = folder / "000001.wxj"
    _flip(segment, segment.read_bytes().index(records[seq - 1]) + 100)

    with journal_maker.living(folder):
        alive = scan([str(tmp_path)], f"o{seq}", journal_maker.STAMP).evidence
    dead = scan([str(tmp_path)], f"o{seq}", journal_maker.STAMP).evidence

    named = (f"{segment} is damaged: {len(records[seq - 1])} bytes of it are no record; the rest is read.",)
    assert [("cannot_know", named)] * 2 == [(one.reason, one.damaged) for one in (alive, dead)]


def test_damage_is_not_looked_for_where_the_push_is_found(tmp_path: Path) -> None:
    """
    A push that is there is shown without a word of records that were not asked for.
    """
    records = [journal_maker.span(1), journal_maker.span(2, openid="oB")]
    folder = journal_maker.make_writer(tmp_path / "journal", records)
    _flip(folder / "000001.wxj", (folder / "000001.wxj").read_bytes().index(records[1]) + 100)

    scanned = scan([str(tmp_path)], "oA", journal_maker.STAMP)

    assert (1, ()) == (len(scanned.spans), scanned.evidence.damaged)


def test_a_writer_that_cannot_tell_its_drops_is_named(tmp_path: Path) -> None:
    """
    Without its file `writer` nobody knows what was dropped; absence is not claimed.
    """
    folder = journal_maker.make_writer(tmp_path / "journal", [journal_maker.span(1)])
    (folder / "writer").write_bytes(b"{")

    evidence = scan([str(tmp_path)], "oNobody", journal_maker.STAMP).evidence

    assert "cannot_know" == evidence.reason
    assert [str(folder / "writer")] == [problem.partition(" cannot be read")[0] for problem in evidence.damaged]


def test_a_torn_open_span_of_a_dead_writer_is_named(tmp_path: Path) -> None:
    """
    A slot that holds half a start may have been the push.
    """
    begun = [journal_maker.span(1, kind=OPEN)]
    folder = journal_maker.make_writer(tmp_path / "journal", [], begun=begun)
    _flip(folder / "open-0001", 100)

    evidence = scan([str(tmp_path)], "oA", journal_maker.STAMP).evidence

    assert "cannot_know" == evidence.reason
    assert (f"{folder} is damaged: 1 of its open spans cannot be read; the rest is.",) == evidence.damaged


def test_a_missing_store_is_an_error(tmp_path: Path) -> None:
    """
    A store that is not there is an error that names it, not an absence.
    """
    with pytest.raises(StoreMissing, match="nowhere"):
        found(tmp_path / "nowhere")


def test_one_missing_store_of_two_is_named(tmp_path: Path) -> None:
    """
    Where another store is there it is read, and the missing one is named.
    """
    store_maker.write(tmp_path / "here", ROWS)

    scanned = scan([str(tmp_path / "nowhere"), str(tmp_path / "here")], OPENID, STAMP)

    assert (tuple(ROWS), [True]) == (scanned.spans, ["nowhere" in line for line in scanned.evidence.damaged])


def _compacted(store: Path, inputs: list[Path]) -> None:
    store_maker.write(store, ROWS, name="9", metadata=schema.metadata((), [file.name for file in inputs]))


def test_inputs_of_a_visible_output_are_left_out(tmp_path: Path) -> None:
    """
    Rows that compaction has put into a larger file are read from there, though the small ones still lie there.
    """
    inputs = store_maker.write(tmp_path, OTHERS + ROWS, name="1")
    _compacted(tmp_path, inputs)

    scanned = found(tmp_path)

    assert (tuple(ROWS), 1) == (scanned.spans, scanned.evidence.files)


@pytest.mark.parametrize("moment", range(4))
def test_a_file_that_vanishes_while_it_is_read_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """
    Compaction at any moment of a lookup, listing or reading, hides no row.
    """
    inputs = [file for row in ROWS for file in store_maker.write(tmp_path, [row], name=str(row.seq))]
    opened = type(files.files_of(str(tmp_path))).open
    calls = []

    def compacting(local: Any, path: str) -> Any:
        calls.append(path)
        if len(calls) == moment + 1:
            _compacted(tmp_path, inputs)
            for file in inputs:
                file.unlink()
        return opened(local, path)

    monkeypatch.setattr(type(files.files_of(str(tmp_path))), "open", compacting)

    assert tuple(ROWS) == found(tmp_path).spans


def test_temporary_files_are_not_read(tmp_path: Path) -> None:
    """
    What is being written, under its temporary name, is nobody's business.
    """
    (file,) = store_maker.write(tmp_path, ROWS)
    file.with_name(".tmp-2.parquet").write_bytes(b"half")
    file.with_name("_3.parquet").write_bytes(b"half")

    assert (tuple(ROWS), ()) == (found(tmp_path).spans, found(tmp_path).evidence.damaged)


def test_a_store_at_a_url_is_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A bucket is asked the same questions as a folder, and its journals are the local ones.
    """
    store_maker.write(tmp_path / "bucket" / "prefix", ROWS[:3] + OTHERS)
    absurd = make_span(3, 0, openid=None, stamp=None, nonce=None)
    journal_maker.make_writer(tmp_path / "local", [store_maker.packed(absurd)], writer=absurd.writer)
    bucket = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    of_url = SimpleNamespace(from_uri=lambda url: (bucket, url.removeprefix("s3://")))
    monkeypatch.setattr(files, "fs", SimpleNamespace(FileSystem=of_url, FileSelector=fs.FileSelector))
    monkeypatch.setenv("WXTRACE_JOURNAL", str(tmp_path / "local"))

    scanned = scan(["s3://bucket/prefix"], OPENID, STAMP)

    assert ((*ROWS[:3], absurd), (1, 1)) == (scanned.spans, (scanned.evidence.files, scanned.evidence.journals))


def test_footers_are_kept_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    However many files a process looks at, the footers it keeps stay within their bound.
    """
    monkeypatch.setattr(footer, "FOOTERS_KEPT", 12_000)
    kept = footer._Kept()
    monkeypatch.setattr(footer, "_kept", kept)
    for row in ROWS:
        store_maker.write(tmp_path, [row], name=str(row.seq))

    assert tuple(ROWS) == found(tmp_path).spans == found(tmp_path).spans
    assert 0 < sum(one.metadata.serialized_size for one in kept._footers.values()) <= 12_000


def test_a_lookup_does_not_import_pandas(tmp_path: Path) -> None:
    """
    Neither pandas nor the parts of pyarrow that are slow to import are loaded by a lookup.
    """
    store_maker.write(tmp_path, [*ROWS, make_log(9)])
    program = (
        "import sys; from wxtrace.scan.scan import scan; "
        f"found = scan([{str(tmp_path)!r}], {OPENID!r}, {STAMP}); print(len(found.spans), "
        "sorted({'pandas', 'pyarrow.dataset', 'pyarrow.compute'} & set(sys.modules)))"
    )

    assert "4 []\n" == subprocess.check_output([sys.executable, "-c", program], text=True)
