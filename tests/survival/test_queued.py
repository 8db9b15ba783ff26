"""The journal where mapped pages cannot be trusted: a thread appends to plain files."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest
from journal_maker import log, span
from survival_kit import PATIENCE, act, grown_up, until
from survival_ledger import rows

from wxtrace.journal import journal as room
from wxtrace.journal.segment import Queued
from wxtrace.record import LOG, META, OPEN, SPAN, frames, unpack
from wxtrace.store.journals import damaged_bytes, writers

WAITING = Queued.MAX_WAITING - 1
"""Records that may wait while the disk takes nothing; one more is the segment's head."""


class Gate:
    """Stands in for `os.write`: holds back what goes to one file, or lets it fail, until it is opened."""

    def __init__(self, name):
        self.name, self.is_open, self.write = name, threading.Event(), os.write
        self.problems = []

    def __call__(self, descriptor, content):
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(self.name):
            if self.problems:
                return self.problems.pop(0)(descriptor, content)
            self.is_open.wait(PATIENCE)
        return self.write(descriptor, content)


@pytest.fixture(autouse=True)
def _not_mapped(monkeypatch):
    monkeypatch.setattr(room, "can_map", lambda folder: False)


@pytest.fixture(name="gate")
def _gate(monkeypatch):
    gate = Gate("000001.wxj")
    monkeypatch.setattr(os, "write", gate)
    yield gate
    gate.is_open.set()


def found(root, *types):
    """Return the seqs of the records of some types that a reader finds, segment by segment."""
    (writer,) = writers(root)
    segments = [path.read_bytes() for path in writer.segments()]
    assert [0] * len(segments) == [damaged_bytes(segment) for segment in segments]
    records = [[unpack(segment, at) for at, _ in frames(segment)] for segment in segments]
    return [[record.seq for record in segment if record.type in types] for segment in records]


def seqs(root, *types):
    """Return all seqs of some types in the order of the segments."""
    return [seq for segment in found(root, *types) for seq in segment]


def test_what_is_appended_is_read_in_order(tmp_path):
    """
    Spans and log lines are in the file soon after they were handed over.
    """
    journal = room.Journal(tmp_path, "queued")
    for seq in range(1, 101):
        journal.append(span(seq) if seq % 2 else log(seq))

    until(lambda: list(range(1, 101)) == seqs(tmp_path, SPAN, LOG))


def test_a_span_that_has_begun_is_seen(tmp_path):
    """
    Without a table of open spans the start stands in the file, and the end follows it.
    """
    journal = room.Journal(tmp_path, "queued")
    slot = journal.begin(span(1, kind=OPEN))
    until(lambda: [1] == seqs(tmp_path, OPEN))
    journal.end(slot, span(1))

    until(lambda: [1] == seqs(tmp_path, SPAN))


def test_a_file_that_is_full_is_followed_by_another(tmp_path, monkeypatch):
    """
    Segment follows segment, and each record is in one of them or counted.
    """
    monkeypatch.setattr(room, "SEGMENT_SIZES", (4096, 8192))
    journal, seq = room.Journal(tmp_path, "queued"), 0
    while len(found(tmp_path, SPAN)) < 5:
        seq += 1
        journal.append(span(seq))

    until(lambda: seq == len(seqs(tmp_path, SPAN)) + journal.dropped)
    assert sorted(seqs(tmp_path, SPAN)) == seqs(tmp_path, SPAN)


def test_a_file_is_begun_when_the_one_before_is_whole(tmp_path, monkeypatch, gate):
    """
    While the first file still waits for the disk, the second one has nothing but its head.
    """
    monkeypatch.setattr(room, "SEGMENT_SIZES", (4096, 8192))
    journal = room.Journal(tmp_path, "queued")
    until(lambda: [[], [0]] == found(tmp_path, META))
    for seq in range(1, 51):
        journal.append(span(seq))
    until(lambda: [[], [0], [0]] == found(tmp_path, META)[:3])

    assert [] == seqs(tmp_path, SPAN)
    gate.is_open.set()
    until(lambda: list(range(1, 51)) == seqs(tmp_path, SPAN))


def test_what_cannot_wait_is_dropped_and_counted(tmp_path, gate):
    """
    A disk that takes nothing costs what is beyond the queue, never a pause; the count is told.
    """
    journal = room.Journal(tmp_path, "queued")
    for seq in range(1, WAITING + 11):
        journal.append(log(seq))

    assert 10 == journal.dropped
    until(lambda: [10] == [writer.dropped for writer in writers(tmp_path)])
    gate.is_open.set()
    until(lambda: list(range(1, WAITING + 1)) == seqs(tmp_path, LOG))


def test_a_disk_that_fails_is_tried_again(tmp_path, gate):
    """
    An error, or half a record written, costs nothing: the rest is written when the disk takes it.
    """

    def full(descriptor, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    gate.problems = [full, lambda descriptor, content: gate.write(descriptor, content[:7]), full]
    gate.is_open.set()
    journal = room.Journal(tmp_path, "queued")
    journal.append(span(1))

    until(lambda: [1] == seqs(tmp_path, SPAN))


def test_it_goes_on_when_its_file_was_deleted(tmp_path):
    """
    A deleted file is made anew; what comes then is recorded.
    """
    journal, made = room.Journal(tmp_path, "queued"), iter(range(1, 10**6))
    (segment,) = until(lambda: writers(tmp_path)[0].segments()[:1])
    segment.unlink()
    until(segment.exists)
    journal.append(span(next(made)))

    until(lambda: [1] == seqs(tmp_path, SPAN))


def test_an_app_that_ends_has_written_everything(tmp_path):
    """
    What still waited when the process ended in the usual way is there.
    """
    store = tmp_path / "store"
    with grown_up(act("queued"), store) as process:
        process.communicate(timeout=PATIENCE)

    assert 2000 == sum(row.module == "last" for row in rows(Path(store)).spans)
