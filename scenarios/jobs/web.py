"""The web server of a run: it leaves a job for later, and replies success."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace
from scenarios.jobs.place import broker, queue


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with broker().connected(queue()) as app.state.publish:
        yield


async def callback(request: Request) -> PlainTextResponse:
    """Leave the push for later."""
    with wxtrace.span("logic", "reply.later", "leave it for later"):
        await request.app.state.publish(request.query_params["openid"])
    return PlainTextResponse("success")


def make_app() -> wxtrace.AccessMiddleware:
    """Return the app; uvicorn calls this."""
    routes = [Route("/callback", callback, methods=["POST"])]
    return wxtrace.AccessMiddleware(Starlette(lifespan=_lifespan, routes=routes))
