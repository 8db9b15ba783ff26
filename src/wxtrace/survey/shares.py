"""
Whose the time of many pushes was: as columns of a wide frame, and as a long one.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from wxtrace.rebuild.modules import UNRECORDED

PREFIX: Final = "share_ns/"
"""What the name of a column begins with that has the time of a module, in nanoseconds."""

OTHERS: Final = PREFIX + "others"
"""The column of all modules that have none of their own."""

_NOTHING: Final = PREFIX + "unrecorded"
_LONG: Final = {"layer": "string", "module": "string", "share_ns": "int64"}

Module = tuple[str, str]


class Shares:
    """The shares of pushes, as they come: few of all modules have time in a push."""

    def __init__(self) -> None:
        self._modules: dict[Module, int] = {}
        self._push, self._module, self._ns = array("q"), array("q"), array("q")
        self._count = 0

    def add(self, shares: Mapping[Module, int]) -> None:
        """Take the shares of the next push in, by module, in nanoseconds."""
        for module, ns in shares.items():
            self._push.append(self._count)
            self._module.append(self._modules.setdefault(module, len(self._modules)))
            self._ns.append(ns)
        self._count += 1

    def columns(self, most: int) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
        """Return them as columns, those with most time first; the modules after *most* share one, which is last."""
        push, module, ns = (np.array(some, np.int64) for some in (self._push, self._module, self._ns))
        totals = np.zeros(len(self._modules), np.int64)
        np.add.at(totals, module, ns)
        names = [column_of(*one) for one in self._modules]
        ranked = sorted(range(len(names)), key=lambda one: (-totals[one], names[one]))
        titles = [names[one] for one in ranked[:most]] + [OTHERS] * (len(names) > most)
        place = np.full(len(names), most)
        place[ranked[:most]] = np.arange(len(ranked[:most]))
        wide = np.zeros((len(titles), self._count), np.int64)
        np.add.at(wide, (place[module], push), ns)
        return dict(zip(titles, wide, strict=True))


def column_of(layer: str, module: str) -> str:
    """Return the name of a module's column: ``share_ns/storage/mysql``."""
    return _NOTHING if (layer, module) == UNRECORDED else f"{PREFIX}{layer.replace('/', '%2F')}/{module}"


def module_of(column: str) -> Module:
    """Return layer and module of a column; of what is no module the layer is blank."""
    layer, slash, module = column.removeprefix(PREFIX).partition("/")
    return (layer.replace("%2F", "/"), module) if slash else ("", layer)


def shares_of(pushes: pd.DataFrame) -> pd.DataFrame:
    """
    Return the shares of `wxtrace.window`'s pushes as a long frame: a row for each module of a push that has time.

    Its index is that of *pushes*; its columns are ``layer``, ``module`` and ``share_ns``. What no span
    covers is the module ``unrecorded``, and what has no column of its own ``others``, both without a layer.
    """
    columns = [name for name in pushes.columns if str(name).startswith(PREFIX)]
    wide = pushes[columns].to_numpy("int64").reshape(len(pushes), len(columns))
    push, column = np.nonzero(wide)
    layers, modules = zip(*map(module_of, columns), strict=True) if columns else ((), ())
    told = {
        "layer": np.array(layers, object)[column],
        "module": np.array(modules, object)[column],
        "share_ns": wide[push, column],
    }
    return pd.DataFrame(told, index=pushes.index[push]).astype(_LONG)
