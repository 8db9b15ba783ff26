"""Expected against got: when a verdict is right, and the table."""

from __future__ import annotations

import pytest
from scenarios.lookup import Told
from scenarios.matrix import Compared, confusion
from scenarios.truth import Truth

SLOW = Truth("slow_module", "storage", "sqlite", drawn={"seconds": 5.6})


def _compared(truth: Truth, case: str, layer: str | None = None, module: str | None = None) -> Compared:
    return Compared("mixed", 2, truth, Told(case, layer, module, "It was."))


@pytest.mark.parametrize(
    ("truth", "case", "layer", "module", "expected"),
    [
        (SLOW, "slow_module", "storage", "sqlite", True),
        (SLOW, "slow_module", "logic", "sqlite", False),
        (SLOW, "slow_module", None, None, False),
        (SLOW, "crashed", "storage", "sqlite", False),
        (Truth("refused_reply"), "refused_reply", "logic", "reply.text", True),
    ],
    ids=["as expected", "another layer", "no module", "another case", "no module expected"],
)
def test_a_verdict_is_right_if_case_and_module_are(truth, case, layer, module, expected):
    """Where no module is to blame, the lookup may name one all the same."""
    assert expected == _compared(truth, case, layer, module).right


def test_a_right_verdict_is_one_line():
    """What was drawn, and what was both expected and got."""
    line = str(_compared(SLOW, "slow_module", "storage", "sqlite"))

    assert "right  mixed 2 (seconds 5.6): slow_module (storage · sqlite)" == line


def test_a_wrong_verdict_shows_both_sides():
    """What was got stands behind what was expected, with the lookup's own words below."""
    expected = """\
WRONG  mixed 2 (seconds 5.6): slow_module (storage · sqlite); got replied
       It was."""

    assert expected == str(_compared(SLOW, "replied"))


def test_an_attempt_that_is_wrongly_said_to_be_answered_is_shown():
    """The verdict may be right all the same."""
    truth, told = Truth("waited", taken=2), Told("waited", None, None, "It was.", attempts=2, taken=1)
    expected = """\
right  mixed 2 (): waited
       taken: attempt 2; got 1"""

    assert (expected, False) == (str(Compared("mixed", 2, truth, told)), Compared("mixed", 2, truth, told).chained)


def test_the_matrix_has_a_row_a_case_that_was_expected():
    """What is right stands on the diagonal; a case that nobody expected has a column of its own, at the end."""
    compared = [
        _compared(Truth("waited"), "waited"),
        _compared(Truth("waited"), "arrived_late"),
        _compared(Truth("crashed"), "crashed"),
        _compared(Truth("crashed"), "crashed"),
    ]
    expected = """\
expected \\ got  crashed  waited  arrived_late
crashed               2       ·             ·
waited                ·       1             1
"""

    assert expected == confusion(compared)
