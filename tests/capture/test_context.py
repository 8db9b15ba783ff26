"""OpenTelemetry's current context, by the shortest way."""

from __future__ import annotations

import importlib
from contextvars import copy_context

import pytest
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, SpanContext

from wxtrace.capture import context

SPAN = NonRecordingSpan(SpanContext(5, 6, is_remote=False))


class AnotherRuntime:
    """A runtime that is not the stock one, as an entry point may bring it."""

    def __init__(self):
        self.stack = [otel_context.Context()]

    def get_current(self):
        """Return what is on top."""
        return self.stack[-1]

    def attach(self, new):
        """Put *new* on top."""
        self.stack.append(new)

    def detach(self, token):
        """Take it off."""
        self.stack.pop()


@pytest.fixture(name="module", params=["stock", "another"])
def on_a_runtime(request, monkeypatch):
    """The module as it is on the stock runtime, and on another one."""
    if request.param == "another":
        monkeypatch.setattr(otel_context, "_RUNTIME_CONTEXT", AnotherRuntime())
    yield importlib.reload(context)
    monkeypatch.undo()
    importlib.reload(context)


def test_what_is_attached_is_current_for_everybody(module):
    """A span that we attach is OpenTelemetry's current one, and no more when it is detached."""
    token = module.attach(module.with_span(module.current(), SPAN))
    seen = trace.get_current_span()
    module.detach(token)

    assert (SPAN, INVALID_SPAN) == (seen, trace.get_current_span())


def test_what_others_attach_is_current_for_us(module):
    """A span that somebody else attaches is found under the key."""
    token = otel_context.attach(trace.set_span_in_context(SPAN))
    seen = module.current().get(module.SPAN_KEY)
    otel_context.detach(token)

    assert SPAN is seen


def test_a_copy_keeps_what_else_is_there():
    """Baggage and the like stay in the context that a span is put into; the original is left alone."""
    original = otel_context.set_value("key", 1, otel_context.Context())
    copy = context.with_span(original, SPAN)

    assert ({"key": 1}, {"key": 1, context.SPAN_KEY: SPAN}) == (dict(original), dict(copy))


def test_a_token_of_another_context():
    """What was attached in another task's context is left alone, without a word."""
    token = copy_context().run(context.attach, context.with_span(context.current(), SPAN))
    context.detach(token)

    assert INVALID_SPAN is trace.get_current_span()
