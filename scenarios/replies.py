"""Replies that WeChat refuses, as servers have really sent them; made with the account's own key."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote_from_bytes

from wxtrace.crypto import MessageCrypto, signature
from wxtrace.demo.pushes import KINDS, Account, Kind, Push

QUOTED_SUCCESS: Final = b'"success"'

_HTML: Final = "<!DOCTYPE html>\n<html><head><title>运行时错误</title></head>\n<body><h1>{}</h1></body></html>"
_TEXT: Final = (
    "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{account}]]></FromUserName>"
    "<CreateTime>{time}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>"
)


def _silent(name: str, more: str, label: str) -> Kind:
    return Kind(name, f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{more}", label)


SILENT_KINDS: Final = (
    KINDS[4],
    _silent("unsubscribe", "", "[Msg=Subscribe][Event=UnSubscribe]"),
    _silent("VIEW", "<EventKey><![CDATA[http://wx.example.com/]]></EventKey>", "[Event=Click Menu Url]"),
    _silent("LOCATION", "<Latitude>23.1</Latitude><Longitude>113.3</Longitude>", "[Event=Location Report]"),
)
"""Events that allow no message as their reply."""

Compose = Callable[[Account, Push], bytes]


@dataclass(frozen=True, slots=True)
class Form:
    """
    A way in which a reply can be wrong.

    Args:
        name: What to call it.
        compose: Makes the reply to a push.
        kinds: To which kinds of push it is wrong.
        modes: In which modes it is.
    """

    name: str
    compose: Compose
    kinds: tuple[Kind, ...] = KINDS[:4]
    modes: tuple[str, ...] = ("plain", "compat", "safe")


def switched(openid: str, reply: bytes) -> str:
    """Return what the example's fault switch wants, to reply like that to one user."""
    return f"reply:{openid}:{quote_from_bytes(reply)}"


def _message(account: Account, push: Push, text: str = "收到", to: str = "", scale: int = 1) -> str:
    created = int(time.time() * scale)
    return _TEXT.format(to=to or push.openid, account=account.username, time=created, text=text)


def _sealed(account: Account, push: Push, message: str) -> bytes:
    """Return a message as the mode of the push wants it."""
    if push.mode == "plain":
        return message.encode()
    encrypted = MessageCrypto(account.aes_key, account.appid).encrypt(message)
    stamp, nonce = str(int(time.time())), push.openid[-8:]
    signed = signature(account.token, stamp, nonce, encrypted)
    return (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>"
        f"<TimeStamp>{stamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    ).encode()


def _open_cdata(account: Account, push: Push) -> bytes:
    # as it was published: the closing bracket of one element's CDATA is missing
    sound = _sealed(account, push, _message(account, push))
    return sound.replace(b"]]></", b"]]</", 1)


def _milliseconds(account: Account, push: Push) -> bytes:
    return _sealed(account, push, _message(account, push, scale=1000))


def _addressee(account: Account, push: Push) -> bytes:
    return _sealed(account, push, _message(account, push, to=push.openid[::-1]))


def _long(account: Account, push: Push) -> bytes:
    return _sealed(account, push, _message(account, push, text="面条" * 400))


def _where_none_is_allowed(account: Account, push: Push) -> bytes:
    return _sealed(account, push, _message(account, push))


def _html(account: Account, push: Push) -> bytes:
    return _HTML.format(f"{push.kind.name} " * (len(push.openid) + push.stamp % 100)).encode()


def _echoed(account: Account, push: Push) -> bytes:
    return push.body


def _other_key(account: Account, push: Push) -> bytes:
    stranger = replace(account, aes_key=account.aes_key[::-1])
    return _sealed(stranger, push, _message(account, push))


def _unsealed(account: Account, push: Push) -> bytes:
    return _message(account, push).encode()


FORMS: Final = (
    Form("CDATA not closed", _open_cdata),
    Form("CreateTime in milliseconds", _milliseconds),
    Form("wrong addressee", _addressee),
    Form("Content too long", _long),
    Form("XML where none is allowed", _where_none_is_allowed, SILENT_KINDS),
    Form("HTML page", _html, KINDS),
    Form("push echoed back", _echoed, KINDS, ("plain",)),
    Form("encrypted with another key", _other_key, modes=("compat", "safe")),
    Form("not encrypted in safe mode", _unsealed, modes=("safe",)),
)
"""Every way in which a reply is made wrong."""
