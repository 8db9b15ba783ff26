"""
Journals for tests: a writer's folder in its documented form, whole, torn or damaged, dead or alive.

Every record is made by `wxtrace.record`, so that a test stands on the form
itself and not on the writer that usually makes it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wxtrace import record
from wxtrace.store import journals, paths

STAMP = 1_790_000_000
"""A Monday, 14:13:20 UTC, 2026-09-21: day=d20260921/hour=h14."""
START_NS = STAMP * 10**9 + 250_000_000
WRITER = "web1-4242-1790000000-0a1b"
SEGMENT_SIZE = 1 << 16

_HOLD = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.lockf(fd, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def span(
    seq: int,
    *,
    kind: int = record.SPAN,
    openid: str = "oA",
    stamp: int | None = STAMP,
    nonce: str = "n1",
    start_ns: int | None = None,
    duration_ns: int = 1_000_000,
    trace: int = 1,
    parent: int = 0,
    layer: str = "logic",
    module: str = "reply.menu",
    name: str = "reply",
    span_kind: str = "INTERNAL",
    status: int = record.UNSET,
    message: str = "",
    flags: int = 0,
    attributes: dict[str, Any] | bytes | None = None,
) -> bytes:
    """
    Return a packed span; *kind* is `record.SPAN`, or `record.OPEN` for one that has only begun.

    Its span id is its *seq*, big-endian; *parent* is a seq too (0: none). It starts *seq*
    microseconds after `START_NS` unless *start_ns* says otherwise.
    """
    start = START_NS + seq * 1000 if start_ns is None else start_ns
    begin = record.began(
        seq,
        start,
        trace.to_bytes(16, "big"),
        seq.to_bytes(8, "big"),
        parent.to_bytes(8, "big"),
        _tag(openid, stamp, nonce),
        record.PackedPlace(record.KINDS.index(span_kind), layer.encode(), module.encode(), name.encode()),
    )
    end = record.NO_STAMP if kind == record.OPEN else start + duration_ns
    return record.finished(kind, begin, end, status, flags, message.encode(), _json(attributes))


def log(
    seq: int,
    *,
    openid: str = "oA",
    stamp: int | None = STAMP,
    nonce: str = "n1",
    time_ns: int | None = None,
    trace: int = 1,
    span_id: int = 1,
    layer: str = "logic",
    module: str = "reply.menu",
    event: str = "menu.clicked",
    logger: str = "app.menu",
    severity: str = "info",
    flags: int = 0,
    attributes: dict[str, Any] | bytes | None = None,
) -> bytes:
    """Return a packed log line; *trace* 0 is none, *span_id* is the span's seq."""
    begin = record.began(
        seq,
        START_NS + seq * 1000 if time_ns is None else time_ns,
        trace.to_bytes(16, "big"),
        span_id.to_bytes(8, "big"),
        bytes(8),
        _tag(openid, stamp, nonce),
        record.PackedPlace(0, layer.encode(), module.encode(), event.encode(), logger.encode(), severity.encode()),
    )
    return record.finished(record.LOG, begin, flags=flags, attributes=_json(attributes))


def _tag(openid: str, stamp: int | None, nonce: str) -> record.PackedTag:
    return record.PackedTag(openid.encode(), record.NO_STAMP if stamp is None else stamp, nonce.encode())


def meta(writer: str, host: str, pid: int, service: str, segment: int) -> bytes:
    """Return the record that begins every segment."""
    described = {
        "version": 1,
        "writer": writer,
        "host": host,
        "pid": pid,
        "service": service,
        "start_ns": START_NS,
        "segment": segment,
    }
    nowhere = record.PackedPlace(0, b"", b"", b"meta")
    begin = record.began(0, START_NS, bytes(16), bytes(8), bytes(8), record.PackedTag(), nowhere)
    return record.finished(record.META, begin, attributes=json.dumps(described).encode())


def make_writer(
    journal: Path,
    *segments: Sequence[bytes],
    writer: str = WRITER,
    service: str = "wx-callback",
    dropped: int = 0,
    begun: Sequence[bytes] = (),
    size: int = SEGMENT_SIZE,
    first: int = 1,
) -> Path:
    """
    Make the folder of a writer in *journal*, and return it; nobody holds its lock.

    Args:
        journal: The folder of the journals; made if it is not there.
        segments: The records of each segment, oldest segment first; anything may stand
            among them: half a record is a torn one.
        writer: ``<host>-<pid>-<start>-<4 hex>``.
        dropped: What its counter of dropped records says.
        begun: OPEN records, which go into the table of open spans.
        size: Bytes of a segment at least; the rest is zeros.
        first: Number of the first segment.
    """
    folder = journal / writer
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    host, pid = writer.rsplit("-", 3)[0], int(writer.rsplit("-", 3)[1])
    described = {"version": 1, "writer": writer, "host": host, "pid": pid, "service": service, "start_ns": START_NS}
    head = json.dumps(described).encode().ljust(journals.COUNTERS_AT, b"\0")
    (folder / paths.WRITER).write_bytes((head + journals.COUNTERS.pack(dropped)).ljust(4096, b"\0"))
    (folder / paths.LOCK).touch()
    table = b"".join(record_.ljust(journals.SLOT_SIZE, b"\0") for record_ in begun)
    (folder / paths.open_name(1)).write_bytes(table.ljust(journals.SLOT_SIZE * (len(begun) + 4), b"\0"))
    for number, records in enumerate(segments, first):
        content = meta(writer, host, pid, service, number) + b"".join(records)
        (folder / paths.segment_name(number)).write_bytes(content.ljust(size, b"\0"))
    return folder


def append(folder: Path, number: int, *records: bytes) -> None:
    """Put *records* behind what is in a segment, as a writer that still lives does."""
    path = folder / paths.segment_name(number)
    content = path.read_bytes()
    used = max((offset + length for offset, length in record.frames(content)), default=0)
    added = b"".join(records)
    path.write_bytes(content[:used] + added + content[used + len(added) :])


@contextmanager
def living(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Have the lock of a writer's folder held by another process, as if that writer lived; yield that process."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder / paths.LOCK)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


def _json(attributes: dict[str, Any] | bytes | None) -> bytes:
    if isinstance(attributes, bytes):
        return attributes
    return json.dumps(attributes).encode() if attributes else b""
