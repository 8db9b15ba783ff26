"""Seen: what the verdict of a hanging request tells of its snapshots, of its loop, of its process."""

from __future__ import annotations

from typing import Any

import pytest
from snapshots import OPEN, blocked, frames, hanging, snapshot
from strategies import BASE_NS, SECOND, make_log, make_span

from wxtrace.explain import verdict as case
from wxtrace.explain.blocked import Held
from wxtrace.explain.death import WITHOUT_A_WORD, Death
from wxtrace.explain.explain import judge
from wxtrace.explain.seen import LOOKED_AT_NS, Seen, seen_of
from wxtrace.explain.stuck import Stuck
from wxtrace.explain.verdict import Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.snapshot import Culprit, Frame
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import LogRow

NOW_NS = BASE_NS + 8 * SECOND
LOCK_ROW = Frame("lock_row", "storage.py", 41, own=True)
STUCK = Stuck(LOCK_ROW, None, "Lock.acquire", 3_600_000_000)
CROP = Frame("crop", "image.py", 7, own=True)
PARSE_MENU = Culprit("parse_menu", "menus.py", 88, None, "o…9f")


def attempt_of(spans: list[Any], *logs: Any) -> Attempt:
    """Return the attempt of these rows."""
    return rebuild(spans, logs, NOW_NS)[0]


def last_words(cause: str, after: float) -> LogRow:
    """Return what a process left so many seconds after `BASE_NS`, as it was in `crop`."""
    told = {"cause": cause, "frames": frames("crop image.py:7")}
    time_ns = BASE_NS + int(after * SECOND)
    return make_log(20, 0, event="wxtrace.died", logger="wxtrace.watch", time_ns=time_ns, attributes=told)


def verdict_of(spans: list[Any], *logs: Any, **known: Any) -> Verdict:
    """Return the verdict of the attempt of these rows."""
    attempt = attempt_of(spans, *logs)
    return judge(attempt, modules_of(attempt), **known)


@pytest.mark.parametrize("state", ["open", "crashed"])
def test_an_unfinished_request_tells_where_it_stood(state):
    """Whether it goes on or its process has died: the last look counts, beside the module."""
    verdict = verdict_of(hanging(state=state), snapshot(9, 3.6, 2))

    assert (state, "mysql", STUCK) == (verdict.case, verdict.module, verdict.facts.seen.stuck)


def test_a_slow_request_tells_where_the_slow_module_stood():
    """One that came back after all was looked at while the query that is to blame was open."""
    spans = hanging(state="closed", end_ns=BASE_NS + 6 * SECOND)

    verdict = verdict_of(spans, snapshot(9, 3.6, 2))

    assert (case.SLOW_MODULE, "mysql", STUCK) == (verdict.case, verdict.module, verdict.facts.seen.stuck)


def test_where_it_stood_in_something_else_says_nothing_of_the_slow_module():
    """A look at the time after the slow query is left out."""
    spans = [
        make_span(0, end_ns=BASE_NS + 6 * SECOND),
        make_span(1, 0, start_ns=BASE_NS, end_ns=BASE_NS + 3 * SECOND, module="mysql", layer="storage"),
    ]

    assert Seen() == Seen(verdict_of(spans, snapshot(9, 3.6)).facts.seen.stuck)


def test_a_held_loop_before_the_logic_is_waiting():
    """Who waited for the loop before anything of the app ran, waited; the culprit is told."""
    spans = [
        make_span(0, end_ns=BASE_NS + 6 * SECOND),
        blocked(1, 0, 5),
        make_span(2, 0, start_ns=BASE_NS + 5 * SECOND, end_ns=BASE_NS + 6 * SECOND),
    ]

    verdict = verdict_of(spans)

    assert (case.WAITED, "wait", "event loop") == (verdict.case, verdict.layer, verdict.module)
    assert Held(PARSE_MENU, 5 * SECOND) == verdict.facts.seen.held


def test_a_held_loop_in_the_middle_of_the_logic_is_the_slow_module():
    """The handler is not to blame for the time in which it could not run."""
    spans = [
        make_span(0, end_ns=BASE_NS + 6 * SECOND),
        make_span(1, 0, end_ns=BASE_NS + 6 * SECOND),
        blocked(2, 1, 5),
    ]

    verdict = verdict_of(spans)

    assert (case.SLOW_MODULE, "wait", "event loop", "high") == (
        verdict.case,
        verdict.layer,
        verdict.module,
        verdict.confidence,
    )
    assert Held(PARSE_MENU, 4 * SECOND) == verdict.facts.seen.held


