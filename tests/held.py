"""Event loops that a test holds and lets go, by a clock that only the test moves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from serving import body_messages, exchange, replying, scope

import wxtrace
from wxtrace.capture.inflight import Flight, in_flight
from wxtrace.capture.shapes import Shape
from wxtrace.capture.spans import LightSpan
from wxtrace.tag import Request
from wxtrace.testing import START_NS, Captured, Clock
from wxtrace.watch.loops import LoopWatch

POST = Shape("access", "asgi", "POST /wechat", 1)
PATIENCE = 120


class Gate:
    """What code of a test waits for: it sets `entered`, then waits for `opened`."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def until_held(self) -> None:
        """Return when somebody is held."""
        assert self.entered.wait(PATIENCE)


class Stage:
    """
    A loop in a thread, and the watch of it.

    Times are given in seconds, and told in milliseconds since the clock's start.
    """

    def __init__(self, captured: Captured, make_loop: Callable[[], Any], watch: LoopWatch | None = None) -> None:
        self.captured, self.clock = captured, captured.clock
        self.watch = watch or LoopWatch(self.clock.monotonic_ns)
        self.loop = make_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self._replies: dict[str, asyncio.Event] = {}
        self._served: dict[str, Any] = {}

    def arrive(self, openid: str, act: Callable[[], object] | None = None) -> None:
        """Let a request come in; it calls *act*, or waits for `leave`."""
        reached, leave = threading.Event(), asyncio.Event()

        async def app(request: Any, receive: Any, send: Any) -> None:
            """Do as it is told, and reply."""
            reached.set()
            if act is None:
                await leave.wait()
            else:
                act()
            await replying()(request, receive, send)

        query = b"timestamp=1745231475&nonce=77&signature=0&openid=" + openid.encode()
        push = exchange(wxtrace.AccessMiddleware(app), scope(query), body_messages([b""]))
        self._replies[openid] = leave
        self._served[openid] = asyncio.run_coroutine_threadsafe(push, self.loop)
        assert reached.wait(PATIENCE)

    def leave(self, *openids: str) -> None:
        """Let requests be answered."""
        for openid in openids:
            self.loop.call_soon_threadsafe(self._replies[openid].set)
            self._served[openid].result(PATIENCE)

    def settle(self) -> None:
        """Return when the loop has done all that it was asked to."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self.loop).result(PATIENCE)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)

    def tick(self, seconds: float = 0.1, times: int = 1) -> None:
        """Let time pass, then let the watchdog look."""
        for _ in range(times):
            self.clock.advance(seconds)
            self.watch.tick(in_flight, self.clock.monotonic_ns())

    def flights(self) -> list[Flight]:
        """Return what is in flight, on any loop."""
        return list(in_flight)

    def waits(self) -> list[tuple[str | None, str, float, float]]:
        """Return whose waits were recorded: openid, name, start and end."""
        return [(span.openid, span.name, *milliseconds(span)) for span in waits_in(self.captured)]

    def end(self) -> None:
        """Stop the loop and its thread; what is in flight on it is cancelled."""
        if self.loop.is_running():
            for served in self._served.values():
                served.cancel()
            self.settle()
            self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        if not self.loop.is_closed():
            self.loop.close()


@contextmanager
def staged(captured: Captured, *make_loops: Callable[[], Any]) -> Iterator[list[Stage]]:
    """Set up a stage for each of *make_loops*, all watched by one, for the length of a block."""
    in_flight.watch(lambda: None)
    watch = LoopWatch(captured.clock.monotonic_ns)
    stages = [Stage(captured, make_loop, watch) for make_loop in make_loops]
    try:
        yield stages
    finally:
        for stage in stages:
            stage.end()
        in_flight.watch(None)


def waits_in(captured: Captured) -> list[Any]:
    """Return the wait spans that were recorded, in the order of their starts."""
    return [span for span in captured.spans if span.layer == "wait"]


def milliseconds(span: Any) -> tuple[float, float]:
    """Return start and end of a span in milliseconds since the clock's start."""
    return (span.start_ns - START_NS) / 10**6, (span.end_ns - START_NS) / 10**6


class StillLoop:
    """Looks like a loop, and runs when it is told to."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.asked: list[Callable[[], None]] = []
        self.later: list[tuple[int, Callable[[], None]]] = []
        self.times_asked = 0
        self.runs = True
        self.is_closed = False

    def is_running(self) -> bool:
        """Say that it runs."""
        return self.runs

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        """Keep *callback* for later."""
        if self.is_closed:
            raise RuntimeError("Event loop is closed")
        self.times_asked += 1
        self.asked.append(callback)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Keep *callback* until its time has come."""
        self.later.append((self.clock.now_ns + round(seconds * 10**9), callback))

    def answer(self) -> None:
        """Do what it was asked to do."""
        asyncio._set_running_loop(self)
        while self.asked:
            self.asked.pop(0)()
        asyncio._set_running_loop(None)

    def run(self) -> None:
        """Do what it was asked to do, and what is due."""
        self.answer()
        asyncio._set_running_loop(self)
        for timer in [timer for timer in self.later if timer[0] <= self.clock.now_ns]:
            self.later.remove(timer)
            timer[1]()
        asyncio._set_running_loop(None)


def flight_on(loop: Any, openid: str = "oA", thread: int = 0, stamp: int | None = 1_745_231_475) -> Flight:
    """Return a request that arrives now; without a *stamp* it is no push."""
    request = Request()
    request.learn(openid, stamp, "77")
    request.access = access = LightSpan(POST, None, request)
    return Flight(request, access, thread, loop, None, ())
