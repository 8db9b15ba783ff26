"""
Pictures of the pushes of a window: how long they took, whose time it was, which host it hit.

Each takes what `wxtrace.window` returns, or some of its rows, and returns matplotlib's axes.
"""

from __future__ import annotations

from collections.abc import Iterator
from colorsys import hls_to_rgb, rgb_to_hls
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from wxtrace.errors import BadInput
from wxtrace.plot.canvas import (
    GREY,
    RED,
    canvas,
    counted_heat,
    duration,
    finish,
    label_of,
    shared_heat,
    show_seconds,
    words_of,
)
from wxtrace.plot.times import Stretches, show_times, stretches_of
from wxtrace.show.palette import LAYERS, OTHER
from wxtrace.show.words import Words
from wxtrace.survey.shares import PREFIX, module_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Seconds = np.ndarray[Any, np.dtype[np.float64]]
_Numbers = np.ndarray[Any, np.dtype[np.int64]]
_Bools = np.ndarray[Any, np.dtype[np.bool_]]

DEADLINE_S: Final = 5
"""So long WeChat waits for a reply, seconds."""

LACKS: Final = "what this frame lacks"
PUSHES_REMEDY: Final = (
    "This is drawn of all pushes of a time: take what wxtrace.window(first, last) returns, with these columns. "
    "The .pushes of found.window() are those that failed."
)

_PERCENTILES: Final = ((99, "#9a63e0", 2.8), (95, "#c9740c", 2.0), (50, "#1b8f84", 1.2))
_FEW_TO_MANY: Final = ("#8fb8e8", "#3f7fd6", "#9a63e0", "#e08a1c")
_NONE_TO_ALL: Final = ("#7fbf9e", "#e0a93a", "#d64545", "#a61c3c")
_LEAST_S: Final = 0.001
_BINS: Final = 48
_MOST_MODULES: Final = 8
_MOST_HOSTS: Final = 40


def heatmap(pushes: pd.DataFrame, *, every: str | None = None, ax: Axes | None = None) -> Axes:
    """
    Draw how many pushes took how long, over time, as a map of heat; five seconds are a line.

    Args:
        pushes: Pushes of a window.
        every: How long a column is, as pandas tells it (``10s``, ``1min``); None: what fits.
        ax: Where to draw; None: axes of a figure of their own, which draw themselves in Jupyter.

    Raises:
        BadInput: *pushes* are not those of `wxtrace.window`, *every* is no length, or there would be too many
            columns.
    """
    _check(pushes)
    ax, words = canvas(ax), words_of()
    if pushes.empty:
        return _nothing(ax, words("How long pushes took"), words)
    stretches, took_s = stretches_of(pushes, every), _took_s(pushes)
    edges = np.geomspace(took_s.min() / 2, max(2 * DEADLINE_S, took_s.max() * 1.2), _BINS + 1)
    rows = np.clip(np.searchsorted(edges, took_s, side="right") - 1, 0, _BINS - 1)
    counted = np.zeros((_BINS, stretches.count), np.int64)
    np.add.at(counted, (rows, stretches.of_push), 1)
    came = np.ma.masked_equal(counted, 0)
    bar = counted_heat(ax, stretches.edges, edges, came, _FEW_TO_MANY, words("pushes"))
    show_seconds(ax, words, edges[0], edges[-1])
    _deadline(ax)
    show_times(ax, stretches)
    return finish(ax, words("How long pushes took"), bar)


