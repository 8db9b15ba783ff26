"""Pictures of a window's pushes: they show what is in the frame, on any ground, in any language."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from pictured import pushes, texts

from wxtrace.errors import BadInput
from wxtrace.plot import canvas
from wxtrace.plot.pictures import heatmap, hosts, modules, percentiles
from wxtrace.show.words import ZH
from wxtrace.survey.frames import told_frame

PICTURES = [heatmap, percentiles, modules, hosts]
HOSTILE = "$\\frac{1$ _x\x1b[31m‮<b>" + "y" * 200
Picture = Callable[..., Axes]


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask for English, and see that no style is touched."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    before = dict(mpl.rcParams)
    yield
    assert before == dict(mpl.rcParams)


def test_the_map_of_heat_counts_every_push() -> None:
    """
    Each push is in one field, by when it came and how long it took.
    """
    ax = heatmap(pushes(), every="1min")

    mesh = ax.collections[0]
    counted = np.ma.filled(mesh.get_array(), 0)
    assert 600 == counted.sum()
    assert [60] * 10 == list(counted.sum(axis=0))
    assert [10, 1] == [len(np.unique(np.nonzero(counted)[1])), len(np.unique(np.nonzero(counted[:, 4])[0]))]


def test_percentiles_are_those_of_each_stretch() -> None:
    """
    Three lines, a point a stretch: quick but in the minute of the incident; five seconds are drawn.
    """
    ax = percentiles(pushes(), every="1min")

    lines = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
    expected = [0.04] * 4 + [5.5] + [0.04] * 5
    assert [expected] * 3 == [pytest.approx(lines[name]) for name in ("p50", "p95", "p99")]
    assert [5, 5] in [list(line.get_ydata()) for line in ax.lines]


def test_modules_stand_on_each_other() -> None:
    """
    The bands add up to what a push took on average, and the legend says how much of all is whose.
    """
    ax = modules(pushes(), every="1min")

    tops = np.array([patch.get_data().values for patch in ax.patches])
    assert [0.04] * 4 + [5.5] + [0.04] * 5 == pytest.approx(list(tops.max(axis=0)))
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [" 98%  storage mysql", "  2%  logic reply.menu", "  0%  (nothing recorded)"] == told


def test_many_modules_are_eight_and_the_rest() -> None:
    """
    What has little time goes into one band.
    """
    frame = pushes(20)
    for number in range(30):
        frame[f"share_ns/remote/host-{number:02d}"] = 1_000_000 * (number + 1)

    told = [text.get_text() for text in modules(frame).get_legend().get_texts()]

    assert 9 == len(told)
    assert told[-1].endswith("all others")


def test_hosts_show_how_many_failed() -> None:
    """
    A row for each host: none failed, but in the minute of the incident all.
    """
    ax = hosts(pushes(), every="1min")

    share = np.ma.filled(ax.collections[0].get_array(), -1)
    assert [[0] * 4 + [100] + [0] * 5] * 2 == share.tolist()
    assert ["web-0: 30 of 300", "web-1: 30 of 300"] == [label.get_text() for label in ax.get_yticklabels()]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("rows", [0, 1, 600])
def test_every_picture_draws_itself_in_jupyter(picture: Picture, rows: int) -> None:
    """
    Of no push, of one and of many there is a PNG, without pyplot; of none it says so.
    """
    frame = told_frame(()) if rows == 0 else pushes(rows)

    ax = picture(frame)

    assert ax._repr_png_().startswith(b"\x89PNG")
    assert (rows == 0) == ("No such push came in that time." in texts(ax))


@pytest.mark.parametrize("picture", PICTURES)
def test_text_is_readable_on_white_and_on_black(picture: Picture) -> None:
    """
    The ground is the page's, and every text has one colour that stands out from both.
    """
    ax = picture(pushes())

    ax._repr_png_()
    assert {canvas.GREY} == {text.get_color() for text in ax.figure.findobj(Text) if text.get_text()}
    assert (0, 0, 0, 0) == ax.figure.get_facecolor()


@pytest.mark.parametrize("picture", PICTURES)
def test_one_may_say_where_to_draw(picture: Picture) -> None:
    """
    Axes that are given are drawn on, and returned; others of their figure keep their text as it is.
    """
    above, below = Figure().subplots(2)
    above.set_title("mine", color="blue")

    assert below is picture(pushes(20), ax=below)
    assert "blue" == above.title.get_color()


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("every", ["", "x", "-1min", "1ns", 7, "0s"])
def test_a_bad_length_is_refused(picture: Picture, every: Any) -> None:
    """
    What is no length, or would make too many stretches, is named with its remedy.
    """
    with pytest.raises(BadInput, match=r"every is .*1min"):
        picture(pushes(20), every=every)


@pytest.mark.parametrize("picture", PICTURES)
def test_what_was_recorded_is_only_shown(picture: Picture) -> None:
    """
    Names of modules and hosts are no formulas, move no cursor, and stay short.
    """
    ax = picture(pushes(20, module=f"remote/{HOSTILE}", host=HOSTILE))

    ax._repr_png_()
    assert not [text for text in texts(ax) if "\x1b" in text or "‮" in text or len(text) > 60]


@pytest.mark.parametrize("picture", PICTURES)
def test_a_chinese_reader_gets_chinese_where_a_font_has_it(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    With such a font the title is Chinese; without one it is English, and no glyph is missed.
    """
    monkeypatch.setenv("WXTRACE_LANG", "zh")
    has_font = canvas.chinese_font() is not None
    titles = [picture(pushes(20)).get_title(loc="left")]
    monkeypatch.setattr(canvas, "chinese_font", lambda: None)
    canvas._glyphs.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = picture(pushes(20, module="remote/客服", host="主机"))
        ax._repr_png_()
    canvas._glyphs.cache_clear()

    titles.append(ax.get_title(loc="left"))
    assert [has_font, False] == [title in ZH.values() for title in titles]


def test_without_matplotlib_the_extra_is_named(tmp_path: Path) -> None:
    """
    Who has not installed it is told how.
    """
    (tmp_path / "matplotlib.py").write_text("raise ImportError('none')")
    command = "from wxtrace.plot.pictures import heatmap"

    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {command}"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stderr.strip().endswith('a picture of pushes needs more packages: pip install "wxtrace[plot]"')
