"""A lookup's rows, from journals and Parquet."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import journal_maker
import pyarrow as pa
import pytest
import store_maker
from hypothesis import given, settings
from store_maker import Row, packed
from strategies import OPENID, SECOND, STAMP, make_log, make_span, stored_rows

from wxtrace.row import SpanRow
from wxtrace.scan.scan import Scanned, scan
from wxtrace.store import paths

WRITER = "web-1-7-0-abcd"
OTHER_TRACE = "cd" * 16


def found(store: Path, openid: str | None = OPENID, stamp: int = STAMP, tolerance: int = 30) -> Scanned:
    """Look one push up in one store."""
    return scan([str(store)], openid, stamp, tolerance)


def in_journal(store: Path, *rows: Row, begun: tuple[Row, ...] = (), **more: object) -> Path:
    """Leave a dead writer with *rows* in its journal."""
    return journal_maker.make_writer(
        store / "journal",
        [packed(row) for row in rows],
        writer=WRITER,
        begun=[packed(row) for row in begun],
        **more,  # type: ignore[arg-type]
    )


def test_a_push_comes_back_from_parquet(tmp_path: Path) -> None:
    """
    Every span and log line of the tag comes back as it was stored, and nobody else's.
    """
    spans, logs = [make_span(0), make_span(1, 0, attributes={"a": [1]})], [make_log(2), make_log(3)]
    others = [
        make_span(4, openid="oABCD", trace_id=OTHER_TRACE),
        make_span(5, stamp=STAMP + 31, trace_id="ef" * 16),
    ]
    store_maker.write(tmp_path, [*spans, *logs, *others])

    got = found(tmp_path)

    assert (tuple(spans), tuple(logs)) == (got.spans, got.logs)


def test_a_push_comes_back_from_a_journal(tmp_path: Path) -> None:
    """
    Rows that are not sealed yet come back the same.
    """
    spans, logs = [make_span(0), make_span(1, 0, status_message="no")], [make_log(2)]
    in_journal(tmp_path, *spans, *logs, make_span(4, openid="oX", trace_id=OTHER_TRACE))

    got = found(tmp_path)

    assert (tuple(spans), tuple(logs)) == (got.spans, got.logs)


def test_rows_of_the_trace_without_a_tag_come_too(tmp_path: Path) -> None:
    """
    What a trace recorded before it knew its tag comes back with it, wherever the two are stored.
    """
    tagged, early = make_span(1), make_span(0, openid=None, stamp=None, nonce=None)
    late, logs = make_span(2, 1, openid=None, nonce=None), [make_log(3, openid=None, stamp=None, nonce=None)]
    store_maker.write(tmp_path, [early, *logs, make_span(9, openid=None, stamp=None, trace_id=OTHER_TRACE)])
    in_journal(tmp_path, tagged, late)

    got = found(tmp_path)

    assert ((early, tagged, late), tuple(logs)) == (got.spans, got.logs)


def test_a_deferred_job_comes_with_all_its_rows(tmp_path: Path) -> None:
    """
    A job that ran hours later under the same tag, in a trace of its own, is part of the push.
    """
    job = make_span(
        1, trace_id=OTHER_TRACE, start_ns=(STAMP + 3 * 3600) * SECOND, end_ns=(STAMP + 3 * 3601) * SECOND
    )
    inner = replace(job, openid=None, stamp=None, nonce=None, seq=2, start_ns=job.start_ns + 1)
    store_maker.write(tmp_path, [make_span(0), job, inner])

    assert (make_span(0), job, inner) == found(tmp_path).spans


def test_the_tolerance_reaches_into_the_hour_beside(tmp_path: Path) -> None:
    """
    A stamp that is off by seconds is found though it lies in another hour's folder.
    """
    edge = STAMP - STAMP % 3600
    rows = [
        make_span(0, stamp=edge - 5, start_ns=edge * SECOND),
        make_span(1, stamp=edge + 5, start_ns=edge * SECOND),
    ]
    store_maker.write(tmp_path, rows)

    assert tuple(rows) == found(tmp_path, stamp=edge).spans


def test_an_absurd_stamp_is_found_in_the_other_hour(tmp_path: Path) -> None:
    """
    A stamp more than a day from the arrival is looked for where the contract puts it.
    """
    row = make_span(0, stamp=99_999_999_999_999)
    (file,) = store_maker.write(tmp_path, [row])

    assert ("hour=hother", (row,)) == (file.parent.name, found(tmp_path, stamp=99_999_999_999_999).spans)


def test_the_stamp_alone_is_enough(tmp_path: Path) -> None:
    """
    Without an openid, whatever has the stamp comes back, from Parquet and from journals.
    """
    rows = [make_span(0), make_span(1, openid="oX", stamp=STAMP + 30), make_span(2, openid=None)]
    store_maker.write(tmp_path, [*rows[:2], make_span(3, stamp=STAMP + 31, trace_id=OTHER_TRACE)])
    in_journal(tmp_path, rows[2], make_span(4, stamp=STAMP - 31, trace_id=OTHER_TRACE))

    assert tuple(rows) == found(tmp_path, openid=None).spans


@pytest.mark.parametrize("tolerance", [0, 30, 10_000])
def test_any_tolerance_searches_the_journal(tmp_path: Path, tolerance: int) -> None:
    """
    However wide the tolerance, a record with the very stamp is among those found.
    """
    in_journal(tmp_path, make_span(0))

    assert (make_span(0),) == scan([str(tmp_path)], None, STAMP, tolerance).spans


def test_component_pushes_are_candidates(tmp_path: Path) -> None:
    """
    Where nobody has the tag, component pushes of that stamp are offered, and nothing else is.
    """
    ticket = {"wechat.info_type": "component_verify_ticket"}
    first = make_span(0, openid=None, attributes=ticket)
    second = make_span(1, openid=None, attributes=ticket, trace_id=OTHER_TRACE)
    store_maker.write(tmp_path, [first, make_span(2, openid=None), make_span(3, openid="oX", attributes=ticket)])
    in_journal(tmp_path, second)

    got = found(tmp_path)

    assert ((), (), (first, second)) == (got.spans, got.logs, got.candidates)


def test_closed_holds_over_crashed_over_open(tmp_path: Path) -> None:
    """
    A row that is stored several times shows once, as the one who knows most has it.
    """
    closed = [make_span(seq, None if seq == 0 else 0) for seq in range(3)]
    open_ = [replace(row, state="open", end_ns=None) for row in closed]
    crashed = replace(open_[1], state="crashed")
    store_maker.write(tmp_path, [open_[0], open_[1], open_[2]], name="1")
    store_maker.write(tmp_path, [crashed, closed[2]], name="2")
    in_journal(tmp_path, closed[0], begun=(open_[0],))

    assert (closed[0], crashed, closed[2]) == found(tmp_path).spans


def test_open_spans_of_the_living_are_open(tmp_path: Path) -> None:
    """
    What a living writer has begun shows as open, from the table and from the journal.
    """
    rows = [make_span(seq, state="open", end_ns=None) for seq in range(2)]
    folder = in_journal(tmp_path, rows[0], begun=(rows[1],))

    with journal_maker.living(folder):
        assert tuple(rows) == found(tmp_path).spans


def test_open_spans_of_the_dead_are_crashed(tmp_path: Path) -> None:
    """
    What a writer had begun when it died shows as crashed, be it in its journal or sealed already.
    """
    rows = [make_span(seq, state="open", end_ns=None) for seq in range(3)]
    store_maker.write(tmp_path, [rows[2]])
    in_journal(tmp_path, rows[0], begun=(rows[1],))

    assert tuple(replace(row, state="crashed") for row in rows) == found(tmp_path).spans


def test_open_spans_of_somewhere_else_stay_open(tmp_path: Path) -> None:
    """
    Of a writer without a journal here nobody can say that it died.
    """
    row = make_span(0, state="open", end_ns=None)
    store_maker.write(tmp_path, [row])

    assert (row,) == found(tmp_path).spans


def test_what_is_sealed_is_not_read_again(tmp_path: Path) -> None:
    """
    A journal is read from where the sealer stands, which is told by sealed.json.
    """
    first, second = make_span(0), make_span(1)
    folder = in_journal(tmp_path, first, second)
    start = (folder / "000001.wxj").read_bytes().find(packed(second))
    sealed = {"version": 1, "offsets": {WRITER: {"segment": 1, "offset": start}}, "intent": None}
    (tmp_path / "journal" / paths.SEALED).write_text(json.dumps(sealed))

    assert (second,) == found(tmp_path).spans


def test_a_damaged_sealed_json_hides_nothing(tmp_path: Path) -> None:
    """
    Where nothing tells what is sealed, everything is read, and the damage is named.
    """
    in_journal(tmp_path, make_span(0))
    (tmp_path / "journal" / paths.SEALED).write_text("{")

    got = found(tmp_path)

    assert ((make_span(0),), 1) == (got.spans, len(got.evidence.damaged))


def test_damage_in_a_segment_costs_only_itself(tmp_path: Path) -> None:
    """
    A record with a wrong byte and a torn one are passed over, those around them are found.
    """
    broken, torn = bytearray(packed(make_span(1))), packed(make_span(3))[:-9]
    broken[-3] ^= 0xFF
    records = [packed(make_span(0)), bytes(broken), packed(make_span(2)), torn, packed(make_span(4))]
    journal_maker.make_writer(tmp_path / "journal", records, writer=WRITER)

    assert (0, 2, 4) == tuple(span.seq for span in found(tmp_path).spans)


def test_zeros_end_no_segment_too_early(tmp_path: Path) -> None:
    """
    Of a segment that is mostly zeros, what stands behind a hole in it is found, and a line that ends with zeros.
    """
    records = [packed(make_span(0)), bytes(300_000), packed(make_span(1)), packed(make_log(2, event="\0" * 65_000))]
    journal_maker.make_writer(tmp_path / "journal", records, writer=WRITER, size=4 << 20)
    got = found(tmp_path)

    assert ([0, 1], ["\0" * 65_000]) == ([span.seq for span in got.spans], [line.event for line in got.logs])


def test_an_openid_that_matches_everywhere_is_searched_right(tmp_path: Path) -> None:
    """
    An openid of one letter, which stands in every record, finds its own rows only.
    """
    rows = [make_span(seq, openid="o" if seq % 3 == 0 else "oo", trace_id=f"{seq:032x}") for seq in range(30)]
    in_journal(tmp_path, *rows[:15])
    store_maker.write(tmp_path, rows[15:])

    assert tuple(rows[::3]) == found(tmp_path, openid="o").spans


def test_several_stores_are_one(tmp_path: Path) -> None:
    """
    Rows of one trace in the stores of two hosts come back together, each once.
    """
    one, two = make_span(0), make_span(1, 0, openid=None, nonce=None, writer="web-2-8-0-abcd")
    store_maker.write(tmp_path / "a", [one])
    store_maker.write(tmp_path / "b", [one, two])

    assert (one, two) == scan([str(tmp_path / "a"), str(tmp_path / "b")], OPENID, STAMP).spans


@settings(max_examples=60, deadline=None)
@given(stored_rows())
def test_exactly_the_rows_of_the_tag_and_its_traces(
    tmp_path_factory: pytest.TempPathFactory, stored: list[tuple[Row, str]]
) -> None:
    """
    However rows are spread over journals and Parquet, some in both, those asked for come back, no other.
    """
    store = tmp_path_factory.mktemp("store")
    in_journal(store, *(row for row, places in stored if "j" in places))
    for place in "pq":
        store_maker.write(store, [row for row, places in stored if place in places], name=place, row_group_size=3)
    traces = {row.trace_id for row, _ in stored if row.openid == OPENID and abs((row.stamp or 0) - STAMP) <= 30}
    wanted = store_maker.ordered([row for row, _ in stored if row.trace_id in traces])

    got = found(store)

    assert (
        tuple(row for row in wanted if isinstance(row, SpanRow)),
        tuple(row for row in wanted if not isinstance(row, SpanRow)),
    ) == (got.spans, got.logs)


def test_two_searches_of_a_column_agree() -> None:
    """
    Searching the bytes of a column finds the rows that comparing its values finds.
    """
    from wxtrace.scan.column import rows_equal

    values = ["ab", None, "abab", "b", "", "ab", "aab", "中ab", "ab"]
    plain = pa.chunked_array([values[:4], values[4:]], pa.string())

    assert [0, 5, 8] == rows_equal(plain, ("ab",)) == rows_equal(plain.dictionary_encode(), ("ab",))
