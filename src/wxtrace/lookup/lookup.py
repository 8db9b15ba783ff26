"""
The reading side plugged together: alarm, scan, rebuild, explain.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wxtrace.ask import SECONDS_REMEDY, Stamp, openid_of, stamp_of, whole_of
from wxtrace.errors import BadInput
from wxtrace.lookup.found import FoundAttempt, Lookup
from wxtrace.store import paths
from wxtrace.store.progress import Progress, parts, silent

if TYPE_CHECKING:
    from wxtrace.alarm.alarm import Alarm

__all__ = [
    "TOLERANCE",
    "FoundAttempt",
    "Lookup",
    "Stores",
    "find",
    "look_up",
    "look_up_alarm",
    "stores_of",
    "text_of",
]

TOLERANCE: Final = 30
"""How many seconds the stamp may be off, each side, if nothing has it exactly."""
AROUND: Final = 150
"""How many seconds before and after the stamp are looked at, if nothing was found."""
NOTHING_REMEDY: Final = "Give the alarm's text as alarm, or its openid and stamp."
TEXT_REMEDY: Final = "Give the alarm's text, or its bytes."
ALARM_REMEDY: Final = "The alarm says whom and when: leave openid and stamp out."

Stores = str | Path | Sequence[str | Path]
"""One store, or several."""


def find(
    *,
    alarm: str | bytes | None = None,
    openid: str | None = None,
    stamp: int | str | None = None,
    store: Stores | None = None,
    tolerance: int = TOLERANCE,
) -> Lookup:
    """
    Look up a push by its alarm, or by what the alarm says; never raises for absence.

    Args:
        alarm: The text as it was posted, with whatever stands around it, or its bytes, in UTF-8, UTF-16
            or GB 18030; in place of openid and stamp. If it holds several alarms, the further ones are in
            `Lookup.others`, and those that name neither a push nor a time in `Lookup.unanswered`.
        openid: None: whatever has the stamp.
        stamp: The alarm's Stamp, unix seconds. Milliseconds are taken too, with a warning; if
            nothing has those seconds, what was recorded with the number itself is returned.
        store: Folder or URL, or several; None: ``WXTRACE_STORE`` or ``./wxtrace-data``.
        tolerance: How many seconds the stamp may be off, each side. What has it exactly goes first:
            only where nothing has, what is near is returned.

    Raises:
        BadInput: The text holds no alarm, or none that names a push or a time; openid or stamp cannot be
            one; or *store* is an empty sequence.
        StoreMissing: There is no store.
    """
    seconds = whole_of(tolerance, "tolerance", 0, SECONDS_REMEDY)
    if alarm is not None:
        if openid is not None or stamp is not None:
            raise BadInput("alarm", alarm, ALARM_REMEDY)
        return look_up_alarm(text_of(alarm), store, seconds)
    if stamp is None:
        raise BadInput("stamp", None, NOTHING_REMEDY)
    asked, wanted = stamp_of(stamp, "stamp"), openid_of(openid, "openid")
    found = look_up(wanted, asked, store, seconds)
    if found.stamp != asked.seconds:
        warnings.warn(f"nothing has the stamp {asked.seconds}; found by {found.stamp}, as given", stacklevel=2)
    elif asked.given is not None:
        warnings.warn(f"stamp {stamp} is in {asked.unit}; looked up as {asked.seconds}", stacklevel=2)
    return found


def look_up(
    openid: str | None, asked: Stamp, store: Stores | None, tolerance: int, progress: Progress = silent
) -> Lookup:
    """
    Look up what was asked for, by the stamp in seconds, then by the number that was given.

    A push is recorded with the stamp that it came with, be it in milliseconds.

    Args:
        openid: None: whatever has the stamp.
        asked: The stamp as it was read.
        store: As for `find`.
        tolerance: As for `find`.
        progress: Is told how much has been read, in shares.

    Raises:
        StoreMissing: There is no store.
    """
    stores = stores_of(store)
    by_seconds, by_number, around = parts(progress, 3)
    found = _scanned(openid, asked.seconds, stores, tolerance, by_seconds)
    if not (found.attempts or found.candidates) and asked.given is not None:
        as_given = _scanned(openid, asked.given, stores, tolerance, by_number)
        if as_given.attempts or as_given.candidates:
            around(0, 0)
            return as_given
    if not found.attempts:
        return _with_what_else_came(found, stores, around)
    around(0, 0)
    return found


def look_up_alarm(text: str, store: Stores | None, tolerance: int, progress: Progress = silent) -> Lookup:
    """
    Look up the pushes that the alarms of a text mean.

    Args:
        text: As it was posted.
        store: As for `find`.
        tolerance: As for `find`.
        progress: Is told how much has been read, in shares.

    Returns:
        The lookup of the first alarm, with those of the further ones in `others`.

    Raises:
        BadInput: The text holds no alarm, or none that names a push or a time.
        StoreMissing: There is no store.
    """
    from wxtrace.alarm.parse import parse
    from wxtrace.lookup.meant import TOO_LITTLE, window_of

    stores, alarms = stores_of(store), _once(parse(text))
    answerable = [alarm for alarm in alarms if window_of(alarm) is not None]
    if not answerable:
        raise BadInput("alarm", alarms[0].content or alarms[0].kind, TOO_LITTLE)
    told = zip(answerable, parts(progress, len(answerable)), strict=True)
    first, *others = (_of_alarm(alarm, stores, tolerance, part) for alarm, part in told)
    left = tuple(alarm for alarm in alarms if window_of(alarm) is None)
    return replace(first, others=tuple(others), unanswered=left)


def stores_of(store: Stores | None) -> list[str]:
    """
    Return the stores that are meant, as paths or URLs.

    Raises:
        BadInput: The sequence is empty.
    """
    if store is None:
        return [paths.default_store()]
    if isinstance(store, str | Path):
        return [str(store)]
    if not store:
        raise BadInput("store", store, "Give a folder or a URL, or several; None for the default.")
    return [str(one) for one in store]


def text_of(alarm: object) -> str:
    """
    Return an alarm as text, given it or its bytes in one of the usual encodings.

    Raises:
        BadInput: It is neither.
    """
    if isinstance(alarm, bytes):
        from wxtrace.alarm.decode import decoded

        return decoded(alarm)
    if not isinstance(alarm, str):
        raise BadInput("alarm", alarm, TEXT_REMEDY)
    return alarm


def _once(alarms: Sequence[Alarm]) -> list[Alarm]:
    """Return each alarm once: people forward what was forwarded."""
    return [alarm for place, alarm in enumerate(alarms) if alarm not in alarms[:place]]


def _scanned(openid: str | None, stamp: int, stores: Sequence[str], tolerance: int, progress: Progress) -> Lookup:
    from wxtrace.lookup.look import look
    from wxtrace.scan.scan import scan

    found = look(openid, stamp, scan(stores, openid, stamp, tolerance, progress), time.time_ns())
    return replace(found, stores=tuple(stores))


def _of_alarm(alarm: Alarm, stores: Sequence[str], tolerance: int, progress: Progress) -> Lookup:
    from wxtrace.lookup.incident import look_at_meant
    from wxtrace.lookup.meant import meant_by

    now_ns = time.time_ns()
    meant = meant_by(alarm, stores, tolerance, now_ns, progress)
    return replace(look_at_meant(meant, now_ns), stores=tuple(stores))


def _with_what_else_came(found: Lookup, stores: Sequence[str], progress: Progress) -> Lookup:
    from wxtrace.lookup.incident import look_at_absence
    from wxtrace.lookup.meant import arrivals_around

    now_ns = time.time_ns()
    moment_ns = (found.stamp or 0) * 10**9
    window = (moment_ns - AROUND * 10**9, min(now_ns, moment_ns + AROUND * 10**9))
    if not 0 <= window[0] < window[1] < 1 << 62:
        progress(0, 0)
        return found
    return look_at_absence(found, arrivals_around(stores, window, now_ns, progress), window)
