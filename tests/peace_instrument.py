"""An app that knows nothing of wxtrace, for `opentelemetry-instrument`; and, as `aware`, the same app with it."""

from __future__ import annotations

import logging
import os

from fastapi import FastAPI, Request, Response
from opentelemetry import trace
from starlette.background import BackgroundTask

app = FastAPI(openapi_url=None, telemetry={"tracing": False})
_log, _later = logging.getLogger("app"), logging.getLogger("later")


@app.post("/push")
async def push(request: Request) -> Response:
    """Handle a push."""
    await request.body()
    with trace.get_tracer("app.menu").start_as_current_span("menu"):
        _log.warning("menu of %s", request.query_params["openid"])
    return Response("success", background=BackgroundTask(_later.warning, "replied"))


if os.environ.get("AWARE") == "1":
    import wxtrace

    wxtrace.start(service="aware", sealer=False)
    logging.getLogger().addHandler(wxtrace.LogHandler())
    app.add_middleware(wxtrace.AccessMiddleware)
