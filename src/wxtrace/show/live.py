"""
What is in flight now, for people and as JSON: each process with its modules, then the requests, the oldest first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.stuck import Stuck, stuck_at_the_end, stuck_in
from wxtrace.rebuild.snapshot import Snapshot, last_words_of, snapshot_of
from wxtrace.row import SpanRow
from wxtrace.scan.inflight import Flights, InFlight
from wxtrace.show.places import frame_text, wait_text
from wxtrace.show.style import BOLD, DIM, RED, Style
from wxtrace.show.terminal import clean, cut, fit, fit_right
from wxtrace.show.times import moment
from wxtrace.show.words import Words

DEADLINE_NS: Final = 5 * 10**9
_MOST_PROCESSES: Final = 8
_MOST_MODULES: Final = 5
_LINES_A_REQUEST: Final = 2
_Process = tuple[str, int, str]


def render(flights: Flights, style: Style, height: int | None = None) -> str:
    """
    Return what is in flight as lines of text.

    Args:
        flights: What was found.
        style: Width, colours and language.
        height: How many lines there may be; None for all that there are.
    """
    lines = list(_processes(flights, style))
    room = len(flights.requests) if height is None else max(1, (height - len(lines) - 3) // _LINES_A_REQUEST)
    lines += _requests(flights, style, room)
    return style.drawn("\n".join(lines if height is None else lines[:height]) + "\n")


def document(flights: Flights) -> dict[str, Any]:
    """Return what is in flight as JSON's types; times in nanoseconds."""
    return {
        "time_ns": flights.now_ns,
        "in_flight": len(flights.requests),
        "processes_alive": flights.alive,
        "processes": [
            {
                "host": host,
                "pid": pid,
                "service": same[0].access.service,
                "writer": writer,
                "in_flight": len(same),
                "oldest_ns": _age_ns(same[0], flights),
                "modules": [
                    {"layer": layer, "module": module, "in_flight": count}
                    for (layer, module), count in _modules(same)
                ],
            }
            for (host, pid, writer), same in _by_process(flights).items()
        ],
        "requests": [_request_document(one, flights) for one in flights.requests],
    }


def _request_document(one: InFlight, flights: Flights) -> dict[str, Any]:
    access, innermost, snapshot = one.access, one.innermost, _snapshot(one)
    stuck = _stuck(one)
    return {
        "age_ns": _age_ns(one, flights),
        "openid": access.openid,
        "stamp": access.stamp,
        "nonce": access.nonce,
        "trace_id": access.trace_id,
        "kind": _kind(access),
        "host": access.host,
        "pid": access.pid,
        "service": access.service,
        "writer": access.writer,
        "layer": innermost.layer,
        "module": innermost.module,
        "name": innermost.name,
        "there_for_ns": max(0, flights.now_ns - innermost.start_ns),
        "open_spans": one.spans,
        "stuck": None if stuck is None else asdict(stuck),
        "snapshot": None if snapshot is None else asdict(snapshot),
    }


def _processes(flights: Flights, style: Style) -> Iterator[str]:
    say, by_process = style.words, _by_process(flights)
    head = say(
        "{count} in flight in {busy} of {alive:process|processes}",
        count=len(flights.requests),
        busy=len(by_process),
        alive=flights.alive,
    )
    yield style.paint(f"{head} · {moment(flights.now_ns)} (UTC+8)", BOLD)
    for (host, pid, _), same in list(by_process.items())[:_MOST_PROCESSES]:
        oldest = say.seconds(_age_ns(same[0], flights))
        told = say("{count} in flight, the oldest for {age}", count=len(same), age=oldest)
        modules = [f"{clean(module or layer)} {count}" for (layer, module), count in _modules(same)]
        pieces = (f"{cut(clean(host), 24)} pid {pid}: {told}", *modules[:_MOST_MODULES])
        yield cut("  " + " · ".join(pieces), style.width)
    if len(by_process) > _MOST_PROCESSES:
        yield "  " + say(
            "… {count:more process|more processes}; --json has all", count=len(by_process) - _MOST_PROCESSES
        )


def _requests(flights: Flights, style: Style, room: int) -> Iterator[str]:
    say = style.words
    if not flights.requests:
        return
    yield ""
    heads = (fit_right(say("age, s"), 8), fit("openid", 28), fit("stamp", 11), fit("pid", 7), say("request"))
    yield style.paint(cut("  ".join(heads), style.width), DIM)
    for one in flights.requests[:room]:
        yield from _request(one, flights, style)
    if len(flights.requests) > room:
        yield "  " + say("… {count} more; --json has all", count=len(flights.requests) - room)


def _request(one: InFlight, flights: Flights, style: Style) -> Iterator[str]:
    """Yield two lines: whose it is and how old; where it is now, and where it was last seen to stand."""
    access, age_ns = one.access, _age_ns(one, flights)
    columns = (
        fit_right(f"{age_ns / 10**9:.2f}", 8),
        fit(clean(access.openid or "-"), 28),
        fit("-" if access.stamp is None else str(access.stamp), 11),
        fit(str(access.pid), 7),
        clean(_kind(access)),
    )
    yield style.paint(cut("  ".join(columns), style.width), RED if age_ns >= DEADLINE_NS else "")
    yield cut(" " * 10 + " · ".join(_whereabouts(one, flights, style.words)), style.width)


def _whereabouts(one: InFlight, flights: Flights, say: Words) -> Iterator[str]:
    span = one.innermost
    there = say.seconds(max(0, flights.now_ns - span.start_ns))
    label = wait_text(span, say) or " ".join(
        dict.fromkeys(clean(text) for text in (span.module, span.name) if text)
    )
    yield f"{cut(label, 60)} {there}"
    if (stuck := _stuck(one)) is not None:
        place = frame_text(stuck.at, say)
        if stuck.of_process:
            yield say("interpreter held at {place}", place=place)
            return
        upon = stuck.awaits or stuck.call
        yield place if upon is None else f"{place} → {cut(clean(upon), 60)}"


def _snapshot(one: InFlight) -> Snapshot | None:
    return None if one.snapshot is None else snapshot_of(one.snapshot)


def _stuck(one: InFlight) -> Stuck | None:
    snapshot, words = _snapshot(one), None if one.words is None else last_words_of(one.words)
    if words is not None and (snapshot is None or snapshot.time_ns < words.time_ns):
        return stuck_at_the_end(words, one.access.start_ns)
    return None if snapshot is None else stuck_in(snapshot, one.access.start_ns)


def _kind(access: SpanRow) -> str:
    """Return what kind of push it is, as far as that is recorded by now; else how the request is called."""
    keys = ("wechat.info_type", "wechat.msg_type", "wechat.event")
    told = [text for key in keys if isinstance(text := access.attributes.get(key), str) and text]
    return " ".join(told) or access.name


def _age_ns(one: InFlight, flights: Flights) -> int:
    return max(0, flights.now_ns - one.access.start_ns)


def _by_process(flights: Flights) -> dict[_Process, list[InFlight]]:
    """Return the requests of each process, the process with the oldest one first."""
    found: defaultdict[_Process, list[InFlight]] = defaultdict(list)
    for one in flights.requests:
        found[one.access.host, one.access.pid, one.access.writer].append(one)
    return found


def _modules(same: Sequence[InFlight]) -> list[tuple[tuple[str, str], int]]:
    return Counter((one.innermost.layer, one.innermost.module) for one in same).most_common()
