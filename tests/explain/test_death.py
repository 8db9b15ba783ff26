"""Death: how the process of an attempt ended, of what it left."""

from __future__ import annotations

from typing import Any

import pytest
from snapshots import frames, hanging
from strategies import BASE_NS, SECOND, make_log

from wxtrace.explain.death import KILLED_WHILE_HELD, WITHOUT_A_WORD, Death, death_of
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.snapshot import Frame
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import LogRow

CROP = Frame("crop", "image.py", 7, own=True)
NOW_NS = BASE_NS + 8 * SECOND


def attempt_of(*logs: LogRow, state: str = "crashed") -> Attempt:
    """Return an attempt whose process left these lines."""
    return rebuild(hanging(state=state), logs, NOW_NS)[0]


def left(event: str = "wxtrace.died", after: float = 2, **attributes: Any) -> LogRow:
    """Return what a process left so many seconds after `BASE_NS`."""
    time_ns = BASE_NS + int(after * SECOND)
    return make_log(20 + int(after), 0, event=event, logger="wxtrace.watch", time_ns=time_ns, attributes=attributes)


def test_a_fatal_signal_tells_the_line():
    """The moment of the words is the last sign of life."""
    said = left(cause="segmentation fault", signal="SIGSEGV", frames=frames("crop image.py:7"))

    death = Death("segmentation fault", "SIGSEGV", CROP, (CROP,), BASE_NS + 2 * SECOND)
    assert death == death_of(attempt_of(said))


def test_a_death_without_a_word_is_dated_by_the_last_record():
    """Nothing more can be known of SIGKILL."""
    assert Death(WITHOUT_A_WORD, None, None, (), NOW_NS) == death_of(attempt_of(), NOW_NS)


@pytest.mark.parametrize("state", ["open", "closed"])
def test_who_lives_has_no_death(state):
    """Of what goes on, or came back, nothing is said."""
    assert death_of(attempt_of(left(cause="timeout"), state=state)) is None


def test_one_that_was_held_in_c_was_killed_so():
    """The last that is known is where it was held."""
    death = death_of(attempt_of(left(cause="timeout", frames=frames("crop image.py:7"))))

    assert death is not None
    assert (KILLED_WHILE_HELD, CROP) == (death.cause, death.at)


@pytest.mark.parametrize(("of", "of_host"), [("group", False), ("host", True)])
def test_what_the_kernel_killed_is_counted(of, of_host):
    """Of the group, or of all the host."""
    death = death_of(attempt_of(left(cause="out of memory", signal="SIGKILL", oom={"of": of, "kills": 2})))

    assert death is not None
    assert ("out of memory", 2, of_host) == (death.cause, death.killed, death.of_host)


def test_a_death_goes_before_an_orderly_end():
    """One that crashed as it ended crashed."""
    logs = left(cause="abort", signal="SIGABRT"), left("wxtrace.ended", 3, cause="exit")
    causes = [death_of(attempt_of(*some)) for some in (logs, logs[1:])]

    assert ["abort", "exit"] == [death.cause for death in causes if death]
