"""
What of a journal is no record any more, and may have been what is looked for.

Here every record that is not sealed is checked; it is asked only when nothing was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wxtrace.scan.unsealed import segments
from wxtrace.store import paths
from wxtrace.store.journals import JournalWriter, damaged_bytes
from wxtrace.store.sealed import Position


def damage(writer: JournalWriter, sealed: Position) -> Iterator[str]:
    """Yield a sentence for each file of *writer* that is damaged behind *sealed*."""
    if writer.problem is not None and writer.folder.is_dir():
        yield f"{writer.folder / paths.WRITER} cannot be read ({writer.problem}): what was dropped is not known."
    for path, start in segments(writer, sealed):
        lost = _lost(path, start)
        if lost:
            yield f"{path} is damaged: {lost} bytes of it are no record; the rest is read."
    torn = 0 if writer.alive else writer.torn_slots()
    if torn:
        yield f"{writer.folder} is damaged: {torn} of its open spans cannot be read; the rest is."


def _lost(path: Path, start: int) -> int:
    """Return how many bytes are lost; what looks so is read once more, as it may have been in the making."""
    lost = 0
    for _ in range(2):
        try:
            lost = damaged_bytes(path.read_bytes(), start, tail=True)
        except OSError:
            return 0  # the sweep names it, or it is sealed since
        if not lost:
            break
    return lost
