"""The requests in flight."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
from hanging import LOOPS, run
from serving import exchange, read_body, replying, scope, serve

from wxtrace import AccessMiddleware
from wxtrace.capture.inflight import InFlight, in_flight
from wxtrace.tag import Request, current_request


@pytest.fixture(name="watched")
def watch():
    """All requests in flight, while somebody watches; the count of wakes grows in `wakes`."""
    in_flight.watch(lambda: None)
    yield in_flight
    in_flight.watch(None)


def test_a_request_is_in_flight_from_its_arrival_to_its_last_byte(captured, watched):
    """While the app works it is in flight, and when the last byte of its reply is sent it is not."""
    seen = []

    async def app(request, receive, send):
        """Look before the reply, between its parts, and after it."""
        await read_body(receive)
        seen.append(len(watched))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"suc", "more_body": True})
        seen.append(len(watched))
        await send({"type": "http.response.body", "body": b"cess"})
        seen.append(len(watched))

    serve(AccessMiddleware(app))

    assert [1, 1, 0] == seen


def test_a_request_whose_app_fails_is_in_flight_no_more(captured, watched):
    """An exception ends it too."""

    async def app(request, receive, send):
        """Fail."""
        raise LookupError

    with pytest.raises(LookupError):
        serve(AccessMiddleware(app))

    assert 0 == len(watched)


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_flight_knows_its_task_loop_and_thread(new_loop, captured, watched):
    """What the watchdog must know is there: holder, access span, thread, loop and task."""

    async def app(request, receive, send):
        """Compare."""
        (flight,) = watched
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        seen.append((current_request(), current_request().access, threading.get_ident(), loop, task) == flight[:5])

    seen = []
    for _ in range(2):
        run(exchange(AccessMiddleware(app), scope()), new_loop)

    assert [True, True] == seen


def test_flights_come_in_the_order_of_their_arrival(watched):
    """The oldest is the first, whoever left before."""
    first, second, third = Request(), Request(), Request()
    for request in (first, second, third):
        watched.arrived(request)
    watched.left(first)
    watched.arrived(first)

    assert [second, third, first] == [flight.request for flight in watched]


def test_a_thread_without_a_loop_can_serve_a_request(watched):
    """Where no loop runs, the thread is what is known."""
    request = Request()

    watched.arrived(request)

    ((*_, ident, loop, task, _headers),) = watched
    assert (threading.get_ident(), None, None) == (ident, loop, task)


def test_a_websocket_is_not_in_flight(captured, watched):
    """A connection that is meant to stay does not come back late."""
    seen = []

    async def app(request, receive, send):
        """Look."""
        seen.append(len(watched))

    serve(AccessMiddleware(app), scope(type="websocket"))

    assert [0] == seen


def test_nothing_is_kept_where_nobody_watches():
    """Without a watchdog a request leaves no trace in memory."""
    flights = InFlight()

    flights.arrived(Request())

    assert [] == list(flights)


def test_who_watches_is_woken_by_the_first_request_after_a_rest():
    """While requests come, nobody is woken; after a rest the first one wakes."""
    flights, wakes = InFlight(), []
    flights.watch(lambda: wakes.append(len(flights)))
    first, second, third = Request(), Request(), Request()
    flights.arrived(first)
    flights.arrived(second)
    rests = [flights.rest()]
    flights.left(first)
    flights.left(second)
    rests.append(flights.rest())

    flights.arrived(third)

    assert ([1, 1], [False, True]) == (wakes, rests)


def test_a_thread_works_for_a_request_for_the_length_of_a_block(watched):
    """A worker thread is known by what it works for, also when one call runs inside another."""
    outer, inner, here = Request(), Request(), threading.get_ident()
    with watched.works_in_thread(outer):
        with watched.works_in_thread(inner):
            inside = (watched.threads_of(outer), watched.threads_of(inner))
        with watched.works_in_thread(None):
            for_none = watched.threads_of(outer)
        between = watched.threads_of(outer)

    assert (([], [here]), [], [here], {}) == (inside, for_none, between, watched.workers)


def test_closed_loops_are_let_go(watched):
    """A loop that is known by its thread is forgotten when it is closed, though requests go on."""
    loop = asyncio.new_event_loop()

    async def arrive():
        """Come in by the loop."""
        watched.arrived(Request())

    loop.run_until_complete(arrive())
    known = [list(watched._loops.values())]
    loop.close()
    watched.tidy()
    known.append(list(watched._loops.values()))

    assert [[loop], []] == known


def test_a_forked_child_has_nothing_in_flight(watched):
    """What was in flight at a fork is the parent's; the child's next request wakes the child's own watchdog."""
    watched.arrived(Request())
    pid = os.fork()
    if not pid:
        os._exit(len(watched) + 2 * (not watched._is_idle))

    assert (0, 1) == (os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), len(watched))


def test_a_refused_request_has_left(captured, watched):
    """A reply of any status ends it."""
    serve(AccessMiddleware(replying(b"no", status=500)))

    assert [] == list(watched)
