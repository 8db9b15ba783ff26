"""
Pushes by the time when they came, in stretches of one length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes

from wxtrace.errors import BadInput
from wxtrace.show.times import CHINA

EVERY_REMEDY: Final = "Give a length as pandas tells it: '10s', '1min', '1h'; at most 2,000 of them are drawn."

_MOST: Final = 2000
_FITTING: Final = (20, 150)
_IN_EACH: Final = 10
_LENGTHS: Final = (
    *(
        "100ms",
        "200ms",
        "500ms",
        "1s",
        "2s",
        "5s",
        "10s",
        "15s",
        "30s",
        "1min",
        "2min",
        "5min",
        "10min",
        "15min",
        "30min",
    ),
    *("1h", "2h", "3h", "6h", "12h", "1D"),
)
_TICKS: Final = ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%H:%M:%S.%f"]
_ZERO_TICKS: Final = ["%Y", "%Y", "%m-%d", "%m-%d", "%H:%M", "%H:%M:%S"]
_BESIDE: Final = ["", "", "%Y", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d"]
_CHINA_NS: Final = 8 * 3600 * 10**9
_DAY_NS: Final = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Stretches:
    """
    Stretches of time, one after the other, and which push came in which.

    `edges` are their ends as matplotlib counts time, one more than there are stretches; `of_push` has
    the number of each push's stretch.
    """

    edges: np.ndarray[Any, np.dtype[np.float64]]
    of_push: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.edges) - 1

    @property
    def middles(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The middle of each, as matplotlib counts time."""
        return (self.edges[1:] + self.edges[:-1]) / 2


def stretches_of(pushes: pd.DataFrame, every: str | None) -> Stretches:
    """
    Return the stretches in which *pushes* came; there is at least one push.

    Args:
        pushes: Pushes of a window.
        every: How long each is, as pandas tells it; None: what fits.

    Raises:
        BadInput: *every* is no length, or there would be too many.
    """
    times = pd.to_datetime(pushes["time"], utc=True).dt.as_unit("ns").astype("int64").to_numpy("int64")
    first_ns, last_ns = int(times.min()), int(times.max())
    length_ns = _fitting_ns(last_ns - first_ns, len(times)) if every is None else _length_ns(every)
    begin_ns = (first_ns + _CHINA_NS) // length_ns * length_ns - _CHINA_NS
    count = (last_ns - begin_ns) // length_ns + 1
    if count > _MOST:
        raise BadInput("every", every, EVERY_REMEDY)
    edges = (begin_ns + np.arange(count + 1) * length_ns) / _DAY_NS
    return Stretches(edges, np.asarray((times - begin_ns) // length_ns, np.int64))


def show_times(ax: Axes, stretches: Stretches) -> None:
    """Let the x axis of *ax* be the time of day, UTC+8, in figures that every language has."""
    locator = dates.AutoDateLocator(tz=CHINA, maxticks=9)  # type: ignore[no-untyped-call]
    formatter = dates.ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, tz=CHINA, formats=_TICKS, zero_formats=_ZERO_TICKS, offset_formats=_BESIDE
    )
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
    ax.set_xlim(stretches.edges[0], stretches.edges[-1])


def _fitting_ns(whole_ns: int, pushes: int) -> int:
    """Return how long each is, so that most have some pushes in them."""
    least, most = _FITTING
    count = min(most, max(least, pushes // _IN_EACH))
    fitting = (one for one in map(_length_ns, _LENGTHS) if whole_ns <= one * count)
    return next(fitting, 0) or -(-whole_ns // (count * _DAY_NS)) * _DAY_NS


def _length_ns(every: str) -> int:
    try:
        length_ns = pd.Timedelta(every).as_unit("ns").value
    except (TypeError, ValueError, OverflowError):
        length_ns = 0
    if length_ns <= 0:
        raise BadInput("every", every, EVERY_REMEDY)
    return length_ns
