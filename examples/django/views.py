"""The callback: a push comes in, and is answered."""

from __future__ import annotations

import hashlib
import logging
import time
from hmac import compare_digest
from html import escape
from xml.etree import ElementTree

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt

import wxtrace

log = logging.getLogger("callback")


@csrf_exempt  # WeChat has no cookie of ours; it signs instead
def callback(request: HttpRequest) -> HttpResponse:
    """Answer WeChat's question whether this URL is ours, and its pushes."""
    if not is_signed(request):
        return HttpResponseForbidden()
    if request.method == "GET":
        return HttpResponse(escape(request.GET.get("echostr", "")))
    if b"<!DOCTYPE" in request.body:  # without one no entity can be declared, and none can explode
        return HttpResponseBadRequest()
    push = ElementTree.fromstring(request.body)
    answer = menu(push) if push.findtext("Event") == "CLICK" else None
    return HttpResponse(answer or "success", content_type="text/xml" if answer else "text/plain")


def is_signed(request: HttpRequest) -> bool:
    """Say whether the request is WeChat's."""
    parts = sorted([settings.CALLBACK_TOKEN, request.GET.get("timestamp", ""), request.GET.get("nonce", "")])
    expected = hashlib.sha1("".join(parts).encode()).hexdigest()
    return compare_digest(expected.encode(), request.GET.get("signature", "").encode())


@wxtrace.logic("reply.menu")
def menu(push: ElementTree.Element) -> str:
    """Answer a click in the menu with how often this customer has clicked."""
    log.info("menu clicked: %s", push.findtext("EventKey"))
    return text_reply(push, f"This was click {clicks(push.findtext('FromUserName', ''))}.")


def clicks(openid: str) -> int:
    """Count a click, and return how many there are."""
    with wxtrace.span("storage", "cache", "INCR clicks"):
        cache.add(f"clicks:{openid}", 0)
        count: int = cache.incr(f"clicks:{openid}")
        return count


def text_reply(push: ElementTree.Element, text: str) -> str:
    """Return the XML that answers *push* with *text*."""
    return (
        f"<xml><ToUserName>{escape(push.findtext('FromUserName', ''))}</ToUserName>"
        f"<FromUserName>{escape(push.findtext('ToUserName', ''))}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType>"
        f"<Content>{escape(text)}</Content></xml>"
    )
