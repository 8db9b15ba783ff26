"""
The tag carried to other processes by OpenTelemetry's own means.

Instrumentations of HTTP clients, Celery and aio-pika ask the global propagator to put the trace context into
what they send. Ours stands around the one that is there, and adds the tag to the baggage: of messages, and of
HTTP requests to hosts of one's own. An openid is personal data: others never get it. WeChat's own API, which has no
use for any of it, gets no header at all.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from wxtrace.capture.carried import BAGGAGE, MEMBER, read_baggage, read_value, value_of
from wxtrace.capture.hosts import Hosts
from wxtrace.capture.provider import origin, recorded
from wxtrace.capture.recorder import recorder
from wxtrace.capture.urls import host_of, is_weixin
from wxtrace.row import CARRIED
from wxtrace.tag import current_request

_ADDRESSES: Final = ("server.address", "net.peer.name", "http.host", "net.peer.ip")
_URLS: Final = ("url.full", "http.url")


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
        """Let the other one put in what it carries, and the tag if it may go there; to WeChat goes neither."""
        here = ctx.current() if context is None else context
        host = _host_asked(here.get(ctx.SPAN_KEY))
        if host is not None and is_weixin(host.lower()):
            return
        request = current_request() if recorder.enabled else None
        if request is None or request.stamp is None or not (host is None or self.hosts.is_own(host)):
            self.inner.inject(carrier, context, setter)
            return
        before = _baggage_in(carrier)
        self.inner.inject(carrier, baggage.set_baggage(MEMBER, value_of(request), here), setter)
        if BAGGAGE not in self.inner.fields:
            setter.set(carrier, BAGGAGE, f"{MEMBER}={value_of(request)}")
        if before:
            setter.set(carrier, BAGGAGE, _merged(before, _baggage_in(carrier)))

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """Return *context* with what *carrier* holds; the tag is not left in the baggage, which is handed on."""
        if recorder.enabled and not origin.decided:  # a worker's first job comes before any span of ours
            origin.decide()
        here = self.inner.extract(carrier, context, getter)
        value = baggage.get_baggage(MEMBER, here)
        if value is not None:
            carried = read_value(str(value))
            here = baggage.remove_baggage(MEMBER, here)
        else:
            told = map(read_baggage, getter.get(carrier, BAGGAGE) or ())
            carried = next((one for one in told if one is not None), None)
        return here if carried is None else Context({**here, CARRIED: carried})

    @property
    def fields(self) -> set[str]:
        """The headers that it may set."""
        return {*self.inner.fields, BAGGAGE}


def _baggage_in(carrier: object) -> str:
    """Return the baggage that others have put in already: Sentry does, and who sets the header takes it away."""
    if not isinstance(carrier, Mapping):
        return ""
    told = carrier.get(BAGGAGE) or carrier.get(BAGGAGE.title())
    return told.decode("latin-1") if isinstance(told, bytes) else str(told or "")


def _merged(before: str, after: str) -> str:
    """Return the members of both headers; of those with the same key the later one."""
    members = {one.partition("=")[0].strip(): one.strip() for one in f"{before},{after}".split(",") if one.strip()}
    return ",".join(members.values())


def place(hosts: Hosts) -> None:
    """Stand around the global propagator, once."""
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


def _host_asked(span: object) -> str | None:
    """Return the host that an HTTP request of *span* goes to, "" where it is not told; None: it sends a message."""
    if getattr(span, "kind", None) is not SpanKind.CLIENT:
        return None
    return _host(getattr(recorded(span), "attributes", None) or getattr(span, "attributes", None) or {})


def _host(attributes: Mapping[str, Any]) -> str:
    for key in _URLS:
        if key in attributes:
            return host_of(str(attributes[key]))
    return next((str(attributes[key]) for key in _ADDRESSES if key in attributes), "")
