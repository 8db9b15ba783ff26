"""
An answer as text for a terminal: the verdict first, then each attempt with its waterfall and modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from wxtrace.answer import Answer
from wxtrace.explain import verdict as case
from wxtrace.show import attempt, chain, recorders
from wxtrace.show.folded import folded
from wxtrace.show.raised import failed_text
from wxtrace.show.sentence import part_name
from wxtrace.show.style import BOLD, DIM, RED, Style
from wxtrace.show.terminal import clean, cut, wrap
from wxtrace.show.times import moment, time_of_day
from wxtrace.show.waterfall import told_of
from wxtrace.show.words import Words

_CONFIDENCE: Final = {"low": " (confidence low)", "medium": " (confidence medium)"}
_LEAST_PART = 1000
_SERVER_ERROR = 500
_TOLD_PART = 10
_DETAIL_COLUMNS = 60


def render(answer: Answer, style: Style, windows: Sequence[Iterable[str]] = ()) -> str:
    """
    Return the answer as lines of text; the first is the verdict.

    It is said once more at the end where a terminal has scrolled it away by then.

    Args:
        answer: What was found.
        style: Width, colours and language.
        windows: Of it and of each of its `others` the lines of the whole window, if that was asked for.
    """
    lines: list[str] = []
    for place, one in enumerate((answer, *answer.others)):
        lines += ["", "═" * min(style.width, 60), ""] if place else []
        lines += _lines(one, style)
        if place < len(windows):
            lines += ["", *windows[place]]
    for line in unanswered(answer, style):
        lines += ["", line]
    if style.rows and len(lines) >= style.rows:
        lines += ["", *(line for one in (answer, *answer.others) for line in _verdict(one, style))]
    return style.drawn("\n".join(lines) + "\n")


def unanswered(answer: Answer, style: Style) -> Iterator[str]:
    """Yield the alarms that name neither a push nor a time, a line each."""
    for alarm in answer.unanswered:
        text = "Not looked up, as it names neither a push nor a time: {alarm}"
        yield cut(style.words(text, alarm=clean(alarm.content or alarm.kind)), style.width)


def _lines(answer: Answer, style: Style) -> Iterator[str]:
    yield from _verdict(answer, style)
    yield from below_verdict(answer, style)
    yield ""
    yield from wrap(lookup_head(answer, style.words).split(" · "), style.width, "  ")
    yield from unread(answer, style)
    yield from incident(answer, style)
    yield from attempt.every(answer, style)
    yield from (cut(line, style.width) for line in candidates(answer, style.words))
    yield from around_it(answer, style)
    yield ""
    yield from evidence(answer, style)


def unread(answer: Answer, style: Style) -> Iterator[str]:
    """Yield what of the alarm could not be read."""
    if answer.alarm is not None and answer.alarm.unread:
        from wxtrace.show import alarm

        yield from (cut(line, style.width) for line in alarm.unread_lines(answer.alarm, style.words))


def incident(answer: Answer, style: Style) -> Iterator[str]:
    """Yield which pushes the alarm may mean, and what became of each push that was found."""
    yield from _meant(answer, style)
    for one in answer.chains:
        if chain.is_worth_telling(one):
            yield ""
            yield from chain.lines(one, style)


def around_it(answer: Answer, style: Style) -> Iterator[str]:
    """Yield what else came at that time, the clocks, and the guide's checks with their answers."""
    if answer.around is not None:
        from wxtrace.show import around, clocks

        yield ""
        yield from around.lines(answer.around, style)
        yield from clocks.lines(answer.skews, style)
    if answer.steps:
        from wxtrace.show import steps

        yield ""
        yield from steps.lines(answer.steps, style)


def _verdict(answer: Answer, style: Style) -> Iterator[str]:
    say = style.words
    colour = BOLD if answer.verdict.case in (case.REPLIED, case.UNRECORDED) else f"{BOLD};{RED}"
    told = f"{head(answer, say)}{say(': {detail}', detail=answer.verdict.text)}"
    yield from (style.paint(line, colour) for line in _copied(told, style))


def _copied(text: str, style: Style) -> Iterable[str]:
    """Return what people and scripts copy as one line; only a terminal's edge breaks it."""
    return folded(text, style.width) if style.wraps else (text,)


def below_verdict(answer: Answer, style: Style) -> Iterator[str]:
    """Yield the parts of the verdict's attempt, and where its exception was raised."""
    say = style.words
    if answer.verdict.parts:
        whole = f"  {say.seconds(answer.verdict.facts.duration_ns)} = "
        yield from wrap(_parts(answer, say), style.width, " " * 6, whole)
    if answer.found and (answer.verdict.facts.http_status or 0) >= _SERVER_ERROR:
        place = failed_text(told_of(answer).rebuilt, say)
        yield from wrap([place] if place else [], style.width, "  ", "  ")


