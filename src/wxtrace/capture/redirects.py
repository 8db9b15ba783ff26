"""
Headers that a host may not have are taken out, where a client copies them to where it is redirected.

httpx asks the propagator again for each hop. requests, aiohttp and urllib make one span for all of them, and ask
once: those are hooked where they follow a redirect.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final

from wxtrace.capture.carried import BAGGAGE, MEMBER, TRACEPARENT, text_of, without_member
from wxtrace.capture.hosts import Hosts
from wxtrace.capture.recorder import recorder
from wxtrace.capture.urls import host_of, is_weixin
from wxtrace.capture.waits.hooks import Hook, Method

_TRACESTATE: Final = "tracestate"
_log = logging.getLogger("wxtrace")


class Rule:
    """Which hosts may have the tag; `start` says it."""

    def __init__(self) -> None:
        self.hosts = Hosts()


rule: Final = Rule()
"""That of this process, for redirects."""


def baggage_in(carrier: object) -> str:
    """Return the baggage that is in a carrier, by its name in any case; "" where that cannot be read."""
    if not isinstance(carrier, Mapping):
        return ""
    return ",".join(filter(None, (text_of(value) for name, value in carrier.items() if _is(name, BAGGAGE))))


def hosts_in(carrier: object) -> list[str]:
    """Return the hosts that a ``Host`` header names: behind a forwarder, it says who is asked."""
    if not isinstance(carrier, Mapping):
        return []
    return [host_of(f"//{text_of(value)}") for name, value in carrier.items() if _is(name, "host")]


def take_tag(carrier: object) -> None:
    """Take the tag out of the baggage that is in a carrier; others' baggage stays."""
    before = baggage_in(carrier)
    left = without_member(before)
    if isinstance(carrier, MutableMapping) and MEMBER in before:
        name = take(carrier, BAGGAGE)
        if left:
            carrier[name] = left


def take_all(carrier: object) -> None:
    """Take out of a carrier all that tells of a trace of ours."""
    take_tag(carrier)
    if isinstance(carrier, MutableMapping):
        take(carrier, TRACEPARENT)
        take(carrier, _TRACESTATE)


def take(carrier: MutableMapping[Any, Any], header: str) -> Any:
    """Take a header out of a carrier, whatever the case of its name; return how it was called there."""
    names = [name for name in carrier if _is(name, header)]
    for name in names:
        if name in carrier:  # a mapping of several values a name has let go of all of them
            del carrier[name]
    return names[0] if names else header


def follow(headers: object, url: str) -> None:
    """Take out of *headers* what may not go to *url*, to which a request is redirected. Never raises."""
    try:
        hosts = [host_of(url), *hosts_in(headers)]
        if not recorder.enabled or all(map(rule.hosts.is_own, hosts)):
            return
        if any(map(is_weixin, hosts)):
            take_all(headers)
        else:
            take_tag(headers)
    except Exception:
        _log.debug("wxtrace: headers of a redirect were not looked at", exc_info=True)


def _is(name: object, header: str) -> bool:
    return text_of(name).lower() == header


def _by_requests(plain: Method) -> Callable[..., Any]:
    def rebuild_auth(self: Any, prepared_request: Any, *told: Any, **more: Any) -> Any:
        follow(prepared_request.headers, str(prepared_request.url))
        return plain(self, prepared_request, *told, **more)

    return rebuild_auth


def _by_aiohttp(plain: Method) -> Callable[..., Any]:
    async def send_request_redirect(self: Any, method: Any, url: Any, headers: Any, response: Any) -> Any:
        follow(headers, _joined(url, response))
        return await plain(self, method, url, headers, response)

    return send_request_redirect


def _joined(url: Any, response: Any) -> str:
    """Return where aiohttp is redirected to; "", which is nobody's, where that does not read as a URL."""
    try:
        return str(url.join(type(url)(response.headers.get("Location") or response.headers.get("URI") or "")))
    except Exception:
        return ""


def _by_urllib(plain: Method) -> Callable[..., Any]:
    def redirect_request(self: Any, *told: Any, **more: Any) -> Any:
        request = plain(self, *told, **more)
        if request is not None:
            follow(request.headers, str(request.full_url))
        return request

    return redirect_request


HOOKS: Final = (
    Hook("requests.sessions", "SessionRedirectMixin", "rebuild_auth", _by_requests),
    Hook("aiohttp.tracing", "Trace", "send_request_redirect", _by_aiohttp),
    Hook("urllib.request", "HTTPRedirectHandler", "redirect_request", _by_urllib),
)
"""They are placed while wxtrace records, whoever has switched the instrumentations on."""
