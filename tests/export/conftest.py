"""Fixtures of the tests of exports."""

from __future__ import annotations

import pytest
import store_maker
from answers import slow_attempt
from exporting import LINE, with_jobs


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    """Messages in English, and no store or collector of whoever runs the tests."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    for name in ("WXTRACE_STORE", "WXTRACE_JOURNAL", "OTEL_EXPORTER_OTLP_HEADERS", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(name="store")
def made_store(tmp_path):
    """A store of a push that was tried three times, and of one of another openid that left jobs to workers."""
    pushed = [span for number in range(3) for span in slow_attempt(number)]
    store_maker.write(tmp_path / "store", [*pushed, *with_jobs(), LINE])
    return str(tmp_path / "store")
