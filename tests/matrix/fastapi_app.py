"""The app of the matrix in FastAPI."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from matrix import steps
from matrix.hops import answer
from matrix.pushes import asked

import wxtrace

steps.start("matrix")

app = FastAPI()
app.add_middleware(wxtrace.AccessMiddleware)


@app.post("/callback")
async def receive(request: Request) -> Response:
    """Take a push, and answer it."""
    text = asked(request.query_params, await request.body())
    return Response(await answer(text, request.query_params["openid"]))
