"""Ask: openid, stamp and time as people give them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxtrace.ask import Stamp, number_of, openid_of, stamp_of, time_of
from wxtrace.errors import BadInput


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (1745231475, Stamp(1745231475)),
        ("1745231475", Stamp(1745231475)),
        (" 1745231475\n", Stamp(1745231475)),
        ("１７４５２３１４７５", Stamp(1745231475)),
        ("1745231475123", Stamp(1745231475, "milliseconds", 1745231475123)),
        ("1745231475123456", Stamp(1745231475, "microseconds", 1745231475123456)),
        ("1745231475123456789", Stamp(1745231475, "nanoseconds", 1745231475123456789)),
        ("0", Stamp(0)),
        (10**11, Stamp(10**11)),
        (10**17, Stamp(10**11, "microseconds", 10**17)),
    ],
)
def test_a_stamp_is_read_in_the_unit_that_its_size_tells(given_, expected):
    """Seconds are taken as they are; finer units are recognised, and named."""
    assert expected == stamp_of(given_)


@pytest.mark.parametrize(
    "value", ["", "  ", "abc", "-5", -5, "1e9", "1_745", "17.5", 1.5, None, True, "9" * 25, "²"]
)
def test_what_is_no_stamp_is_refused_with_a_remedy(value):
    """Text, fractions, negative and endless numbers are told what to give instead."""
    with pytest.raises(BadInput, match="Give the Stamp of the alarm"):
        stamp_of(value)


@pytest.mark.parametrize("value", ["", " ", "o A", "o\tA", "o\x1bA", "o\u202eA", 5])
def test_what_is_no_openid_is_refused(value):
    """An openid has no blanks and nothing unprintable in it."""
    with pytest.raises(BadInput, match="without spaces"):
        openid_of(value)


def test_an_openid_may_be_left_out_or_carry_the_blanks_of_a_paste():
    """None is any openid; blanks around it are no part of it."""
    assert (None, "oABC") == (openid_of(None), openid_of(" oABC\n"))


@pytest.mark.parametrize("text", ["2014-12-01 20:12:00", "2014/12/1 20:12:00", "２０１４-12-01T20：12：00"])
def test_a_time_is_read_in_utc_8(text):
    """The alarm's time is that of China, whatever this machine's zone is."""
    assert Stamp(1417435920) == time_of(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2014-13-01 20:12:00", "2014-12-01", "0000-01-01 00:00:00"])
def test_what_is_no_time_is_refused(text):
    """A date that is none, or has no time of day, is told how to be written."""
    with pytest.raises(BadInput, match="UTC\\+8"):
        time_of(text)


@given(st.text(max_size=30), st.sampled_from([stamp_of, openid_of, time_of]))
def test_any_text_is_read_or_refused(text, read):
    """Nothing that can be typed ends in another error than `BadInput`."""
    with contextlib.suppress(BadInput):
        assert read(text) is not None


@pytest.mark.parametrize("value", ["", "x", "-1", "nan", "inf"])
def test_what_is_no_number_is_refused(value):
    """Days to keep are a number that can be counted down to."""
    with pytest.raises(BadInput, match="Give a number"):
        number_of(value, "--keep-days")


def test_a_number_may_have_a_fraction():
    """Half a day is a time to keep."""
    assert 0.5 == number_of("0.5", "--keep-days")
