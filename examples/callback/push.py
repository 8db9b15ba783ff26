"""The protocol: a request of WeChat's becomes a `Push`, a text becomes a reply that WeChat accepts."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from wxtrace.crypto import MessageCrypto, signature, signed

from .settings import Settings

MAX_BODY = 64 * 1024


class Refused(Exception):
    """The request is not from WeChat, or not for this account."""


@dataclass(frozen=True, slots=True)
class Push:
    """One message or event, decrypted; a field that the push lacks is empty."""

    openid: str
    account: str
    create_time: str
    msg_type: str
    msg_id: str
    event: str
    event_key: str
    content: str
    status: str

    @property
    def key(self) -> str:
        """What all retries of a push share, and no other push: a MsgId alone has been seen twice."""
        return "/".join((self.openid, self.create_time, self.msg_id, self.event, self.event_key))


def verified(query: Mapping[str, str], settings: Settings) -> str:
    """
    Return the echostr of a verification request.

    Raises:
        Refused: The signature is not WeChat's.
    """
    _check(query, "signature", settings.token)
    return query.get("echostr", "")


def opened(query: Mapping[str, str], body: bytes, settings: Settings) -> Push:
    """
    Check who sent *body*, decrypt it if need be, and read it.

    Raises:
        Refused: The signature is wrong, the body is no push, or it is not for this account.
    """
    if not is_encrypted(query):
        _check(query, "signature", settings.token)
        return _push(_parsed(body))
    encrypted = _parsed(body).findtext("Encrypt", "")
    _check(query, "msg_signature", settings.token, encrypted)
    try:
        return _push(_parsed(MessageCrypto(settings.aes_key, settings.appid).decrypt(encrypted).encode()))
    except ValueError as error:
        raise Refused(str(error)) from error


def is_encrypted(query: Mapping[str, str]) -> bool:
    """Say whether the push came in compat or safe mode."""
    return query.get("encrypt_type") == "aes"


def text_reply(push: Push, text: str) -> str:
    """Return the XML that answers *push* with *text*."""
    return (
        f"<xml><ToUserName>{_cdata(push.openid)}</ToUserName><FromUserName>{_cdata(push.account)}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>{_cdata('text')}</MsgType>"
        f"<Content>{_cdata(text)}</Content></xml>"
    )


def encrypted_reply(reply: str, settings: Settings) -> str:
    """Return *reply* as compat and safe mode want it: encrypted and signed, in XML of its own."""
    encrypted = MessageCrypto(settings.aes_key, settings.appid).encrypt(reply)
    stamp, nonce = str(int(time.time())), os.urandom(8).hex()
    return (
        f"<xml><Encrypt>{_cdata(encrypted)}</Encrypt>"
        f"<MsgSignature>{_cdata(signature(settings.token, stamp, nonce, encrypted))}</MsgSignature>"
        f"<TimeStamp>{stamp}</TimeStamp><Nonce>{_cdata(nonce)}</Nonce></xml>"
    )


def _check(query: Mapping[str, str], name: str, token: str, *more: str) -> None:
    if not signed(query.get(name, ""), token, query.get("timestamp", ""), query.get("nonce", ""), *more):
        raise Refused(f"The {name} is not WeChat's.")


def _parsed(body: bytes) -> ElementTree.Element:
    # A push has no document type; without one no entity can be declared, and none can explode.
    if len(body) > MAX_BODY or b"<!DOCTYPE" in body:
        raise Refused("The body is no push.")
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise Refused("The body is no XML.") from error


def _push(xml: ElementTree.Element) -> Push:
    return Push(
        openid=xml.findtext("FromUserName", ""),
        account=xml.findtext("ToUserName", ""),
        create_time=xml.findtext("CreateTime", ""),
        msg_type=xml.findtext("MsgType", ""),
        msg_id=xml.findtext("MsgId", "") or xml.findtext("MsgID", ""),
        event=xml.findtext("Event", ""),
        event_key=xml.findtext("EventKey", ""),
        content=xml.findtext("Content", ""),
        status=xml.findtext("Status", ""),
    )


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
