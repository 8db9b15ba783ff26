"""
The callback: takes a message, hands it on and answers `success` at once. From this folder::

    uvicorn app:app --workers 2
"""

from __future__ import annotations

import os
from xml.etree import ElementTree

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from tasks import QUEUE, redis, reply_later

import wxtrace
from wxtrace.crypto import signed

TOKEN = os.environ["CALLBACK_TOKEN"]

app = FastAPI(openapi_url=None, telemetry={"tracing": False})
app.add_middleware(wxtrace.AccessMiddleware)  # last: outermost


def is_wechat_s(request: Request) -> bool:
    """Say whether WeChat sent *request*."""
    query = request.query_params
    return signed(query.get("signature", ""), TOKEN, query.get("timestamp", ""), query.get("nonce", ""))


@app.get("/callback")
async def verify(request: Request) -> Response:
    """Answer WeChat's question whether this URL is ours."""
    return Response(request.query_params.get("echostr")) if is_wechat_s(request) else Response(status_code=403)


@app.post("/callback")
async def receive(request: Request) -> Response:
    """Take a push; what a text is about is answered later."""
    body = await request.body()
    if not is_wechat_s(request) or b"<!DOCTYPE" in body:  # without one no entity can be declared, none can explode
        return Response(status_code=403)
    push = ElementTree.fromstring(body)
    if push.findtext("MsgType") == "text":
        await run_in_threadpool(hand_on, push)
    return Response("success")


@wxtrace.logic("reply.later")
def hand_on(push: ElementTree.Element) -> None:
    """Hand a message to a worker: once, though WeChat may deliver it four times."""
    key = f"{QUEUE}:taken:{push.findtext('MsgId')}"
    if not redis.set(key, "1", nx=True, ex=60):
        return
    try:
        reply_later.delay(push.findtext("FromUserName", ""), push.findtext("Content", ""))
    except Exception:
        redis.delete(key)  # WeChat delivers it again, and then it is handed on
        raise
