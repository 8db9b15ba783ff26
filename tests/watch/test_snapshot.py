"""What a snapshot says."""

from __future__ import annotations

import asyncio
import json
import threading

import anyio
import anyio.to_thread
import pytest
from hanging import LOOPS, Hang, run, settle
from watching import beginning, ending, query, snapshots, ticked

import wxtrace
from wxtrace.capture.inflight import in_flight
from wxtrace.capture.pools import Occupancy, pools
from wxtrace.record import unpack
from wxtrace.tag import Request, current_request
from wxtrace.watch.snapshot import MAX_BYTES


def functions(chains):
    """Return the names of the functions of every chain."""
    return [[frame["function"].rpartition(".")[2] for frame in chain["frames"]] for chain in chains]


def snapshot_of(captured, handler, new_loop=asyncio.new_event_loop):
    """Return what is written of a push that *handler* works for, at 3.5 s."""

    async def main():
        """Let it hang, and look from another thread, as the watchdog does."""
        with ticked(captured) as dog:
            task = await beginning(handler)
            await settle()
            captured.clock.advance(3.5)
            looker = threading.Thread(target=dog.tick)
            looker.start()
            looker.join()
            await ending(task)

    run(main(), new_loop)
    (snapshot,) = snapshots(captured)
    return snapshot


def test_a_snapshot_says_all_that_is_known(captured, monkeypatch):
    """Whole: where its tasks stand, what is open, and what it shares with others."""
    monkeypatch.setattr("wxtrace.watch.scene.load", lambda: 0.5)
    hang = Hang()

    @wxtrace.logic("reply.menu")
    async def handle():
        """Wait inside a storage step."""
        with wxtrace.span("storage", "mysql", "SELECT menu"):
            await hang.sleeping()

    snapshot = snapshot_of(captured, handle)

    for chain in snapshot["tasks"]:
        chain["frames"] = [frame["function"].rpartition(".")[2] for frame in chain["frames"]]
        chain["name"] = "its task"
    ages = [span.pop("age_ns") for span in snapshot["open_spans"]]
    assert sorted(ages, reverse=True) == ages
    assert 3_500 == snapshot.pop("age_ns") // 10**6
    assert {
        "mark_s": 3.5,
        "queued_ns": 0,
        "tasks": [
            {
                "name": "its task",
                "frames": ["exchange", "app", "handle", "sleeping", "sleep"],
                "awaits": "sleep",
                "call": None,
            }
        ],
        "threads": [],
        "open_spans": [
            {"span_id": "0000000000000001", "layer": "access", "module": "asgi", "name": "POST /wechat"},
            {"span_id": "0000000000000002", "layer": "logic", "module": "reply.menu", "name": "handle"},
            {"span_id": "0000000000000003", "layer": "storage", "module": "mysql", "name": "SELECT menu"},
        ],
        "in_flight": 1,
        "loop": {},
        "tokens": {},
        "pools": [],
        "load_1m": 0.5,
        "cpu_percent": None,
        "unattributed": 1,
        "put_off": 0,
        "holders": [],
    } == snapshot


def test_a_snapshot_is_a_log_line_of_the_innermost_span(captured):
    """It stands under the tag of its push, and under the span that is open innermost."""
    hang = Hang()

    async def handle():
        """Wait inside a storage step."""
        with wxtrace.span("storage", "mysql", "SELECT menu"):
            await hang.sleeping()

    snapshot_of(captured, handle)

    (log,) = captured.logs
    span = captured.span("mysql")
    assert (span.trace_id, span.span_id, "storage", "mysql", "oA-1_b", 1745231475, "77") == (
        *(log.trace_id, log.span_id, log.layer, log.module),
        *(log.openid, log.stamp, log.nonce),
    )
    assert ("wxtrace.snapshot", "wxtrace.watch", "warning") == (log.event, log.logger, log.severity)


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize(
    ("way", "expected"),
    [
        (
            "gathering",
            [(["gathering"], "gather of 2"), (["locked", "acquire"], "Lock.acquire"), (["sleep"], "sleep")],
        ),
        ("shielding", [(["shielding"], "shield"), (["locked", "acquire"], "Lock.acquire")]),
    ],
)
def test_tasks_behind_the_one_that_serves_are_told(captured, way, expected, new_loop):
    """What a request waits for is told after it: the tasks of a gather, of a shield."""

    async def handle():
        """Hang in that way."""
        async with Hang() as hang:
            await getattr(hang, way)()

    snapshot = snapshot_of(captured, handle, new_loop)

    told = {
        (names[0], names[-1], task["awaits"])
        for names, task in zip(functions(snapshot["tasks"])[1:], snapshot["tasks"][1:], strict=True)
    }
    assert expected[0][1] == snapshot["tasks"][0]["awaits"]
    assert expected[0][0] == functions(snapshot["tasks"])[0][-len(expected[0][0]) :]
    assert {awaits for _, awaits in expected[1:]} == {awaits for *_, awaits in told}


