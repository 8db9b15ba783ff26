"""
Sorted rows to the bytes of a Parquet file, laid out as the contract wants them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wxtrace.seal import batch, columns
from wxtrace.seal.packed import Offsets
from wxtrace.store import paths, schema

ROWS_A_GROUP: Final = 4096
"""Rows of a row group: what a lookup reads at least; smaller ones make the footer the larger part."""

_SLICE: Final = 2 * ROWS_A_GROUP
"""Rows that are in memory as Arrow columns at once."""

_DICTIONARY: Final = (
    "layer",
    "module",
    "name",
    "kind",
    "state",
    "status_code",
    "service",
    "host",
    "pid",
    "writer",
    "severity",
    "event",
    "logger",
)
_SPLIT: Final = ("start_ns", "end_ns", "duration_ns", "time_ns", "seq")
"""Numbers whose bytes are stored plane by plane: the high ones hardly differ, and vanish under zstd."""

_BOUNDED: Final = ("openid", "stamp", "trace_id", "start_ns", "time_ns")
"""Columns whose least and greatest value each row group tells: what a lookup may ask for. The rest only costs."""

QUICK, SMALL = 1, 3
"""Levels of zstd: for the many files of a pass, and for the few that compaction makes of them."""


def writer(
    sink: Any, table: str, form: pa.Schema, metadata: Mapping[bytes, bytes], openids: int, level: int = QUICK
) -> Any:
    """
    Return a `ParquetWriter` for the table named *table*.

    Args:
        sink: A path, or an Arrow stream.
        table: `paths.SPANS` or `paths.LOGS`.
        form: The schema of the rows in memory: the contract's, but that strings may be dictionaries.
        metadata: What the file says of itself.
        openids: How many different openids a row group has, at most; sizes the bloom filter.
        level: `QUICK` or `SMALL`.
    """
    options: dict[str, Any] = {
        "use_dictionary": [name for name in _DICTIONARY if name in form.names],
        "column_encoding": {name: "BYTE_STREAM_SPLIT" for name in _SPLIT if name in form.names},
        "bloom_filter_options": {"openid": {"ndv": max(1, openids), "fpp": 0.01}},
        "write_statistics": [name for name in _BOUNDED if name in form.names],
        "compression_level": level,
        "sorting_columns": [pq.SortingColumn(form.get_field_index(name)) for name in schema.SORTED_BY[table]],
    }
    made = pq.ParquetWriter(sink, form, compression="zstd", write_page_index=True, store_schema=False, **options)
    describe(made, metadata)
    return made


def describe(file: Any, metadata: Mapping[bytes, bytes]) -> None:
    """Add what a file says of itself; possible until it is closed."""
    file.add_key_value_metadata(dict(metadata.items()))


def encode(table: str, parts: Iterable[Any], metadata: Mapping[bytes, bytes], openids: int) -> Any:
    """Return the bytes of a file with the sorted rows *parts*, as a buffer; the other arguments are `writer`'s."""
    sink, left = pa.BufferOutputStream(), iter(parts)
    first = next(left)
    with writer(sink, table, first.schema, metadata, min(openids, ROWS_A_GROUP)) as file:
        for part in chain([first], left):
            file.write_table(part, row_group_size=ROWS_A_GROUP)
    return sink.getvalue()


def files(records: batch.Records) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the folder of each file that *records* become, and what makes its bytes, in a settled order."""
    pool = columns.Pool(records)
    ranks = columns.ranks(records, pool)
    for table, partition, rows in batch.partitions(records):

        def make(table: str = table, rows: Offsets = rows) -> Any:
            ordered = batch.in_order(records, rows, ranks)
            made = columns.spans if table == paths.SPANS else columns.logs
            parts = (made(records, pool, ordered[at : at + _SLICE]) for at in range(0, len(ordered), _SLICE))
            metadata = schema.metadata(_file_writers(records, ordered))
            return encode(table, parts, metadata, len(np.unique(ranks[ordered])))

        yield f"{table}/{partition}", make


def _file_writers(records: batch.Records, rows: Offsets) -> list[schema.FileWriter]:
    first, source_of = records.heads["start_ns"][rows], records.source_of[rows]
    last = np.maximum(first, records.heads["end_ns"][rows])
    return [
        schema.FileWriter(
            writer=source.writer,
            host=source.host,
            pid=source.pid,
            first_ns=int(first[mine].min()),
            last_ns=int(last[mine].max()),
            records=int(mine.sum()),
            dropped=source.dropped,
        )
        for number, source in enumerate(records.sources)
        if (mine := source_of == number).any()
    ]
