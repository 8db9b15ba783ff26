"""A process' journal, its keeper's work done step by step."""

from __future__ import annotations

import shutil
import threading

import pytest
from journal_maker import log, span

from wxtrace.journal import claim as claiming
from wxtrace.journal import journal as room
from wxtrace.journal.claim import Claim
from wxtrace.journal.journal import Journal
from wxtrace.record import META, OPEN
from wxtrace.store.journals import SLOT_SIZE, records, rows, writers

SMALL, LARGE = 4096, 8192


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    """Small segments and tables, no waiting, and a keeper that works only when it is called."""
    monkeypatch.setattr(room, "SEGMENT_SIZES", (SMALL, LARGE))
    monkeypatch.setattr(room, "SLOTS", (4, 8, 16))
    monkeypatch.setattr(room, "_FEW_SLOTS", 2)
    monkeypatch.setattr(room, "_SPARE_WHEN_BUSY", 1)
    monkeypatch.setattr(Journal, "_pause", lambda journal, seconds, wanted: None)
    monkeypatch.setattr(Journal, "_keep", lambda journal: None)
    monkeypatch.delenv("WXTRACE_JOURNAL_MAX_BYTES", raising=False)


@pytest.fixture(name="journal")
def a_journal(tmp_path):
    """A journal."""
    journal = Journal(tmp_path, "wx-test")
    yield journal
    journal.abandon()


def read(root):
    """Return the one writer, and its records but for the segments' heads, as a reader finds them."""
    (writer,) = writers(root)
    begun = writer.begun()
    found = [record for path in writer.segments() for record in records(path.read_bytes())]
    return writer, [record for record in [*begun, *found] if record.type != META]


def seqs(root):
    """Return the running numbers of all records."""
    return sorted(record.seq for record in read(root)[1])


def test_what_is_appended_is_read_at_once(tmp_path, journal):
    """A record is in the journal when `append` returns, with the writer's name, host, process and service."""
    journal.append(span(1))
    journal.append(log(2))
    writer, found = read(tmp_path)
    (row,), (line,) = rows(found, writer)

    assert (1, 2, "wx-test", writer.writer, True) == (row.seq, line.seq, row.service, line.writer, writer.alive)
    assert (0o700, 0o600) == (
        writer.folder.stat().st_mode & 0o777,
        (writer.folder / "lock").stat().st_mode & 0o777,
    )


def test_every_segment_says_whose_it_is(tmp_path, journal):
    """A segment begins with a record that describes it."""
    journal._tend()
    (writer,) = writers(tmp_path)
    heads = [next(records(path.read_bytes())) for path in writer.segments()]

    assert [META, META] == [head.type for head in heads]
    assert ['"segment": 1', '"segment": 2'] == [head.attributes[-14:-1].lstrip() for head in heads]
    assert all(f'"writer": "{writer.writer}"' in head.attributes for head in heads)


def test_a_full_segment_is_followed_by_the_next(tmp_path, journal):
    """When a segment is full the next one, which is prepared, takes over; not a record is lost or torn."""
    for seq in range(1, 60):
        journal.append(span(seq))
        journal._tend()

    assert ([*range(1, 60)], 0) == (seqs(tmp_path), journal.dropped)
    assert [SMALL, LARGE] == [path.stat().st_size for path in read(tmp_path)[0].segments()][:2]


def test_where_none_is_ready_records_are_dropped_and_counted(tmp_path, journal):
    """Without a next segment the app goes on, and what is lost is told where readers see it."""
    for seq in range(1, 60):
        journal.append(span(seq))
    kept = seqs(tmp_path)
    journal._tend()
    journal.append(span(99))

    assert (59, True) == (len(kept) + journal.dropped, journal.dropped > 0)
    assert ([*kept, 99], journal.dropped) == (seqs(tmp_path), read(tmp_path)[0].dropped)


def test_a_record_that_no_segment_holds(tmp_path, journal):
    """A record longer than a segment is dropped and counted, and the next one is kept."""
    journal._tend()
    journal.append(span(1, attributes={"a": "x" * LARGE}))
    journal._tend()
    journal.append(span(2))

    assert ([2], 1) == (seqs(tmp_path), journal.dropped)


