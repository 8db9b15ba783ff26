"""
Clocks of hosts that are proven to be off: what was called seems to lie outside of its call. Pure.

Nothing is corrected by it. What a host was called for cannot begin before the call, and where the caller
waited for it not end after it; so the difference of two clocks lies between two bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wxtrace.rebuild.attempt import ClockBound, Node

_Bounds = tuple[int | None, int]


def clocks_of(nodes: Sequence[Node]) -> tuple[ClockBound, ...]:
    """Return the clocks that are off for certain, by host, of all calls from one host to another together."""
    bounds: dict[tuple[str, str], _Bounds] = {}
    for (host, other), (least, most) in _calls(nodes):
        known_least, known_most = bounds.get((host, other), (None, most))
        least = known_least if least is None else max(least, least if known_least is None else known_least)
        bounds[host, other] = least, min(most, known_most)
    return tuple(_off(*hosts, *bound) for hosts, bound in sorted(bounds.items()) if _is_off(*bound))


def _calls(nodes: Sequence[Node]) -> Iterator[tuple[tuple[str, str], _Bounds]]:
    """Yield, for each call between hosts, how far the clock of the called one is ahead at least and at most."""
    for node in nodes:
        above = None if node.parent is None else nodes[node.parent]
        if above is None or above.span is None or node.span is None or node.span.host == above.span.host:
            continue
        is_answered = (above.span.kind, node.span.kind) == ("CLIENT", "SERVER") and not node.end_estimated
        fits = is_answered and node.end_ns - node.start_ns <= above.end_ns - above.start_ns
        least = node.end_ns - above.end_ns if fits else None  # a longer one was given up, and ran on
        yield (node.span.host, above.span.host), (least, node.start_ns - above.start_ns)


def _is_off(least: int | None, most: int) -> bool:
    return most < 0 or (least is not None and 0 < least <= most)


def _off(host: str, other: str, least: int | None, most: int) -> ClockBound:
    return ClockBound(host, other, least if least is None or least <= most else None, most)
