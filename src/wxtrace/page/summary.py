"""
The head of a page: the verdict, whose time it was, the alarm as it was posted, and what WeChat got.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from wxtrace.alarm.alarm import Alarm
from wxtrace.answer import Answer
from wxtrace.explain.chain import Chain
from wxtrace.explain.outcome import ANSWERED, OPEN
from wxtrace.explain.verdict import ACCESS_TO_LOGIC, REPLIED, UNRECORDED, Part
from wxtrace.page.markup import Markup, joined, tag
from wxtrace.page.outline import outline, parted
from wxtrace.page.spoken import LAYERS
from wxtrace.show import alarm as alarms
from wxtrace.show import chain as chains
from wxtrace.show import text
from wxtrace.show.raised import failed_text
from wxtrace.show.sentence import part_name
from wxtrace.show.terminal import clean, cut
from wxtrace.show.unbroken import Unbroken
from wxtrace.show.waterfall import told_of
from wxtrace.show.words import Words

_SENTENCE: Final = re.compile(r"(?<=[^\d.]\.) |(?<=。)")
_SERVER_ERROR: Final = 500
_DETAIL_COLUMNS: Final = 120
_LABELS: Final = (("Appid", "appid"), ("昵称", "nickname"), ("时间", "time"), ("内容", "content"))


def verdict(answer: Answer, words: Words, heading: str) -> Markup:
    """Return the verdict as a heading, what is told beside it, and what was asked."""
    first, *others = [one for one in _SENTENCE.split(answer.verdict.text) if one] or [""]
    pieces = [
        tag("p", text.head(answer, words), class_="label"),
        tag(heading, first),
        *([tag("p", " ".join(others), class_="lead")] if others else []),
        _parts(answer, words),
        tag("p", *parted(text.lookup_head(answer, words)), class_="asked"),
    ]
    return tag("section", *pieces, class_=f"verdict {_tone(answer)}")


def alarm(answer: Answer, words: Words) -> Markup:
    """Return the alarm as WeChat posts it, what kind it is, and which push it means."""
    if answer.alarm is None:
        return Markup()
    kind = words("Alarm: {kind}", kind=words(alarms.KINDS[answer.alarm.kind]))
    posted = [tag("p", tag("span", label, class_="of"), ": ", said) for label, said in _posted(answer.alarm)]
    style = Unbroken(words)
    pieces = [
        tag("h2", words("The alarm")),
        tag("p", kind),
        tag("blockquote", *posted, lang="zh-CN"),
        outline(text.unread(answer, style)),
        outline(text.incident(replace(answer, chains=()), style)),
    ]
    return tag("section", *pieces, class_="alarm")


def got(answer: Answer, words: Words) -> Markup:
    """Return what WeChat got from each attempt of each push, and what the user saw."""
    if not answer.chains:
        return Markup()
    pieces = [piece for one in answer.chains for piece in _chain(one, words)]
    return tag("section", *pieces, class_="got")


def _tone(answer: Answer) -> str:
    """Return whose colour the verdict has: that of the layer that is to blame, or of a push that is well."""
    if answer.verdict.case == REPLIED:
        return "well"
    return answer.verdict.layer if answer.verdict.layer in LAYERS else "other"


def _parts(answer: Answer, words: Words) -> Markup:
    """Return one bar in which each part has its share, the parts by name below it, and where it was raised."""
    facts, parts = answer.verdict.facts, answer.verdict.parts
    whole_ns, layers, rects, reached_ns = max(1, facts.duration_ns), _layers(answer), [], 0
    for part in parts:
        at, width = f"{100 * reached_ns / whole_ns:.5g}%", f"{100 * part.ns / whole_ns:.5g}%"
        rects.append(tag("rect", class_=layers.get(part.what, "other"), x=at, width=width))
        reached_ns += part.ns
    items = [
        *_delay(answer, words),
        *(_part(part, whole_ns, layers.get(part.what, "other"), words) for part in parts),
    ]
    bar, shares = tag("svg", *rects, class_="stack", aria_hidden="true"), tag("ul", *items, class_="shares")
    place = outline(_raised(answer, words))
    return joined((tag("figure", bar, shares, class_="parts") if parts else Markup(), place))


def _delay(answer: Answer, words: Words) -> Iterator[Markup]:
    """Yield how long the push was on its way, which stands beside the sum."""
    facts = answer.verdict.facts
    if facts.delay_ns is not None and facts.attempt == 1:
        told = f"{facts.delay_ns / 10**9:+.2f}"
        yield tag("li", tag("span", words("WeChat→access"), class_="name"), " ", tag("b", told), class_="before")


def _raised(answer: Answer, words: Words) -> Iterator[str]:
    if answer.found and (answer.verdict.facts.http_status or 0) >= _SERVER_ERROR:
        yield failed_text(told_of(answer).rebuilt, words)


def _part(part: Part, whole_ns: int, layer: str, words: Words) -> Markup:
    detail = [tag("span", cut(clean(part.detail), _DETAIL_COLUMNS), class_="detail")] if part.detail else []
    return tag(
        "li",
        tag("span", part_name(part.what, words), class_="name"),
        " ",
        tag("b", words.seconds(part.ns)),
        f" {part.ns / whole_ns:.1%}",
        *detail,
        class_=layer,
    )


def _layers(answer: Answer) -> dict[str, str]:
    """Return of which layer each part is."""
    times = told_of(answer).times if answer.found else ()
    known = {time.module or time.layer or UNRECORDED: time.layer for time in times if time.layer in LAYERS}
    return {ACCESS_TO_LOGIC: "access", **known}


def _posted(one: Alarm) -> Iterator[tuple[str, str]]:
    """Yield what an alarm says under WeChat's own labels, in their order."""
    for label, field in _LABELS:
        if (said := getattr(one, field)) is not None:
            yield label, " ".join(said.split())
    if one.count is not None:
        minutes = "" if one.window_minutes is None else f"{one.window_minutes}分钟 "
        yield "次数", f"{minutes}{one.count}次"
    if one.sample is not None:
        yield (
            "错误样例",
            "".join(f"[{key}]" if value is None else f"[{key}={value}]" for key, value in one.sample.items()),
        )


def _chain(one: Chain, words: Words) -> Iterator[Markup]:
    head, *told = chains.lines(one, Unbroken(words))
    links, rest = told[: len(one.links)], told[len(one.links) :]
    yield tag("h2", head.rstrip(":："))
    outcomes = (
        "well" if link.outcome == ANSWERED else "open" if link.outcome == OPEN else "bad" for link in one.links
    )
    items = (tag("li", *parted(line.strip()), class_=how) for line, how in zip(links, outcomes, strict=True))
    yield tag("ol", joined(items), class_="links")
    yield outline(line.strip() for line in rest)
