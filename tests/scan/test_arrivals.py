"""Every request of a window, wherever its rows lie."""

from __future__ import annotations

from pathlib import Path

import journal_maker
import pytest
import store_maker
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, STAMP, make_log, make_span

from wxtrace.errors import StoreMissing
from wxtrace.row import SpanRow
from wxtrace.scan.arrivals import scan_arrivals
from wxtrace.scan.evidence import CANNOT_KNOW

WRITER = "web-1-7-0-abcd"
MINUTE = 60 * SECOND


def access(seq: int, offset_s: float, **changes: object) -> SpanRow:
    """Return the access span of a request that began so long after `BASE_NS`."""
    start = BASE_NS + int(offset_s * SECOND)
    values = {"start_ns": start, "end_ns": start + SECOND, "trace_id": f"{seq + 1:032x}"}
    return make_span(seq, **(values | changes))


IN_WINDOW = [
    access(1, 0),
    access(2, 1, openid=None, stamp=None, nonce=None),
    access(3, 2, stamp=STAMP + 90_000),
    access(4, 3, stamp=STAMP - 3000),
    access(5, 4, stamp=STAMP + 3000),
    access(6, 59.9, openid=None),
]
BESIDE = [
    access(11, -0.1),
    access(12, 60),
    access(13, 3, kind="CLIENT"),
    access(14, 3, layer="logic"),
    make_log(15, layer="access"),
]


@pytest.mark.parametrize("where", ["journal", "Parquet", "half of it in each"])
def test_the_requests_of_a_window_are_found(tmp_path: Path, where: str) -> None:
    """
    Tagged or not, of this hour or stamped in another one, sealed or not: what began in the window comes back.
    """
    rows = [*IN_WINDOW, *BESIDE]
    cut = {"journal": 0, "Parquet": len(rows)}.get(where, 3)
    store_maker.write(tmp_path, rows[:cut], row_group_size=2)
    journal_maker.make_writer(tmp_path / "journal", [store_maker.packed(row) for row in rows[cut:]], writer=WRITER)

    got = scan_arrivals([str(tmp_path)], BASE_NS, BASE_NS + MINUTE)

    assert tuple(IN_WINDOW) == got.spans
    assert ((), (), (BASE_NS, BASE_NS + MINUTE), None) == (
        got.logs,
        got.candidates,
        got.evidence.window,
        got.evidence.reason,
    )


def test_a_request_of_a_dead_process_has_crashed(tmp_path: Path) -> None:
    """
    A span that stands open in the table of a writer that is gone is crashed, one of a living writer open.
    """
    push = access(1, 0, state="open", end_ns=None)
    folder = journal_maker.make_writer(tmp_path / "journal", [], writer=WRITER, begun=[store_maker.packed(push)])

    with journal_maker.living(folder):
        alive = scan_arrivals([str(tmp_path)], BASE_NS, BASE_NS + 1).spans

    assert ["open", "crashed"] == [
        one.state for one in (*alive, *scan_arrivals([str(tmp_path)], BASE_NS, BASE_NS + 1).spans)
    ]


def test_an_empty_window_says_who_recorded(tmp_path: Path) -> None:
    """
    Where nothing came, the evidence names the writers of the hour and why nothing is there.
    """
    store_maker.write(tmp_path, BESIDE)

    got = scan_arrivals([str(tmp_path)], BASE_NS + 100 * SECOND, BASE_NS + 200 * SECOND).evidence

    assert (CANNOT_KNOW, 2) == (got.reason, got.files)


def test_no_store_is_an_error(tmp_path: Path) -> None:
    """
    A store that is not there is named.
    """
    with pytest.raises(StoreMissing, match="nowhere"):
        scan_arrivals([str(tmp_path / "nowhere")], 0, 1)


@given(st.lists(st.integers(-3, 40), max_size=20), st.integers(1, 7), st.integers(0, 20), st.integers(0, 20))
def test_many_rows_of_a_group_are_read_as_few_are(
    tmp_path_factory: pytest.TempPathFactory, offsets: list[int], group: int, first: int, length: int
) -> None:
    """
    Whichever rows of a row group are wanted, just those come back, each whole.
    """
    rows = [access(seq, offset, attributes={"n": seq}) for seq, offset in enumerate(offsets)]
    store = tmp_path_factory.mktemp("store")
    (store / "spans").mkdir()
    store_maker.write(store, rows, row_group_size=group * 5)
    window = (BASE_NS + first * SECOND, BASE_NS + (first + length) * SECOND)

    got = scan_arrivals([str(store)], *window).spans

    assert store_maker.ordered([row for row in rows if window[0] <= row.start_ns < window[1]]) == list(got)
