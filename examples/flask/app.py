"""
A callback in Flask. Two workers of it::

    gunicorn --chdir examples/flask --workers 2 app:app
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import time
from hmac import compare_digest
from html import escape
from xml.etree import ElementTree

from flask import Flask, Response, abort, request

import wxtrace

TOKEN = os.environ["CALLBACK_TOKEN"]
DATABASE = os.environ.get("CALLBACK_DATABASE", "callback.sqlite")

wxtrace.start(service="wx-callback")
logging.basicConfig(level=logging.INFO, handlers=[logging.StreamHandler(), wxtrace.LogHandler()])
log = logging.getLogger("callback")

app = Flask(__name__)
app.wsgi_app = wxtrace.WSGIAccessMiddleware(app.wsgi_app)  # type: ignore[method-assign]  # last: outermost


@app.before_request
def check() -> None:
    """Turn away what is not WeChat's."""
    parts = sorted([TOKEN, request.args.get("timestamp", ""), request.args.get("nonce", "")])
    expected = hashlib.sha1("".join(parts).encode()).hexdigest()
    if not compare_digest(expected.encode(), request.args.get("signature", "").encode()):
        abort(403)


@app.get("/callback")
def verify() -> str:
    """Answer WeChat's question whether this URL is ours."""
    return escape(request.args.get("echostr", ""))


@app.post("/callback")
def receive() -> Response:
    """Take a push, and answer it."""
    body = request.get_data()
    if b"<!DOCTYPE" in body:  # without one no entity can be declared, and none can explode
        abort(400)
    push = ElementTree.fromstring(body)
    answer = menu(push) if push.findtext("Event") == "CLICK" else None
    return Response(answer or "success", mimetype="text/xml" if answer else "text/plain")


@wxtrace.logic("reply.menu")
def menu(push: ElementTree.Element) -> str:
    """Answer a click in the menu with how often this customer has clicked."""
    openid = push.findtext("FromUserName", "")
    log.info("menu clicked: %s", push.findtext("EventKey"))
    return text_reply(push, f"This was click {clicks(openid)}.")


@wxtrace.storage("sqlite")
def clicks(openid: str) -> int:
    """Count a click, and return how many there are."""
    with sqlite3.connect(DATABASE) as database:
        database.execute("CREATE TABLE IF NOT EXISTS clicks (openid TEXT PRIMARY KEY, count INTEGER)")
        count: int
        (count,) = database.execute(
            "INSERT INTO clicks VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count", [openid]
        ).fetchone()
    return count


def text_reply(push: ElementTree.Element, text: str) -> str:
    """Return the XML that answers *push* with *text*."""
    return (
        f"<xml><ToUserName>{escape(push.findtext('FromUserName', ''))}</ToUserName>"
        f"<FromUserName>{escape(push.findtext('ToUserName', ''))}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType>"
        f"<Content>{escape(text)}</Content></xml>"
    )
