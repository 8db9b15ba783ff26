"""anyio's limiters, and whose work a thread does."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import anyio
import anyio.to_thread
import pytest
from waiting import as_request, begun, stand, until, waits

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.capture.inflight import in_flight
from wxtrace.tag import current_request

BUSY = {"wxtrace.pool": "anyio", "wxtrace.in_use": 40, "wxtrace.size": 40}


def test_the_forty_first(captured):
    """Of 42 sync handlers on 40 threads two wait, each under its own request; the others record nothing."""

    async def run():
        """Act it out in a loop."""
        gate = threading.Event()
        tasks = [begun(f"o{one}", partial(anyio.to_thread.run_sync, gate.wait)) for one in range(42)]
        await stand(captured, "o40", "o41")
        gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())

    assert [("o40", "threads", "UNSET"), ("o41", "threads", "UNSET")] == waits(captured)
    assert [BUSY | {"wxtrace.waiting": 0}, BUSY | {"wxtrace.waiting": 1}] == [
        one.attributes for one in captured.spans
    ]


def test_a_free_token(captured):
    """Where a token is free, nothing is recorded, and the call gives what it gave."""

    async def run():
        """Act it out in a loop."""
        return await as_request("oA", partial(anyio.to_thread.run_sync, wxtrace.current_tag))

    assert "oA" == asyncio.run(run()).openid
    assert [] == captured.spans


def test_outside_of_requests(captured):
    """Who waits for no request records nothing."""

    async def run():
        """Act it out in a loop."""
        limiter = anyio.CapacityLimiter(1)
        async with limiter:
            waiting = asyncio.create_task(limiter.acquire_on_behalf_of("somebody"))
            await until(lambda: limiter.statistics().tasks_waiting)
        await waiting

    asyncio.run(run())

    assert [] == captured.spans


def test_cancelled_while_waiting(captured):
    """A task that is cancelled while it waits ends its wait as cancelled, and takes no token along."""

    async def run():
        """Act it out in a loop."""
        limiter = anyio.CapacityLimiter(1)
        async with limiter:
            waiting = begun("oA", limiter.acquire)
            await stand(captured, "oA")
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        return limiter.available_tokens

    assert 1 == asyncio.run(run())
    assert [("oA", "limiter", "cancelled")] == waits(captured)


def test_whose_work_a_thread_does(captured):
    """While a call runs in a worker thread, the thread is known as working for its request; then no more."""

    def work():
        return in_flight.threads_of(current_request()) == [threading.get_ident()]

    async def run():
        """Act it out in a loop."""
        return await as_request("oA", partial(anyio.to_thread.run_sync, work))

    assert asyncio.run(run())
    assert {} == in_flight.workers


def test_what_the_call_raises(captured):
    """What the function in the thread raises comes out as it is, and the thread is free again."""

    async def run():
        """Act it out in a loop."""
        await as_request("oA", partial(anyio.to_thread.run_sync, int, "x"))

    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(run())
    assert {} == in_flight.workers


def test_below_the_access_span(captured):
    """The wait of a handler lies below the access span of its request."""
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b"timestamp=1745231475"}

    async def run():
        """Act it out in a loop."""
        limiter = anyio.CapacityLimiter(1)

        async def app(scope, receive, send):
            """Answer, or look at the clock."""
            async with limiter:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"success"})

        async def nothing(*_):
            """Receive and send nothing."""
            return {"type": "http.request"}

        async with asyncio.TaskGroup() as tasks, limiter:
            tasks.create_task(AccessMiddleware(app)(scope, nothing, nothing))
            await until(lambda: any(span.layer == "wait" for span in captured.open))

    asyncio.run(run())

    assert captured.span("asgi").span_id == captured.span("limiter").parent_span_id
