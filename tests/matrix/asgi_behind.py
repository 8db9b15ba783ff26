"""The second service of ours on an event loop: who is on one asks it over HTTP."""

from __future__ import annotations

from matrix import steps
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace

steps.start("stock")


async def stock(request: Request) -> PlainTextResponse:
    """Answer what is in stock."""
    steps.work("stock")
    return PlainTextResponse("7")


app = wxtrace.AccessMiddleware(Starlette(routes=[Route("/stock", stock)]))