def test_many_threads(tmp_path, journal):
    """Records of many threads, over the ends of segments, are all there or counted."""

    def work(first):
        for seq in range(first, first + 50):
            journal.append(span(seq))

    threads = [threading.Thread(target=work, args=(first,)) for first in range(1, 401, 50)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        journal._tend()
    journal._tend()
    found = seqs(tmp_path)

    assert (400, found) == (len(found) + journal.dropped, sorted(set(found)))


def test_a_span_that_has_begun(tmp_path, journal):
    """A span is in the table while it runs, as it was last shown, and in a segment when it has ended."""
    slot = journal.begin(span(1, kind=OPEN))
    begun = read(tmp_path)[1]
    journal.rewrite(slot, span(1, kind=OPEN, openid="oLate"))
    shown = read(tmp_path)[1]
    journal.end(slot, span(1))
    ended = read(tmp_path)[1]

    assert ["oA", "oLate", "oA"] == [record.openid for record in (*begun, *shown, *ended)]
    assert [OPEN, OPEN, 1] == [record.type for record in (*begun, *shown, *ended)]


def test_a_shorter_start_in_a_used_slot(tmp_path, journal):
    """Nothing of the span before is left in a slot."""
    slot = journal.begin(span(1, kind=OPEN, name="n" * 200))
    journal.end(slot, span(1))
    journal.begin(span(2, kind=OPEN, name="n"))

    assert {1, 2} == {record.seq for record in read(tmp_path)[1]}
    assert "n" == read(tmp_path)[1][0].name


def test_slots_are_used_again(tmp_path, journal):
    """However many spans there were, a table of four slots is enough for two at once."""
    for seq in range(1, 40):
        journal._tend()
        journal.end(journal.begin(span(seq, kind=OPEN)), span(seq))

    assert [*range(1, 40)] == seqs(tmp_path)
    assert 1 == len(journal._tables)


def test_more_open_spans_than_slots(tmp_path, journal):
    """Where no slot is free the start goes to the journal, and the keeper adds a table."""
    slots = [journal.begin(span(seq, kind=OPEN)) for seq in range(1, 7)]
    seen = seqs(tmp_path)
    journal._tend()
    slots += [journal.begin(span(seq, kind=OPEN)) for seq in range(7, 10)]

    assert [1, 2, 3, 4, 5, 6] == seen
    assert [False] * 4 + [True] * 2 + [False] * 3 == [slot is None for slot in slots]
    assert [*range(1, 10)] == seqs(tmp_path)


def test_the_tables_are_bounded(tmp_path, journal):
    """No more tables are made than three."""
    for seq in range(1, 60):
        journal.begin(span(seq, kind=OPEN))
        journal._tend()

    assert (3, [*range(1, 60)]) == (len(journal._tables), seqs(tmp_path))


def test_a_start_too_long_for_a_slot(tmp_path, journal):
    """A long start goes to the journal."""
    slot = journal.begin(span(1, kind=OPEN, name="n" * SLOT_SIZE))
    journal.end(slot, span(1))

    assert slot is None
    assert [(1, "n" * SLOT_SIZE), (1, "reply")] == [(record.seq, record.name) for record in read(tmp_path)[1]]


def test_what_is_learned_of_a_span_that_the_journal_took(tmp_path, journal):
    """What a request learns after its start is seen too, where no slot was free for the start."""
    slots = [journal.begin(span(seq, kind=OPEN, openid="")) for seq in range(1, 6)]
    for seq, slot in enumerate(slots, 1):
        journal.rewrite(slot, span(seq, kind=OPEN, openid="oA"))
    writer, found = read(tmp_path)

    assert [None] == [slot for slot in slots if slot is None]
    assert {"oA"} == {row.openid for row in rows(found, writer)[0]}


def test_what_is_learned_of_a_span_is_too_long_for_its_slot(tmp_path, journal):
    """The journal takes what a slot cannot, and the slot does not contradict it; it is used again afterwards."""
    slot = journal.begin(span(1, kind=OPEN, openid=""))
    journal.rewrite(slot, span(1, kind=OPEN, attributes={"user_agent.original": "x" * SLOT_SIZE}))
    (seen,) = read(tmp_path)[1]
    journal.end(slot, span(1))
    again = [journal.begin(span(seq, kind=OPEN)) for seq in range(2, 6)]

    assert "oA" == seen.openid
    assert None not in again


def test_a_span_that_ends_where_a_segment_ends(tmp_path, journal):
    """The record of an ended span is written into the next segment before its start is cleared."""
    journal._tend()
    slots = [journal.begin(span(seq, kind=OPEN)) for seq in range(1, 4)]
    for seq, slot in enumerate(slots, 1):
        journal.end(slot, span(seq, attributes={"a": "x" * 2000}))

    assert [(1, 1), (2, 1), (3, 1)] == sorted((record.seq, record.type) for record in read(tmp_path)[1])


@pytest.mark.parametrize("what", ["000001.wxj", "000002.wxj", "open-0001", "lock", "writer", ""])
def test_what_somebody_deletes_comes_back(tmp_path, journal, what):
    """A file or the folder that is deleted under the writer is made again, with all that it held."""
    journal._tend()
    journal.append(span(1))
    journal.begin(span(2, kind=OPEN))
    folder = read(tmp_path)[0].folder
    files = len(list(folder.iterdir()))
    gone = folder / what
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    journal._tend()
    journal.append(span(3))

    assert ([1, 2, 3], files) == (seqs(tmp_path), len(list(folder.iterdir())))


def test_the_bound_of_the_journals(tmp_path, journal, monkeypatch, caplog):
    """When the journals hold what they may, nothing more is prepared; that is told once, and its end once."""
    monkeypatch.setattr(room, "room_for", lambda root, size: "the journals hold 9 MiB")
    journal._tend()
    for _ in range(3):
        journal._spare.clear()
        with pytest.raises(room.NoRoom):
            journal._tend()
        journal._report("the journals hold 9 MiB")
    journal._report("")
    folder = read(tmp_path)[0].folder

    assert [
        f"wxtrace: no further segment in {folder}: the journals hold 9 MiB",
        f"wxtrace: the journal in {folder} goes on; 0 records were dropped",
    ] == caplog.messages


def test_no_room_from_the_start(tmp_path, monkeypatch):
    """Where there is no room for a first segment every record is dropped and counted, for readers to see."""
    monkeypatch.setattr(room, "room_for", lambda root, size: "only 1 MiB of the disk are free")
    journal = Journal(tmp_path, "wx-test", dropped=5)
    journal.append(span(1))
    journal.end(journal.begin(span(2, kind=OPEN)), span(2))
    with pytest.raises(room.NoRoom):
        journal._tend()
    journal.abandon()

    assert ([], journal.dropped) == (seqs(tmp_path), read(tmp_path)[0].dropped)
    assert journal.dropped >= 7


def test_the_keeper_lives_on(tmp_path, monkeypatch, caplog):
    """Whatever the disk does, the keeper tells it, ticks and tries again."""
    monkeypatch.undo()
    ticked, problems = threading.Event(), iter(["broken", None])

    def tend(journal):
        if problem := next(problems, None):
            raise OSError(problem)

    monkeypatch.setattr(Journal, "_tend", tend)
    monkeypatch.setattr(room, "_TICK_SECONDS", 0.001)
    ticks = []
    journal = Journal(tmp_path, "wx-test", on_tick=lambda: ticks.append(1) or (len(ticks) > 3 and ticked.set()))
    assert ticked.wait(120)
    journal.abandon()

    assert ["no further segment in", "goes on; 0 records"] == [
        part
        for part, message in zip(("no further segment in", "goes on; 0 records"), caplog.messages, strict=True)
        if part in message
    ]


def test_a_folder_that_cannot_be_made(tmp_path):
    """A journal that cannot be made raises, and leaves nothing behind."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        Journal(tmp_path / "file", "wx-test")

    assert [tmp_path / "file"] == list(tmp_path.iterdir())


def test_a_first_segment_that_cannot_be_made(tmp_path, monkeypatch):
    """A disk that fails at the first segment leaves no folder of a writer that never wrote."""
    monkeypatch.setattr(Journal, "_prepare", lambda journal, **options: (_ for _ in ()).throw(OSError("broken")))
    with pytest.raises(OSError, match="broken"):
        Journal(tmp_path, "wx-test")

    assert [] == list(tmp_path.iterdir())


def test_two_journals_of_one_process(tmp_path):
    """Two journals have each a folder of their own, and neither costs the other its lock."""
    first, second = Journal(tmp_path, "one"), Journal(tmp_path, "two")
    alive = [(writer.service, writer.alive) for writer in writers(tmp_path)]
    second.abandon()
    first.append(span(1))
    first.abandon()

    assert [("one", True), ("two", True)] == sorted(alive)


def test_a_claim_that_cannot_be_taken(tmp_path, monkeypatch):
    """Where the folder cannot be locked nothing is left behind, and the claim holds nothing."""
    claim = Claim(tmp_path, "wx-test")
    monkeypatch.setattr(claiming.fcntl, "lockf", lambda *arguments: (_ for _ in ()).throw(OSError("no locks")))
    with pytest.raises(OSError, match="no locks"):
        claim.take(0)

    assert ([], True) == (list(tmp_path.iterdir()), claim.is_lost())


def test_a_child_lets_go(tmp_path, journal):
    """What a forked child lets go of twice is closed once."""
    journal.abandon()
    journal.abandon()

    assert journal._claim.is_lost()


def test_the_app_lets_the_keeper_work(tmp_path, monkeypatch):
    """Where no segment is ready the app gives way a moment, until there is one."""
    monkeypatch.undo()
    monkeypatch.setattr(Journal, "_keep", lambda journal: None)
    journal = Journal(tmp_path, "wx-test")
    given_way = []
    monkeypatch.setattr(room.time, "sleep", lambda seconds: given_way.append(seconds) or journal._stock())
    journal._pause(60, 1)
    journal._pause(60, 1)
    journal.abandon()

    assert 1 == len(given_way)
