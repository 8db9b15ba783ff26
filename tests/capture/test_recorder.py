"""The recorder: when the sink is opened, and what happens where it cannot be."""

from __future__ import annotations

import pytest

from wxtrace.capture import recorder as room
from wxtrace.capture.recorder import Nowhere, Recorder
from wxtrace.testing import Captured, Clock


@pytest.fixture(name="clock")
def a_clock(monkeypatch):
    """The monotonic clock of the recorder, in seconds."""
    now = [100.0]
    monkeypatch.setattr(room.time, "monotonic", lambda: now[0])
    return now


def test_nothing_is_recorded_before_it_is_configured():
    """A fresh recorder is switched off, opens nothing and counts what it is given all the same."""
    recorder = Recorder()
    sink = recorder.opened()
    sink.append(b"a")
    sink.rewrite(sink.begin(b"b"), b"c")
    sink.end(None, b"d")
    sink.abandon()

    assert (False, True, 2) == (recorder.enabled, sink.is_nowhere, sink.dropped)


def test_the_sink_is_opened_once_and_when_it_is_needed():
    """The first record opens the sink; all others get the same."""
    opened, recorder = [], Recorder()
    recorder.configure(lambda dropped: opened.append(Captured(Clock())) or opened[-1])

    assert (True, []) == (recorder.enabled, opened)
    assert recorder.opened() is recorder.opened() is recorder.sink
    assert [recorder.sink] == opened


def test_a_sink_that_cannot_be_opened(clock, caplog):
    """It is tried again every 5 seconds, told once, and what was dropped meanwhile is handed on."""
    tries, recorder, sink = [], Recorder(), Captured(Clock())

    def open_sink(dropped):
        tries.append((clock[0], dropped))
        if clock[0] < 110:
            raise OSError("disk full")
        return sink

    recorder.configure(open_sink)
    for now in (100, 104.9, 105, 109, 110, 111):
        clock[0] = now
        recorder.opened().append(b"a")

    assert [(100, 0), (105, 2), (110, 4)] == tries
    assert ["wxtrace records nothing for now: OSError: disk full"] == caplog.messages
    assert [b"a", b"a"] == sink.packed


def test_what_began_before_the_sink_could_be_opened(clock):
    """A span that began while there was no sink ends in the one that was opened then; in a forked child in none."""
    recorder, sink = Recorder(), Captured(Clock())
    recorder.configure(lambda dropped: sink if clock[0] > 100 else 1 / 0)
    nowhere = recorder.opened()
    before, clock[0] = recorder.successor(nowhere), 110
    recorder.opened()
    after = recorder.successor(nowhere)
    recorder.after_fork()

    assert (None, sink, None) == (before, after, recorder.successor(nowhere))


def test_two_threads_open_one_sink():
    """A record that comes while another one opens the sink waits for that one's."""
    opened, recorder = [], Recorder()

    def open_sink(dropped):
        opened.append(Captured(Clock()))
        if len(opened) == 1:  # what another thread would find once it has the turn
            recorder.sink = opened[0]
            assert recorder._opened() is opened[0]
        return opened[0]

    recorder.configure(open_sink)

    assert recorder.opened() is opened[0]
    assert 1 == len(opened)


def test_switched_off():
    """Configured with nothing it opens nothing and says that it is off."""
    recorder = Recorder()
    recorder.configure(lambda dropped: Captured(Clock()))
    recorder.opened()
    recorder.configure(None)

    assert (False, True) == (recorder.enabled, recorder.opened().is_nowhere)


def test_a_child_numbers_anew():
    """After a fork the child has no sink, counts from 1, and draws ids that are not the parent's."""
    recorder, abandoned = Recorder(), []
    sink = Captured(Clock())
    sink.abandon = lambda: abandoned.append(sink)
    recorder.configure(lambda dropped: sink)
    recorder.opened()
    before = [recorder.next_seq() for _ in range(3)], recorder.bits(64)
    recorder.after_fork()

    assert ([1, 2, 3], [sink], 1) == (before[0], abandoned, recorder.next_seq())
    assert before[1] != recorder.bits(64)
    assert isinstance(recorder.sink, Nowhere)
