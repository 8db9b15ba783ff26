"""Every push of a window that WeChat would have counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import store_maker
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SECOND, forests, make_span
from windows import FIRST_NS, LAST_NS, MODULES, NOW_NS, Plan, Try, plans, rows_of, write_journals

from wxtrace.alarm.alarm import Alarm
from wxtrace.errors import BadInput, StoreMissing
from wxtrace.explain.around import around_of
from wxtrace.explain.verdicts import Heard, verdicts_of
from wxtrace.rebuild.arrival import arrivals_of
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import SpanRow
from wxtrace.seal.compact import compact
from wxtrace.seal.seal import seal
from wxtrace.show.style import Style
from wxtrace.show.terminal import width
from wxtrace.show.window import document, lines
from wxtrace.survey.groups import FIELDS, groups_of
from wxtrace.survey.survey import survey
from wxtrace.survey.window import AGREES, FEWER, MORE, Came, Window

COUNTED = {
    "request_timeout": {"too_late", "hung_up", "crashed"},
    "invalid_response": {"refused", "no_reply", "crashed"},
    None: {"too_late", "hung_up", "crashed", "refused", "no_reply"},
}


def surveyed(store: Path, rows: Any, alarm: Alarm | None = None) -> Window:
    """Return the window of a store in which just *rows* lie, as Parquet."""
    store_maker.write(store, rows)
    return survey([str(store)], FIRST_NS, LAST_NS, alarm, now_ns=NOW_NS)


def told(window: Window) -> list[Any]:
    """Return what a window says that does not depend on where its rows lie."""
    victims = [
        (
            victim.attempts,
            victim.answered,
            [
                (one.arrival.openid, one.arrival.number, one.arrival.start_ns, one.outcome, one.case, one.module)
                for one in victim.failures
            ],
        )
        for victim in window.victims
    ]
    return [victims, window.came, window.counted, window.bounds, window.unclear]


@pytest.mark.parametrize("kind", COUNTED)
@given(planned=plans())
@settings(deadline=None)
def test_every_failed_push_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, kind: str | None, planned: list[Plan]
) -> None:
    """
    Counted by hand from what was planned, the window has just the pushes and attempts that failed in it.
    """
    store = tmp_path_factory.mktemp("store")
    (store / "spans").mkdir()
    failed = {
        f"oPUSH{push}": sum(0 <= one.after_s < 300 and one.went in COUNTED[kind] for one in plan.tries)
        for push, plan in enumerate(planned)
    }

    window = surveyed(store, rows_of(planned), None if kind is None else Alarm(kind))

    got = [(victim.worst.arrival.openid, len(victim.failures)) for victim in window.victims]
    assert sorted((push, count) for push, count in failed.items() if count) == sorted(got)
    assert sum(failed.values()) == window.counted
    assert [(len(got), window.counted)] * len(FIELDS) == [
        (sum(group.pushes for group in groups), sum(group.attempts for group in groups))
        for groups in (groups_of(window.victims, what) for what in FIELDS)
    ]


@given(planned=plans())
@settings(deadline=None)
def test_what_came_in_all_is_told(tmp_path_factory: pytest.TempPathFactory, planned: list[Plan]) -> None:
    """
    All pushes and attempts of the window are counted, and those that were answered, as they were planned.
    """
    store = tmp_path_factory.mktemp("store")
    (store / "spans").mkdir()
    came = [[one for one in plan.tries if 0 <= one.after_s < 300] for plan in planned]
    answered = [[one for one in some if one.went == "answered"] for some in came]

    assert (
        Came(
            pushes=sum(map(bool, came)),
            attempts=sum(map(len, came)),
            answered_pushes=sum(map(bool, answered)),
            answered_attempts=sum(map(len, answered)),
            open_attempts=0,
            elsewhere=0,
        )
        == surveyed(store, rows_of(planned)).came
    )


@given(spans=forests(), kind=st.sampled_from([None, "request_timeout", "invalid_response", "dns_failure"]))
@settings(deadline=None)
def test_whatever_the_rows_look_like(
    tmp_path_factory: pytest.TempPathFactory, spans: list[SpanRow], kind: str | None
) -> None:
    """
    Rows that contradict one another are counted too: each failed attempt once, and nothing raises.
    """
    store = tmp_path_factory.mktemp("store")
    store_maker.write(store, spans)
    first_ns = FIRST_NS - 10

    window = survey([str(store)], first_ns, LAST_NS, None if kind is None else Alarm(kind), now_ns=NOW_NS)

    failures = [failure.arrival for victim in window.victims for failure in victim.failures]
    assert len(failures) == len({(one.trace_id, one.writer, one.start_ns, one.number) for one in failures})
    assert len(window.victims) == len({one.push for one in failures}) <= window.came.pushes
    assert window.counted == len(failures) <= window.came.attempts
    assert window.bounds[0] <= window.counted <= window.bounds[1]
    assert len(window.victims) == len(document(window)["pushes"])
    assert all(width(line) <= 80 for line in lines(window, Style(columns=80)))


@given(planned=plans(max_pushes=5))
@settings(max_examples=25, deadline=None)
def test_it_is_the_same_wherever_the_rows_lie(
    tmp_path_factory: pytest.TempPathFactory, planned: list[Plan]
) -> None:
    """
    Unsealed, sealed and compacted, a window has the same victims, and counts the same.
    """
    written, store = tmp_path_factory.mktemp("written"), tmp_path_factory.mktemp("store")
    (written / "spans").mkdir()
    rows = rows_of(planned)
    expected = told(surveyed(written, rows))
    write_journals(store, rows)
    got = []
    for step in (lambda: None, lambda: seal(str(store)), lambda: compact(str(store), now_ns=LAST_NS * 2)):
        step()
        got.append(told(survey([str(store)], FIRST_NS, LAST_NS, now_ns=NOW_NS)))

    assert [expected] * 3 == got


INCIDENT = [
    *[Plan((Try(10 + at, "too_late", 0, 0), Try(15.25 + at, "answered", 1, 0)), 0) for at in range(3)],
    *[Plan((Try(20 + at, "too_late", 1, 1),), 1) for at in range(2)],
    Plan((Try(40, "refused", 2, 2), Try(40.5, "refused", 2, 2), Try(41, "refused", 0, 2)), 2),
    Plan((Try(50, "crashed", 2, 0),), 0),
    Plan((Try(60, "answered"),), 0),
]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (
            "module",
            [
                (("logic", "reply.menu"), 1, 3),
                (("storage", "mysql"), 4, 4),
                (("remote", "api.weixin.qq.com"), 2, 2),
            ],
        ),
        ("event", [(("CLICK",), 4, 4), ((None,), 1, 3), (("text",), 2, 2)]),
        ("host", [(("web-1",), 5, 6), (("web-2",), 2, 3)]),
        (
            "worker",
            [
                (("web-1", 7, "web-1-7-0-abcd"), 3, 4),
                (("web-2", 9, "web-2-9-0-abcd"), 2, 3),
                (("web-1", 8, "web-1-8-0-abcd"), 2, 2),
            ],
        ),
        ("outcome", [(("too_late",), 5, 5), (("refused",), 1, 3), (("crashed",), 1, 1)]),
    ],
)
def test_victims_are_grouped(tmp_path: Path, what: str, expected: list[Any]) -> None:
    """
    Pushes and attempts are counted by what held them up, what they were, and who worked on them.
    """
    groups = groups_of(surveyed(tmp_path, rows_of(INCIDENT)).victims, what)

    assert sorted(expected, key=str) == sorted(
        ((group.key, group.pushes, group.attempts) for group in groups), key=str
    )
    assert sorted((group.attempts for group in groups), reverse=True) == [group.attempts for group in groups]


def test_victims_are_not_grouped_by_anything(tmp_path: Path) -> None:
    """
    What failures can be grouped by is said where somebody asks for something else.
    """
    with pytest.raises(BadInput, match=r"what is 'colour'.*module, event, host, worker or outcome"):
        groups_of((), "colour")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (6.0, ("arrived_late", "arrived_late", None, "WeChat→access")),
        (0.1, None),
    ],
)
def test_what_waited_before_us_is_a_victim(tmp_path: Path, after: float, expected: Any) -> None:
    """
    WeChat counted an attempt that was answered at once, but six seconds after its stamp, and that another followed.
    """
    got = [
        (one.outcome, one.case, one.layer, one.module)
        for victim in surveyed(tmp_path, late(after, after + 5), Alarm("request_timeout")).victims
        for one in victim.failures
    ]

    assert ([] if expected is None else [expected]) == got


@pytest.mark.parametrize(
    ("kind", "count", "expected"),
    [
        ("request_timeout", 5, AGREES),
        ("request_timeout", 6, AGREES),
        ("request_timeout", 7, FEWER),
        ("request_timeout", 4, MORE),
        ("invalid_response", 3, AGREES),
        ("connect_timeout", 9, None),
        ("mark_fail", None, None),
    ],
)
def test_our_count_is_held_against_the_alarms(tmp_path: Path, kind: str, count: int | None, expected: str) -> None:
    """
    Within what may be either the counts agree; an alarm about attempts that never got here has no count of ours.
    """
    assert expected == surveyed(tmp_path, rows_of(INCIDENT), Alarm(kind, count=count)).agreement


def test_what_died_is_named_by_another_attempt(tmp_path: Path) -> None:
    """
    A worker that died never told what it worked on; the attempt after it did.
    """
    rows = rows_of([Plan((Try(10, "crashed"), Try(15.25, "answered")))])
    died = replace(rows[0], attributes={})

    groups = groups_of(surveyed(tmp_path, [died, *rows[1:]]).victims, "event")

    assert [("CLICK",)] == [group.key for group in groups]


def test_a_refused_reply_is_its_handlers(tmp_path: Path) -> None:
    """
    Where the reply is no good, its module is the logic that made it, wherever the time went.
    """
    window = surveyed(tmp_path, rows_of([Plan((Try(10, "refused", 0, 0), Try(10.5, "no_reply", 0, 1)))]))

    assert [("logic", "reply.menu")] == [group.key for group in groups_of(window.victims, "module")]


def test_what_arrived_late_took_from_its_stamp(tmp_path: Path) -> None:
    """
    How long it took WeChat is counted from the stamp where the way before us took the time.
    """
    assert [6 * SECOND + 1000] == list(surveyed(tmp_path, late(6, 11)).pushes["worst_ns"])


def test_find_and_window_agree_on_a_late_push_after_which_none_came(tmp_path: Path) -> None:
    """
    WeChat sends again what it has not taken: a late, lone, answered attempt is a retry, for the window as for find.
    """
    [span] = late(6)
    attempts = rebuild([span], (), NOW_NS)
    [verdict] = verdicts_of(attempts, [modules_of(one) for one in attempts], Heard(NOW_NS, {}))
    window = surveyed(tmp_path, [span], Alarm("request_timeout"))
    [arrival] = arrivals_of([span], NOW_NS, {})

    assert ("replied", True) == (verdict.case, verdict.facts.is_retry)
    assert (0, 0, (0, 0)) == (window.counted, window.unclear, window.bounds)
    assert 0 == around_of([arrival], (FIRST_NS, LAST_NS), None).late


def test_find_and_window_agree_on_a_late_push_that_others_followed(tmp_path: Path) -> None:
    """
    Where another attempt came, the late one was not taken: so say the verdict, the window and what came around.
    """
    spans = late(6, 11)
    attempts = rebuild(spans, (), NOW_NS)
    verdicts = verdicts_of(attempts, [modules_of(one) for one in attempts], Heard(NOW_NS, {}))
    window = surveyed(tmp_path, spans, Alarm("request_timeout"))

    assert ["arrived_late", "replied"] == [one.case for one in verdicts]
    assert [1] == [victim.failures[0].arrival.number for victim in window.victims]
    assert 1 == around_of(arrivals_of(spans, NOW_NS, {}), (FIRST_NS, LAST_NS), None).late


def late(*after: float) -> list[SpanRow]:
    """Return the attempts of one push that came so many seconds after its stamp, each answered at once."""
    starts = [FIRST_NS + int(one * SECOND) for one in after]
    return [
        make_span(
            at,
            trace_id=f"{at + 1:032x}",
            start_ns=start,
            end_ns=start + 1000,
            attributes={"http.response.status_code": 200},
        )
        for at, start in enumerate(starts)
    ]


def test_a_lost_row_costs_the_module_not_the_push(tmp_path: Path) -> None:
    """
    Where nothing but the access span of an attempt is left, the attempt is a victim all the same.
    """
    rows = [row for row in rows_of([Plan((Try(10, "too_late"),))]) if row.layer == "access"]

    assert [("slow_module", "access", "asgi")] == [
        (one.case, one.layer, one.module) for victim in surveyed(tmp_path, rows).victims for one in victim.failures
    ]


def test_many_traces_are_looked_for_at_once(tmp_path: Path) -> None:
    """
    Many failed pushes, in the journal as in Parquet, are each found with all their rows.
    """
    planned = [Plan((Try(at / 2, "too_late", at % 3, at % 3),)) for at in range(80)]
    rows = rows_of(planned)
    write_journals(tmp_path, rows)
    expected = Counter({(layer, module): len(planned[at::3]) for at, (layer, module) in enumerate(MODULES)})

    got = [survey([str(tmp_path)], FIRST_NS, LAST_NS, now_ns=NOW_NS)]
    seal(str(tmp_path))
    got.append(survey([str(tmp_path)], FIRST_NS, LAST_NS, now_ns=NOW_NS))

    assert [expected] * 2 == [
        Counter({group.key: group.attempts for group in groups_of(window.victims, "module")}) for window in got
    ]


def test_the_frame_has_a_row_for_each_push(tmp_path: Path) -> None:
    """
    As a DataFrame each failed push is a row with types of its own, whole numbers even where some are missing.
    """
    frame = surveyed(tmp_path, rows_of(INCIDENT)).pushes

    assert ["oPUSH0", "oPUSH1", "oPUSH2", "oPUSH3", "oPUSH4", "oPUSH5", "oPUSH6"] == list(frame["openid"])
    assert [2, 2, 2, 1, 1, 3, 1] == list(frame["attempts"])
    assert [1, 1, 1, 1, 1, 3, 1] == list(frame["failed"])
    assert [True, True, True, False, False, False, False] == list(frame["answered"])
    assert ["Int64", "int64", "bool", "string", "datetime64[us, UTC]"] == [
        str(frame[name].dtype) for name in ("stamp", "worst_ns", "answered", "module", "time")
    ]


def test_a_window_says_in_short_what_it_is(tmp_path: Path) -> None:
    """
    However many failed, a window is one line where Python shows it.
    """
    window = surveyed(tmp_path, rows_of(INCIDENT), Alarm("request_timeout", count=6))

    assert f"<Window {FIRST_NS} to {LAST_NS}: 6 pushes failed in 6 attempts, WeChat counted 6>" == repr(window)


@pytest.mark.parametrize("what", FIELDS)
def test_groups_are_frames(tmp_path: Path, what: str) -> None:
    """
    Grouped as a DataFrame, pushes, attempts and what became of them are columns.
    """
    window = surveyed(tmp_path, rows_of(INCIDENT))
    frame = window.by(what)

    told = [] if what == "outcome" else ["too_late", "refused", "crashed"]
    assert [*FIELDS[what], "pushes", "attempts", *told, "worst_ns", "detail"] == list(frame.columns)
    assert [7, 9, *([5, 3, 1] if told else [])] == [
        int(frame[name].sum()) for name in ("pushes", "attempts", *told)
    ]


@pytest.mark.parametrize("what", FIELDS)
def test_a_window_without_victims_has_frames_too(tmp_path: Path, what: str) -> None:
    """
    Where nothing failed, the frames are empty and have their columns all the same.
    """
    window = surveyed(tmp_path, rows_of([Plan((Try(60, "answered"),))]))

    assert [(0, True), (0, True)] == [
        (len(frame), "worst_ns" in frame.columns) for frame in (window.pushes, window.by(what))
    ]


def test_a_window_without_end_ends(tmp_path: Path) -> None:
    """
    What an alarm claims of the length of its window costs no more than there is to be read.
    """
    store_maker.write(tmp_path, rows_of(INCIDENT))

    assert 9 == survey([str(tmp_path)], FIRST_NS, FIRST_NS + 10**30, now_ns=NOW_NS).counted


def test_no_store_is_an_error(tmp_path: Path) -> None:
    """
    A store that is not there is named.
    """
    with pytest.raises(StoreMissing, match="nowhere"):
        survey([str(tmp_path / "nowhere")], FIRST_NS, LAST_NS)
