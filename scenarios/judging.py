"""
What WeChat refuses, as its documents and its alarms tell.

Written on the sender's side, with the account's key in hand, and without a look
at what wxtrace itself makes of a reply: else both could be wrong alike.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from wxtrace.crypto import MessageCrypto
from wxtrace.demo.pushes import Account, Push
from wxtrace.demo.sender import Attempt

SILENT: Final = frozenset({"unsubscribe", "LOCATION", "VIEW", "TEMPLATESENDJOBFINISH"})
"""Events that allow no reply but `success` or none."""

UNDECRYPTABLE: Final = "decrypt fail"

_MAX_CONTENT: Final = 2048
_LAST_SECOND: Final = 10**10


def refusal(account: Account, push: Push, attempt: Attempt) -> str | None:
    """
    Say why WeChat does not take the reply of *attempt*; None if it does.

    Args:
        account: Whose server replied.
        push: What it replied to.
        attempt: What the sender got.
    """
    if attempt.status is None:
        return "no reply"
    if attempt.status != 200:
        return f"status {attempt.status}"
    if attempt.reply in (b"success", b""):
        return None
    try:
        xml = ElementTree.fromstring(attempt.reply)
        if push.mode == "plain":
            return _of_message(account, push, xml)
        return _of_sealed(account, push, xml)
    except ElementTree.ParseError as error:
        return f"no XML: {error}"


def _of_sealed(account: Account, push: Push, xml: ElementTree.Element) -> str | None:
    encrypted = xml.findtext("Encrypt")
    if encrypted is None:
        return UNDECRYPTABLE if push.mode == "safe" else _of_message(account, push, xml)
    try:
        message = MessageCrypto(account.aes_key, account.appid).decrypt(encrypted)
    except ValueError:
        return UNDECRYPTABLE
    return _of_message(account, push, ElementTree.fromstring(message))


def _of_message(account: Account, push: Push, xml: ElementTree.Element) -> str | None:
    if push.kind.name in SILENT:
        return "no message allowed"
    if (xml.findtext("ToUserName"), xml.findtext("FromUserName")) != (push.openid, account.username):
        return "wrong addressee"
    created = xml.findtext("CreateTime", "")
    if not created.isdigit() or int(created) >= _LAST_SECOND:
        return "CreateTime"
    content = xml.findtext("Content", "").encode()
    return None if 0 < len(content) <= _MAX_CONTENT else "length of Content"
