"""
An answer as text for a terminal: the verdict first, then each attempt with its waterfall and modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wxtrace.answer import Answer, Judged
from wxtrace.explain import verdict as case
from wxtrace.explain.explain import ACCESS_TO_LOGIC
from wxtrace.rebuild.attempt import Attempt, Node
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.row import LogRow
from wxtrace.show.sentence import part_name, reason_text
from wxtrace.show.style import BOLD, DIM, LAYER_COLOURS, RED, Style
from wxtrace.show.terminal import clean, cut, fit, fit_right, width, wrap
from wxtrace.show.times import moment, time_of_day
from wxtrace.show.waterfall import bar, foremost, shown
from wxtrace.show.words import Words

_CREDIBLE_DELAY_NS = 86_400 * 10**9
_LEAST_PART = 1000
_TOLD = frozenset(("level", "timestamp"))


def render(answer: Answer, style: Style) -> str:
    """Return the answer as lines of text; the first is the verdict."""
    return "\n".join(_lines(answer, style)) + "\n"


def _lines(answer: Answer, style: Style) -> Iterator[str]:
    say = style.words
    colour = BOLD if answer.verdict.case in (case.REPLIED, case.UNRECORDED) else f"{BOLD};{RED}"
    yield style.paint(f"{say('Verdict')}{say(': {detail}', detail=answer.verdict.text)}", colour)
    if answer.verdict.parts:
        yield from wrap(_parts(answer, say), style.width, "  ")
    yield ""
    yield lookup_head(answer, say)
    for judged in (some := foremost(answer)):
        yield ""
        yield from _attempt(judged, answer, style)
    if more := len(answer.attempts) - len(some):
        yield ""
        yield say("… {count} more attempts; --json has all", count=more)
    if answer.candidates:
        yield ""
        yield say("Candidates: pushes of this second that carry no openid")
        for span in answer.candidates:
            kind = clean(str(span.attributes.get("wechat.info_type", "")))
            yield f"  {time_of_day(span.start_ns)}  {kind}  {clean(span.name)}  trace {clean(span.trace_id)}"
    yield ""
    yield from _evidence(answer, style)


def _parts(answer: Answer, say: Words) -> Iterator[str]:
    """Yield the parts of the verdict's attempt; a module with next to nothing is left out."""
    facts = answer.verdict.facts
    whole = f"  {say.seconds(facts.duration_ns)} = "
    if facts.delay_ns is not None and facts.attempt == 1:
        whole += f"({say('WeChat→access')} {facts.delay_ns / 10**9:+.2f}) "
    for part in answer.verdict.parts:
        if part.ns * _LEAST_PART >= facts.duration_ns or part.what == ACCESS_TO_LOGIC:
            yield f"{whole}{part_name(part.what, say)} {part.ns / 10**9:.{2 if part.ns >= 10**7 else 3}f}"
            whole = ""


def lookup_head(answer: Answer, say: Words) -> str:
    """Return one line that says what was asked and how much was found."""
    openid = say("no openid") if answer.openid is None else f"openid {clean(answer.openid)}"
    stamp = say("stamp {stamp} ({time}, UTC+8)", stamp=answer.stamp, time=moment(answer.stamp * 10**9))
    attempts = [judged.rebuilt for judged in answer.attempts]
    count = sum(attempt.recorded for attempt in attempts)
    parts = [openid, stamp, say("1 attempt") if count == 1 else say("{count} attempts", count=count)]
    off = {abs(attempt.stamp - answer.stamp) for attempt in attempts if attempt.stamp is not None}
    if off and 0 not in off:
        parts.append(say("nothing has this stamp exactly; the nearest is {seconds} s off", seconds=min(off)))
    pushes = len({attempt.push for attempt in attempts if attempt.recorded})
    if pushes > 1:
        parts.append(say("{count} pushes of this openid and stamp", count=pushes))
    return " · ".join(parts)


def _attempt(judged: Judged, answer: Answer, style: Style) -> Iterator[str]:
    attempt, say = judged.rebuilt, style.words
    yield from (style.paint(line, BOLD) for line in wrap(_facts(attempt, answer, say), style.width, "  "))
    what = shown(attempt)
    yield style.paint(_bar_heads(style), DIM)
    for node, log in what.rows:
        yield _span_line(node, attempt, style) if log is None else _log_line(node, log, style)
    if what.nodes_left:
        yield "  " + say("… {count} shorter spans are not shown; --json has all", count=what.nodes_left)
    if what.lines_left:
        yield "  " + say("… {count} more log lines; --json has all", count=what.lines_left)
    if judged.times:
        yield ""
        yield from _modules(judged.times, style)


def attempt_head(attempt: Attempt, answer: Answer, say: Words) -> str:
    """Return one line that says when an attempt came, how long it took, and what was replied."""
    return " · ".join(_facts(attempt, answer, say))


def _facts(attempt: Attempt, answer: Answer, say: Words) -> Iterator[str]:
    several = len({judged.rebuilt.push for judged in answer.attempts}) > 1
    if not attempt.recorded:
        yield say("Work without an access span")
    elif several:
        yield say("Push {push}, attempt {number}", push=attempt.push + 1, number=attempt.number)
    else:
        yield say("Attempt {number}", number=attempt.number)
    if answer.openid is None and attempt.openid is not None:
        yield f"openid {clean(attempt.openid)}"
    yield time_of_day(attempt.start_ns)
    yield _arrival(attempt, say)
    yield _duration(attempt, say)
    yield from _reply(attempt, say)
    if attempt.after_reply_ns is not None:
        yield say("after the reply {duration}", duration=say.seconds(attempt.after_reply_ns))
    yield f"{clean(attempt.service)}@{clean(attempt.host)} pid {attempt.pid}"


