"""
What all pictures are drawn on: axes of a figure of their own, readable on white and on black.

No state of pyplot and no style is touched. The figure has no ground, so that
the page's is seen, and its text is of a grey that stands out from both.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final

from wxtrace.errors import MissingExtra
from wxtrace.show.terminal import clean
from wxtrace.show.words import Words, language_of

try:
    from matplotlib import font_manager
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, LogNorm, PowerNorm
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.ticker import FixedLocator, NullLocator
except ImportError as error:
    raise MissingExtra("a picture of pushes", "plot") from error

GREY: Final = "#767676"
"""The colour of text and lines."""

RED: Final = "#d64545"
"""The colour of the five seconds."""

_CHINESE: Final = (
    *(
        "PingFang SC",
        "Hiragino Sans GB",
        "Microsoft YaHei",
        "Noto Sans CJK SC",
        "Noto Sans SC",
        "Source Han Sans SC",
    ),
    *("Source Han Sans CN", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Heiti SC", "Heiti TC"),
    *("Droid Sans Fallback", "Arial Unicode MS", "Noto Sans CJK JP"),
)
_LATIN: Final = "DejaVu Sans"
_LONGEST: Final = 40
_TICKS_S: Final = (0.001, 0.01, 0.1, 1, 5, 20, 60, 600)
_TICKS_SHARE: Final = (0, 1, 5, 10, 25, 50, 100)
_MANY: Final = 1000


class Picture(Axes):
    """Axes that draw themselves in Jupyter, without pyplot."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        figure = self.figure
        if isinstance(figure, Figure):
            figure.savefig(content, format="png", dpi=110)
        return content.getvalue()


def canvas(ax: Axes | None, height: float = 3.6) -> Axes:
    """Return the axes to draw on: *ax*, or new ones of a figure that is *height* inches high."""
    if ax is not None:
        return ax
    figure = Figure(figsize=(10, height), layout="constrained", facecolor="none")
    return figure.add_subplot(axes_class=Picture, facecolor="none")


def words_of() -> Words:
    """Return the reader's words; English ones where no font has Chinese."""
    language = language_of(os.environ)
    return Words("en" if language == "zh" and not chinese_font() else language)


@cache
def chinese_font() -> str | None:
    """Return the name of a font that has Chinese, None if there is none."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in there), None)


def label_of(text: str) -> str:
    """Return what was recorded as a label: harmless, short, in glyphs that there are."""
    shown = clean(text)
    shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
    known = _glyphs()
    told = "".join(char if ord(char) in known else "?" for char in shown)
    return f" {told}" if told.startswith("_") else told  # a legend leaves out what begins so


def counted_heat(ax: Axes, x: Any, y: Any, counts: Any, colours: Sequence[str], title: str) -> Axes:
    """Fill the fields between *x* and *y* by their *counts*, tenfold by tenfold; return the bar's axes."""
    most = int(counts.max())
    digits = (1, 2, 5) if most < _MANY else (1,)
    ticks = [digit * 10**power for power in range(len(str(most))) for digit in digits]
    drawn = ax.pcolormesh(x, y, counts, norm=LogNorm(1, max(2, most)), cmap=_cmap(colours))
    return _bar(ax, drawn, title, [tick for tick in ticks if tick <= most])


def shared_heat(ax: Axes, x: Any, y: Any, shares: Any, colours: Sequence[str], title: str) -> Axes:
    """Fill the fields by their *shares*, of a hundred, so that a few stand out; return the bar's axes."""
    drawn = ax.pcolormesh(x, y, shares, norm=PowerNorm(0.5, 0, 100), cmap=_cmap(colours))
    return _bar(ax, drawn, title, _TICKS_SHARE)


def show_seconds(ax: Axes, words: Words, least_s: float, most_s: float) -> None:
    """Let the y axis of *ax* be a duration, whose tenfold is always as far."""
    ax.set_yscale("log")
    ax.set_ylim(least_s, most_s)
    ax.yaxis.set_major_locator(FixedLocator(list(_TICKS_S)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(lambda value, _: duration(value, words, in_ms=value < 1))


def duration(seconds: float, words: Words, *, in_ms: bool) -> str:
    """Return what stands at an axis: a duration, in milliseconds or seconds."""
    if in_ms:
        return words("{duration} ms", duration=f"{seconds * 1000:g}")
    return words("{duration} s", duration=f"{seconds:g}")


def finish(ax: Axes, title: str, *beside: Axes) -> Axes:
    """Put the title over *ax*, and make all text of it, and of the axes *beside*, readable."""
    ax.set_title(title, loc="left", fontsize=11)
    for one in (ax, *beside):
        for spine in one.spines.values():
            spine.set_visible(False)
        one.tick_params(colors=GREY, labelfontfamily=_families())
        texts: Iterable[Any] = one.findobj(Text)
        for text in texts:
            text.set_parse_math(False)
            text.set_fontfamily(_families())
            text.set_color(GREY)
    return ax


def _bar(ax: Axes, drawn: ScalarMappable, title: str, ticks: Sequence[int]) -> Axes:
    bar = ax.figure.colorbar(drawn, ax=ax, pad=0.01, aspect=30, ticks=FixedLocator(list(ticks)), format="%d")
    bar.minorticks_off()
    bar.set_label(title)
    return bar.ax


def _cmap(colours: Sequence[str]) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("", list(colours))


def _families() -> list[str]:
    chinese = chinese_font()
    return [_LATIN] if chinese is None else [_LATIN, chinese]


@cache
def _glyphs() -> frozenset[int]:
    paths = (font_manager.findfont(name) for name in _families())
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())
