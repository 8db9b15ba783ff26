"""Jobs over each broker, one worker killed; all of it is ``make jobs``. And how its lookups are judged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from pages import DOCS
from scenarios.jobs import __main__ as command
from scenarios.jobs import judge as judging
from scenarios.jobs.judge import Judged, Shown, judge
from scenarios.jobs.ledger import Entries, read
from scenarios.jobs.place import BROKERS
from scenarios.jobs.run import Plan, play
from scenarios.jobs.table import table
from waiting import PORTS, needs

from wxtrace.demo.pushes import KINDS, Push

PUSH = Push(KINDS[0], "plain", "oA", 1_745_231_475, "/callback", b"")
BEGAN = frozenset({("oA", "1"), ("oA", "2")})
ENDED = frozenset({("oA", "2")})
SAID = frozenset({("oA", "7-1")})
ENTRIES = Entries(BEGAN, ENDED, SAID, {})
SHOWN = Shown("oA", {"1": (7, "crashed"), "2": (8, "closed")}, ((1, 1), (1, 2)), SAID, 0)
KILLED = SimpleNamespace(kills=1, ended={7})
RIGHT = Judged("nats", 1, 1, 2, 2, 0, 1, 1, 1, 0, (), 3.0)


@pytest.fixture(name="played", scope="module")
def _played(tmp_path_factory):
    """A run over each broker that there is, three at once: most of the time they wait."""
    there = [name for name, broker in BROKERS.items() if not needs(broker.service).args[0]]
    plans = {name: Plan(name, jobs=40, kills=1, workers=2, seed=3, whole=0.0) for name in there}
    with ThreadPoolExecutor(3) as pool:
        yield {name: pool.submit(play, plan, tmp_path_factory.mktemp(name)) for name, plan in plans.items()}


@pytest.mark.parametrize(
    "broker", [pytest.param(name, marks=needs(broker.service)) for name, broker in BROKERS.items()]
)
def test_a_worker_is_killed(played, broker):
    """Each push shows every attempt at its job and every line, and nothing of another push."""
    judged = played[broker].result()

    assert (True, 1, ()) == (judged.right, judged.kills, judged.wrong)
    assert judged.pushes <= judged.attempts <= judged.lines + 1


def test_each_service_is_known():
    """What a broker needs is a service that tests can ask for."""
    assert {} == {name: one for name, one in BROKERS.items() if PORTS[one.service] != one.port}


# ------------------------------------------------------------ what is judged


def judged_as(monkeypatch, shown, entries=ENTRIES):
    """Return the judgement of a run with one push, whose lookup shows this."""
    monkeypatch.setattr(judging, "look_up", lambda push, store: shown)
    return judge("nats", [PUSH], entries, KILLED, None, 3.0)


def test_what_is_as_it_was_is_right(monkeypatch):
    """A job that was broken off, then done; a line."""
    judged = judged_as(monkeypatch, SHOWN)

    assert (RIGHT, True) == (judged, judged.right)


@pytest.mark.parametrize(
    ("jobs", "wrong"),
    [
        ({"2": (8, "closed")}, []),
        ({"1": (7, "closed"), "2": (8, "closed")}, ["the job 1 of 7 was broken off, and is shown as done"]),
        ({"1": (7, "crashed"), "2": (8, "open")}, ["the job 2 of 8 was done, and is shown as open"]),
        (
            {"1": (7, "crashed"), "2": (8, "closed"), "3": (9, "closed")},
            ["the job 3 of 9 is closed, and the ledger does not have it"],
        ),
        (
            {"1": (7, "crashed"), "2": (8, "closed"), "3": (None, "published")},
            ["the job 3 of None is published, and the ledger does not have it"],
        ),
    ],
    ids=["lost", "closed", "open", "invented", "waiting"],
)
def test_jobs_that_are_shown_otherwise(monkeypatch, jobs, wrong):
    """A job that is missing, or shown with another end, or that nobody did, makes it wrong."""
    numbers = tuple((1, attempt) for attempt in range(1, len(jobs) + 1))
    judged = judged_as(monkeypatch, Shown("oA", jobs, numbers, SAID, 0))

    assert ([f"oA: {line}" for line in wrong], False) == ([*judged.wrong], judged.right)


@pytest.mark.parametrize(
    "shown",
    [
        Shown("oA", SHOWN.jobs, SHOWN.numbers, frozenset(), 0),
        Shown("oA", SHOWN.jobs, SHOWN.numbers, SAID, 1),
        Shown("oA", SHOWN.jobs, ((1, 1), (2, 1)), SAID, 0),
    ],
    ids=["a line is lost", "a stranger", "two jobs"],
)
def test_what_else_is_wrong(monkeypatch, shown):
    """So does a line that is missing, a row of another push, and one job that is shown as two."""
    assert not judged_as(monkeypatch, shown).right


def test_what_a_killed_worker_had_in_hand(monkeypatch):
    """A job that its worker did not come to write down is told, and is no fault; nor is an end that nobody saw."""
    jobs = {"1": (7, "crashed"), "2": (7, "crashed"), "3": (9, "crashed")}
    judged = judged_as(monkeypatch, Shown("oA", jobs, ((1, 1), (1, 2), (1, 3)), SAID, 0))

    assert (True, 2, 1) == (judged.right, judged.found, judged.more)


def test_a_ledger(tmp_path):
    """What began, what ended, what was said, and what each process has in hand; not what is just being written."""
    book = tmp_path / "ledger"
    book.write_text("7 began oA 1\n7 said oA 7-1\n8 began oA 2\n8 ended oA 2\n8 beg", "ascii")

    expected = Entries(BEGAN, ENDED, SAID, {7: frozenset({("oA", "1")}), 8: frozenset()})
    assert expected == read(book)
    assert Entries(frozenset(), frozenset(), frozenset(), {}) == read(tmp_path / "none")


# ------------------------------------------------------------ the command


def test_the_command_prints_the_table(monkeypatch, tmp_path, capsys):
    """A row for each broker, and exit code 0 where all is right."""
    monkeypatch.setattr(command, "play", lambda plan, folder: RIGHT)
    code = command.main(["--broker", "nats", "--seed", "3", "--keep", str(tmp_path)])

    assert (0, table([RIGHT])) == (code, capsys.readouterr().out.rpartition("\n\n")[2].strip())
    assert table([RIGHT]).endswith("| nats | 1 | 1 | 2 | 2 | 0 | 1 | 1 | 1 | 0 | 0 |")


def test_the_command_fails_where_something_is_wrong(monkeypatch):
    """The exit code says so."""
    monkeypatch.setattr(command, "play", lambda plan, folder: Judged("nats", 1, 1, 2, 1, 0, 1, 1, 1, 0, (), 3.0))

    assert 1 == command.main(["--broker", "nats"])


def test_every_broker_is_described():
    """Each has its row in docs/jobs.md."""
    page = (DOCS / "jobs.md").read_text("utf-8")

    assert set() == {name for name in BROKERS if f"\n| {name} |" not in page}
