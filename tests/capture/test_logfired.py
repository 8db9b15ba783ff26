"""Log lines of Logfire's, which it makes spans."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from serving import OPENID, in_push

import wxtrace
from wxtrace.capture.provider import origin


@pytest.fixture(name="provider")
def an_sdk(captured):
    """An SDK's provider that we have joined."""
    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    origin.decide()
    return provider


def log(provider, scope, **told):
    """Log as Logfire does: by a span that ends when it begins."""
    told = {"logfire.span_type": "log", "logfire.msg": "menu of a", **told}
    provider.get_tracer(scope).start_span("menu of {name}", attributes=told).end()


@pytest.mark.parametrize(
    ("level", "severity"),
    [(5, "debug"), (9, "info"), (13, "warning"), (17, "error"), (21, "critical"), ("?", "info")],
)
def test_a_line(captured, provider, level, severity):
    """A line is recorded as a line of the span that it was made under, not as a span."""
    with in_push(), wxtrace.span("logic", "menu", "reply") as span:
        log(provider, "logfire", name="a", **{"logfire.level_num": level})
    (line,) = captured.logs

    assert ("menu of a", severity, "logfire", OPENID, "menu") == (
        *(line.event, line.severity, line.logger, line.openid),
        line.module,
    )
    assert (f"{span.get_span_context().span_id:016x}", {"name": "a"}) == (line.span_id, line.attributes)
    assert ["menu"] == [one.module for one in captured.spans]


def test_a_line_of_another_logger(captured, provider):
    """What Logfire has from `logging` is left to `LogHandler`, and a line of no push to nobody."""
    with in_push():
        log(provider, "logfire.stdlib.logging")
    log(provider, "logfire")

    assert ([], []) == (captured.logs, captured.spans)


def test_a_span_of_logfire_s(captured, provider):
    """Its spans are spans."""
    provider.get_tracer("logfire").start_span("reply", attributes={"logfire.span_type": "span"}).end()

    assert ["logfire"] == [span.module for span in captured.spans]
