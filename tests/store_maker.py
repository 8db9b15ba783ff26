"""
Stores for tests: rows put where the contract wants them, as Parquet or as packed records.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from wxtrace import record
from wxtrace.row import LogRow, SpanRow
from wxtrace.store import paths, schema

Row = SpanRow | LogRow


def write(
    store: Path,
    rows: Iterable[Row],
    *,
    name: str = "1",
    metadata: dict[bytes, bytes] | None = None,
    change: Callable[[pa.Table], pa.Table] = lambda table: table,
    **options: Any,
) -> list[Path]:
    """
    Write *rows* to the partitions they belong to, one file each, and return the files.

    Args:
        store: The folder of the store.
        name: The files' name, without suffix.
        metadata: What the files say of themselves.
        change: Makes another table of the sorted one: what somebody else might have written.
        options: For `pyarrow.parquet.write_table`.
    """
    files = []
    for (table, partition), some in sorted(_partitions(rows).items()):
        folder = store / table / partition
        folder.mkdir(parents=True, exist_ok=True)
        made = pa.Table.from_pylist([_values(row) for row in some], schema.SCHEMAS[table])
        ordered = made.sort_by([(column, "ascending") for column in schema.SORTED_BY[table]])
        files.append(folder / f"{name}.parquet")
        pq.write_table(change(ordered).replace_schema_metadata(metadata), files[-1], **options)
    return files


def packed(row: Row) -> bytes:
    """Return a row as its writer would have recorded it."""
    is_span = isinstance(row, SpanRow)
    place = record.PackedPlace(
        record.KINDS.index(row.kind) if is_span else 0,
        (row.layer or "").encode(),
        (row.module or "").encode(),
        (row.name if is_span else row.event).encode(),
        b"" if is_span else (row.logger or "").encode(),
        b"" if is_span else row.severity.encode(),
    )
    stamp = record.NO_STAMP if row.stamp is None else row.stamp
    begin = record.began(
        row.seq,
        _moment(row),
        bytes.fromhex(row.trace_id or "00" * 16),
        bytes.fromhex(row.span_id or "00" * 8),
        bytes.fromhex((row.parent_span_id if is_span else None) or "00" * 8),
        record.PackedTag((row.openid or "").encode(), stamp, (row.nonce or "").encode()),
        place,
    )
    attributes = json.dumps(row.attributes).encode() if row.attributes else b""
    if not is_span:
        return record.finished(record.LOG, begin, attributes=attributes)
    if row.end_ns is None:
        return record.finished(record.OPEN, begin, attributes=attributes)
    return record.finished(
        record.SPAN,
        begin,
        row.end_ns,
        record.STATUS_CODES.index(row.status_code),
        message=(row.status_message or "").encode(),
        attributes=attributes,
    )


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Return rows in the order in which a lookup returns them."""
    return sorted(rows, key=lambda row: (_moment(row), row.writer, row.seq))


def _partitions(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        table = paths.SPANS if isinstance(row, SpanRow) else paths.LOGS
        found[table, paths.partition(row.stamp, _moment(row))].append(row)
    return found


def _moment(row: Row) -> int:
    return row.start_ns if isinstance(row, SpanRow) else row.time_ns


def _values(row: Row) -> dict[str, Any]:
    values = asdict(row) | {"attributes": json.dumps(row.attributes), "time": _moment(row) // 1000}
    return values | ({"duration_ns": row.duration_ns} if isinstance(row, SpanRow) else {})
