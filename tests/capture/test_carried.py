"""The tag on its way to another process: what is written is read, and what is hostile is no tag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator

from wxtrace.capture.carried import (
    NOWHERE,
    Carried,
    Remote,
    member_of,
    read_baggage,
    read_parent,
    remote_of,
    traceparent_of,
    value_of,
    without_member,
)
from wxtrace.row import Tag
from wxtrace.tag import Request

TRACEPARENT = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
PARTS = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
STAMPS = st.integers(0, 2**62)


def request_of(openid, stamp, nonce):
    """Return a holder of a tag."""
    request = Request()
    request.learn(openid, stamp, nonce)
    return request


@given(PARTS, STAMPS, PARTS, st.none() | st.integers(0, 2**62))
def test_what_is_written_is_read(openid, stamp, nonce, due_ms):
    """Any tag comes out of a header as it went in, whatever stands in its parts."""
    header = f"a=1, {member_of(request_of(openid, stamp, nonce), due_ms)};p=q ,b=2"

    assert Carried(openid, stamp, nonce, due_ms) == read_baggage(header)
    assert "a=1,b=2" == without_member(header)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), STAMPS, st.from_regex(r"[0-9]{1,20}", fullmatch=True))
def test_others_hand_it_on_as_it_is(openid, stamp, nonce):
    """OpenTelemetry's own baggage, read and written by a service that knows nothing of us, leaves it alone."""
    carrier = {"baggage": member_of(request_of(openid, stamp, nonce))}
    handed_on = {}
    W3CBaggagePropagator().inject(handed_on, W3CBaggagePropagator().extract(carrier))

    assert carrier == handed_on


def test_others_baggage_is_ours(captured):
    """What OpenTelemetry's propagator writes for a baggage of ours is what we read."""
    told = {}
    W3CBaggagePropagator().inject(told, baggage.set_baggage("wxtrace", value_of(request_of("oA", 7, "n"))))

    assert Carried("oA", 7, "n") == read_baggage(told["baggage"])


@given(st.text(max_size=300) | st.from_regex(r"wxtrace=[0-9a-z~%]{0,60}"))
def test_whatever_comes_in_is_read_or_is_none(header):
    """No header raises, and what is read has a stamp that a record holds."""
    carried = read_baggage(header)

    assert carried is None or Tag(None, carried.stamp, None) == request_of(None, carried.stamp, None).tag


@pytest.mark.parametrize(
    "header",
    [
        *("", "wxtrace", "wxtrace=", "wxtrace=oA", "wxtrace=oA~1", "other=oA~1~n", "wxtrace=oA~x~n"),
        *("wxtrace=oA~1~n~2~3", "wxtrace=oA~9223372036854775808~n", "wxtrace=oA~٣~n", "wxtrace=oA~~n"),
        *("wxtrace=oA~-1~n", "wxtrace=" + "o" * 2000 + "~1~n"),
    ],
)
def test_what_is_no_tag(header):
    """Too few parts, too many, no number, one that no record holds, too long."""
    assert read_baggage(header) is None


def test_no_stamp_no_member():
    """A request without a stamp is no push: nothing is carried."""
    assert "" == member_of(request_of("oA", None, None))


def test_a_parent():
    """A traceparent names the span above, and comes out as it went in."""
    assert TRACEPARENT == traceparent_of(read_parent(TRACEPARENT).get_span_context())


@pytest.mark.parametrize(
    "header",
    [
        *("", "00", TRACEPARENT[:-1], "ff" + TRACEPARENT[2:], TRACEPARENT.replace("ab", "xy")),
        *("00-" + "0" * 32 + "-" + "cd" * 8 + "-01", "00-" + "ab" * 16 + "-" + "0" * 16 + "-01"),
    ],
)
def test_what_is_no_parent(header):
    """A traceparent that is cut, forbidden, no hexadecimal or all zeros names none."""
    assert read_parent(header) is None


def test_of_a_request():
    """Headers say the span above and the tag, each where it is there."""
    parent = (b"traceparent", TRACEPARENT.encode())
    headers = [(b"host", b"a"), parent, (b"baggage", b"x=1"), (b"baggage", b"wxtrace=~1~")]
    remote = remote_of(headers)

    assert Carried(None, 1, None) == remote.carried
    assert TRACEPARENT == traceparent_of(remote.parent.get_span_context())
    assert Remote(None, Carried(None, 1, None)) == remote_of(headers[2:])
    assert NOWHERE == remote_of(headers[:1])
