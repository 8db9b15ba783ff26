"""The watchdog: who gets a snapshot, and when."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from time import monotonic_ns

import pytest
from hanging import LOOPS, Hang, run, settle
from watching import MARKS_NS, beginning, ending, query, snapshots, ticked

from wxtrace.capture.inflight import in_flight
from wxtrace.tag import Request
from wxtrace.testing import Captured
from wxtrace.watch.scene import Scene
from wxtrace.watch.watchdog import MAX_SNAPSHOTS, Watchdog


def test_a_request_gets_one_snapshot_at_each_mark_and_no_more(captured):
    """Before 3.5 s there is none, a minute later there are two."""

    async def main():
        """Let a minute pass."""
        with ticked(captured) as dog:
            async with Hang() as hang:
                task = await beginning(hang.locked)
                written = []
                for _ in range(600):
                    captured.clock.advance(0.1)
                    written.append(dog.tick())
                await ending(task)
                return written

    written = run(main())

    assert [35, 45] == [number for number, count in enumerate(written, 1) if count]
    assert [3.5, 4.5] == [snapshot["mark_s"] for snapshot in snapshots(captured)]


def test_a_request_that_is_looked_at_late_gets_one_snapshot_of_the_last_mark(captured):
    """Where the watchdog had no time until both marks were past, one snapshot says all."""

    async def main():
        """Tick late."""
        with ticked(captured) as dog:
            async with Hang() as hang:
                task = await beginning(hang.locked)
                captured.clock.advance(10)
                written = [dog.tick(), dog.tick()]
                await ending(task)
                return written

    assert ([1, 0], [4.5]) == (run(main()), [snapshot["mark_s"] for snapshot in snapshots(captured)])


def test_a_request_that_has_its_reply_gets_none(captured):
    """Who came back in time is not looked at, nor is who came back as it was looked for."""

    async def main():
        """Reply, then let the time pass."""
        with ticked(captured) as dog:
            await ending(await beginning(lambda: asyncio.sleep(0)))
            captured.clock.advance(60)
            return dog.tick()

    assert (0, []) == (run(main()), snapshots(captured))


@pytest.mark.parametrize(("untagged", "expected"), [(False, 0), (True, 1)])
def test_requests_without_a_tag_are_looked_at_where_it_is_wanted(captured, untagged, expected):
    """By default only pushes are watched."""

    async def main():
        """Let a request hang that is no push."""
        with ticked(captured, untagged=untagged) as dog:
            async with Hang() as hang:
                task = await beginning(hang.locked, method="GET", query=b"")
                captured.clock.advance(4)
                written = dog.tick()
                await ending(task)
                return written

    assert expected == run(main())


def test_a_queue_that_a_proxy_proves_counts(captured):
    """Two seconds in a queue in front of the app bring the mark forward by two seconds."""
    started = captured.clock.time_ns() - 2 * 10**9
    headers = [(b"x-request-start", f"t={started / 10**9:.6f}".encode())]

    async def main():
        """Let a request hang that had waited."""
        with ticked(captured) as dog:
            async with Hang() as hang:
                task = await beginning(hang.locked, headers=headers)
                captured.clock.advance(1.6)
                dog.tick()
                await ending(task)

    run(main())

    ((mark, age, queued),) = [
        (snapshot["mark_s"], round(snapshot["age_ns"], -8), round(snapshot["queued_ns"], -8))
        for snapshot in snapshots(captured)
    ]
    assert (3.5, 3_600_000_000, 2_000_000_000) == (mark, age, queued)


def test_a_thousand_past_their_mark_take_turns(captured):
    """No tick writes more than 32; those wait that have one already, and what waits is counted."""

    async def main():
        """Let a thousand hang."""
        with ticked(captured) as dog:
            async with Hang() as hang:
                tasks = [await beginning(hang.locked, query=query(number)) for number in range(1000)]
                captured.clock.advance(3.6)
                first = [dog.tick() for _ in range(4)]
                captured.clock.advance(1)
                second = [dog.tick() for _ in range(40)]
                await ending(*tasks)
                return first, second

    first, second = run(main())

    written = snapshots(captured)
    pushes = [log.openid for log in captured.logs if log.event == "wxtrace.snapshot"]
    assert [MAX_SNAPSHOTS] * 4 == first
    assert max(second) == MAX_SNAPSHOTS
    assert 1000 + sum(first) == len(written)
    assert 1000 == len(set(pushes[:1000]))
    assert [968, 936, 904, 872] == [written[number * MAX_SNAPSHOTS]["put_off"] for number in range(4)]


def test_what_fails_in_a_tick_is_told_once_and_hurts_nobody(captured, caplog):
    """A defect of the watchdog is one warning; it ticks on, and snapshots are written all the same."""

    class Broken(Scene):
        """Cannot look."""

        def tick(self, *args):
            """Fail."""
            raise LookupError("no scene")

    async def main():
        """Tick three times."""
        with ticked(captured) as dog:
            dog.scene = Broken(captured.clock.monotonic_ns)
            dog.on_tick.append(lambda flights, now_ns: 1 / 0)
            async with Hang() as hang:
                task = await beginning(hang.locked)
                captured.clock.advance(4)
                written = [dog.tick() for _ in range(3)]
                await ending(task)
                return written

    with caplog.at_level(logging.WARNING, "wxtrace"):
        written = run(main())

    assert [1, 0, 0] == written
    assert ["wxtrace: the watchdog missed something: LookupError: no scene"] == [
        record.getMessage() for record in caplog.records
    ]


def test_whoever_wants_to_is_called_at_every_tick(captured):
    """Others hang on to the watchdog's tick: they get what is in flight, and the time."""
    heard = []

    async def main():
        """Tick with one in flight."""
        with ticked(captured) as dog:
            dog.on_tick.append(
                lambda flights, now_ns: heard.append(([one.request.openid for one in flights], now_ns))
            )
            async with Hang() as hang:
                task = await beginning(hang.locked)
                dog.tick()
                await ending(task)

    run(main())

    ((openids, now_ns),) = heard
    assert (["oA-1_b"], True) == (openids, 0 < now_ns <= captured.clock.monotonic_ns())


