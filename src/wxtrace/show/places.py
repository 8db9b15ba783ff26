"""
Lines of code in words: where a request stood, who held it up, what it waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wxtrace.explain.blocked import culprit_at
from wxtrace.explain.stuck import Stuck
from wxtrace.rebuild.snapshot import Culprit, Frame, Holder
from wxtrace.row import SpanRow
from wxtrace.show.terminal import clean, cut
from wxtrace.show.words import Words

COLUMNS: Final = 160
"""No name of a file, a function or a call is shown any longer."""
_MOST_HOLDERS: Final = 3


def place_text(stuck: Stuck, say: Words) -> str:
    """Return where a request stood: the app's own line, what that had called, what was awaited."""
    innermost = frame_text(stuck.inner or stuck.at, say)
    if stuck.call is not None:
        innermost = say("{place} (calling {call})", place=innermost, call=cut(clean(stuck.call), COLUMNS))
    if stuck.inner is not None:
        innermost = say("{inner}, called from {place}", inner=innermost, place=frame_text(stuck.at, say))
    if stuck.awaits is not None:
        innermost = say("{place}, awaiting {awaits}", place=innermost, awaits=cut(clean(stuck.awaits), COLUMNS))
    return innermost


def frame_text(frame: Frame, say: Words) -> str:
    """Return a line of code: file, line and function."""
    file, function = cut(clean(frame.file), COLUMNS), cut(clean(frame.function), COLUMNS)
    return say(
        "{file} in {function}", file=file if frame.line is None else f"{file}:{frame.line}", function=function
    )


def places_text(holders: Sequence[Holder], say: Words) -> str:
    """Return where threads stood, and how many at each place."""
    places = (f"{frame_text(holder.at, say)} ({holder.threads})" for holder in holders[:_MOST_HOLDERS])
    return say(", ").join(places)


def culprit_text(culprit: Culprit, say: Words) -> str:
    """Return who held an event loop, and in which line."""
    if culprit.openid is not None:
        who = f"openid {cut(clean(culprit.openid), COLUMNS)}"
    else:
        who = say("a request without an openid") if culprit.trace_id else say("something that is no request's")
    if culprit.function is None:
        return say("{who} in what nobody could see", who=who)
    return say("{who} in {what}", who=who, what=_line_held(culprit))


def wait_text(span: SpanRow, say: Words) -> str | None:
    """Return how a span of layer ``wait`` is called: what was waited for, and who held it; None for any other."""
    if span.layer != "wait":
        return None
    culprit = culprit_at(span)
    if culprit is not None and culprit.function is not None:
        who, what = culprit.openid or say("no request"), _line_held(culprit)
        return say("loop held by {who}: {what}", who=clean(who), what=what)
    named = clean(span.name) if span.module in span.name else clean(f"{span.module} {span.name}")
    in_use, size = span.attributes.get("wxtrace.in_use"), span.attributes.get("wxtrace.size")
    is_told = isinstance(in_use, int) and isinstance(size, int)
    return f"{named} {in_use}/{size}" if is_told else named


def _line_held(culprit: Culprit) -> str:
    where = culprit.file or "?" if culprit.line is None else f"{culprit.file or '?'}:{culprit.line}"
    call = f", {culprit.call}" if culprit.call else ""
    return cut(clean(f"{culprit.function} ({where}{call})"), COLUMNS)
