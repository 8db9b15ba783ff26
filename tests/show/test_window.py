"""A window in lines and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import store_maker
from hypothesis import given
from strategies import SECOND, hostile_text, make_span
from windows import FIRST_NS, LAST_NS, NOW_NS, Plan, Try, rows_of

from wxtrace.alarm.alarm import Alarm
from wxtrace.scan.evidence import HostSeen
from wxtrace.show.style import Style
from wxtrace.show.terminal import width
from wxtrace.show.window import MOST, document, lines
from wxtrace.show.words import Words
from wxtrace.survey.survey import survey
from wxtrace.survey.window import Window

SLOW = [Plan((Try(10 + at, "too_late", at % 3, 0), Try(15.25 + at, "answered", 1, 0)), 0) for at in range(9)]
REFUSED = [Plan((Try(40, "refused", 2, 2), Try(40.5, "refused", 2, 2), Try(41, "refused", 0, 2)), 1)]
DIED = [Plan((Try(50, "crashed", 2, 1),), 2)]


def look_at(store: Path, planned: Sequence[Plan], alarm: Alarm | None = None) -> Window:
    """Return the window of a store in which just what was planned lies."""
    (store / "spans").mkdir(exist_ok=True)
    store_maker.write(store, rows_of(planned))
    return survey([str(store)], FIRST_NS, LAST_NS, alarm, now_ns=NOW_NS)


def test_a_window_is_told_in_lines(tmp_path: Path) -> None:
    """
    The counts, what WeChat counted, and a table for each way to look at it.
    """
    window = look_at(tmp_path, SLOW + REFUSED + DIED, Alarm("request_timeout", count=10))

    assert (
        """\
All that failed from 2025-04-21 18:31:15 to 2025-04-21 18:36:15 (UTC+8)
  Pushes: came 11 · answered in time 9 · failed 10
  Attempts: came 22 · answered in time 9 · failed 10
  too late for WeChat 9 · its process died 1
  WeChat counted 10: agrees (by these records 9 to 10).

By module on the critical path               pushes  attempts  of all    longest
  storage mysql                                   9         9     90%     5.50 s
      SELECT id, name FROM fan WHERE openid = ?
  remote api.weixin.qq.com                        1         1     10%     0.00 s

By event                                     pushes  attempts  of all    longest
  CLICK                                           9         9     90%     5.50 s
  unknown                                         1         1     10%     0.00 s

By host                                      pushes  attempts  of all    longest
  web-1                                           6         6     60%     5.50 s
  web-2                                           4         4     40%     5.50 s

By worker                                    pushes  attempts  of all    longest
  web-2 pid 9                                     4         4     40%     5.50 s
  web-1 pid 7                                     3         3     30%     5.50 s
  web-1 pid 8                                     3         3     30%     5.50 s

Those that took longest
  18:31:25 oPUSH0                       stamp 1745231485 CLICK          5.50 s
  18:31:26 oPUSH1                       stamp 1745231486 CLICK          5.50 s
