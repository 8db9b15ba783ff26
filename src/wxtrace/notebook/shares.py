"""
Whose time it was, drawn: the parts of the verdict as one bar, and the table of modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from wxtrace.explain.verdict import ACCESS_TO_LOGIC, UNRECORDED, Part
from wxtrace.notebook.markup import xml
from wxtrace.rebuild.modules import ModuleTime
from wxtrace.show.palette import LAYERS, OTHER
from wxtrace.show.sentence import part_name
from wxtrace.show.terminal import cut
from wxtrace.show.words import Words

_PARTS: Final = "display:flex;height:16px;margin:8px 0 4px 0;border-radius:3px;overflow:hidden;max-width:900px"
_TABLE: Final = "border-collapse:collapse;margin:8px 0;font-size:12px"
_TEXT, _NUMBER = "text-align:left;padding:2px 16px 2px 0", "text-align:right;padding:2px 16px 2px 0"
_SHARE: Final = "width:120px;height:10px"
_HEADS: Final = (("module", _TEXT), ("layer", _TEXT), ("calls", _NUMBER), ("total", _NUMBER), ("self", _NUMBER))


def parts_bar(parts: Sequence[Part], times: Iterable[ModuleTime], words: Words) -> str:
    """Return the parts of a verdict side by side, each as wide as it was long, in the colour of its layer."""
    whole_ns = sum(part.ns for part in parts)
    if not whole_ns:
        return ""
    layers = {time.module or time.layer: time.layer for time in times} | {ACCESS_TO_LOGIC: "access"}
    boxes = []
    for part in parts:
        colour = OTHER if part.what == UNRECORDED else LAYERS.get(layers.get(part.what, ""), OTHER)
        tip = cut(f"{part_name(part.what, words)} {words.seconds(part.ns)} {part.detail or ''}", 200)
        style = f"width:{100 * part.ns / whole_ns:.2f}%;background:{colour};border-right:1px solid"
        boxes.append(f'<div title="{xml(tip)}" style="{style}"></div>')
    return f'<div style="{_PARTS}">{"".join(boxes)}</div>'


def modules_table(times: Sequence[ModuleTime], words: Words) -> str:
    """Return the modules of an attempt, the greatest share first, each share with a small bar."""
    if not times:
        return ""
    heads = "".join(f'<th style="{style}">{xml(words(head))}</th>' for head, style in _HEADS)
    heads += f'<th colspan="2" style="{_TEXT}">{xml(words("share"))}</th>'
    rows = "".join(_row(time, words) for time in times)
    table = f'<table style="{_TABLE}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div style="overflow-x:auto">{table}</div>'


def _row(time: ModuleTime, words: Words) -> str:
    colour = LAYERS.get(time.layer, OTHER)
    texts = (time.module or words("(nothing recorded)"), time.layer)
    numbers = (str(time.calls), words.seconds(time.total_ns), words.seconds(time.self_ns))
    cells = "".join(f'<td style="{_TEXT}">{xml(cut(one, 60))}</td>' for one in texts)
    cells += "".join(f'<td style="{_NUMBER}">{xml(one)}</td>' for one in numbers)
    cells += f'<td style="{_NUMBER}">{xml(words.seconds(time.share_ns))} ({time.share:.1%})</td>'
    bar = f"width:{100 * time.share:.1f}%;height:10px;min-width:1px;border-radius:2px;background:{colour}"
    return f'<tr>{cells}<td style="{_TEXT}"><div style="{_SHARE}"><div style="{bar}"></div></div></td></tr>'
