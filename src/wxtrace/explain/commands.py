"""
What to type where the store cannot answer. What an alarm says is hostile, and quoted for a shell.
"""

from __future__ import annotations

from shlex import quote
from typing import Final

_API = "https://api.weixin.qq.com/cgi-bin"
_RESOLVER = "@182.254.116.116"  # the one that the guide names

CALLBACK_IPS: Final = f"curl -s '{_API}/getcallbackip?access_token=ACCESS_TOKEN'"
"""Asks WeChat for the addresses that it sends from."""

CALLBACK_CHECK: Final = (
    f"curl -s '{_API}/callback/check?access_token=ACCESS_TOKEN'"
    ' -d \'{"action":"all","check_operator":"DEFAULT"}\''
)
"""Has WeChat resolve the name and ping the host."""

START_TICKETS: Final = (
    f"curl -s '{_API}/component/api_start_push_ticket'"
    ' -d \'{"component_appid":"COMPONENT_APPID","component_secret":"COMPONENT_SECRET"}\''
)
"""Has WeChat begin to push tickets."""

LOAD: Final = "uptime; vmstat 5 5; netstat -n | awk '/^tcp/ {++S[$NF]} END {for(a in S) print a, S[a]}'; ulimit -n"
"""The guide's tools for a host that may have too much to do."""

NGINX_ERRORS: Final = (
    r"grep -E 'connect\(\) failed|Connection (refused|reset by peer|timed out)' /var/log/nginx/error.log | tail"
)
"""What nginx writes where it has too many connections, or nobody behind it answers."""


def dig(host: str) -> str:
    """Return what resolves a name as the guide has it done."""
    return f"dig {_RESOLVER} {_plain(host)}"


def addresses(host: str) -> str:
    """Return what prints the addresses of a name alone."""
    return f"dig +short {_RESOLVER} {_plain(host)}"


def whois(host: str) -> str:
    """Return what tells whether a domain is still registered."""
    return f"whois {_plain(host)}"


def connect(ip: str, port: int) -> str:
    """Return what tries to connect to an address, for as long as WeChat does."""
    return f"nc -vz -w 5 {_plain(ip)} {port}"


def _plain(text: str) -> str:
    """Quote a name; a dash or an at-sign in front of it would make it an option."""
    return quote(text.lstrip("-@+"))
