"""How long a request had waited in front of the app."""

from __future__ import annotations

import pytest

from wxtrace.capture.queued import queued_ns

NOW_NS = 1_745_231_475_000_000_000
SECOND = 10**9


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param(b"x-request-start", b"t=1745231473.500", SECOND * 3 // 2, id="seconds"),
        pytest.param(b"x-request-start", b"1745231473500", SECOND * 3 // 2, id="milliseconds"),
        pytest.param(b"x-queue-start", b"t=1745231473500000", SECOND * 3 // 2, id="microseconds"),
        pytest.param(b"x-queue-start", b"1745231473500000000", SECOND * 3 // 2, id="nanoseconds"),
        pytest.param(b"x-request-start", b"t=1745231414", 0, id="too old"),
        pytest.param(b"x-request-start", b"t=1745231476", 0, id="in the future"),
        pytest.param(b"x-request-start", b"t=-1", 0, id="negative"),
        pytest.param(b"x-request-start", b"soon", 0, id="no number"),
        pytest.param(b"x-request-start", b"9" * 40, 0, id="too long"),
        pytest.param(b"x-request-start", b"\xb2", 0, id="no ASCII"),
        pytest.param(b"x-request-start", b"", 0, id="empty"),
        pytest.param(b"date", b"1745231473", 0, id="another header"),
    ],
)
def test_a_proxys_time_is_believed_where_it_can_be_true(name, value, expected):
    """A time that lies at most a minute before the arrival is a queue; anything else is none."""
    assert expected == queued_ns([(b"host", b"wx.example.com"), (name, value)], NOW_NS)


def test_the_first_header_that_can_be_true_counts():
    """An absurd one does not hide a sound one."""
    headers = [(b"x-request-start", b"t=1"), (b"x-queue-start", b"t=1745231474")]

    assert SECOND == queued_ns(headers, NOW_NS)
