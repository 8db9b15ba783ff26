"""The journals of a host, as a reader finds them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from journal_maker import START_NS, WRITER, living, log, make_writer, meta, span
from strategies import make_log, make_span

from wxtrace.record import OPEN, unpack
from wxtrace.store import journals, paths
from wxtrace.store.journals import (
    SLOT_SIZE,
    JournalWriter,
    damaged_bytes,
    log_row,
    records,
    rows,
    span_row,
    writers,
)


def the_writer(journal) -> JournalWriter:
    """Return the one writer of a journal."""
    (writer,) = writers(journal)
    return writer


def test_a_dead_writer(tmp_path):
    """A writer that nobody locks is dead; what it says of itself is read."""
    folder = make_writer(tmp_path, [span(1)], [span(2)], dropped=7)
    writer = the_writer(tmp_path)

    assert JournalWriter(folder, WRITER, "web1", 4242, "wx-callback", alive=False, dropped=7) == writer
    assert [folder / "000001.wxj", folder / "000002.wxj"] == writer.segments()


def test_a_living_writer(tmp_path):
    """A writer lives as long as its process holds the lock."""
    folder = make_writer(tmp_path, [])
    with living(folder):
        alive = the_writer(tmp_path).alive

    assert (True, False) == (alive, the_writer(tmp_path).alive)


def test_our_own_folder_is_not_opened(tmp_path, monkeypatch):
    """A folder that this process has locked lives; its lock is not opened, as closing it again would lose it."""
    make_writer(tmp_path, [])
    monkeypatch.setattr(journals, "held_here", {(os.getpid(), WRITER)})

    assert the_writer(tmp_path).alive


def test_a_folder_in_the_making_is_no_writer(tmp_path):
    """A folder whose name begins with a dot is not looked at: a look at its lock could get in its maker's way."""
    make_writer(tmp_path, []).rename(tmp_path / f".new-{WRITER}")

    assert [] == writers(tmp_path)


@pytest.mark.parametrize("journal", ["none", "file"])
def test_no_journal(tmp_path, journal):
    """Where there is no journal there are no writers."""
    (tmp_path / "file").touch()

    assert [] == writers(tmp_path / journal)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (WRITER, None, ("web1", 4242, "")),
        (WRITER, b"", ("web1", 4242, "")),
        (WRITER, b"{not json", ("web1", 4242, "")),
        (WRITER, b"[]", ("web1", 4242, "")),
        (WRITER, b'{"host": "h"}', ("web1", 4242, "")),
        (WRITER, b'{"host": "h", "pid": 5, "service": "s"}', ("h", 5, "s")),
        ("a-b-c-7-8-9", None, ("a-b-c", 7, "")),
        ("nonsense", None, ("nonsense", 0, "")),
    ],
)
def test_a_writer_that_says_nothing(tmp_path, name, content, expected):
    """A description that is gone or damaged costs no record: the folder's name says who it was."""
    folder = make_writer(tmp_path, [span(1)])
    (folder / paths.WRITER).unlink()
    if content is not None:
        (folder / paths.WRITER).write_bytes(content)
    folder.rename(tmp_path / name)
    writer = the_writer(tmp_path)

    assert expected == (writer.host, writer.pid, writer.service)
    assert 1 == len(writer.segments())


def test_hidden_folders_are_being_made(tmp_path):
    """A folder under another name is one that is being made, or none of ours."""
    make_writer(tmp_path, [])
    (tmp_path / "sealed.json").write_text("{}")

    assert [WRITER] == [writer.writer for writer in writers(tmp_path)]


def test_spans_that_have_begun(tmp_path):
    """The table of open spans tells each that has begun and not ended."""
    make_writer(tmp_path, [], begun=[span(1, kind=OPEN), span(2, kind=OPEN)])

    assert [1, 2] == [record.seq for record in the_writer(tmp_path).begun()]


@pytest.mark.parametrize(
    "damage", [lambda slot: slot[:60], lambda slot: b"\xff" + slot[1:], lambda slot: b"\0\0\0\0" + slot[4:]]
)
def test_a_torn_slot(tmp_path, damage):
    """A slot that is torn, damaged or cleared costs only itself."""
    make_writer(tmp_path, [], begun=[damage(span(1, kind=OPEN)), span(2, kind=OPEN)])

    assert [2] == [record.seq for record in the_writer(tmp_path).begun()]


def test_a_slot_that_is_being_written(tmp_path, monkeypatch):
    """A slot that is torn at the first look is looked at again."""
    folder = make_writer(tmp_path, [], begun=[span(1, kind=OPEN)[:60]])
    looks, again = [], journals._slot_again

    def look_again(table, offset):
        looks.append(offset)
        if len(looks) == 3:
            table.write_bytes(span(9, kind=OPEN).ljust(SLOT_SIZE * 2, b"\0"))
        return again(table, offset)

    monkeypatch.setattr(journals, "_slot_again", look_again)

    assert [9] == [record.seq for record in the_writer(tmp_path).begun()]
    assert ([0, 0, 0], True) == (looks, (folder / paths.open_name(1)).exists())


def test_a_table_that_cannot_be_read(tmp_path):
    """A table that cannot be read tells nothing, and the others are read."""
    folder = make_writer(tmp_path, [], begun=[span(1, kind=OPEN)])
    (folder / paths.open_name(2)).mkdir()

    assert [1] == [record.seq for record in the_writer(tmp_path).begun()]


