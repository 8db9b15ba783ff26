"""Pictures of few pushes, or of few that failed, show them all the same; every figure has its unit."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.axes import Axes
from pictured import pushes, texts

from wxtrace.errors import BadInput
from wxtrace.plot.pictures import heatmap, hosts, modules, percentiles
from wxtrace.plot.times import stretches_of
from wxtrace.show.words import Words
from wxtrace.survey.frames import pushes_frame


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for English."""
    monkeypatch.setenv("WXTRACE_LANG", "en")


def test_a_few_failures_stand_out() -> None:
    """
    One of ten is a third of the way from none to all; blank is told to be where nothing came.
    """
    ax = hosts(pushes())

    norm = ax.collections[0].norm
    assert [0, pytest.approx(0.316, abs=0.001), 1] == [norm(0), norm(10), norm(100)]
    assert "blank: none came" in ax.get_title(loc="left")


@pytest.mark.parametrize("counts", [[1], [1, 2], [1, 7], [3, 60], [12_345]])
def test_a_bar_says_plain_numbers(counts: list[int]) -> None:
    """
    However many pushes a field has, its colour has a number beside it, and no formula.
    """
    frames = [
        pushes(count).assign(time=pd.Timestamp(60 * at, unit="s", tz="UTC")) for at, count in enumerate(counts)
    ]
    ax = heatmap(pd.concat(frames), every="1min")

    ax._repr_png_()
    bar = ax.collections[0].colorbar.ax
    told = [tick.label1.get_text() or tick.label2.get_text() for tick in bar.yaxis.get_major_ticks()]
    assert told[0] == "1"
    assert all(0 < int(number) <= max(2, *counts) for number in told)
    assert not [text for text in texts(ax) if "$" in text or "math" in text]


def test_a_push_among_gaps_is_seen() -> None:
    """
    What has no line to a neighbour is a dot, larger for those that lie below others.
    """
    ax = percentiles(pushes(600).iloc[[0, 1, 300, 599]], every="10s")

    dots = [(line.get_label(), line.get_marker(), line.get_markevery()) for line in ax.lines[:3]]
    assert [(name, "o", [0, 30, 59]) for name in ("p99", "p95", "p50")] == dots
    sizes = [line.get_markersize() for line in ax.lines[:3]]
    assert sizes == sorted(set(sizes), reverse=True)


def test_few_pushes_have_few_columns() -> None:
    """
    Without a length of theirs, stretches are so long that most have some pushes in them.
    """
    whole = pushes(600)

    columns = [stretches_of(some, None).count for some in (whole.iloc[::30], whole, pd.concat([whole] * 5))]
    assert [20, 60, 120] == columns


def test_moments_and_durations_are_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Days and times are figures alone; units are said in Chinese to a Chinese reader, of all pictures.
    """
    monkeypatch.setenv("WXTRACE_LANG", "zh")
    monkeypatch.setattr("wxtrace.plot.pictures.words_of", lambda: Words("zh"))
    some = [picture(pushes(20)) for picture in (heatmap, percentiles, modules)]

    for ax in some:
        ax.figure.draw_without_rendering()
    labels = {label.get_text() for ax in some for label in ax.get_yticklabels() if label.get_text()}
    assert {"10 毫秒", "100 毫秒", "5 秒"} <= labels
    assert not [text for text in labels if text.endswith("s")]
    assert {"2026-09-22"} == {ax.xaxis.get_offset_text().get_text() for ax in some}


@pytest.mark.parametrize("picture", [heatmap, percentiles, modules, hosts])
def test_only_all_pushes_are_drawn(picture: Callable[..., Axes]) -> None:
    """
    The pushes that failed in a window have other columns: what lacks is named, and what to call instead.
    """
    with pytest.raises(BadInput, match=r"total_ns.*take what wxtrace\.window\(first, last\) returns"):
        picture(pushes_frame(()))
