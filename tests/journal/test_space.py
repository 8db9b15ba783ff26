"""How much of the disk the journals may take, and what kind of disk it is."""

from __future__ import annotations

import io
import os
from types import SimpleNamespace

import pytest
from journal_maker import make_writer

from wxtrace.journal import space
from wxtrace.journal.space import can_map, room_for

MIB = 1 << 20
MOUNTS = """\
overlay / overlay rw 0 0
proc /proc proc rw 0 0
/dev/sda1 /srv ext4 rw 0 0
server:/x /srv/nfs nfs4 rw 0 0
/dev/sdb1 /srv/nfs/local xfs rw 0 0
/dev/sdc1 /srv/with\\040blank btrfs rw 0 0
host /srv/over fuse.glusterfs rw 0 0
tank /srv/twice zfs rw 0 0
/dev/sdd1 /srv/twice ext4 rw 0 0
"""


@pytest.fixture(name="disk")
def a_disk(monkeypatch):
    """A disk of 100 GiB in blocks of 4 KiB, of which 10 GiB are free."""
    disk = SimpleNamespace(f_frsize=4096, f_blocks=100 << 18, f_bavail=10 << 18)
    monkeypatch.setattr(space.os, "statvfs", lambda folder: disk)
    monkeypatch.delenv("WXTRACE_JOURNAL_MAX_BYTES", raising=False)
    return disk


def test_there_is_room(tmp_path, disk):
    """On an empty journal and a disk with room nothing is refused."""
    assert "" == room_for(tmp_path, 8 * MIB)


def test_the_bound_of_all_writers(tmp_path, disk, monkeypatch):
    """What all writers of the host hold together may not go beyond the bound."""
    for number in (1, 2):
        make_writer(tmp_path, [], writer=f"web1-{number}-1790000000-0a1b", size=2 * MIB)
    (tmp_path / "sealed.json").write_text("{}")
    taken = sum(path.stat().st_size for path in tmp_path.glob("*/*"))
    monkeypatch.setenv("WXTRACE_JOURNAL_MAX_BYTES", str(taken + 100))

    assert "" == room_for(tmp_path, 100)
    assert "the journals hold 4 MiB of at most 4 MiB (WXTRACE_JOURNAL_MAX_BYTES)" == room_for(tmp_path, 101)


@pytest.mark.parametrize(
    ("free_mib", "total_mib", "refused"),
    [(8, 100, True), (9, 100, False), (263, 100 << 10, True), (264, 100 << 10, False)],
)
def test_a_share_of_the_disk_stays_free(tmp_path, disk, free_mib, total_mib, refused):
    """One per cent of the disk, at most 256 MiB, is left to the app."""
    disk.f_bavail, disk.f_blocks = free_mib << 8, total_mib << 8

    assert (f"only {free_mib} MiB of the disk are free" if refused else "") == room_for(tmp_path, 8 * MIB)


def test_a_folder_that_the_sealer_removes(tmp_path, disk, monkeypatch):
    """A writer's folder that goes while it is measured counts nothing."""
    make_writer(tmp_path, [])
    scandir = os.scandir

    def scan(folder):
        if folder != tmp_path:
            raise FileNotFoundError(folder)
        return scandir(folder)

    monkeypatch.setattr(space.os, "scandir", scan)

    assert "" == room_for(tmp_path, MIB)


def test_no_folder(tmp_path, disk):
    """A journal's folder that is not there is an error of the disk."""
    with pytest.raises(FileNotFoundError):
        room_for(tmp_path / "none", MIB)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/data", True),
        ("/srv/data", True),
        ("/srv/nfs", False),
        ("/srv/nfs/data/deep", False),
        ("/srv/nfs/local", True),
        ("/srv/nfsx", True),
        ("/srv/with blank", False),
        ("/srv/over", False),
        ("/srv/twice", True),
    ],
)
def test_the_kind_of_a_disk(monkeypatch, folder, expected):
    """Pages are mapped on a local disk only, and not where written pages are copied elsewhere."""
    from pathlib import Path

    monkeypatch.setattr("builtins.open", lambda *arguments, **options: io.StringIO(MOUNTS))

    assert expected == can_map(Path(folder))


def test_no_pages_are_mapped_elsewhere(monkeypatch, tmp_path):
    """On platforms where it is not known to hold, a thread writes."""
    monkeypatch.setattr(space.sys, "platform", "darwin")

    assert not can_map(tmp_path)
