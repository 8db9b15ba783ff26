"""Tests of `wxtrace.seal.columns`, `batch` and `encode`: rows in order, in their hour, laid out for lookups."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from journal_maker import STAMP, START_NS, make_writer, span
from parquet_rows import files, rows
from strategies import tagged_spans

from wxtrace import record
from wxtrace.seal import encode, packed, stretch
from wxtrace.seal.batch import Source, gather, partitions
from wxtrace.seal.columns import Pool, ranks
from wxtrace.seal.seal import seal
from wxtrace.store import paths, schema

SOURCE = Source("web1-1-2-3", "web1", 1, "wx", 0, gone=False)
DAY_NS = 86_400 * 10**9


def _order(row: dict[str, object]) -> tuple[object, ...]:
    openid, stamp = row["openid"], row["stamp"]
    return (openid is None, str(openid).encode(), stamp is None, stamp or 0, row["trace_id"], row["start_ns"])


@settings(max_examples=60, deadline=None)
@given(tagged_spans())
def test_rows_are_sorted_for_the_lookup(tmp_path_factory, recorded):
    """
    The rows of a file are in the order of openid (as bytes), stamp, trace and start, none last.
    """
    store = tmp_path_factory.mktemp("sorted")
    make_writer(store / "journal", recorded)

    seal(str(store))

    found = [pq.ParquetFile(file).read().to_pylist() for file in files(store, "spans")]
    assert len(recorded) == sum(len(of_file) for of_file in found)
    assert [sorted(of_file, key=_order) for of_file in found] == found


@pytest.mark.parametrize(
    ("stamp", "start_ns"),
    [
        (None, START_NS),
        (STAMP, START_NS),
        (STAMP - 3600, START_NS),
        (STAMP, STAMP * 10**9 + DAY_NS),
        (STAMP, STAMP * 10**9 + DAY_NS + 1),
        (STAMP, STAMP * 10**9 - DAY_NS),
        (STAMP, STAMP * 10**9 - DAY_NS - 1),
        (0, START_NS),
        (-1, START_NS),
        (STAMP * 1000, START_NS),
        ((1 << 63) - 1, START_NS),
    ],
)
def test_a_record_goes_to_the_hour_that_the_paths_say(stamp, start_ns):
    """
    Whole columns are put into the same partitions as single records are.
    """
    records = gather([stretch.part_of(SOURCE, [span(1, stamp=stamp, start_ns=start_ns)])])

    assert [(paths.SPANS, paths.partition(stamp, start_ns), [0])] == [
        (table, partition, found.tolist()) for table, partition, found in partitions(records)
    ]


def test_openids_of_any_length_rank_as_their_bytes_do():
    """
    Long openids that differ in their last byte only are told apart, and none comes last.
    """
    openids = ["", "a" * 255, "a" * 254 + "b", "a", "雪", "~", "ab"]
    records = gather([stretch.part_of(SOURCE, [span(seq, openid=openid) for seq, openid in enumerate(openids, 1)])])
    ranked = ranks(records, Pool(records))

    expected = sorted(range(7), key=lambda at: (not openids[at], openids[at].encode()))
    assert expected == sorted(range(7), key=lambda at: int(ranked[at]))


def test_a_walk_finds_what_a_reader_finds_one_by_one():
    """
    Records that are checked many at once are those that `record.frames` yields.
    """
    rng = random.Random(3)
    content = bytearray(b"".join(span(seq, name="x" * rng.randrange(50)) for seq in range(1, 2000)))
    for _ in range(40):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    walked = packed.walk(bytes(content))

    assert [offset for offset, _ in record.frames(bytes(content))] == walked.offsets.tolist()
    assert 0 < walked.damaged <= 40


def test_a_record_whose_lengths_do_not_add_up_is_left_out():
    """
    A sound record of another form of the journal cannot pull in its neighbour's bytes.
    """
    odd = bytearray(span(1))
    name_len = sum(packed.HEADER[name].itemsize for name in packed.HEADER.names[:-1])
    odd[name_len] += 40
    body = bytes(odd[12:])
    odd[8:12] = packed.crc32(body).to_bytes(4, "little")
    records = gather([stretch.part_of(SOURCE, [bytes(odd), span(2)])])

    assert [2] == records.heads["seq"].tolist()


def test_a_file_is_laid_out_for_lookups(tmp_path):
    """
    Row groups, page index, bloom filter, order and encodings are those of the contract.
    """
    make_writer(tmp_path / "journal", [span(seq, openid=f"o{seq % 977}") for seq in range(1, 9000)], size=1 << 22)
    seal(str(tmp_path))
    (file,) = files(tmp_path, "spans")
    said = pq.ParquetFile(file).metadata
    group, openid = said.row_group(0), said.row_group(0).column(0)

    rows, full = encode.ROWS_A_GROUP, 8999 // encode.ROWS_A_GROUP

    assert [rows] * full + [8999 - full * rows] == [
        said.row_group(at).num_rows for at in range(said.num_row_groups)
    ]
    assert (True, True, "ZSTD") == (
        openid.bloom_filter_offset is not None,
        openid.has_column_index,
        openid.compression,
    )
    assert [0, 1, 6, 10] == [one.column_index for one in group.sorting_columns]
    dictionaries = [group.column(at).path_in_schema for at in range(23) if group.column(at).has_dictionary_page]
    assert "layer module name kind state status_code service host pid writer" == " ".join(dictionaries)


@pytest.mark.parametrize("table", paths.TABLES)
def test_a_file_has_the_columns_of_the_contract_and_no_other_type(tmp_path, table):
    """
    What any reader sees of a file is the schema, plain strings and numbers.
    """
    rows_of = pa.Table.from_arrays(
        [pa.nulls(1, field.type) for field in schema.SCHEMAS[table]], schema=schema.SCHEMAS[table]
    )
    Path(tmp_path / "one.parquet").write_bytes(encode.encode(table, [rows_of], schema.metadata([]), 1))
    file = pq.ParquetFile(tmp_path / "one.parquet")

    assert schema.SCHEMAS[table] == file.schema_arrow
    assert {b"wxtrace": b'{"schema":1,"writers":[]}'} == file.metadata.metadata


def test_hundreds_of_traces_in_one_second_of_one_openid_stay_in_order(tmp_path):
    """
    Where many traces share openid and stamp, each trace's rows lie together, by their start.
    """
    rng = random.Random(5)
    recorded = [
        span(seq, trace=rng.randrange(1 << 70), start_ns=START_NS + rng.randrange(99)) for seq in range(300)
    ]
    make_writer(tmp_path / "journal", recorded)

    seal(str(tmp_path))

    found = rows(tmp_path)
    assert sorted(found, key=_order) == found
