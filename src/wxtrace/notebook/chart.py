"""
The waterfall of an attempt or a job, as HTML: names on the left, bars over an axis, durations on the right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from wxtrace.explain.way import detail_of
from wxtrace.notebook.markup import BAD, WARN, badge, xml, xml_lines
from wxtrace.notebook.tips import tip_of_line, tip_of_span
from wxtrace.rebuild.attempt import Node, Timeline
from wxtrace.row import LogRow
from wxtrace.show import snapshot
from wxtrace.show.axis import Stretch, deadline_of, held_by, merged, tick_texts
from wxtrace.show.drawing import gap_text, label_of, mark_of
from wxtrace.show.palette import LAYERS, OTHER
from wxtrace.show.raised import SEVERE, raised_text
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import Row, shown
from wxtrace.show.words import Words

_NAMES, _BARS = 38.0, 52.0
"""Where the bars begin and how wide they are together, in parts of a hundred of the width."""
_MOST_TICKS: Final = 7
_DEEPEST: Final = 12
_INDENT: Final = "\u2003"  # a blank that stays one wherever white space is folded

_WIDE: Final = "overflow-x:auto;font-size:12px"
_BOX: Final = "position:relative;z-index:0;min-width:640px;padding-top:20px;line-height:20px;white-space:nowrap"
_ROW: Final = "width:37%;overflow:hidden;text-overflow:ellipsis"
_LINE: Final = "overflow:hidden;text-overflow:ellipsis"
_SNAPSHOT: Final = f"border-left:3px solid {BAD};padding-left:8px;overflow:hidden;white-space:pre;margin-left:"
_BAR: Final = "margin-top:3px;height:11px;border-radius:2px;min-width:2px"
_GAP: Final = "margin-top:4px;height:8px;border:1px dashed"
_HELD: Final = "margin-top:15px;border-top:2px solid"
_GRID: Final = "top:0;bottom:0;border-left:1px solid;opacity:0.15;z-index:-1"
_DEADLINE: Final = f"top:0;bottom:0;border-left:2px dashed {BAD}"
_TICK: Final = "top:0;padding-left:3px;opacity:0.7"
_QUIET: Final = "opacity:0.7"
_WARNED: Final = frozenset(("warning", "warn"))


def chart(whole: Timeline, words: Words) -> str:
    """Return the waterfall with its legend; what is left out is counted below it."""
    what, held = shown(whole), _held(whole)
    rows = "".join(
        _span_row(row, whole, held, words) if row.log is None else _line_row(row, row.log, whole, words)
        for row in what.rows
    )
    box = f'<div style="{_WIDE}"><div style="{_BOX}">{" ".join(_axis(whole, words))}{rows}</div></div>'
    left = []
    if what.nodes_left:
        text = "… {count:shorter span is|shorter spans are} not shown; .spans has all"
        left.append(words(text, count=what.nodes_left))
    if what.lines_left:
        left.append(words("… {count:more log line|more log lines}; .logs has all", count=what.lines_left))
    return _legend(what.rows, whole, held, words) + box + "".join(f"<div>{xml(one)}</div>" for one in left)


def _held(whole: Timeline) -> dict[int, list[Stretch]]:
    """Return, by the `id` of its node, when each span held the attempt up itself."""
    return {id(whole.nodes[place]): stretches for place, stretches in held_by(whole).items()}


def _legend(rows: Iterable[Row], whole: Timeline, held: Mapping[int, object], words: Words) -> str:
    """Return what the colours and lines of a waterfall mean, as far as they occur in it."""
    seen = {row.node.span.layer for row in rows if row.node.span is not None}
    keys = [_key(layer, f"background:{colour}") for layer, colour in LAYERS.items() if layer in seen]
    if seen - set(LAYERS):
        keys.append(_key(words("other"), f"background:{OTHER}"))
    if held:
        keys.append(_key(words("critical path"), "border-bottom:2px solid"))
    if deadline_of(whole) is not None:
        keys.append(_key(words("WeChat hangs up"), f"border-left:2px dashed {BAD}"))
    return f'<div style="font-size:12px;margin:4px 0">{" ".join(keys)}</div>'


def _key(name: str, look: str) -> str:
    square = f'<span style="display:inline-block;width:10px;height:10px;margin-right:4px;{look}"></span>'
    return f'<span style="margin-right:12px;white-space:nowrap">{square}{xml(name)}</span>'


def _axis(whole: Timeline, words: Words) -> Iterator[str]:
    """Yield the ticks with their seconds, and the line at which WeChat hangs up."""
    deadline_ns = deadline_of(whole)
    for at_ns, text in tick_texts(whole.duration_ns, _MOST_TICKS):
        yield _placed("", _GRID, at_ns, whole)
        if at_ns != deadline_ns:
            yield _placed(xml(words("{duration} s", duration=text if at_ns else "0")), _TICK, at_ns, whole)
    if deadline_ns is not None:
        yield _placed("", _DEADLINE, deadline_ns, whole)
        said = badge(words("{duration} s", duration=deadline_ns // 10**9), BAD)
        yield _placed(said, "top:0;padding-left:3px", deadline_ns, whole)


def _span_row(row: Row, whole: Timeline, held: Mapping[int, Sequence[Stretch]], words: Words) -> str:
    """Return a span, or many alike ones, with the stretches in which it held up all the rest underlined."""
    node, some = row.node, row.folded or (row.node,)
    ran = [(one.start_ns - whole.start_ns, one.end_ns - whole.start_ns) for one in some]
    bars = "".join(_bars(merged(ran, whole.duration_ns) if row.folded else ran, node, whole))
    path = merged((one for node in some for one in held.get(id(node), ())), whole.duration_ns)
    bars += "".join(_spread(_HELD, one, whole) for one in path)
    took = words.seconds(sum(one.end_ns - one.start_ns for one in some))
    figure = f'<span style="position:absolute;right:0">{xml(took)}</span>'
    tip = xml_lines(tip_of_span(row, whole, words))
    name = _INDENT * min(row.depth, _DEEPEST) + xml(cut(_name(row, words), 90))
    return f'<div style="{_ROW}" title="{tip}">{name}{_mark(node, words)}{_detail(node)} {bars}{figure}</div>'


def _name(row: Row, words: Words) -> str:
    span = row.node.span
    if span is None:
        return f"┄ {gap_text(row.node, words)}"
    return f"{label_of(span, words)} ×{len(row.folded):,}" if row.folded else label_of(span, words)


def _detail(node: Node) -> str:
    """Return the statement or call of a span, if its name does not tell it already."""
    detail = detail_of(node.span)
    if node.span is None or detail is None or detail == node.span.name:
        return ""
    return f' <span style="{_QUIET}">{xml(cut(clean(detail), 60))}</span>'


def _mark(node: Node, words: Words) -> str:
    """Return how a span ended, if not well."""
    span = node.span
    mark = "" if span is None else mark_of(span, words)
    return f" {badge(mark, BAD)}" if mark else ""


def _bars(stretches: Sequence[Stretch], node: Node, whole: Timeline) -> Iterator[str]:
    """Yield the bars of a row; what lies outside of the whole is only pointed at."""
    first, last = stretches[0][0], max(end for _, end in stretches)
    if first >= whole.duration_ns > 0 and not whole.end_estimated:
        yield f'<span style="position:absolute;left:{_NAMES + _BARS:.2f}%">›</span>'
    elif last < 0:
        yield f'<span style="position:absolute;left:{_NAMES:.2f}%">‹</span>'
    else:
        colour = LAYERS.get(node.span.layer, OTHER) if node.span else ""
        look = f"{_BAR};background:{colour}" if colour else _GAP
        yield from (_spread(look, one, whole) for one in stretches)


def _line_row(row: Row, log: LogRow, whole: Timeline, words: Words) -> str:
    """Return a log line, or what a snapshot saw of a request that hangs."""
    depth = min(row.depth, _DEEPEST)
    if seen := snapshot.lines(log, whole, words):
        lines = "<br/>".join(xml(cut(line, 200)) for line in seen)
        return f'<div style="{_SNAPSHOT}{depth * 12}px">{lines}</div>'
    severity, error = log.severity.lower(), raised_text(log.attributes, words)
    level = xml(cut(log.severity, 20))
    if severity in SEVERE or severity in _WARNED:
        level = badge(cut(log.severity, 20), BAD if severity in SEVERE else WARN)
    text = xml(cut(clean(f"{log.event.rstrip()} {error}"), 200))
    tip, time = xml_lines(tip_of_line(log)), xml(time_of_day(log.time_ns))
    when = f'<span style="{_QUIET}">{_INDENT * depth}· {time}</span>'
    return f'<div style="{_LINE}" title="{tip}">{when} {level} {text}</div>'


def _placed(markup: str, look: str, at_ns: int, whole: Timeline) -> str:
    left = _NAMES + _BARS * at_ns / max(1, whole.duration_ns)
    return f'<span style="position:absolute;left:{left:.2f}%;{look}">{markup}</span>'


def _spread(look: str, stretch: Stretch, whole: Timeline) -> str:
    """Return a box from the one moment to the other, clipped to the whole."""
    length = max(1, whole.duration_ns)
    begin, end = (_BARS * min(max(at, 0), length) / length for at in stretch)
    width = max(0.0, end - begin)
    return f'<span style="position:absolute;left:{_NAMES + begin:.2f}%;width:{width:.2f}%;{look}"></span>'
