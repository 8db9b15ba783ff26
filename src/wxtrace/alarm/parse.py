"""
The text of an alarm, as people paste it, to alarms.

A paste has chat before, between and after its alarms, several of them at
once, lost and added line breaks. Nothing here raises but `NoAlarm`, and all
of it takes time in proportion to the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from wxtrace.alarm import fields
from wxtrace.alarm.alarm import UNKNOWN, Alarm, moment_of
from wxtrace.alarm.fold import fold, visible
from wxtrace.alarm.kind import kind_of
from wxtrace.alarm.labels import (
    APPID,
    BARE,
    CONTENT,
    COUNT,
    GUIDE,
    NICKNAME,
    ORDER,
    SAMPLE,
    TIME,
    Label,
    begins_line,
    is_head,
    labels_of,
)
from wxtrace.alarm.layout import unnumbered, unquoted
from wxtrace.alarm.reply import Bounds
from wxtrace.alarm.sample import Sample, read_sample
from wxtrace.errors import NoAlarm

_MOST_DIGITS: Final = 10
"""More are no unix seconds."""


@dataclass(slots=True)
class _Draft:
    """An alarm while it is read: what stands behind each of its labels, and the last of them by WeChat's order."""

    values: dict[str, str] = field(default_factory=dict)
    sample: Sample | None = None
    last: int = -1


def parse(text: str) -> tuple[Alarm, ...]:
    """
    Return the alarms that a text holds, in their order.

    Args:
        text: What was pasted, with whatever stands around the alarms.

    Raises:
        NoAlarm: It holds none.
    """
    plain = unquoted(unnumbered(unquoted(visible(text))))
    alarms = tuple(_alarm(draft) for draft in _drafts(plain) if _is_alarm(draft))
    if not alarms:
        raise NoAlarm(text)
    return alarms


def _drafts(text: str) -> Iterator[_Draft]:
    folded = fold(text)
    labels = labels_of(folded)
    bounds = _bounds(folded, labels) if any(label.name in (SAMPLE, BARE) for label in labels) else []
    draft, read_to = _Draft(), 0
    for place, label in enumerate(labels):
        if label.start < read_to or (label.name == BARE and draft.sample):
            continue
        if ORDER[label.name] <= draft.last:  # WeChat prints them in one order, each once
            yield draft
            draft = _Draft()
        draft.last = ORDER[label.name]
        if label.name in (SAMPLE, BARE):
            draft.sample = read_sample(text, folded, bounds[place])
            read_to = draft.sample.end
        else:
            following = labels[place + 1].start if place + 1 < len(labels) else len(text)
            draft.values[label.name] = text[label.end : following]
    yield draft


def _bounds(folded: str, labels: Sequence[Label]) -> list[Bounds]:
    """Return for each label how far a sample there can reach; one without its label, to the next label at most."""
    bounds = []
    soft = hard = following = len(folded)
    is_sure = False
    for label in reversed(labels):
        if label.name == BARE:
            bounds.append(Bounds(label.start, following, following))
            continue
        bounds.append(Bounds(label.end, soft, hard, is_sure))
        following = label.start
        if is_head(folded, label):
            soft, is_sure = label.start, label.name == GUIDE
        if label.name in (GUIDE, SAMPLE) or (label.name == APPID and begins_line(folded, label.start)):
            hard = label.start
    return bounds[::-1]


def _is_alarm(draft: _Draft) -> bool:
    """Say whether what stands behind the labels of a draft is an alarm, and not only looks like one."""
    values, sample = draft.values, draft.sample
    if sample and sample.is_known:
        return True
    content, count = values.get(CONTENT), values.get(COUNT)
    if content and kind_of(fields.content_of(content)) != UNKNOWN:
        return True
    if count and fields.count_of(count)[0] is not None:
        return True
    return APPID in values and moment_of(fields.time_of(values.get(TIME, ""))) is not None


def _alarm(draft: _Draft) -> Alarm:
    values, sample = draft.values, draft.sample
    content = fields.content_of(values[CONTENT]) if CONTENT in values else None
    time = fields.time_of(values[TIME]) if TIME in values else None
    window, count = fields.count_of(values.get(COUNT, ""))
    stamp = _said(sample, "stamp") or ""
    is_stamp = stamp.isdecimal() and len(stamp) <= _MOST_DIGITS
    broken = {
        "the time": bool(time) and moment_of(time or "") is None,
        "the count": bool(values.get(COUNT, "").strip()) and None in (window, count),
        "the stamp": bool(stamp) and not is_stamp,
    }
    return Alarm(
        kind=kind_of(content or ""),
        appid=fields.appid_of(values[APPID]) if APPID in values else None,
        nickname=fields.nickname_of(values[NICKNAME]) if NICKNAME in values else None,
        time=time,
        content=content,
        window_minutes=window,
        count=count,
        sample=sample.items if sample else None,
        openid=_said(sample, "openid"),
        stamp=int(stamp) if is_stamp else None,
        unread=(*(name for name, is_broken in broken.items() if is_broken), *(sample.unread if sample else ())),
    )


def _said(sample: Sample | None, name: str) -> str | None:
    """Return what a sample says under a name, whatever its case; None where that is cut off."""
    items = sample.items.items() if sample else ()
    cut = sample.cut if sample else frozenset()
    return next((value for key, value in items if key.lower() == name and key not in cut), None)
