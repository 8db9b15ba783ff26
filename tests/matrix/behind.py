"""The second service of ours, which the app asks over HTTP."""

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
