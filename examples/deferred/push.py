"""
Sends a text to the callback as WeChat does, signed, in plain mode, and says how to look it up. From this folder::

    python push.py http://127.0.0.1:8000/callback oABCDEFGHIJKLMNOPQRSTUVWXYZ0
"""

from __future__ import annotations

import os
import secrets
import sys
import time

import httpx

from wxtrace.crypto import signature

XML = (
    "<xml><ToUserName>gh_0</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{stamp}</CreateTime>"
    "<MsgType>text</MsgType><Content>How long?</Content><MsgId>{msg_id}</MsgId></xml>"
)


def send(url: str, openid: str) -> None:
    """Send one push to *url*, by *openid*."""
    stamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    signed = signature(os.environ["CALLBACK_TOKEN"], stamp, nonce)
    query = {"signature": signed, "timestamp": stamp, "nonce": nonce, "openid": openid}
    body = XML.format(openid=openid, stamp=stamp, msg_id=secrets.randbelow(10**17))
    reply = httpx.post(url, params=query, content=body, timeout=5)
    print(f"HTTP {reply.status_code} {reply.text}")
    print(f"wxtrace find --openid {openid} --stamp {stamp}")


if __name__ == "__main__":
    send(*sys.argv[1:])
