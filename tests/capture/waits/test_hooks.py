"""How hooks come and go."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
from types import SimpleNamespace

import pytest
from anyio._backends._asyncio import AsyncIOBackend, CapacityLimiter
from sqlalchemy.pool import QueuePool
from waiting import as_request, until

import wxtrace
from wxtrace.capture.recorder import recorder
from wxtrace.capture.waits import libraries
from wxtrace.capture.waits.hooks import Hook, Hooks
from wxtrace.capture.waits.queue import Queue, waits
from wxtrace.capture.waits.queue import waits_async as waits_there

LIBRARY = "a_library_of_pools"


class Pool:
    """A pool of some library."""

    def take(self, what):
        """Take something."""
        return f"took {what}"


@pytest.fixture(name="library")
def _library(monkeypatch):
    """A library that is imported, with a pool of its own class."""
    library = SimpleNamespace(Pool=type("Pool", (), {"take": Pool.take, "size": 1}))
    monkeypatch.setitem(sys.modules, LIBRARY, library)
    return library


def loud(plain):
    """Wrap a method into one that shouts."""
    return lambda self, *args: plain(self, *args).upper()


def hooks(**told):
    """Return hooks with one into the library."""
    return Hooks([Hook(LIBRARY, "Pool", "take", loud, **told)])


def test_placed_and_removed(library):
    """A hook takes the place of a method, once, and gives it back."""
    plain, ours = library.Pool.take, hooks(needs=("size",))
    ours.place()
    ours.place()
    during = library.Pool().take("one")
    ours.remove()

    assert ("TOOK ONE", plain, ()) == (during, library.Pool.take, ours.placed)


def test_a_thread_of_ours_imports_nothing(library, monkeypatch):
    """What would have to be imported waits: in a child forked meanwhile, the module's lock were held for ever."""
    ours = hooks(library=LIBRARY)
    with monkeypatch.context() as patch:
        patch.setattr("wxtrace.capture.waits.hooks.import_module", lambda name: pytest.fail(f"imports {name}"))
        ours.place(imports=False)
    placed = ours.placed
    ours.remove()

    assert ("Pool.take",) == placed


def test_a_library_that_is_imported_late(monkeypatch):
    """A library that nobody has imported is not imported for its hooks; once it is there, it is hooked."""
    ours = hooks()
    ours.place()
    before = ours.placed, LIBRARY in sys.modules
    monkeypatch.setitem(sys.modules, LIBRARY, SimpleNamespace(Pool=type("Pool", (), {"take": Pool.take})))
    ours.place()

    assert (((), False), ("Pool.take",)) == (before, ours.placed)


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        (Hook(LIBRARY, "Pool", "take", loud, ("size", "depth")), "no depth"),
        (Hook(LIBRARY, "Pool", "borrow", loud), "no borrow"),
        (Hook(LIBRARY, "Pond", "take", loud), "no attribute 'Pond'"),
    ],
)
def test_another_version(library, caplog, hook, why):
    """Where something is missing, the hook stays away, and says so once, for who wants to know."""
    caplog.set_level(logging.DEBUG, "wxtrace")
    ours = Hooks([hook])
    ours.place()
    ours.place()

    assert () == ours.placed
    (line,) = caplog.messages
    assert why in line


def test_somebody_elses_patch_stays(library):
    """Where another library has put a patch over ours, it stays, and ours is not put over it a second time."""
    ours = hooks()
    ours.place()
    over = loud(library.Pool.take)
    library.Pool.take = over
    ours.remove()
    ours.place()

    assert over is library.Pool.take


def test_only_one_at_a_time(library):
    """While one thread places hooks, another that comes along goes on."""
    ours = hooks()
    with ours._turn:
        ours.place()
    during = ours.placed
    ours.place()

    assert ((), ("Pool.take",)) == (during, ours.placed)


@pytest.mark.parametrize("wrap", [waits, waits_there])
def test_a_puzzle_hurts_nobody(library, caplog, captured, wrap):
    """A pool that is not as we know it inside is used as if there were no hook."""
    caplog.set_level(logging.DEBUG, "wxtrace")
    queue = Queue("pool", "wait", lambda pool: pool.free, lambda pool: None)
    ours = Hooks([Hook(LIBRARY, "Pool", "take", wrap(queue))])
    ours.place()
    taken = [library.Pool().take(what) for what in ("one", "two")]
    ours.remove()

    assert ["took one", "took two"] == taken
    (line,) = caplog.messages
    assert "no attribute 'free'" in line


def test_a_wait_without_attributes(library, captured):
    """Where a pool does not tell how full it is, the wait is recorded all the same."""
    queue = Queue("pool", "wait", lambda pool: True, lambda pool: pool.size / 0)
    ours = Hooks([Hook(LIBRARY, "Pool", "take", waits(queue))])
    ours.place()

    async def take():
        """Take a connection."""
        return library.Pool().take("one")

    assert "took one" == asyncio.run(as_request("oA", take))
    ours.remove()
    assert [("pool", {})] == [(span.module, span.attributes) for span in captured.spans]


def test_start_and_stop(tmp_path):
    """`start` hooks into what is imported, and `stop` leaves it as it was."""
    libraries.hooks.remove()
    before = QueuePool._do_get, AsyncIOBackend.__dict__["run_sync_in_worker_thread"]
    wxtrace.start(store=tmp_path, sealer=False)
    during = QueuePool._do_get, AsyncIOBackend.__dict__["run_sync_in_worker_thread"]
    wxtrace.stop()
    after = QueuePool._do_get, AsyncIOBackend.__dict__["run_sync_in_worker_thread"]

    assert before == after
    assert not set(before) & set(during)


def test_nothing_while_switched_off(captured):
    """A hook that could not be removed does nothing while nothing is recorded."""
    recorder.enabled = False

    async def run():
        """Act it out in a loop."""
        limiter = CapacityLimiter(1)
        async with limiter:
            waiting = asyncio.create_task(as_request("oA", limiter.acquire))
            await until(lambda: limiter.statistics().tasks_waiting)
        await waiting

    asyncio.run(run())

    assert [] == captured.spans


def test_in_a_forked_child(captured, library):
    """A forked child goes on placing hooks, whoever did so at the fork."""
    ours = hooks()
    ours._turn.acquire()
    ours.after_fork()
    ours.place()

    assert ("Pool.take",) == ours.placed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_waits_of_a_forked_child(tmp_path):
    """A wait in a forked child is the child's, in the journal of the child."""
    wxtrace.start(store=tmp_path, sealer=False)
    with wxtrace.span("logic", "parent", "before"):
        pass
    pid = os.fork()
    if not pid:
        status = 1
        try:
            asyncio.run(_one_wait())
            status = 0
        finally:
            os._exit(status)

    assert (pid, 0) == os.waitpid(pid, 0)
    wxtrace.stop()
    found = wxtrace.find(openid="oA", stamp=1745231475, store=str(tmp_path))
    (spans,) = ([node.span for node in one.rebuilt.nodes if node.span] for one in found.attempts)
    assert [(pid, "limiter")] == [(span.pid, span.module) for span in spans]


async def _one_wait():
    limiter = CapacityLimiter(1)
    async with limiter:
        waiting = asyncio.create_task(as_request("oA", limiter.acquire))
        await until(lambda: limiter.statistics().tasks_waiting)
    await waiting


def test_every_library_is_hooked():
    """Whatever is listed fits the versions that are installed here."""
    for hook in libraries.hooks._hooks:
        importlib.import_module(hook.module)
    libraries.hooks.place()

    assert len(libraries.hooks._hooks) == len(libraries.hooks.placed)
