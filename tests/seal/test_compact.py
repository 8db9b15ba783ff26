"""Tests of `wxtrace.seal.compact`: one file where many were, and every row still there once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journal_maker import STAMP, log, make_writer, span
from parquet_rows import Crash, column, crash_at, files, rows

from wxtrace import record
from wxtrace.seal import merge
from wxtrace.seal.compact import Compacted, compact
from wxtrace.seal.seal import seal
from wxtrace.store import paths, schema

LATER_NS = (STAMP + 3 * 3600) * 10**9


def _passes(store, *batches):
    for number, batch in enumerate(batches):
        make_writer(store / "journal", batch, writer=f"web1-{number}-1790000000-0a1b")
        seal(str(store))


def test_many_files_of_an_hour_become_one(tmp_path):
    """
    After a compaction an hour has one file a table, sorted, with all the rows and all the writers.
    """
    _passes(tmp_path, [span(1, openid="oB"), log(2)], [span(3, openid="oA"), log(4)], [span(5, openid="")])
    before = column(tmp_path, "writer", "seq")

    assert Compacted(files=2, inputs=5, rows=5) == compact(str(tmp_path), now_ns=LATER_NS)
    assert ["oA", "oB", None] == [row["openid"] for row in rows(tmp_path)]
    assert (before, 1) == (column(tmp_path, "writer", "seq"), len(files(tmp_path, "spans")))


def test_a_compacted_file_names_its_inputs_and_its_writers(tmp_path):
    """
    The new file's metadata lists the files that it stands for, and adds up what they said of their writers.
    """
    _passes(tmp_path, [span(1)], [span(2), span(3)])
    inputs = tuple(file.name for file in files(tmp_path, "spans"))
    compact(str(tmp_path), now_ns=LATER_NS)
    (file,) = files(tmp_path, "spans")
    said = schema.read_metadata("", pq.ParquetFile(file).metadata.metadata)

    assert inputs == said.inputs
    assert [("web1-0-1790000000-0a1b", 1), ("web1-1-1790000000-0a1b", 2)] == [
        (writer.writer, writer.records) for writer in said.writers
    ]


def test_an_hour_that_has_just_ended_is_left_alone(tmp_path):
    """
    Only an hour that ended long enough ago is compacted.
    """
    _passes(tmp_path, [span(1)], [span(2)])

    assert Compacted() == compact(str(tmp_path), now_ns=(STAMP + 3600) * 10**9)
    assert 1 == compact(str(tmp_path), now_ns=(STAMP + 3600) * 10**9, older_than_s=0).files


def test_a_single_file_is_left_as_it_is(tmp_path):
    """
    To compact again does nothing.
    """
    _passes(tmp_path, [span(1)], [span(2)])
    compact(str(tmp_path), now_ns=LATER_NS)
    (file,) = files(tmp_path, "spans")

    assert Compacted() == compact(str(tmp_path), now_ns=LATER_NS)
    assert [file] == files(tmp_path, "spans")


def test_of_the_rows_of_one_span_the_best_known_stays(tmp_path):
    """
    A closed row stands for the crashed and the open ones of its (writer, seq).
    """
    for kind in (record.OPEN, record.SPAN, record.OPEN):
        make_writer(tmp_path / "journal", [span(1, kind=kind), log(1)])
        seal(str(tmp_path))
        (tmp_path / "journal" / paths.SEALED).unlink()

    done = compact(str(tmp_path), now_ns=LATER_NS)

    assert (2, 4) == (done.rows, done.doubles)
    assert [(1, "closed")] == column(tmp_path, "seq", "state")


def test_ranges_of_openids_are_merged_one_after_the_other(tmp_path, monkeypatch):
    """
    However few rows are merged at once, the file is sorted, and has every row.
    """
    monkeypatch.setattr(merge, "ROWS_A_RANGE", 7)
    spread = [[span(seq, openid=f"o{seq * 37 % 50}") for seq in range(at, at + 40)] for at in (1, 41, 81)]
    _passes(tmp_path, *spread)

    compact(str(tmp_path), now_ns=LATER_NS)

    openids = [row["openid"] for row in rows(tmp_path)]
    assert (120, sorted(openids)) == (len(openids), openids)


def test_a_file_that_cannot_be_read_is_left_and_named(tmp_path):
    """
    A damaged file costs neither itself nor the others.
    """
    _passes(tmp_path, [span(1)], [span(2)])
    (folder,) = {file.parent for file in files(tmp_path, "spans")}
    (folder / "zz.parquet").write_bytes(b"PAR1 but no more")

    done = compact(str(tmp_path), now_ns=LATER_NS)

    assert (1, 2, 2) == (done.files, done.inputs, done.rows)
    assert (f"spans/{paths.partition(STAMP, 0 + STAMP * 10**9)}/zz.parquet",) == done.damaged
    assert (folder / "zz.parquet").exists()


def test_a_file_of_somebody_else_is_merged_with_nulls_for_what_it_lacks(tmp_path):
    """
    A store that another program wrote is compacted like our own.
    """
    _passes(tmp_path, [span(1, openid="oB")])
    (file,) = files(tmp_path, "spans")
    foreign = pa.table({"openid": ["oA"], "stamp": [STAMP], "trace_id": ["t"], "start_ns": [1]})
    pq.write_table(foreign, file.with_name("foreign.parquet"))

    assert 2 == compact(str(tmp_path), now_ns=LATER_NS).rows
    assert [("oA", None), ("oB", "logic")] == [(row["openid"], row["layer"]) for row in rows(tmp_path)]


def test_wherever_a_compaction_dies_readers_see_every_row_once(tmp_path):
    """
    After a crash at any call that changes a file, and after the next compaction too, no row is lost or seen twice.
    """
    for call in range(200):
        store, crashed = tmp_path / str(call), False
        _passes(store, [span(1), log(1)], [span(2), log(2)], [span(3)])
        with crash_at(call) as reached:
            try:
                compact(str(store), now_ns=LATER_NS)
            except Crash:
                crashed = True

        assert [1, 2, 3] == _as_readers_do(store), reached[-1]
        compact(str(store), now_ns=LATER_NS)
        assert [1, 2, 3] == _as_readers_do(store), reached[-1]
        assert (1, []) == (len(files(store, "spans")), list(store.rglob(".tmp-*"))), reached[-1]
        if not crashed:
            break
    assert call > 12


def test_a_store_behind_a_url_is_compacted_alike(tmp_path, monkeypatch):
    """
    Behind a URL the new file is made on this machine, and put once.
    """
    _passes(tmp_path, [span(1)], [span(2)])
    monkeypatch.setenv("WXTRACE_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setattr(paths, "is_url", lambda store: True)

    assert Compacted(files=1, inputs=2, rows=2) == compact(tmp_path.as_uri(), now_ns=LATER_NS)
    assert [(1,), (2,)] == column(tmp_path, "seq")


@pytest.mark.parametrize("name", ["none", "."])
def test_where_there_is_no_store_nothing_is_made(tmp_path, name):
    """
    To compact nothing leaves nothing behind.
    """
    assert Compacted() == compact(str(tmp_path / name))
    assert [] == list(tmp_path.iterdir())


def _as_readers_do(store):
    found = [pq.ParquetFile(file) for file in files(store, "spans")]
    replaced = {name for file in found for name in schema.read_metadata("", file.metadata.metadata).inputs}
    visible = [file for path, file in zip(files(store, "spans"), found, strict=True) if path.name not in replaced]
    return sorted(seq for file in visible for seq in file.read().column("seq").to_pylist())
