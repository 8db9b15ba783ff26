"""
One attempt as text: what came of it, its waterfall with its log lines, and its modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wxtrace.answer import Answer, Judged
from wxtrace.explain.outcome import CREDIBLE_DELAY_NS, DEADLINE_NS
from wxtrace.rebuild.attempt import Attempt, Node
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.row import LogRow
from wxtrace.show import raised, snapshot
from wxtrace.show.places import wait_text
from wxtrace.show.sentence import reason_text
from wxtrace.show.style import BOLD, DIM, LAYER_COLOURS, RED, Style
from wxtrace.show.terminal import clean, cut, fit, fit_right, width, wrap
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import bar, shown
from wxtrace.show.words import Words

_TOLD: Final = frozenset(("level", "timestamp"))
_LEAST_VALUE: Final = 8


def lines(judged: Judged, answer: Answer, style: Style) -> Iterator[str]:
    """Yield an attempt: its facts, its waterfall, its modules."""
    attempt, say = judged.rebuilt, style.words
    yield from (style.paint(line, BOLD) for line in wrap(_facts(attempt, answer, say), style.width, "  "))
    what = shown(attempt)
    yield style.paint(_bar_heads(style), DIM)
    for node, log in what.rows:
        if log is None:
            yield _span_line(node, attempt, style)
        else:
            yield from _log_lines(node, log, attempt, style)
    if what.nodes_left:
        yield "  " + say(
            "… {count:shorter span is|shorter spans are} not shown; --json has all", count=what.nodes_left
        )
    if what.lines_left:
        yield "  " + say("… {count:more log line|more log lines}; --json has all", count=what.lines_left)
    if judged.times:
        yield ""
        yield from _modules(judged.times, style)


def head(attempt: Attempt, answer: Answer, say: Words) -> str:
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
    yield from _arrival(attempt, say)
    yield _duration(attempt, say)
    yield from _reply(attempt, say)
    if attempt.after_reply_ns is not None:
        yield say("after the reply {duration}", duration=say.seconds(attempt.after_reply_ns))
    yield f"{clean(attempt.service)}@{clean(attempt.host)} pid {attempt.pid}"


def _arrival(attempt: Attempt, say: Words) -> Iterator[str]:
    delay = attempt.arrival_delay_ns
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
    label = wait_text(span, say) or " ".join(
        dict.fromkeys(clean(text) for text in (span.module or span.layer, span.name) if text)
    )
    label = f"{indent}{label}" if not mark else f"{cut(indent + label, names - width(mark) - 3)} [{mark}]"
    figures = fit_right(f"{begin:.3f}", figure) + fit_right(f"{length:.3f}", figure)
    return f"{fit(label, names)}  {style.paint(drawn, LAYER_COLOURS.get(span.layer, DIM))} {figures}"


def _log_lines(node: Node, log: LogRow, attempt: Attempt, style: Style) -> Iterator[str]:
    indent = "  " + "  " * min(node.depth + 1, 9)
    seen = snapshot.lines(log, attempt, style.words)
    if not seen:
        yield _log_line(indent, log, style)
    for line in seen:
        folded = wrap(line.split(" · "), style.width, indent + "  ", indent)
        yield from (style.paint(piece, RED if line.startswith("◆") else "") for piece in folded)


def _log_line(indent: str, log: LogRow, style: Style) -> str:
    text = f"{indent}· {time_of_day(log.time_ns)} {clean(log.severity)} {clean(log.event)}"
    error = raised.raised_text(log.attributes, style.words)
    left_out = _TOLD | raised.ATTRIBUTES if error else _TOLD
    values = [f"{clean(str(key))}={_value(value)}" for key, value in log.attributes.items() if key not in left_out]
    colour = RED if log.severity.lower() in ("error", "critical", "exception", "fatal") else DIM
    return style.paint(_filled(text, [error, *values] if error else values, style.width), colour)


def _filled(text: str, values: Sequence[str], columns: int) -> str:
    """Return *text* with as many values behind it as there is room for; a name is never cut, its value may be."""
    for value in values:
        longer = f"{text} {value}"
        if width(longer) > columns:
            key, is_named, _ = value.partition("=")
            is_worth_it = not is_named or width(f"{text} {key}=") + _LEAST_VALUE <= columns
            return cut(longer if is_worth_it else f"{text} …", columns)
        text = longer
    return cut(text, columns)


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
