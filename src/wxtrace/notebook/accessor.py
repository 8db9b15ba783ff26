"""
``df.wxtrace``: what wxtrace draws of a DataFrame. It is there once this module is imported.

A frame of an attempt or of `wxtrace.window` brings it, and so does ``%load_ext wxtrace``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from wxtrace.errors import BadInput
from wxtrace.notebook.draw import below_waterfalls, draw_waterfalls
from wxtrace.notebook.rows import NEEDED, first_traces, rows_of
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild
from wxtrace.show.attempt import head_of_rows
from wxtrace.show.drawing import waterfall
from wxtrace.show.style import Style
from wxtrace.show.waterfall import MOST_ATTEMPTS
from wxtrace.show.words import Words, language_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LACKS: Final = "what this frame lacks"
SPANS_REMEDY: Final = (
    "A waterfall is drawn of spans: take the .spans of an attempt, or rows of the store, with these columns."
)


@dataclass(frozen=True, slots=True, repr=False)
class Waterfalls:
    """The waterfalls of a frame of spans, one for each attempt. It prints as text, and draws itself in Jupyter."""

    attempts: tuple[Attempt, ...]
    left_out: int = 0
    columns: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Waterfalls of {len(self.attempts)} attempts>"

    def __str__(self) -> str:
        style = Style(_words())
        lines = [line for one in self.attempts for line in (self._head(one), *waterfall(one, style), "")]
        return "\n".join([*lines, *below_waterfalls(len(self.attempts), self.left_out, style.words)])

    def _repr_html_(self) -> str:
        known = {"layer", "module"} <= self.columns
        some = [(self._head(one), one, modules_of(one) if known else ()) for one in self.attempts]
        return draw_waterfalls(some, self.left_out, _words())

    def _head(self, attempt: Attempt) -> str:
        return head_of_rows(attempt, self.columns, _words())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}


@pd.api.extensions.register_dataframe_accessor("wxtrace")
class Drawn:
    """
    What can be drawn of a frame: of spans a waterfall, of the pushes of a window the rest.

    Args:
        frame: Spans, of a lookup or straight from the store; or the pushes of `wxtrace.window`.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def waterfall(self) -> Waterfalls:
        """
        Return the waterfalls of the first traces of a frame of spans, in the frame's order: an attempt each.

        Raises:
            BadInput: The frame lacks columns that a span must have.
        """
        _check(self._frame, NEEDED, SPANS_REMEDY)
        some, left_out = first_traces(self._frame, MOST_ATTEMPTS)
        spans = rows_of(some)
        now_ns = max((span.end_ns or span.start_ns for span in spans), default=0)
        return Waterfalls(rebuild(spans, (), now_ns), left_out, frozenset(map(str, self._frame.columns)))

    def heatmap(self, *, every: str | None = None, ax: Axes | None = None) -> Axes:
        """
        Return how long pushes took, over time, as a map of heat.

        Args:
            every: How long a column is, as pandas tells it (``10s``, ``1min``); None: what fits.
            ax: Where it is drawn; None: in a figure of its own.

        Raises:
            BadInput: The frame is not one of `wxtrace.window`, or *every* is no length.
            MissingExtra: Matplotlib is not installed.
        """
        from wxtrace.plot.pictures import heatmap

        return heatmap(self._frame, every=every, ax=ax)

    def percentiles(self, *, every: str | None = None, ax: Axes | None = None) -> Axes:
        """Return how long pushes took at most, by percentile, over time; arguments and errors are `heatmap`'s."""
        from wxtrace.plot.pictures import percentiles

        return percentiles(self._frame, every=every, ax=ax)

    def modules(self, *, every: str | None = None, ax: Axes | None = None) -> Axes:
        """Return which module had the pushes' time, over time; arguments and errors are `heatmap`'s."""
        from wxtrace.plot.pictures import modules

        return modules(self._frame, every=every, ax=ax)

    def hosts(self, *, every: str | None = None, ax: Axes | None = None) -> Axes:
        """Return how each host fared, over time; arguments and errors are `heatmap`'s."""
        from wxtrace.plot.pictures import hosts

        return hosts(self._frame, every=every, ax=ax)


def drawable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* as it is; it has ``.wxtrace``, now that this module is imported."""
    return frame


def _check(frame: pd.DataFrame, needed: Iterable[str], remedy: str) -> None:
    if missing := [name for name in needed if name not in frame.columns]:
        raise BadInput(LACKS, ", ".join(missing), remedy)


def _words() -> Words:
    return Words(language_of(os.environ))
