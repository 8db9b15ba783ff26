"""
One attempt as text: what came of it, its waterfall with its log lines, its modules, and its jobs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from wxtrace.answer import Answer, Judged
from wxtrace.explain.outcome import CREDIBLE_DELAY_NS, DEADLINE_NS
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.tree import is_behind
from wxtrace.show import drawing, jobs
from wxtrace.show.chain import is_worth_telling
from wxtrace.show.clocks import bound_texts
from wxtrace.show.folded import folded
from wxtrace.show.sentence import reason_text
from wxtrace.show.style import BOLD, Style
from wxtrace.show.terminal import clean, cut, wrap
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import foremost, told_of
from wxtrace.show.words import Words


def every(answer: Answer, style: Style) -> Iterator[str]:
    """Yield the attempt that the verdict is about, the others a line each; all in full where that was asked for."""
    some = foremost(answer)
    in_full = some if style.full or len(some) < 2 else (told_of(answer),)
    for judged in in_full:
        yield ""
        yield from lines(judged, answer, style)
    yield from _others([one for one in some if one not in in_full], answer, style)
    if more := len(answer.attempts) - len(some):
        yield ""
        yield style.words("… {count:more attempt|more attempts}; --json has all", count=more)


def _others(others: Sequence[Judged], answer: Answer, style: Style) -> Iterator[str]:
    """Yield the attempts that are not drawn: a line each; only their number where they are told of already."""
    chains = [one for one in answer.chains if is_worth_telling(one) and answer.openid is not None]
    told = {(one.push, link.number) for one in chains for link in one.links}
    listed = [one.rebuilt for one in others if (one.rebuilt.push, one.rebuilt.number) not in told]
    if others:
        yield ""
    if count := len(others) - len(listed):
        yield style.words("{count:other attempt is|other attempts are} not drawn; --full draws all.", count=count)
    if listed:
        yield style.words("The other attempts; --full draws them too:")
    for rebuilt in listed:
        yield cut("  " + head(rebuilt, answer, style.words), style.width)


def lines(judged: Judged, answer: Answer | None, style: Style) -> Iterator[str]:
    """Yield an attempt: its facts, its waterfall, its modules, its jobs."""
    attempt, say = judged.rebuilt, style.words
    yield from (style.paint(line, BOLD) for line in wrap(_facts(attempt, answer, say), style.width, "  "))
    yield from drawing.waterfall(attempt, style)
    for text in bound_texts(attempt.clocks, say):
        yield from folded("  " + text, style.width, "    ")
    if len(judged.times) > 1:
        yield ""
        yield from drawing.modules(judged.times, style)
    yield from jobs.lines(attempt.jobs, style)


def head(attempt: Attempt, answer: Answer | None, say: Words) -> str:
    """Return one line that says when an attempt came, how long it took, and what was replied; None: it is alone."""
    return " · ".join(_facts(attempt, answer, say))


def head_of_rows(attempt: Attempt, columns: Collection[str], say: Words) -> str:
    """
    Return such a line of rows that somebody has picked: which attempt of the push it is, they cannot tell.

    Args:
        attempt: What was rebuilt of the rows.
        columns: Those that the rows have: of what they lack nothing is said.
        say: The words.
    """
    return " · ".join(_facts_of_rows(attempt, columns, say))


def _facts_of_rows(attempt: Attempt, columns: Collection[str], say: Words) -> Iterator[str]:
    if "layer" not in columns:
        yield say("Spans of one trace")
    else:
        yield say("Attempt") if attempt.recorded else _unrecorded(attempt, say)
    if attempt.openid is not None:
        yield f"openid {clean(attempt.openid)}"
    yield time_of_day(attempt.start_ns)
    if attempt.recorded and attempt.arrival_delay_ns is not None and attempt.arrival_delay_ns >= 0:
        yield say("{delay} after the stamp", delay=say.seconds(attempt.arrival_delay_ns))
    yield _duration(attempt, say)
    if "attributes" in columns:
        yield from _reply(attempt, say)
    if attempt.after_reply_ns is not None:
        yield say("after the reply {duration}", duration=say.seconds(attempt.after_reply_ns))
    if {"service", "host", "pid"} <= set(columns):
        yield _process(attempt)


def _facts(attempt: Attempt, answer: Answer | None, say: Words) -> Iterator[str]:
    several = answer is not None and len({judged.rebuilt.push for judged in answer.attempts}) > 1
    if not attempt.recorded:
        yield _unrecorded(attempt, say)
    elif several:
        yield say("Push {push}, attempt {number}", push=attempt.push + 1, number=attempt.number)
    else:
        yield say("Attempt {number}", number=attempt.number)
    if (answer is None or answer.openid is None) and attempt.openid is not None:
        yield f"openid {clean(attempt.openid)}"
    yield time_of_day(attempt.start_ns)
    yield from _arrival(attempt, say)
    yield _duration(attempt, say)
    yield from _reply(attempt, say)
    if attempt.after_reply_ns is not None:
        yield say("after the reply {duration}", duration=say.seconds(attempt.after_reply_ns))
    yield _process(attempt)


def _unrecorded(attempt: Attempt, say: Words) -> str:
    if any(map(is_behind, attempt.spans)):
        return say("A service behind, without the push")
    return say("Work without an access span")


def _process(attempt: Attempt) -> str:
    return f"{clean(attempt.service)}@{clean(attempt.host)} pid {attempt.pid}"


def _arrival(attempt: Attempt, say: Words) -> Iterator[str]:
    delay = attempt.arrival_delay_ns
    if not attempt.recorded:
        return
    if attempt.number != 1 and attempt.after_first_ns:
        yield say("{delay} after attempt 1", delay=say.seconds(attempt.after_first_ns))
        return
    if delay is None:
        return
    if abs(delay) > CREDIBLE_DELAY_NS:
        yield say("stamp is not credible")
        return
    text = "arrived {delay} after the stamp" if delay >= 0 else "arrived {delay} before the stamp: a clock is off"
    yield say(text, delay=say.seconds(abs(delay)))


def _duration(attempt: Attempt, say: Words) -> str:
    text = "took {duration}"
    if attempt.end_estimated and attempt.recorded:
        text = "so far {duration}" if attempt.state == "open" else "its process died after {duration} or later"
    return say(text, duration=say.seconds(attempt.duration_ns))


def _reply(attempt: Attempt, say: Words) -> Iterator[str]:
    reply = attempt.reply
    if attempt.http_status is not None:
        text = "HTTP {status} (assumed)" if attempt.status_assumed else "HTTP {status}"
        yield say(text, status=attempt.http_status)
    elif attempt.recorded:
        yield say("no reply yet" if attempt.state == "open" and attempt.end_estimated else "no reply")
    if reply.length is not None:
        yield say("reply {length:byte|bytes}", length=reply.length)
    if reply.acceptable is not None:
        in_time, too_late = "accepted by WeChat's rules", "good by WeChat's rules, but too late"
        good, bad = too_late if _is_late(attempt) else in_time, "refused by WeChat's rules: {reason}"
        yield say(good) if reply.acceptable else say(bad, reason=cut(reason_text(reply.reason or "?", say), 60))
    if attempt.hung_up:
        yield say("WeChat hung up")


def _is_late(attempt: Attempt) -> bool:
    return attempt.hung_up or attempt.duration_ns >= DEADLINE_NS
