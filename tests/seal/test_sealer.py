"""Tests of `wxtrace.seal.sealer`: it stays as long as somebody writes, and no longer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from threading import Timer

from journal_maker import living, make_writer, span
from parquet_rows import column

from wxtrace.seal import place
from wxtrace.seal.sealer import MAX_PAUSE_S, NICE, PAUSE_S, follow
from wxtrace.store import paths

MINE = f"{socket.gethostname()}-{os.getpid()}-1790000000-0a1d"


class Enough(Exception):
    """Ends a loop that would go on."""


def test_it_ends_when_no_writer_lives_and_all_is_sealed(tmp_path):
    """
    With nobody but the dead, one pass does it.
    """
    make_writer(tmp_path / "journal", [span(1)])

    follow(str(tmp_path), modest=False, sleep=_never, keep_days=10**6)

    assert [(1,)] == column(tmp_path, "seq")


def test_it_stays_while_a_writer_lives(tmp_path):
    """
    It looks about every second until the writer is gone, and then seals the rest.
    """
    folder = make_writer(tmp_path / "journal", [span(1)])
    pauses = []
    with living(folder) as holder:

        def sleep(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                holder.kill()
                holder.wait()

        follow(str(tmp_path), modest=False, sleep=sleep, keep_days=10**6)

    assert [PAUSE_S] * 3 == pauses
    assert [(1,)] == column(tmp_path, "seq")


def test_a_broken_store_is_reported_and_tried_again_ever_more_slowly(tmp_path, monkeypatch):
    """
    A full disk ends nothing: it is told, and tried again after longer and longer pauses.
    """
    make_writer(tmp_path / "journal", [span(1)])
    told, pauses = [], []

    def full(*args):
        raise OSError(28, "No space left on device")

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 8:
            monkeypatch.undo()

    monkeypatch.setattr(place.LocalPlace, "put", full)
    follow(str(tmp_path), modest=False, sleep=sleep, report=told.append, keep_days=10**6)

    assert [2.0, 4.0, 8.0, 16.0, 32.0, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S] == pauses
    assert ["wxtrace seal: [Errno 28] No space left on device; trying again"] * 8 == told
    assert [(1,)] == column(tmp_path, "seq")


def test_what_was_damaged_is_told(tmp_path):
    """
    Skipped records are reported with their number.
    """
    make_writer(tmp_path / "journal", [span(1), span(2)[:-1]])
    told = []

    follow(str(tmp_path), modest=False, sleep=_never, report=told.append, keep_days=10**6)

    assert ["wxtrace seal: skipped 1 records cut short, 0 damaged stretches"] == told


def test_old_hours_go_while_it_follows(tmp_path):
    """
    What is too old is removed without anybody asking.
    """
    make_writer(tmp_path / "journal", [span(1)])
    old = tmp_path / "spans" / "day=d20200101" / "hour=h00"
    old.mkdir(parents=True)

    follow(str(tmp_path), modest=False, sleep=_never, keep_days=10**3)

    assert not old.exists()


def test_a_second_follower_goes_away(tmp_path):
    """
    Where one follows already, another ends at once and seals nothing.
    """
    folder = make_writer(tmp_path / "journal", [span(1)])
    (folder / paths.LOCK).unlink()
    (tmp_path / "journal" / paths.SEALER_LOCK).touch()
    (folder / paths.LOCK).symlink_to(tmp_path / "journal" / paths.SEALER_LOCK)

    with living(folder):
        follow(str(tmp_path), modest=False, sleep=_never)

    assert [] == column(tmp_path, "seq")


def test_who_only_looks_at_the_lock_sends_no_follower_away(tmp_path):
    """
    A web process that looks whether somebody follows has the lock for a moment; the follower waits for it.
    """
    make_writer(tmp_path / "journal", [span(1)])
    (tmp_path / "look").mkdir()
    (tmp_path / "look" / paths.LOCK).symlink_to(tmp_path / "journal" / paths.SEALER_LOCK)
    (tmp_path / "journal" / paths.SEALER_LOCK).touch()

    with living(tmp_path / "look") as looker:
        Timer(0.1, looker.kill).start()
        follow(str(tmp_path), sleep=_never, keep_days=10**6)

    assert [(1,)] == column(tmp_path, "seq")


def test_without_a_journal_it_ends_at_once(tmp_path):
    """
    There is nothing to wait for where nobody has ever recorded.
    """
    follow(str(tmp_path / "none"), modest=False, sleep=_never)

    assert [] == list(tmp_path.iterdir())


def test_it_is_a_guest_on_the_machine():
    """
    It runs niced, with one thread of Arrow for work and one for files.
    """
    check = (
        "import os, pyarrow as pa; from wxtrace.seal.sealer import follow; follow('none');"
        "print(os.nice(0), pa.cpu_count(), pa.io_thread_count())"
    )
    before = os.nice(0)
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert f"{max(NICE, before)} 1 1\n" == done.stdout


def _never(seconds):
    raise Enough(seconds)
