"""Those scenarios that do not wait for WeChat to hang up; all of them are ``make scenarios``."""

from __future__ import annotations

import json

import pytest
from pages import DOCS
from scenarios import run
from scenarios.__main__ import main
from scenarios.lookup import Told
from scenarios.run import NOT_PRODUCED, PLAYS, play_all
from scenarios.stage import Part, Played, Stage
from scenarios.truth import NotProduced, Truth

QUICK = ("crashed", "status_201", "bad_reply", "healthy")
SEED = 3


@pytest.fixture(name="played", scope="module")
def _played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenarios")
    return folder, list(play_all([Part(name, 1, SEED) for name in QUICK], folder))


def test_the_verdicts_are_right(played):
    """Case, layer and module of each are what was written down before the lookup, and which attempt was taken."""
    _, compared = played

    assert [] == [str(one) for one in compared if not (one.right and one.chained)]


def test_each_was_written_down(played):
    """One line a scenario, with what was expected."""
    folder, compared = played
    lines = [json.loads(line) for line in (folder / "expected.jsonl").read_text("utf-8").splitlines()]

    expected = {one.scenario: (one.truth.case, one.truth.module) for one in compared}
    assert expected == {line["scenario"]: (line["case"], line["module"]) for line in lines}


@pytest.fixture(name="acted")
def _acted(monkeypatch):
    """Let a scenario be acted instead of played, and its lookup give an answer."""

    async def act(stage: Stage) -> Played:
        """Make nothing go wrong."""
        return Played(Truth("waited"), "an alarm", ())

    monkeypatch.setattr(run, "PLAYS", {"waited": act})
    return monkeypatch


def test_the_truth_is_on_the_disk_when_the_lookup_begins(acted, tmp_path):
    """Nobody can bend it afterwards."""
    seen = list[str]()

    def look_up(played, folder):
        seen.append((tmp_path / "expected.jsonl").read_text("utf-8"))
        return Told("waited", None, None, "")

    acted.setattr(run, "look_up", look_up)
    list(play_all([Part("waited", 1, SEED)], tmp_path))

    assert ["waited"] == [json.loads(text)["case"] for text in seen]


@pytest.mark.parametrize(("got", "expected"), [("waited", 0), ("replied", 1)])
def test_a_wrong_verdict_makes_it_fail(acted, tmp_path, capsys, got, expected):
    """The exit code says whether all is on the diagonal."""
    acted.setattr(run, "look_up", lambda played, folder: Told(got, None, None, ""))

    code = main(["--only", "waited", "--variants", "1", "--keep", str(tmp_path)])

    assert expected == code
    assert f"{1 - expected} of 1 right" in capsys.readouterr().out


def test_what_could_not_be_produced_is_told(acted, tmp_path):
    """It is no verdict, and does not count as right."""

    async def fail(stage: Stage) -> Played:
        """Fail to make anything go wrong."""
        raise NotProduced("no attempt failed")

    acted.setattr(run, "PLAYS", {"waited": fail})
    (compared,) = play_all([Part("waited", 1, SEED)], tmp_path)

    assert (NOT_PRODUCED, "no attempt failed", False) == (
        compared.truth.case,
        compared.told.text,
        compared.right,
    )


def test_variants_take_turns(tmp_path):
    """Among three ways in which a thing goes wrong, three variants show each."""
    stages = [Stage(tmp_path, Part("elsewhere", variant, SEED), "", None) for variant in (1, 2, 3)]

    assert {"a", "b", "c"} == {stage.one_of("a", "b", "c") for stage in stages}


def test_every_scenario_is_described():
    """Each has its row in docs/scenarios.md."""
    page = (DOCS / "scenarios.md").read_text("utf-8")

    assert set() == {name for name in PLAYS if f"| `{name}` |" not in page}