def test_the_records_of_a_segment(tmp_path):
    """Sound records are read in order, damage is passed over, and how much of it there is is told."""
    damaged = bytearray(span(2))
    damaged[40] ^= 1
    head = meta(WRITER, "web1", 4242, "wx-callback", 1)
    content = head + span(1) + bytes(damaged) + log(3) + span(4)[:50] + bytes(1000)

    assert [0, 1, 3] == [record.seq for record in records(content)]
    assert [1, 3] == [record.seq for record in records(content, len(head))]
    assert (len(damaged), 0) == (damaged_bytes(content), damaged_bytes(head + span(1), len(head)))


@pytest.mark.parametrize(
    ("kind", "alive", "state"), [(1, True, "closed"), (2, True, "open"), (2, False, "crashed")]
)
def test_a_span_s_row(kind, alive, state):
    """A packed span becomes a row; one without an end is open, or crashed with its writer."""
    writer = JournalWriter(None, WRITER, "web1", 4242, "wx", alive=alive, dropped=0)
    packed = span(5, kind=kind, parent=4, span_kind="CLIENT", status=2, message="gone", attributes={"a": 1})
    expected = make_span(
        5,
        openid="oA",
        stamp=START_NS // 10**9,
        layer="logic",
        module="reply.menu",
        name="reply",
        trace_id=f"{1:032x}",
        span_id=f"{5:016x}",
        parent_span_id=f"{4:016x}",
        kind="CLIENT",
        start_ns=START_NS + 5000,
        end_ns=START_NS + 1_005_000 if kind == 1 else None,
        state=state,
        status_code="ERROR",
        status_message="gone",
        service="wx",
        host="web1",
        pid=4242,
        writer=WRITER,
        attributes={"a": 1},
    )

    assert expected == span_row(unpack(packed), writer)


def test_a_line_s_row():
    """A packed log line becomes a row."""
    writer = JournalWriter(None, WRITER, "web1", 4242, "wx", alive=True, dropped=0)
    expected = make_log(
        5,
        openid="oA",
        stamp=START_NS // 10**9,
        trace_id=f"{1:032x}",
        span_id=f"{1:016x}",
        time_ns=START_NS + 5000,
        event="menu.clicked",
        logger="app.menu",
        service="wx",
        host="web1",
        pid=4242,
        writer=WRITER,
    )

    assert expected == log_row(unpack(log(5)), writer)


def test_empty_strings_are_nothing():
    """What a record leaves empty is null in its row."""
    writer = JournalWriter(None, WRITER, "web1", 4242, "wx", alive=True, dropped=0)
    bare = span_row(unpack(span(5, openid="", stamp=None, nonce="")), writer)
    line = log_row(unpack(log(5, trace=0, span_id=0, layer="", module="", logger="")), writer)

    assert (None, None, None, None, None) == (
        bare.openid,
        bare.stamp,
        bare.nonce,
        bare.parent_span_id,
        bare.status_message,
    )
    assert (None,) * 5 == (line.trace_id, line.span_id, line.layer, line.module, line.logger)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [(b"", {}), (b'{"a":1}', {"a": 1}), (b"{", {"unreadable": "{"}), (b"[1]", {"value": [1]})],
)
def test_attributes(attributes, expected):
    """Attributes that cannot be read are shown as they are."""
    writer = JournalWriter(None, WRITER, "web1", 4242, "wx", alive=True, dropped=0)

    assert expected == span_row(unpack(span(1, attributes=attributes)), writer).attributes


def test_numbers_of_another_version():
    """A kind or status that this version does not know is shown as the plain one."""
    writer = JournalWriter(None, WRITER, "web1", 4242, "wx", alive=True, dropped=0)
    known = unpack(span(1))
    foreign = type(known)(**{name: getattr(known, name) for name in known.__slots__} | {"kind": 99, "status": 99})

    assert ("INTERNAL", "UNSET") == (span_row(foreign, writer).kind, span_row(foreign, writer).status_code)


def test_closed_wins_over_open():
    """Each record shows once by its number: an end before a start, in whatever order they are found."""
    writer = JournalWriter(None, WRITER, "web1", 4242, "wx", alive=True, dropped=0)
    found = [span(1, kind=OPEN), span(2, kind=OPEN), span(1), log(3), log(3), span(1), span(2, kind=OPEN)]
    unpacked = [unpack(record) for record in found]

    for order in (unpacked, unpacked[::-1]):
        spans, lines = rows(order, writer)
        assert {(1, "closed"), (2, "open")} == {(row.seq, row.state) for row in spans}
        assert ([3], 2) == ([row.seq for row in lines], len(spans))


def test_a_folder_that_goes_while_it_is_listed_is_empty(tmp_path, monkeypatch):
    """
    The sealer may remove a dead writer's folder at any moment; its records are in Parquet then.
    """
    make_writer(tmp_path, [])
    writer = the_writer(tmp_path)

    def vanish(folder, pattern):
        raise FileNotFoundError(folder)

    monkeypatch.setattr(Path, "glob", vanish)

    assert ([], []) == (writer.segments(), writer.begun())
