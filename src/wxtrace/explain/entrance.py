"""
By which way an attempt came in: what the alarm says of it, against what was recorded.

WeChat sends from many addresses and retries from another one, so a different
sender alone proves nothing; a different target is another entrance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from wxtrace.alarm.alarm import Alarm
from wxtrace.rebuild.arrival import Arrival

_TARGETS: Final = ("IP", "3rdUrl", "Host")


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that an alarm says, and what was recorded; `fits` is None where they cannot be compared."""

    what: str
    said: str
    recorded: str | None
    fits: bool | None


def entrance_points(alarm: Alarm, arrival: Arrival) -> Iterator[Point]:
    """Yield OuterIP, IP, and the path and host of 3rdUrl against an attempt, as far as the alarm has them."""
    if alarm.outer_ip:
        yield Point("OuterIP", alarm.outer_ip, arrival.client, _same_address(alarm.outer_ip, arrival.client))
    if alarm.ip:
        yield Point("IP", alarm.ip, arrival.server, _same_address(alarm.ip, arrival.server))
    if alarm.url_path:
        yield Point("3rdUrl", alarm.url_path, arrival.path, _same_path(alarm.url_path, arrival.path))
    if alarm.url_host:
        yield Point("Host", alarm.url_host, arrival.server, _same_host(alarm.url_host, arrival.server))


def another_target(points: Iterable[Point]) -> str | None:
    """Return the target that the alarm names, if it is another one than that to which an attempt came."""
    other = next((point for point in points if point.what in _TARGETS and point.fits is False), None)
    return None if other is None else f"{other.what} {other.said}"


def _same_address(said: str, recorded: str | None) -> bool | None:
    """Compare two addresses; a name, or a private address in place of a public one (a proxy's), says nothing."""
    try:
        ours, theirs = ip_address(recorded or ""), ip_address(said)
    except ValueError:
        return None
    if ours == theirs:
        return True
    return False if ours.is_private == theirs.is_private else None


def _same_path(said: str, recorded: str | None) -> bool | None:
    """Compare two paths; a proxy may have put a prefix on, or taken one off."""
    if recorded is None:
        return None
    one, other = said.rstrip("/") or "/", recorded.rstrip("/") or "/"
    shorter, longer = sorted((one, other), key=len)
    return one == other or (shorter != "/" and longer.endswith(shorter))


def _same_host(said: str, recorded: str | None) -> bool | None:
    """Compare two host names; an address in place of a name says nothing: a proxy may not pass the name on."""
    if recorded is None or is_address(recorded) or "." not in recorded or is_address(said):
        return None
    return said.lower().rstrip(".") == recorded.lower().rstrip(".")


def is_address(text: str) -> bool:
    """Say whether a host is an address, IPv6 in brackets or not, and no name."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