def test_a_task_that_nobody_awaits_is_told_too(captured):
    """A task in the background of a request is found by its context."""
    background = set()

    async def handle():
        """Begin another task, and wait for something else."""
        hang = Hang()
        background.add(asyncio.create_task(hang.queueing(), name="forgotten"))
        await hang.sleeping()

    snapshot = snapshot_of(captured, handle)

    assert ["sleep", "Queue.get"] == [task["awaits"] for task in snapshot["tasks"]]
    assert "forgotten" == snapshot["tasks"][1]["name"]


def test_a_task_of_another_that_is_awaited_is_told(captured):
    """A task that was made outside of any request, and that this one waits for, is seen through it."""

    async def main():
        """Share a task among requests."""
        with ticked(captured) as dog:
            hang = Hang()
            shared = asyncio.create_task(hang.sleeping(), name="shared")

            async def wait():
                """Wait for it, but never cancel it."""
                await asyncio.wait_for(asyncio.shield(shared), 3600)

            task = await beginning(wait)
            captured.clock.advance(4)
            dog.tick()
            await ending(task, shared)

    run(main())

    (snapshot,) = snapshots(captured)
    assert ["shared"] == [task["name"] for task in snapshot["tasks"]][-1:]


def test_the_stack_of_its_thread_is_told(captured):
    """Where a request works in a thread, the stack of that thread is told."""
    hang = Hang()

    async def handle():
        """Wait for a thread that is stuck."""
        try:
            await asyncio.to_thread(stuck)
        finally:
            hang.gate.set()

    ready = threading.Event()

    def stuck():
        """Wait inside the thread."""
        with in_flight.works_in_thread(current_request()):
            ready.set()
            hang.gate.wait()

    async def main():
        """Look once the thread is stuck."""
        with ticked(captured) as dog:
            task = await beginning(handle)
            ready.wait()
            captured.clock.advance(4)
            dog.tick()
            await ending(task)

    run(main())

    (snapshot,) = snapshots(captured)
    (thread,) = snapshot["threads"]
    assert "stuck" in functions([thread])[0]
    assert "waiter.acquire" == thread["call"]
    assert thread["name"].startswith("asyncio_")
    assert not {"threading.py:Thread._bootstrap"} & {f"{one['file']}:{one['function']}" for one in thread["frames"]}


def test_a_request_that_a_thread_serves_has_the_stack_of_that_thread(captured):
    """Where no loop runs, the thread that the request came in by is looked at."""

    def serve():
        """Serve a request as WSGI does, and look at it from here."""
        request = Request()
        request.learn("oA", 1745231475, "1")
        in_flight.arrived(request)
        captured.clock.advance(4)
        dog.tick()
        in_flight.left(request)

    with ticked(captured) as dog:
        thread = threading.Thread(target=serve, name="worker 1")
        thread.start()
        thread.join()

    (snapshot,) = snapshots(captured)
    ((name, (outermost, *_)),) = [(one["name"], one["frames"]) for one in snapshot["threads"]]
    assert ([], "worker 1", "serve") == (
        snapshot["tasks"],
        name,
        outermost["function"].rpartition(".")[2],
    )


@pytest.mark.parametrize("new_loop", LOOPS)
def test_two_hundred_requests_at_once_are_told_apart(captured, new_loop):
    """Each snapshot tells the tasks of its own request, and all of them."""

    async def handle():
        """Wait for two tasks that are named after the push."""
        openid = wxtrace.current_tag().openid
        await asyncio.gather(
            asyncio.create_task(Hang().sleeping(), name=f"{openid}/1"),
            asyncio.create_task(Hang().queueing(), name=f"{openid}/2"),
        )

    async def main():
        """Let two hundred hang."""
        with ticked(captured) as dog:
            tasks = [await beginning(handle, query=query(number)) for number in range(200)]
            await settle()
            captured.clock.advance(3.6)
            while await asyncio.to_thread(dog.tick):
                pass
            await ending(*tasks)

    run(main(), new_loop)

    told = {
        log.openid: [task["name"] for task in log.attributes["tasks"]][1:]
        for log in captured.logs
        if log.event == "wxtrace.snapshot"
    }
    assert 200 == len(told)
    assert told == {openid: [f"{openid}/1", f"{openid}/2"] for openid in told}


