"""Pushes as WeChat makes them: the XML, the query with its signatures, the three modes."""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import urlencode

from wxtrace.crypto import MessageCrypto, signature

PATH: Final = "/callback"
MODES: Final = ("plain", "compat", "safe")


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of push.

    Args:
        name: Its MsgType, or its Event.
        xml: What its XML has beside the common fields; ``{msg_id}`` is put in.
        label: How an alarm names it.
    """

    name: str
    xml: str
    label: str


def _event(name: str, more: str, label: str) -> Kind:
    return Kind(name, f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{more}", label)


KINDS: Final = (
    Kind(
        "text",
        "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[在吗？]]></Content><MsgId>{msg_id}</MsgId>",
        "[Msg=Text]",
    ),
    _event("CLICK", "<EventKey><![CDATA[MENU_TODAY]]></EventKey>", "[Event=Click]"),
    _event(
        "SCAN", "<EventKey><![CDATA[12]]></EventKey><Ticket><![CDATA[gQH47joAAAA]]></Ticket>", "[Event=Scan QRCode]"
    ),
    _event("subscribe", "<EventKey><![CDATA[]]></EventKey>", "[Msg=Subscribe][Event=Subscribe]"),
    _event(
        "TEMPLATESENDJOBFINISH",
        "<MsgID>{msg_id}</MsgID><Status><![CDATA[success]]></Status>",
        "[Event=Template Send Job Finish]",
    ),
)
"""What the demo sends."""


@dataclass(frozen=True, slots=True)
class Account:
    """An Official Account: what it shares with WeChat, and its names."""

    token: str
    aes_key: str
    appid: str
    username: str
    nickname: str


@dataclass(frozen=True, slots=True)
class Push:
    """One push, ready to be sent; every attempt sends the same target and body."""

    kind: Kind
    mode: str
    openid: str
    stamp: int
    target: str
    body: bytes


def draw_account(random: Random) -> Account:
    """Return an account that nobody has."""
    return Account(
        token=_drawn(random, 24),
        aes_key=_drawn(random, 43),
        appid="wx" + _drawn(random, 16, "0123456789abcdef"),
        username="gh_" + _drawn(random, 12, "0123456789abcdef"),
        nickname="面馆演示号",
    )


def draw_openid(random: Random) -> str:
    """Return the openid of a user that nobody is."""
    return "o" + _drawn(random, 27, string.ascii_letters + string.digits + "-_")


def make_push(account: Account, kind: Kind, mode: str, openid: str, stamp: int, random: Random) -> Push:
    """
    Return a push.

    Args:
        account: To whom.
        kind: One of `KINDS`.
        mode: One of `MODES`.
        openid: By whom.
        stamp: Unix seconds, for the query and for CreateTime.
        random: What everything else is drawn from.
    """
    nonce = str(random.randrange(10**8, 10**10))
    xml = _xml(account, kind, openid, stamp, random)
    query = {
        "signature": signature(account.token, str(stamp), nonce),
        "timestamp": str(stamp),
        "nonce": nonce,
        "openid": openid,
    }
    if mode != "plain":
        encrypted = MessageCrypto(account.aes_key, account.appid).encrypt(f"<xml>{xml}</xml>", random.randbytes(16))
        sealed = f"<Encrypt><![CDATA[{encrypted}]]></Encrypt>"
        query["encrypt_type"] = "aes"
        query["msg_signature"] = signature(account.token, str(stamp), nonce, encrypted)
        xml = xml + sealed if mode == "compat" else _addressed(account) + sealed
    return Push(kind, mode, openid, stamp, f"{PATH}?{urlencode(query)}", f"<xml>{xml}</xml>".encode())


def verification(account: Account, stamp: int, random: Random) -> tuple[str, str]:
    """Return the target of a request that asks whether the URL is the account's, and the answer it wants."""
    nonce, echostr = str(random.randrange(10**8, 10**10)), str(random.randrange(10**18, 10**19))
    query = {
        "signature": signature(account.token, str(stamp), nonce),
        "echostr": echostr,
        "timestamp": str(stamp),
        "nonce": nonce,
    }
    return f"{PATH}?{urlencode(query)}", echostr


def _xml(account: Account, kind: Kind, openid: str, stamp: int, random: Random) -> str:
    own = kind.xml.replace("{msg_id}", str(random.randrange(10**16, 10**17)))
    sender = f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
    return f"{_addressed(account)}{sender}<CreateTime>{stamp}</CreateTime>{own}"


def _addressed(account: Account) -> str:
    return f"<ToUserName><![CDATA[{account.username}]]></ToUserName>"


def _drawn(random: Random, length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.choices(letters, k=length))
