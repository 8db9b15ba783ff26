"""The tag in threads of executors."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

import wxtrace
from wxtrace.row import Tag


@pytest.fixture(name="started")
def _started(tmp_path):
    wxtrace.start(store=tmp_path, sealer=False)
    yield
    wxtrace.stop()


def test_submit(started, request_):
    """What is submitted to an executor for a request works under its tag, arguments and all."""
    with ThreadPoolExecutor(1) as pool:
        assert (Tag("oA", 1745231475, "7"), 3) == pool.submit(
            lambda a, *, b: (wxtrace.current_tag(), a + b), 1, b=2
        ).result()


def test_run_in_executor(started, request_):
    """`loop.run_in_executor` carries the tag, into the default executor too."""

    async def run():
        """Ask from a thread of the default executor."""
        return await asyncio.get_running_loop().run_in_executor(None, wxtrace.current_tag)

    assert Tag("oA", 1745231475, "7") == asyncio.run(run())


def test_outside_a_request(started):
    """Without a request nothing is copied: the thread keeps the context that it has."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(wxtrace.current_tag).result() is None


def test_stop_restores():
    """`stop` leaves executors as Python made them."""
    before = ThreadPoolExecutor.submit
    wxtrace.start(store="nowhere", sealer=False)
    during = ThreadPoolExecutor.submit
    wxtrace.stop()

    assert (False, True) == (before is during, before is ThreadPoolExecutor.submit)


def test_somebody_elses_patch_stays(monkeypatch):
    """Where another library has replaced `submit` after us, it is left alone."""
    wxtrace.start(store="nowhere", sealer=False)
    theirs = lambda self, fn: None  # noqa: E731
    monkeypatch.setattr(ThreadPoolExecutor, "submit", theirs)
    wxtrace.stop()

    assert theirs is ThreadPoolExecutor.submit
    monkeypatch.undo()
    wxtrace.start(store="nowhere", sealer=False)
    wxtrace.stop()
