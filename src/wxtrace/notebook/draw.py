"""
The drawing of a lookup, as one piece of HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from wxtrace.answer import Answer, Judged
from wxtrace.rebuild.attempt import Attempt, Job, Node, Timeline
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.row import LogRow
from wxtrace.show import attempt as attempts
from wxtrace.show import jobs, text
from wxtrace.show.clocks import bound_texts
from wxtrace.show.drawing import label_of
from wxtrace.show.raised import raised_text
from wxtrace.show.snapshot import lines
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import foremost, shown, told_of
from wxtrace.show.words import Words

_COLOURS: Final = {
    "access": "#2a9d8f",
    "logic": "#457b9d",
    "storage": "#e9a23b",
    "remote": "#9b5de5",
    "wait": "#d1495b",
}
_OTHER = "#6c757d"
_LOOKS: Final = "font-family:sans-serif;font-size:13px;line-height:1.4"
_COLUMNS = 120
_NAMES, _BARS, _FIGURES, _ROW = 300, 460, 130, 20


def draw(answer: Answer, words: Words) -> str:
    """Return the answer as HTML, and those to the other alarms below it: all that the text has, with waterfalls."""
    style = Style(words, _COLUMNS)
    pieces = ["<hr/>".join("".join(_pieces(one, style)) for one in (answer, *answer.others))]
    pieces += [f"<p>{escape(line)}</p>" for line in text.unanswered(answer, style)]
    return f'<div class="wxtrace" style="{_LOOKS}">{"".join(pieces)}</div>'


def draw_lines(lines: Iterable[str]) -> str:
    """Return lines of text as HTML, as they are."""
    return f'<div class="wxtrace">{_told(lines)}</div>'


def _pieces(answer: Answer, style: Style) -> Iterator[str]:
    words = style.words
    told = text.head(answer, words) + words(": {detail}", detail="")
    yield f"<p>{escape(told)}<strong>{escape(answer.verdict.text)}</strong></p>"
    yield _told(text.below_verdict(answer, style))
    yield f"<p>{escape(text.lookup_head(answer, words))}</p>"
    yield _told([*text.unread(answer, style), *text.incident(answer, style)])
    some = foremost(answer)
    own = told_of(answer) if some else None
    yield from (_attempt(judged, answer, words, is_folded=judged is not own) for judged in some)
    if more := len(answer.attempts) - len(some):
        yield f"<p>{words('… {count:more attempt|more attempts}; --json has all', count=more)}</p>"
    yield _told(text.candidates(answer, words))
    yield _told(text.around_it(answer, style))
    yield _told(text.evidence(answer, style))


def _attempt(judged: Judged, answer: Answer, words: Words, *, is_folded: bool) -> str:
    head = escape(attempts.head(judged.rebuilt, answer, words))
    drawn = _waterfall(judged.rebuilt, words) + _clocks(judged.rebuilt, words) + _modules(judged.times, words)
    drawn += _jobs(judged.rebuilt.jobs, words)
    return f"<details><summary>{head}</summary>{drawn}</details>" if is_folded else f"<h4>{head}</h4>{drawn}"


def _clocks(attempt: Attempt, words: Words) -> str:
    return _told(bound_texts(attempt.clocks, words))


def _jobs(some: Sequence[Job], words: Words) -> str:
    """Return each job with its own waterfall and modules, folded; one line where there is no more of it."""
    pieces = []
    for job in some[: jobs.MOST_LISTED]:
        head = escape(jobs.head(job, some, words))
        if job.tree is None or job.in_request:
            pieces.append(f"<p>{head}</p>")
        else:
            drawn = _waterfall(job.tree, words) + _modules(jobs.times_of(job), words)
            pieces.append(f"<details><summary>{head}</summary>{drawn}</details>")
    if (more := len(some) - jobs.MOST_LISTED) > 0:
        pieces.append(f"<p>{words('… {count:more job|more jobs}; --json has all', count=more)}</p>")
    return "".join(pieces)


def _told(some: Iterable[str]) -> str:
    """Return lines of text as they are; nothing for none."""
    told = "\n".join(some).strip("\n")
    return f'<pre style="white-space:pre-wrap">{escape(told)}</pre>' if told else ""


def _waterfall(attempt: Timeline, words: Words) -> str:
    what = shown(attempt)
    rows: list[str] = []
    for row in what.rows:
        if row.log is None:
            rows.append(_span(len(rows), row.node, attempt, words))
        else:
            texts = _texts(row.log, attempt, words)
            rows += [_line(len(rows) + at, row.node, line) for at, line in enumerate(texts)]
    if what.nodes_left:
        more = words("… {count:shorter span is|shorter spans are} not shown; --json has all", count=what.nodes_left)
        rows.append(_text(0, len(rows), more))
    wide, high = _NAMES + _BARS + _FIGURES, _ROW * len(rows) + 4
    box = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-size="12" fill="currentColor">{"".join(rows)}</svg>'


def _span(place: int, node: Node, attempt: Timeline, words: Words) -> str:
    whole = max(1, attempt.duration_ns)
    begin = min(max(node.start_ns - attempt.start_ns, 0), whole) / whole * _BARS
    end = min(max(node.end_ns - attempt.start_ns, 0), whole) / whole * _BARS
    layer = node.span.layer if node.span else ""
    label = label_of(node.span, words) if node.span else words("missing span {span_id}", span_id=node.span_id)
    bar = (
        f'<rect x="{_NAMES + begin:.1f}" y="{place * _ROW + 4}" width="{max(1.0, end - begin):.1f}" height="12" '
        f'rx="2" fill="{_COLOURS.get(layer, _OTHER)}"><title>{_xml(label)}</title></rect>'
    )
    figure = words.seconds(node.end_ns - node.start_ns)
    return (
        _text(min(node.depth, 8) * 12, place, cut(clean(label), 42 - 2 * min(node.depth, 8)))
        + bar
        + _text(_NAMES + _BARS + 8, place, figure)
    )


def _texts(log: LogRow, attempt: Timeline, words: Words) -> tuple[str, ...]:
    return lines(log, attempt, words) or (_log(log, words),)


def _log(log: LogRow, words: Words) -> str:
    told = (time_of_day(log.time_ns), log.severity, log.event.rstrip(), raised_text(log.attributes, words))
    return "· " + " ".join(one for one in told if one)


def _line(place: int, node: Node, line: str) -> str:
    return _text(min(node.depth + 1, 9) * 12, place, cut(clean(line), 110), ' fill-opacity="0.6"')


def _text(x: int, place: int, said: str, more: str = "") -> str:
    return f'<text x="{x}" y="{place * _ROW + 14}"{more}>{_xml(said)}</text>'


def _modules(times: Iterable[ModuleTime], words: Words) -> str:
    heads = "".join(f"<th>{words(head)}</th>" for head in ("module", "layer", "calls", "total", "self", "share"))
    rows = [
        f"<tr><td>{_xml(time.module) or words('(nothing recorded)')}</td><td>{_xml(time.layer)}</td>"
        f"<td>{time.calls}</td><td>{words.seconds(time.total_ns)}</td><td>{words.seconds(time.self_ns)}</td>"
        f"<td>{words.seconds(time.share_ns)} ({time.share:.1%})</td></tr>"
        for time in times
    ]
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _xml(said: str) -> str:
    return escape(clean(said))
