"""The example server, driven in this process with the demo's pushes."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from random import Random
from xml.etree import ElementTree

import httpx
import pytest
import sqlalchemy as sa
from callback import faults, tracing
from callback.app import make_app
from callback.settings import Settings
from fastapi import FastAPI

from wxtrace.crypto import MessageCrypto, signature
from wxtrace.demo.customers import serving_customers
from wxtrace.demo.pushes import KINDS, MODES, Kind, Push, draw_account, make_push, verification
from wxtrace.row import Tag

ACCOUNT = draw_account(Random(3))
STAMP = 1745231475
ANSWERS = {
    "text": "Thank you, we read every message.",
    "CLICK": "Today: noodles with scallion oil.",
    "SCAN": "Table 12. Hello!",
    "subscribe": "Welcome!",
    "TEMPLATESENDJOBFINISH": None,
}


@pytest.fixture(name="settings")
def _settings(tmp_path, monkeypatch):
    monkeypatch.setattr(tracing, "set_up", lambda tracing: None)
    monkeypatch.setattr(tracing, "watch", lambda engine: None)
    return Settings(ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.appid, f"sqlite:///{tmp_path}/db", "", "light")


def _push(kind: int | Kind, mode: str = "plain", openid: str = "oA", account=ACCOUNT) -> Push:
    kind = KINDS[kind] if isinstance(kind, int) else kind
    return make_push(account, kind, mode, openid, STAMP, Random(4))


async def _sent(app: FastAPI, pushes: Sequence[Push]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://t") as client,
    ):
        return [await client.post(push.target, content=push.body) for push in pushes]


def _replies(settings: Settings, *pushes: Push) -> list[httpx.Response]:
    return asyncio.run(_sent(make_app(settings), pushes))


def _got(settings: Settings, method: str, target: str) -> tuple[int, str]:
    async def got() -> httpx.Response:
        transport = httpx.ASGITransport(make_app(settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            return await client.request(method, target)

    response = asyncio.run(got())
    return response.status_code, response.text


def _answer(response: httpx.Response, mode: str) -> str | None:
    if response.text == "success":
        return None
    xml = ElementTree.fromstring(response.content)
    if mode != "plain":
        encrypted = xml.findtext("Encrypt", "")
        signed = signature(ACCOUNT.token, xml.findtext("TimeStamp", ""), xml.findtext("Nonce", ""), encrypted)
        assert signed == xml.findtext("MsgSignature")
        xml = ElementTree.fromstring(MessageCrypto(ACCOUNT.aes_key, ACCOUNT.appid).decrypt(encrypted))
    assert ("oA", ACCOUNT.username) == (xml.findtext("ToUserName"), xml.findtext("FromUserName"))
    return xml.findtext("Content")


def _rows(settings: Settings) -> list[tuple[object, ...]]:
    engine = sa.create_engine(settings.database)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT openid, what, said, replied FROM pushes")).all()
    engine.dispose()
    return [tuple(row) for row in rows]


def test_the_url_is_verified(settings):
    """WeChat's question is answered with its echostr."""
    target, echostr = verification(ACCOUNT, STAMP, Random(5))

    assert (200, echostr) == _got(settings, "GET", target)


def test_a_question_with_a_wrong_signature_is_refused(settings):
    """Who does not know the token learns nothing."""
    target, _ = verification(draw_account(Random(6)), STAMP, Random(5))

    assert (403, "") == _got(settings, "GET", target)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", range(len(KINDS)), ids=[kind.name for kind in KINDS])
def test_every_kind_is_answered_in_every_mode(settings, kind, mode):
    """The right text, to the right user, encrypted where the push was; `success` where WeChat wants no text."""
    (response,) = _replies(settings, _push(kind, mode))

    assert (200, ANSWERS[KINDS[kind].name]) == (response.status_code, _answer(response, mode))


def test_an_event_without_a_handler_is_answered_with_success(settings):
    """What the server has no answer for is no failure to WeChat."""
    kind = Kind("VIEW", "<MsgType>event</MsgType><Event>VIEW</Event>", "")

    assert ["success"] == [response.text for response in _replies(settings, _push(kind))]


