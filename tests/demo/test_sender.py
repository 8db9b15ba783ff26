"""The sender, against a listener that answers, refuses, or keeps silent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from wxtrace.demo.pushes import KINDS, Push
from wxtrace.demo.sender import Attempt, Sender
from wxtrace.demo.server import free_port

PUSH = Push(KINDS[0], "plain", "oA", 1745231475, "/callback?timestamp=1745231475&openid=oA", b"<xml></xml>")
SUCCESS = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess"
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\nsuccess"


@dataclass
class Listener:
    """Answers each request with the next reply; where that is None, it waits until the sender hangs up."""

    replies: list[bytes | None]
    requests: list[bytes] = field(default_factory=list)
    hang_ups: int = 0
    serving: list[asyncio.Task[None] | None] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.serving.append(asyncio.current_task())
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head + await reader.readexactly(len(PUSH.body)))
        if (reply := self.replies.pop(0)) is None:
            self.hang_ups += await reader.read() == b""
        else:
            writer.write(reply)
        writer.close()
        await writer.wait_closed()


def _push(*replies: bytes | None, hang_up: float = 30.0) -> tuple[tuple[Attempt, ...], Listener, list[int]]:
    listener, told = Listener(list(replies)), list[int]()

    async def deliver() -> tuple[Attempt, ...]:
        async with await asyncio.start_server(listener, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            attempts = await Sender(port, hang_up, told.append).push(PUSH)
            await asyncio.gather(*listener.serving)
            return attempts

    return asyncio.run(deliver()), listener, told


def _outcomes(attempts: tuple[Attempt, ...]) -> list[tuple[int | None, bytes, bool]]:
    return [(attempt.status, attempt.reply, attempt.timed_out) for attempt in attempts]


def test_a_push_that_is_answered_is_sent_once():
    """A reply with status 200 ends it."""
    attempts, listener, told = _push(SUCCESS)

    assert ([(200, b"success", False)], 1, []) == (_outcomes(attempts), len(listener.requests), told)


def test_a_push_that_is_not_answered_is_sent_three_times_and_hung_up():
    """The connection is really closed, and each time it is told."""
    attempts, listener, told = _push(None, None, None, hang_up=1.0)

    assert [(None, b"", True)] * 3 == _outcomes(attempts)
    assert [1, 2, 3] == told
    assert 3 == len(listener.requests)


def test_the_server_sees_the_connection_closed():
    """Hanging up reaches the other side as the end of the stream, before the sender goes on."""
    _, listener, _ = _push(None, SUCCESS, hang_up=1.0)

    assert 1 == listener.hang_ups


def test_a_retry_repeats_the_request_to_the_byte():
    """Query, headers and body are those of the first attempt."""
    _, listener, _ = _push(None, None, SUCCESS, hang_up=1.0)

    assert [listener.requests[0]] * 3 == listener.requests


def test_a_reply_that_is_not_accepted_is_asked_for_four_times():
    """Another status than 200 is no reply to WeChat, and it does not wait to ask again."""
    attempts, _, told = _push(CREATED, CREATED, CREATED, CREATED)

    assert ([(201, b"success", False)] * 4, []) == (_outcomes(attempts), told)


def test_a_server_that_is_not_there_is_tried_three_times():
    """A refused connection is an attempt without a status, not an error."""
    attempts = asyncio.run(Sender(free_port()).push(PUSH))

    assert [(None, b"", False)] * 3 == _outcomes(attempts)


def test_the_request_is_the_one_that_wechat_makes():
    """Method, target, the headers of published logs, the body."""
    _, listener, _ = _push(SUCCESS)
    lines = listener.requests[0].decode().split("\r\n")

    assert f"POST {PUSH.target} HTTP/1.1" == lines[0]
    assert {"User-Agent: Mozilla/4.0", "Accept: */*", "Pragma: no-cache", "Content-Type: text/xml"} < set(lines)
    assert "<xml></xml>" == lines[-1]


def test_the_server_sees_the_host_and_the_address_that_were_given():
    """The Host header says the name in the account's URL, and the connection comes from WeChat's address."""
    peers = list[str]()

    async def sent() -> Listener:
        """Send one request from another address of this machine."""
        listener = Listener([SUCCESS])

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Note who comes, and answer."""
            peers.append(writer.get_extra_info("peername")[0])
            await listener(reader, writer)

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await Sender(port, source="127.0.0.9", host="wx.example.com").push(PUSH)
            await asyncio.gather(*listener.serving)
        return listener

    (request,) = asyncio.run(sent()).requests

    assert (["127.0.0.9"], True) == (peers, b"\r\nHost: wx.example.com\r\n" in request)


def test_a_server_that_is_not_there_is_no_connection():
    """Tried three times at once, and no attempt was connected."""
    attempts = asyncio.run(Sender(free_port()).push(PUSH))

    assert [(None, False, False)] * 3 == [(one.status, one.timed_out, one.connected) for one in attempts]
