"""How far a host's clock may be ahead of WeChat's."""

from __future__ import annotations

from arrivals import make_arrival
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SECOND, STAMP

from wxtrace.explain.clock import LEAST, SHARE, Skew, skews_of

MANY = st.integers(LEAST, 60)


def pushes(delays, **changes):
    """Return a first attempt for each delay, in seconds after its stamp."""
    return [make_arrival(delay, stamp=STAMP + number, **changes) for number, delay in enumerate(delays)]


def test_the_bound_is_a_low_quantile_and_says_what_it_rests_on():
    """Of forty first attempts two may lie below the bound."""
    delays = [number / 100 for number in range(40)]

    assert (Skew("web-1", 20_000_000, 40),) == skews_of(pushes(delays))


def test_every_host_has_a_bound_of_its_own():
    """Clocks are those of hosts; a host with too few attempts is left out."""
    arrivals = (
        pushes([0.5] * LEAST, host="b") + pushes([-26] * LEAST, host="a") + pushes([1] * (LEAST - 1), host="c")
    )

    assert (Skew("a", -26 * SECOND, LEAST), Skew("b", SECOND // 2, LEAST)) == skews_of(arrivals)


def test_retries_say_nothing():
    """Later attempts share the stamp of the first one, and are not counted."""
    arrivals = pushes([0.3] * LEAST) + pushes([5.3] * 50, number=2)

    assert (Skew("web-1", 300_000_000, LEAST),) == skews_of(arrivals)


def test_retries_whose_first_attempt_never_got_here_do_not_move_it():
    """Most first attempts were lost on their way: what is taken for first came 5 or 10 s after its stamp."""
    arrivals = pushes([0.2] * 10 + [5.2, 10.2] * 20)

    assert [200_000_000] == [skew.at_most_ns for skew in skews_of(arrivals)]


def test_absurd_stamps_are_left_out():
    """A stamp that is more than a day off is none."""
    arrivals = pushes([0.2] * LEAST) + pushes([-90_000, 90_000, 10**9] * 9)

    assert (Skew("web-1", 200_000_000, LEAST),) == skews_of(arrivals)


def test_pushes_without_a_stamp_say_nothing():
    """Of payments nobody knows when they were sent."""
    assert () == skews_of([make_arrival(stamp=None)] * 30)


@st.composite
def clocks(draw):
    """Draw a clock that is off, and pushes that it saw: seconds of the true delay, and of the second's fraction."""
    offset = draw(st.integers(-3600 * 10**9, 3600 * 10**9))
    second = st.integers(0, 10**9 - 1)
    delay = st.one_of(st.integers(0, 10**9), st.integers(0, 20 * 10**9))
    count = draw(MANY)
    return offset, draw(st.lists(st.tuples(second, delay), min_size=count, max_size=count))


@settings(deadline=None)
@given(clocks())
def test_a_clock_is_never_further_ahead_than_its_bound(clock):
    """However long pushes are on their way, the host's clock is at most as far ahead as the bound says."""
    offset, ways = clock
    arrivals = pushes([(fraction + delay + offset) / SECOND for fraction, delay in ways])

    [skew] = skews_of(arrivals)

    assert offset <= skew.at_most_ns + 1000  # make_arrival counts in floating seconds


@settings(deadline=None)
@given(clocks(), st.randoms(use_true_random=False))
def test_few_wrong_stamps_do_not_break_the_bound(clock, random):
    """As long as no more than the quantile's share of stamps is wrong, whatever they say, the bound holds."""
    offset, ways = clock
    delays = [(fraction + delay + offset) / SECOND for fraction, delay in ways]
    for place in random.sample(range(len(delays)), int(len(delays) * SHARE)):
        delays[place] -= random.randrange(1, 7200)

    [skew] = skews_of(pushes(delays))

    assert offset <= skew.at_most_ns + 1000
