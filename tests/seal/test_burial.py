"""The last words of dead writers: sealed once, wherever a pass dies, and found the same before."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from journal_maker import STAMP, START_NS, living, log, make_writer, span
from parquet_rows import Crash, crash_at, rows

from wxtrace import record
from wxtrace.row import LogRow
from wxtrace.scan.scan import scan
from wxtrace.seal.seal import seal
from wxtrace.store.lastwords import LAST, MAX_TOLD
from wxtrace.store.oom import Kills
from wxtrace.store.stacks import Header

FAULT = """Fatal Python error: Segmentation fault

Current thread 0x0000000000000002 (most recent call first):
  File "/srv/app/images.py", line 12 in thumbnail

"""
HELD = 'Stack (most recent call first):\n  File "/srv/app/menus.py", line 88 in parse_menu\n'
THUMBNAIL = {"function": "thumbnail", "file": "images.py", "line": 12, "own": True}
TOLD = {
    "cause": "segmentation fault",
    "signal": "SIGSEGV",
    "frames": [THUMBNAIL],
    "threads": [{"thread": 2, "frames": [THUMBNAIL]}],
}
SECOND = 10**9


def access(seq: int, **changes: Any) -> bytes:
    """Return the start of a request."""
    place = {"layer": "access", "module": "asgi", "name": "POST /wechat", "span_kind": "SERVER"}
    return span(seq, **{"kind": record.OPEN, "trace": seq, "flags": record.IN_REQUEST} | place | changes)


def leave(folder: Path, text: str = FAULT, after_s: float = 2.0, kills: Kills | None = None) -> None:
    """Let the writer of *folder* have left words so many seconds after `START_NS`."""
    path = folder / "stacks.txt"
    path.write_bytes(Header(("/srv/app/",), (), kills).packed() + text.encode())
    time_ns = START_NS + int(after_s * SECOND)
    os.utime(path, ns=(time_ns, time_ns))


def found(store: Path, openid: str = "oA") -> list[LogRow]:
    """Return the last words that a lookup finds."""
    return [row for row in scan([str(store)], openid, STAMP).logs if row.event == "wxtrace.died"]


def told(store: Path, openid: str = "oA") -> list[tuple[int, int, dict[str, Any]]]:
    """Return seq, seconds after `START_NS` and attributes of them."""
    return [(row.seq, (row.time_ns - START_NS) // SECOND, row.attributes) for row in found(store, openid)]


def test_a_request_in_flight_gets_the_last_words_of_its_process(tmp_path):
    """They stand under its tag, its trace and its access span; what had ended gets none."""
    folder = make_writer(
        tmp_path / "journal",
        [access(1, kind=record.SPAN), access(3, kind=record.SPAN)],
        begun=[access(2), access(3), span(4, kind=record.OPEN, trace=2)],
    )
    leave(folder)
    before = found(tmp_path)
    seal(str(tmp_path))

    assert [(LAST + 2, 2, TOLD)] == told(tmp_path)
    assert before == found(tmp_path)
    assert [((2).to_bytes(16, "big").hex(), (2).to_bytes(8, "big").hex(), "error", "wxtrace.watch")] == [
        (row.trace_id, row.span_id, row.severity, row.logger) for row in before
    ]


def test_a_request_that_was_tagged_late_has_them_under_its_tag(tmp_path):
    """The table of open spans knows the tag by then, whatever the first record said."""
    folder = make_writer(tmp_path / "journal", [log(1, openid="oLate", trace=2)], begun=[access(2, openid="oLate")])
    leave(folder)
    seal(str(tmp_path))

    assert [(LAST + 2, 2, TOLD)] == told(tmp_path, "oLate")


def test_what_arrived_after_the_words_has_none(tmp_path):
    """A process may outlive an abort that it handles."""
    late = access(3, start_ns=START_NS + 3 * SECOND)
    leave(make_writer(tmp_path / "journal", begun=[access(2), late]))
    before = told(tmp_path)
    seal(str(tmp_path))

    assert [(LAST + 2, 2, TOLD)] == before == told(tmp_path)


def test_a_living_process_that_is_held_says_so(tmp_path):
    """As long as the file says it."""
    folder = make_writer(tmp_path / "journal", begun=[access(2)])
    with living(folder):
        leave(folder, HELD)
        held = [attributes["cause"] for _, _, attributes in told(tmp_path)]
        leave(folder, "")

        assert (["timeout"], []) == (held, told(tmp_path))


def test_many_requests_have_bounded_words(tmp_path):
    """The oldest have them, the first with all threads."""
    leave(make_writer(tmp_path / "journal", begun=[access(seq) for seq in range(1, MAX_TOLD + 50)]))
    before = told(tmp_path)
    seal(str(tmp_path))

    assert before == told(tmp_path)
    assert [LAST + seq for seq in range(1, MAX_TOLD + 1)] == [seq for seq, _, _ in before]
    assert [1] * 32 + [0] * (MAX_TOLD - 32) == [len(attributes["threads"]) for _, _, attributes in before]


@pytest.mark.parametrize(("host", "expected"), [(socket.gethostname(), ["out of memory"]), ("another", [])])
def test_what_the_kernel_killed_is_told_on_its_host(tmp_path, host, expected):
    """A process without a word whose group has lost one for memory since; elsewhere nobody can compare."""
    counter = tmp_path / "memory.events"
    counter.write_text("oom_kill 4\n")
    folder = make_writer(tmp_path / "journal", begun=[access(2)])
    leave(folder, "", kills=Kills("group", 3, str(counter), counter.stat().st_ino, host))
    before = told(tmp_path)
    seal(str(tmp_path))

    assert before == told(tmp_path)
    assert expected == [attributes["cause"] for _, _, attributes in before]
    assert [{"of": "group", "kills": 1}] * len(expected) == [attributes["oom"] for _, _, attributes in before]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 9000, Header().packed()[:100]])
def test_a_file_that_says_nothing_stops_nothing(tmp_path, content):
    """Damaged or cut, it is passed over; the rest is sealed."""
    folder = make_writer(tmp_path / "journal", [span(1)], begun=[access(2)])
    (folder / "stacks.txt").write_bytes(content)

    assert [] == found(tmp_path)
    assert (2, 1) == (seal(str(tmp_path)).records, len(rows(tmp_path)) // 2)


def test_wherever_a_pass_dies_the_words_are_sealed_once(tmp_path):
    """The next pass makes the same row, under the same number."""
    for call in range(60):
        store = tmp_path / str(call)
        leave(make_writer(store / "journal", [span(1)], begun=[access(2)]))
        died = False
        with crash_at(call) as reached:
            try:
                seal(str(store))
            except Crash:
                died = True
        between = told(store)
        with contextlib.suppress(Crash):
            seal(str(store))

        sealed = [(row["seq"], json.loads(row["attributes"])) for row in rows(store, "logs")]
        assert [(LAST + 2, TOLD)] == sealed, reached[-1]
        assert [(LAST + 2, 2, TOLD)] == between == told(store), reached[-1]
        if not died:
            break
    assert call > 10
