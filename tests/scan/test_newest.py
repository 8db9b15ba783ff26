"""What there is to see before any alarm."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import journal_maker
import pytest
import store_maker
from strategies import SECOND, STAMP, make_log, make_span

from wxtrace.errors import StoreMissing
from wxtrace.scan.newest import newest
from wxtrace.scan.scan import scan
from wxtrace.seal.seal import seal

WRITER = "web-1-7-0-abcd"
PUSHES = [make_span(seq, stamp=STAMP + seq * 1000, start_ns=(STAMP + seq * 1000) * SECOND) for seq in range(9)]
BESIDE = [
    make_span(20, 0, start_ns=(STAMP + 9000) * SECOND),
    make_span(21, openid=None, stamp=None, start_ns=(STAMP + 9000) * SECOND),
    make_log(22, time_ns=(STAMP + 9000) * SECOND),
]


@pytest.mark.parametrize("count", [1, 4, 9, 20])
def test_the_newest_pushes_come_first(tmp_path: Path, count: int) -> None:
    """
    As many pushes as were asked for come back, newest first, from journals and from any hour.
    """
    store_maker.write(tmp_path, [*PUSHES[:6], *BESIDE], row_group_size=2)
    journal_maker.make_writer(tmp_path / "journal", [store_maker.packed(row) for row in PUSHES[6:]], writer=WRITER)

    assert tuple(PUSHES[::-1][:count]) == newest([str(tmp_path)], count).pushes


def test_a_push_in_flight_is_shown(tmp_path: Path) -> None:
    """
    A push that has no reply yet is among the newest, as open.
    """
    push = make_span(0, state="open", end_ns=None)
    folder = journal_maker.make_writer(tmp_path / "journal", [], writer=WRITER, begun=[store_maker.packed(push)])

    with journal_maker.living(folder):
        assert (push,) == newest([str(tmp_path)], 5).pushes


def test_drops_and_lag_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What was dropped is added up, and the lag is the age of the oldest record that is not sealed.
    """
    oldest, later = PUSHES[0], PUSHES[1]
    packed = [store_maker.packed(row) for row in (oldest, later)]
    journal_maker.make_writer(tmp_path / "journal", packed, writer=WRITER, dropped=3)
    monkeypatch.setattr("wxtrace.scan.newest.time", SimpleNamespace(time_ns=lambda: oldest.start_ns + 5))

    got = newest([str(tmp_path)], 1)

    assert (3, 5, (WRITER,)) == (got.dropped, got.seal_lag_ns, tuple(one.writer for one in got.writers))


def test_all_sealed_is_no_lag(tmp_path: Path) -> None:
    """
    Where nothing waits to be sealed there is no lag.
    """
    store_maker.write(tmp_path, PUSHES)

    assert 0 == newest([str(tmp_path)], 1).seal_lag_ns


def test_no_store_is_an_error(tmp_path: Path) -> None:
    """
    A store that is not there is named.
    """
    with pytest.raises(StoreMissing, match="nowhere"):
        newest([str(tmp_path / "nowhere")], 1)


def test_a_writer_has_as_many_records_as_in_a_lookup(tmp_path: Path) -> None:
    """
    Spans and log lines of a writer count alike in `last` and `find`, before and after sealing.
    """
    access = journal_maker.span(1, layer="access", span_kind="SERVER")
    absurd = journal_maker.log(4, stamp=journal_maker.STAMP * 1000)
    journal_maker.make_writer(tmp_path / "journal", [access, journal_maker.log(2), journal_maker.log(3), absurd])
    counted = []
    for _ in ("journal", "Parquet"):
        counted.append([one.records for one in newest([str(tmp_path)], 10).writers])
        counted.append([one.records for one in scan([str(tmp_path)], "oA", journal_maker.STAMP).evidence.writers])
        seal(str(tmp_path))

    assert [[4]] * 4 == counted
