"""
How far the journals of a host are sealed, and what a pass is about to do: the file `sealed.json`.

It is replaced whole, by a rename, and synced before anything builds on it.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from wxtrace.errors import StoreDamaged
from wxtrace.store import paths

VERSION: Final = 1
"""The version of the file's form."""


@dataclass(frozen=True, slots=True)
class Position:
    """
    Everything of a writer before here is in Parquet.

    `gone` says that the writer is dead and all of it is sealed: only its folder is still to go.
    """

    segment: int = 1
    offset: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes *start* to *end* of a writer's segment."""

    writer: str
    segment: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Intent:
    """
    What a pass is about to write; done again, to the same names, if it does not get to the end.

    Attributes:
        ranges: The bytes that go to Parquet.
        closing: Dead writers of which nothing is left after this.
        outputs: The files, relative to the store.
        offsets: Where each of the writers stands when all is written.
        skipped: How many damaged records have been passed over by then, for each writer that has some.
    """

    ranges: tuple[Range, ...]
    closing: tuple[str, ...]
    outputs: tuple[str, ...]
    offsets: Mapping[str, Position]
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """
    How far the journals are sealed.

    `begun` holds, for each writer, the records of spans that are in Parquet as `open`, by seq:
    if the writer dies before they end, they become `crashed`. `skipped` counts, for each writer,
    the damaged records that were passed over.
    """

    offsets: Mapping[str, Position] = field(default_factory=dict)
    begun: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict)
    intent: Intent | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)


def load(journal: Path) -> Progress:
    """
    Read how far *journal* is sealed; from the beginning, if nothing says otherwise.

    Raises:
        StoreDamaged: The file is there and cannot be understood.
    """
    path = journal / paths.SEALED
    try:
        said = json.loads(path.read_bytes())
        if said["version"] > VERSION:
            raise StoreDamaged(str(path), f"it has version {said['version']}, this wxtrace knows {VERSION}")
        return _progress(said)
    except FileNotFoundError:
        return Progress()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreDamaged(str(path), f"it is not as documented ({error!r})") from error


def save(journal: Path, progress: Progress) -> None:
    """Put *progress* in the place of what was there, and sync it."""
    path = journal / paths.SEALED
    half = path.with_name(".tmp-" + path.name)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(json.dumps(_said(progress), separators=(",", ":")).encode())
        file.flush()
        os.fsync(descriptor)
    os.replace(half, path)
    sync_folder(journal)


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _said(progress: Progress) -> dict[str, Any]:
    intent = progress.intent
    return {
        "version": VERSION,
        "offsets": _positions_said(progress.offsets),
        "begun": {
            writer: {str(seq): b64encode(record).decode() for seq, record in records.items()}
            for writer, records in progress.begun.items()
            if records
        },
        **({"skipped": dict(progress.skipped)} if progress.skipped else {}),
        "intent": intent
        and {
            "ranges": [[part.writer, part.segment, part.start, part.end] for part in intent.ranges],
            "closing": intent.closing,
            "outputs": intent.outputs,
            "offsets": _positions_said(intent.offsets),
            "skipped": dict(intent.skipped),
        },
    }


def _progress(said: Mapping[str, Any]) -> Progress:
    intent = said.get("intent")
    return Progress(
        offsets=_positions(said["offsets"]),
        begun={
            writer: {int(seq): b64decode(record) for seq, record in records.items()}
            for writer, records in said.get("begun", {}).items()
        },
        intent=intent
        and Intent(
            ranges=tuple(Range(*part) for part in intent["ranges"]),
            closing=tuple(intent["closing"]),
            outputs=tuple(intent["outputs"]),
            offsets=_positions(intent["offsets"]),
            skipped=_counts(intent.get("skipped", {})),
        ),
        skipped=_counts(said.get("skipped", {})),
    )


def _counts(said: Mapping[str, Any]) -> dict[str, int]:
    return {writer: int(count) for writer, count in said.items()}


def _positions_said(positions: Mapping[str, Position]) -> dict[str, dict[str, int | bool]]:
    return {
        writer: {"segment": at.segment, "offset": at.offset} | ({"gone": True} if at.gone else {})
        for writer, at in positions.items()
    }


def _positions(said: Mapping[str, Any]) -> dict[str, Position]:
    return {
        writer: Position(int(at["segment"]), int(at["offset"]), bool(at.get("gone"))) for writer, at in said.items()
    }
