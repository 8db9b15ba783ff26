"""Fixtures of what is captured."""

from __future__ import annotations

import pytest
from serving import in_push


@pytest.fixture(name="request_")
def _request():
    """The request in which the test runs: a push."""
    with in_push("oA") as request:
        yield request
