"""Tests of `wxtrace.seal.seal`: what was recorded stands in Parquet, once."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from journal_maker import START_NS, WRITER, append, living, log, make_writer, span
from parquet_rows import Crash, column, crash_at, files, rows
from strategies import cut_records

from wxtrace import record
from wxtrace.errors import SealBusy
from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.scan import scan
from wxtrace.seal import stretch
from wxtrace.seal.lock import held
from wxtrace.seal.seal import Sealed, seal
from wxtrace.store import journals, paths, schema, sealed

OTHER = "web1-4343-1790000000-0a1c"
MINE = f"{socket.gethostname()}-{os.getpid()}-1790000000-0a1d"
"""A writer that lives as long as this process does."""


@pytest.fixture(autouse=True)
def _mine(monkeypatch):
    monkeypatch.setattr(journals, "held_here", {(os.getpid(), MINE)})


def test_without_a_store_nothing_is_sealed_and_nothing_is_made(tmp_path):
    """
    To seal a store that is not there does nothing, and leaves nothing behind.
    """
    assert Sealed() == seal(str(tmp_path / "none"))
    assert [] == list(tmp_path.iterdir())


def test_what_a_dead_writer_left_is_in_parquet_and_its_folder_is_gone(tmp_path):
    """
    All of a dead writer is sealed, into one file a table, and then its folder goes.
    """
    make_writer(tmp_path / "journal", [span(1), log(2)], [span(3)])

    assert Sealed(records=3, files=2, writers=1, removed=1) == seal(str(tmp_path))
    assert [(1,), (3,)] == column(tmp_path, "seq")
    assert [(2,)] == column(tmp_path, "seq", table="logs")
    assert [] == [path for path in (tmp_path / "journal").iterdir() if path.is_dir()]


def test_rows_are_those_that_a_reader_of_the_journal_sees(tmp_path):
    """
    A sealed row has in every column what the journal's reader has in that field.
    """
    recorded = [
        span(1, layer="access", module="asgi", span_kind="SERVER", attributes={"url.path": "/回调", "n": 1}),
        span(2, parent=1, status=record.ERROR, message="no route", stamp=None, nonce="", openid="oÄ雪"),
        span(3, kind=record.OPEN),
        log(4, attributes=b'{"a": [1, 2]}', logger=""),
        log(5, trace=0, span_id=0, layer="", module="", openid="", stamp=None, nonce=""),
    ]
    folder = make_writer(tmp_path / "journal", recorded, writer=MINE)
    (writer,) = journals.writers(tmp_path / "journal")
    unpacked = list(journals.records((folder / "000001.wxj").read_bytes()))
    spans, logs = journals.rows(unpacked, writer)

    seal(str(tmp_path))

    assert [_seen(row) for row in spans] == sorted(map(_read, rows(tmp_path, "spans")), key=lambda row: row["seq"])
    assert [_seen(row) for row in logs] == sorted(map(_read, rows(tmp_path, "logs")), key=lambda row: row["seq"])


def test_writers_of_a_host_share_a_file(tmp_path):
    """
    What several writers recorded in the same hour lies in one file, which names them all.
    """
    make_writer(tmp_path / "journal", [span(1)], dropped=3)
    make_writer(tmp_path / "journal", [span(1), span(2)], writer=OTHER)

    seal(str(tmp_path))

    assert 1 == len(files(tmp_path, "spans"))
    assert [(WRITER, 1), (OTHER, 1), (OTHER, 2)] == column(tmp_path, "writer", "seq")


def test_a_living_writer_is_sealed_as_far_as_it_got_and_goes_on_from_there(tmp_path):
    """
    Each pass takes what a living writer has added since the last one, and only that.
    """
    folder = make_writer(tmp_path / "journal", [span(1)], writer=MINE)
    first = seal(str(tmp_path))
    append(folder, 1, span(2), log(3))

    assert (1, 2, 0) == (first.records, seal(str(tmp_path)).records, seal(str(tmp_path)).records)
    assert [(1,), (2,)] == column(tmp_path, "seq")
    assert folder.is_dir()


def test_a_full_segment_of_a_living_writer_goes_when_it_is_sealed(tmp_path):
    """
    Of a living writer only the segment stays that it still writes to.
    """
    folder = make_writer(tmp_path / "journal", [span(1)], [span(2)], writer=MINE)

    seal(str(tmp_path))

    assert ["000002.wxj"] == [path.name for path in folder.glob("*.wxj")]


def test_the_segment_that_is_ready_for_later_does_not_end_the_one_before(tmp_path):
    """
    A living writer goes on in its segment although the next one is there; only a record in that ends the first.
    """
    folder = make_writer(tmp_path / "journal", [span(1)], [], writer=MINE)
    seal(str(tmp_path))
    append(folder, 1, span(2))
    seal(str(tmp_path))
    append(folder, 1, span(3))
    append(folder, 2, span(4))
    seal(str(tmp_path))

    assert [(1,), (2,), (3,), (4,)] == column(tmp_path, "seq")
    assert ["000002.wxj"] == [path.name for path in folder.glob("*.wxj")]


def test_a_writer_that_lives_in_another_process_keeps_its_folder(tmp_path):
    """
    Who holds the lock of its folder lives, and its begun spans are not called crashed.
    """
    folder = make_writer(tmp_path / "journal", [span(1)], begun=[span(2, kind=record.OPEN)])

    with living(folder):
        seal(str(tmp_path))
        assert [(1, "closed")] == column(tmp_path, "seq", "state")
    seal(str(tmp_path))

    assert [(1, "closed"), (2, "crashed")] == column(tmp_path, "seq", "state")


def test_begun_spans_of_a_dead_writer_are_crashed_and_have_no_end(tmp_path):
    """
    A span that was open when its process died is a row without an end, wherever its start was written.
    """
    begun = [span(2, kind=record.OPEN)]
    make_writer(tmp_path / "journal", [span(1), span(3, kind=record.OPEN), span(1, kind=record.OPEN)], begun=begun)

    seal(str(tmp_path))

    expected = [(2, "crashed", None, None), (3, "crashed", None, None)]
    assert expected == [row for row in column(tmp_path, "seq", "state", "end_ns", "duration_ns") if row[0] > 1]
    assert 3 == len(rows(tmp_path))


def test_a_start_that_was_sealed_as_open_crashes_with_its_writer(tmp_path):
    """
    A start in the journal is shown as open while its writer lives, and as crashed when it died, not when it ended.
    """
    started = [span(1, kind=record.OPEN), span(2, kind=record.OPEN)]
    folder = make_writer(tmp_path / "journal", started)
    with living(folder):
        seal(str(tmp_path))
        append(folder, 1, span(2))
    seal(str(tmp_path))

    expected = [(1, "crashed"), (1, "open"), (2, "closed"), (2, "open")]
    assert expected == column(tmp_path, "seq", "state")


def test_a_torn_last_record_of_a_dead_writer_is_skipped_and_counted(tmp_path):
    """
    Half a record at the end of a dead writer's journal costs nothing but itself.
    """
    make_writer(tmp_path / "journal", [span(1), span(2)[:-7]])

    assert Sealed(records=1, files=1, torn=1, writers=1, removed=1) == seal(str(tmp_path))


def test_half_a_record_of_a_living_writer_is_left_until_it_is_whole(tmp_path):
    """
    What a living writer is just writing is taken by the next pass.
    """
    folder = make_writer(tmp_path / "journal", [span(1), span(2)[:-7]], writer=MINE)
    first = seal(str(tmp_path))
    append(folder, 1, span(2))

    assert (1, 0) == (first.records, first.torn)
    assert 1 == seal(str(tmp_path)).records


def test_damage_in_the_middle_costs_only_itself_and_is_counted(tmp_path):
    """
    Of a record with a wrong byte nothing is kept, and of its neighbours everything.
    """
    wrong = bytearray(span(2))
    wrong[-1] ^= 1
    make_writer(tmp_path / "journal", [span(1), bytes(wrong), span(3)])

    assert Sealed(records=2, files=1, damaged=1, writers=1, removed=1) == seal(str(tmp_path))
    assert [(1,), (3,)] == column(tmp_path, "seq")


def _dropped(store):
    """What the newest file of each store says its writers dropped."""
    said = schema.read_metadata("", pq.read_metadata(files(store, "spans")[-1]).metadata)
    return {one.writer: one.dropped for one in said.writers}


def _wrong(seq):
    record_ = bytearray(span(seq))
    record_[-1] ^= 1
    return bytes(record_)


def test_what_was_skipped_counts_as_dropped_once(tmp_path):
    """
    Several passes over a living writer add up what each skipped, to the writer's own drops.
    """
    folder = make_writer(tmp_path / "journal", [span(1), _wrong(2), span(3)], writer=MINE, dropped=5)
    told = []
    for seq in (4, 6, 8):
        seal(str(tmp_path))
        told.append(_dropped(tmp_path)[MINE])
        append(folder, 1, *([_wrong(seq)] if seq == 6 else []), span(seq + 1))
    seal(str(tmp_path))

    assert [6, 6, 7, 7] == [*told, _dropped(tmp_path)[MINE]]


def test_damage_behind_a_held_record_is_counted_by_the_pass_that_takes_it(tmp_path):
    """
    What a pass leaves for later, it does not count.
    """
    now = time.time_ns()
    old = span(1, start_ns=now - 2 * stretch.DUE_NS)
    waiting = span(2, start_ns=now, openid="", trace=5, flags=record.IN_REQUEST)
    make_writer(tmp_path / "journal", [old, _wrong(7), waiting, _wrong(8), span(3, start_ns=now)], writer=MINE)

    assert [1, 1] == [seal(str(tmp_path), flush=False).damaged, seal(str(tmp_path)).damaged]
    assert {MINE: 2} == _dropped(tmp_path)


@pytest.mark.parametrize("call", range(0, 16, 3))
def test_a_pass_that_is_done_again_counts_what_the_first_skipped(tmp_path, call):
    """
    Wherever a pass dies, the files say of a writer what was skipped, once.
    """
    make_writer(tmp_path / "journal", [span(1), _wrong(2), span(3)])
    with crash_at(call), contextlib.suppress(Crash):
        seal(str(tmp_path))
    seal(str(tmp_path))

    assert {WRITER: 1} == _dropped(tmp_path)


@pytest.mark.parametrize("harm", ["middle", "last", "slot", "writer"])
def test_a_sealed_loss_makes_absence_uncertain(tmp_path, harm):
    """
    A damaged record, a torn one, half a start, a file that tells no drops: none is forgotten by sealing.
    """
    damaged = {"middle": [_wrong(2), span(3)], "last": [_wrong(2)]}
    begun = [_wrong(2)] if harm == "slot" else []
    later = span(4, start_ns=START_NS + 600 * 10**9)
    folder = make_writer(tmp_path / "journal", [span(1), later, *damaged.get(harm, [])], begun=begun)
    if harm == "writer":
        (folder / "writer").write_bytes(b"{")
    seal(str(tmp_path))

    evidence = scan([str(tmp_path)], "oNobody", START_NS // 10**9 + 60).evidence

    assert ("cannot_know", 1) == (evidence.reason, evidence.dropped)


def test_bytes_that_are_no_utf8_do_not_make_a_file_unreadable(tmp_path):
    """
    A record with broken text is kept, its bad bytes replaced.
    """
    bad = span(1, attributes=b'{"a":"\xff\xfe"}')
    make_writer(tmp_path / "journal", [bad, span(2, attributes={"b": 1})])

    seal(str(tmp_path))

    assert [('{"a":"��"}',), ('{"b": 1}',)] == column(tmp_path, "attributes")


def test_untagged_rows_take_the_tag_of_their_access_span(tmp_path):
    """
    What was recorded before the tag was known bears it when it is sealed, if the access span bears it.
    """
    untagged = {"openid": "", "stamp": None, "nonce": ""}
    access = span(1, layer="access", span_kind="SERVER", openid="oB", nonce="n7")
    make_writer(
        tmp_path / "journal", [span(2, **untagged), log(3, **untagged), span(4, trace=9, **untagged), access]
    )

    seal(str(tmp_path))

    expected = [(1, "oB", "n7"), (2, "oB", "n7"), (4, None, None)]
    assert expected == column(tmp_path, "seq", "openid", "nonce")
    assert [(3, "oB", "n7")] == column(tmp_path, "seq", "openid", "nonce", table="logs")


def test_two_tags_in_one_trace_are_not_mixed(tmp_path):
    """
    Where the access spans of a trace differ in their tag, no row borrows either.
    """
    first = span(1, layer="access", span_kind="SERVER", openid="oA")
    second = span(2, layer="access", span_kind="SERVER", openid="oB")
    make_writer(tmp_path / "journal", [first, second, span(3, openid="")])

    seal(str(tmp_path))

    assert [(1, "oA"), (2, "oB"), (3, None)] == sorted((row["seq"], row["openid"]) for row in rows(tmp_path))


def test_the_follower_waits_until_something_is_due(tmp_path):
    """
    Without a flush, young records of a living writer stay where they are.
    """
    make_writer(tmp_path / "journal", [span(1, start_ns=time.time_ns())], writer=MINE)

    assert 0 == seal(str(tmp_path), flush=False).records
    assert 1 == seal(str(tmp_path)).records


def test_the_follower_seals_what_is_old(tmp_path):
    """
    Without a flush, records that have waited for half a minute are sealed.
    """
    make_writer(tmp_path / "journal", [span(1, start_ns=time.time_ns() - 2 * stretch.DUE_NS)], writer=MINE)

    assert 1 == seal(str(tmp_path), flush=False).records


def test_a_long_record_does_not_wait_for_the_next_one(tmp_path):
    """
    Also a record that is longer than what a look at the journal takes in is sealed when it is time.
    """
    make_writer(tmp_path / "journal", [span(1, attributes={"a": "x" * 30_000})], writer=MINE)

    assert 1 == seal(str(tmp_path), flush=False).records


def test_the_follower_holds_back_what_may_still_get_its_tag(tmp_path):
    """
    A young record without a tag waits for the access span of its trace, and what follows it waits too.
    """
    now = time.time_ns()
    old = span(1, start_ns=now - 2 * stretch.DUE_NS)
    waiting = span(2, start_ns=now, openid="", trace=5, flags=record.IN_REQUEST)
    folder = make_writer(tmp_path / "journal", [old, waiting, span(3, start_ns=now)], writer=MINE)

    assert 1 == seal(str(tmp_path), flush=False).records

    access = span(4, start_ns=now - stretch.DUE_NS, layer="access", span_kind="SERVER", trace=5, openid="oZ")
    append(folder, 1, access)
    journal = tmp_path / "journal"
    (writer,) = journals.writers(journal)
    held_back = stretch.take(writer, sealed.load(journal).offsets[MINE], 1 << 20, now - stretch.HOLD_NS)

    assert 3 == sum(len(part.offsets) for part in held_back.parts)


def test_files_are_for_nobody_else(tmp_path):
    """
    Files are 0600 and folders 0700, whatever the umask.
    """
    make_writer(tmp_path / "journal", [span(1)])
    before = os.umask(0)
    try:
        seal(str(tmp_path))
    finally:
        os.umask(before)

    made = [tmp_path / "spans", *(tmp_path / "spans").rglob("*"), tmp_path / "journal" / paths.SEALED]
    assert {(True, 0o700), (False, 0o600)} == {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in made}


def test_a_pass_waits_for_the_lock_and_says_so_when_it_gives_up(tmp_path):
    """
    Where another process seals, a pass waits, and then names the lock.
    """
    folder = make_writer(tmp_path / "journal", [span(1)])
    (tmp_path / "journal" / paths.SEAL_LOCK).touch()
    (folder / paths.LOCK).unlink()
    (folder / paths.LOCK).symlink_to(tmp_path / "journal" / paths.SEAL_LOCK)

    with living(folder), pytest.raises(SealBusy, match=r"seal\.lock has been held for 0 s"):
        seal(str(tmp_path), wait_s=0)


def test_a_lock_is_free_when_its_holder_is_done(tmp_path):
    """
    Whoever had the lock leaves it for the next.
    """
    with held(tmp_path / "lock", 0):
        pass
    with held(tmp_path / "lock", 0):
        assert (tmp_path / "lock").exists()


def test_half_made_folders_of_writers_are_left_alone_while_they_are_young(tmp_path):
    """
    A folder that is being made is no dead writer; one that never got further goes after an hour.
    """
    journal = tmp_path / "journal"
    young, stale = journal / ".new-young", journal / ".new-stale"
    for folder in (young, stale):
        folder.mkdir(parents=True)
        (folder / "lock").touch()
    os.utime(stale, (0, 0))

    assert Sealed() == seal(str(tmp_path))
    assert (True, False) == (young.exists(), stale.exists())


def test_much_is_sealed_in_several_files_of_bounded_size(tmp_path, monkeypatch):
    """
    A pass takes a bounded number of bytes at once, and goes on until nothing is left.
    """
    monkeypatch.setattr(stretch, "MAX_BATCH", 100)
    make_writer(tmp_path / "journal", [span(1)], [span(2)], [span(3, kind=record.OPEN)])

    assert Sealed(records=3, files=3, writers=1, removed=1) == seal(str(tmp_path))
    assert [(1, "closed"), (2, "closed"), (3, "crashed")] == column(tmp_path, "seq", "state")


def test_wherever_a_pass_dies_the_next_one_loses_and_doubles_nothing(tmp_path):
    """
    After a crash at any call that changes a file, and one more pass, every record is there exactly once.
    """
    expected = [
        (MINE, 1, "closed"),
        (MINE, 2, "open"),
        (WRITER, 1, "closed"),
        (WRITER, 9, "crashed"),
        (OTHER, 1, "closed"),
    ]
    for call in range(500):
        store, crashed = tmp_path / str(call), False
        _three_writers(store / "journal")
        with crash_at(call) as reached:
            try:
                seal(str(store))
            except Crash:
                crashed = True
        seal(str(store))

        assert expected == column(store, "writer", "seq", "state"), reached[-1]
        assert [(MINE, 4), (WRITER, 3)] == column(store, "writer", "seq", table="logs"), reached[-1]
        assert [MINE] == [path.name for path in (store / "journal").iterdir() if path.is_dir()], reached[-1]
        assert [] == list(store.rglob(".tmp-*.parquet")), reached[-1]
        if not crashed:
            break
    assert call > 40


def test_a_pass_that_is_done_again_takes_what_was_added_too(tmp_path):
    """
    A pending intent is carried out with its own ranges; what came later goes to other files.
    """
    folder = make_writer(tmp_path / "journal", [span(1)], writer=MINE)
    with crash_at(12) as reached, pytest.raises(Crash):
        seal(str(tmp_path))
    assert sealed.load(tmp_path / "journal").intent is not None, reached
    append(folder, 1, span(2))

    assert 2 == seal(str(tmp_path)).records
    assert [(1,), (2,)] == column(tmp_path, "seq")
    assert 2 == len(files(tmp_path, "spans"))


def test_a_segment_that_somebody_deleted_does_not_stop_the_rest(tmp_path):
    """
    What is gone is gone; the other writers are sealed all the same.
    """
    folder = make_writer(tmp_path / "journal", [span(1)], [span(2)])
    (folder / "000001.wxj").unlink()

    assert 1 == seal(str(tmp_path)).records


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(cut_records())
def test_every_sound_record_of_a_cut_journal_is_sealed(tmp_path_factory, drawn):
    """
    However a journal was cut and damaged, what a record-by-record reader finds in it is what is sealed.
    """
    store = tmp_path_factory.mktemp("cut")
    folder = make_writer(store / "journal", [drawn], writer=MINE)
    content = (folder / "000001.wxj").read_bytes()
    expected = sorted(one.seq for one in journals.records(content) if one.type == record.SPAN)

    seal(str(store))

    assert expected == [seq for (seq,) in column(store, "seq")]


def test_neither_pandas_nor_a_dataset_is_imported(tmp_path):
    """
    A pass does not pay the half second and the hundred megabytes of pandas.
    """
    make_writer(tmp_path / "journal", [span(1, attributes=b"\xff"), log(2)])
    check = (
        "import sys; from wxtrace.seal.seal import seal; seal(sys.argv[1]);"
        "print([name for name in ('pandas', 'pyarrow.dataset') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check, str(tmp_path)], capture_output=True, text=True, check=True)

    assert "[]\n" == done.stdout


def test_a_store_behind_a_url_gets_the_same_rows(tmp_path, monkeypatch):
    """
    Where the store is a URL, the files are put there, and the journal stays local.
    """
    monkeypatch.setenv("WXTRACE_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setattr(paths, "is_url", lambda store: True)
    make_writer(tmp_path / "journal", [span(1), span(2)])

    seal((tmp_path / "store").as_uri())

    assert [(1,), (2,)] == column(tmp_path / "store", "seq")
    assert [] == list((tmp_path / "store").rglob(".tmp-*"))


def test_the_times_of_a_file_are_those_of_its_rows(tmp_path):
    """
    A file tells of each writer its first start, its last end, its rows, and what it dropped.
    """
    make_writer(tmp_path / "journal", [span(1), span(2, duration_ns=5_000_000)], dropped=4)

    seal(str(tmp_path))

    (file,) = files(tmp_path, "spans")
    said = (
        f'{{"schema":1,"writers":[{{"writer":"{WRITER}","host":"web1","pid":4242,"first_ns":{START_NS + 1000},'
        f'"last_ns":{START_NS + 5_002_000},"records":2,"dropped":4}}]}}'
    )
    assert said.encode() == pq.ParquetFile(file).metadata.metadata[b"wxtrace"]


def _three_writers(journal: Path) -> None:
    make_writer(journal, [span(1), log(3)], begun=[span(9, kind=record.OPEN)])
    make_writer(journal, [span(1, stamp=1)], writer=OTHER)
    make_writer(journal, [log(4)], [span(1), span(2, kind=record.OPEN)], writer=MINE)


def _seen(row: SpanRow | LogRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in type(row).__slots__}


def _read(row: dict[str, object]) -> dict[str, object]:
    row.pop("time")
    row.pop("duration_ns", None)
    return row | {"attributes": json.loads(str(row["attributes"]))}


def test_each_writer_counts_once_however_many_batches_there_are(tmp_path, monkeypatch):
    """
    Three writers that are sealed one after the other are three, and one in two pieces is one.
    """
    monkeypatch.setattr("wxtrace.seal.stretch.MAX_BATCH", 1)
    for number in range(3):
        make_writer(tmp_path / "journal", [span(1)], [span(2)], writer=f"web1-{number}-1790000000-0a1b")

    assert Sealed(records=6, files=6, writers=3, removed=3) == seal(str(tmp_path))
