"""
A waterfall with its log lines, and a table of modules, as text: of an attempt, or of a job by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from wxtrace.rebuild.attempt import Node, Timeline
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.rebuild.tree import is_behind
from wxtrace.row import LogRow, SpanRow
from wxtrace.show import raised, snapshot
from wxtrace.show.bars import bar, density
from wxtrace.show.places import wait_text
from wxtrace.show.style import DIM, LAYER_COLOURS, RED, Style
from wxtrace.show.terminal import clean, cut, fit, fit_right, width, wrap
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import Row, shown
from wxtrace.show.words import Words

_TOLD: Final = frozenset(("level", "timestamp"))
_LEAST_VALUE: Final = 8


def waterfall(whole: Timeline, style: Style) -> Iterator[str]:
    """Yield the spans with their bars and their log lines, and how much is left out."""
    say, what = style.words, shown(whole, full=style.full)
    yield style.paint(_bar_heads(style), DIM)
    for row in what.rows:
        if row.log is None:
            yield _span_line(row, whole, style)
        else:
            yield from _log_lines(row.node, row.log, whole, style)
    if what.nodes_left:
        yield "  " + say(
            "… {count:shorter span is|shorter spans are} not shown; --full draws them, --json has all",
            count=what.nodes_left,
        )
    if what.lines_left:
        yield "  " + say(
            "… {count:more log line|more log lines}; --full shows them, --json has all", count=what.lines_left
        )


def label_of(span: SpanRow, say: Words) -> str:
    """Return how a span is called; one of a service behind with the name of that."""
    named = wait_text(span, say) or " ".join(
        dict.fromkeys(clean(text) for text in (span.module or span.layer, span.name) if text)
    )
    return f"{clean(span.service)}@{clean(span.host)}: {named}" if is_behind(span) else named


def _columns(style: Style) -> tuple[int, int, int]:
    """Return the columns of the names, of the bar, and of each of the two figures."""
    figure = 8
    names = max(28, style.width * 45 // 100)
    return names, style.width - names - 2 * figure - 5, figure


def _bar_heads(style: Style) -> str:
    names, bar_columns, figure = _columns(style)
    start, took = (fit_right(style.words(head), figure) for head in ("start", "took"))
    return " " * (names + bar_columns + 3) + start + took


def _span_line(row: Row, whole: Timeline, style: Style) -> str:
    node, folded = row.node, row.folded
    names, bar_columns, figure = _columns(style)
    say, span = style.words, node.span
    indent = "  " + "  " * min(node.depth, 8)
    begin = (node.start_ns - whole.start_ns) / 10**9
    length = sum(one.end_ns - one.start_ns for one in folded or (node,)) / 10**9
    drawn = density(folded, whole, bar_columns) if folded else bar(node, whole, bar_columns)
    if span is None:
        gap = say("missing span {span_id}", span_id=clean(node.span_id))
        name = fit(f"{indent}┄ {gap if node.span_id else say('missing access span')}", names)
        return f"{name}  {style.paint(drawn.replace('█', '┄'), DIM)}".rstrip()
    marks = {"open": say("running"), "crashed": say("crashed")}
    mark = marks.get(span.state) or (say("error") if span.status_code == "ERROR" else "")
    label = f"{label_of(span, say)} ×{len(folded):,}" if folded else label_of(span, say)
    label = f"{indent}{label}" if not mark else f"{cut(indent + label, names - width(mark) - 3)} [{mark}]"
    figures = fit_right(f"{begin:.3f}", figure) + fit_right(f"{length:.3f}", figure)
    return f"{fit(label, names)}  {style.paint(drawn, LAYER_COLOURS.get(span.layer, DIM))} {figures}"


def _log_lines(node: Node, log: LogRow, whole: Timeline, style: Style) -> Iterator[str]:
    indent = "  " + "  " * min(node.depth + 1, 9)
    seen = snapshot.lines(log, whole, style.words)
    if not seen:
        yield _log_line(indent, log, style)
    for line in seen:
        folded = wrap(line.split(" · "), style.width, indent + "  ", indent)
        yield from (style.paint(piece, RED if line.startswith("◆") else "") for piece in folded)


def _log_line(indent: str, log: LogRow, style: Style) -> str:
    text = f"{indent}· {time_of_day(log.time_ns)} {clean(log.severity)} {clean(log.event.rstrip())}"
    error = raised.raised_text(log.attributes, style.words)
    left_out = _TOLD | raised.ATTRIBUTES if error else _TOLD
    values = [f"{clean(str(key))}={_value(value)}" for key, value in log.attributes.items() if key not in left_out]
    colour = RED if log.severity.lower() in raised.SEVERE else DIM
    return style.paint(_filled(f"{text} {error}" if error else text, values, style.width), colour)


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


def modules(times: Iterable[ModuleTime], style: Style) -> Iterator[str]:
    """Yield the table of modules, the greatest share first."""
    times = tuple(times)
    say = style.words
    name = max([18, *(min(40, width(clean(time.module))) for time in times)])
    heads = [say(head) for head in ("calls", "total", "self", "share")]
    yield f"  {fit(say('module'), name)}  {fit(say('layer'), 8)}" + "".join(fit_right(head, 10) for head in heads)
    for time in times:
        module = clean(time.module) or say("(nothing recorded)")
        seconds = "".join(fit_right(f"{ns / 10**9:.3f}", 10) for ns in (time.total_ns, time.self_ns, time.share_ns))
        calls = fit_right(str(time.calls), 10)
        yield f"  {fit(module, name)}  {fit(clean(time.layer), 8)}{calls}{seconds} {time.share:>6.1%}"