def test_a_wait_for_a_pool_is_not_the_databases():
    """Of 4.7 s "in the database" the pool has 4.6."""
    spans = [
        make_span(0, end_ns=BASE_NS + 5 * SECOND),
        make_span(1, 0, start_ns=BASE_NS, end_ns=BASE_NS + 5 * SECOND),
        make_span(2, 1, layer="storage", module="mysql", start_ns=BASE_NS, end_ns=BASE_NS + 47 * SECOND // 10),
        make_span(
            3, 2, layer="wait", module="sqlalchemy pool", start_ns=BASE_NS, end_ns=BASE_NS + 46 * SECOND // 10
        ),
    ]

    verdict = verdict_of(spans)

    assert ("wait", "sqlalchemy pool") == (verdict.layer, verdict.module)
    assert [("sqlalchemy pool", 46 * SECOND // 10), ("mysql", SECOND // 10)] == [
        (part.what, part.ns) for part in verdict.parts if part.what in ("mysql", "sqlalchemy pool")
    ]


def test_a_short_hold_is_not_worth_telling():
    """Less than a tenth of the attempt is in the waterfall only."""
    spans = [make_span(0, end_ns=BASE_NS + 6 * SECOND), blocked(1, 1, 1.5)]

    assert verdict_of(spans).facts.seen.held is None


def test_a_loop_that_is_held_now_is_told_by_the_last_snapshot():
    """Where no wait is recorded yet, the snapshot says who holds the loop."""
    culprit = {"function": "parse_menu", "file": "menus.py", "line": 88, "openid": "o…9f", "self": False}
    held = snapshot(9, 3.6, loop={"blocked_ns": 3 * SECOND, "culprit": culprit})
    own = snapshot(9, 3.6, loop={"blocked_ns": 3 * SECOND, "culprit": culprit | {"self": True}})

    assert Held(PARSE_MENU, 3 * SECOND) == seen_of(attempt_of(hanging(), held)).held
    assert seen_of(attempt_of(hanging(), own)).held is None


def test_the_last_words_of_a_process_are_told_beside_its_snapshots():
    """A segmentation fault names its line; whose that is, is not known."""
    words = last_words("segmentation fault", 4)
    own, crop = snapshot(9, 3.6, 2), Stuck(CROP, None, None, 4 * SECOND, is_thread=True, of_process=True)
    logged = make_log(8, 1, event="received")

    seen = seen_of(attempt_of(hanging(state="crashed"), logged, own, words))

    death = Death("segmentation fault", None, CROP, (CROP,), words.time_ns)
    assert Seen(STUCK, None, (), None, "segmentation fault", crop, death, logged) == seen
    assert crop == seen_of(attempt_of(hanging(state="crashed"), words)).stuck


def test_a_process_that_was_held_and_let_go_was_not_killed_so():
    """One that was looked at after it was held ran again; how it ended nobody knows."""
    attempt = attempt_of(hanging(state="crashed"), last_words("timeout", 3), snapshot(9, 3.6, 2))

    seen = seen_of(attempt, last_ns=NOW_NS)

    assert (WITHOUT_A_WORD, Death(WITHOUT_A_WORD, None, None, (), NOW_NS)) == (seen.cause, seen.death)


def test_an_interpreter_that_ran_again_is_no_end():
    """What held it for a while is left out, where the request was looked at later."""
    held, own = last_words("timeout", 3), snapshot(9, 3.6, 2)

    assert Seen(STUCK) == seen_of(attempt_of(hanging(), held, own))
    assert "timeout" == seen_of(attempt_of(hanging(), own, last_words("timeout", 4))).cause


def test_words_without_a_place_leave_the_snapshot_its_say():
    """A process that was out of memory says nothing of where it stood."""
    words = make_log(20, 2, event="wxtrace.died", logger="wxtrace.watch", attributes={"cause": "out of memory"})

    seen = seen_of(attempt_of(hanging(state="crashed"), snapshot(9, 3.6, 2), words))

    assert (STUCK, "out of memory", None) == (seen.stuck, seen.cause, seen.cause_at)


def test_who_has_the_threads_is_told_to_one_who_waits_for_a_thread():
    """The line at which most of the threads stand is the culprit; the time is that of the wait."""
    held = frames("load menus.py:7", "cook threads.py:36")
    told = [one | {"threads": threads} for one, threads in zip(held, (2, 38), strict=True)]
    wait: dict[str, Any] = {"layer": "wait", "module": "threads", "start_ns": BASE_NS + SECOND, **OPEN}
    spans = [make_span(0, start_ns=BASE_NS, **OPEN), make_span(1, 0, **wait)]
    attempt = attempt_of(spans, snapshot(9, 3.6, 1, holders=told))

    seen = seen_of(attempt)

    assert Held(Culprit("cook", "threads.py", 36), 7 * SECOND, "threads") == seen.held
    assert [("cook", 38), ("load", 2)] == [(holder.at.function, holder.threads) for holder in seen.holders]


def test_threads_are_nobodys_fault_where_none_is_waited_for():
    """What they do is of no concern to a request that waits for something else."""
    told = [frames("cook threads.py:36")[0] | {"threads": 40}]

    assert Seen(STUCK) == seen_of(attempt_of(hanging(), snapshot(9, 3.6, holders=told)))


@pytest.mark.parametrize(
    ("age", "last", "logs", "expected"),
    [
        (8, 2 * SECOND, (), 2 * SECOND),
        (8, -SECOND, (), 0),
        (8, LOOKED_AT_NS, (), None),
        (8, None, (), None),
        (4, 2 * SECOND, (), None),
        (8, 2 * SECOND, (snapshot(9, 3.6),), None),
    ],
    ids=["silent", "silent-before", "finished-something", "unknown", "young", "looked-at"],
)
def test_a_process_that_fell_silent_is_told(age, last, logs, expected):
    """Past the mark, nobody looked, nothing finished: the interpreter itself is held."""
    attempt = rebuild(hanging(), logs, BASE_NS + age * SECOND)[0]
    last_ns = None if last is None else BASE_NS + last

    assert expected == seen_of(attempt, last_ns=last_ns).silent_ns
