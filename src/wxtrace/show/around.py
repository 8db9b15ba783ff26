"""
What else came at the time of an alarm, as text and as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.around import Around, Stretch, Tally
from wxtrace.show.chain import outcome_text
from wxtrace.show.folded import folded
from wxtrace.show.style import RED, Style
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import moment, time_of_day, until
from wxtrace.show.words import Words

_MOST: Final = 5
_LONGEST: Final = 60


def lines(around: Around, style: Style) -> Iterator[str]:
    """Yield what came, in a few lines; what looks as if WeChat had paused is marked."""
    for text in _texts(around, style.words):
        yield from folded(text, style.width, "    ")
    for pause in around.pauses:
        text = (
            "  Nothing came from {first} to {last} ({length}), and pushes before and after: "
            "so it looks when WeChat pauses after too many failures (MarkFail)."
        )
        for line in folded(style.words(text, **_stretch(pause, style.words)), style.width, "    "):
            yield style.paint(line, RED)


def document(around: Around) -> dict[str, Any]:
    """Return what came as JSON's types; times in nanoseconds since the epoch."""
    return asdict(around)


def _texts(around: Around, say: Words) -> Iterator[str]:
    first, last = moment(around.window[0]), until(around.window[1], around.window[0])
    if not around.attempts:
        yield say("No push came from {first} to {last}.", first=first, last=last)
    else:
        text = (
            "From {first} to {last} came {pushes:push|pushes} in {attempts:attempt|attempts}; "
            "attempts that failed: {failed}."
        )
        failed = sum(own.failed for own in around.outcomes)
        yield say(text, first=first, last=last, pushes=around.pushes, attempts=around.attempts, failed=failed)
        yield from _figures(around, say)
    if around.others:
        yield "  " + say("requests that are no pushes: {count}", count=around.others)
    if around.before_ns is not None:
        yield "  " + say("the last push before: {moment}", moment=time_of_day(around.before_ns))
    if around.after_ns is not None:
        yield "  " + say("the next push after: {moment}", moment=time_of_day(around.after_ns))
    if around.quiet is not None:
        text = "the longest time without a push: {length}, from {first} to {last}"
        if around.quiet[1] == around.window[1]:
            text = "the longest time without a push: at least {length}, from {first} on; this ends at {last}"
        yield "  " + say(text, **_stretch(around.quiet, say))


def _figures(around: Around, say: Words) -> Iterator[str]:
    if around.p50_ns is not None and around.p99_ns is not None:
        text = "those that were answered: half in {half}, 99% in {most}"
        yield "  " + say(text, half=say.seconds(around.p50_ns), most=say.seconds(around.p99_ns))
    text = "at most {at_once} at once, {per_second} in the busiest second"
    yield "  " + say(text, at_once=around.at_once, per_second=around.per_second)
    if around.late:
        yield "  " + say("came too late to be answered in time: {count}", count=around.late)
    yield "  " + say(
        "what became of them: {list}", list=_listed(around.outcomes, say, lambda own: outcome_text(own, say))
    )
    if around.kinds:
        yield "  " + say("kinds: {list}", list=_listed(around.kinds, say))
    if around.entrances:
        yield "  " + say("came in by: {list}", list=_listed(around.entrances, say))
    if around.clients:
        told = {"count": len(around.clients), "list": _listed(around.clients, say)}
        yield "  " + say("sent from {count:address|addresses}: {list}", **told)
    yield "  " + say("came to: {list}", list=_listed(around.hosts, say))


def _listed(tallies: Sequence[Tally], say: Words, name: Callable[[str], str] = clean) -> str:
    """Return names with their counts; of many, the first."""
    text = "{name} {count}×"
    told = [say(text, name=cut(name(own.name), _LONGEST), count=own.attempts) for own in tallies[:_MOST]]
    more = len(tallies) - len(told)
    return say(", ").join([*told, say("and {count} more", count=more)] if more else told)


def _stretch(stretch: Stretch, say: Words) -> dict[str, str]:
    first, last = stretch
    return {"first": time_of_day(first), "last": time_of_day(last), "length": say.seconds(last - first)}
