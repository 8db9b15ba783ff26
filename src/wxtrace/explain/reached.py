"""
Checks of the way to the app: name, address, firewall, and whether anybody was there to record. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from wxtrace.explain import commands
from wxtrace.explain.entrance import entrance_points, is_address
from wxtrace.explain.step import BAD, OK, UNKNOWN, Asked, Counted, Fact, Step, most
from wxtrace.rebuild.arrival import Arrival

if TYPE_CHECKING:
    from wxtrace.scan.evidence import HostSeen


def recording(asked: Asked) -> Step:
    """Was every host recording when the push was under way?"""
    hosts, evidence = asked.hosts, asked.evidence
    if not hosts:
        return Step("recording", UNKNOWN, "nobody_known")
    gaps = [(host, gap) for host in hosts for gap in _gaps(host, asked.when)]
    missed = [(host, gap) for host, gap in gaps if not _is_to_come(host, gap)]
    if missed:
        host, (first_ns, last_ns) = max(missed, key=lambda pair: pair[1][1] - pair[1][0])
        count = len({host.host for host, _ in missed})
        facts: dict[str, Fact] = {"host": host.host, "from_at": first_ns, "to_at": last_ns, "count": count}
        return Step("recording", BAD, "not_recorded", facts)
    if evidence.dropped:
        return Step("recording", BAD, "dropped", {"dropped": evidence.dropped})
    if evidence.damaged:
        return Step("recording", BAD, "damaged", {"count": len(evidence.damaged)})
    if gaps:
        return Step("recording", UNKNOWN, "too_early", {"again_at": asked.when[1]})
    return Step("recording", OK, "recorded", {"count": len(hosts)})


def _gaps(host: HostSeen, when: tuple[int, int]) -> list[tuple[int, int]]:
    """Return what a host did not record of a time."""
    met = ((max(first_ns, when[0]), min(last_ns, when[1])) for first_ns, last_ns in host.gaps)
    return [(first_ns, last_ns) for first_ns, last_ns in met if first_ns < last_ns]


def _is_to_come(host: HostSeen, gap: tuple[int, int]) -> bool:
    """Say whether a gap begins with the lookup: the host still records, and that time is not over."""
    return host.alive > 0 and host.last_ns is not None and gap[0] >= host.last_ns


def url(asked: Asked) -> Step:
    """Is the URL that the alarm names one by which pushes come in?"""
    path, host = asked.alarm.url_path or "", asked.alarm.url_host or ""
    if not path and not host:
        return Step("url", UNKNOWN, "url_not_said", {"entrances": _entrances(asked.pushes)})
    facts: dict[str, Fact] = {
        "url": host + path,
        "entrances": _entrances(asked.pushes),
        "attempts": len(asked.pushes),
    }
    fits = _fitting(asked, "3rdUrl", "Host")
    if True in fits:
        return Step("url", OK, "url_seen", {**facts, "attempts": fits.count(True)})
    state, answer = (BAD, "url_other") if False in fits else (UNKNOWN, "url_unseen")
    return Step("url", state, answer, {**facts, "attempts": len(fits)})


def dns(asked: Asked) -> Step:
    """Does the name resolve?"""
    host = asked.alarm.url_host
    if host is None:
        return Step("dns", UNKNOWN, "host_not_said")
    if is_address(host):
        return Step("dns", OK, "is_address", {"host": host})
    attempts = sum(one.server is not None and one.server.lower() == host.lower() for one in asked.pushes)
    if attempts:
        return Step("dns", OK, "resolved_for_some", {"host": host, "attempts": attempts}, commands.dig(host))
    return Step("dns", UNKNOWN, "store_cannot_know", {}, commands.dig(host))


def domain(asked: Asked) -> Step:
    """Has the domain expired, or was it changed?"""
    host = asked.alarm.url_host
    named = host is not None and not is_address(host)
    return Step("domain", UNKNOWN, "store_cannot_know", {}, commands.whois(host) if host and named else None)


def ip(asked: Asked) -> Step:
    """Is the address that WeChat sent to one of ours?"""
    said = asked.alarm.ip
    if said is None:
        return Step("ip", UNKNOWN, "ip_not_said")
    fits = _fitting(asked, "IP")
    if True in fits:
        return Step("ip", OK, "ip_seen", {"ip": said, "attempts": fits.count(True)})
    if False in fits:
        return Step("ip", BAD, "ip_other", {"ip": said, "entrances": _entrances(asked.pushes)})
    host = asked.alarm.url_host or _usual_name(asked.pushes)
    if host is None or is_address(host):
        return Step("ip", UNKNOWN, "ip_not_recorded", {"ip": said})
    return Step("ip", UNKNOWN, "ip_by_name", {"ip": said, "host": host}, commands.addresses(host))


def connects(asked: Asked) -> Step:
    """Can one connect to the address from outside?"""
    said, attempts = asked.alarm.ip, len(asked.pushes)
    command = commands.connect(said, _port(asked)) if said else None
    if attempts:
        return Step("connects", OK, "others_connected", {"attempts": attempts}, command)
    return Step("connects", UNKNOWN, "store_cannot_know", {}, command)


def firewall(asked: Asked) -> Step:
    """Does everything let WeChat's addresses in?"""
    outer, senders = asked.alarm.outer_ip, Counter(one.client for one in asked.pushes)
    seen = {client: count for client, count in senders.items() if client == outer or _is_public(client)}
    facts: dict[str, Fact] = {"addresses": len(seen), "clients": most(Counter(seen).elements())}
    if not seen:
        if not asked.pushes:
            return Step("firewall", UNKNOWN, "no_sender", {}, commands.CALLBACK_IPS)
        private = most(one.client for one in asked.pushes)
        return Step("firewall", UNKNOWN, "senders_hidden", {"clients": private}, commands.CALLBACK_IPS)
    if outer is None:
        return Step("firewall", UNKNOWN, "outer_ip_not_said", facts, commands.CALLBACK_IPS)
    if outer in seen:
        return Step("firewall", OK, "outer_ip_seen", {**facts, "ip": outer, "attempts": seen[outer]})
    return Step("firewall", UNKNOWN, "outer_ip_unseen", {**facts, "ip": outer}, commands.CALLBACK_IPS)


