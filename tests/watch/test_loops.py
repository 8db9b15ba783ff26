"""Victim and culprit: who held an event loop, found from outside."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from held import PATIENCE, Gate, flight_on, milliseconds, staged, waits_in

from wxtrace.testing import capture_records


def make_uvloop() -> Any:
    """Return a loop of uvloop, where it is installed."""
    return pytest.importorskip("uvloop").new_event_loop()


LOOPS = [pytest.param(asyncio.new_event_loop, id="asyncio"), pytest.param(make_uvloop, id="uvloop")]


@pytest.fixture(name="captured")
def capture_still():
    """What is recorded, by a clock that stands still."""
    with capture_records(tick_ns=0) as captured:
        yield captured


@pytest.fixture(name="gate")
def make_gate():
    """A gate that is open in the end."""
    gate = Gate()
    yield gate
    gate.opened.set()


def parse_menu(gate: Gate) -> None:
    """Hold the loop, in a call."""
    gate.entered.set()
    gate.opened.wait(PATIENCE)


def add_up(gate: Gate) -> None:
    """Hold the loop, in pure Python."""
    gate.entered.set()
    while not gate.opened.is_set():
        sum(range(100))


def line_of(function: Any, offset: int = 3) -> int:
    """Return the line of a function so many below its first."""
    return function.__code__.co_firstlineno + offset


def name_of(function: Any, offset: int = 3) -> str:
    """Return what a wait for a function is called."""
    return f"blocked by {function.__qualname__} (watch/test_loops.py:{line_of(function, offset)})"


def hold(stage: Any, gate: Gate, act: Any, free: Any = None) -> None:
    """Let a request come in that holds the loop, and the watchdog look for 250 ms; *free* is another stage."""

    def look(seconds: float) -> None:
        """Let the watchdog look, and the free loop answer before any more time passes."""
        stage.tick(seconds)
        if free is not None:
            free.settle()

    look(0.2)
    stage.settle()
    stage.pass_by(0.05)
    stage.arrive("oCulprit-9f", lambda: act(gate))
    gate.until_held()
    for seconds in (0.05, 0.1, 0.1):
        look(seconds)


def let_go(stage: Any, gate: Gate) -> None:
    """Let the loop run, and the watchdog look."""
    stage.pass_by(0.05)
    gate.opened.set()
    stage.settle()
    stage.tick(0.05)


@pytest.mark.parametrize("make_loop", LOOPS)
def test_victim_and_culprit(captured, gate, make_loop):
    """Who is in flight while another request's code holds the loop is told whose code, where, and how long."""
    with staged(captured, make_loop) as (stage,):
        stage.arrive("oVictim-1")
        hold(stage, gate, parse_menu)
        let_go(stage, gate)
        culprit = captured.span("asgi")
        (wait,) = waits_in(captured)

    expected = ("oVictim-1", "event loop", name_of(parse_menu), 250, 550)
    assert expected == (wait.openid, wait.module, wait.name, *milliseconds(wait))
    assert {
        "wxtrace.culprit.function": "parse_menu",
        "wxtrace.culprit.file": "watch/test_loops.py",
        "wxtrace.culprit.line": line_of(parse_menu),
        "wxtrace.culprit.call": "gate.opened.wait",
        "wxtrace.culprit.innermost": wait.attributes["wxtrace.culprit.innermost"],
        "wxtrace.culprit.task": wait.attributes["wxtrace.culprit.task"],
        "wxtrace.culprit.openid": "o…9f",
        "wxtrace.culprit.trace_id": culprit.trace_id,
        "wxtrace.culprit.looks": 2,
        "wxtrace.culprit.self": False,
        "wxtrace.blocked_ns": 300_000_000,
        "wxtrace.blocked_bound_ns": 50_000_000,
        "wxtrace.victims": 1,
    } == wait.attributes
    assert re.fullmatch(r"Condition\.wait \(threading\.py:\d+\)", wait.attributes["wxtrace.culprit.innermost"])


