"""
What a payment notification says of the payment: it comes without the query of a push, and without a stamp.

Version 2 says it in plain XML. Version 3 is encrypted: of it only the kind is readable, and the app
says the rest by `identify(transaction_id=…)`. The openid of a payer is no tag, and is not read.
"""

from __future__ import annotations

import json
import re
from typing import Final

from wxtrace.capture.push import Facts, without_markup
from wxtrace.reply import PAY_VERSION

PAYMENT: Final = "payment"
"""What `wechat.event` is for a payment notification."""

_ELEMENT: Final = re.compile(
    r"<(transaction_id|appid)>\s{0,8}(?:<!\[CDATA\[)?([0-9A-Za-z]{1,64})(?:\]\]>)?\s{0,8}</"
)
_ENCRYPTED: Final = b"encrypt-resource"
_PAID: Final = "TRANSACTION."


def marks(version: int) -> Facts:
    """Return the facts that make a request a payment notification."""
    return {"wechat.event": PAYMENT, PAY_VERSION: version}


def read_payment(body: bytes) -> Facts:
    """
    Return what the first 64 KiB of a body say of a payment, by the names of the access span's attributes.

    Returns:
        Nothing where it is no payment notification.
    """
    head = body[:64].lstrip()
    if head.startswith(b"<"):
        return _second(body)
    return _third(body) if head.startswith(b"{") and _ENCRYPTED in body else {}


def _second(body: bytes) -> Facts:
    if b"<transaction_id>" not in body:
        return {}
    found = dict(reversed(_ELEMENT.findall(without_markup(body).decode("utf-8", "replace"))))
    if "transaction_id" not in found:
        return {}
    return marks(2) | {f"wechat.{name}": value for name, value in found.items()}


def _third(body: bytes) -> Facts:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    kind = document.get("event_type") if isinstance(document, dict) else None
    return marks(3) if isinstance(kind, str) and kind.startswith(_PAID) else {}
