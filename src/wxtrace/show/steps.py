"""
The guide's checks with their answers, as text and as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from wxtrace.explain.step import BAD, OK, UNKNOWN, Fact, Step
from wxtrace.show.answers import ANSWERS, CHECKS, CURL, UNKNOWN_CURL
from wxtrace.show.chain import outcome_text
from wxtrace.show.folded import folded
from wxtrace.show.sentence import reason_text
from wxtrace.show.style import BOLD, RED, Style
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import moment, until
from wxtrace.show.words import Words

_MARKS: Final = {OK: "✓", BAD: "✗", UNKNOWN: "?"}
_COLOURS: Final = {OK: "", BAD: RED, UNKNOWN: ""}
_LONGEST: Final = 120
_NAMES: Final[dict[str, Callable[[str, Words], str]]] = {"reasons": reason_text, "outcomes": outcome_text}


def lines(steps: Iterable[Step], style: Style) -> Iterator[str]:
    """Yield the checks as lines: what is asked, the answer, and what to type; nothing where there are none."""
    some = list(steps)
    if some:
        yield style.paint(style.words("Next steps, as WeChat's guide has them"), BOLD)
    for step in some:
        question, colour = style.words(CHECKS[step.check]), _COLOURS[step.state]
        text = f"  {_MARKS[step.state]} {question} {answer(step, style.words)}"
        for line in folded(text, style.width, "    "):
            yield style.paint(line, colour) if colour else line
        if step.command is not None:
            yield f"      {clean(step.command)}"


def document(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return the checks as JSON's types; the answers are English, whatever the reader's language."""
    return [_document(step) for step in steps]


def answer(step: Step, words: Words) -> str:
    """Return the answer of a check as a sentence, harmless to a terminal."""
    facts = {name: _fact(name, value, words) for name, value in step.facts.items()}
    first_ns, last_ns = step.facts.get("from_at"), step.facts.get("to_at")
    if isinstance(first_ns, int) and isinstance(last_ns, int):
        facts["to_at"] = until(last_ns, first_ns)
    if step.answer == "curl_error":
        facts["meaning"] = words(CURL.get(_number(step), UNKNOWN_CURL))
    return words(ANSWERS[step.answer], **facts)


def _document(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {"check": step.check, "state": step.state, "answer": answer(step, Words("en"))}
    told["facts"] = {name: _plain(value) for name, value in step.facts.items()}
    return told if step.command is None else {**told, "command": step.command}


def _number(step: Step) -> int:
    number = step.facts["number"]
    return number if isinstance(number, int) else 0


def _plain(value: Fact) -> object:
    return dict(value) if isinstance(value, tuple) else value


def _fact(name: str, value: Fact, words: Words) -> object:
    if isinstance(value, str):
        return reason_text(value, words) if name == "reason" else cut(clean(" ".join(value.split())), _LONGEST)
    if isinstance(value, tuple):
        return _counted(name, value, words)
    if name.endswith("_ns"):
        return words.seconds(value)
    return moment(value) if name.endswith("_at") else value


def _counted(name: str, pairs: Iterable[tuple[str, int]], words: Words) -> str:
    text = _NAMES.get(name, _name)
    told = [words("{name} {count}×", name=text(own, words), count=count) for own, count in pairs]
    return words(", ").join(told) or words("none")


def _name(own: str, words: Words) -> str:
    return cut(clean(own), _LONGEST // 2)