@pytest.mark.parametrize("make_loop", LOOPS)
def test_pure_python(captured, gate, make_loop):
    """A loop of pure Python is named by its function."""
    with staged(captured, make_loop) as (stage,):
        stage.arrive("oVictim-1")
        hold(stage, gate, add_up)
        let_go(stage, gate)
        (wait,) = waits_in(captured)

    assert ("add_up", 250, 550) == (wait.attributes["wxtrace.culprit.function"], *milliseconds(wait))


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_callback(captured, gate, make_loop):
    """A callback that is no task is named by its frame alone, and all in flight are its victims."""
    with staged(captured, make_loop) as (stage,):
        stage.arrive("oVictim-1")
        stage.arrive("oVictim-2", lambda: stage.loop.call_later(0, parse_menu, gate))
        gate.until_held()
        stage.tick(0.2)
        stage.tick(times=2)
        let_go(stage, gate)
        waits = waits_in(captured)

    assert [("oVictim-1", name_of(parse_menu), 0, 450)] == [
        (wait.openid, wait.name, *milliseconds(wait)) for wait in waits
    ]
    assert {"task", "openid", "trace_id"}.isdisjoint(key.rpartition(".")[2] for key in waits[0].attributes)


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_loop_that_waits_for_events_is_not_blocked(captured, make_loop):
    """A loop that has nothing to do answers at once: nothing is written, and a snapshot says so."""
    with staged(captured, make_loop) as (stage,):
        stage.arrive("oVictim-1")
        for _ in range(5):
            stage.tick()
            stage.settle()
        told = stage.watch.told(stage.loop)
        waits = stage.waits()

    assert ({"lag_ns": 0, "blocked_ns": 0, "culprit": None}, []) == (told, waits)


def test_two_loops(captured, gate):
    """Of two loops in two threads, those who are in flight on the blocked one wait, and nobody else."""
    with staged(captured, asyncio.new_event_loop, asyncio.new_event_loop) as (held, free):
        held.arrive("oVictim-1")
        free.arrive("oFree-1")
        hold(held, gate, parse_menu, free)
        told = [held.watch.blocked(stage.loop) for stage in (held, free)]
        let_go(held, gate)
        free.settle()
        waits = held.waits()

    assert [250_000_000, 0] == told
    assert [("oVictim-1", name_of(parse_menu), 250, 550)] == waits


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_python_task(captured, gate, make_loop):
    """A culprit in a task that is written in Python is known by its context as well."""
    with staged(captured, make_loop) as (stage,):
        stage.loop.set_task_factory(lambda loop, coro, **more: asyncio.tasks._PyTask(coro, loop=loop, **more))
        stage.arrive("oVictim-1")
        hold(stage, gate, parse_menu)
        let_go(stage, gate)
        (wait,) = waits_in(captured)

    assert ("oVictim-1", "o…9f") == (wait.openid, wait.attributes["wxtrace.culprit.openid"])


def test_what_a_snapshot_says(captured, gate):
    """While the loop is held, a snapshot says for how long and by whom, and whether it is its own request."""
    with staged(captured, asyncio.new_event_loop) as (stage,):
        stage.arrive("oVictim-1")
        hold(stage, gate, parse_menu)
        told = stage.watch.told(stage.loop)
        lag_ns, blocked_ns = stage.watch.lag(stage.loop), stage.watch.blocked(stage.loop)
        culprit = next(flight.request for flight in stage.flights() if flight.request.openid == "oCulprit-9f")
        is_own = stage.watch.told(stage.loop, culprit)["culprit"]["self"]
        let_go(stage, gate)

    assert (200_000_000, 250_000_000) == (told["lag_ns"], told["blocked_ns"]) == (lag_ns, blocked_ns)
    assert ("parse_menu", line_of(parse_menu), "o…9f", False) == tuple(
        told["culprit"][key] for key in ("function", "line", "openid", "self")
    )
    assert is_own


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_real_loop_that_is_gone(captured, make_loop):
    """A loop that is stopped, then closed, is neither asked nor told of."""
    with staged(captured, make_loop) as (stage,):
        flights = [flight_on(stage.loop, thread=stage.thread.ident)]
        captured.clock.advance(0.2)
        stage.watch.tick(flights, captured.clock.monotonic_ns())
        stage.end()
        for _ in range(3):
            captured.clock.advance(0.1)
            stage.watch.tick(flights, captured.clock.monotonic_ns())

        assert ({"lag_ns": 0, "blocked_ns": 0, "culprit": None}, []) == (
            stage.watch.told(stage.loop),
            stage.waits(),
        )
