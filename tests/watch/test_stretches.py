"""Stretches in which a loop does not run: when they begin and end, and what is told of them."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from held import StillLoop, flight_on, milliseconds, waits_in

from wxtrace.testing import capture_records
from wxtrace.watch import holder
from wxtrace.watch import loop as watched
from wxtrace.watch.look import Look, Spot
from wxtrace.watch.loops import LoopWatch


@pytest.fixture(name="captured")
def capture_still():
    """What is recorded, by a clock that stands still."""
    with capture_records(tick_ns=0) as captured:
        yield captured


@pytest.fixture(name="still")
def make_still(captured):
    """A loop that runs when it is told to, and what is in flight on it; what holds it is said by the test."""
    return Still(captured)


class Still:
    """A loop that runs when it is told to, its watch, and what is in flight on it."""

    def __init__(self, captured: Any) -> None:
        self.captured, self.clock = captured, captured.clock
        self.loop, self.watch = StillLoop(captured.clock), LoopWatch(captured.clock.monotonic_ns)
        self.flights: list[Any] = []
        self.holds: Look | None = None

    def arrive(self, *openids: str) -> None:
        """Let requests come in."""
        self.flights += [flight_on(self.loop, openid) for openid in openids]

    def leave(self, openid: str) -> None:
        """Let a request be answered."""
        (left,) = [flight for flight in self.flights if flight.request.openid == openid]
        left.access.end()
        self.flights.remove(left)

    def tick(self, seconds: float = 0.1, rested_ns: int | None = None, run: bool = False) -> None:
        """Let time pass, and the watchdog look; with *run* the loop runs right after it."""
        self.clock.advance(seconds)
        self.watch.tick(self.flights, self.clock.monotonic_ns(), rested_ns)
        if run:
            self.loop.run()

    def open_waits(self) -> list[Any]:
        """Return the waits that are shown."""
        return [span for span in self.captured.open if span.layer == "wait"]

    def waits(self) -> list[tuple[str | None, float, float]]:
        """Return whose waits were recorded: openid, start and end."""
        return [(span.openid, *milliseconds(span)) for span in waits_in(self.captured)]


@pytest.fixture(autouse=True)
def look_at_still(monkeypatch, request):
    """What holds a still loop is what the test says."""
    if "still" in request.fixturenames:
        still = request.getfixturevalue("still")
        monkeypatch.setattr(watched, "look", lambda loop, thread, base: still.holds)


def seen_in(name: str, line: int = 1, task: Any = None) -> Look:
    """Return a look at a function of the app."""
    spot = Spot(compile("f()", f"{name}.py", "eval").replace(co_qualname=name), line, 0)
    return Look(task, spot, spot)


def test_only_old_requests_are_a_reason_to_ask(still):
    """A loop is asked while a request of 100 ms is in flight on it, once a tick, and not before or after."""
    asked = [still.loop.times_asked]
    for seconds in (0.1, 0.04, 0.06, 0.1):
        still.tick(seconds, run=True)
        asked.append(still.loop.times_asked)
        if seconds == 0.1 and not still.flights:
            still.arrive("oA")
    still.leave("oA")
    still.tick(run=True)

    assert [0, 0, 0, 1, 2] == asked
    assert 2 == still.loop.times_asked


def test_one_question_at_a_time(still):
    """A loop that has not answered is not asked again: what it will have to do does not pile up."""
    still.arrive("oA")
    for _ in range(20):
        still.tick()

    assert 1 == still.loop.times_asked


def test_short_stretches(still):
    """A loop that answers within 100 ms is not blocked, though a tick falls into it."""
    still.arrive("oA")
    still.tick(0.2)
    still.clock.advance(0.09)
    still.loop.run()
    still.tick(0.02, run=True)

    assert (90_000_000, 0, []) == (still.watch.lag(still.loop), still.watch.blocked(still.loop), still.waits())


def test_a_stretch_that_turns_out_short(still):
    """What was looked at, and turns out to have lasted less than 100 ms, is not written."""
    still.arrive("oA")
    still.clock.advance(0.2)
    still.arrive("oB")
    still.holds = seen_in("slow")
    for seconds in (0, 0.06):
        still.tick(seconds)
    blocked_ns = still.watch.blocked(still.loop)
    still.clock.advance(0.02)
    still.loop.run()
    still.tick()

    assert (60_000_000, []) == (blocked_ns, still.waits())


def test_a_tick_that_comes_early(still):
    """A loop is given half a tick to answer, however early the next tick comes."""
    still.arrive("oA")
    still.tick(0.2)
    still.tick(0.01)

    assert (10_000_000, 0) == (still.watch.lag(still.loop), still.watch.blocked(still.loop))


def test_another_culprit_is_another_stretch(still):
    """Where something else holds the loop by the next tick, one stretch ends and another begins."""
    still.arrive("oA")
    still.tick(run=True)
    still.tick()
    for name in ("first", "first", "second", "third", "third"):
        still.holds = (
            seen_in(name) if still.holds is None or still.holds.named.code.co_qualname != name else still.holds
        )
        still.tick()
    still.loop.run()
    still.tick()

    assert [
        ("blocked by first (first.py:1)", 100, 400),
        ("blocked by second (second.py:1)", 400, 500),
        ("blocked by third (third.py:1)", 500, 700),
    ] == [(wait.name, *milliseconds(wait)) for wait in waits_in(still.captured)]


def test_the_line_that_was_seen_for_longest(still, monkeypatch):
    """A stretch in several functions and lines is named by the function, then the line, seen for longest."""
    monkeypatch.setattr(holder, "request_of", lambda task: None)
    helper, main = seen_in("helper").named.code, seen_in("main").named.code
    task = FakeTask()
    still.arrive("oA")
    still.tick(run=True)
    still.tick()
    for code, line in [(main, 7), (helper, 3), (main, 8), (helper, 3), (main, 8), (main, 8)]:
        still.holds = Look(task, Spot(code, line, 0), Spot(code, line, 0))
        still.tick()
    still.loop.run()
    still.tick()

    assert ["blocked by main (main.py:8)"] == [wait.name for wait in waits_in(still.captured)]


class FakeTask:
    """A task of nobody's, or of a request's."""

    def __init__(self, request: Any = None) -> None:
        self.request = request

    def get_name(self) -> str:
        """Return a name."""
        return "Task-7"


@pytest.mark.parametrize("how", ["arrive", "leave"])
def test_when_it_last_ran(still, how):
    """A request that arrives or leaves shows that the loop ran then: a stretch begins no sooner."""
    still.arrive("oA", "oB")
    still.tick(run=True)
    still.clock.advance(0.05)
    getattr(still, how)("oB" if how == "leave" else "oC")
    still.tick(0.05)
    still.holds = seen_in("slow")
    still.tick()
    still.loop.run()
    still.tick()

    assert {(150, 300)} == {(start, end) for _, start, end in still.waits()}


def test_who_leaves_or_arrives_meanwhile(still):
    """Who leaves a loop that does not come round waited until then, and who arrives from then on."""
    still.arrive("oA", "oB")
    still.tick(run=True)
    still.tick()
    still.holds = seen_in("slow")
    still.tick()
    still.clock.advance(0.05)
    still.leave("oB")
    still.arrive("oC")
    still.tick(0.05)
    still.tick()
    still.loop.run()
    still.tick()

    assert [("oA", 100, 500), ("oB", 100, 350), ("oC", 350, 500)] == still.waits()


def test_a_herd(still, monkeypatch):
    """Many that hold the loop for a moment each, in the same function, are one stretch: none of them is named."""
    still.arrive("oA", "oB", "oC")
    monkeypatch.setattr(holder, "request_of", lambda task: task.request)
    herd = [FakeTask(flight.request) for flight in still.flights[:2]]
    code = seen_in("handle").named
    still.tick(run=True)
    still.tick()
    for task in (*herd, FakeTask(), FakeTask()):
        still.holds = Look(task, code, code)
        still.tick()
    still.loop.run()
    still.tick()
    waits = waits_in(still.captured)

    assert [("oA", 100, 600), ("oB", 100, 600), ("oC", 100, 600)] == still.waits()
    assert [True, True, False] == [wait.attributes["wxtrace.culprit.self"] for wait in waits]
    assert [4, 4, 4] == [wait.attributes["wxtrace.culprit.tasks"] for wait in waits]
    assert {"task", "openid", "trace_id"}.isdisjoint(key.rpartition(".")[2] for key in waits[0].attributes)


def test_one_of_a_herd(still, monkeypatch):
    """One of them that holds it for longer is a culprit of its own."""
    still.arrive("oA", "oB")
    monkeypatch.setattr(holder, "request_of", lambda task: task.request)
    tasks = [FakeTask(), FakeTask(still.flights[1].request), FakeTask(), FakeTask()]
    code = seen_in("handle").named
    still.tick(run=True)
    still.tick()
    for number in (0, 2, 1, 1, 1, 3):
        still.holds = Look(tasks[number], code, code)
        still.tick()
    still.loop.run()
    still.tick()

    told = [
        (wait.openid, *milliseconds(wait), wait.attributes.get("wxtrace.culprit.openid"))
        for wait in waits_in(still.captured)
    ]
    assert [
        ("oA", 100, 500, None),
        ("oB", 100, 500, None),
        ("oA", 500, 700, "o…oB"),
        ("oA", 700, 800, None),
        ("oB", 700, 800, None),
    ] == told


def test_nobody_looked(still):
    """A stretch that began and ended between two late ticks is written all the same, without who it was."""
    still.arrive("oA")
    still.tick(run=True)
    still.clock.advance(0.08)
    still.loop.run()
    still.tick(0.02)
    still.clock.advance(0.2)
    still.loop.run()
    still.tick()

    assert ["blocked by what was not seen"] == [wait.name for wait in waits_in(still.captured)]
    assert [("oA", 100, 400)] == still.waits()


def test_the_interpreter_was_held_and_nobody_looked(still):
    """Where the loop has gone on by the time the watchdog looks again, its late beat tells of the stretch, once."""
    still.arrive("oA")
    still.tick(run=True)
    still.clock.advance(0.09)
    still.loop.run()
    still.tick(0.01, run=True)
    rested_ns = still.clock.monotonic_ns()
    still.clock.advance(3.0)
    still.loop.run()
    still.tick(0, rested_ns, run=True)
    for _ in range(3):
        still.tick(0.08, run=True)

    assert [("oA", 200, 3200)] == still.waits()
    assert [80_000_000] == [wait.attributes["wxtrace.blocked_bound_ns"] for wait in waits_in(still.captured)]


def test_a_beat_that_comes_after_the_next_answer(still):
    """A late beat tells of the same stretch where the loop answers once more before it."""
    still.arrive("oA")
    still.tick(run=True)
    still.tick(3.0, still.clock.monotonic_ns() + 2_900_000_000, run=True)
    still.tick(run=True)
    still.tick(run=True)

    assert [("oA", 100, 3100)] == still.waits()


def test_a_beat_that_comes_after_the_stretch_is_written(still):
    """What the late beat tells is not written again where it was seen: stretches do not overlap."""
    still.arrive("oA")
    still.tick(run=True)
    still.tick()
    still.holds = seen_in("slow")
    still.tick()
    still.clock.advance(0.05)
    still.loop.answer()
    still.tick(0.05)
    still.clock.advance(0.15)
    still.loop.run()
    still.tick()
    still.tick(run=True)

    assert [("oA", 100, 350), ("oA", 350, 550)] == still.waits()


def test_a_loop_that_stopped_and_runs_again(still):
    """What a loop was held by before it stopped is no part of what holds it when it runs again."""
    still.arrive("oA")
    still.tick(run=True)
    still.holds = seen_in("slow")
    for runs in (True, True, True, False, True, True, True):
        still.loop.runs = runs
        still.tick()
    still.loop.run()
    still.tick()

    assert [("oA", 100, 400), ("oA", 400, 800)] == still.waits()


@pytest.mark.parametrize(("rested", "arrives", "start"), [(0.05, None, 150), (0.0, 0.06, 160)])
def test_since_when_the_interpreter_was_held(still, rested, arrives, start):
    """The interpreter was held since the watchdog had it last, or the loop is known to have."""
    still.arrive("oA")
    still.tick(run=True)
    rested_ns = still.clock.monotonic_ns() + round(rested * 10**9)
    still.clock.advance(arrives or 0)
    if arrives:
        still.arrive("oA")
    still.holds = seen_in("pattern")
    still.tick(3.0, rested_ns)
    still.loop.run()
    still.tick()

    assert {start} == {began for _, began, _ in still.waits()}


def test_the_interpreter_was_held(still):
    """A call that silences the watchdog too is named by the line at which the loop stands when it looks again."""
    still.arrive("oA")
    still.tick(run=True)
    rested_ns = still.clock.monotonic_ns()
    still.holds = seen_in("pattern")
    still.tick(3.0, rested_ns)
    told = still.watch.told(still.loop)
    still.loop.run()
    still.tick()

    assert ("pattern", 3_000_000_000) == (told["culprit"]["function"], told["blocked_ns"])
    assert [("oA", 100, 3100)] == still.waits()


@pytest.mark.parametrize(
    ("seconds", "rested", "holds"), [(3.0, 0.0, None), (0.25, 0.0, "busy"), (3.0, 2.9, "busy")]
)
def test_a_late_tick_alone_proves_nothing(still, seconds, rested, holds):
    """A watchdog that comes late blames no loop that waits for events, and none for its own work."""
    still.arrive("oA")
    still.tick(run=True)
    rested_ns = still.clock.monotonic_ns() + round(rested * 10**9)
    still.clock.advance(0.08)
    still.loop.run()
    still.holds = holds and seen_in(holds)
    still.tick(seconds - 0.08, rested_ns, run=True)
    still.tick(run=True)

    assert [] == still.waits()


@pytest.mark.parametrize("how", ["closed", "stopped", "closed between"])
def test_a_loop_that_is_gone(still, how):
    """A loop that is closed or stopped while it is watched is left alone; what held it did so when last seen."""
    still.arrive("oA")
    still.tick(run=True)
    still.tick(run=how == "closed between")
    still.holds = seen_in("slow")
    if how != "closed between":
        still.tick()
    still.loop.is_closed, still.loop.runs = how != "stopped", how == "closed between"
    still.tick()
    still.tick()

    assert ([] if how == "closed between" else [("oA", 100, 300)]) == still.waits()
    assert {"lag_ns": 0, "blocked_ns": 0, "culprit": None} == still.watch.told(still.loop)


def test_a_loop_that_raises(still):
    """A loop of the app's own making that raises takes no other loop's watch along; what it raised is told on."""
    still.arrive("oA")
    odd = StillLoop()
    odd.is_running = lambda: 1 // 0
    still.flights.insert(0, flight_on(odd))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            still.tick(0.2)

    assert (1, 400_000_000) == (still.loop.times_asked, still.watch.lag(still.loop))


def test_shown_once_it_is_known(still):
    """What lasts longer than a second is shown, once it is known what holds the loop: the culprit does not wait."""
    still.arrive("oA")
    still.tick(run=True)
    for _ in range(12):
        still.tick()
    shown = [len(still.open_waits())]
    still.holds = seen_in("slow")
    still.tick()
    shown.append(len(still.open_waits()))
    still.loop.run()
    still.tick()
    shown.append(len(still.open_waits()))

    assert [0, 1, 0] == shown
    assert [("oA", 100, 1400)] == still.waits()


def test_told_to_stop(still):
    """What lasts when the process is told to stop is written as over then."""
    still.arrive("oA")
    still.tick(run=True)
    still.tick()
    still.holds = seen_in("slow")
    still.tick()
    still.clock.advance(0.05)
    still.watch.close(still.clock.monotonic_ns())

    assert [("oA", 100, 350)] == still.waits()


def test_in_a_forked_child(still):
    """What lasted at the fork is the parent's to write; a loop of the child's is watched anew."""
    still.arrive("oA")
    for _ in range(4):
        still.tick()
    still.watch.forget()
    still.flights, still.loop = [], StillLoop(still.clock)
    still.arrive("oB")
    still.tick(run=True)
    still.tick()
    still.tick(0.2)
    still.loop.run()
    still.tick()

    assert [("oB", 500, 800)] == still.waits()


def test_no_loop_is_kept_alive(captured):
    """A loop that nothing is in flight on any more is let go of at the next tick."""
    watch, loop = LoopWatch(captured.clock.monotonic_ns), StillLoop()
    flights = [flight_on(loop)]
    captured.clock.advance(0.2)
    gc.disable()
    try:
        watch.tick(flights, captured.clock.monotonic_ns())
        loop.run()
        flights.clear()
        watch.tick(flights, captured.clock.monotonic_ns())
        kept = weakref.ref(loop)
        del loop
        assert kept() is None
    finally:
        gc.enable()
