"""What else came at the time of an alarm."""

from __future__ import annotations

import random

import pytest
from arrivals import make_arrival
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SECOND, STAMP

from wxtrace.explain.around import Around, Tally, around_of, quantile
from wxtrace.rebuild.attempt import Reply

FROM, TO = STAMP * SECOND, (STAMP + 300) * SECOND
WINDOW = (FROM, TO)
REFUSED = Reply(9, False, "quoted success")


def at(second, **changes):
    """Return a push that came so many seconds after the window began."""
    return make_arrival(0, **({"start_ns": FROM + round(second * SECOND), "nonce": f"n{second}"} | changes))


def steady(*stretches, every=1.0):
    """Return pushes that come at random, so often, within each of some stretches of seconds."""
    drawn = random.Random(7)
    moments = []
    for first, last in stretches:
        moment = first
        while moment < last:
            moments.append(moment)
            moment += drawn.expovariate(1 / every)
    return [at(moment) for moment in moments]


def pauses(arrivals, **changes):
    """Return what looks as if WeChat had paused, in seconds of the window."""
    found = around_of(arrivals, WINDOW, None, **changes).pauses
    return [(round((first - FROM) / SECOND), round((last - FROM) / SECOND)) for first, last in found]


def test_everything_is_counted():
    """Pushes, attempts, outcomes, kinds, entrances, senders and hosts are counted; failures with them."""
    arrivals = [
        make_arrival(1, event="CLICK", server="a.com", client="1.1.1.1"),
        make_arrival(2, 6, nonce="n2", server="a.com", client="1.1.1.1"),
        make_arrival(8, nonce="n2", number=2, server="a.com", client="1.1.1.2", host="web-2", reply=REFUSED),
        make_arrival(9, nonce="n3", info_type="component_verify_ticket", msg_type=None, path=None),
        make_arrival(9.5, stamp=None, start_ns=FROM + 9 * SECOND),
    ]

    expected = Around(
        window=WINDOW,
        pushes=3,
        attempts=4,
        others=1,
        outcomes=(Tally("answered", 2, 0), Tally("refused", 1, 1), Tally("too_late", 1, 1)),
        late=0,
        kinds=(
            Tally("message text", 2, 2),
            Tally("event CLICK", 1, 0),
            Tally("info component_verify_ticket", 1, 0),
        ),
        entrances=(Tally("a.com/wechat", 3, 2),),
        clients=(Tally("1.1.1.1", 2, 1), Tally("1.1.1.2", 1, 1)),
        hosts=(Tally("web-1", 3, 1), Tally("web-2", 1, 1)),
        before_ns=FROM + 2 * SECOND,
        after_ns=FROM + 8 * SECOND,
        quiet=(FROM + 9 * SECOND, TO),
        pauses=(),
        p50_ns=200_000_000,
        p99_ns=200_000_000,
        at_once=1,
        per_second=1,
    )

    assert expected == around_of(arrivals, WINDOW, FROM + 5 * SECOND)


def test_a_late_attempt_that_another_followed_came_too_late():
    """What WeChat sent again it had given up; a late attempt after which none came is a retry that it took."""
    followed = [make_arrival(6, nonce="n1"), make_arrival(11, nonce="n1", number=2)]
    alone = make_arrival(6, nonce="n2")

    assert (1, 0) == tuple(around_of(some, WINDOW, None).late for some in (followed, [alone]))
    assert 1 == around_of([alone], WINDOW, None, now_ns=alone.start_ns + SECOND).late  # another may come yet


def test_the_push_that_is_meant_is_not_the_next_one():
    """The last arrival before the moment and the next one after it are those of other pushes."""
    arrivals = [at(-3, trace_id="a"), at(0.2, trace_id="own"), at(4, trace_id="b")]

    got = around_of(arrivals, WINDOW, FROM, own=("own",))

    assert (FROM - 3 * SECOND, FROM + 4 * SECOND) == (got.before_ns, got.after_ns)


def test_nothing_came():
    """Of an empty window nothing is told but that."""
    got = around_of([], WINDOW, FROM)

    assert (0, 0, (), None, None, None, (), None) == (
        got.pushes,
        got.attempts,
        got.outcomes,
        got.before_ns,
        got.after_ns,
        got.quiet,
        got.pauses,
        got.p50_ns,
    )


def test_what_came_outside_of_the_window_is_not_counted():
    """Arrivals beside the window only tell the last one before and the next one after."""
    got = around_of([at(-5), at(10), at(400)], WINDOW, FROM + 300 * SECOND)

    assert (1, FROM + 10 * SECOND, FROM + 400 * SECOND) == (got.attempts, got.before_ns, got.after_ns)


def test_only_some_are_looked_at():
    """Who asks may choose which arrivals count."""
    arrivals = [at(1), at(2, event="CLICK")]

    assert 1 == around_of(arrivals, WINDOW, None, lambda one: one.event == "CLICK").attempts


def test_a_minute_of_silence_in_steady_traffic_is_a_pause():
    """Sixty seconds without a push, with pushes on both sides, are what MarkFail looks like."""
    assert [(120, 180)] == [
        (round(first, -1), round(last, -1)) for first, last in pauses(steady((0, 120), (180, 300)))
    ]


@pytest.mark.parametrize("length", [20, 110], ids=["too short", "too long"])
def test_a_silence_of_another_length_is_none(length):
    """WeChat pauses for a minute: what is much shorter or longer is something else."""
    assert [] == pauses(steady((0, 120), (120 + length, 300)))


def test_a_silence_without_pushes_after_it_is_none():
    """Where nothing came before or after, nobody can tell a pause from the end."""
    assert ([], []) == (pauses(steady((0, 240))), pauses(steady((60, 300))))


def test_a_silence_in_sparse_traffic_is_none():
    """Where pushes come every quarter of a minute, a minute without one is nothing to remark."""
    assert [] == pauses(steady((0, 120), (180, 300), every=15))


def test_a_silence_while_a_host_did_not_record_is_none():
    """A host that was restarted is not taken for a pause of WeChat's."""
    arrivals = steady((0, 120), (180, 300))

    assert [] == pauses(arrivals, unrecorded=[(FROM + 130 * SECOND, FROM + 170 * SECOND)])


@pytest.mark.parametrize("every", [1, 4, 8, 15, 30, 60])
def test_traffic_at_random_does_not_look_like_a_pause(every):
    """Pushes that come at random, however often, leave nothing that looks like a pause."""
    drawn = random.Random(every)
    for _ in range(20):
        moments = [drawn.uniform(0, 300) for _ in range(300 // every)]

        assert [] == pauses([at(moment) for moment in moments])


def test_the_quantile_is_the_least_that_leaves_no_more_above():
    """Of a hundred values the 99th is the quantile of 0.99; of one, that one; of none, none."""
    assert (99, 1, 50, None) == (
        quantile(range(1, 101), 0.99),
        quantile([1], 0.5),
        quantile(range(1, 101), 0.5),
        quantile([], 0.5),
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 20)), min_size=1))
def test_in_flight_is_what_a_slow_count_says(pushes):
    """The most attempts at one moment are those that are open when some attempt begins."""
    arrivals = [at(second, end_ns=FROM + (second + took) * SECOND) for second, took in pushes]
    slow = max(sum(one <= start < one + took for one, took in pushes) for start, _ in pushes)

    assert slow == around_of(arrivals, WINDOW, None).at_once
