"""Where code stands."""

from __future__ import annotations

import sys
import threading

import pytest

from wxtrace.watch.frames import MAX_FRAMES, file_of, frames_from, frames_of_thread


def test_the_stack_of_another_thread_is_seen():
    """A thread is seen where it stands, outermost first."""
    gate, ready = threading.Event(), threading.Event()

    def stuck():
        """Wait for the gate."""
        ready.set()
        gate.wait()

    thread = threading.Thread(target=stuck)
    thread.start()
    ready.wait()
    functions = [frame.function.rpartition(".")[2] for frame in frames_of_thread(thread.ident)]
    gate.set()
    thread.join()

    assert ["_bootstrap", "_bootstrap_inner", "run", "stuck"] == functions[:4]


def test_a_thread_that_is_over_has_no_stack():
    """Nothing is said of a thread that does not run."""
    assert () == frames_of_thread(0)


def test_a_stack_can_begin_further_inside():
    """A stack that is asked for since a frame begins with it."""

    def inner():
        """Return the stack since the caller."""
        return frames_from(sys._getframe(), sys._getframe(1))

    here = test_a_stack_can_begin_further_inside.__name__
    assert [here, f"{here}.<locals>.inner"] == [frame.function for frame in inner()]


def test_a_deep_stack_keeps_its_innermost_frames():
    """Of a recursion the innermost frames are kept."""

    def deeper(levels):
        """Go down, and look."""
        return deeper(levels - 1) if levels else frames_from(sys._getframe())

    frames = deeper(100)

    assert [MAX_FRAMES, {"test_a_deep_stack_keeps_its_innermost_frames.<locals>.deeper"}] == [
        len(frames),
        {frame.function for frame in frames},
    ]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("/srv/app/menus.py", "menus.py", id="app"),
        pytest.param("/srv/app/parts/menus.py", "parts/menus.py", id="package"),
        pytest.param("/opt/py/site-packages/redis/client.py", "redis/client.py", id="library"),
        pytest.param("/home/joe/elsewhere/script.py", "script.py", id="elsewhere"),
        pytest.param("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>", id="frozen"),
    ],
)
def test_a_file_is_named_without_the_folders_above_it(path, shown, monkeypatch):
    """A file is named as it was imported; where that is not known, by its name alone."""
    monkeypatch.setattr(sys, "path", ["/opt/py", "/opt/py/site-packages", "/srv/app"])
    file_of.cache_clear()

    assert shown == file_of(path)
