"""What all requests of a process share."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import anyio
import anyio.to_thread
import pytest
from hanging import LOOPS, run

from wxtrace.watch.surroundings import Cpu, anyio_tokens, load


def test_cpu_is_counted_over_the_last_ten_looks():
    """The percent of a core is the CPU used since the oldest look that is kept, over the time."""
    now, spent = iter(range(0, 2000, 100)), iter([0] * 5 + list(range(0, 750, 50)))
    cpu = Cpu(lambda: next(now), lambda: next(spent))
    seen = []
    for _ in range(20):
        cpu.look()
        seen.append(cpu.percent())

    assert (None, 0.0, 50.0) == (seen[0], seen[4], seen[-1])


def test_a_machine_without_a_load_average_has_none(monkeypatch):
    """Where the system does not tell the load, nothing is said."""

    def refuse():
        """Know nothing."""
        raise OSError

    monkeypatch.setattr(os, "getloadavg", refuse)

    assert None is load()


@pytest.mark.parametrize("new_loop", LOOPS)
def test_thread_tokens_of_a_loop_are_told(new_loop):
    """How many of anyio's tokens are taken is seen from outside of the loop."""

    async def main():
        """Hold two of forty, and look from a thread of neither."""
        gate = threading.Event()
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(anyio.to_thread.run_sync, gate.wait)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            tokens = await asyncio.to_thread(anyio_tokens, asyncio.get_running_loop())
            gate.set()
        return tokens

    assert [2, 40] == run(main(), new_loop)


def test_a_loop_that_never_used_anyio_has_no_tokens(monkeypatch):
    """Nothing is said, and nothing imported, where anyio is not in use."""

    async def main():
        """Look."""
        return anyio_tokens(asyncio.get_running_loop())

    unused = run(main())
    monkeypatch.delitem(sys.modules, "anyio.lowlevel")

    assert (None, None) == (unused, run(main()))
    assert "anyio.lowlevel" not in sys.modules
