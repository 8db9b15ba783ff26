"""Ways to hang that are soon over, looked up as all of them are by ``make hangs``; and how an answer is judged."""

from __future__ import annotations

import json

import pytest
from pages import DOCS
from scenarios.hangs import main, run
from scenarios.hangs.asking import faults
from scenarios.hangs.due import Asked, Culprit, Due, Said, Sent
from scenarios.hangs.lines import Place, calling, marked
from scenarios.hangs.plays import HANGS
from scenarios.hangs.run import Hung, play_all
from scenarios.hangs.table import table, troubles

from wxtrace.demo.pushes import KINDS, Push

QUICK = [("chain", "uvloop"), ("sleep", "asyncio"), ("sigkill", "asyncio")]
MARKS_S = (0.8, 2.4)
SEED = 3
PLACE = Place("wait", "app/menu.py", 7, 7)
HOLDER = Place("hold", "app/menu.py", 9, 10)
PUSH = Push(KINDS[0], "plain", "oUser-of-a-test-0123456789Z9", 1_745_231_475, "/hang/lock?", b"")


@pytest.fixture(name="played", scope="module")
def _played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hangs")
    return folder, list(play_all(QUICK, folder, SEED, len(QUICK), MARKS_S))


def test_the_lines_are_named(played):
    """While it hangs, when its process is dead, when all is sealed: function, line, and who held it up."""
    _, hung = played

    assert [] == [line for one in hung for line in troubles(one) if not line.startswith("LATE")]
    assert {"chain", "sleep", "sigkill"} == {one.hang for one in hung if one.named}


def test_what_is_due_was_written_down(played):
    """One line for each request that was looked up."""
    folder, hung = played
    lines = [json.loads(line) for line in (folder / "expected.jsonl").read_text("utf-8").splitlines()]

    expected = {f"{one.hang} {one.loop} {one.asked.who}": one.asked.due.case for one in hung}
    assert expected == {line["scenario"]: line["case"] for line in lines}


# ------------------------------------------------------------ the lines


def test_a_line_is_found_by_its_comment():
    """The statement that is marked, and the qualified name of its function."""
    place = marked("loops", "circle")

    assert ("_top", "scenarios/hangs/loops.py", 1) == (place.function, place.file, place.last - place.first)


def test_a_line_of_the_example_is_found_by_what_it_calls():
    """The example has no comments for us."""
    place = calling("callback/crm.py", "self._client.get")

    assert ("Crm.name_of", "callback/crm.py") == (place.function, place.file)


def test_what_is_marked_nowhere_is_an_error():
    """A scenario whose line is not known is not played."""
    with pytest.raises(ValueError, match="0 such lines"):
        marked("loops", "nothing")


# ------------------------------------------------------------ an answer, judged


def _told(stuck=None, held=None, waits=(), text="at app/menu.py:7 and app/menu.py:9"):
    """Return an answer as `wxtrace find --json` has it."""
    verdict = {"case": "open", "stuck": stuck and {"at": stuck}, "held": held and {"culprit": held}, "text": text}
    return {"verdict": verdict, "attempts": [{"spans": [{"layer": "wait", "module": wait} for wait in waits]}]}


STUCK = {"function": "wait", "file": "app/menu.py", "line": 7}
HELD = {"function": "hold", "file": "app/menu.py", "line": 9, "openid": "o…Z9"}
DUE = Due(PLACE, Culprit(HOLDER, "o…Z9"), "threads", "open")


@pytest.mark.parametrize(
    ("due", "told", "expected"),
    [
        pytest.param(DUE, _told(STUCK, HELD, ["threads"]), [], id="all"),
        pytest.param(Due(PLACE), _told(), ["it stands at menu.py:7 wait: not named"], id="nothing"),
        pytest.param(
            Due(PLACE),
            _told({**STUCK, "line": 8}),
            ["it stands at menu.py:7 wait; got app/menu.py:8 wait"],
            id="another line",
        ),
        pytest.param(
            Due(PLACE), _told(STUCK, text="?"), ["it stands at menu.py:7 wait: not in the text"], id="not in words"
        ),
        pytest.param(
            Due(culprit=Culprit(HOLDER, "o…A0")), _told(held=HELD), ["held by o…A0; got o…Z9"], id="another culprit"
        ),
        pytest.param(
            Due(culprit=Culprit(HOLDER, "o…Z9")),
            _told(STUCK),
            ["held at menu.py:9…10 hold: not named"],
            id="no culprit",
        ),
        pytest.param(
            Due(culprit=Culprit(HOLDER, None)),
            _told({**HELD, "line": 10}, text="app/menu.py:10"),
            [],
            id="all stood",
        ),
        pytest.param(
            Due(wait="threads"), _told(waits=["redis"]), ["no wait for threads, but ['redis']"], id="queue"
        ),
        pytest.param(Due(case="crashed"), _told(), ["open, not crashed"], id="case"),
    ],
)
def test_an_answer_is_judged_by_what_is_due(due, told, expected):
    """What need not be named may be anything; what must be is compared whole."""
    assert expected == list(faults(due, told))


