"""Which host recorded when, and what that lets a lookup say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxtrace.scan.evidence import HostSeen, WriterSeen
from wxtrace.scan.hosts import LOOKED_AROUND_NS, hosts_of, reason

BASE = 10 * LOOKED_AROUND_NS
WINDOW = (BASE, BASE + 60)
NOW = BASE + 1000
Life = tuple[int, int]


def writer(name: str, first: int | None, last: int | None, *, alive: bool = False, dropped: int = 0) -> WriterSeen:
    """Return a writer of the host that its name begins with; its life is counted from the window's beginning."""
    moments = [None if moment is None else BASE + moment for moment in (first, last)]
    return WriterSeen(name, name.split("/")[0], 7, alive, moments[0], moments[1], 1, dropped, None)


def gaps(*writers: WriterSeen, kept: dict[str, int] | None = None) -> dict[str, list[Life]]:
    """Return the gaps of each host, counted from the window's beginning."""
    hosts = hosts_of(writers, WINDOW, NOW, kept or {})
    return {host.host: [(first - BASE, last - BASE) for first, last in host.gaps] for host in hosts}


def test_all_writers_of_a_host_are_one() -> None:
    """
    A host tells of all its writers together: names, records, drops, first and last sign of life.
    """
    one, other = writer("a/1", -5, 30, dropped=2), writer("a/2", 20, None, alive=True)

    expected = HostSeen("a", ("a/1", "a/2"), 1, 2, 2, BASE - 5, NOW, ())
    assert (expected,) == hosts_of([one, other], WINDOW, NOW)


def test_a_worker_that_is_recycled_leaves_no_gap_where_others_work() -> None:
    """
    Of two workers each is replaced within the window, one after the other: the host recorded all through.
    """
    first = [writer("a/1", -100, 20), writer("a/2", 22, 100)]
    second = [writer("a/3", -100, 40), writer("a/4", 43, 100)]

    assert {"a": []} == gaps(*first, *second)


def test_the_only_worker_leaves_a_gap_where_it_is_recycled() -> None:
    """
    Between the last record of the only worker and the first of the next one, nobody can know.
    """
    assert {"a": [(20, 22)]} == gaps(writer("a/1", -100, 20), writer("a/2", 22, 100))


def test_a_quiet_worker_that_lives_was_recording() -> None:
    """
    Whose lock is held recorded up to now, though it had nothing to record.
    """
    assert {"a": []} == gaps(writer("a/1", -100, -50, alive=True))


def test_what_is_to_come_is_a_gap() -> None:
    """
    A window that is not over yet is covered up to the lookup.
    """
    (host,) = hosts_of([writer("a/1", -5, 0, alive=True)], (BASE, NOW + 10), NOW)

    assert ((NOW, NOW + 10),) == host.gaps


def test_a_host_whose_first_record_is_in_the_window_is_told() -> None:
    """
    A host that is new in the window may have been in service before it recorded.
    """
    assert {"a": [], "b": [(0, 10)]} == gaps(writer("a/1", -1, 61), writer("b/1", 10, 61))


@pytest.mark.parametrize(
    ("first", "last"), [(-LOOKED_AROUND_NS - 9, -LOOKED_AROUND_NS - 1), (61 + LOOKED_AROUND_NS, None)]
)
def test_a_host_that_is_long_gone_or_not_yet_there_is_not_asked(first: int, last: int | None) -> None:
    """
    A journal left from long before, or begun long after, says nothing of who was in service.
    """
    assert {"a": []} == gaps(writer("a/1", -1, 61), writer("b/1", first, last))


def test_a_host_that_stopped_shortly_before_is_told() -> None:
    """
    A host that recorded up to some minutes before may still have been in service.
    """
    assert {"a": [], "b": [(0, 60)]} == gaps(writer("a/1", -1, 61), writer("b/1", -900, -600))


def test_a_writer_that_dropped_may_have_lived_on() -> None:
    """
    A writer's last record tells nothing of its end, if it had to drop what came after.
    """
    gone = writer("b/1", -LOOKED_AROUND_NS - 9, -LOOKED_AROUND_NS - 1, dropped=1)

    assert {"a": [], "b": [(0, 60)]} == gaps(writer("a/1", -1, 61), gone)


def test_a_writer_of_which_nothing_is_told_covers_nothing() -> None:
    """
    Of a folder with no record in it nobody knows when it was; its host is told.
    """
    assert {"a": [(0, 60)]} == gaps(writer("a/1", None, None))


def test_what_is_not_kept_any_more_is_a_gap() -> None:
    """
    A writer covers only from when on its records are there to be read.
    """
    assert {"a": [(0, 30)]} == gaps(writer("a/1", -9, 90), kept={"a/1": BASE + 30})


def test_the_longest_gap_is_the_one_to_tell() -> None:
    """
    Of several gaps of a host the longest is told; of none, none.
    """
    lives = [writer("a/1", 1, 5), writer("a/2", 8, 50), writer("b/1", -1, 61)]

    found = [host.longest_gap for host in hosts_of(lives, WINDOW, NOW)]

    assert [(BASE + 50, BASE + 60), None] == found


def test_nobody_known_proves_nothing() -> None:
    """
    Where no host is known, nobody can know.
    """
    assert "cannot_know" == reason(())


def test_a_drop_proves_nothing() -> None:
    """
    What was dropped may have been the push.
    """
    assert "cannot_know" == reason(hosts_of([writer("a/1", -1, 61, dropped=1)], WINDOW, NOW))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-20, 80), st.integers(-20, 80)), min_size=1))
def test_a_moment_is_in_a_gap_or_somebody_recorded_then(lives: list[tuple[str, int, int]]) -> None:
    """
    Whatever the lives, each moment is in a gap of a host exactly where no writer of that host lived; and
    only where every host is without gaps, it is said that the push never arrived.
    """
    writers = [writer(f"{host}/{n}", min(life), max(life)) for n, (host, *life) in enumerate(lives)]
    hosts = hosts_of(writers, WINDOW, NOW)
    midst = [BASE * 2 + twice for twice in range(1, 120, 2)]  # between the moments, so that ends do not matter

    for host in hosts:
        own = [(BASE + min(life), BASE + max(life)) for name, *life in lives if name == host.host]
        alone = [at for at in midst if not any(2 * first < at < 2 * last for first, last in own)]
        assert alone == [at for at in midst if any(2 * first < at < 2 * last for first, last in host.gaps)]
    assert (reason(hosts) == "never_arrived") == (not any(host.gaps for host in hosts))
