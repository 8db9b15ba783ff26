"""Modules: whose time an attempt was."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from strategies import BASE_NS, SECOND, forests, make_span, sound_traces
from timelines import attempt_of

from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import ModuleTime, modules_of
from wxtrace.rebuild.trace import rebuild

NOW = BASE_NS + 25


def naive_shares(attempt: Attempt) -> dict[tuple[str, str], Fraction]:
    """Split every nanosecond by itself, as the contract says it, gaps passed over."""
    shares: Counter[tuple[str, str]] = Counter()
    nodes = attempt.nodes

    def above(at: int) -> int | None:
        parent = nodes[at].parent
        while parent is not None and nodes[parent].span is None:
            parent = nodes[parent].parent
        return parent

    for now in range(attempt.start_ns, attempt.end_ns):
        opened = {at for at, node in enumerate(nodes) if node.span and node.start_ns <= now < node.end_ns}
        leaves = opened - {above(at) for at in opened}
        for at in leaves:
            shares[nodes[at].span.layer, nodes[at].span.module] += Fraction(1, len(leaves))
        if not leaves:
            shares["", ""] += 1
    return shares


@given(forests())
def test_the_shares_are_those_of_every_instant_split_by_itself(spans):
    """Each share is within a nanosecond of the contract's definition; together they are the attempt."""
    for attempt in rebuild(spans, [], NOW):
        times, expected = modules_of(attempt), naive_shares(attempt)

        assert attempt.duration_ns == sum(time.share_ns for time in times)
        assert all(abs(time.share_ns - expected[time.layer, time.module]) < 1 for time in times)
        assert all(min(time.calls, time.total_ns, time.self_ns, time.share_ns) >= 0 for time in times)


TABLES = {
    "nothing-below": """
A         ----------
self      A 10
share     A 10
""",
    "a-child": """
A         ----------
  B         ----
self      A 6, B 4
share     A 6, B 4
""",
    "a-child-of-a-child-is-not-taken-off-twice": """
A         ----------
  B         ------
    C         --
self      A 4, B 4, C 2
share     A 4, B 4, C 2
""",
    "one-after-the-other-and-touching": """
A         ----------
  B        --
  C           ---
  D              ---
self      A 2, B 2, C 3, D 3
share     A 2, B 2, C 3, D 3
""",
    "all-of-it-by-children": """
A         ------
  B       ---
  C          ---
self      A 0, B 3, C 3
share     A 0, B 3, C 3
""",
    "at-once": """
A         --------
  B       ----
  C         ----
self      A 2, B 4, C 4
share     A 2, B 3, C 3
""",
    "one-within-the-time-of-its-sibling": """
A         --------
  B       ------
  C         --
self      A 2, B 6, C 2
share     A 2, B 5, C 1
""",
    "the-same-time-twice": """
A         --------
  B       ------
  C       ------
self      A 2, B 6, C 6
share     A 2, B 3, C 3
""",
    "a-later-one-within-then-one-beyond": """
A         ----------
  B       ------
  C        -
  D            ---
self      A 2, B 6, C 1, D 3
share     A 2, B 5, C 0.5, D 2.5
""",
    "a-child-that-ran-on": """
A         ------
  B         --------
self      A 2, B 8
share     A 2, B 4
""",
    "a-child-that-began-too-early": """
A            ------
  B       -----
self      A 4, B 5
share     A 4, B 2
""",
    "a-child-of-later": """
A         ------
  B             --
self      A 6, B 2
share     A 6, B 0
""",
    "a-child-of-earlier": """
A            ------
  B       ---
self      A 6, B 3
share     A 6, B 0
""",
    "a-child-of-a-child-that-ran-on": """
A         ----------
  B        ---
    C        ------
self      A 7, B 2, C 6
share     A 4.5, B 2, C 3.5
""",
    "one-instant": """
A         ------
  B         !
self      A 6, B 0
share     A 6, B 0
""",
    "a-lost-span": """
A         ----------
  ?B       --------
    C       --
    D           --
self      A 6, C 2, D 2
share     A 6, C 2, D 2
""",
    "the-access-span-is-lost": """
?A        ----------
  B        ---
  C            ---
self      B 3, C 3
share     B 3, C 3, . 1
""",
    "one-that-is-still-open": """
A         ->
  B         --
  C            ->
self      A 3, B 2, C 15
share     A 3, B 2, C 15
""",
    "one-that-died": """
A         --x
  B         --
  C           -x
  D            ---
self      A 2, B 2, C 4, D 3
share     A 2, B 2, C 2.5, D 1.5
""",
}


@pytest.mark.parametrize("drawing", TABLES.values(), ids=TABLES)
def test_self_time_and_shares_are_those_of_the_drawing(drawing):
    """Each module has the seconds that the drawing says; the dot those in which nothing was open."""
    spans, _, expected = drawing.rpartition("self")
    selves, _, shares = expected.partition("share")

    times = modules_of(attempt_of(spans))

    assert _seconds(selves) == {time.module: time.self_ns for time in times if time.calls}
    assert _seconds(shares) == {time.module or ".": time.share_ns for time in times}


def _seconds(text: str) -> dict[str, int]:
    pairs = (pair.split() for pair in text.strip().split(", "))
    return {name: int(float(seconds) * SECOND) for name, seconds in pairs}


@given(sound_traces())
def test_no_module_has_more_self_time_than_time(spans):
    """Self time is a part of the total, and every span is one call."""
    (attempt,) = rebuild(spans, [], NOW)

    times = modules_of(attempt)

    assert all(time.self_ns <= time.total_ns for time in times)
    assert len(spans) == sum(time.calls for time in times)


def test_parallel_calls_share_their_time():
    """Two queries at once hold half of the time each, though each took all of it."""
    spans = [
        make_span(0, start_ns=BASE_NS, end_ns=BASE_NS + 100),
        make_span(1, 0, layer="storage", module="mysql", start_ns=BASE_NS + 10, end_ns=BASE_NS + 90),
        make_span(2, 0, layer="storage", module="redis", start_ns=BASE_NS + 10, end_ns=BASE_NS + 90),
    ]

    (attempt,) = rebuild(spans, [], NOW)

    assert (
        ModuleTime("storage", "mysql", 1, 80, 80, 40, 0.4),
        ModuleTime("storage", "redis", 1, 80, 80, 40, 0.4),
        ModuleTime("access", "asgi", 1, 100, 20, 20, 0.2),
    ) == modules_of(attempt)


def test_time_in_which_nothing_was_open_is_nobodys():
    """Where the access span is lost, the time between the others is told as unrecorded."""
    spans = [
        make_span(1, 0, start_ns=BASE_NS, end_ns=BASE_NS + 10),
        make_span(2, 0, start_ns=BASE_NS + 30, end_ns=BASE_NS + 40),
    ]

    (attempt,) = rebuild(spans, [], NOW)

    assert [("reply.menu", 20), ("", 20)] == [(time.module, time.share_ns) for time in modules_of(attempt)]


def test_ten_thousand_spans_at_once_add_up():
    """A fan-out of ten thousand calls is split without a rest."""
    spans = [make_span(0), *(make_span(n, 0, module=f"m{n % 7}") for n in range(1, 10_000))]

    (attempt,) = rebuild(spans, [], NOW)

    assert attempt.duration_ns == sum(time.share_ns for time in modules_of(attempt))
