"""
How far each host's clock may be off, as text and as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

from wxtrace.explain.clock import Skew
from wxtrace.rebuild.attempt import ClockBound
from wxtrace.show.folded import folded
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean
from wxtrace.show.words import Words

_LEAST_NS: Final = 10**6
"""Hosts that are kept right differ by less."""


def lines(skews: Iterable[Skew], style: Style) -> Iterator[str]:
    """Yield a line for each host: a bound, and what it rests on."""
    for skew in skews:
        yield from folded(sentence(skew, style.words), style.width, "    ")


def sentence(skew: Skew, words: Words) -> str:
    """Return the bound of one host's clock as a sentence, harmless to a terminal."""
    ahead = "Clock of {host}: at most {bound} ahead of WeChat's, by {count:first attempt|first attempts}."
    behind = "Clock of {host}: at least {bound} behind WeChat's, by {count:first attempt|first attempts}."
    text = ahead if skew.at_most_ns >= 0 else behind
    return words(text, host=clean(skew.host), bound=words.seconds(abs(skew.at_most_ns)), count=skew.attempts)


def document(skews: Iterable[Skew]) -> list[dict[str, Any]]:
    """Return the bounds as JSON's types."""
    return [asdict(skew) for skew in skews]


def bound_texts(bounds: Iterable[ClockBound], words: Words) -> Iterator[str]:
    """Yield a sentence for each clock that is proven to be off against another host's; times stay as they were."""
    for bound in bounds:
        ends = (bound.at_least_ns, bound.at_most_ns)
        is_behind = bound.at_most_ns is not None and bound.at_most_ns < 0
        least, most = (bound.at_most_ns, bound.at_least_ns) if is_behind else ends
        text = "Clock of {host}: at least {least} ahead of that of {other}"
        if is_behind:
            text = "Clock of {host}: at least {least} behind that of {other}"
        if abs(least or 0) < _LEAST_NS:
            continue
        told = {"host": clean(bound.host), "other": clean(bound.other), "least": words.seconds(abs(least or 0))}
        at_most = "" if most is None else words(", at most {most}", most=words.seconds(abs(most)))
        yield words(text, **told) + at_most + words(" (no time is corrected by it).")
