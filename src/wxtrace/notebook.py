"""
A lookup drawn for a notebook: one piece of HTML with its own small SVG, no script, nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from wxtrace.answer import Answer, Judged
from wxtrace.rebuild.attempt import Attempt, Node
from wxtrace.row import LogRow
from wxtrace.show.terminal import clean, cut
from wxtrace.show.text import attempt_head, lookup_head
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import foremost, shown
from wxtrace.show.words import Words

_COLOURS: Final = {
    "access": "#2a9d8f",
    "logic": "#457b9d",
    "storage": "#e9a23b",
    "remote": "#9b5de5",
    "wait": "#8d99ae",
}
_OTHER = "#6c757d"
_NAMES, _BARS, _FIGURES, _ROW = 300, 460, 130, 20


def draw(answer: Answer, words: Words) -> str:
    """Return the answer as HTML: verdict, and for each attempt its waterfall and its modules."""
    return "".join(_pieces(answer, words))


def _pieces(answer: Answer, words: Words) -> Iterator[str]:
    yield '<div class="wxtrace" style="font-family:sans-serif;font-size:13px;line-height:1.4">'
    yield f"<p><strong>{escape(answer.verdict.text)}</strong></p>"
    yield f"<p>{escape(lookup_head(answer, words))}</p>"
    for judged in (some := foremost(answer)):
        yield f"<h4>{escape(attempt_head(judged.rebuilt, answer, words))}</h4>"
        yield _waterfall(judged.rebuilt, words)
        yield _modules(judged, words)
    if more := len(answer.attempts) - len(some):
        yield f"<p>{words('… {count} more attempts; --json has all', count=more)}</p>"
    yield "</div>"


def _waterfall(attempt: Attempt, words: Words) -> str:
    what = shown(attempt)
    rows = [
        _span(place, node, attempt, words) if log is None else _line(place, node, log)
        for place, (node, log) in enumerate(what.rows)
    ]
    if what.nodes_left:
        more = words("… {count} shorter spans are not shown; --json has all", count=what.nodes_left)
        rows.append(_text(0, len(rows), more))
    wide, high = _NAMES + _BARS + _FIGURES, _ROW * len(rows) + 4
    box = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-size="12" fill="currentColor">{"".join(rows)}</svg>'


def _span(place: int, node: Node, attempt: Attempt, words: Words) -> str:
    whole = max(1, attempt.duration_ns)
    begin = min(max(node.start_ns - attempt.start_ns, 0), whole) / whole * _BARS
    end = min(max(node.end_ns - attempt.start_ns, 0), whole) / whole * _BARS
    layer = node.span.layer if node.span else ""
    label = (
        f"{node.span.module} {node.span.name}"
        if node.span
        else words("missing span {span_id}", span_id=node.span_id)
    )
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


def _line(place: int, node: Node, log: LogRow) -> str:
    text = f"· {time_of_day(log.time_ns)} {log.severity} {log.event}"
    return _text(min(node.depth + 1, 9) * 12, place, cut(clean(text), 110), ' fill-opacity="0.6"')


def _text(x: int, place: int, text: str, more: str = "") -> str:
    return f'<text x="{x}" y="{place * _ROW + 14}"{more}>{_xml(text)}</text>'


def _modules(judged: Judged, words: Words) -> str:
    heads = "".join(f"<th>{words(head)}</th>" for head in ("module", "layer", "calls", "total", "self", "share"))
    rows = [
        f"<tr><td>{_xml(time.module) or words('(nothing recorded)')}</td><td>{_xml(time.layer)}</td>"
        f"<td>{time.calls}</td><td>{words.seconds(time.total_ns)}</td><td>{words.seconds(time.self_ns)}</td>"
        f"<td>{words.seconds(time.share_ns)} ({time.share:.1%})</td></tr>"
        for time in judged.times
    ]
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _xml(text: str) -> str:
    return escape(clean(text))
