"""
Which pushes an alarm may mean, how sure that is, and what speaks for and against each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.entrance import Point
from wxtrace.explain.match import EXACT, NEAR, POSSIBLE, Match
from wxtrace.show.alarm import KINDS
from wxtrace.show.chain import outcome_text
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, cut, wrap
from wxtrace.show.times import moment
from wxtrace.show.words import Words

_MOST = 5
_SURE: Final = {
    "exact": "the alarm's own openid and stamp",
    "near": "the alarm's own openid",
    "likely": "the only one that fits all that the alarm says",
    "possible": "one that may be meant",
}
_TRANSACTION = "the alarm's own transaction_id"
_MINUTES_FROM = 100
_MEANS_LITTLE: Final = "OuterIP"  # WeChat sends from many addresses, and retries from another one
_WHEN, _HOW = "时间", "内容"


def lines(matches: Sequence[Match], style: Style) -> Iterator[str]:
    """Yield the pushes that an alarm may mean, the likeliest first, and what each rests on."""
    say = style.words
    for match in matches[:_MOST]:
        yield from wrap(_head(match, say), style.width, "    ", "  ")
        for point in match.points:
            if point.fits is False or (point.fits and match.sure != EXACT):
                yield cut("      " + _point(point, say), style.width)
    if len(matches) > _MOST:
        yield "  " + say("… {count:more push|more pushes} may be meant; --json has all", count=len(matches) - _MOST)


def is_beyond_doubt(matches: Sequence[Match]) -> bool:
    """Say whether one push is meant for certain, and nothing that counts speaks against it."""
    against = (point.what for match in matches for point in match.points if point.fits is False)
    return len(matches) == 1 and matches[0].sure == EXACT and all(what == _MEANS_LITTLE for what in against)


def doubt_text(matches: Sequence[Match], words: Words) -> str:
    """Return that the first of *matches* is but one of those that may be meant; empty where it is more."""
    if not matches or matches[0].sure != POSSIBLE:
        return ""
    if len(matches) == 1:
        return words("a push that may be meant")
    return words("one of {count:push|pushes} that may be meant", count=len(matches))


def document(match: Match) -> dict[str, Any]:
    """Return a match as JSON's types."""
    return asdict(match)


def sure_text(match: Match, words: Words) -> str:
    """Return how sure it is that the push is meant, in words."""
    if any(point.what == "transaction_id" and point.fits for point in match.points):
        return words(_TRANSACTION)
    if match.sure == NEAR and (off := _seconds_off(match)):
        time = words.seconds(off * 10**9) if off >= _MINUTES_FROM else words("{duration} s", duration=off)
        return words("the alarm's openid, its stamp {time} off", time=time)
    return words(_SURE[match.sure])


def _seconds_off(match: Match) -> int:
    """Return by how many seconds the alarm's stamp and the push's differ; 0 where one of them has none."""
    told = next(((one.said, one.recorded) for one in match.points if one.what == "Stamp"), (None, None))
    return abs(int(told[0]) - int(told[1])) if told[0] and told[1] else 0


def _head(match: Match, say: Words) -> Iterator[str]:
    yield clean(match.openid or say("no openid"))
    yield say("no stamp") if match.stamp is None else f"stamp {match.stamp}"
    yield moment(match.start_ns)
    yield clean(match.kind or "?")
    yield say("{failed} of {attempts:attempt|attempts} failed", failed=match.failed, attempts=match.attempts)
    yield sure_text(match, say)


def _point(point: Point, say: Words) -> str:
    said, recorded = (cut(clean(_in_words(point.what, told, say)), 60) for told in (point.said, point.recorded))
    text = "{what} fits: {said}" if point.fits else "{what} differs: the alarm says {said}, recorded is {recorded}"
    return say(text, what=point.what, said=said, recorded=recorded)


def _in_words(what: str, told: str | None, say: Words) -> str:
    """Return what was compared as people say it: of 内容 the kind of an alarm, or how attempts ended."""
    if what == _WHEN and told and told.isdecimal():
        return moment(int(told) * 10**9)
    if what != _HOW or not told:
        return told or "?"
    if told in KINDS:
        return say(KINDS[told])
    names = [outcome_text(name, say) for name in told.split(", ")]
    return say(", ").join(dict.fromkeys(names))
