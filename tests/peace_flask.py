"""A Flask app that knows nothing of wxtrace, for `opentelemetry-instrument`."""

from __future__ import annotations

import logging

from flask import Flask, request
from opentelemetry import trace

app = Flask(__name__)
_log = logging.getLogger("app")


@app.post("/push")
def push() -> str:
    """Handle a push."""
    request.get_data()
    with trace.get_tracer("app.menu").start_as_current_span("menu"):
        _log.warning("menu of %s", request.args["openid"])
    return "success"
