"""The page about Python names every field of what a lookup returns."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from pages import DOCS

from wxtrace.explain.around import Around
from wxtrace.explain.chain import Chain, Link
from wxtrace.explain.clock import Skew
from wxtrace.explain.entrance import Point
from wxtrace.explain.match import Match
from wxtrace.explain.step import Step
from wxtrace.explain.verdict import Verdict
from wxtrace.lookup.pushes import MODULES
from wxtrace.rebuild.attempt import Job
from wxtrace.scan.evidence import HostSeen
from wxtrace.survey.frames import told_frame
from wxtrace.survey.window import Window

PAGE = (DOCS / "python.md").read_text("utf-8")
TOLD = [Verdict, Match, Point, Chain, Link, Job, Step, Around, Skew, HostSeen, Window]


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_every_field_has_its_row(kind):
    """The tables have just the fields that are there, in their order."""
    section = PAGE.partition(f"### {kind.__name__}\n")[2].partition("\n### ")[0]

    assert [field.name for field in fields(kind)] == re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_every_column_of_a_push_has_its_row():
    """The table of a window's columns has just those that its frame has, with their types, in their order."""
    section = PAGE.partition("## A window\n")[2].partition("\n## ")[0]
    frame = told_frame(())

    assert [(name, str(dtype)) for name, dtype in frame.dtypes.items()] == re.findall(
        r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE
    )
    assert f"for each of the {MODULES} modules" in " ".join(section.split())


def test_every_table_is_of_something_that_is_there():
    """No table is left over from what is gone."""
    assert {kind.__name__ for kind in TOLD} == set(re.findall(r"^### (\w+)$", PAGE, re.MULTILINE))
