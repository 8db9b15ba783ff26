"""What a lookup that finds nothing can still say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import journal_maker
import pytest
import store_maker
from strategies import OPENID, SECOND, STAMP, make_span

from wxtrace.scan.evidence import Evidence, HostSeen, WriterSeen
from wxtrace.scan.scan import scan
from wxtrace.store import schema
from wxtrace.store.sealed import Position, Progress, save

WRITER = "web-1-7-0-abcd"
FROM_NS, TO_NS = (STAMP - 30) * SECOND, (STAMP + 30) * SECOND
SEEN = WriterSeen(WRITER, "web-1", 7, False, FROM_NS - 1, TO_NS + 1, 10, 0, TO_NS + 1)


HOST = HostSeen("web-1", (WRITER,), 0, 10, 0, FROM_NS - 1, TO_NS + 1, ())


def evidence(store: Path) -> Evidence:
    """Return the evidence of a lookup that finds nothing."""
    return scan([str(store)], OPENID, STAMP).evidence


def sealed(store: Path, *, first_ns: int = FROM_NS - 1, last_ns: int = TO_NS + 1, dropped: int = 0) -> None:
    """Write a file in which a writer says when it recorded."""
    said = schema.FileWriter(WRITER, "web-1", 7, first_ns, last_ns, 10, dropped)
    store_maker.write(store, [make_span(0, openid="oX")], metadata=schema.metadata([said]))


def later(number: int) -> SimpleNamespace:
    """Return a clock that shows so many nanoseconds."""
    return SimpleNamespace(time_ns=lambda: number)


def test_a_writer_that_recorded_all_through_says_never_arrived(tmp_path: Path) -> None:
    """
    Where a writer recorded before and after and dropped nothing, the push never arrived there.
    """
    sealed(tmp_path)

    assert Evidence((SEEN,), 0, 1, 0, (FROM_NS, TO_NS), (), "never_arrived", (HOST,)) == evidence(tmp_path)


def test_who_found_the_push_needs_no_reason(tmp_path: Path) -> None:
    """
    A lookup that finds the push gives the writers, and no reason.
    """
    sealed(tmp_path)

    got = scan([str(tmp_path)], "oX", STAMP).evidence

    assert ((SEEN,), None) == (got.writers, got.reason)


@pytest.mark.parametrize(
    "told",
    [{"first_ns": FROM_NS + 1}, {"last_ns": TO_NS - 1}, {"dropped": 1}],
    ids=["began later", "ended before", "dropped"],
)
def test_a_gap_says_cannot_know(tmp_path: Path, told: dict[str, int]) -> None:
    """
    Where the only writer missed a part of the window, or dropped records, nobody can know.
    """
    sealed(tmp_path, **told)

    assert "cannot_know" == evidence(tmp_path).reason


def test_an_empty_store_says_cannot_know(tmp_path: Path) -> None:
    """
    Where nobody recorded, nobody can know.
    """
    (tmp_path / "journal").mkdir()

    assert Evidence((), 0, 0, 0, (FROM_NS, TO_NS), (), "cannot_know") == evidence(tmp_path)


def test_a_store_of_another_time_says_what_it_has(tmp_path: Path) -> None:
    """
    Where nobody recorded then, what is there is told, to the hour, so that it is not taken for an empty store.
    """
    hour_ns, day = 3600 * SECOND, 86_400
    began_ns = (STAMP * SECOND) // hour_ns * hour_ns
    store_maker.write(
        tmp_path, [make_span(0, openid="oX"), make_span(1, stamp=STAMP + 3 * 3600, start_ns=began_ns + 3 * hour_ns)]
    )

    before, after = (scan([str(tmp_path)], OPENID, STAMP + days * day).evidence for days in (-2, 2))

    assert [("cannot_know", (began_ns, began_ns + 4 * hour_ns))] * 2 == [
        (one.reason, one.kept) for one in (before, after)
    ]


@pytest.mark.parametrize(("later_s", "reason"), [(1, "never_arrived"), (-1, "cannot_know")])
def test_a_living_writer_covers_up_to_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later_s: int, reason: str
) -> None:
    """
    A writer that began before the window and lives was there up to now, however quiet; what is to come is open.
    """
    began_ns = journal_maker.START_NS
    stamp = began_ns // SECOND + 60
    monkeypatch.setattr("wxtrace.scan.stores.time", later((stamp + 30 + later_s) * SECOND))
    folder = journal_maker.make_writer(tmp_path / "journal", [journal_maker.span(1)], writer=WRITER)

    with journal_maker.living(folder):
        got = scan([str(tmp_path)], "oNobody", stamp).evidence

    alive = WriterSeen(WRITER, "web-1", 7, True, began_ns, began_ns + 1_001_000, 1, 0, None)
    assert ((alive,), reason) == (got.writers, got.reason)


def test_drops_of_every_writer_are_added(tmp_path: Path) -> None:
    """
    What writers had to drop is counted, once a writer, be it told by its journal or by its files.
    """
    sealed(tmp_path, dropped=2)
    journal_maker.make_writer(tmp_path / "journal", [], writer=WRITER, dropped=5)
    journal_maker.make_writer(tmp_path / "journal", [], writer="web-1-8-0-abcd", dropped=1)

    assert 6 == evidence(tmp_path).dropped


def test_the_hours_beside_tell_of_a_quiet_writer(tmp_path: Path) -> None:
    """
    A writer that has rows in the hours before and after, and none in between, was there.
    """
    for number, offset in enumerate((-3600, 3600)):
        row = make_span(number, openid="oX", stamp=STAMP + offset, start_ns=(STAMP + offset) * SECOND)
        said = schema.FileWriter(WRITER, "web-1", 7, row.start_ns, row.start_ns, 1, 0)
        store_maker.write(tmp_path, [row], name=str(number), metadata=schema.metadata([said]))

    quiet = replace(
        SEEN,
        first_ns=(STAMP - 3600) * SECOND,
        last_ns=(STAMP + 3600) * SECOND,
        records=2,
        sealed_ns=(STAMP + 3600) * SECOND,
    )
    assert ((quiet,), "never_arrived") == (evidence(tmp_path).writers, evidence(tmp_path).reason)


def test_damage_says_cannot_know(tmp_path: Path) -> None:
    """
    The push may lie in the file that cannot be read.
    """
    sealed(tmp_path)
    (file,) = tmp_path.rglob("*.parquet")
    file.with_name("2.parquet").write_bytes(b"noise")

    assert "cannot_know" == evidence(tmp_path).reason


def test_the_hosts_of_a_push_that_is_found_are_not_looked_for(tmp_path: Path) -> None:
    """
    A lookup that finds the push does not read the hours around, and so says nothing of hosts.
    """
    sealed(tmp_path)

    assert () == scan([str(tmp_path)], "oX", STAMP).evidence.hosts


def test_one_host_that_missed_a_part_is_named(tmp_path: Path) -> None:
    """
    Of two hosts one recorded all through and one did not: it cannot be known, and the host is told with its gap.
    """
    told = [
        schema.FileWriter(WRITER, "web-1", 7, FROM_NS - 1, TO_NS + 1, 10, 0),
        schema.FileWriter("web-2-7-0-abcd", "web-2", 7, FROM_NS - 1, FROM_NS + SECOND, 4, 0),
    ]
    store_maker.write(tmp_path, [make_span(0, openid="oX")], metadata=schema.metadata(told))

    got = evidence(tmp_path)

    gap = (FROM_NS + SECOND, TO_NS)
    other = HostSeen("web-2", ("web-2-7-0-abcd",), 0, 4, 0, FROM_NS - 1, FROM_NS + SECOND, (gap,))
    assert ("cannot_know", (HOST, other)) == (got.reason, got.hosts)


def test_hosts_of_several_stores_are_all_asked(tmp_path: Path) -> None:
    """
    Where each host has a store of its own, the one that missed a part is found in whichever it is.
    """
    sealed(tmp_path / "a")
    said = schema.FileWriter("web-2-7-0-abcd", "web-2", 7, TO_NS + 1, TO_NS + SECOND, 4, 0)
    store_maker.write(tmp_path / "b", [make_span(0, openid="oX")], metadata=schema.metadata([said]))

    got = scan([str(tmp_path / "a"), str(tmp_path / "b")], OPENID, STAMP).evidence

    expected = [("web-1", ()), ("web-2", ((FROM_NS, TO_NS),))]
    assert ("cannot_know", expected) == (got.reason, [(host.host, host.gaps) for host in got.hosts])


def test_retries_are_asked_about_too(tmp_path: Path) -> None:
    """
    However small the tolerance, a host must have recorded for as long as WeChat tries.
    """
    sealed(tmp_path, last_ns=(STAMP + 14) * SECOND)

    got = scan([str(tmp_path)], OPENID, STAMP, tolerance=0).evidence

    assert ("cannot_know", (STAMP * SECOND, (STAMP + 15) * SECOND)) == (got.reason, got.window)


def test_what_retention_removed_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A writer lived all through, but the hours before the oldest that is kept are gone: nobody can know.
    """
    stamp = journal_maker.START_NS // SECOND + 2 * 86_400
    monkeypatch.setattr("wxtrace.scan.stores.time", later((stamp + 9 * 86_400) * SECOND))
    kept = stamp - stamp % 3600 + 5 * 86_400
    store_maker.write(tmp_path, [make_span(0, openid="oX", stamp=kept, start_ns=kept * SECOND)])
    folder = journal_maker.make_writer(tmp_path / "journal", [], [journal_maker.span(1)], writer=WRITER)
    save(tmp_path / "journal", Progress({WRITER: Position(2, 0)}))

    with journal_maker.living(folder):
        gone = scan([str(tmp_path)], OPENID, stamp).evidence
        there = scan([str(tmp_path)], OPENID, kept + 60).evidence

    assert ("cannot_know", "never_arrived") == (gone.reason, there.reason)


def test_where_no_parquet_is_left_nothing_sealed_proves_anything(tmp_path: Path) -> None:
    """
    Somebody removed all Parquet: what the living writer had sealed is gone.
    """
    stamp = journal_maker.START_NS // SECOND + 60
    folder = journal_maker.make_writer(tmp_path / "journal", [], [journal_maker.span(1)], writer=WRITER)
    save(tmp_path / "journal", Progress({WRITER: Position(2, 0)}))

    with journal_maker.living(folder):
        assert "cannot_know" == scan([str(tmp_path)], OPENID, stamp).evidence.reason


def test_what_the_sealer_skipped_counts_as_dropped(tmp_path: Path) -> None:
    """
    Damage that was passed over when a journal was sealed may have been the push.
    """
    sealed(tmp_path)
    journal_maker.make_writer(tmp_path / "journal", [], writer=WRITER)
    save(tmp_path / "journal", Progress(skipped={WRITER: 3}))

    got = evidence(tmp_path)

    assert ("cannot_know", 3) == (got.reason, got.dropped)
