"""Waiting for a thread of an executor."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from waiting import begun, stand, waits

import wxtrace
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.pools import Occupancy, pools
from wxtrace.tag import bind, unbind


def test_five_jobs_for_one_thread(captured):
    """Of five jobs for one thread four wait, each under its own request, until they begin."""

    async def run():
        """Act it out in a loop."""
        gate, loop = threading.Event(), asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "menus") as pool:
            jobs = [begun(f"o{one}", lambda: loop.run_in_executor(pool, gate.wait)) for one in range(5)]
            await stand(captured, "o1", "o2", "o3", "o4")
            occupied = list(pools)
            gate.set()
            await asyncio.gather(*jobs)
            return occupied

    assert [Occupancy("executor menus", 1, 1)] == asyncio.run(run())
    assert [(f"o{one}", "executor", "UNSET") for one in range(1, 5)] == waits(captured)
    assert [
        {"wxtrace.pool": "executor menus", "wxtrace.in_use": 1, "wxtrace.size": 1, "wxtrace.waiting": ahead}
        for ahead in range(4)
    ] == [span.attributes for span in captured.spans]


def test_after_a_burst(captured, request_):
    """Once a burst is over, the next job does not wait, whatever the executor's count of idle threads says."""
    with ThreadPoolExecutor(1) as pool:
        for future in [pool.submit(int) for _ in range(5)]:
            future.result()
        before = len(captured.spans)
        gate = threading.Event()
        pool.submit(gate.wait)
        assert (before, []) == (len(captured.spans), captured.open)
        pool.submit(int)
        assert ["executor"] == [span.module for span in captured.open]
        gate.set()

    assert [] == captured.open


def test_jobs_of_nobody_take_threads_too(captured, request_):
    """A job that is submitted outside of requests makes others wait, and records nothing itself."""
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        token = bind(None)
        pool.submit(gate.wait)
        pool.submit(int)
        unbind(token)
        pool.submit(int)
        gate.set()

    assert [("oA", "executor", "UNSET")] == waits(captured)
    assert 1 == captured.span("executor").attributes["wxtrace.waiting"]


@pytest.mark.parametrize(
    "cancel", [lambda pool, future: future.cancel(), lambda pool, _: pool.shutdown(False, cancel_futures=True)]
)
def test_cancelled_before_it_begins(captured, request_, cancel):
    """A job that is cancelled in the queue, or with the whole executor, waits no longer."""
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(gate.wait)
        cancel(pool, pool.submit(int))
        assert (1, []) == (len(captured.spans), captured.open)
        gate.set()


def test_refused(captured, request_):
    """An executor that takes nothing any more raises as ever, and the wait that had begun tells why it ended."""
    gate = threading.Event()
    pool = ThreadPoolExecutor(1)
    pool.submit(gate.wait)
    pool.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)
    gate.set()

    assert ["RuntimeError: cannot schedule new futures after shutdown"] == [end for _, _, end in waits(captured)]


def test_whose_work_a_thread_does(captured, request_):
    """While a job runs, its thread is known as working for its request; then no more."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: in_flight.threads_of(request_) == [threading.get_ident()]).result()

    assert {} == in_flight.workers


def test_jobs_of_another_interpreter(captured, request_):
    """An executor that hands its jobs to another interpreter gets them as they are: a context cannot go there."""
    elsewhere = type("Elsewhere", (ThreadPoolExecutor,), {"__module__": "concurrent.futures.interpreter"})
    with elsewhere(1) as pool:
        assert pool.submit(wxtrace.current_tag).result() is None
