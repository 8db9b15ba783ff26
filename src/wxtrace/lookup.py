"""
The reading side plugged together: scan, rebuild, explain.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wxtrace.answer import Answer, Judged
from wxtrace.ask import SECONDS_REMEDY, Stamp, openid_of, stamp_of, whole_of
from wxtrace.errors import BadInput
from wxtrace.explain.explain import explain, judge
from wxtrace.explain.verdict import Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild
from wxtrace.show.sentence import sentence
from wxtrace.show.words import Words, language_of
from wxtrace.store import paths

if TYPE_CHECKING:
    import pandas as pd

    from wxtrace.scan.scan import Scanned

TOLERANCE = 30
"""How many seconds the stamp may be off, each side, if nothing has it exactly."""

Stores = str | Path | Sequence[str | Path]
"""One store, or several."""


class FoundAttempt(Judged):
    """One attempt of a push, with its rows as pandas DataFrames, made when asked for."""

    __slots__ = ()

    @property
    def spans(self) -> pd.DataFrame:
        """Its spans, a row each."""
        from wxtrace.show.frames import spans_frame

        return spans_frame(self.rebuilt.spans)

    @property
    def logs(self) -> pd.DataFrame:
        """Its log lines, a row each."""
        from wxtrace.show.frames import logs_frame

        return logs_frame(self.rebuilt.lines)

    @property
    def modules(self) -> pd.DataFrame:
        """Its modules, a row each, the greatest share first."""
        from wxtrace.show.frames import modules_frame

        return modules_frame(self.times)


@dataclass(frozen=True, slots=True, repr=False)
class Lookup(Answer):
    """
    What `find` returns: the attempts of a push, the verdict, and the evidence.

    It prints as text, and draws itself in Jupyter.
    """

    attempts: tuple[FoundAttempt, ...]

    def __repr__(self) -> str:
        attempts = f"{len(self.attempts)} attempts, verdict {self.verdict.text!r}"
        return f"<Lookup openid={self.openid!r} stamp={self.stamp}: {attempts}>"

    def __str__(self) -> str:
        from wxtrace.show.style import Style
        from wxtrace.show.text import render

        return render(self, Style(Words(language_of(os.environ))))

    def _repr_html_(self) -> str:
        from wxtrace.notebook import draw

        return draw(self, Words(language_of(os.environ)))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}


def find(
    *,
    openid: str | None = None,
    stamp: int | str,
    store: Stores | None = None,
    tolerance: int = TOLERANCE,
) -> Lookup:
    """
    Look up a push by what its alarm says; never raises for absence.

    Args:
        openid: None: whatever has the stamp.
        stamp: The alarm's Stamp, unix seconds. Milliseconds are taken too, with a warning; if
            nothing has those seconds, what was recorded with the number itself is returned.
        store: Folder or URL, or several; None: ``WXTRACE_STORE`` or ``./wxtrace-data``.
        tolerance: How many seconds the stamp may be off, each side. What has it exactly goes first:
            only where nothing has, what is near is returned.

    Raises:
        BadInput: openid or stamp cannot be one, or *store* is an empty sequence.
        StoreMissing: There is no store.
    """
    asked, wanted = stamp_of(stamp, "stamp"), openid_of(openid, "openid")
    seconds = whole_of(tolerance, "tolerance", 0, SECONDS_REMEDY)
    found = look_up(wanted, asked, store, seconds)
    if found.stamp != asked.seconds:
        warnings.warn(f"nothing has the stamp {asked.seconds}; found by {found.stamp}, as given", stacklevel=2)
    elif asked.given is not None:
        warnings.warn(f"stamp {stamp} is in {asked.unit}; looked up as {asked.seconds}", stacklevel=2)
    return found


def look_up(openid: str | None, asked: Stamp, store: Stores | None, tolerance: int) -> Lookup:
    """
    Look up what was asked for, by the stamp in seconds, then by the number that was given.

    A push is recorded with the stamp that it came with, be it in milliseconds.

    Args:
        openid: None: whatever has the stamp.
        asked: The stamp as it was read.
        store: As for `find`.
        tolerance: As for `find`.

    Raises:
        StoreMissing: There is no store.
    """
    found = _scanned(openid, asked.seconds, store, tolerance)
    if found.attempts or found.candidates or asked.given is None:
        return found
    as_given = _scanned(openid, asked.given, store, tolerance)
    return as_given if as_given.attempts or as_given.candidates else found


def _scanned(openid: str | None, stamp: int, store: Stores | None, tolerance: int) -> Lookup:
    from wxtrace.scan.scan import scan

    return look(openid, stamp, scan(stores_of(store), openid, stamp, tolerance), time.time_ns())


def stores_of(store: Stores | None) -> list[str]:
    """
    Return the stores that are meant, as paths or URLs.

    Raises:
        BadInput: The sequence is empty.
    """
    if store is None:
        return [paths.default_store()]
    if isinstance(store, str | Path):
        return [str(store)]
    if not store:
        raise BadInput("store", store, "Give a folder or a URL, or several; None for the default.")
    return [str(one) for one in store]


def look(openid: str | None, stamp: int, scanned: Scanned, now_ns: int) -> Lookup:
    """
    Make an answer of what was scanned.

    Args:
        openid: What was asked for; None for any.
        stamp: What was asked for, unix seconds.
        scanned: Rows and evidence.
        now_ns: The time of the lookup, nanoseconds since the epoch.
    """
    words = Words(language_of(os.environ))
    last = {seen.writer: seen.last_ns for seen in scanned.evidence.writers if seen.last_ns is not None}
    attempts = _asked_for(openid, stamp, rebuild(scanned.spans, scanned.logs, now_ns, last))
    found = tuple(_judged(attempt, words) for attempt in attempts)
    verdict = _told(explain([one.verdict for one in found], scanned.evidence.reason), words)
    if found and all(attempt.stamp != stamp for attempt in attempts):
        verdict = replace(verdict, confidence="low")
    return Lookup(openid, stamp, found, verdict, scanned.evidence, scanned.candidates)


def _asked_for(openid: str | None, stamp: int, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that have the stamp, else those near it; a trace may hold another push too."""
    own = [one for one in attempts if openid is None or one.openid in (None, openid)]
    exact = [one for one in own if one.stamp == stamp] or own
    pushes = {push: number for number, push in enumerate(dict.fromkeys(one.push for one in exact))}
    return [replace(one, push=pushes[one.push]) for one in exact]


def _judged(attempt: Attempt, words: Words) -> FoundAttempt:
    times = modules_of(attempt)
    return FoundAttempt(attempt, times, _told(judge(attempt, times), words))


def _told(verdict: Verdict, words: Words) -> Verdict:
    return replace(verdict, text=sentence(verdict, words))
