"""What a task awaits, seen from another thread."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref

import pytest
from hanging import LOOPS, Hang, run, settle

from wxtrace.watch.chains import Chain, chain_of, frames_of_task
from wxtrace.watch.frames import MAX_FRAMES

LOCKED = ["Hang.locked", "_ContextManagerMixin.__aenter__", "Lock.acquire"]
CHAINS = {
    "locked": (LOCKED, "Lock.acquire", []),
    "sleeping": (["Hang.sleeping", "sleep"], "sleep", []),
    "iterating": (["Hang.iterating", "Hang._rows", *LOCKED], "Lock.acquire", []),
    "entering": (
        ["Hang.entering", "_AsyncGeneratorContextManager.__aenter__", "Hang._connection", *LOCKED],
        "Lock.acquire",
        [],
    ),
    "old_style": (["Hang.old_style", "Hang._yielding", "Hang._deeper", *LOCKED], "Lock.acquire", []),
    "gathering": (["Hang.gathering"], "gather of 2", ["locked", "sleeping"]),
    "grouping": (["Hang.grouping", "TaskGroup.__aexit__"], "TaskGroup.__aexit__", ["locked", "sleeping"]),
    "timing": (
        (["Hang.timing", "wait_for", *LOCKED], "Lock.acquire", [])
        if sys.version_info >= (3, 12)  # before, it made a task of its own
        else (["Hang.timing", "wait_for"], "wait_for", ["locked"])
    ),
    "timing_a_queue": (
        (["Hang.timing_a_queue", "wait_for", "Queue.get"], "Queue.get", [])
        if sys.version_info >= (3, 12)
        else (["Hang.timing_a_queue", "wait_for"], "wait_for", ["get"])
    ),
    "shielding": (["Hang.shielding"], "shield", ["locked"]),
    "waiting": (["Hang.waiting", "wait", "_wait"], "wait", ["locked", "sleeping"]),
    "awaiting": (["Hang.awaiting"], "Task other", ["locked"]),
    "threading": (["Hang.threading", "to_thread"], "to_thread", []),
    "executing": (["Hang.executing"], "Future of run_in_executor", []),
    "queueing": (["Hang.queueing", "Queue.get"], "Queue.get", []),
    "reading": (
        ["Hang.reading", "StreamReader.readline", "StreamReader.readuntil", "StreamReader._wait_for_data"],
        "StreamReader.readline",
        [],
    ),
    "expecting": (["Hang.expecting"], "Future", []),
}


async def chain_of_hanging(way: str) -> Chain:
    """Let a task hang in its *way*, and return where another thread sees it."""
    async with Hang() as hang:
        task = asyncio.create_task(getattr(hang, way)())
        await settle()
        try:
            return await asyncio.to_thread(chain_of, task, threading.get_ident())
        finally:
            task.cancel()


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("way", CHAINS)
def test_where_a_task_hangs_is_seen_down_to_the_innermost(way, new_loop):
    """Every frame of an await chain is named, and so is what the innermost awaits and the tasks behind it."""
    chain = run(chain_of_hanging(way), new_loop)

    behind = sorted(task.get_coro().__name__ for task in chain.behind)
    assert CHAINS[way] == ([frame.function for frame in chain.frames], chain.awaits, behind)


def test_a_frame_tells_file_and_line():
    """A frame says where the function stands, by a path that names no folder above what is imported."""
    frames = run(chain_of_hanging("sleeping")).frames

    assert ["hanging.py", "asyncio/tasks.py"] == [frame.file for frame in frames]
    assert Hang.sleeping.__code__.co_firstlineno + 2 == frames[0].line


def test_a_task_that_runs_is_seen_on_the_stack_of_its_thread():
    """Where a task runs right now, its frames go on into the functions that it has called."""
    seen = []

    def look(task, ident):
        """Look from another thread, and wait for it."""
        thread = threading.Thread(target=lambda: seen.append(chain_of(task, ident)))
        thread.start()
        thread.join()

    async def busy():
        """Block the loop until it has been seen."""
        look(asyncio.current_task(), threading.get_ident())

    run(busy())

    (chain,) = seen
    inside = f"{test_a_task_that_runs_is_seen_on_the_stack_of_its_thread.__name__}.<locals>."
    called = [frame.function.removeprefix(inside) for frame in chain.frames[:3]]
    assert (None, ["busy", "look", "Thread.start"]) == (chain.awaits, called)


def test_a_task_that_has_not_begun_and_one_that_is_over_have_a_chain_too():
    """A task before its first step stands at its beginning; one that has ended stands nowhere."""

    async def main():
        """Look before and after."""
        task = asyncio.create_task(settle())
        before = chain_of(task)
        await task
        return before, chain_of(task)

    before, after = run(main())

    assert [("settle", settle.__code__.co_firstlineno)] == [(frame.function, frame.line) for frame in before.frames]
    assert Chain((), None, ()) == after


def test_a_long_chain_keeps_its_innermost_frames():
    """Of a chain that is too long the outermost frames are left out."""

    async def deep(levels):
        """Wait far below."""
        await (deep(levels - 1) if levels else Hang().sleeping())

    async def main():
        """Look at it."""
        task = asyncio.create_task(deep(300))
        await settle()
        return frames_of_task(task)

    frames = run(main())

    assert (MAX_FRAMES, "sleep") == (len(frames), frames[-1].function)


def test_an_awaitable_of_the_app_is_named_by_its_type():
    """An object of the app that is awaited is not looked into."""
    asked = []

    class Forever:
        """Never done."""

        def __await__(self):
            """Give itself."""
            return self

        def __iter__(self):
            """Give itself."""
            return self

        def __next__(self):
            """Have nothing yet."""

        def __getattr__(self, name):
            """Notice that somebody has looked."""
            asked.append(name)
            raise AttributeError(name)

    async def waiting():
        """Await it."""
        await Forever()

    async def main():
        """Look at who awaits it."""
        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        asked.clear()
        return chain_of(task), list(asked), task.cancel()

    chain, looked, _ = run(main())

    assert (Forever.__qualname__[:80], []) == (chain.awaits, looked)


def test_looking_keeps_no_task_alive():
    """What was looked at is collected when it is over, though its chain is kept."""

    async def main():
        """Look at a task, then let it go."""
        async with Hang() as hang:
            task = asyncio.create_task(hang.timing())
            await settle()
            frames, reference = frames_of_task(task), weakref.ref(task)
            task.cancel()
            await settle()
            del task
            gc.collect()
            return frames, reference()

    frames, left = run(main())

    assert ("Hang.timing", None) == (frames[0].function, left)