""".splitlines()
        == list(lines(window, Style(columns=80)))[:-3]
    )


@pytest.mark.parametrize(
    ("kind", "count", "expected"),
    [
        (
            "request_timeout",
            25,
            [
                "WeChat counted 25, fewer here: 15 attempts never got to these recorders,",
                "or were answered in time here, and the answer did not get back.",
            ],
        ),
        (
            "invalid_response",
            2,
            [
                "WeChat counted 2, more here: 3 at least.",
                "Perhaps these hosts serve other accounts too.",
            ],
        ),
        (
            "dns_failure",
            2,
            [
                "An alarm of this kind counts attempts that never got here;",
                "what is told here failed besides.",
            ],
        ),
    ],
)
def test_a_count_that_differs_is_said_to_differ(tmp_path: Path, kind: str, count: int, expected: list[str]) -> None:
    """
    Where WeChat counted more, attempts are missing here; where it counted fewer, these are not all of its account.
    """
    window = look_at(tmp_path, SLOW + REFUSED + DIED, Alarm(kind, count=count))

    told = [line.strip() for line in lines(window, Style(columns=80))]
    assert expected == [line for line in told if line in expected]


def test_what_was_not_recorded_is_told_beside_what_is_missing(tmp_path: Path) -> None:
    """
    Where attempts are missing here, gaps and drops of the recorders are named, and what is not sure.
    """
    window = look_at(tmp_path, SLOW, Alarm("request_timeout", count=99))
    host = HostSeen("web-1", ("w",), 0, 9, 2, FIRST_NS, LAST_NS, ((FIRST_NS, FIRST_NS + 61 * SECOND),))
    gappy = replace(
        window,
        unclear=3,
        came=replace(window.came, open_attempts=2, elsewhere=5),
        evidence=replace(window.evidence, hosts=(host,), dropped=2),
    )

    added = [line for line in lines(gappy, Style()) if line not in lines(window, Style())]

    assert [
        "  Still worked on: 2",
        "  Answered, but perhaps too late when they came: 3",
        "  Other requests, which the alarm is not about: 5",
        "  web-1 did not record for 61.00 s of that time.",
        "  2 records were dropped here.",
    ] == added


def test_a_window_that_is_not_over_says_so(tmp_path: Path) -> None:
    """
    What has not been yet is not missing.
    """
    window = look_at(tmp_path, SLOW, Alarm("request_timeout", count=99))
    now_ns = FIRST_NS + 120 * SECOND
    host = HostSeen("web-1", ("w",), 1, 9, 0, FIRST_NS, now_ns, ((now_ns, LAST_NS),))
    early = replace(window, evidence=replace(window.evidence, hosts=(host,), window=(FIRST_NS, LAST_NS)))

    added = [line for line in lines(early, Style()) if line not in lines(window, Style())]

    assert ["  It is not over yet: this is what came up to 2025-04-21 18:33:15."] == added


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [80, 160])
def test_lines_keep_to_eighty_columns(tmp_path: Path, language: str, columns: int) -> None:
    """
    Tables fit the width, and their columns stand under one another, whatever characters are in them.
    """
    window = look_at(tmp_path, SLOW + REFUSED + DIED, Alarm("request_timeout", count=17880))

    told = list(lines(window, Style(Words(language), columns)))

    rows = [
        line
        for line in told
        if line.endswith((" 5.50 s", " 5.50 秒", "  longest", "  最长")) and "oPUSH" not in line
    ]
    assert {80} == {width(row) for row in rows}
    assert 80 >= max(map(width, told))


def test_an_empty_window_is_told(tmp_path: Path) -> None:
    """
    Where nothing came, that is all that is said.
    """
    assert [
        "All that failed from 2025-04-21 18:31:15 to 2025-04-21 18:36:15 (UTC+8)",
        "  No such push came in that time.",
    ] == list(lines(look_at(tmp_path, []), Style()))


def test_long_tables_are_cut(tmp_path: Path) -> None:
    """
    Of many groups the greatest are shown, and how many more there are.
    """
    rows = [
        make_span(at, openid=f"o{at}", trace_id=f"{at + 1:032x}", host=f"web-{at}", attributes={})
        for at in range(20)
    ]
    store_maker.write(tmp_path, rows)
    window = survey([str(tmp_path)], FIRST_NS, LAST_NS, now_ns=NOW_NS)

    told = list(lines(window, Style()))
    begin = next(at for at, line in enumerate(told) if line.startswith("By host"))
    assert f"  … and {20 - MOST} more; --json has all" == told[begin + 1 + MOST]


@given(text=hostile_text)
def test_names_are_harmless(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """
    Whatever a module or an event is called, a line stays one line without control characters.
    """
    sound = text.encode("utf-8", "replace").decode()
    span = make_span(0, module=sound, host=sound, openid=sound, attributes={"wechat.event": sound})
    store = tmp_path_factory.mktemp("store")
    store_maker.write(store, [span])

    told = "".join(lines(survey([str(store)], FIRST_NS, LAST_NS, now_ns=NOW_NS), Style()))

    assert [] == [char for char in told if char in "\x00\x07\x1b\x9b\n\r\t\x7f\u202e\u2066\u200f\u2028"]


def test_the_json_has_every_push(tmp_path: Path) -> None:
    """
    As JSON a window has its counts, its groups and a row for each failed push.
    """
    window = look_at(tmp_path, SLOW + REFUSED + DIED, Alarm("request_timeout", count=10))

    told: dict[str, Any] = json.loads(json.dumps(document(window)))

    assert (10, 10, 9, 10, "agrees", "request_timeout") == tuple(
        told[name] for name in ("expected", "counted", "least", "most", "agreement", "kind")
    )
    assert [f"oPUSH{at}" for at in (*range(9), 10)] == [push["openid"] for push in told["pushes"]]
    assert [
        {
            "host": "web-1",
            "pushes": 6,
            "attempts": 6,
            "worst_ns": 5_500_000_000,
            "outcomes": {"too_late": 6},
            "detail": "SELECT id, name FROM fan WHERE openid = ?",
        }
    ] == told["groups"]["host"][:1]