def test_the_watchdog_keeps_no_task_alive(captured):
    """A request that was looked at and has left is collected, with its task and its holder."""

    async def main():
        """Look at one, and let it go."""
        with ticked(captured) as dog:
            async with Hang() as hang:
                task = await beginning(hang.locked)
                captured.clock.advance(4)
                dog.tick()
                reference = weakref.ref(task)
                await ending(task)
                del task
                await settle()
                dog.tick()
                gc.collect()
                return reference(), dog._passed

    assert (None, {}) == run(main())


class Waiting:
    """
    A wait that a test allows: each `go` lets the thread of a watchdog take one step.

    `waits` has the seconds that it wanted to wait; None for as long as it takes.
    """

    def __init__(self) -> None:
        self.waits: list[float | None] = []
        self._may, self._is_waiting = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, event: threading.Event, seconds: float | None) -> None:
        """Wait for the test."""
        self.waits.append(seconds)
        self._is_waiting.release()
        self._may.acquire()

    def go(self, steps: int) -> None:
        """Let so many waits end, and return when the next one has begun."""
        for _ in range(steps):
            self._is_waiting.acquire()
            self._may.release()
        self._is_waiting.acquire()
        self._is_waiting.release()


@pytest.fixture(name="waiting")
def wait():
    """A wait whose end the test decides, in a watchdog that watches."""
    waiting = Waiting()
    dog = Watchdog(MARKS_NS, scene=Scene(monotonic_ns), wait=waiting)
    dog.start()
    yield waiting
    dog._stopped = True
    waiting._may.release(10)
    dog.stop()


def names() -> list[str]:
    """Return the names of wxtrace's watchdog threads."""
    return [thread.name for thread in threading.enumerate() if thread.name == "wxtrace-watchdog"]


def test_the_thread_begins_with_the_first_request(waiting):
    """Before anything is in flight there is no thread; two requests at once make one."""
    before = names()
    in_flight.arrived(Request())
    in_flight.arrived(Request())

    assert ([], ["wxtrace-watchdog"]) == (before, names())


def test_the_thread_does_not_tick_while_nothing_is_in_flight(waiting):
    """Ten ticks after the last request it waits for as long as it takes, until the next one comes."""
    request = Request()
    in_flight.arrived(request)
    waiting.go(2)
    in_flight.left(request)
    waiting.go(10)
    resting = list(waiting.waits)
    in_flight.arrived(request)
    waiting.go(2)

    assert ([*[0.1] * 12, None], [0.1, 0.1]) == (resting, waiting.waits[13:])


def test_a_watchdog_that_is_stopped_leaves_no_thread(captured):
    """After `stop` there is no thread, and nothing is kept of what is in flight."""
    dog = Watchdog(MARKS_NS, scene=Scene(monotonic_ns))
    dog.start()
    in_flight.arrived(Request())
    running = names()
    dog.stop()

    assert (["wxtrace-watchdog"], [], []) == (running, names(), list(in_flight))


@pytest.mark.parametrize("new_loop", LOOPS)
def test_ten_thousand_snapshots_of_tasks_that_come_and_go(captured, new_loop, caplog, monkeypatch):
    """Another thread looks while tasks begin, wait, end and are cancelled: nothing fails, nothing is missed."""
    monkeypatch.setattr("wxtrace.watch.breath.sleep", lambda seconds: None)
    with ticked(captured) as dog:
        looker = Looker(dog, captured, 10_000)

        async def main():
            """Let pushes come and go while it looks."""
            async with Hang() as hang:
                ways = [hang.gathering, hang.iterating, hang.timing, hang.entering, hang.grouping, hang.awaiting]
                looker.start()
                while looker.is_alive():
                    tasks = [await beginning(way, query=query(number)) for number, way in enumerate(ways * 3)]
                    captured.clock.advance(4)
                    await asyncio.sleep(0.002)
                    await ending(*tasks)

        with caplog.at_level(logging.WARNING, "wxtrace"):
            run(main(), new_loop)
        looker.join()

    assert ([], True) == (caplog.messages, looker.written >= 10_000)


class Looker(threading.Thread):
    """Looks at what is in flight as fast as it can, until so many snapshots are written."""

    def __init__(self, dog: Watchdog, captured: Captured, snapshots: int) -> None:
        super().__init__()
        self.dog, self.captured, self.snapshots, self.written = dog, captured, snapshots, 0

    def run(self) -> None:
        """Look, and forget each time that it has looked."""
        while self.written < self.snapshots:
            self.written += self.dog.tick()
            self.dog._passed.clear()
            self.captured.packed.clear()
