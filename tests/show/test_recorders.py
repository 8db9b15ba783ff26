"""Who was recording, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from answers import evidence
from strategies import BASE_NS, SECOND

from wxtrace.scan.evidence import HostSeen
from wxtrace.show.recorders import absence_texts, lines
from wxtrace.show.style import Style
from wxtrace.show.words import Words

FROM, TO = BASE_NS, BASE_NS + 300 * SECOND
NOW_NS = BASE_NS + 100 * SECOND
ALIVE = HostSeen("web-1", (), 1, 40, 0, FROM - SECOND, NOW_NS, ((NOW_NS, TO),))


def test_what_is_yet_to_come_is_no_gap():
    """A window that is not over says so; nothing is missing of what has not been."""
    early = evidence(window=(FROM, TO), hosts=(ALIVE,))

    assert [
        "window 2025-04-21 18:31:15 to 18:36:15",
        "  not over yet: this is what was recorded up to 2025-04-21 18:32:55",
        "  web-1: 40 records of 0 writers, 1 of them alive; recorded all through, nothing dropped",
    ] == list(lines(early, Style()))


def test_a_gap_before_the_lookup_is_told():
    """Only what was missed stands as missed."""
    gap = (FROM, FROM + SECOND)
    gappy = evidence(window=(FROM, TO), hosts=(replace(ALIVE, gaps=(gap, *ALIVE.gaps)),))

    last = list(lines(gappy, Style(columns=160)))[-1]

    assert last.endswith(" no records between 2025-04-21 18:31:15 and 18:31:16")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"kept": (FROM, TO)},
            "Nobody is known to have recorded then: what this store has is from 2025-04-21 18:31:15 to 18:36:15.",
        ),
        ({}, "There is nothing in this store at all: is it the folder that the app writes to?"),
    ],
)
def test_a_store_is_called_empty_only_if_it_is(changes, told):
    """Where nobody recorded then, what is there of another time is told, or that there is nothing."""
    nobody = replace(evidence(writers=(), files=0, journals=0), reason="cannot_know", hosts=(), **changes)

    assert [told] == absence_texts("cannot_know", nobody, Words())
