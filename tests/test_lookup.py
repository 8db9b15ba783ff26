"""Lookup: the reading side plugged together, on a store on disk."""

from __future__ import annotations

from dataclasses import replace

import journal_maker
import pytest
from answers import answer, make_store, slow_attempt, slow_push
from strategies import make_span

from wxtrace.errors import BadInput, StoreMissing
from wxtrace.lookup.lookup import find, stores_of
from wxtrace.seal.seal import seal


def test_a_push_is_found_in_the_journal(tmp_path):
    """Before anything is sealed, openid and stamp bring the request back."""
    found = find(openid="oA", stamp=journal_maker.STAMP, store=make_store(tmp_path))

    assert found.found
    assert ["POST /wechat", "reply"] == list(found.attempts[0].spans["name"])
    assert ["menu.clicked"] == list(found.attempts[0].logs["event"])
    assert "replied" == found.verdict.case


def test_several_stores_are_one(tmp_path):
    """A push is found in whichever store it lies; in two, it is found once."""
    stores = [make_store(tmp_path / name) for name in ("a", "b")]

    assert 1 == len(find(openid="oA", stamp=journal_maker.STAMP, store=stores).attempts)


def test_absence_raises_nothing(tmp_path):
    """Nothing found is an answer."""
    found = find(openid="oNobody", stamp=journal_maker.STAMP, store=make_store(tmp_path))

    assert (False, ()) == (found.found, found.attempts)
    assert found.evidence.reason in ("never_arrived", "cannot_know")


def test_a_store_that_is_not_there_is_an_error(tmp_path):
    """A wrong path must not look like a push that never came."""
    with pytest.raises(StoreMissing, match="--store or WXTRACE_STORE"):
        find(openid="oA", stamp=1, store=tmp_path / "none")


def test_milliseconds_are_taken_with_a_warning(tmp_path):
    """A stamp in milliseconds is looked up in seconds, and not in silence."""
    with pytest.warns(UserWarning, match="milliseconds"):
        found = find(openid="oA", stamp=journal_maker.STAMP * 1000, store=make_store(tmp_path))

    assert journal_maker.STAMP == found.stamp


def test_a_push_that_came_with_milliseconds_is_found_by_them(tmp_path):
    """What was recorded with an absurd stamp is found by that stamp, in the journal and in Parquet."""
    absurd = journal_maker.STAMP * 1000
    journal_maker.make_writer(tmp_path / "journal", [journal_maker.span(1, stamp=absurd)])

    for _ in ("journal", "Parquet"):
        with pytest.warns(UserWarning, match=f"nothing has the stamp {journal_maker.STAMP}; found by {absurd}"):
            found = find(openid="oA", stamp=absurd, store=tmp_path)
        assert (absurd, 1) == (found.stamp, len(found.attempts))
        seal(str(tmp_path))


def test_nonsense_is_refused(tmp_path):
    """A tolerance below zero, an openid of blanks: told before anything is read."""
    with pytest.raises(BadInput, match="tolerance"):
        find(openid="oA", stamp=1, store=tmp_path, tolerance=-1)
    with pytest.raises(BadInput, match="openid"):
        find(openid=" ", stamp=1, store=tmp_path)


@pytest.mark.parametrize("stores", [[], ()])
def test_no_store_at_all_is_refused(stores):
    """An empty list of stores is a mistake, not a push that never came."""
    with pytest.raises(BadInput, match=r"^store is"):
        find(openid="oA", stamp=1, store=stores)


def test_the_store_is_that_of_the_environment_by_default(monkeypatch):
    """WXTRACE_STORE, else the folder that `start` takes."""
    monkeypatch.setenv("WXTRACE_STORE", "/data/wx")

    assert (["/data/wx"], ["a"], ["a", "b"]) == (stores_of(None), stores_of("a"), stores_of(["a", "b"]))


def test_what_has_the_stamp_exactly_goes_first():
    """A chatty sender's push two seconds later is not mixed in."""
    near = [replace(span, stamp=(span.stamp or 0) + 2, nonce="n2") for span in slow_attempt(1)]

    assert ["n1"] == [one.rebuilt.nonce for one in answer([*slow_attempt(), *near]).attempts]


def test_what_has_only_nearly_the_stamp_is_less_sure():
    """Where nothing has the stamp exactly, what is near is returned, and the verdict says so."""
    near = answer([replace(span, stamp=(span.stamp or 0) + 2) for span in slow_attempt()])

    assert (1, "low") == (len(near.attempts), near.verdict.confidence)


def test_another_push_of_the_same_trace_is_left_out():
    """A gateway may put two pushes into one trace; only that of the openid is shown."""
    other = make_span(50, openid="oOther", trace_id=f"{1:032x}")

    assert 1 == len(answer([*slow_attempt(), other]).attempts)


def test_a_lookup_prints_as_text(monkeypatch):
    """In a plain Python prompt it reads as in the terminal."""
    monkeypatch.setenv("WXTRACE_LANG", "en")

    assert str(slow_push()).startswith("Verdict: Attempt 1 of 3")


def test_a_lookup_is_short_in_a_prompt(monkeypatch):
    """Its repr is one line, however many rows it holds."""
    monkeypatch.setenv("WXTRACE_LANG", "en")

    assert "<Lookup openid='oABC' stamp=1745231475: 3 attempts, verdict 'Attempt 1 of 3" == repr(slow_push())[:75]


def test_a_notebook_gets_a_drawing_and_the_text():
    """Front ends that show no HTML show the text."""
    found = slow_push()

    assert {"text/html": found._repr_html_(), "text/plain": str(found)} == found._repr_mimebundle_()
