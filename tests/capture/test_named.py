"""`wxtrace.wait`: waits that the app names itself."""

from __future__ import annotations

import asyncio
import threading

import pytest
from waiting import begun, stand, waits

import wxtrace
from wxtrace.capture.context import SPAN_KEY, current


def test_a_block(captured):
    """A block is a wait by its name, and the current span meanwhile."""
    with wxtrace.wait("menu lock", tries=1) as span:
        assert span is current().get(SPAN_KEY)

    assert [("wait", "menu lock", "menu lock", {"tries": 1})] == [
        (one.layer, one.module, one.name, one.attributes) for one in captured.spans
    ]


def test_an_asynchronous_block(captured):
    """The same with `async with`; what it raises is recorded and raised on."""

    async def run():
        """Act it out in a loop."""
        async with wxtrace.wait("menu lock"):
            raise LookupError("no menu")

    with pytest.raises(LookupError, match="no menu"):
        asyncio.run(run())
    assert [(None, "menu lock", "LookupError: no menu")] == waits(captured)


def test_decorated(captured):
    """As a decorator it is a span of each call, of functions and coroutines."""

    @wxtrace.wait("menu lock")
    def one(number):
        return number + 1

    @wxtrace.wait("menu lock")
    async def other(number):
        """Add two."""
        return number + 2

    assert (2, 3) == (one(1), asyncio.run(other(1)))
    assert [("wait", "menu lock", "one"), ("wait", "menu lock", "other")] == [
        (span.layer, span.module, span.name) for span in captured.spans
    ]


@pytest.mark.parametrize("make", [asyncio.Lock, lambda: asyncio.Semaphore(1), asyncio.Condition])
def test_a_lock(captured, make):
    """With a lock, the span stands while it is waited for, not while it is held; a free lock records nothing."""

    async def run():
        """Act it out in a loop."""
        lock = make()
        menu = wxtrace.wait("menu lock", lock)

        async def use():
            """Use what the lock keeps."""
            async with menu:
                assert lock.locked()
                return captured.open

        async with menu:
            assert [] == captured.open
            users = [begun(openid, use) for openid in ("oA", "oB")]
            await stand(captured, "oA", "oB")
        assert [["oB"], []] == [[span.openid for span in await user] for user in users]
        return lock.locked()

    assert not asyncio.run(run())
    assert [("oA", "menu lock", "UNSET"), ("oB", "menu lock", "UNSET")] == waits(captured)


def test_a_lock_of_threads(captured):
    """The same with locks of threads."""
    lock = threading.Lock()

    def use():
        with wxtrace.wait("menu lock", lock):
            return captured.open

    async def run():
        """Act it out in a loop."""
        with lock:
            user = begun("oA", lambda: asyncio.to_thread(use))
            await stand(captured, "oA")
        return await user

    assert [] == asyncio.run(run())
    assert [("oA", "menu lock", "UNSET")] == waits(captured)


def test_a_lock_that_does_not_tell(captured):
    """A lock that does not say whether it is free is waited for under a span each time."""
    lock = threading.Condition()
    with wxtrace.wait("menu lock", lock):
        pass

    assert [(None, "menu lock", "UNSET")] == waits(captured)


def test_cancelled(captured):
    """Who is cancelled while he waits for a lock has not got it."""

    async def run():
        """Act it out in a loop."""
        lock = asyncio.Lock()

        async def use():
            """Use what the lock keeps."""
            async with wxtrace.wait("menu lock", lock):
                pass

        async with lock:
            user = begun("oA", use)
            await stand(captured, "oA")
            user.cancel()
            await asyncio.gather(user, return_exceptions=True)
        return lock.locked()

    assert not asyncio.run(run())
    assert [("oA", "menu lock", "cancelled")] == waits(captured)


def test_a_lock_is_no_decorator():
    """A lock around every call of a function would hide that it is held: that is refused where it is written."""
    with pytest.raises(TypeError, match="no decorator"):
        wxtrace.wait("menu lock", threading.Lock())(print)


def test_switched_off():
    """Where nothing is recorded, the lock is taken all the same."""
    lock = threading.Lock()
    with wxtrace.wait("menu lock"), wxtrace.wait("menu lock", lock):
        held = lock.locked()

    assert (True, False) == (held, lock.locked())


def test_a_lock_on_a_server(captured):
    """A lock that would ask a server whether it is free is not asked."""

    class Remote:
        """A lock as redis has it."""

        async def locked(self):
            """Ask the server."""
            raise AssertionError

        async def __aenter__(self):
            return "held"

        async def __aexit__(self, *_):
            return None

    async def run():
        """Act it out in a loop."""
        async with wxtrace.wait("menu lock", Remote()) as held:
            return held

    assert "held" == asyncio.run(run())
    assert [(None, "menu lock", "UNSET")] == waits(captured)
