"""Environment variables that are flags of `opentelemetry-instrument` too: ``--wxtrace_store``."""

from __future__ import annotations

from typing import Final

OTEL_WXTRACE_STORE: Final = "OTEL_WXTRACE_STORE"
"""The store of an app that does not call `wxtrace.start`; a folder or URL, as for `start`."""
