"""Names of files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxtrace.store import paths
from wxtrace.store.paths import partition

STAMP = 1_790_000_000
NS = STAMP * 10**9


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    """No setting of the machine reaches a test."""
    for name in ("WXTRACE_STORE", "WXTRACE_JOURNAL", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/wx")


@pytest.mark.parametrize(
    ("stamp", "start_ns", "expected"),
    [
        (STAMP, NS, "day=d20260921/hour=h14"),
        (STAMP - 3600, NS, "day=d20260921/hour=h13"),
        (STAMP - 86_400, NS, "day=d20260920/hour=h14"),
        (STAMP + 86_400, NS, "day=d20260922/hour=h14"),
        (STAMP - 86_401, NS, "day=d20260921/hour=hother"),
        (STAMP * 1000, NS, "day=d20260921/hour=hother"),
        (-5, NS, "day=d20260921/hour=hother"),
        (None, NS, "day=d20260921/hour=h14"),
        (0, 0, "day=d19700101/hour=h00"),
    ],
)
def test_partition(stamp, start_ns, expected):
    """A record goes to the hour of its stamp, and an absurd stamp to the day of its arrival."""
    assert expected == partition(stamp, start_ns)


@pytest.mark.parametrize(
    ("store", "is_url"),
    [
        ("s3://b/p", True),
        ("gs://b", True),
        ("file:///data", False),
        ("/data", False),
        ("data", False),
        ("~/d", False),
    ],
)
def test_urls(store, is_url):
    """What has a scheme is a URL, but for `file://`."""
    assert is_url == paths.is_url(store)


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("/data", "/data/journal"),
        ("file:///data", "/data/journal"),
        ("~/data", "/home/wx/data/journal"),
        ("data", "data/journal"),
        ("s3://b/p", "/home/wx/.local/state/wxtrace/7fb9692596506b4d"),
    ],
)
def test_the_journal_s_folder(store, expected):
    """The journal lies in the store, or for a URL under the user's state."""
    assert Path(expected) == paths.journal_folder(store)


def test_the_journal_of_a_url(monkeypatch):
    """One URL has one journal, with a slash at its end or without; another has another."""
    monkeypatch.setenv("XDG_STATE_HOME", "/state")

    assert paths.journal_folder("s3://b/p") == paths.journal_folder("s3://b/p/")
    assert paths.journal_folder("s3://b/p") != paths.journal_folder("s3://b/q")
    assert Path("/state/wxtrace") == paths.journal_folder("s3://b/p").parent


def test_a_journal_that_is_named(monkeypatch):
    """`WXTRACE_JOURNAL` says where it lies, whatever the store."""
    monkeypatch.setenv("WXTRACE_JOURNAL", "~/journal")

    assert Path("/home/wx/journal") == paths.journal_folder("s3://b/p") == paths.journal_folder("/data")


def test_the_default_store(monkeypatch):
    """Without a name the store is the environment's, or a folder here."""
    assert "wxtrace-data" == paths.default_store()
    monkeypatch.setenv("WXTRACE_STORE", "s3://b/p")
    assert "s3://b/p" == paths.default_store()


def test_names_sort_as_their_numbers():
    """Segments and tables sort by name as they were made."""
    assert ("000001.wxj", "open-0001") == (paths.segment_name(1), paths.open_name(1))
    assert sorted([9, 10, 100_000]) == sorted([9, 10, 100_000], key=paths.segment_name)