def head(answer: Answer, say: Words) -> str:
    """Return the word in front of the verdict, and how sure it is, where there is doubt."""
    from wxtrace.show import match

    if answer.found and (doubt := match.doubt_text(answer.matches, say)):
        return say("Verdict") + say(" (confidence low: {doubt})", doubt=doubt)
    sure = _CONFIDENCE.get(answer.verdict.confidence)
    return say("Verdict") + (say(sure) if sure else "")


def _meant(answer: Answer, style: Style) -> Iterator[str]:
    """Yield which pushes the alarm may mean, in one line where there is no doubt."""
    if answer.alarm is None or not answer.matches:
        return
    from wxtrace.show import match

    say = style.words
    if match.is_beyond_doubt(answer.matches):
        told = say("Meant by the alarm: {sure}", sure=match.sure_text(answer.matches[0], say))
        yield from folded(told, style.width, "  ")
        return
    none = "None of these failed as the alarm says; the likeliest of {count:push|pushes} that may be meant:"
    text = "Meant by the alarm, the likeliest first:" if answer.found else none
    yield from folded(say(text, count=len(answer.matches)), style.width, "  ")
    yield from match.lines(answer.matches, style)


def candidates(answer: Answer, say: Words) -> Iterator[str]:
    """Yield the pushes of that second which carry no openid."""
    if answer.candidates:
        yield ""
        yield say("Candidates: pushes of this second that carry no openid")
    for span in answer.candidates:
        kind = clean(str(span.attributes.get("wechat.info_type", "")))
        yield f"  {time_of_day(span.start_ns)}  {kind}  {clean(span.name)}  trace {clean(span.trace_id)}"


def _parts(answer: Answer, say: Words) -> Iterator[str]:
    """Yield the parts of the verdict's attempt; a module with next to nothing is left out."""
    facts, before = answer.verdict.facts, ""
    if facts.delay_ns is not None and facts.attempt == 1:
        before = f"({say('WeChat→access')} {facts.delay_ns / 10**9:+.2f}) "
    for part in answer.verdict.parts:
        if part.ns * _LEAST_PART >= facts.duration_ns or part.what == case.ACCESS_TO_LOGIC:
            told = part.detail if part.ns * _TOLD_PART >= facts.duration_ns else None
            detail = f" ({cut(clean(told), _DETAIL_COLUMNS)})" if told else ""
            yield f"{before}{part_name(part.what, say)} {part.ns / 10**9:.{2 if part.ns >= 10**7 else 3}f}{detail}"
            before = ""


def lookup_head(answer: Answer, say: Words) -> str:
    """Return one line that says what was asked and how much was found."""
    attempts = [judged.rebuilt for judged in answer.attempts]
    count = sum(one.recorded for one in attempts)
    parts = [*_asked(answer, say), say("{count:attempt|attempts}", count=count)]
    off = {abs(one.stamp - (answer.stamp or 0)) for one in attempts if one.stamp is not None}
    if off and 0 not in off and answer.stamp is not None:
        parts.append(say("nothing has this stamp exactly; the nearest is {seconds} s off", seconds=min(off)))
    pushes = len({one.push for one in attempts if one.recorded})
    if pushes > 1:
        parts.append(say("{count} pushes of this openid and stamp", count=pushes))
    return " · ".join(parts)


def _asked(answer: Answer, say: Words) -> Iterator[str]:
    """Yield what names the push: a payment is named by its transaction, other pushes by openid and stamp."""
    asked = answer if answer.found or answer.alarm is None else answer.alarm
    transaction = None if answer.alarm is None else answer.alarm.transaction_id
    if transaction:
        yield f"transaction_id {clean(transaction)}"
    if asked.openid is not None or not transaction:
        yield say("no openid") if asked.openid is None else f"openid {clean(asked.openid)}"
    if asked.stamp is not None or not transaction:
        yield _stamp(asked.stamp, say)


def _stamp(stamp: int | None, say: Words) -> str:
    if stamp is None:
        return say("no stamp")
    return say("stamp {stamp} ({time}, UTC+8)", stamp=stamp, time=moment(stamp * 10**9))


def evidence(answer: Answer, style: Style) -> Iterator[str]:
    """Yield what was looked at and what of it could not be read; where nothing was found, who was recording."""
    seen, say = answer.evidence, style.words
    text = (
        "Evidence: writers {writers} ({alive} alive), records dropped {dropped}, files read {files}, "
        "journals read {journals}"
    )
    told = say(
        text,
        writers=len(seen.writers),
        alive=sum(writer.alive for writer in seen.writers),
        dropped=seen.dropped,
        files=seen.files,
        journals=seen.journals,
    )
    for line in folded(told, style.width, "  "):
        yield style.paint(line, RED if seen.dropped else DIM)
    for problem in seen.damaged:
        told = say("Not read: {problem}", problem=clean(problem))
        yield from (style.paint(line, RED) for line in _copied(told, style))
    if not answer.found:
        yield from recorders.lines(seen, style)
