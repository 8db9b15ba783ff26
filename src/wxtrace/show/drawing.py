"""
A waterfall with its log lines, and a table of modules, as text: of an attempt, or of a job by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from wxtrace.explain.way import detail_of
from wxtrace.rebuild.attempt import Node, Timeline
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.rebuild.tree import is_behind
from wxtrace.row import LogRow, SpanRow
from wxtrace.show import raised, snapshot
from wxtrace.show.alike import tells
from wxtrace.show.bars import bar, density, is_after
from wxtrace.show.folded import folded
from wxtrace.show.places import wait_text
from wxtrace.show.style import DIM, LAYER_COLOURS, RED, YELLOW, Style
from wxtrace.show.terminal import clean, cut, fit, fit_right, width, wrap
from wxtrace.show.times import time_of_day
from wxtrace.show.waterfall import Row, Shown, below, on_path, shown
from wxtrace.show.words import Words

_TOLD: Final = frozenset(("level", "timestamp"))
_LEAST_VALUE: Final = 8
_FIGURE, _LEAST_NAMES, _NAMES_PERCENT, _DEEPEST = 8, 24, 45, 8
_MOST_KINDS: Final = 4
_ROOMY: Final = 80
_MISSING: Final = str.maketrans(dict.fromkeys("▏▎▍▌▋▊▉█", "┄"))
_WIDE, _LEAST_DETAIL = 120, 12
"""From so many columns of the terminal on a name is told with what was asked for, if so many are left for it."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How one waterfall is laid out: columns of names and of bars; the path, where it has to be told."""

    whole: Timeline
    style: Style
    names: int
    bars: int
    path: frozenset[int]
    has_folded: bool

    def has_beside(self, row: Row) -> bool:
        """Say whether a row ran beside the critical path."""
        return bool(self.path) and row.place not in self.path


class _Name(NamedTuple):
    """How a row of spans is called, indented; the mark behind it; and what the span asked for, after two blanks."""

    label: str
    mark: str = ""
    detail: str = ""


def waterfall(whole: Timeline, style: Style) -> Iterator[str]:
    """Yield the spans with their bars and their log lines, and how much is left out."""
    what = shown(whole, full=style.full)
    names = [_name(row, style) for row in what.rows]
    look = _look(what, names, whole, style)
    yield _heads(look)
    for row, name in zip(what.rows, names, strict=True):
        if row.log is not None:
            yield from _log_lines(row, row.log, look)
        else:
            yield _span_line(row, name, look)
            yield from _below_line(row, look)
    yield from _left_out(what, style)


def _left_out(what: Shown, style: Style) -> Iterator[str]:
    say = style.words
    if what.nodes_left:
        text = "… {count:shorter span is|shorter spans are} not shown; --full draws them, --json has all"
        yield from folded("  " + say(text, count=what.nodes_left), style.width, "    ")
    if what.lines_left:
        text = "… {count:more log line|more log lines}; --full shows them, --json has all"
        yield from folded("  " + say(text, count=what.lines_left), style.width, "    ")


def gap_text(node: Node, say: Words) -> str:
    """Return what is missing in the place of a node without a span."""
    if not node.span_id:
        return say("missing access span")
    return say("missing span {span_id}", span_id=clean(node.span_id))


def mark_of(span: SpanRow, say: Words) -> str:
    """Return how a span ended, if not well; else nothing."""
    marks = {"open": say("running"), "crashed": say("crashed")}
    return marks.get(span.state) or (say("error") if span.status_code == "ERROR" else "")


def label_of(span: SpanRow, say: Words) -> str:
    """Return how a span is called; one of a service behind with the name of that."""
    named = wait_text(span, say) or " ".join(
        dict.fromkeys(clean(text) for text in (span.module or span.layer, span.name) if text)
    )
    return f"{clean(span.service)}@{clean(span.host)}: {named}" if is_behind(span) else named


