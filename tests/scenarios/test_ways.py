"""What stands between the sender and a server, against a listener of the test's own."""

from __future__ import annotations

import asyncio
from random import Random

from scenarios.ways import breaking, firewall, gateway, nobody, silent
from scenarios.wechat import Sent, Way, WeChat

from wxtrace.demo.pushes import KINDS, draw_account
from wxtrace.demo.sender import Attempt, Sender
from wxtrace.demo.server import free_port

SUCCESS = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess"
TARGET = "/callback?openid=oA"


def _seen(attempt: Attempt) -> tuple[int | None, bool, bool, bool]:
    return attempt.status, attempt.timed_out, attempt.connected, attempt.was_reset


def _sent_to(way: Way, hang_up: float = 1.0) -> Attempt:
    return asyncio.run(_sending(way, hang_up))


async def _sending(way: Way, hang_up: float = 1.0) -> Attempt:
    return await Sender(way.port, hang_up, address=way.address).request("POST", TARGET, b"<xml/>")


def test_a_firewall_lets_no_connection_in():
    """The sender waits in vain, and never has a connection."""
    with firewall(free_port()) as way:
        assert (None, True, False, False) == _seen(_sent_to(way))


def test_where_nobody_listens_the_connection_is_refused():
    """At once, without a wait."""
    assert (None, False, False, False) == _seen(_sent_to(nobody(), 30.0))


def test_a_broken_connection_is_reset():
    """The request has been read; then there is no more connection."""

    async def sent() -> Attempt:
        """Send one request."""
        async with breaking() as way:
            return await _sending(way, 30.0)

    assert (None, False, True, True) == _seen(asyncio.run(sent()))


def test_a_silent_entrance_takes_the_request_and_says_nothing():
    """There is a connection, and no reply."""

    async def sent() -> Attempt:
        """Send one request."""
        async with silent() as way:
            return await _sending(way)

    assert (None, True, True, False) == _seen(asyncio.run(sent()))


def test_a_gateway_hands_on_one_by_one_what_it_has_taken():
    """Also what its sender has given up; and nothing comes while another is being answered."""
    turns, may_answer = list[str](), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a request when the test lets it."""
        await reader.readuntil(b"<xml/>")
        turns.append("in")
        await may_answer.wait()
        turns.append("out")
        writer.write(SUCCESS)
        writer.close()
        await writer.wait_closed()

    async def sent() -> list[Attempt]:
        """Send two requests, and have them answered when both were given up."""
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            behind = Way(server.sockets[0].getsockname()[1])
            async with gateway(behind) as (way, _):
                given_up = await asyncio.gather(_sending(way), _sending(way))
                may_answer.set()
            return given_up

    given_up = asyncio.run(sent())

    assert [(None, True, True, False)] * 2 == [_seen(attempt) for attempt in given_up]
    assert ["in", "out", "in", "out"] == turns


def test_retries_take_the_ways_in_turn():
    """The first attempt fails at one entrance; the second goes to the other, which answers, and is the last."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every request."""
        await reader.readuntil(b"</xml>")
        writer.write(SUCCESS)
        writer.close()

    async def sent() -> tuple[Sent, ...]:
        """Deliver one push."""
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            ways = first, second = nobody(), Way(server.sockets[0].getsockname()[1])
            wechat = WeChat(draw_account(Random(1)), "wx.example.com", Random(2))
            delivery = await wechat.deliver(wechat.push(KINDS[0], "plain"), first, second)
            assert ways == tuple(one.way for one in delivery.sent)
            return delivery.sent

    assert ["no reply", None] == [one.refusal for one in asyncio.run(sent())]
