"""The published alarms, in the forms in which they were published, with made-up names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wxtrace.alarm.parse import parse
from wxtrace.show.alarm import document

RECORDED = Path(__file__).parents[1] / "recorded" / "alarms.jsonl"
ALARMS = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("published", ALARMS, ids=[published["id"] for published in ALARMS])
def test_a_published_alarm_is_read(published):
    """Every published alarm gives the fields that it says, and no other."""
    expected = {"kind": published["kind"]} | published["expected"]

    assert [expected] == [document(alarm) for alarm in parse(published["raw"])]


def test_all_of_them_at_once():
    """Pasted one after the other, they come back in their order."""
    expected = [{"kind": published["kind"]} | published["expected"] for published in ALARMS]

    assert expected == [document(alarm) for alarm in parse("\n\n".join(published["raw"] for published in ALARMS))]
