"""The app of the matrix in Starlette."""

from __future__ import annotations

from matrix import steps
from matrix.hops import answer
from matrix.pushes import asked
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import wxtrace

steps.start("matrix")


async def receive(request: Request) -> PlainTextResponse:
    """Take a push, and answer it."""
    text = asked(request.query_params, await request.body())
    return PlainTextResponse(await answer(text, request.query_params["openid"]))


app = Starlette(routes=[Route("/callback", receive, methods=["POST"])])
app.add_middleware(wxtrace.AccessMiddleware)
