"""
All the victims of a window: how many failed, what they have in common, and whether WeChat counted as many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.kinds import UNCOUNTED
from wxtrace.show.chain import outcome_text
from wxtrace.show.folded import folded
from wxtrace.show.recorders import gaps_of, unfinished
from wxtrace.show.style import BOLD, DIM, Style
from wxtrace.show.terminal import clean, cut, fit, fit_right, wrap
from wxtrace.show.times import moment, time_of_day
from wxtrace.show.words import Words
from wxtrace.survey.groups import FIELDS, Group, event_of, groups_of
from wxtrace.survey.table import row_of
from wxtrace.survey.window import AGREES, FEWER, Victim, Window

MOST: Final = 8
"""How many groups of a table are shown."""
SLOWEST: Final = 5
"""How many pushes are shown one by one."""

_NUMBERS: Final = (9, 10, 8, 11)
_HEADINGS: Final = {
    "module": "By module on the critical path",
    "event": "By event",
    "host": "By host",
    "worker": "By worker",
}


def lines(window: Window, style: Style) -> Iterator[str]:
    """Yield the window as lines: the counts, how they stand to the alarm's, and a table for each way to group."""
    say = style.words
    first, last = moment(window.first_ns), moment(window.last_ns)
    yield style.paint(say("All that failed from {first} to {last} (UTC+8)", first=first, last=last), BOLD)
    if (so_far_ns := unfinished(window.evidence)) is not None and so_far_ns < window.last_ns:
        yield "  " + say("It is not over yet: this is what came up to {moment}.", moment=moment(so_far_ns))
    for line in (*_counts(window, style), *_agreement(window, say)):
        yield from folded("  " + line, style.width, "    ")
    if not window.victims:
        return
    for what, heading in _HEADINGS.items():
        yield ""
        yield from _table(window, what, say(heading), style)
    yield ""
    yield style.paint(say("Those that took longest"), BOLD)
    slowest = sorted(window.victims, key=lambda one: -one.worst.took_ns)[:SLOWEST]
    yield from (cut("  " + _push(victim, say), style.width) for victim in slowest)


def document(window: Window) -> dict[str, Any]:
    """Return the window as JSON's types, with every failed push in it."""
    least, most = window.bounds
    return {
        "first_ns": window.first_ns,
        "last_ns": window.last_ns,
        "kind": window.kind,
        "expected": window.expected,
        "counted": window.counted,
        "least": least,
        "most": most,
        "unclear": window.unclear,
        "agreement": window.agreement,
        "came": asdict(window.came),
        "groups": {what: [_group(what, group) for group in groups_of(window.victims, what)] for what in FIELDS},
        "pushes": [row_of(victim) for victim in window.victims],
    }


def _group(what: str, group: Group) -> dict[str, Any]:
    counted = {"pushes": group.pushes, "attempts": group.attempts, "worst_ns": group.worst_ns}
    told = {"outcomes": dict(group.outcomes), "detail": group.detail}
    return dict(zip(FIELDS[what], group.key, strict=True)) | counted | told


def _counts(window: Window, style: Style) -> Iterator[str]:
    say, came = style.words, window.came
    if not came.attempts:
        yield say("No such push came in that time.")
        return
    failed, attempts = len(window.victims), window.counted
    text = "Pushes: came {came} · answered in time {answered} · failed {failed}"
    yield say(text, came=came.pushes, answered=came.answered_pushes, failed=failed)
    text = "Attempts: came {came} · answered in time {answered} · failed {failed}"
    yield say(text, came=came.attempts, answered=came.answered_attempts, failed=attempts)
    outcomes = [(str(group.key[0]), group.attempts) for group in groups_of(window.victims, "outcome")]
    yield from wrap((f"{outcome_text(name, say)} {count}" for name, count in outcomes), style.width - 2)
    if came.open_attempts:
        yield say("Still worked on: {count}", count=came.open_attempts)
    if window.unclear:
        yield say("Answered, but perhaps too late when they came: {count}", count=window.unclear)
    if window.kind is not None and came.elsewhere:
        yield say("Other requests, which the alarm is not about: {count}", count=came.elsewhere)


def _agreement(window: Window, say: Words) -> Iterator[str]:
    expected, (least, most) = window.expected, window.bounds
    if window.kind in UNCOUNTED:
        yield say("An alarm of this kind counts attempts that never got here;")
        yield say("what is told here failed besides.")
    if expected is None or window.agreement is None:
        return
    if window.agreement == AGREES:
        one = "WeChat counted {expected}: agrees."
        many = "WeChat counted {expected}: agrees (by these records {least} to {most})."
        yield say(one if least == most else many, expected=expected, least=least, most=most)
    elif window.agreement == FEWER:
        text = "WeChat counted {expected}, fewer here: {missing:attempt|attempts} never got to these recorders,"
        yield say(text, expected=expected, missing=expected - most)
        yield say("or were answered in time here, and the answer did not get back.")
        yield from _gaps(window, say)
    else:
        yield say("WeChat counted {expected}, more here: {least} at least.", expected=expected, least=least)
        yield say("Perhaps these hosts serve other accounts too.")


def _gaps(window: Window, say: Words) -> Iterator[str]:
    """Yield what was not recorded, which may be what is missing."""
    for host in window.evidence.hosts:
        missed_ns = sum(last - first for first, last in gaps_of(host))
        if missed_ns:
            text = "{host} did not record for {missed} of that time."
            yield say(text, host=clean(host.host), missed=say.seconds(missed_ns))
    if window.evidence.dropped:
        yield say("{count:record was|records were} dropped here.", count=window.evidence.dropped)


def _table(window: Window, what: str, heading: str, style: Style) -> Iterator[str]:
    say, groups = style.words, groups_of(window.victims, what)
    titles = (say("pushes"), say("attempts"), say("of all"), say("longest"))
    yield style.paint(_row(heading, titles, style), BOLD)
    for group in groups[:MOST]:
        share = f"{100 * group.attempts / window.counted:.0f}%"
        numbers = (str(group.pushes), str(group.attempts), share, say.seconds(group.worst_ns))
        yield _row("  " + _name(what, group, say), numbers, style)
        if what == "module" and group.detail:
            yield style.paint(cut("      " + clean(group.detail), style.width), DIM)
    if len(groups) > MOST:
        yield "  " + say("… and {count} more; --json has all", count=len(groups) - MOST)


def _row(name: str, numbers: tuple[str, ...], style: Style) -> str:
    right = "".join(fit_right(number, width) for number, width in zip(numbers, _NUMBERS, strict=True))
    return fit(name, min(style.width, 80) - sum(_NUMBERS)) + right


def _name(what: str, group: Group, say: Words) -> str:
    if what == "worker":
        return f"{clean(str(group.key[0]))} pid {group.key[1]}"
    known = dict.fromkeys(clean(str(part)) for part in group.key if part)
    return " ".join(known) or say("unknown")


def _push(victim: Victim, say: Words) -> str:
    arrival = victim.worst.arrival
    columns = (
        time_of_day(arrival.start_ns)[:8],
        fit(clean(arrival.openid or say("no openid")), 28),
        say("no stamp") if arrival.stamp is None else f"stamp {arrival.stamp}",
        fit(clean(event_of(arrival) or "?"), 12),
        fit_right(say.seconds(victim.worst.took_ns), 8),
    )
    return " ".join(columns)
