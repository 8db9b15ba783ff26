"""The wait spans of a blocked stretch, and what no stretch may break."""

from __future__ import annotations

from itertools import pairwise

import pytest
from held import StillLoop, flight_on
from hypothesis import given
from hypothesis import strategies as st

import wxtrace
from wxtrace.capture.recorder import recorder
from wxtrace.row import SpanRow
from wxtrace.store.journals import SLOT_SIZE
from wxtrace.tag import Request
from wxtrace.testing import START_NS, Captured, capture_records
from wxtrace.watch import holder
from wxtrace.watch import loop as watched
from wxtrace.watch.culprit import NOT_SEEN, Culprit
from wxtrace.watch.look import Look, Spot
from wxtrace.watch.loops import LoopWatch
from wxtrace.watch.stretch import SHORTEST_NS
from wxtrace.watch.victims import MAX_SHOWN, MAX_WRITTEN, Stretch, Waits

SECOND = 10**9


@pytest.fixture(name="captured")
def capture_still():
    """What is recorded, by a clock that stands still."""
    with capture_records(tick_ns=0) as captured:
        yield captured


def accesses(captured: Captured, *openids: str) -> list:
    """Return the access spans of requests that arrive now."""
    return [flight_on(None, openid).access for openid in openids]


def told(spans: list[SpanRow]) -> list[tuple]:
    """Return whose waits were recorded: openid, start and end, in seconds since the clock's start."""
    return [
        (span.openid, (span.start_ns - START_NS) / SECOND, (span.end_ns - START_NS) / SECOND)
        for span in spans
        if span.layer == "wait"
    ]


def test_under_the_access_span(captured):
    """A wait span stands under its victim's access span, in its trace, with its tag."""
    (access,) = accesses(captured, "oA")
    Waits([access]).write(Stretch(SECOND, 3 * SECOND, 0, Culprit("parse_menu", "menus.py", 88)))
    (span,) = captured.spans

    assert (access.trace_id.hex(), access.span_id.hex()) == (span.trace_id, span.parent_span_id)
    assert ("oA", 1_745_231_475, "77", "closed") == (span.openid, span.stamp, span.nonce, span.state)
    assert ("wait", "event loop", "blocked by parse_menu (menus.py:88)") == (span.layer, span.module, span.name)


def test_clipped_to_its_life(captured):
    """A victim waits from its arrival at the earliest, and until it has left at the latest; the culprit never."""
    early, leaving, culprit = accesses(captured, "oEarly", "oLeaving", "oCulprit")
    captured.clock.advance(2)
    (late,) = accesses(captured, "oLate")
    leaving.end()
    captured.clock.advance(2)
    (after,) = accesses(captured, "oAfter")
    stretch = Stretch(SECOND, 3 * SECOND, 0, Culprit(alone=culprit.request))
    Waits([early, leaving, culprit, late, after]).write(stretch)

    assert [("oEarly", 1, 3), ("oLeaving", 1, 2), ("oLate", 2, 3)] == told(captured.spans)
    assert {3} == {span.attributes["wxtrace.victims"] for span in captured.spans if span.layer == "wait"}


def test_a_thousand_victims(captured):
    """Of a thousand victims the 256 oldest are written, and all of them counted."""
    Waits(accesses(captured, *(f"o{number}" for number in range(1000)))).write(Stretch(0, SECOND, 0, NOT_SEEN))
    spans = captured.spans

    assert [f"o{number}" for number in range(MAX_WRITTEN)] == [span.openid for span in spans]
    assert {1000} == {span.attributes["wxtrace.victims"] for span in spans}


def test_pushes_first(captured):
    """Where not all are written, pushes are, whatever other requests are older."""
    streams = [flight_on(None, f"o{number}", stamp=None).access for number in range(MAX_WRITTEN)]
    Waits([*streams, *accesses(captured, "oPush")]).write(Stretch(0, SECOND, 0, NOT_SEEN))

    assert ["oPush", *(f"o{number}" for number in range(MAX_WRITTEN - 1))] == [
        span.openid for span in captured.spans
    ]


def test_shown_while_it_lasts(captured):
    """What lasts is shown for the oldest, under the ids that it is recorded with in the end, and not after it."""
    waits = Waits(accesses(captured, *(f"o{number}" for number in range(40))))
    waits.show(Stretch(0, 2 * SECOND, 0, Culprit("parse_menu", "menus.py", 88, trace_id="ab" * 16)))
    shown = [span for span in captured.open if span.layer == "wait"]
    waits.write(Stretch(0, 3 * SECOND, 0, Culprit("parse_menu", "menus.py", 89)))
    written = captured.spans

    assert [f"o{number}" for number in range(MAX_SHOWN)] == [span.openid for span in shown]
    assert {("blocked by parse_menu (menus.py:88)", "open", START_NS)} == {
        (span.name, span.state, span.start_ns) for span in shown
    }
    assert [{"wxtrace.culprit.trace_id": "ab" * 16}] * MAX_SHOWN == [span.attributes for span in shown]
    assert {"blocked by parse_menu (menus.py:89)"} == {span.name for span in written}
    assert [(span.seq, span.span_id) for span in shown] == [
        (span.seq, span.span_id) for span in written[:MAX_SHOWN]
    ]
    assert ({"access"}, 40) == ({span.layer for span in captured.open}, len(written))


