"""Tracers of the app's SDK while we have joined it."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from serving import OPENID, STAMP, read_body, replying, serve

from wxtrace import AccessMiddleware
from wxtrace.capture.sdk_tracer import joining


def an_sdk(sampler=sampling.ALWAYS_ON):
    """Return an SDK's provider, and what it exports."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(sampler=sampler, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, exporter


async def menu(request, receive, send):
    """Ask a cache by an instrumentation, and reply."""
    await read_body(receive)
    with trace.get_tracer("opentelemetry.instrumentation.redis").start_as_current_span("GET", kind=SpanKind.CLIENT):
        pass
    await replying()(request, receive, send)


@pytest.mark.parametrize("sampler", [sampling.ALWAYS_OFF, sampling.ParentBased(sampling.ALWAYS_OFF)])
def test_what_a_sampler_drops(captured, sampler):
    """What an SDK's sampler drops of a push is recorded, instrumentations' spans too, and exported by nobody."""
    provider, exporter = an_sdk(sampler)
    trace.set_tracer_provider(provider)
    serve(AccessMiddleware(menu))

    assert {("asgi", OPENID, STAMP), ("redis", OPENID, STAMP)} == {
        (span.module, span.openid, span.stamp) for span in captured.spans
    }
    assert captured.span("asgi").span_id == captured.span("redis").parent_span_id
    assert () == exporter.get_finished_spans()


def test_what_is_dropped_is_told_as_such(captured):
    """To who hands on the trace context, what was dropped is not sampled."""
    provider, _ = an_sdk(sampling.ALWAYS_OFF)
    trace.set_tracer_provider(provider)
    seen = []

    async def app(request, receive, send):
        """Look at the spans."""
        with trace.get_tracer("app.menu").start_as_current_span("menu") as span:
            seen.extend([trace.get_current_span().get_span_context(), span.is_recording()])
        await replying()(request, receive, send)

    serve(AccessMiddleware(app))

    assert (False, True) == (seen[0].trace_flags.sampled, seen[1])


def test_a_push_that_a_sampler_drops_without_our_middleware(captured):
    """A push that contrib's middleware alone has, and a sampler drops, is recorded all the same."""
    provider, exporter = an_sdk(sampling.ALWAYS_OFF)
    trace.set_tracer_provider(provider)
    serve(AccessMiddleware(replying()))
    captured.packed.clear()
    serve(OpenTelemetryMiddleware(menu))

    assert {("asgi", OPENID), ("redis", OPENID)} <= {(span.module, span.openid) for span in captured.spans}
    assert () == exporter.get_finished_spans()


def test_a_provider_of_its_own(captured):
    """An instrumentation inside of ours that has a provider of its own gets its own server span there."""
    ours, _ = an_sdk()
    trace.set_tracer_provider(ours)
    other, exporter = an_sdk()
    serve(AccessMiddleware(OpenTelemetryMiddleware(menu, tracer_provider=other, exclude_spans=["receive", "send"])))

    assert ["POST /wechat"] == [span.name for span in exporter.get_finished_spans()]
    assert {"asgi", "redis"} == {span.module for span in captured.spans}


def test_messages_that_pass(captured):
    """Of contrib's spans of messages an exporter gets all, and our own records none."""
    provider, exporter = an_sdk()
    trace.set_tracer_provider(provider)
    serve(OpenTelemetryMiddleware(AccessMiddleware(menu)))
    captured.packed.clear()
    exporter.clear()
    serve(OpenTelemetryMiddleware(AccessMiddleware(menu)))

    assert ["asgi", "redis"] == sorted(span.module for span in captured.spans)
    assert {"POST /wechat", "POST /wechat http receive", "POST /wechat http send", "GET"} == {
        span.name for span in exporter.get_finished_spans()
    }


def test_it_can_be_removed(captured):
    """The tracers' own method can be put back."""
    provider, _ = an_sdk(sampling.ALWAYS_OFF)
    trace.set_tracer_provider(provider)
    serve(AccessMiddleware(replying()))
    joining.remove()
    captured.packed.clear()
    serve(AccessMiddleware(menu))

    assert {"asgi"} == {span.module for span in captured.spans}
