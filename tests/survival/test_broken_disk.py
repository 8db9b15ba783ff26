"""Disks that are full, gone, read-only or back again: every request is answered, and what is dropped is counted."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from itertools import count

import pytest
from survival_kit import PATIENCE, act, grown_up, put_in_place_of, serving, until
from survival_ledger import rows

from wxtrace.seal.seal import seal
from wxtrace.store import paths
from wxtrace.store.journals import writers

RECORDS = {"/push": 16, "/flood": 1004}
"""Records of one push, by its path: spans and log lines."""
BOUND = 18 << 20
QUIET = {"PACE": "0", "WXTRACE_WATCH": "0"}
"""What a watchdog sees on a busy machine is records too: they would be dropped, and counted, beside the app's."""


class Disk:
    """A small disk in memory, mounted on *folder*."""

    def __init__(self, folder):
        self.folder = folder

    def mount(self, options):
        """Mount it, or mount it again with other options."""
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        return subprocess.run(command, capture_output=True, text=True)


class Sender:
    """Sends pushes to a server, and keeps count of the replies and of the records that the app made."""

    def __init__(self, server, store):
        self.server, self.store, self.numbers = server, store, count(1)
        self.replies, self.records = Counter(), 0

    def send(self, pushes, path="/push"):
        """Send so many pushes at once, wait until they are over, and return their openids."""
        openids = {f"o{next(self.numbers)}" for _ in range(pushes)}
        self.replies += self.server.crowd(sorted(openids), path)
        self.records += pushes * RECORDS[path]
        until(lambda: openids <= self.server.ledger.openids("done"))
        return openids

    def flood(self):
        """Send log lines until some are dropped."""
        until(lambda: self.send(5, "/flood") and self.dropped())

    def dropped(self):
        """Return how many records the writers say they dropped."""
        return sum(writer.dropped for writer in writers(paths.journal_folder(str(self.store))))

    def has_recorded(self, openids):
        """Say whether all records of some pushes are there."""
        if not (self.store / "journal").is_dir():
            return False
        found = rows(self.store)
        seen = Counter(row.openid for row in (*found.spans, *found.logs))
        return all(seen[openid] == RECORDS["/push"] for openid in openids)

    def records_again(self):
        """Send pushes until one is recorded, with all its records."""
        until(lambda: self.has_recorded(self.send(1)))

    def unaccounted(self):
        """Return how many records were neither found nor counted as dropped."""
        found = rows(self.store)
        return self.records - len(found.spans) - len(found.logs) - found.evidence.dropped

    def every_record_is_accounted_for(self):
        """Say whether each record was found, or counted as dropped."""
        return self.unaccounted() == 0

    def everyone_was_answered(self):
        """Say whether each push got its reply."""
        return {200} == set(self.replies)


@pytest.fixture(name="disk")
def _disk(tmp_path):
    if shutil.which("mount") is None:
        pytest.skip("no disk can be mounted here: there is no command for it")
    disk = Disk(tmp_path / "disk")
    disk.folder.mkdir()
    done = disk.mount("size=8m")
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk.folder)], check=True)


@pytest.fixture(name="store")
def _store(tmp_path):
    return tmp_path / "store"


@pytest.fixture(name="sender")
def _sender(store):
    with serving(store, **QUIET) as server:
        yield Sender(server, store)


@pytest.fixture(name="full")
def _full(disk, tmp_path):
    """A sender whose disk has become full: the first segment fits on it, and no other."""
    with serving(tmp_path / "app", WXTRACE_STORE=str(disk.folder), **QUIET) as server:
        sender = Sender(server, disk.folder)
        sender.flood()
        yield sender


def test_a_full_disk_costs_records_that_are_counted_and_no_reply(full, disk):
    """
    Every push is answered, every record is found or counted, and the app's own files still have room.
    """
    full.send(50)

    assert full.everyone_was_answered()
    assert until(full.every_record_is_accounted_for)
    assert shutil.disk_usage(disk.folder).free > 3 << 20


