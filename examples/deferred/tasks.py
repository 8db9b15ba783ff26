"""
The worker: answers as a message of the customer service, however long that takes. From this folder::

    WXTRACE_SERVICE=wx-worker celery -A tasks worker --loglevel INFO
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

import httpx
from celery import Celery
from celery.utils.log import get_task_logger
from redis import Redis

import wxtrace

BROKER = os.environ.get("CALLBACK_BROKER", "redis://127.0.0.1:6379/0")
QUEUE = os.environ.get("CALLBACK_QUEUE", "callback")
API = os.environ.get("CALLBACK_API", "https://api.weixin.qq.com")
THINKING = float(os.environ.get("CALLBACK_THINKING", "7"))
EXPIRED = (40001, 40014, 42001)
"""The errcodes of an access token that is not, or no longer, the account's."""

logging.basicConfig(level=logging.INFO, handlers=[logging.StreamHandler(), wxtrace.LogHandler()])
logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write access tokens into the log file
wxtrace.start(instrument=["celery", "httpx", "redis"])  # in the web process too, which imports this
log = get_task_logger("callback")

queue = Celery("tasks", broker=BROKER)
queue.conf.update(
    task_default_queue=QUEUE,
    task_acks_late=True,  # a message whose worker dies is delivered again
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_publish_retry_policy={"max_retries": 1},
    broker_transport_options={"socket_connect_timeout": 1},  # a broker that is away costs no push its five seconds
    broker_connection_retry_on_startup=True,
)
redis: Redis = Redis.from_url(BROKER, decode_responses=True)


class NotSent(Exception):
    """WeChat did not take the message, and may take it later."""


@queue.task(autoretry_for=(httpx.TransportError, NotSent), retry_backoff=True, max_retries=3)
def reply_later(openid: str, content: str) -> None:
    """Answer a message of the last 48 hours."""
    send(openid, think(content))
    log.info("answered")


@wxtrace.logic("answer")
def think(content: str) -> str:
    """Find an answer; it takes longer than WeChat waits, and that is the point."""
    time.sleep(THINKING)
    return f"You wrote {len(content)} characters."


def send(openid: str, text: str) -> None:
    """
    Send a message of the customer service.

    Raises:
        NotSent: The access token had expired; the next attempt gets another.
    """
    told = {"touser": openid, "msgtype": "text", "text": {"content": text}}
    errcode = asked("/cgi-bin/message/custom/send", told, access_token=access_token()).get("errcode", 0)
    if errcode in EXPIRED:
        redis.delete(f"{QUEUE}:access_token")
        raise NotSent(f"access token refused: errcode {errcode}")
    if errcode:
        log.error("not answered: errcode %s", errcode)  # too late, too many: another attempt would not help


def access_token() -> str:
    """
    Return the account's access token, from Redis as long as it holds.

    Raises:
        NotSent: WeChat gives none; it says why.
    """
    kept = redis.get(f"{QUEUE}:access_token")
    if isinstance(kept, str):
        return kept
    appid, secret = os.environ["CALLBACK_APPID"], os.environ["CALLBACK_SECRET"]
    told = asked("/cgi-bin/stable_token", {"grant_type": "client_credential", "appid": appid, "secret": secret})
    if "access_token" not in told:
        raise NotSent(f"no access token: errcode {told.get('errcode')}: {told.get('errmsg')}")
    token = str(told["access_token"])
    redis.set(f"{QUEUE}:access_token", token, ex=max(int(told["expires_in"]) - 300, 60))
    return token


def asked(path: str, told: dict[str, Any], **query: str) -> dict[str, Any]:
    """Ask WeChat's API, and return what it answers."""
    reply: dict[str, Any] = httpx.post(API + path, params=query, json=told, timeout=10).json()
    return reply
