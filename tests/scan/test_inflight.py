"""In flight: what the tables of open spans of living writers tell, and the snapshots beside them."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any

import journal_maker
import pytest
from journal_maker import START_NS, log, make_writer, span

from wxtrace.errors import StoreMissing
from wxtrace.record import OPEN, SPAN
from wxtrace.scan.inflight import Flights, Lookout
from wxtrace.store import paths
from wxtrace.store.stacks import Header

SECOND = 10**9
NOW_NS = START_NS + 6 * SECOND
OTHER = "web2-77-1790000000-0c0d"


@pytest.fixture(name="alive")
def _alive():
    """Make writers live as long as the test runs."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(journal_maker.living(folder))


def access(seq: int, **changes: Any) -> bytes:
    """Return an access span that has begun."""
    known = {"kind": OPEN, "layer": "access", "module": "asgi", "name": "POST /wechat", "span_kind": "SERVER"}
    return span(seq, **(known | {"trace": seq} | changes))


def begun(seq: int, parent: int, trace: int, module: str = "mysql", **changes: Any) -> bytes:
    """Return a span below another that has begun."""
    return span(
        seq, **({"kind": OPEN, "layer": "storage", "module": module, "parent": parent, "trace": trace} | changes)
    )


def seen(seq: int, trace: int, after: float, **changes: Any) -> bytes:
    """Return a snapshot of a trace, so many seconds after the start."""
    known = {"event": "wxtrace.snapshot", "logger": "wxtrace.watch", "time_ns": START_NS + int(after * SECOND)}
    return log(seq, **(known | {"trace": trace, "span_id": trace, "attributes": {"age_ns": 1}} | changes))


def looked(flights: Flights) -> list[tuple[str | None, str, int, float | None]]:
    """Return of each request its openid, the module it is in, its open spans, and when it was looked at."""
    return [
        (
            one.access.openid,
            one.innermost.module,
            one.spans,
            None if one.snapshot is None else (one.snapshot.time_ns - START_NS) / SECOND,
        )
        for one in flights.requests
    ]


def test_requests_are_told_the_oldest_first_with_where_they_are(tmp_path, alive):
    """Of all living writers: whose it is, the innermost open span, and how many are open."""
    journal = tmp_path / "journal"
    alive(make_writer(journal, [], begun=[access(3, openid="oC"), access(1, openid="oA"), begun(2, 1, 1)]))
    alive(make_writer(journal, [], begun=[access(2, openid="oB")], writer=OTHER))

    flights = Lookout([str(tmp_path)]).look(NOW_NS)

    assert [("oA", "mysql", 2, None), ("oB", "asgi", 1, None), ("oC", "asgi", 1, None)] == looked(flights)
    assert (NOW_NS, 2) == (flights.now_ns, flights.alive)


def test_what_has_no_request_that_is_open_is_not_in_flight(tmp_path, alive):
    """A task that outlives its request, and what a dead process left, wait for nobody."""
    journal = tmp_path / "journal"
    alive(make_writer(journal, [], begun=[begun(5, 4, 4)]))
    make_writer(journal, [], begun=[access(2)], writer=OTHER)

    flights = Lookout([str(tmp_path)]).look(NOW_NS)

    assert ([], 1) == (looked(flights), flights.alive)


def test_a_server_span_inside_another_is_the_same_request(tmp_path, alive):
    """Where an instrumentation makes a span of its own, the outermost is the request."""
    alive(make_writer(tmp_path / "journal", [], begun=[access(1), access(2, trace=1, parent=1), begun(3, 2, 1)]))

    assert [("oA", "mysql", 3, None)] == looked(Lookout([str(tmp_path)]).look(NOW_NS))


def test_requests_of_one_trace_are_told_apart(tmp_path, alive):
    """Two attempts that a proxy gave one trace each have their own spans; what lost its parent is nobody's."""
    one, two = access(1, openid="oA"), access(2, trace=1, openid="oB")
    alive(make_writer(tmp_path / "journal", [], begun=[one, two, begun(3, 2, 1), begun(4, 99, 1)]))

    assert [("oA", "asgi", 1, None), ("oB", "mysql", 2, None)] == looked(Lookout([str(tmp_path)]).look(NOW_NS))


def test_a_span_whose_parent_has_ended_is_still_its_requests(tmp_path, alive):
    """A task that runs on below what began it belongs to the only request of its trace."""
    alive(make_writer(tmp_path / "journal", [], begun=[access(1), begun(3, 2, 1)]))

    assert [("oA", "mysql", 2, None)] == looked(Lookout([str(tmp_path)]).look(NOW_NS))


