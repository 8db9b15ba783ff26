"""Looked at in a browser. A package, so that one browser is there for these tests and for no others."""

from __future__ import annotations

import browsing
from waiting import do_without


def setup_module() -> None:
    """Skip all of them where what they need is not installed."""
    if browsing.chromium_path() is None:
        do_without("no Chromium: apt-get install chromium, or set WXTRACE_CHROMIUM to where one is")
    if not browsing.AXE.exists():
        do_without("no axe-core: npm install --prefix tests/browser --no-package-lock")