@pytest.mark.parametrize("mode", MODES)
def test_a_push_with_a_wrong_signature_is_refused(settings, mode):
    """403 in every mode, and nothing is kept."""
    stranger = dataclasses.replace(ACCOUNT, token="another")

    assert [403] == [response.status_code for response in _replies(settings, _push(0, mode, account=stranger))]
    assert [] == _rows(settings)


def test_a_push_for_another_account_is_refused(settings):
    """The right token and key do not make another appid's message ours."""
    stranger = dataclasses.replace(ACCOUNT, appid="wx0000000000000000")

    assert [403] == [response.status_code for response in _replies(settings, _push(0, "safe", account=stranger))]


@pytest.mark.parametrize("mode", ["plain", "safe"])
@pytest.mark.parametrize("body", [b"", b"{}", b"<xml>", b"<!DOCTYPE a><xml/>", b"<xml>" + b" " * 65536 + b"</xml>"])
def test_a_body_that_is_no_push_is_refused(settings, mode, body):
    """Empty, not XML, cut short, with a document type, too large: 403, not a traceback."""
    push = dataclasses.replace(_push(0, mode), body=body)

    assert [403] == [response.status_code for response in _replies(settings, push)]


def test_a_retry_is_answered_like_the_first_and_kept_once(settings):
    """WeChat sends the same again if we are slow; the user gets an answer, we keep one row."""
    first, second = _replies(settings, _push(0), _push(0))

    assert [ANSWERS["text"]] * 2 == [_answer(first, "plain"), _answer(second, "plain")]
    assert [("oA", "text", "在吗？", 1)] == _rows(settings)


def test_two_events_of_one_second_are_both_kept(settings):
    """User, time, event and its key tell events apart that have no MsgId."""
    _replies(settings, _push(1), _push(2), _push(3), _push(1, openid="oB"))

    expected = [("oA", "CLICK"), ("oA", "SCAN"), ("oA", "subscribe"), ("oB", "CLICK")]
    assert expected == sorted(row[:2] for row in _rows(settings))


def test_the_cache_spares_the_storage(settings):
    """Within its time a text is read from the storage once."""
    app = make_app(settings)

    async def _clicked_twice() -> list[httpx.Response]:
        first = await _sent(app, [_push(1)])
        app.state.services.storage.answer = lambda topic: pytest.fail("the storage was asked again")
        return first + await _sent(app, [_push(1, openid="oB")])

    assert [200, 200] == [response.status_code for response in asyncio.run(_clicked_twice())]


def test_a_customer_is_greeted_by_name(settings):
    """What the other team's service knows is in the answer."""

    async def _scanned() -> list[httpx.Response]:
        async with serving_customers() as url:
            return await _sent(make_app(dataclasses.replace(settings, crm_url=url)), [_push(2)])

    assert ["Table 12. Hello Ah Fong!"] == [_answer(response, "plain") for response in asyncio.run(_scanned())]


def test_a_service_that_is_down_costs_the_name_not_the_reply(settings):
    """Nobody listens there, and the push is answered all the same."""
    without = dataclasses.replace(settings, crm_url="http://127.0.0.1:9/")

    assert [ANSWERS["SCAN"]] == [_answer(response, "plain") for response in _replies(without, _push(2))]


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("", []),
        ("reply.menu:oA:5.6", [5.6]),
        ("reply.menu:oB:5.6", []),
        ("reply.text:oA:5.6", []),
    ],
    ids=["off", "on", "another user", "another module"],
)
def test_the_fault_switch_slows_one_module_for_one_user(monkeypatch, switch, expected):
    """Off, it does nothing; on, only who is named waits."""
    waited: list[float] = []
    monkeypatch.setenv("CALLBACK_FAULT", switch)
    monkeypatch.setattr(faults.wxtrace, "current_tag", lambda: Tag("oA", STAMP))
    monkeypatch.setattr(faults.time, "sleep", waited.append)

    faults.dawdle_blocking("reply.menu")

    assert expected == waited


def test_settings_come_from_the_environment(monkeypatch):
    """Three are needed, the rest has defaults."""
    for name, value in (("TOKEN", "t"), ("AES_KEY", "k"), ("APPID", "wx1")):
        monkeypatch.setenv("CALLBACK_" + name, value)

    assert Settings("t", "k", "wx1", "sqlite:///callback.sqlite", "", "light") == Settings.from_env()
