"""The push of the matrix: it is signed, and its text names what the app is to do."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from xml.etree import ElementTree

from wxtrace.crypto import signature

TOKEN = "matrix"
REPLY = "success"
BODY = (
    "<xml><ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{stamp}</CreateTime>"
    "<MsgType>text</MsgType><Content>{text}</Content><MsgId>1</MsgId></xml>"
)


def asked(query: Mapping[str, str], body: bytes) -> str:
    """
    Return the text of a push.

    Raises:
        PermissionError: It is not signed.
    """
    expected = signature(TOKEN, query["timestamp"], query["nonce"])
    if not hmac.compare_digest(expected, query["signature"]):
        raise PermissionError
    return ElementTree.fromstring(body).findtext("Content", "")
