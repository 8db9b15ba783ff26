"""
A lookup as one HTML file, to be sent to whoever asks for the case.

It fetches nothing, and runs nothing but its own script; it reads without that too: in a mail, on paper.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from wxtrace.answer import Answer
from wxtrace.page import rest, summary
from wxtrace.page.attempts import attempts
from wxtrace.page.known import Known
from wxtrace.page.markup import Markup, tag
from wxtrace.show import text
from wxtrace.show.times import moment
from wxtrace.show.unbroken import Unbroken
from wxtrace.show.words import Words

if TYPE_CHECKING:
    from wxtrace.survey.window import Window

_PARTS: Final = ("rows", "made", "axis", "card", "walk", "search", "start")
_POLICY: Final = (
    "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
)
_HATCH: Final = Markup(
    '<svg class="defs" aria-hidden="true" width="0" height="0"><defs><pattern id="hatch" width="6" height="6" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/>'
    '<rect class="stripe" width="2" height="6"/></pattern></defs></svg>'
)


def render(
    answer: Answer,
    words: Words,
    windows: Sequence[Window] = (),
    *,
    masked: bool = False,
    stores: Sequence[str] = (),
    made_ns: int | None = None,
) -> str:
    """
    Return the answer as a document.

    Args:
        answer: What was found.
        words: The language.
        windows: Of the answer and of each of its `others` the whole window, if that was asked for.
        masked: Whether its openids are masked, which the page then says.
        stores: Where it was looked for.
        made_ns: When the page is made, nanoseconds since the epoch; None: now.
    """
    known = Known(words)
    made = time.time_ns() if made_ns is None else made_ns
    cases = [
        _case(place, one, window, known, words)
        for place, (one, window) in enumerate(zip_longest((answer, *answer.others), windows))
    ]
    unanswered = [tag("p", line) for line in text.unanswered(answer, Unbroken(words))]
    how = rest.found(answer, words, stores, _version(), made, masked)
    body = tag(
        "body",
        _HATCH,
        tag("header", tag("p", tag("b", "wxtrace"), " ", _title(answer, words), class_="brand"), _tools(words)),
        tag("main", _hints(words, masked), *cases, *unanswered, how),
        _card(words),
        known.script(),
        Markup(f"<script>{_script()}</script>"),
    )
    language = "zh-CN" if words.language == "zh" else "en"
    return f"<!DOCTYPE html>\n{tag('html', _head(answer, words), body, lang=language)}\n"


def _case(place: int, answer: Answer, window: Window | None, known: Known, words: Words) -> Markup:
    """Return one answer, what matters most first."""
    heading = "h2" if place else "h1"
    pieces = (
        summary.verdict(answer, words, heading),
        summary.alarm(answer, words),
        summary.got(answer, words),
        attempts(answer, known, words),
        rest.around(answer, words),
        rest.steps(answer, words),
        rest.whole_window(window, words),
        rest.evidence(answer, words),
    )
    return tag("article", *pieces, class_="case", id=f"case-{place}")


def _head(answer: Answer, words: Words) -> Markup:
    style, script = _asset("style.css"), _script()
    policy = _POLICY.format(style=_hash(style), script=_hash(script))
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", _title(answer, words)),
        Markup(f"<style>{style}</style>"),
    )


def _title(answer: Answer, words: Words) -> str:
    if answer.stamp is None:
        return words("A push of WeChat's, looked up")
    return words("WeChat's push of {time}", time=moment(answer.stamp * 10**9))


def _hints(words: Words, masked: bool) -> Markup:
    told = [tag("span", words("All times are in UTC+8, as the alarm prints them."))]
    if masked:
        told += [Markup(" "), tag("span", words("Openids are masked: only both ends are shown."), class_="masked")]
    return tag("p", *told, class_="hint")


def _tools(words: Words) -> Markup:
    label = words("search names, statements, attributes, log lines")
    pieces = (
        tag(
            "input",
            type="search",
            id="search",
            aria_label=label,
            placeholder=words("search  /"),
            autocomplete="off",
        ),
        tag("output", id="count", for_="search", aria_live="polite"),
        tag("button", "↑", type="button", id="previous", aria_label=words("previous hit")),
        tag("button", "↓", type="button", id="next", aria_label=words("next hit")),
        tag("button", words("fold all"), type="button", id="fold"),
        tag("button", words("unfold all"), type="button", id="unfold"),
    )
    return tag("div", *pieces, id="tools", role="search", hidden=True)


def _card(words: Words) -> Markup:
    close = tag("button", "✕", type="button", id="close", aria_label=words("close"))
    inside = tag("p", class_="name"), tag("dl", class_="facts"), tag("dl", class_="attributes")
    return tag("aside", close, *inside, id="card", tabindex=0, aria_label=words("details of the row"), hidden=True)


def _script() -> str:
    """Return the script, in the order in which its parts need each other."""
    return "\n".join(_asset("script", f"{part}.js") for part in _PARTS)


def _asset(*name: str) -> str:
    return files("wxtrace.page").joinpath(*name).read_text("utf-8")


def _hash(content: str) -> str:
    return "sha256-" + b64encode(sha256(content.encode()).digest()).decode()


def _version() -> str:
    try:
        return version("wxtrace")
    except PackageNotFoundError:
        return "?"
