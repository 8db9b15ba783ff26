"""Tracing and logging, set up once, before the app is made."""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.trace import TracerProvider

import wxtrace


def set_up(tracing: str) -> None:
    """
    Start wxtrace, and let every log line pass through it on its way to stdout.

    Args:
        tracing: As in `Settings`; for ``sdk`` an OpenTelemetry provider is set first, and wxtrace joins it.
    """
    if tracing == "sdk":
        trace.set_tracer_provider(TracerProvider())
    wxtrace.start(service="wx-callback")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            wxtrace.structlog_processor,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        cache_logger_on_first_use=True,
    )


def watch(engine: sa.Engine) -> None:
    """Let OpenTelemetry's own instrumentation make a span of every SQL statement."""
    # The instrumentation refuses SQLAlchemy 2.1 by its version alone; it works.
    SQLAlchemyInstrumentor().instrument(engine=engine, skip_dep_check=True)
