"""
The propagator ``wxtrace`` of ``OTEL_PROPAGATORS=tracecontext,baggage,wxtrace``; it comes last.

It is made while OpenTelemetry's propagators are being imported, so that what it does is imported at its first use.
"""

from __future__ import annotations

import os
from functools import cached_property

from opentelemetry.context.context import Context
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)


class WxtracePropagator(TextMapPropagator):
    """Carries the tag in ``baggage``, where the app does not call `wxtrace.start`, which sees to it by itself."""

    @cached_property
    def _carrying(self) -> TextMapPropagator:
        from opentelemetry.baggage.propagation import W3CBaggagePropagator

        from wxtrace.capture.hosts import Hosts
        from wxtrace.capture.propagator import TagPropagator

        told = os.environ.get("WXTRACE_CARRY_TO", "")
        return TagPropagator(W3CBaggagePropagator(), Hosts(tuple(filter(None, told.split(",")))))

    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        """Put the baggage in, and the tag if it may go where *carrier* goes."""
        self._carrying.inject(carrier, context, setter)

    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        """Return *context* with the tag that *carrier* holds."""
        return self._carrying.extract(carrier, context, getter)

    @property
    def fields(self) -> set[str]:
        """The headers that it may set."""
        return {"baggage"}
