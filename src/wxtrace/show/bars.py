"""
Bars of a waterfall: when a span ran within the whole, and when many alike ones did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wxtrace.rebuild.attempt import Node, Timeline

_BLOCKS: Final = " ▏▎▍▌▋▊▉█"
_SHADES: Final = "░▒▓█"
AFTER: Final = "›"
"""Stands at the right end for what began when the whole was over."""


def is_after(node: Node, whole: Timeline) -> bool:
    """Say whether a span began when the whole was over: after the reply."""
    return node.start_ns >= whole.end_ns > whole.start_ns and not whole.end_estimated


def bar(node: Node, whole: Timeline, columns: int) -> str:
    """Return a bar of exactly *columns* cells that shows when *node* ran within the whole; ``›`` for after it."""
    if is_after(node, whole):
        return AFTER.rjust(columns)
    begin, end = _cells(node, whole, columns * 8)
    first, last = min(begin // 8, columns - 1), end // 8
    if end - begin < 8:
        return (" " * first + _BLOCKS[max(1, end - begin)]).ljust(columns)
    tail = _BLOCKS[end % 8] if last < columns and end % 8 else ""
    return (" " * first + _BLOCKS[8] * (last - first) + tail).ljust(columns)


def density(nodes: Sequence[Node], whole: Timeline, columns: int) -> str:
    """Return a bar of exactly *columns* cells for many spans: a cell is darker the longer any of them ran in it."""
    if all(is_after(node, whole) for node in nodes):
        return AFTER.rjust(columns)
    fine = 8 * columns
    covered = bytearray(fine)
    for node in nodes:
        begin, end = _cells(node, whole, fine)
        begin = min(begin, fine - 1)
        end = max(end, begin + 1)
        covered[begin:end] = b"\x01" * (end - begin)
    cells = (sum(covered[at : at + 8]) for at in range(0, fine, 8))
    return "".join(_SHADES[(cell - 1) // 2] if cell else " " for cell in cells)


def _cells(node: Node, whole: Timeline, cells: int) -> tuple[int, int]:
    """Return where of so many cells a span begins and ends, clipped to the whole."""
    length_ns = max(1, whole.duration_ns)
    begin = min(max(node.start_ns - whole.start_ns, 0), length_ns) * cells // length_ns
    end = min(max(node.end_ns - whole.start_ns, 0), length_ns) * cells // length_ns
    return begin, end
