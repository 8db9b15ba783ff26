"""Which HTTP hosts are one's own: only they are told an openid."""

from __future__ import annotations

import pytest

from wxtrace.capture.hosts import Hosts, is_own_address


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "::1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "fd00::1"),
        *("localhost", "crm", "crm:8000", "crm.internal", "CRM.LOCAL", "169.254.1.1"),
        *("menus.default.svc", "menus.default.svc.cluster.local."),
    ],
)
def test_own(host):
    """Loopback and private addresses, names without a dot, endings that no public name has."""
    assert Hosts().is_own(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", "api.weixin.qq.com", "api.weixin.qq.com:443", "8.8.8.8", "2400:da00::1", "0.0.0.0", "172.32.0.1"),
        *("internal.example.com", "local.example", "evil.com/crm.internal", "10.1.2.3.example.com"),
    ],
)
def test_others(host):
    """Everything else belongs to others, whatever it looks like."""
    assert not Hosts().is_own(host)


def test_named():
    """Further hosts are one's own where they are named, by patterns."""
    hosts = Hosts(["*.example.com", " API.example.org ", "", "1.2.3.4"])
    asked = ["a.example.com", "api.example.org:443", "1.2.3.4", "example.com", "b.example.org"]

    assert [True, True, True, False, False] == [hosts.is_own(host) for host in asked]


@pytest.mark.parametrize(
    ("address", "expected"),
    [("", True), ("127.0.0.1", True), ("10.0.0.7", True), ("81.69.101.1", False), ("unknown", False)],
)
def test_who_is_near(address, expected):
    """A peer on this machine or in a private network is near; a public address and a word are not."""
    assert expected is is_own_address(address)