def wechats_test(asked: Asked) -> Step:
    """What does WeChat's own test of name and ping say?"""
    return Step("wechats_test", UNKNOWN, "store_cannot_know", {}, commands.CALLBACK_CHECK)


def nginx(asked: Asked) -> Step:
    """Does nginx complain of connections?"""
    return Step("nginx", UNKNOWN, "store_cannot_know", {}, commands.NGINX_ERRORS)


def _fitting(asked: Asked, *what: str) -> list[bool | None]:
    """Compare each attempt with what the alarm says; None where nothing can be compared."""
    known = {(one.server, one.path): one for one in asked.pushes}  # few entrances, many attempts
    fits = {entrance: _fits(asked, one, what) for entrance, one in known.items()}
    return [fits[one.server, one.path] for one in asked.pushes]


def _fits(asked: Asked, one: Arrival, what: tuple[str, ...]) -> bool | None:
    fits = {point.fits for point in entrance_points(asked.alarm, one) if point.what in what}
    return False if False in fits else True if True in fits else None


def _entrances(pushes: Iterable[Arrival]) -> Counted:
    return most(f"{one.server or ''}{one.path or ''}" for one in pushes)


def _usual_name(pushes: Iterable[Arrival]) -> str | None:
    named = most(one.server for one in pushes if one.server and "." in one.server and not is_address(one.server))
    return named[0][0] if named else None


def _port(asked: Asked) -> int:
    return 443 if (asked.alarm.url or "").lower().startswith("https:") else 80


def _is_public(client: str | None) -> bool:
    try:
        return ip_address(client or "").is_global
    except ValueError:
        return False
