"""Threads that the app starts itself have the tag; those of libraries do not."""

from __future__ import annotations

import gc
import types
import weakref
from threading import Thread, Timer

import pytest
from serving import OPENID, STAMP, in_push

import wxtrace
from wxtrace.capture import threads
from wxtrace.capture.inflight import in_flight
from wxtrace.row import Tag

TAG = Tag(OPENID, STAMP, "7")


@pytest.fixture(autouse=True)
def _carried(captured):
    threads.carry()
    yield
    threads.restore()


def started_by(path):
    """Return a function that starts a thread, as code of the file *path* would."""
    module = types.ModuleType("somebody")
    exec(compile("def start(thread):\n    thread.start()\n", path, "exec"), module.__dict__)
    return module.start


@pytest.mark.parametrize(
    "kind", [lambda act: Thread(target=act), lambda act: Timer(0, act)], ids=["thread", "timer"]
)
def test_a_thread_of_the_app(captured, kind):
    """It has the tag and the span of who has started it."""
    seen = []

    def act():
        """Record a span."""
        seen.append((wxtrace.current_tag(), len(in_flight.workers)))
        with wxtrace.span("storage", "mysql", "SELECT"):
            pass

    with in_push(), wxtrace.span("logic", "reply", "reply"):
        thread = kind(act)
        thread.start()
        thread.join()

    assert [(TAG, 1)] == seen
    assert captured.span("reply").span_id == captured.span("mysql").parent_span_id
    assert 0 == len(in_flight.workers)


def test_a_class_of_the_app_s_own(captured):
    """A thread whose `run` is its own has the tag too."""

    class Worker(Thread):
        """Keeps what it sees."""

        def run(self):
            """Look for the tag."""
            self.tag = wxtrace.current_tag()

    with in_push():
        worker = Worker()
        worker.start()
        worker.join()

    assert TAG == worker.tag


def test_a_thread_of_a_library(captured):
    """It may serve others for as long as the process lives: it has no tag."""
    seen = []
    with in_push():
        thread = Thread(target=lambda: seen.append(wxtrace.current_tag()))
        started_by("/usr/lib/python3/site-packages/pool/pool.py")(thread)
        thread.join()

    assert [None] == seen


def test_outside_of_a_request(captured):
    """Nothing is done to a thread that is started for none."""
    thread = Thread(target=int)
    plain = thread.run
    thread.start()
    thread.join()

    assert plain == thread.run


def test_nothing_is_kept_alive(captured):
    """When the thread has run, its object holds neither the request nor what it was to call."""

    class Held:
        """What the app gives to the thread."""

        def __call__(self):
            """Do nothing."""

    held = Held()
    gone = weakref.ref(held)
    with in_push():
        thread = Thread(target=held)
        thread.start()
        thread.join()
    del held
    gc.collect()

    assert gone() is None


def test_a_thread_that_cannot_be_had(captured, monkeypatch):
    """It may be started again later: what was put over it is gone."""

    def refuse(*arguments):
        """Say that there are too many."""
        raise RuntimeError("can't start new thread")

    with in_push():
        thread = Thread(target=int)
        with monkeypatch.context() as patch:
            patch.setattr("threading._start_new_thread", refuse)
            with pytest.raises(RuntimeError):
                thread.start()

    assert "run" not in vars(thread)


def test_restored():
    """After `restore`, Python's own `start` is back."""
    threads.restore()

    assert Thread.start is threads._plain_start
