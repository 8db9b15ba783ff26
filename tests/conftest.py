"""Fixtures that every room's tests share."""

from __future__ import annotations

import pytest
import structlog
from hypothesis import HealthCheck, settings
from opentelemetry import trace
from opentelemetry.util._once import Once

import wxtrace
from wxtrace import wiring
from wxtrace.capture import context, provider, spans
from wxtrace.capture.recorder import recorder
from wxtrace.tag import current_request
from wxtrace.testing import capture_records

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("same")
"""No test is judged by the clock, or by what is drawn today: `--hypothesis-profile=untimed` draws anew."""

CLEAN = {
    "recording": False,
    "started": None,
    "request": None,
    "span": None,
    "decided": False,
    "sdk": None,
    "provider": None,
    "hearers": [],
    "structlog": False,
}


def state() -> dict[str, object]:
    """Return what of wxtrace, OpenTelemetry and structlog outlives a test."""
    return {
        "recording": recorder.enabled,
        "started": wiring._started,
        "request": current_request(),
        "span": context.current().get(context.SPAN_KEY),
        "decided": provider.origin.decided,
        "sdk": provider.origin.sdk,
        "provider": trace._TRACER_PROVIDER,
        "hearers": list(spans.on_ended),
        "structlog": structlog.is_configured(),
    }


def reset() -> None:
    """Forget what a test has set up and no process could: OpenTelemetry's slot is taken once for life."""
    wxtrace.stop()
    vars(provider.origin).update(vars(provider.Origin()))
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = None, Once()
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def clean():
    """Every test finds all global state clean, and leaves it so."""
    assert CLEAN == state()

    yield

    reset()
    assert CLEAN == state()


@pytest.fixture(name="captured")
def capture():
    """What is recorded in the test, in memory."""
    with capture_records() as captured:
        yield captured