def test_all_that_is_shown_is_written(captured):
    """What was shown is recorded in the end too, however many others come first by then."""
    streams = [flight_on(None, f"o{number}", stamp=None).access for number in range(2)]
    waits = Waits(streams)
    waits.show(Stretch(0, 2 * SECOND, 0, NOT_SEEN))
    captured.clock.advance(1)
    waits.join([*streams, *accesses(captured, *["oPush"] * MAX_WRITTEN)])
    waits.write(Stretch(0, 3 * SECOND, 0, NOT_SEEN))

    assert [("o0", 0, 3), ("o1", 0, 3), *[("oPush", 1, 3)] * MAX_WRITTEN] == told(captured.spans)
    assert {"access"} == {span.layer for span in captured.open}


def test_who_joins(captured):
    """Who arrives meanwhile joins the victims in the order of arrival, once."""
    flights = accesses(captured, "oA")
    waits = Waits(flights)
    for openid in ("oB", "oC"):
        captured.clock.advance(0.5)
        flights = [*flights, *accesses(captured, openid)]
    waits.join(flights)
    waits.join(flights)
    waits.write(Stretch(0, 3 * SECOND, 0, NOT_SEEN))

    assert [("oA", 0, 3), ("oB", 0.5, 3), ("oC", 1, 3)] == told(captured.spans)


def test_a_slot_holds_what_is_shown(captured):
    """The start that is shown fits into a slot of the table of open spans, whatever the app's names are."""
    culprit = Culprit("Menu.<locals>.parse", "app/menus/parse.py", 888, openid="o…oo", trace_id="ab" * 16)
    Waits(accesses(captured, "oVictim".ljust(28, "A"))).show(Stretch(0, 2 * SECOND, 0, culprit))

    assert max(map(len, captured.begun())) <= SLOT_SIZE


def test_nothing_is_written_when_switched_off(captured):
    """After `stop` nothing is recorded of a stretch, and nothing opened."""
    flights = accesses(captured, "oA")
    recorder.enabled = False
    for step in (Waits(flights).show, Waits(flights).write):
        step(Stretch(0, SECOND, 0, NOT_SEEN))

    assert [] == captured.spans
    assert wxtrace.current_tag() is None


@st.composite
def days(draw: st.DrawFn) -> list[tuple]:
    """Draw what happens on a loop: time that passes, ticks, answers, arrivals, leavings, and what holds it."""
    steps = st.one_of(
        st.tuples(st.just("tick"), st.sampled_from([0.01, 0.1, 0.1, 0.1, 0.13, 0.5])),
        st.tuples(st.just("pass"), st.sampled_from([0.001, 0.05, 0.2])),
        st.tuples(st.just("run"), st.none()),
        st.tuples(st.just("arrive"), st.none()),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("hold"), st.integers(-2, 3)),
        st.tuples(st.just("stop"), st.none()),
    )
    return draw(st.lists(steps, max_size=60))


class Day:
    """A loop on which it all happens."""

    def __init__(self, captured: Captured) -> None:
        self.captured, self.loop = captured, StillLoop(captured.clock)
        self.watch = LoopWatch(captured.clock.monotonic_ns)
        self.flights: list = []
        self.all: list = []
        self.holds: Look | None = None

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.captured.clock.advance(seconds)

    def tick(self, seconds: float) -> None:
        """Let time pass, and the watchdog look."""
        self.captured.clock.advance(seconds)
        self.watch.tick(self.flights, self.captured.clock.monotonic_ns())

    def run(self, _: object) -> None:
        """Let the loop do what it was asked to."""
        self.loop.run()

    def arrive(self, _: object) -> None:
        """Let a request come in."""
        self.flights.append(flight_on(self.loop, f"o{len(self.all)}"))
        self.all.append(self.flights[-1])

    def leave(self, place: int) -> None:
        """Let a request be answered, if there are so many."""
        if place < len(self.flights):
            self.flights.pop(place).access.end()

    def stop(self, _: object) -> None:
        """Let the loop stop, or run again."""
        self.loop.runs = not self.loop.runs

    def hold(self, number: int) -> None:
        """Let a task of a request's hold the loop, a callback (-1), or nothing (-2)."""
        code = compile("f()", "app.py", "eval")
        task = OwnTask(self.all[number].request) if 0 <= number < len(self.all) else None
        self.holds = None if number == -2 else Look(task, Spot(code, 1, 0), Spot(code, 1, 0))


class OwnTask:
    """A task that works for a request."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def get_name(self) -> str:
        """Return its name."""
        return "Task-1"


@given(days())
def test_whatever_happens(day):
    """Stretches of a loop do not overlap; a wait lies within its victim's life, and is never the culprit's own."""
    with capture_records(tick_ns=0) as captured, pytest.MonkeyPatch.context() as patch:
        stage = Day(captured)
        patch.setattr(watched, "look", lambda loop, thread, base: stage.holds)
        patch.setattr(holder, "request_of", lambda task: task.request)
        stage.arrive(None)
        for what, value in [*day, ("tick", 0.1), ("run", None), ("tick", 0.1)]:
            getattr(stage, "pass_by" if what == "pass" else what)(value)
        stage.watch.close(captured.clock.monotonic_ns())
        waits = [span for span in captured.spans if span.layer == "wait"]
        lives = {flight.access.trace_id.hex(): flight.access for flight in stage.all}

    for span in waits:
        access = lives[span.trace_id]
        assert access.start_ns <= span.start_ns < span.end_ns <= (access.end_ns or captured.clock.time_ns())
        assert span.trace_id != span.attributes.get("wxtrace.culprit.trace_id")
        assert span.attributes["wxtrace.blocked_ns"] >= max(SHORTEST_NS, span.end_ns - span.start_ns)
    for one in lives:
        own = sorted((span.start_ns, span.end_ns) for span in waits if span.trace_id == one)
        assert all(end <= start for (_, end), (start, _) in pairwise(own))
    assert {"access"} >= {span.layer for span in captured.open}