def test_two_loops_in_one_process_are_told_apart(captured):
    """Requests of two loops in two threads are seen, each with its own tasks."""
    both = threading.Barrier(3, timeout=120)

    async def serve(number):
        """Serve one request that hangs."""
        hang = Hang()
        task = await beginning([hang.sleeping, hang.queueing][number], query=query(number))
        await asyncio.to_thread(both.wait)
        await asyncio.to_thread(both.wait)
        await ending(task)

    with ticked(captured) as dog:
        threads = [threading.Thread(target=run, args=(serve(number),)) for number in range(2)]
        for thread in threads:
            thread.start()
        both.wait()
        captured.clock.advance(4)
        dog.tick()
        both.wait()
        for thread in threads:
            thread.join()

    told = {log.openid[-1]: [one["awaits"] for one in log.attributes["tasks"]] for log in captured.logs}
    assert {"0": ["sleep"], "1": ["Queue.get"]} == told


def test_a_snapshot_is_bounded(captured):
    """However deep and wide a request is, a snapshot has at most eight chains and 16 KiB, the innermost frames."""

    async def deep_inside_of_a_recursion_that_does_not_end(levels):
        """Wait far below."""
        await (deep_inside_of_a_recursion_that_does_not_end(levels - 1) if levels else Hang().sleeping())

    async def handle():
        """Wait for many."""
        await asyncio.gather(*(deep_inside_of_a_recursion_that_does_not_end(100) for _ in range(100)))

    snapshot = snapshot_of(captured, handle)

    (packed,) = [one for one in map(unpack, captured.packed) if one.name == "wxtrace.snapshot"]
    assert len(packed.attributes) <= MAX_BYTES
    assert 8 == len(snapshot["tasks"])
    assert {"sleep"} == {names[-1] for names in functions(snapshot["tasks"])[1:]}


def test_a_snapshot_holds_no_value_of_the_app(captured):
    """Neither arguments nor local variables nor what a name holds of a secret are in it."""

    async def handle():
        """Hold what nobody may see."""
        password, note = "hunter2", "a secret note"
        task = asyncio.create_task(Hang().sleeping(), name="call?access_token=abcdef&phone=13800138000")
        await asyncio.gather(task, asyncio.sleep(3600, (password, note)))

    text = json.dumps(snapshot_of(captured, handle))

    assert [] == [value for value in ("hunter2", "secret note", "abcdef", "13800138000") if value in text]


def test_pools_are_told(captured):
    """How full every pool is stands in the snapshot."""

    class Pool:
        """A pool."""

    pool = Pool()
    pools.see(pool, lambda one: Occupancy("mysql pool", 2, 5))

    snapshot = snapshot_of(captured, Hang().sleeping)

    assert {"pool": "mysql pool", "in_use": 2, "size": 5} in snapshot["pools"]


def test_what_cannot_be_looked_at_costs_itself_alone(captured, monkeypatch):
    """Where a part of the picture fails, the rest is told, and what is missed is named."""

    def refuse(*_):
        """Fail."""
        raise RuntimeError

    monkeypatch.setattr("wxtrace.watch.scene.owned_tasks", refuse)
    monkeypatch.setattr("wxtrace.watch.scene._tokens", refuse)

    snapshot = snapshot_of(captured, Hang().sleeping)

    assert ["tasks: RuntimeError", "tokens: RuntimeError"] == snapshot["missed"]
    assert ["sleep"] == [task["awaits"] for task in snapshot["tasks"]]


def test_who_holds_the_threads_is_told_to_who_waits_for_one(captured):
    """Where all of anyio's tokens are taken, it is told where those threads stand, in code of the app."""
    gate, ready = threading.Event(), threading.Semaphore(0)

    def cook():
        """Hold a thread."""
        with in_flight.works_in_thread(current_request()):
            ready.release()
            gate.wait()

    async def handle():
        """Work in a thread."""
        await anyio.to_thread.run_sync(cook)

    async def main():
        """Let three in where two threads are."""
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2
        with ticked(captured) as dog:
            tasks = [await beginning(handle, query=query(number)) for number in range(3)]
            for _ in range(2):
                await asyncio.to_thread(ready.acquire)
            captured.clock.advance(4)
            dog.tick()
            gate.set()
            await ending(*tasks)

    run(main())

    *served, (third,) = [snapshot["holders"] for snapshot in snapshots(captured)]
    line = cook.__code__.co_firstlineno + 4
    assert [[], []] == served
    assert (f"{cook.__qualname__}", "watch/test_snapshot.py", line, 2, True) == (
        *(third["function"], third["file"].removeprefix("tests/"), third["line"], third["threads"], third["own"]),
    )


def test_each_frame_says_whose_code_it_is(captured):
    """The app's own frames are told from those of Python and its libraries."""
    (task,) = snapshot_of(captured, Hang().sleeping)["tasks"]

    assert [("Hang.sleeping", True), ("sleep", False)] == [
        (frame["function"], frame["own"]) for frame in task["frames"][-2:]
    ]
