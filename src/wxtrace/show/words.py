"""
Every text for people, in English and in Chinese.

The code says its texts in English, with named places; `Words` gives the
Chinese one where the reader's locale asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wxtrace.show.chinese import (
    alarm,
    around,
    chain,
    drawn,
    export,
    jobs,
    lookup,
    page,
    replies,
    steps,
    watch,
    window,
)

ZH: Final = {
    **lookup.TEXTS,
    **alarm.TEXTS,
    **chain.TEXTS,
    **around.TEXTS,
    **steps.TEXTS,
    **window.TEXTS,
    **replies.TEXTS,
    **watch.TEXTS,
    **jobs.TEXTS,
    **drawn.TEXTS,
    **page.TEXTS,
    **export.TEXTS,
}
"""The Chinese of every text, by the English one."""


_MINUTES_FROM_NS: Final = 100 * 10**9
_HOURS_FROM: Final = 60
_DAYS_FROM: Final = 48


class _Count(int):
    """A whole number that a text counts something by: ``{n:push|pushes}`` gives ``1 push``, ``2 pushes``."""

    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if bar else format(int(self), spec)


@dataclass(frozen=True, slots=True)
class Words:
    """
    Gives a text in one language: ``words("Attempt {number}", number=2)``.

    What is counted stands behind its number in both its forms, ``{n:attempt|attempts}``, where a language has two.
    """

    language: str = "en"

    def __call__(self, text: str, **values: object) -> str:
        told = {name: _Count(value) if type(value) is int else value for name, value in values.items()}
        return (ZH[text] if self.language == "zh" else text).format(**told)

    def seconds(self, ns: int) -> str:
        """Return a duration for people: in seconds to the hundredth, finer below 0.1 s; in minutes from 100 s."""
        if abs(ns) < _MINUTES_FROM_NS:
            return self("{duration} s", duration=f"{ns / 10**9:.{2 if abs(ns) >= 10**8 or not ns else 3}f}")
        minutes, seconds = divmod(round(ns / 10**9), 60)
        if minutes < _HOURS_FROM:
            return self("{minutes} min {seconds} s", minutes=minutes, seconds=seconds)
        hours, minutes = divmod(minutes, 60)
        if hours < _DAYS_FROM:
            return self("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return self("{days} d {hours} h", days=hours // 24, hours=hours % 24)


def language_of(environ: Mapping[str, str]) -> str:
    """
    Return ``zh`` or ``en``, by the environment.

    ``WXTRACE_LANG`` decides; else the locale, by the first of ``LC_ALL``, ``LC_MESSAGES``, ``LANG`` that is set.
    """
    names = ("WXTRACE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((environ[name] for name in names if environ.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"
