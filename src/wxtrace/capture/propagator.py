"""
The tag carried to other processes by OpenTelemetry's own means.

Instrumentations of HTTP clients, Celery and aio-pika ask the global propagator to put the trace context into
what they send. Ours stands around the one that is there, and adds the tag to the baggage: of messages, and of
HTTP requests to hosts of one's own. An openid is personal data: others never get it. WeChat's own API, which has no
use for any of it, gets no header at all.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from opentelemetry import baggage, propagate
from opentelemetry.context.context import Context
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)
from opentelemetry.trace import SpanKind

from wxtrace.capture import context as ctx
from wxtrace.capture.carried import BAGGAGE, MEMBER, Carried, due_in, read_baggage, read_value, value_of
from wxtrace.capture.hosts import Hosts
from wxtrace.capture.provider import origin, recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.redirects import baggage_in, hosts_in, rule, take, take_all, take_tag
from wxtrace.capture.urls import host_of, is_weixin
from wxtrace.row import CARRIED
from wxtrace.tag import current_request

_ADDRESSES: Final = ("server.address", "net.peer.name", "http.host", "net.peer.ip")
_URLS: Final = ("url.full", "http.url")
_log = logging.getLogger("wxtrace")


class TagPropagator(TextMapPropagator):
    """
    Carries the tag in ``baggage``, beside what another propagator carries.

    Args:
        inner: The other one.
        hosts: Which HTTP hosts are one's own.
    """

    def __init__(self, inner: TextMapPropagator, hosts: Hosts) -> None:
        self.inner = inner
        self.hosts = hosts

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """
        Let the other one put in what it carries, and the tag if it may go there; to WeChat goes neither.

        What may not go there is taken out too: a client copies headers to where it is redirected. Never raises.
        """
        try:
            self._inject(carrier, ctx.current() if context is None else context, setter)
        except Exception:  # a carrier, or what is to be carried, of any type
            _log.debug("wxtrace: not all of a context was put into what is sent", exc_info=True)

    def _inject(self, carrier: CarrierT, here: Context, setter: Setter[CarrierT]) -> None:
        hosts = _hosts_asked(here.get(ctx.SPAN_KEY), carrier)
        if any(map(is_weixin, hosts)):
            take_all(carrier)
        elif not all(map(self.hosts.is_own, hosts)):
            take_tag(carrier)
            self.inner.inject(carrier, here, setter)
        else:
            self._inject_tag(carrier, here, setter)

    def _inject_tag(self, carrier: CarrierT, here: Context, setter: Setter[CarrierT]) -> None:
        request = current_request() if recorder.enabled else None
        if request is None or request.stamp is None:
            self.inner.inject(carrier, here, setter)
            return
        before = baggage_in(carrier)
        value = value_of(request, due_in(before, request))
        if before and isinstance(carrier, MutableMapping):
            take(carrier, BAGGAGE)  # it may stand there by a name in another case, and would be sent twice
        self.inner.inject(carrier, baggage.set_baggage(MEMBER, value, here), setter)
        if BAGGAGE not in self.inner.fields:
            setter.set(carrier, BAGGAGE, f"{MEMBER}={value}")
        if before:
            setter.set(carrier, BAGGAGE, _merged(before, baggage_in(carrier)))

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """Return *context* with what *carrier* holds; the tag is not left in the baggage, which is handed on."""
        if recorder.enabled and not origin.decided:  # a worker's first job comes before any span of ours
            origin.decide()
        try:
            here = self.inner.extract(carrier, context, getter)
        except Exception:  # what comes in is of any type: contrib hands it on as it is
            _log.debug("wxtrace: what was received reads as no context", exc_info=True)
            here = Context() if context is None else context
        value = baggage.get_baggage(MEMBER, here)
        if value is not None:
            carried = read_value(str(value))
            here = baggage.remove_baggage(MEMBER, here)
        else:
            carried = _carried_in(carrier, getter)
        return here if carried is None else Context({**here, CARRIED: carried})

    @property
    def fields(self) -> set[str]:
        """The headers that it may set."""
        return {*self.inner.fields, BAGGAGE}


def _carried_in(carrier: CarrierT, getter: Getter[CarrierT]) -> Carried | None:
    """Return the tag that a carrier's own baggage tells, where the other propagator does not read it."""
    try:
        told = map(read_baggage, getter.get(carrier, BAGGAGE) or ())
        return next((one for one in told if one is not None), None)
    except Exception:
        _log.debug("wxtrace: the baggage that was received reads as none", exc_info=True)
        return None


def _merged(before: str, after: str) -> str:
    """
    Return the members of both headers; of those with the same key the later one.

    Others have put in some already: Sentry does, and who sets the header takes it away.
    """
    members = {one.partition("=")[0].strip(): one.strip() for one in f"{before},{after}".split(",") if one.strip()}
    return ",".join(members.values())


def place(hosts: Hosts) -> None:
    """Stand around the global propagator, once; redirects are followed by the same rule."""
    rule.hosts = hosts
    before = propagate.get_global_textmap()
    if isinstance(before, TagPropagator):
        before.hosts = hosts
    else:
        propagate.set_global_textmap(TagPropagator(before, hosts))


def remove() -> None:
    """Put back the global propagator that was there; what somebody put over ours since then stays."""
    placed = propagate.get_global_textmap()
    if isinstance(placed, TagPropagator):
        propagate.set_global_textmap(placed.inner)


def _hosts_asked(span: object, carrier: object) -> list[str]:
    """Return the hosts that an HTTP request of *span* goes to, "" where it is not told; none for a message."""
    if getattr(span, "kind", None) is not SpanKind.CLIENT:
        return []
    told = getattr(recorded(span), "attributes", None) or getattr(span, "attributes", None) or {}
    return [_host(told).lower(), *hosts_in(carrier)]


def _host(attributes: Mapping[str, Any]) -> str:
    for key in _URLS:
        if key in attributes:
            return host_of(str(attributes[key]))
    return next((str(attributes[key]) for key in _ADDRESSES if key in attributes), "")
