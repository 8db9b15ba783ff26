"""
Clocks of hosts that are proven to be off: what was called seems to lie outside of its call. Pure.

Nothing is corrected by it. What a host was called for cannot begin before the call, and where that was answered
not after it; so the difference of two clocks lies between two bounds. When it ends tells nothing: a caller is done
with the head of a reply, and a service works on after its reply.
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
        is_call = (above.span.kind, node.span.kind) == ("CLIENT", "SERVER") and not above.end_estimated
        is_answered = is_call and above.span.status_code != "ERROR"
        least = node.start_ns - above.end_ns if is_answered else None
        yield (node.span.host, above.span.host), (least, node.start_ns - above.start_ns)


def _is_off(least: int | None, most: int) -> bool:
    return most < 0 or (least is not None and 0 < least <= most)


def _off(host: str, other: str, least: int | None, most: int) -> ClockBound:
    return ClockBound(host, other, least if least is None or least <= most else None, most)