def _arrival(attempt: Attempt, say: Words) -> str:
    delay = attempt.arrival_delay_ns
    if attempt.number != 1 and attempt.after_first_ns:
        return say("{delay} after attempt 1", delay=say.seconds(attempt.after_first_ns))
    if delay is None or abs(delay) > _CREDIBLE_DELAY_NS:
        return say("stamp is not credible")
    text = "arrived {delay} after the stamp" if delay >= 0 else "arrived {delay} before the stamp: a clock is off"
    return say(text, delay=say.seconds(abs(delay)))


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
        yield say("no reply")
    if reply.length is not None:
        yield say("reply {length} bytes", length=reply.length)
    if reply.acceptable is not None:
        good, bad = "accepted by WeChat's rules", "refused by WeChat's rules: {reason}"
        yield say(good) if reply.acceptable else say(bad, reason=cut(reason_text(reply.reason or "?", say), 60))
    top = attempt.nodes[0].span
    if top is not None and top.attributes.get("wechat.disconnected") is True:
        yield say("WeChat hung up")


def _columns(style: Style) -> tuple[int, int, int]:
    """Return the columns of the names, of the bar, and of each of the two figures."""
    figure = 8
    names = max(28, style.width * 45 // 100)
    return names, style.width - names - 2 * figure - 5, figure


def _bar_heads(style: Style) -> str:
    names, bar_columns, figure = _columns(style)
    start, took = (fit_right(style.words(head), figure) for head in ("start", "took"))
    return " " * (names + bar_columns + 3) + start + took


def _span_line(node: Node, attempt: Attempt, style: Style) -> str:
    names, bar_columns, figure = _columns(style)
    say, span = style.words, node.span
    indent = "  " + "  " * min(node.depth, 8)
    begin, length = (node.start_ns - attempt.start_ns) / 10**9, (node.end_ns - node.start_ns) / 10**9
    drawn = bar(node, attempt, bar_columns)
    if span is None:
        gap = say("missing span {span_id}", span_id=clean(node.span_id))
        name = fit(f"{indent}┄ {gap if node.span_id else say('missing access span')}", names)
        return f"{name}  {style.paint(drawn.replace('█', '┄'), DIM)}".rstrip()
    marks = {"open": say("running"), "crashed": say("crashed")}
    mark = marks.get(span.state) or (say("error") if span.status_code == "ERROR" else "")
    label = " ".join(dict.fromkeys(clean(text) for text in (span.module or span.layer, span.name) if text))
    label = f"{indent}{label}" if not mark else f"{cut(indent + label, names - width(mark) - 3)} [{mark}]"
    figures = fit_right(f"{begin:.3f}", figure) + fit_right(f"{length:.3f}", figure)
    return f"{fit(label, names)}  {style.paint(drawn, LAYER_COLOURS.get(span.layer, DIM))} {figures}"


def _log_line(node: Node, log: LogRow, style: Style) -> str:
    indent = "  " + "  " * min(node.depth + 1, 9)
    values = "".join(f" {clean(str(key))}={_value(value)}" for key, value in _small(log.attributes).items())
    text = f"{indent}· {time_of_day(log.time_ns)} {clean(log.severity)} {clean(log.event)}{values}"
    colour = RED if log.severity.lower() in ("error", "critical", "exception", "fatal") else DIM
    return style.paint(cut(text, style.width), colour)


def _small(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first attributes, without those that say again what the line says."""
    told = {key: value for key, value in attributes.items() if key not in _TOLD}
    return dict(list(told.items())[:20])


def _value(value: object) -> str:
    text = clean(str(value))
    return f'"{text}"' if " " in text else text


def _modules(times: tuple[ModuleTime, ...], style: Style) -> Iterator[str]:
    say = style.words
    name = max([18, *(min(40, width(clean(time.module))) for time in times)])
    heads = [say(head) for head in ("calls", "total", "self", "share")]
    yield f"  {fit(say('module'), name)}  {fit(say('layer'), 8)}" + "".join(fit_right(head, 10) for head in heads)
    for time in times:
        module = clean(time.module) or say("(nothing recorded)")
        seconds = "".join(fit_right(f"{ns / 10**9:.3f}", 10) for ns in (time.total_ns, time.self_ns, time.share_ns))
        calls = fit_right(str(time.calls), 10)
        yield f"  {fit(module, name)}  {fit(clean(time.layer), 8)}{calls}{seconds} {time.share:>6.1%}"


def _evidence(answer: Answer, style: Style) -> Iterator[str]:
    evidence, say = answer.evidence, style.words
    text = (
        "Evidence: writers {writers} ({alive} alive), records dropped {dropped}, files read {files}, "
        "journals read {journals}"
    )
    yield style.paint(
        say(
            text,
            writers=len(evidence.writers),
            alive=sum(writer.alive for writer in evidence.writers),
            dropped=evidence.dropped,
            files=evidence.files,
            journals=evidence.journals,
        ),
        RED if evidence.dropped else DIM,
    )
    for problem in evidence.damaged:
        yield style.paint(say("Not read: {problem}", problem=clean(problem)), RED)
    if answer.found:
        return
    begin, end = evidence.window
    yield say("window {first} to {last}", first=moment(begin), last=moment(end))
    line = "{host} pid {pid}: {records} records, {first} to {last}"
    for writer in evidence.writers:
        first, last = ("?" if ns is None else moment(ns) for ns in (writer.first_ns, writer.last_ns))
        text = say(line, host=clean(writer.host), pid=writer.pid, records=writer.records, first=first, last=last)
        yield f"  {text} · {say('alive' if writer.alive else 'ended')}"
