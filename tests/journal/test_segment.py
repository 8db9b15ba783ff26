"""What records are appended to: pre-written mapped files, and files that a thread writes."""

from __future__ import annotations

import errno
import os
import threading

import pytest
from journal_maker import span

from wxtrace.journal import segment as room
from wxtrace.journal.segment import Mapped, Queued
from wxtrace.record import frames

SIZE = 4096
HEAD, RECORDS = span(0), [span(seq) for seq in range(1, 40)]


@pytest.fixture(name="path")
def a_path(tmp_path):
    """Where a segment is to be made."""
    return tmp_path / "000001.wxj"


def fill(segment):
    """Append records until no more fits; return them with the head."""
    taken = [HEAD]
    try:
        for record in RECORDS:
            segment.write(record)
            taken.append(record)
    except ValueError:
        return b"".join(taken)
    raise AssertionError("it takes more than its size")


def test_it_is_written_before_it_is_mapped(path):
    """Every page is there from the start, readable by nobody else, and never sparse."""
    Mapped(path, 1 << 20, HEAD)
    stat = path.stat()

    assert (1 << 20, 0o600) == (stat.st_size, stat.st_mode & 0o777)
    assert stat.st_blocks * 512 >= 1 << 20
    assert HEAD + bytes((1 << 20) - len(HEAD)) == path.read_bytes()


@pytest.mark.parametrize("size", [SIZE, (1 << 18) - 1, 1 << 18, (1 << 18) + 1])
def test_its_size_is_exact(path, size):
    """A file has the size that was asked for, whatever it is written in."""
    Mapped(path, size)

    assert bytes(size) == path.read_bytes()


def test_what_is_written_is_in_the_file_at_once(path):
    """A record is read by others when `write` returns; one that does not fit raises and leaves no half."""
    segment = Mapped(path, SIZE, HEAD)
    segment.write(RECORDS[0])
    assert HEAD + RECORDS[0] == path.read_bytes()[: len(HEAD + RECORDS[0])]

    taken = HEAD + RECORDS[0] + fill(segment)[len(HEAD) :]
    assert taken.ljust(SIZE, b"\0") == path.read_bytes()


def test_two_threads_do_not_mix_their_records(path):
    """Records of many threads lie each whole."""
    segment = Mapped(path, 1 << 20)
    threads = [threading.Thread(target=lambda: [segment.write(record) for record in RECORDS]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = path.read_bytes()

    assert sorted(RECORDS * 8) == sorted(content[at : at + length] for at, length in frames(content))


def test_a_segment_that_is_sealed_off(path):
    """A thread that still holds its `write` can append nothing more."""
    segment = Mapped(path, SIZE, HEAD)
    write = segment.write
    segment.seal_off()

    with pytest.raises(ValueError, match="out of range"):
        write(RECORDS[0])
    assert HEAD.ljust(SIZE, b"\0") == path.read_bytes()


def test_a_file_that_is_there_is_not_written_over(path):
    """A segment is made anew or not at all."""
    path.write_bytes(b"another's")

    with pytest.raises(FileExistsError):
        Mapped(path, SIZE)
    with pytest.raises(FileExistsError):
        Queued(path, SIZE)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_leaves_nothing_behind(path, monkeypatch, number):
    """Where the zeros cannot be written the error is told, and the half file is gone."""

    def fail(descriptor, chunks):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(room.os, "writev", fail)

    with pytest.raises(OSError, match=os.strerror(number)):
        Mapped(path, SIZE)
    assert not path.exists()


def test_a_disk_that_takes_a_part(path, monkeypatch):
    """A write that is cut short is gone on with."""
    writev = os.writev
    monkeypatch.setattr(room.os, "writev", lambda descriptor, chunks: writev(descriptor, [chunks[-1][:1000]]))
    Mapped(path, SIZE)

    assert bytes(SIZE) == path.read_bytes()


def put_another(path):
    """Put another file in the place of one."""
    path.with_name("other").write_bytes(b"another's")
    path.with_name("other").replace(path)


def remove_the_folder(path):
    """Put a file in the place of the folder of one."""
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file")


@pytest.mark.parametrize("remove", [os.unlink, put_another, remove_the_folder])
def test_a_file_that_is_gone(path, remove):
    """A file that was deleted or replaced is told from one that is there."""
    segment = Mapped(path, SIZE, HEAD)
    before = segment.is_gone()
    remove(path)

    assert (False, True) == (before, segment.is_gone())


@pytest.mark.parametrize("remove", [os.unlink, put_another])
def test_a_file_that_is_made_again(path, remove):
    """A deleted file comes back with all it held, what was written meanwhile too, and goes on."""
    segment = Mapped(path, SIZE, HEAD)
    segment.write(RECORDS[0])
    remove(path)
    old = segment.write
    move = segment.again()
    old(RECORDS[1])
    move()
    segment.write(RECORDS[2])

    with pytest.raises(ValueError, match="out of range"):
        old(RECORDS[3])
    assert b"".join([HEAD, *RECORDS[:3]]).ljust(SIZE, b"\0") == path.read_bytes()
    assert not segment.is_gone()


def test_a_file_that_cannot_be_made_again(path, monkeypatch):
    """While the disk is full the mapping that there is goes on."""
    segment = Mapped(path, SIZE, HEAD)
    path.unlink()
    monkeypatch.setattr(room, "_prewritten", lambda *arguments: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        segment.again()

    assert len(RECORDS[0]) == segment.write(RECORDS[0])


def finish(segment):
    """Let a queued segment write what waits, and end."""
    segment.seal_off()
    segment._thread.join()


def test_a_queued_file(path):
    """Where pages cannot be mapped, a thread appends the records in order; the file ends with the last one."""
    segment = Queued(path, SIZE, HEAD)
    taken = fill(segment)
    finish(segment)

    assert (taken, 0o600) == (path.read_bytes(), path.stat().st_mode & 0o777)
    assert len(taken) <= SIZE


def test_a_queued_file_that_is_sealed_off(path):
    """What waits is written, and nothing after it."""
    segment = Queued(path, SIZE, HEAD)
    segment.write(RECORDS[0])
    finish(segment)

    with pytest.raises(ValueError, match="full"):
        segment.write(RECORDS[1])
    assert HEAD + RECORDS[0] == path.read_bytes()
