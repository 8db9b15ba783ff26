"""Ten thousand spans open at once in one process, seen from another."""

from __future__ import annotations

from collections import Counter

import pytest
from survival_acts import OPEN_SPANS
from survival_kit import act, grown_up
from survival_ledger import rows

from wxtrace.seal.seal import seal


@pytest.fixture(name="store")
def _store(tmp_path):
    return tmp_path / "store"


@pytest.fixture(name="process")
def _process(store):
    with grown_up(act("crowded"), store) as process:
        process.stdout.readline()
        yield process


def states(store):
    """Count the states of the spans that stand in the queue."""
    return Counter(row.state for row in rows(store).spans if row.module == "queue")


def go_on(process):
    """Let the process do its next step, and wait for it to say so."""
    process.stdin.write(b"\n")
    process.stdin.flush()
    process.stdout.readline()


def test_all_are_seen_open_while_they_run(store, process):
    """
    Another process sees all ten thousand as open, also when what is there of them has been sealed.
    """
    unsealed = states(store)
    seal(str(store))

    assert [{"open": OPEN_SPANS}] * 2 == [unsealed, states(store)]


def test_all_are_closed_once_they_have_ended(store, process):
    """
    After their end each of them is closed, before and after sealing.
    """
    seal(str(store))
    go_on(process)
    unsealed = states(store)
    seal(str(store))

    assert [{"closed": OPEN_SPANS}] * 2 == [unsealed, states(store)]


@pytest.mark.parametrize("is_sealed_before", [False, True], ids=["unsealed", "sealed before"])
def test_all_have_crashed_when_the_process_is_killed(store, process, is_sealed_before):
    """
    SIGKILL leaves ten thousand crashed spans, before and after sealing.
    """
    if is_sealed_before:
        seal(str(store))
    process.kill()
    process.wait()
    unsealed = states(store)
    seal(str(store))

    assert [{"crashed": OPEN_SPANS}] * 2 == [unsealed, states(store)]
