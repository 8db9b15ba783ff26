"""Fixtures of the waits."""

from __future__ import annotations

import pytest

from wxtrace.capture import executors
from wxtrace.capture.pools import pools
from wxtrace.capture.waits.libraries import hooks


@pytest.fixture(name="hooked", autouse=True)
def _hooked(captured):
    """All hooks are in place, and gone after the test."""
    executors.carry()
    hooks.place()
    yield
    hooks.remove()
    executors.restore()
    pools.seen.clear()
    assert () == hooks.placed
