"""
A callback with wechatpy in Flask, in plain and in AES "safe" mode::

    gunicorn --chdir examples --workers 2 with_wechatpy:app
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature

import wxtrace

TOKEN = os.environ["CALLBACK_TOKEN"]
AES_KEY, APPID = os.environ.get("CALLBACK_AES_KEY", ""), os.environ.get("CALLBACK_APPID", "")

wxtrace.start(service="wx-callback")
app = Flask(__name__)
app.wsgi_app = wxtrace.WSGIAccessMiddleware(app.wsgi_app)  # type: ignore[method-assign]


@app.get("/callback")
def verify() -> str:
    """Answer WeChat's question whether this URL is ours."""
    query = request.args
    try:
        check_signature(TOKEN, query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", ""))
    except InvalidSignatureException:
        abort(403)
    return query.get("echostr", "")


@app.post("/callback")
def receive() -> str:
    """Take a push, decrypt it if need be, and answer it likewise."""
    query, body = request.args, request.get_data()
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    crypto = WeChatCrypto(TOKEN, AES_KEY, APPID) if query.get("encrypt_type") == "aes" else None
    try:
        if crypto is None:
            check_signature(TOKEN, query.get("signature", ""), stamp, nonce)
        else:
            body = crypto.decrypt_message(body, query.get("msg_signature", ""), stamp, nonce)
    except (InvalidSignatureException, InvalidAppIdException):
        abort(403)
    message = parse_message(body)
    # In safe mode nobody could read this before it was decrypted.
    wxtrace.identify(
        openid=message.source,
        msg_type=message.type,
        event=getattr(message, "event", None),
        msg_id=message.id or None,
    )
    reply = answer(message)
    return crypto.encrypt_message(reply, nonce, stamp) if crypto and reply != "success" else reply


@wxtrace.logic("reply.text")
def answer(message: Any) -> str:
    """Thank for a message; of anything else only take note."""
    if message.type != "text":
        return "success"
    reply: str = create_reply(f"Thank you, we have read: {message.content}", message).render()
    return reply
