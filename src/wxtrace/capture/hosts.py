"""Which HTTP hosts are one's own, so that they may be told a person's openid."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Final

_NAME: Final = re.compile(r"[a-z0-9_.-]+")
_OWN: Final = (".local", ".localhost", ".internal", ".intranet", ".lan", ".home.arpa", ".svc", ".cluster.local")


class Hosts:
    """
    Tells one's own hosts from those of others.

    One's own are loopback and private addresses, names without a dot (a container's, a service's), names under
    those endings that no public name has (``.internal``, ``.svc.cluster.local``, …), and what is named.

    Args:
        named: Patterns of further names, such as ``*.example.com``.
    """

    def __init__(self, named: Iterable[str] = ()) -> None:
        self._named = tuple(pattern.strip().lower() for pattern in named if pattern.strip())

    def is_own(self, host: str) -> bool:
        """Say whether *host* is one's own; the port may be left on it."""
        name = _without_port(host.strip().lower()).rstrip(".")
        address = _is_private(name)
        if address is not None:
            return address or self._is_named(name)
        if _NAME.fullmatch(name) is None:
            return False
        return "." not in name or name.endswith(_OWN) or self._is_named(name)

    def _is_named(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._named)


def is_own_address(address: str) -> bool:
    """Say whether the peer of a connection is loopback or private; "" is one on a socket of this machine."""
    return not address or _is_private(_without_port(address)) is True


def _is_private(name: str) -> bool | None:
    """Say whether an IP address is private; None for what is none."""
    try:
        address = ip_address(name)
    except ValueError:
        return None
    return address.is_private and not address.is_unspecified


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
