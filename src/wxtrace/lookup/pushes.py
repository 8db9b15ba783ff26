"""
Every push of a window as a pandas DataFrame.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from wxtrace.ask import COUNT_REMEDY, moment_of, whole_of
from wxtrace.errors import BadInput
from wxtrace.lookup.lookup import Stores, stores_of
from wxtrace.store.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

ORDER_REMEDY: Final = "Give the earlier moment first; what came at the later one is no longer in the window."
MODULES: Final = 30
"""How many modules of a window have a column of their own."""


def window(
    first: datetime | str | float,
    last: datetime | str | float,
    *,
    store: Stores | None = None,
    modules: int = MODULES,
    progress: Progress = silent,
) -> pd.DataFrame:
    """
    Return every push whose first attempt came in a window, a row each, the earliest first.

    A row says what `find` says of the push: its verdict's case and module, and of the attempt that this is
    about, how long it took and whose time that was, a column ``share_ns/<layer>/<module>`` for each module.
    Where nothing came, the frame is empty and has its columns all the same.

    Args:
        first: When it begins: text as alarms print it, ``2014-12-01 20:12`` (UTC+8); a datetime, which
            without a zone is in UTC+8; or unix seconds.
        last: When it ends; what came then is no longer in it.
        store: Folder or URL, or several; None: ``WXTRACE_STORE`` or ``./wxtrace-data``.
        modules: How many modules have a column of their own, those with most time; the others share one.
        progress: Is told how many hours are done, and of how many.

    Raises:
        BadInput: A moment is none of these, the last is not after the first, *modules* no whole number from 1 on,
            or *store* an empty sequence.
        StoreMissing: There is no store.
    """
    first_ns, last_ns = moment_of(first, "first"), moment_of(last, "last")
    if last_ns <= first_ns:
        raise BadInput("the window", f"{first} to {last}", ORDER_REMEDY)
    most, stores = whole_of(modules, "modules", 1, COUNT_REMEDY), stores_of(store)

    from wxtrace.notebook.accessor import drawable
    from wxtrace.survey.frames import told_frame, whole_frame
    from wxtrace.survey.pushes import pushes_of
    from wxtrace.survey.shares import Shares

    shares, hours = Shares(), []
    for told, _ in pushes_of(stores, first_ns, last_ns, progress=progress):
        for one in told:
            shares.add(one.judged.shares)
        hours.append(told_frame(told))
    return drawable(whole_frame(hours, shares, most))
