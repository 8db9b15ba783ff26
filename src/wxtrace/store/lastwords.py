"""
The last words of a process: what is left of it in its writer's folder, as records.

Both sides make them: the sealer when it buries a writer, and whoever looks up what is not sealed yet. Of the
same folder both make the same ones, down to their numbers.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from wxtrace.record import IN_REQUEST, KINDS, NO_STAMP, OPEN, PackedPlace, PackedTag, Unpacked, logged
from wxtrace.store import paths
from wxtrace.store.oom import kills_since
from wxtrace.store.stacks import HEADER_SIZE, Frame, Words, header_of, read

DIED: Final = "wxtrace.died"
LOGGER: Final = "wxtrace.watch"
"""Event and logger of the records."""

LAST: Final = 1 << 52
"""The seq of such a record is that of its request's access span and this: behind all that the process wrote."""

OUT_OF_MEMORY: Final = "out of memory"
"""The cause where no word is left, and the kernel has killed for memory since."""

MAX_BYTES: Final = 16 << 10
"""Bytes of a record's attributes."""
MAX_TOLD: Final = 256
"""Requests of a process that get such a record; the first `_WITH_THREADS` of them with the other threads."""

_MAX_FILE: Final = 4 << 20
_COARSE_NS: Final = 20_000_000
"""The time of a file is that of the kernel's last tick."""
_WITH_THREADS: Final = 32
_FRAME_LIMITS: Final = (40, 20, 10, 5, 2)


def words_of(folder: Path, begun: Iterable[Unpacked], *, alive: bool) -> Words | None:
    """
    Return the last words of a writer; None where it left none.

    Args:
        folder: The writer's.
        begun: The spans that it had open.
        alive: Its process still runs: then only what holds it is told, and a death in progress.
    """
    path = folder / paths.STACKS
    try:
        with path.open("rb") as file:
            content, time_ns = file.read(_MAX_FILE), os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None
    header = header_of(content)
    words = read(content[HEADER_SIZE:].decode("ascii", "replace"), header, time_ns)
    if alive:
        return words
    kills = kills_since(header.kills, socket.gethostname())
    if words is not None:
        return replace(words, kills=kills)
    last_ns = max((record.start_ns for record in begun), default=None)
    return None if kills is None or last_ns is None else Words(last_ns, OUT_OF_MEMORY, "SIGKILL", kills=kills)


def is_access(record: Unpacked) -> bool:
    """Say whether *record* is the access span of a request that has not ended."""
    return record.type == OPEN and record.layer == "access" and KINDS[record.kind : record.kind + 1] == ("SERVER",)


def died(words: Words, begun: Iterable[Unpacked], ended: Collection[int] = ()) -> list[bytes]:
    """
    Return the records that tell of a death: one for each request that was in flight then.

    Args:
        words: What the process left.
        begun: Spans that have begun.
        ended: The seqs of those among them that have ended.
    """
    known = {record.seq: record for record in begun if is_access(record) and record.seq not in ended}
    oldest = sorted(known.values(), key=lambda record: (record.start_ns, record.seq))
    in_flight = [record for record in oldest if record.start_ns <= words.time_ns + _COARSE_NS][:MAX_TOLD]
    whole, brief = _attributes(words), _attributes(replace(words, threads=()))
    return [_died(record, words, whole if at < _WITH_THREADS else brief) for at, record in enumerate(in_flight)]


def _died(record: Unpacked, words: Words, attributes: bytes) -> bytes:
    tag = PackedTag(
        record.openid.encode(), NO_STAMP if record.stamp is None else record.stamp, record.nonce.encode()
    )
    place = PackedPlace(0, record.layer.encode(), record.module.encode(), DIED.encode(), LOGGER.encode(), b"error")
    return logged(
        LAST + record.seq,
        words.time_ns,
        record.trace_id,
        record.span_id,
        tag,
        place,
        record.flags & IN_REQUEST,
        attributes,
    )


def _attributes(words: Words) -> bytes:
    """Return what is told of a death, as JSON; of long stacks the innermost frames, as many as fit."""
    data = b""
    for limit in _FRAME_LIMITS:
        told: dict[str, Any] = {"cause": words.cause, "signal": words.signal, "frames": _told(words.frames, limit)}
        told["threads"] = [{"thread": one.ident, "frames": _told(one.frames, limit)} for one in words.threads]
        if words.kills is not None:
            told["oom"] = {"of": words.kills.of, "kills": words.kills.kills}
        data = json.dumps(told, separators=(",", ":")).encode()
        if len(data) <= MAX_BYTES:
            break
    return data


def _told(frames: Sequence[Frame], limit: int) -> list[dict[str, Any]]:
    return [
        {"function": one.function, "file": one.file, "line": one.line, "own": one.own} for one in frames[-limit:]
    ]