def test_the_latest_snapshot_stands_with_its_request(tmp_path, alive):
    """Of several the last one counts; what was written of an earlier request of the trace does not."""
    early = seen(9, 2, -1)
    records = [early, seen(10, 1, 3.5), log(11, trace=1), seen(12, 1, 4.5), seen(13, 7, 4.5)]
    alive(make_writer(tmp_path / "journal", records, begun=[access(1), access(2, openid="oB")]))

    assert [("oA", "asgi", 1, 4.5), ("oB", "asgi", 1, None)] == looked(Lookout([str(tmp_path)]).look(NOW_NS))


def test_a_line_that_only_mentions_a_snapshot_is_none(tmp_path, alive):
    """The app may log those words too."""
    records = [log(9, trace=1, event="saw wxtrace.snapshot"), span(10, trace=1, name="wxtrace.snapshot")]
    alive(make_writer(tmp_path / "journal", records, begun=[access(1)]))

    assert [("oA", "asgi", 1, None)] == looked(Lookout([str(tmp_path)]).look(NOW_NS))


def test_a_second_look_finds_what_was_written_since(tmp_path, alive):
    """What the first look found is remembered, what is new is found, and who has gone is forgotten."""
    folder = make_writer(tmp_path / "journal", [seen(9, 1, 3.5)], begun=[access(1), access(2, openid="oB")])
    alive(folder)
    lookout = Lookout([str(tmp_path)])
    first = looked(lookout.look(NOW_NS))
    journal_maker.append(folder, 1, log(10), seen(11, 2, 3.6))
    second = looked(lookout.look(NOW_NS))
    make_writer(tmp_path / "journal", begun=[access(2, openid="oB")])

    assert [("oA", "asgi", 1, 3.5), ("oB", "asgi", 1, None)] == first
    assert [("oA", "asgi", 1, 3.5), ("oB", "asgi", 1, 3.6)] == second
    assert [("oB", "asgi", 1, 3.6)] == looked(lookout.look(NOW_NS))


def test_young_requests_have_no_snapshot_to_look_for(tmp_path, alive):
    """While all is well no segment is opened."""
    folder = make_writer(tmp_path / "journal", [seen(9, 1, 0.1)], begun=[access(1)])
    alive(folder)
    (folder / "000001.wxj").unlink()
    (folder / "000001.wxj").mkdir()  # to open it would raise

    assert [("oA", "asgi", 1, None)] == looked(Lookout([str(tmp_path)]).look(START_NS + SECOND // 2))


def test_what_holds_the_interpreter_stands_with_every_request(tmp_path, alive):
    """No snapshot can be taken then; the file that the process left says which line it is."""
    folder = make_writer(tmp_path / "journal", [], begun=[access(1), access(2, openid="oB"), begun(3, 2, 2)])
    alive(folder)
    stack = b'Stack (most recent call first):\n  File "image.py", line 7 in crop\n'
    (folder / paths.STACKS).write_bytes(Header().packed() + stack)
    os.utime(folder / paths.STACKS, ns=(NOW_NS, NOW_NS))

    words = [one.words for one in Lookout([str(tmp_path)]).look(NOW_NS).requests]

    assert [("timeout", "crop"), ("timeout", "crop")] == [
        (log.attributes["cause"], log.attributes["frames"][0]["function"]) for log in words if log is not None
    ]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"wxtrace.snapshot" * 100, b"\xf5wx\x01wxtrace.snapshot" * 9]
)
def test_a_damaged_segment_tells_nothing(tmp_path, alive, content):
    """What is no record is no snapshot, and does no harm."""
    folder = make_writer(tmp_path / "journal", [], begun=[access(1)])
    alive(folder)
    (folder / "000001.wxj").write_bytes(content)
    lookout = Lookout([str(tmp_path)])

    assert [[("oA", "asgi", 1, None)]] * 2 == [looked(lookout.look(NOW_NS)), looked(lookout.look(NOW_NS))]


def test_a_span_that_has_ended_by_now_is_told_once(tmp_path, alive):
    """The table is what counts: a record of the end beside it changes nothing."""
    alive(make_writer(tmp_path / "journal", [access(1, kind=SPAN)], begun=[access(1)]))

    assert [("oA", "asgi", 1, None)] == looked(Lookout([str(tmp_path), str(tmp_path)]).look(NOW_NS))


def test_a_store_that_is_not_there_is_missing(tmp_path):
    """One that is there and empty has nothing in flight."""
    with pytest.raises(StoreMissing):
        Lookout([str(tmp_path / "nowhere")]).look(NOW_NS)

    assert Flights(NOW_NS, (), 0) == Lookout([str(tmp_path), str(tmp_path / "nowhere")]).look(NOW_NS)