def _look(what: Shown, all_names: Iterable[_Name], whole: Timeline, style: Style) -> _Look:
    """Return the layout: names have what they need, up to a share of the width, and bars have the rest."""
    needed = max((width(name.label + name.mark + name.detail) for name in all_names), default=0)
    names = max(_LEAST_NAMES, min(needed, style.width * _NAMES_PERCENT // 100))
    has_folded = any(row.folded for row in what.rows)
    bars = style.width - names - (3 if has_folded else 2) * _FIGURE - 2
    return _Look(whole, style, names, bars, _path_told(what, whole), has_folded)


def _path_told(what: Shown, whole: Timeline) -> frozenset[int]:
    """Return the places of the rows on the critical path; none where no row lies beside it."""
    path = {id(whole.nodes[place]) for place in on_path(whole)}
    spans = [row for row in what.rows if row.log is None]
    told = frozenset(row.place for row in spans if any(id(node) in path for node in row.folded or (row.node,)))
    is_all = all(row.place in told or is_after(row.node, whole) for row in spans)
    return frozenset() if is_all else told


def _heads(look: _Look) -> str:
    """Return the line above the bars: what the marks mean, and the heads of the figures."""
    say = look.style.words
    marks = [say("│ critical path")] if look.path else []
    marks += [say("× alike spans, took in sum")] if look.has_folded else []
    heads = [say("start"), say("took"), *([say("longest")] if look.has_folded else [])]
    text = fit("  ".join(marks), look.names + look.bars + 2)
    return look.style.paint(text + "".join(fit_right(head, _FIGURE) for head in heads), DIM)


def _name(row: Row, style: Style) -> _Name:
    """Return how a row of spans is called; where there is room for it, with what it asked for."""
    span, say, indent = row.node.span, style.words, "  " + "  " * min(row.depth, _DEEPEST)
    if row.log is not None:
        return _Name("")
    if span is None:
        return _Name(f"{indent}┄ {gap_text(row.node, say)}")
    mark = mark_of(span, say)
    told = f" ×{len(row.folded):,}" if row.folded else f" [{mark}]" if mark else ""
    return _Name(indent + label_of(span, say), told, _detail(span) if style.width >= _WIDE else "")


def _detail(span: SpanRow) -> str:
    """Return what a span asked for, its statement or URL, without what its name says already."""
    detail = " ".join((detail_of(span) or "").split())
    more = detail.removeprefix(span.name)
    return f"{' ' if more.startswith(' ') else '  '}{clean(more.strip())}" if more else ""


def _name_cell(row: Row, name: _Name, look: _Look) -> str:
    """Return the cell of a name: cut to its columns, its mark never."""
    paint, label = look.style.paint, cut(name.label, look.names - width(name.mark))
    room = look.names - width(label) - width(name.mark)
    detail = fit(name.detail if room >= min(_LEAST_DETAIL, width(name.detail)) else "", room)
    label = f"│{label[1:]}" if row.place in look.path else label
    label = paint(label, DIM if look.has_beside(row) else "")
    return label + paint(name.mark, "" if row.folded else RED) + paint(detail, DIM if detail.strip() else "")


def _span_line(row: Row, called: _Name, look: _Look) -> str:
    style, node = look.style, row.node
    spans, name = row.folded or (node,), _name_cell(row, called, look)
    drawn = density(spans, look.whole, look.bars) if row.folded else bar(node, look.whole, look.bars)
    if node.span is None:
        return f"{name}  {style.paint(drawn.translate(_MISSING), DIM)}".rstrip()
    colour = LAYER_COLOURS.get(node.span.layer, DIM)
    lengths = [one.end_ns - one.start_ns for one in spans]
    figures = [node.start_ns - look.whole.start_ns, sum(lengths), *([max(lengths)] if row.folded else [])]
    return f"{name}  {style.paint(drawn, f'{DIM};{colour}' if look.has_beside(row) else colour)}" + "".join(
        fit_right(_seconds(ns), _FIGURE) for ns in figures
    )


def _seconds(ns: int) -> str:
    """Return a figure in seconds, to the millisecond as long as there is room for it."""
    seconds = ns / 10**9
    return f"{seconds:.{3 if abs(seconds) < 1000 else 1}f}"


def _below_line(row: Row, look: _Look) -> Iterator[str]:
    """Yield what lies below a folded row, each kind with its number, the most frequent first."""
    say = look.style.words
    kinds = Counter(label_of(node.span, say) for node in below(row, look.whole) if node.span is not None)
    if kinds:
        indent = "  " * (min(row.depth, _DEEPEST) + 2)
        told = [f"{label} ×{count:,}" for label, count in kinds.most_common(_MOST_KINDS)]
        told += ["…"] if len(kinds) > _MOST_KINDS else []
        lines = wrap([say("in them: {first}", first=told[0]), *told[1:]], look.style.width, indent + "  ", indent)
        yield from (look.style.paint(line, DIM) for line in lines)


def _log_lines(row: Row, log: LogRow, look: _Look) -> Iterator[str]:
    style, indent = look.style, "  " + "  " * min(row.depth, _DEEPEST + 1)
    seen = snapshot.lines(log, look.whole, style.words)
    if not seen:
        yield _log_line(indent, log, style)
    for line in seen:
        pieces = wrap(line.split(" · "), style.width, indent + "  ", indent)
        yield from (style.paint(piece, RED if line.startswith("◆") else "") for piece in pieces)


def _log_line(indent: str, log: LogRow, style: Style) -> str:
    text = f"{indent}· {time_of_day(log.time_ns)} {clean(log.severity)} {clean(log.event.rstrip())}"
    error = raised.raised_text(log.attributes, style.words)
    values = values_of(log, with_error=not error)
    colour = RED if log.severity.lower() in raised.SEVERE else YELLOW if tells(log) else DIM
    return style.paint(_filled(f"{text} {error}" if error else text, values, style.width), colour)


def values_of(log: LogRow, *, with_error: bool) -> list[str]:
    """Return the values of a log line as they stand behind it; those of its exception only if asked for."""
    left_out = _TOLD if with_error else _TOLD | raised.ATTRIBUTES
    return [f"{clean(str(key))}={_value(value)}" for key, value in log.attributes.items() if key not in left_out]


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
    times, say = tuple(times), style.words
    figure = 10 if style.width >= _ROOMY else _FIGURE
    room = style.width - 19 - 4 * figure
    name = min(room, max([18, *(min(40, width(clean(time.module))) for time in times)]))
    heads = "".join(fit_right(say(head), figure) for head in ("calls", "total", "self", "share"))
    yield f"  {fit(say('module'), name)}  {fit(say('layer'), 8)}{heads}"
    for time in times:
        module = clean(time.module) or say("(nothing recorded)")
        told = (str(time.calls), *map(_seconds, (time.total_ns, time.self_ns, time.share_ns)))
        figures = "".join(fit_right(text, figure) for text in told)
        yield f"  {fit(module, name)}  {_layer(time.layer, style)}{figures} {time.share:>6.1%}"


def _layer(layer: str, style: Style) -> str:
    """Return the cell of a layer, in the colour of its bars: the table is their legend."""
    return style.paint(fit(clean(layer), 8), LAYER_COLOURS.get(layer, ""))
