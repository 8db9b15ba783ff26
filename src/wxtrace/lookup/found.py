"""
What `find` gives back: an answer that prints, draws itself, and turns into DataFrames.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from wxtrace.answer import Answer, Judged
from wxtrace.show.words import Words, language_of
from wxtrace.store.progress import Progress, silent
from wxtrace.survey.window import Window

if TYPE_CHECKING:
    import pandas as pd


class FoundAttempt(Judged):
    """One attempt of a push, which prints and draws itself; its rows are pandas DataFrames, made when asked for."""

    __slots__ = ()

    def __repr__(self) -> str:
        attempt = self.rebuilt
        return f"<Attempt {attempt.number} of push {attempt.push + 1}: verdict {self.verdict.text!r}>"

    def __str__(self) -> str:
        from wxtrace.show.attempt import lines
        from wxtrace.show.style import Style

        return "\n".join(lines(self, None, Style(Words(language_of(os.environ))))) + "\n"

    def _repr_html_(self) -> str:
        from wxtrace.notebook.draw import draw_attempt

        return draw_attempt(self, Words(language_of(os.environ)))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}

    @property
    def spans(self) -> pd.DataFrame:
        """Its spans, a row each."""
        from wxtrace.notebook.accessor import drawable
        from wxtrace.show.frames import spans_frame

        return drawable(spans_frame(self.rebuilt.spans))

    @property
    def logs(self) -> pd.DataFrame:
        """Its log lines, a row each."""
        from wxtrace.notebook.accessor import drawable
        from wxtrace.show.frames import logs_frame

        return drawable(logs_frame(self.rebuilt.logs))

    @property
    def modules(self) -> pd.DataFrame:
        """Its modules, a row each, the greatest share first."""
        from wxtrace.notebook.accessor import drawable
        from wxtrace.show.frames import modules_frame

        return drawable(modules_frame(self.times))

    @property
    def jobs(self) -> pd.DataFrame:
        """What it left to workers, by the start: a row for each time that a job was tried."""
        from wxtrace.notebook.accessor import drawable
        from wxtrace.show.frames import jobs_frame

        return drawable(jobs_frame(self.rebuilt.jobs))


class FoundWindow(Window):
    """All pushes that failed in a window. It prints as text, and draws itself in Jupyter."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<Window {self.first_ns} to {self.last_ns}: {self.counted} failed, WeChat counted {self.expected}>"

    def __str__(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _repr_html_(self) -> str:
        from wxtrace.notebook.draw import draw_lines

        return draw_lines(self._lines())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}

    def _lines(self) -> list[str]:
        from wxtrace.show import window
        from wxtrace.show.style import Style

        return list(window.lines(self, Style(Words(language_of(os.environ)))))


@dataclass(frozen=True, slots=True, repr=False)
class Lookup(Answer):
    """
    What `find` returns: the attempts of a push, the verdict, and the evidence.

    It prints as text, and draws itself in Jupyter. Where it was asked for by an
    alarm, `matches` say which push is meant and why, and `others` are the lookups of
    the other alarms of the same text.
    """

    attempts: tuple[FoundAttempt, ...]
    others: tuple[Lookup, ...] = ()
    stores: tuple[str, ...] = ()

    def window(self, *, progress: Progress = silent) -> FoundWindow:
        """
        Return all pushes that failed in the alarm's window; without an alarm, in the five minutes from the stamp.

        Args:
            progress: Is told how much has been read, rebuilt and judged: how much is done, and of how much.

        Raises:
            StoreMissing: None of the stores is there any more.
        """
        from wxtrace.alarm.alarm import Alarm
        from wxtrace.lookup.meant import window_of
        from wxtrace.survey.survey import survey

        stamp = Alarm(stamp=self.stamp)
        window = window_of(self.alarm or stamp) or (0, 0)
        found = survey(self.stores, *window, self.alarm, progress=progress)
        return FoundWindow(*(getattr(found, field.name) for field in fields(Window)))

    def to_html(self, *, mask: bool = True) -> str:
        """
        Return it as one HTML file that needs nothing else, in the language of the locale.

        Args:
            mask: Whether openids are masked, so that it can be handed on.
        """
        from wxtrace.page.page import render
        from wxtrace.show.mask import masked

        words = Words(language_of(os.environ))
        return render(masked(self) if mask else self, words, masked=mask, stores=self.stores)

    def to_perfetto(self) -> str:
        """Return its attempts as a trace that Perfetto opens; openids are not masked."""
        from wxtrace.export.perfetto import render

        return render(self)

    def to_otlp(self) -> str:
        """Return its attempts as OTLP in JSON, for Jaeger or a collector; openids are not masked."""
        from wxtrace.export.otlp import render

        return render(self)

    def __repr__(self) -> str:
        attempts = f"{len(self.attempts)} attempts, verdict {self.verdict.text!r}"
        return f"<Lookup openid={self.openid!r} stamp={self.stamp}: {attempts}>"

    def __str__(self) -> str:
        from wxtrace.show.style import Style
        from wxtrace.show.text import render

        return render(self, Style(Words(language_of(os.environ))))

    def _repr_html_(self) -> str:
        from wxtrace.notebook.draw import draw

        return draw(self, Words(language_of(os.environ)))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}
