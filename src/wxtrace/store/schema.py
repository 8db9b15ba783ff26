"""
The columns of the store, and what a file of it says of itself.

The schema is a contract: other programs read these files. What a file adds in
its metadata, under the one key `wxtrace`, is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa

from wxtrace.errors import StoreDamaged
from wxtrace.store import paths

VERSION: Final = 1
"""The version of the schema that this program writes, and the newest that it reads."""

KEY: Final = b"wxtrace"
"""The one key of a file's metadata that is ours."""

_TIME = pa.timestamp("us", tz="UTC")


def _schema(columns: list[tuple[str, Any]]) -> pa.Schema:
    return pa.schema(columns)


SPANS: Final = _schema(
    [
        ("openid", pa.string()),
        ("stamp", pa.int64()),
        ("nonce", pa.string()),
        ("layer", pa.string()),
        ("module", pa.string()),
        ("name", pa.string()),
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("kind", pa.string()),
        ("start_ns", pa.int64()),
        ("end_ns", pa.int64()),
        ("duration_ns", pa.int64()),
        ("state", pa.string()),
        ("status_code", pa.string()),
        ("status_message", pa.string()),
        ("service", pa.string()),
        ("host", pa.string()),
        ("pid", pa.int32()),
        ("writer", pa.string()),
        ("seq", pa.int64()),
        ("attributes", pa.string()),
        ("time", _TIME),
    ]
)
"""The columns of `spans`."""

LOGS: Final = _schema(
    [
        ("openid", pa.string()),
        ("stamp", pa.int64()),
        ("nonce", pa.string()),
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("layer", pa.string()),
        ("module", pa.string()),
        ("time_ns", pa.int64()),
        ("severity", pa.string()),
        ("event", pa.string()),
        ("logger", pa.string()),
        ("service", pa.string()),
        ("host", pa.string()),
        ("pid", pa.int32()),
        ("writer", pa.string()),
        ("seq", pa.int64()),
        ("attributes", pa.string()),
        ("time", _TIME),
    ]
)
"""The columns of `logs`."""

SCHEMAS: Final[Mapping[str, pa.Schema]] = {paths.SPANS: SPANS, paths.LOGS: LOGS}
"""The schema of each table, by its folder's name."""

SORTED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    paths.SPANS: ("openid", "stamp", "trace_id", "start_ns"),
    paths.LOGS: ("openid", "stamp", "trace_id", "time_ns"),
}
"""The columns by which the rows of each table are sorted; nulls last."""

STATES: Final = ("closed", "crashed", "open")
"""What a span can be, the best known first: of rows with the same (writer, seq) the first of these holds."""


@dataclass(frozen=True, slots=True)
class FileWriter:
    """
    What a file holds of one writer.

    `first_ns` and `last_ns` are the earliest start and the latest end of its rows; `dropped` is
    how many records the writer had lost, in all its life, when the file was made.
    """

    writer: str
    host: str
    pid: int
    first_ns: int
    last_ns: int
    records: int
    dropped: int


@dataclass(frozen=True, slots=True)
class FileMetadata:
    """
    What a file of the store says of itself.

    `inputs` are the names of the files, in the same folder, whose rows this one holds.
    `compact` makes its output visible first and removes the inputs after it; so a reader
    takes the footer of every file in a folder, and leaves out each that another one names.
    """

    writers: tuple[FileWriter, ...] = ()
    inputs: tuple[str, ...] = ()


def metadata(writers: Sequence[FileWriter], inputs: Sequence[str] = ()) -> dict[bytes, bytes]:
    """Return the metadata of a file with rows of *writers*, made from the files *inputs*."""
    said: dict[str, Any] = {"schema": VERSION, "writers": [asdict(writer) for writer in writers]}
    if inputs:
        said["inputs"] = list(inputs)
    return {KEY: json.dumps(said, separators=(",", ":")).encode()}


def read_metadata(path: str, raw: Mapping[bytes, bytes] | None) -> FileMetadata:
    """
    Read what a file says of itself; a file of somebody else, which says nothing, is sound.

    Args:
        path: The file, for the error's message.
        raw: Its metadata, as pyarrow has it.

    Raises:
        StoreDamaged: The schema is newer than `VERSION`, or the JSON is none.
    """
    text = (raw or {}).get(KEY)
    if text is None:
        return FileMetadata()
    try:
        said = json.loads(text)
        version = int(said.get("schema", VERSION))
        writers = tuple(_file_writer(entry) for entry in said.get("writers", ()))
        inputs = tuple(str(name) for name in said.get("inputs", ()))
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreDamaged(path, f"its metadata {KEY.decode()!r} is not as documented ({error})") from error
    if version > VERSION:
        raise StoreDamaged(path, f"it has schema {version}, this wxtrace knows {VERSION}; upgrade wxtrace")
    return FileMetadata(writers, inputs)


def _file_writer(entry: Mapping[str, Any]) -> FileWriter:
    return FileWriter(
        writer=str(entry.get("writer", "")),
        host=str(entry.get("host", "")),
        pid=int(entry.get("pid", 0)),
        first_ns=int(entry.get("first_ns", 0)),
        last_ns=int(entry.get("last_ns", 0)),
        records=int(entry.get("records", 0)),
        dropped=int(entry.get("dropped", 0)),
    )