def percentiles(pushes: pd.DataFrame, *, every: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how long 50, 95 and 99 of 100 pushes took at most, over time; arguments and errors are `heatmap`'s."""
    _check(pushes)
    ax, words = canvas(ax), words_of()
    title = words("So long pushes took at most: 50, 95 and 99 of a hundred")
    if pushes.empty:
        return _nothing(ax, title, words)
    stretches, took_s = stretches_of(pushes, every), pd.Series(_took_s(pushes))
    told, lone = took_s.groupby(stretches.of_push), _lone(stretches)
    for percent, colour, width in _PERCENTILES:
        line = told.quantile(percent / 100).reindex(range(stretches.count))
        (drawn,) = ax.plot(stretches.middles, line, color=colour, linewidth=width, label=f"p{percent}")
        if lone:
            drawn.set(marker="o", markersize=3 * width, markevery=lone)
    show_seconds(ax, words, took_s.min() / 2, max(2 * DEADLINE_S, took_s.max() * 1.2))
    _deadline(ax)
    ax.grid(axis="y", color=GREY, alpha=0.2)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    show_times(ax, stretches)
    return finish(ax, title)


def modules(pushes: pd.DataFrame, *, every: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw whose the time of a push was on average, over time; arguments and errors are `heatmap`'s."""
    columns = [name for name in pushes.columns if str(name).startswith(PREFIX)]
    _check(pushes, *([] if columns or pushes.empty else [f"{PREFIX}…"]))
    ax, words = canvas(ax), words_of()
    title = words("Whose the time was: seconds of a push, on average")
    if pushes.empty:
        return _nothing(ax, title, words)
    stretches, wide = stretches_of(pushes, every), pushes[columns].to_numpy("float64") / 10**9
    below = np.zeros(stretches.count)
    for name, colour, part, mean in _bands(wide, columns, stretches, words):
        above = below + mean
        ax.stairs(above, stretches.edges, baseline=below, fill=True, color=colour, label=f"{part:4.0%}  {name}")
        below = above
    ax.set_ylim(0, max(1e-3, below.max() * 1.08))
    ax.yaxis.set_major_formatter(lambda value, _: duration(value, words, in_ms=below.max() < 1))
    if below.max() >= DEADLINE_S / 2:
        _deadline(ax)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    show_times(ax, stretches)
    return finish(ax, title)


def hosts(pushes: pd.DataFrame, *, every: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how many of 100 pushes failed at least once, by host, over time; all else is as for `heatmap`."""
    _check(pushes, "host", "failed")
    named = pushes["host"].astype("string").fillna("")
    names = sorted(named.value_counts().index[:_MOST_HOSTS])
    ax, words = canvas(ax, 1.4 + 0.3 * max(4, len(names))), words_of()
    title = words("Failed of a hundred pushes, by host (blank: none came)")
    if pushes.empty:
        return _nothing(ax, title, words)
    stretches, rows = stretches_of(pushes, every), np.arange(len(names) + 1)
    of_host = named.map({name: place for place, name in enumerate(names)}).fillna(-1).to_numpy("int64")
    is_failed = pushes["failed"].to_numpy() > 0
    came, failed = (_counted(of_host, stretches, one, len(names)) for one in (of_host >= 0, is_failed))
    share = np.ma.masked_where(came == 0, 100 * failed / np.maximum(1, came))
    bar = shared_heat(ax, stretches.edges, rows, share, _NONE_TO_ALL, words("failed, %"))
    labels = map(_host_label, names, failed.sum(axis=1), came.sum(axis=1), repeat(words))
    ax.set_yticks(rows[:-1] + 0.5, list(labels))
    ax.invert_yaxis()
    show_times(ax, stretches)
    return finish(ax, title, bar)


def _counted(of_host: _Numbers, stretches: Stretches, wanted: _Bools, hosts: int) -> _Numbers:
    """Return how many of the pushes that are *wanted* each host had in each stretch; host -1 is none of them."""
    counted, wanted = np.zeros((hosts, stretches.count), np.int64), wanted & (of_host >= 0)
    np.add.at(counted, (of_host[wanted], stretches.of_push[wanted]), 1)
    return counted


def _bands(
    wide: _Seconds, columns: list[str], stretches: Stretches, words: Words
) -> Iterator[tuple[str, str, float, _Seconds]]:
    """Yield name, colour, part of all time and means of the modules with most time, and of all others together."""
    totals, came = wide.sum(axis=0), np.maximum(1, np.bincount(stretches.of_push, minlength=stretches.count))
    shown = [int(place) for place in np.argsort(-totals, kind="stable")[:_MOST_MODULES] if totals[place] > 0]
    bands = [(_module_name(columns[place], words), wide[:, place]) for place in shown]
    colours = _colours([module_of(columns[place])[0] for place in shown])
    if len(shown) < (totals > 0).sum():
        others = [place for place in range(len(columns)) if place not in shown]
        bands, colours = [*bands, (words("all others"), wide[:, others].sum(axis=1))], [*colours, OTHER]
    for (name, took_s), colour in zip(bands, colours, strict=True):
        means = np.bincount(stretches.of_push, took_s, stretches.count) / came
        yield name, colour, float(took_s.sum() / totals.sum()), means


def _check(pushes: pd.DataFrame, *more: str) -> None:
    if missing := [name for name in ("time", "total_ns", *more) if name not in pushes.columns]:
        raise BadInput(LACKS, ", ".join(missing), PUSHES_REMEDY)


def _host_label(name: str, failed: int, came: int, words: Words) -> str:
    return words("{host}: {failed} of {came}", host=label_of(name), failed=f"{failed:,}", came=f"{came:,}")


def _lone(stretches: Stretches) -> list[int]:
    """Return the stretches that no line reaches, as nothing came in those beside."""
    came = np.bincount(stretches.of_push + 1, minlength=stretches.count + 2) > 0
    return [int(place) for place in np.flatnonzero(came[1:-1] & ~came[:-2] & ~came[2:])]


def _took_s(pushes: pd.DataFrame) -> _Seconds:
    return np.maximum(pushes["total_ns"].to_numpy("float64") / 10**9, _LEAST_S)


def _nothing(ax: Axes, title: str, words: Words) -> Axes:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.text(0.5, 0.5, words("No such push came in that time."), ha="center", va="center", transform=ax.transAxes)
    return finish(ax, title)


def _deadline(ax: Axes) -> None:
    ax.axhline(DEADLINE_S, color=RED, linewidth=1.2, linestyle=(0, (4, 3)), zorder=3)


def _module_name(column: str, words: Words) -> str:
    layer, module = module_of(column)
    if not layer and module == "others":
        return words("all others")
    if not layer and module == "unrecorded":
        return words("(nothing recorded)")
    return label_of(f"{layer} {module}")


def _colours(layers: list[str]) -> list[str]:
    """Return a colour for each module: that of its layer, each further one of a layer lighter."""
    met: dict[str, int] = {}
    colours = []
    for layer in layers:
        turn = met[layer] = met.get(layer, -1) + 1
        colours.append(_lighter(LAYERS.get(layer, OTHER), turn))
    return colours


def _lighter(colour: str, turn: int) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, light, full = rgb_to_hls(red, green, blue)
    light += (0.85 - light) * (1 - 0.72**turn)
    return "#" + "".join(f"{round(255 * part):02x}" for part in hls_to_rgb(hue, light, full))