def test_recording_goes_on_when_the_disk_has_room_again(full, disk):
    """
    A disk that was full and is no more takes records again, in the same process; what was lost stays counted.
    """
    disk.mount("remount,size=64m")
    full.records_again()

    assert full.everyone_was_answered()
    assert until(full.every_record_is_accounted_for)


def test_a_disk_that_is_full_at_start_and_has_room_later(disk, tmp_path):
    """
    Where not even a first segment fits, records are counted until there is room; there a start counts as well.
    """
    filler = disk.folder / "filler"
    filler.write_bytes(bytes(7 << 20))
    with serving(tmp_path / "app", WXTRACE_STORE=str(disk.folder), **QUIET) as server:
        sender = Sender(server, disk.folder)
        sender.send(50)
        filler.unlink()
        disk.mount("remount,size=64m")
        sender.records_again()

        assert sender.everyone_was_answered()
        assert until(lambda: sender.unaccounted() <= 0)


def test_a_disk_that_is_read_only_at_start_and_writable_later(disk, tmp_path):
    """
    While nothing can be written every push is answered and every record counted; then it is recorded.
    """
    disk.mount("remount,ro")
    with serving(tmp_path / "app", WXTRACE_STORE=str(disk.folder), **QUIET) as server:
        sender = Sender(server, disk.folder)
        sender.send(50)
        disk.mount("remount,rw")
        sender.records_again()

        assert sender.everyone_was_answered()
        assert until(sender.every_record_is_accounted_for)


def test_a_file_in_the_way_at_start_that_is_taken_away_later(store, sender):
    """
    Where the store cannot be made, every push is answered; once it can, it is, and the lost records are counted.
    """
    store.write_text("not a folder")
    sender.send(50)
    store.unlink()
    sender.records_again()

    assert sender.everyone_was_answered()
    assert until(sender.every_record_is_accounted_for)


@pytest.mark.parametrize(
    "victim",
    ["", "journal/*-*", "journal/*-*/000001.wxj", "journal/*-*/00000*", "journal/*-*/open-0001"],
    ids=["store", "writer's folder", "segment", "segments", "table"],
)
def test_what_is_deleted_under_the_writer_comes_back(store, sender, victim):
    """
    Whatever part of the journal is deleted while the app records, no reply and no record is lost.
    """
    before = sender.send(20)
    for path in list(store.glob(victim)) if victim else [store]:
        delete(path)
    after = sender.send(20)

    assert until(lambda: sender.has_recorded(before | after))
    assert sender.everyone_was_answered()
    assert [0] == [writer.dropped for writer in writers(paths.journal_folder(str(store)))]


def delete(path):
    """Delete a file, or a folder with all that is in it, also with what its writer makes again in between."""
    if path.is_file():
        path.unlink()
    else:
        until(lambda: shutil.rmtree(path, ignore_errors=True) or not path.exists())


def test_a_journal_that_is_moved_away_for_a_while(store, sender):
    """
    With a file where its folder was, the app goes on; when the way is free, so does the journal.
    """
    before = sender.send(20)
    put_in_place_of(store / "journal")
    meanwhile = sender.send(20)
    (store / "journal").unlink()

    assert until(lambda: sender.has_recorded(before | meanwhile))
    assert sender.everyone_was_answered()


def test_the_bound_of_the_journals_is_kept(store):
    """
    With the bound reached records are dropped and counted; with the journal sealed there is room, and it goes on.
    """
    with serving(store, WXTRACE_JOURNAL_MAX_BYTES=str(BOUND), **QUIET) as server:
        sender = Sender(server, store)
        sender.flood()
        taken = sum(path.stat().st_size for path in store.glob("journal/*/*"))
        seal(str(store))
        sender.records_again()

        assert taken <= BOUND
        assert sender.everyone_was_answered()
        assert until(sender.every_record_is_accounted_for)


def test_a_journal_in_trouble_closes_no_file_of_the_app(store):
    """
    While its folder cannot be made again, it lets go of its own lock, once, and of nothing else.
    """
    with grown_up(act("obstructed"), store) as process:
        told, _ = process.communicate(timeout=PATIENCE)

    assert b"the app's file is still open\n" == told
