"""Live: what is in flight now, as text of a terminal and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from snapshots import blocked, frames, hanging, snapshot, wild_attributes
from strategies import BASE_NS, SECOND, hostile_text, make_log, make_span

from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.inflight import Flights, InFlight
from wxtrace.show.live import document, render
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, width
from wxtrace.show.words import Words

GOLDEN = Path(__file__).with_name("golden")
NOW_NS = BASE_NS + 61 * SECOND // 10
OPENID = "o49jlooFLqaAxK8SGNRd5X3ZzzgO"


def in_flight(access: SpanRow, innermost: SpanRow | None = None, looked: LogRow | None = None) -> InFlight:
    """Return a request in flight."""
    return InFlight(access, innermost or access, 1 if innermost is None else 3, looked)


def held_words(after: float) -> LogRow:
    """Return what tells that the interpreter was held, so many seconds after `BASE_NS`."""
    told = {"cause": "timeout", "frames": frames("on_text callback.py:88", "crop image.py:7")}
    time_ns = BASE_NS + int(after * SECOND)
    return make_log(20, event="wxtrace.died", logger="wxtrace.watch", time_ns=time_ns, attributes=told)


def flights(*requests: InFlight, alive: int = 3) -> Flights:
    """Return what is in flight at one moment."""
    return Flights(NOW_NS, requests, alive)


def busy() -> Flights:
    """Return three processes, of which two work on requests."""
    access, _, query = hanging(openid=OPENID)
    later: dict[str, Any] = {"start_ns": BASE_NS + 59 * SECOND // 10, "end_ns": None, "state": "open"}
    other: dict[str, Any] = later | {"host": "web-2", "pid": 31337, "writer": "web-2-31337-0-abcd"}
    return flights(
        in_flight(access, query, snapshot(9, 4.5, 2)),
        in_flight(replace(access, openid="oB", start_ns=BASE_NS + SECOND), blocked(3, 3, None)),
        in_flight(make_span(0, openid=None, stamp=None, **other)),
        in_flight(
            make_span(0, openid="oC", attributes={"wechat.msg_type": "event", "wechat.event": "CLICK"}, **later)
        ),
    )


@pytest.mark.parametrize(("language", "columns"), [("zh", 100), ("en", 80)])
def test_what_is_in_flight_looks_as_it_was_agreed(language, columns):
    """The whole page, letter by letter."""
    expected = (GOLDEN / f"live-{language}.txt").read_text("utf-8")

    assert expected == render(busy(), Style(Words(language), columns))


def test_an_interpreter_that_is_held_is_told():
    """Where nothing of the process runs, its line stands with all of its requests; an older one does not."""
    access, _, query = hanging()
    now, before = (replace(in_flight(access, query, snapshot(9, 4.5)), words=held_words(at)) for at in (5, 2))

    lines = render(flights(now, before), Style()).splitlines()

    assert "          mysql SELECT 5.90 s · interpreter held at image.py:7 in crop" == lines[5]
    assert "          mysql SELECT 5.90 s · storage.py:41 in lock_row → Lock.acquire" == lines[7]


def test_nothing_in_flight_is_one_line():
    """A quiet service is told in a line."""
    shown = render(flights(), Style())

    assert "0 in flight in 0 of 3 processes · 2025-04-21 18:31:21 (UTC+8)\n" == shown


def test_the_page_keeps_to_the_height_of_the_terminal():
    """The oldest are shown, and how many more there are."""
    access, _, query = hanging()
    many = flights(*(in_flight(replace(access, seq=at), query) for at in range(1000)))

    lines = render(many, Style(), 24).splitlines()

    assert (23, "  … 991 more; --json has all") == (len(lines), lines[-1])


def test_of_many_processes_those_with_the_oldest_are_shown():
    """Twenty processes do not fill the page."""
    access, _, _ = hanging()
    many = flights(*(in_flight(replace(access, pid=at, writer=f"w{at}")) for at in range(20)), alive=20)

    lines = render(many, Style()).splitlines()

    assert (
        "  web-1 pid 0: 1 in flight, the oldest for 6.10 s · asgi 1",
        "  … 12 more processes; --json has all",
    ) == (
        lines[1],
        lines[9],
    )


def test_the_json_says_all_of_it():
    """For a script: every process, every request, what its last snapshot holds."""
    told = json.loads(json.dumps(document(busy())))
    first, second, third, fourth = told["requests"]

    assert (NOW_NS, 4, 3) == (told["time_ns"], told["in_flight"], told["processes_alive"])
    assert [("web-1", 7, 3, 6_100_000_000), ("web-2", 31337, 1, 200_000_000)] == [
        (one["host"], one["pid"], one["in_flight"], one["oldest_ns"]) for one in told["processes"]
    ]
    assert [{"layer": "storage", "module": "mysql", "in_flight": 1}] == told["processes"][0]["modules"][:1]
    assert (OPENID, "mysql", 5_900_000_000, 3) == tuple(
        first[name] for name in ("openid", "module", "there_for_ns", "open_spans")
    )
    assert ("storage.py", 41, "Lock.acquire") == (
        first["stuck"]["at"]["file"],
        first["stuck"]["at"]["line"],
        first["stuck"]["awaits"],
    )
    assert 14 == first["snapshot"]["in_flight"]
    assert ("event loop", None, None) == (second["module"], second["stuck"], second["snapshot"])
    assert (None, "POST /wechat", "event CLICK") == (third["openid"], third["kind"], fourth["kind"])


def test_colours_mark_what_is_past_the_deadline():
    """The requests that WeChat has given up are red; without colour there is no escape code."""
    style = Style(colour=True)

    red = [line for line in render(busy(), style).splitlines() if line.startswith("\x1b[31m")]

    assert 2 == len(red)
    assert "\x1b" not in render(busy(), Style())


@given(wild_attributes, hostile_text)
def test_nothing_that_is_in_flight_can_steer_the_terminal(attributes, text):
    """Names and openids come from the network; a snapshot may hold anything."""
    told: dict[str, Any] = {"wechat.event": text, "wxtrace.culprit.openid": text, "wxtrace.culprit.function": text}
    access = make_span(0, openid=text, host=text, service=text, name=text, module=text, attributes=told)
    innermost = blocked(3, 1, None, name=text, attributes=told)
    looked = replace(snapshot(9, 4.5), attributes=attributes)
    hostile = flights(in_flight(access, innermost, looked), in_flight(access, access, looked))

    for language in ("zh", "en"):
        lines = render(hostile, Style(Words(language), 80)).splitlines()
        assert lines == [clean(line) for line in lines]
        assert [] == [line for line in lines if width(line) > 80]
    assert document(hostile)
