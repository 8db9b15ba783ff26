"""Pushes to be drawn, and what is written in a picture of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text


def pushes(count: int = 600, module: str = "storage/mysql", host: str = "web") -> pd.DataFrame:
    """Return pushes of ten minutes, a second apart, of which those of the fifth minute took 5.5 s in a module."""
    time = pd.date_range("2026-09-22 15:30", periods=count, freq="s", tz="UTC+08:00")
    slow = np.array(time.minute == 34)
    took = np.where(slow, 5_500_000_000, 40_000_000)
    return pd.DataFrame(
        {
            "time": time,
            "case": np.where(slow, "slow_module", "replied"),
            "failed": slow.astype("int64"),
            "host": [f"{host}-{number % 2}" for number in range(count)],
            "total_ns": took,
            f"share_ns/{module}": took - 10_000_000,
            "share_ns/logic/reply.menu": 9_000_000,
            "share_ns/unrecorded": 1_000_000,
        }
    )


def texts(ax: Axes) -> list[str]:
    """Return all that is written in a picture."""
    return [text.get_text() for text in ax.figure.findobj(Text) if text.get_text()]
