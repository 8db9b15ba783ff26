"""
The end of a page: what else came, the guide's checks, the evidence, and how all of it was found.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wxtrace.answer import Answer
from wxtrace.explain.step import BAD, OK, Step
from wxtrace.page.markup import Markup, block, joined, tag
from wxtrace.page.outline import outline
from wxtrace.show import steps as checks
from wxtrace.show import text
from wxtrace.show.answers import CHECKS
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean
from wxtrace.show.times import moment
from wxtrace.show.unbroken import Unbroken
from wxtrace.show.words import Words

if TYPE_CHECKING:
    from wxtrace.survey.window import Window

_MARKS: Final = {OK: "✓", BAD: "✗"}


def around(answer: Answer, words: Words) -> Markup:
    """Return what else came at that time, and how far the clocks may be off."""
    style = Unbroken(words)
    told = [*text.candidates(answer, words), *text.around_it(replace(answer, steps=()), style)]
    return tag("section", tag("h2", words("What else came")), outline(told), class_="around") if told else Markup()


def steps(answer: Answer, words: Words) -> Markup:
    """Return the guide's checks, each with its answer and what to type."""
    if not answer.steps:
        return Markup()
    items = [_step(step, words) for step in answer.steps]
    heading = tag("h2", words("Next steps, as WeChat's guide has them"))
    return tag("section", heading, tag("ul", *items), class_="steps")


def whole_window(one: Window | None, words: Words) -> Markup:
    """Return all that failed in the window of the alarm, if that was asked for."""
    if one is None:
        return Markup()
    from wxtrace.show import window

    heading, *lines = window.lines(one, Style(words, 80))
    table = block("\n".join(lines), tabindex=0, role="group", aria_label=heading)
    return tag("section", tag("h2", heading), table, class_="window")


def evidence(answer: Answer, words: Words) -> Markup:
    """Return what was looked at, and who was recording."""
    told = outline(text.evidence(answer, Unbroken(words)))
    return tag("section", tag("h2", words("Evidence")), told, class_="evidence")


def found(answer: Answer, words: Words, stores: Sequence[str], version: str, made_ns: int, masked: bool) -> Markup:
    """Return how the lookup is made again, and when and by which wxtrace this page was made."""
    public = [*map(_public, stores)]
    again = tag("code", _command(answer, public))
    if masked and (hint := _to_fill_in(answer, words)):
        again = joined((again, Markup(" "), tag("span", hint, class_="hint")))
    facts = [(words("again"), again)]
    facts += [(words("store"), tag("code", store)) for store in public]
    facts.append(
        (
            words("made"),
            tag("span", words("{time} (UTC+8), by wxtrace {version}", time=moment(made_ns), version=version)),
        )
    )
    pieces = [tag("div", tag("dt", name), tag("dd", told)) for name, told in facts]
    return tag("section", tag("h2", words("How it was found")), tag("dl", *pieces), class_="found")


def _step(step: Step, words: Words) -> Markup:
    pieces = [
        tag("span", _MARKS.get(step.state, "?"), class_="state"),
        tag("b", words(CHECKS[step.check])),
        " ",
        checks.answer(step, words),
    ]
    if step.command is not None:
        pieces.append(block(step.command))
    return tag("li", *pieces, class_=step.state)


def _public(store: str) -> str:
    """Return a store without the key that its URL may hold: the page is handed on."""
    scheme, mark, rest = store.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if mark else store


def _to_fill_in(answer: Answer, words: Words) -> str | None:
    """Return what of the command nobody can know from a page with masked openids."""
    if answer.alarm is not None:
        return words("alarm.txt is the alarm as it was posted, with its openids whole.")
    if answer.openid is not None:
        return words("The openid is masked here: put the whole one in its place.")
    return None


def _command(answer: Answer, stores: Iterable[str]) -> str:
    return " ".join(shlex.quote(clean(word)) for word in ("wxtrace", "find", *_question(answer), *_options(stores)))


def _question(answer: Answer) -> Iterator[str]:
    """Yield what was asked, a masked openid as it is."""
    if answer.alarm is not None or answer.stamp is None:
        yield from ("--alarm", "alarm.txt")
        return
    if answer.openid is not None:
        yield from ("--openid", answer.openid)
    yield from ("--stamp", str(answer.stamp))


def _options(stores: Iterable[str]) -> Iterator[str]:
    for store in stores:
        yield from ("--store", store)
