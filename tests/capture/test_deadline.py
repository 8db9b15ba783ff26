"""`wxtrace.remaining`: how long WeChat still waits."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import baggage, context, propagate
from waiting import as_request

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.capture import executors
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.provider import origin
from wxtrace.tag import Request, bind, unbind

PUSH = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "query_string": b"signature=00&timestamp=1745231475&nonce=7&openid=oA",
    "headers": [],
}


def seconds():
    """Return what remains, to a hundredth of a second."""
    left = wxtrace.remaining()
    return None if left is None else round(left, 2)


def test_outside(captured):
    """Outside of requests, and in one that no push has brought, there is no deadline."""
    outside = wxtrace.remaining()
    token = bind(Request())
    untagged = wxtrace.remaining()
    unbind(token)

    assert (None, None) == (outside, untagged)


def test_it_runs_down(captured, request_):
    """Five seconds from the arrival, never from the stamp, and never less than none."""
    left = [seconds()]
    for passed in (1.5, 3.4, 0.2, 10):
        captured.clock.advance(passed)
        left.append(seconds())

    assert [5.0, 3.5, 0.1, 0.0, 0.0] == left


def test_a_payment(captured):
    """A payment notification has the same five seconds."""
    request = Request()
    request.learn_payment({"wechat.transaction_id": "4200"})
    token = bind(request)
    captured.clock.advance(1)
    left = seconds()
    unbind(token)

    assert 4.0 == left


def test_from_every_task_and_thread(captured):
    """Child tasks and threads of a request are asked the same."""

    async def run():
        """Act it out in a loop."""
        captured.clock.advance(2)
        with ThreadPoolExecutor(1) as pool:
            loop = asyncio.get_running_loop()
            return await asyncio.gather(
                asyncio.create_task(asyncio.to_thread(seconds)), loop.run_in_executor(pool, seconds), _here()
            )

    executors.carry()
    left = asyncio.run(as_request("oA", run))
    executors.restore()
    assert [3.0, 3.0, 3.0] == left


async def _here():
    return seconds()


@pytest.mark.parametrize(("watched", "left"), [(True, 3.75), (False, 4.0)])
def test_time_in_front_of_the_app(captured, watched, left):
    """What a proxy's header proves that the request had waited before is gone too, while somebody watches."""
    in_flight.watch((lambda: None) if watched else None)
    origin.decided = True
    told = []

    async def app(scope, receive, send):
        """Answer, or look at the clock."""
        captured.clock.advance(1)
        told.extend([seconds(), seconds()])

    queued = str((captured.clock.now_ns - 250_000_000) // 1000).encode()
    scope = {**PUSH, "headers": [(b"x-request-start", b"t=" + queued)]}
    asyncio.run(AccessMiddleware(app)(scope, None, None))
    in_flight.watch(None)

    assert [left, left] == told


def test_as_a_time_out(captured, request_):
    """It is a number that `asyncio.timeout` takes."""

    async def run():
        """Act it out in a loop."""
        captured.clock.advance(6)
        async with asyncio.timeout(wxtrace.remaining()):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(run())


def test_told_downstream(captured, request_):
    """Put into OpenTelemetry's baggage, it goes along with what spans below send."""
    captured.clock.advance(2)
    left = str(int((wxtrace.remaining() or 0) * 1000))
    token = context.attach(baggage.set_baggage("wx.remaining_ms", left))
    headers = {}
    with wxtrace.span("remote", "crm", "GET menu"):
        propagate.inject(headers)
    context.detach(token)

    assert f"wx.remaining_ms={left}" == headers["baggage"]
