"""Long work tells how far it has come: seal, compact, lookups, windows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import store_maker
from windows import FIRST_NS, LAST_NS, NOW_NS, Plan, Try, rows_of, write_journals

from wxtrace.ask import stamp_of
from wxtrace.lookup.lookup import look_up, look_up_alarm
from wxtrace.scan.arrivals import scan_arrivals, scan_traces
from wxtrace.scan.scan import scan
from wxtrace.seal.compact import compact
from wxtrace.seal.seal import seal
from wxtrace.store.progress import Progress
from wxtrace.survey.survey import survey

STAMP = FIRST_NS // 10**9
PLANS = [Plan((Try(0.25 + number, went, number % 3),)) for number, went in enumerate(["too_late", "answered"] * 4)]
ALARM = f"Appid: wx0123456789abcdef\n内容: 5秒内没有返回\n次数: 5分钟 4次\n错误样例: [OpenID=oPUSH0][Stamp={STAMP}]"
DAY_NS = 24 * 3600 * 10**9

Work = Callable[[str, Progress], object]
WORKS: dict[str, Work] = {
    "scan": lambda store, progress: scan([store], "oPUSH0", STAMP, 0, progress),
    "scan for nothing": lambda store, progress: scan([store], "oNOBODY", STAMP, 0, progress),
    "scan by stamp": lambda store, progress: scan([store], None, STAMP - 3600, 0, progress),
    "arrivals": lambda store, progress: scan_arrivals([store], FIRST_NS, LAST_NS, progress=progress),
    "traces": lambda store, progress: scan_traces([store], ["ab" * 16], FIRST_NS, LAST_NS, progress=progress),
    "survey": lambda store, progress: survey([store], FIRST_NS, LAST_NS, now_ns=NOW_NS, progress=progress),
    "survey of nothing": lambda store, progress: survey([store], 0, 1, now_ns=NOW_NS, progress=progress),
    "find": lambda store, progress: look_up("oPUSH0", stamp_of(STAMP), store, 30, progress),
    "find nothing": lambda store, progress: look_up("oNOBODY", stamp_of(STAMP), store, 30, progress),
    "find by milliseconds": lambda store, progress: look_up(None, stamp_of(STAMP * 1000 + 1), store, 0, progress),
    "find by alarm": lambda store, progress: look_up_alarm(ALARM, store, 30, progress),
    "seal": lambda store, progress: seal(store, progress=progress),
    "compact": lambda store, progress: compact(store, now_ns=NOW_NS + DAY_NS, progress=progress),
}


def told_by(work: Work, store: Path) -> list[tuple[int, int]]:
    """Return what a work tells of itself."""
    told: list[tuple[int, int]] = []
    work(str(store), lambda done, of_all: told.append((done, of_all)))
    return told


@pytest.fixture(name="store")
def make_a_store(tmp_path: Path) -> Path:
    """Return a store with two files of spans in one hour, and the journals of three writers."""
    store_maker.write(tmp_path, rows_of(PLANS[:2]), name="1")
    store_maker.write(tmp_path, rows_of(PLANS[2:4]), name="2")
    write_journals(tmp_path, rows_of(PLANS[4:]))
    return tmp_path


@pytest.mark.parametrize("name", WORKS)
def test_work_never_goes_back_and_ends_with_all(store: Path, name: str) -> None:
    """
    Whatever is done with a store, what it tells grows towards one and the same end, which it reaches.
    """
    told = told_by(WORKS[name], store)
    done = [done for done, _ in told]

    assert sorted(done) == done
    assert ({told[-1][1]}, told[-1][1]) == ({of_all for _, of_all in told}, done[-1])


def test_a_scan_counts_journals_and_files(store: Path) -> None:
    """
    Two files and the journals of three writers are five steps.
    """
    assert [(step, 5) for step in range(6)] == told_by(WORKS["arrivals"], store)


def test_a_seal_counts_the_bytes_of_the_journals(store: Path) -> None:
    """
    All that the segments hold is to be sealed, and is in the end.
    """
    size = sum(path.stat().st_size for path in store.rglob("*.wxj"))
    told = told_by(WORKS["seal"], store)

    assert ((0, size), (size, size)) == (told[0], told[-1])


def test_a_compaction_counts_the_bytes_of_what_it_merges(store: Path) -> None:
    """
    A file that has nothing to be merged with does not count.
    """
    size = sum(path.stat().st_size for path in store.rglob("*.parquet"))

    assert (size, size) == told_by(WORKS["compact"], store)[-1]
    assert {(0, 0)} == set(told_by(WORKS["compact"], store))