# ------------------------------------------------------------ what is printed


def _hung(*saids: Said, mark: float | None = 4.5) -> Hung:
    return Hung("lock", "asyncio", Asked("itself", Sent(PUSH, 0.0), Due(PLACE)), saids, mark)


NAMED = Said((), 5.12, "at app/menu.py:7")
SILENT = Said(("not named",), 5.12, "?")


def test_the_table_has_a_row_for_each_request():
    """What was said when, and what was due; what was not played has none."""
    expected = """\
hang  loop     of whom      hanging   dead  sealed  due
lock  asyncio  itself   named 5.1 s  WRONG   named  menu.py:7 wait
"""

    assert expected == table([_hung(NAMED, SILENT, NAMED), Hung("blpop", "uvloop", missing=("Redis",))])


@pytest.mark.parametrize(
    ("hung", "expected"),
    [
        pytest.param(_hung(NAMED, NAMED, NAMED), [], id="right"),
        pytest.param(
            _hung(NAMED, SILENT, NAMED),
            ["WRONG: lock, asyncio, itself, dead: not named", "       it said: ?"],
            id="wrong",
        ),
        pytest.param(
            _hung(Said((), 5.6, "")), ["LATE: lock, asyncio, itself: said after 5.6 s"], id="more than a second"
        ),
        pytest.param(_hung(Said((), 9.9, ""), mark=None), [], id="looked up after another one"),
        pytest.param(
            Hung("blpop", "uvloop", missing=("Redis",)), ["not played: blpop, uvloop: Redis not here"], id="missing"
        ),
        pytest.param(
            Hung("pool", "asyncio", trouble="not seen"), ["NOT PRODUCED: pool, asyncio: not seen"], id="trouble"
        ),
    ],
)
def test_what_is_wrong_is_told(hung, expected):
    """And what was not played, and why."""
    assert expected == list(troubles(hung))


@pytest.mark.parametrize(
    ("hung", "required", "expected"),
    [
        pytest.param(_hung(NAMED, NAMED, NAMED), "1", 0, id="all named"),
        pytest.param(_hung(NAMED, SILENT, NAMED), "", 1, id="one not named"),
        pytest.param(_hung(Said((), 5.6, ""), NAMED, NAMED), "", 1, id="late"),
        pytest.param(Hung("lock", "uvloop", trouble="not seen"), "", 1, id="not produced"),
        pytest.param(Hung("lock", "uvloop", missing=("Redis",)), "", 0, id="skipped"),
        pytest.param(Hung("lock", "uvloop", missing=("Redis",)), "1", 1, id="required"),
    ],
)
def test_the_exit_code_says_whether_all_is_named(monkeypatch, tmp_path, hung, required, expected):
    """What is missing here is no fault, unless it is required."""
    monkeypatch.setenv("WXTRACE_REQUIRE_SERVICES", required)
    monkeypatch.setattr(main, "play_all", lambda *played: iter([_hung(NAMED, NAMED, NAMED), hung]))

    assert expected == main.run(["lock"], tmp_path, SEED, 1)


def test_what_cannot_be_played_here_is_told(monkeypatch, tmp_path):
    """A service that does not run, a package that is not installed."""
    monkeypatch.setattr(run, "missing", lambda needs: [*needs])

    (hung,) = play_all([("blpop", "uvloop")], tmp_path, SEED, 1)

    assert Hung("blpop", "uvloop", missing=("Redis", "redis")) == hung


def test_every_way_to_hang_is_described():
    """Each has its row in docs/scenarios.md."""
    page = (DOCS / "scenarios.md").read_text("utf-8")

    assert set() == {name for name in HANGS if f"| `{name}` |" not in page}
