"""From when on the records of a store are kept."""

from __future__ import annotations

from calendar import timegm
from pathlib import Path
from types import SimpleNamespace

import pytest

from wxtrace.scan.kept import kept_since
from wxtrace.scan.stores import OpenStore, Seen
from wxtrace.store import paths

JOURNAL, OTHER = Path("a/journal"), Path("b/journal")
H0 = timegm((2026, 9, 22, 0, 0, 0)) * 10**9
HOUR_NS = 3600 * 10**9
NOW = H0 + 30 * 24 * HOUR_NS


class Listing:
    """The files of a store, of which only the names of the partitions matter; listing one that is broken raises."""

    def __init__(self, *partitions, broken=False):
        self.partitions, self.broken = partitions, broken

    def days(self, table):
        """Return the days, as a store does."""
        if self.broken:
            raise OSError("no such bucket")
        return sorted({own.split("/")[1] for own in self.partitions if own.startswith(table)})

    def partition(self, table, partition, known):
        """Return a file for each partition that is there."""
        return [SimpleNamespace()] if f"{table}/{partition}" in self.partitions else []


def store(listing, journal=JOURNAL):
    """Return an open store of such files."""
    return OpenStore(listing, None, journal)  # type: ignore[arg-type]


def seen(*writers, journal=JOURNAL):
    """Return what a sweep has met that began at NOW: writers that are sealed in part."""
    met = Seen()
    met.began_ns = NOW
    met.sealed_in_part = dict.fromkeys(writers, journal)
    return met


@pytest.mark.parametrize(
    ("partitions", "since_ns"),
    [
        (["spans/day=d20260922/hour=h07", "spans/day=d20260923/hour=h01"], H0 + 7 * HOUR_NS),
        (["spans/day=d20260922/hour=h07", "logs/day=d20260922/hour=h05"], H0 + 5 * HOUR_NS),
        (["spans/day=d20260922/hour=hother", "spans/day=d20260922/hour=h23"], H0 + 23 * HOUR_NS),
        (["spans/backup/hour=h01", "spans/day=d20260922/hour=h02"], H0 + 2 * HOUR_NS),
        (["spans/day=d20260922/hour=hother"], NOW),
        ([], NOW),
    ],
    ids=["oldest", "logs are older", "absurd stamps", "not ours", "absurd stamps alone", "nothing"],
)
def test_the_oldest_hour_counts(partitions, since_ns):
    """Records are kept from the oldest hour of any table on; hours of absurd stamps do not count."""
    assert {"w1": since_ns} == kept_since([store(Listing(*partitions))], seen("w1"))


def test_a_writer_of_which_nothing_is_sealed_is_not_asked_for():
    """Its journal has all that it recorded, and no file needs to be listed."""
    assert {} == kept_since([store(Listing(broken=True))], seen())


def test_every_store_speaks_for_its_own_journal():
    """What one store has lost says nothing of the writers of another one."""
    stores = [store(Listing("logs/day=d20260922/hour=h03")), store(Listing("logs/day=d20260922/hour=h09"), OTHER)]
    met = seen("w1")
    met.sealed_in_part["w2"] = OTHER

    assert {"w1": H0 + 3 * HOUR_NS, "w2": H0 + 9 * HOUR_NS} == kept_since(stores, met)


def test_what_cannot_be_listed_is_damage():
    """Where nobody can list the files, nothing is proved, and that is told."""
    met = seen("w1")

    assert {"w1": NOW} == kept_since([store(Listing(broken=True))], met)
    assert [True] == [paths.SPANS in problem for problem in met.damaged]
