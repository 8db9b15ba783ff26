"""Jobs: what a request left to workers, told apart from the request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, forests, jobs_after, log_lines, make_log, make_span, sound_traces

from wxtrace.rebuild.attempt import Attempt, ClockBound
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.path import critical_path
from wxtrace.rebuild.trace import rebuild
from wxtrace.row import SpanRow

NOW = BASE_NS + 60 * SECOND
END = BASE_NS + SECOND
WORKER: dict[str, Any] = {"host": "web-2", "pid": 71, "writer": "web-2-71-0-aaaa", "service": "worker"}


def sent(seq: int, parent: int = 0, **changes: Any) -> SpanRow:
    """Return the span of a message that was sent."""
    values = {"kind": "PRODUCER", "layer": "remote", "module": "rabbitmq", "name": "later publish"}
    return make_span(seq, parent, **values | {"end_ns": BASE_NS + seq * 1000 + 10} | changes)


def job(seq: int, parent: int = 0, **changes: Any) -> SpanRow:
    """Return the span of a job that a worker on another host ran, seven seconds long, after the reply."""
    start = changes.get("start_ns", END + SECOND // 2)
    values = {
        "kind": "CONSUMER",
        "module": "later",
        "name": "later",
        "start_ns": start,
        "end_ns": start + 7 * SECOND,
    }
    return make_span(seq, parent, **values | WORKER | changes)


def attempt_of(*spans: SpanRow) -> Attempt:
    """Return the only attempt of *spans*."""
    (attempt,) = rebuild(spans, [], NOW)
    return attempt


def rows_of(jobs: list[list[SpanRow]]) -> list[SpanRow]:
    """Return the spans of all jobs."""
    return [span for one in jobs for span in one]


def told(attempt: Attempt, *names: str) -> list[tuple[Any, ...]]:
    """Return some fields of each job."""
    return [tuple(getattr(one, name) for name in names) for one in attempt.jobs]


def test_a_job_is_told_with_worker_and_times():
    """Where it ran, from when to when, after which time, and how long its message had waited."""
    attempt = attempt_of(make_span(0), sent(1), job(5, 1))

    (one,) = attempt.jobs
    assert (1, 1, "later", "later", "worker", "web-2", 71, "web-2-71-0-aaaa") == (
        *(one.number, one.attempt, one.name, one.module),
        *(one.service, one.host, one.pid, one.writer),
    )
    assert (BASE_NS + 1000, END + SECOND // 2, 7 * SECOND, SECOND // 2) == (
        *(one.published_ns, one.start_ns, one.duration_ns, one.after_reply_ns),
    )
    assert ("closed", "UNSET", None, False) == (one.state, one.status_code, one.error, one.in_request)


@given(sound_traces(), st.data())
def test_what_ran_after_the_reply_changes_nothing_of_the_attempt(spans, data):
    """Tree, times, modules and critical path of a request are the same, whatever its jobs do afterwards."""
    (bare,) = rebuild(spans, [], NOW)

    (attempt,) = rebuild([*spans, *rows_of(data.draw(jobs_after(spans)))], [], NOW)

    assert bare == replace(attempt, jobs=(), clocks=())
    assert (modules_of(bare), critical_path(bare)) == (modules_of(attempt), critical_path(attempt))


@given(sound_traces(), st.data(), st.randoms())
def test_jobs_come_back_in_any_order_and_once(spans, data, random):
    """Rows that come shuffled and twice give the same jobs, with every one of their spans in one of them."""
    jobs = rows_of(data.draw(jobs_after(spans)))
    expected = rebuild([*spans, *jobs], [], NOW)

    rows = [*spans, *jobs, *jobs]

    assert expected == rebuild(random.sample(rows, len(rows)), [], NOW)
    own = [node.span for one in expected[0].jobs if one.tree for node in one.tree.nodes]
    assert sorted(span.seq for span in jobs) == sorted(span.seq for span in own if span)


@given(sound_traces(), st.data())
def test_a_lost_span_of_a_job_changes_nothing_of_the_attempt(spans, data):
    """A record of a worker may be missing: the request stays what it was, and no other job is lost."""
    jobs = data.draw(jobs_after(spans))
    lost = data.draw(st.sampled_from(rows_of(jobs)))

    (attempt,) = rebuild([*spans, *(span for span in rows_of(jobs) if span != lost)], [], NOW)

    (bare,) = rebuild(spans, [], NOW)
    assert (bare.start_ns, bare.end_ns, bare.reply) == (attempt.start_ns, attempt.end_ns, attempt.reply)
    assert {one[0].span_id for one in jobs} - {lost.span_id} == {one.span_id for one in attempt.jobs}


@given(forests(), log_lines())
def test_the_parts_add_up_whatever_the_jobs_are(spans, logs):
    """The shares of an attempt and of each of its jobs are whole nanoseconds that add up to it."""
    for attempt in rebuild(spans, logs, BASE_NS + 25):
        for one in (attempt, *(job.tree for job in attempt.jobs if job.tree is not None)):
            assert one.duration_ns == sum(time.share_ns for time in modules_of(one))


def test_a_job_has_parts_of_its_own():
    """Whose the seven seconds of a job were, the call to WeChat in it among them."""
    call = make_span(6, 5, layer="remote", module="api.weixin.qq.com", start_ns=END + SECOND, **WORKER)

    (one,) = attempt_of(make_span(0), job(5), replace(call, end_ns=END + 4 * SECOND)).jobs

    assert one.tree is not None
    assert [("later", 4 * SECOND), ("api.weixin.qq.com", 3 * SECOND)] == [
        (time.module, time.share_ns) for time in modules_of(one.tree)
    ]


def test_lines_of_a_job_are_the_jobs():
    """What a worker logs stands with its job, not in the request."""
    lines = [make_log(9, 5, time_ns=END + SECOND, **WORKER), make_log(2, 0)]

    (attempt,) = rebuild([make_span(0), job(5)], lines, NOW)

    assert ["event 2"] == [line.event for line in attempt.lines]
    assert [["event 9"]] == [[line.event for line in one.tree.lines] for one in attempt.jobs if one.tree]
    assert ["event 2", "event 9"] == [line.event for line in attempt.logs]


def test_a_job_that_was_done_before_the_reply_is_part_of_the_attempt():
    """A handler that waits for the result of a job is held up by it: it is on the path, and has its share."""
    begun = BASE_NS + SECOND // 10
    spans = [make_span(0), make_span(1, 0), job(5, 1, start_ns=begun, end_ns=begun + SECOND // 2)]

    attempt = attempt_of(*spans)

    assert [(True, begun - END)] == told(attempt, "in_request", "after_reply_ns")
    assert ("later", SECOND // 2) in [(time.module, time.share_ns) for time in modules_of(attempt)]
    assert ["asgi", "reply.menu", "later", "reply.menu"] == [
        attempt.nodes[section.place].span.module for section in critical_path(attempt) if section.place is not None
    ]


def test_a_job_that_runs_on_after_the_reply_is_no_part_of_the_attempt():
    """A worker may be quicker than the reply: nobody waited for what it did."""
    spans = [make_span(0), sent(1), job(5, 1, start_ns=END - 1000)]

    attempt = attempt_of(*spans)

    assert [(False, -1000, 7 * SECOND)] == told(attempt, "in_request", "after_reply_ns", "duration_ns")
    assert modules_of(attempt_of(*spans[:2])) == modules_of(attempt)


def test_a_job_that_died_is_not_taken_for_one_that_ended_before_the_reply():
    """Its last record is no end: it may have run on, so it is no part of the request, and none of its modules."""
    died = job(5, 1, start_ns=END - 5 * 10**6, end_ns=None, state="crashed")

    attempt = attempt_of(make_span(0, end_ns=END), sent(1), died)

    assert [(False, True, -5 * 10**6)] == told(attempt, "in_request", "end_estimated", "after_reply_ns")
    assert [0, 1] == [node.span.seq for node in attempt.nodes if node.span]


def test_a_job_tells_its_queue_and_its_message():
    """By them two jobs of one name are told apart."""
    told_by = {"messaging.destination.name": "q", "messaging.message.id": "m"}

    attempt = attempt_of(make_span(0), sent(1, attributes=told_by), job(5))

    assert [("q", "m"), (None, None)] == told(attempt, "queue", "message_id")


def test_a_message_that_nobody_has_taken_is_a_job_that_waits():
    """What was sent and not begun is seen, with how long it has been waiting."""
    attempt = attempt_of(make_span(0), sent(1, attributes={"celery.task_name": "tasks.later"}))

    assert [("tasks.later", "published", None, None, 60 * SECOND - 1000)] == told(
        attempt, "name", "state", "host", "start_ns", "waiting_ns"
    )


def test_a_message_that_a_worker_took_does_not_wait():
    """A span between the message and the job, of the broker's client, hides neither."""
    inner = sent(2, 1, name="amqp publish")

    assert ["closed"] == [one.state for one in attempt_of(make_span(0), sent(1), inner, job(5, 2)).jobs]


MESSAGE = {"celery.task_name": "later", "messaging.message.id": "a"}
TRIES = {
    "one-message-delivered-twice": ([sent(1), job(5, 1), job(6, 1, start_ns=END + 9 * SECOND)], [(1, 1), (1, 2)]),
    "sent-again-by-the-job": (
        [sent(1), job(5, 1, status_code="ERROR"), sent(6, 5), job(7, 6, start_ns=END + 9 * SECOND)],
        [(1, 1), (1, 2)],
    ),
    "sent-again-by-the-job-while-it-ran": (
        [sent(1), job(5, 1), sent(6, 5), job(7, 6, start_ns=END + 2 * SECOND, end_ns=END + 3 * SECOND)],
        [(1, 1), (1, 2)],
    ),
    "sent-again-and-not-taken-yet": (
        [sent(1, attributes=MESSAGE), job(5, 1, attributes=MESSAGE), sent(6, 5, start_ns=NOW, attributes=MESSAGE)],
        [(1, 1), (1, 2)],
    ),
    "after-a-crash-without-a-message": (
        [job(5, end_ns=None, state="crashed"), job(6, start_ns=END + 9 * SECOND, writer="other")],
        [(1, 1), (1, 2)],
    ),
    "one-id": (
        [job(n, start_ns=END + n, attributes={"celery.task_id": "a"}, writer=f"w{n}") for n in (5, 6)],
        [(1, 1), (1, 2)],
    ),
    "two-ids": (
        [job(n, start_ns=END + n, status_code="ERROR", attributes={"celery.task_id": str(n)}) for n in (5, 6)],
        [(1, 1), (2, 1)],
    ),
    "two-that-went-well": ([job(5), job(6, start_ns=END + 9 * SECOND)], [(1, 1), (2, 1)]),
    "another-name": ([job(5), job(6, 5, name="next", start_ns=END + 9 * SECOND)], [(1, 1), (2, 1)]),
}


@pytest.mark.parametrize("case", TRIES)
def test_a_job_that_is_tried_again_is_counted(case):
    """Deliveries of one message, and what is sent again after a failure, are one job; two messages are two."""
    spans, expected = TRIES[case]

    assert expected == told(attempt_of(make_span(0), *spans), "number", "attempt")


def test_a_job_that_asked_to_be_tried_again_says_why():
    """Celery's retry is no failure, and not done either."""
    again = {"celery.state": "RETRY", "celery.retry.reason": "Retry in 0s"}

    attempt = attempt_of(make_span(0), sent(1), job(5, 1, attributes=again))

    assert [("UNSET", "Retry in 0s")] == told(attempt, "status_code", "error")


def test_one_delivery_is_one_job():
    """A library's span of a delivery and the app's own within it are one job, nested or side by side."""
    below = [sent(1), job(5, 1), job(6, 5, start_ns=END + SECOND, end_ns=END + 2 * SECOND)]
    beside = [sent(1), job(5, 1), job(6, 1, start_ns=END + SECOND, end_ns=END + 2 * SECOND)]

    for spans in (below, beside):
        (one,) = attempt_of(make_span(0), *spans).jobs
        assert one.tree is not None
        assert [5, 6] == [node.span.seq for node in one.tree.nodes if node.span]


def test_jobs_whose_push_is_elsewhere_are_told():
    """In a worker's own store there is no request: its job is shown all the same, and as none of a reply's."""
    (attempt,) = rebuild([job(5, 1)], [], NOW)

    assert (False, [("later", None, 7 * SECOND)]) == (
        attempt.recorded,
        told(attempt, "name", "after_reply_ns", "duration_ns"),
    )


def test_a_service_behind_lies_in_the_attempt_that_called_it():
    """Its access span stands below the call, and what it does after its own reply is not done after ours."""
    behind = {"layer": "access", "module": "asgi", "kind": "SERVER", "attributes": {"wxtrace.carried": True}}
    spans = [
        make_span(0),
        make_span(1, 0, layer="remote", module="crm", kind="CLIENT"),
        make_span(5, 1, **behind | WORKER),
        make_span(6, 5, layer="access", module="after_reply", end_ns=END + SECOND, **WORKER),
    ]

    attempt = attempt_of(*spans)

    assert [0, 1, 2, 3] == [node.depth for node in attempt.nodes]
    assert (END, None) == (attempt.end_ns, attempt.after_reply_ns)


def test_a_service_behind_is_no_attempt_though_its_caller_is_lost():
    """Where only the service behind was recorded, there is no request of WeChat's."""
    behind = make_span(5, 1, layer="access", kind="SERVER", attributes={"wxtrace.carried": True})

    (attempt,) = rebuild([behind], [], NOW)

    assert (False, [None, 5]) == (attempt.recorded, [node.span and node.span.seq for node in attempt.nodes])


CALL = {"layer": "remote", "module": "crm", "kind": "CLIENT", "start_ns": BASE_NS + 2000, "end_ns": BASE_NS + 6000}
SKEWS = {
    "inside": (BASE_NS + 3000, BASE_NS + 5000, ()),
    "behind": (BASE_NS, BASE_NS + 2000, (ClockBound("web-2", "web-1", -6000, -2000),)),
    "ahead": (BASE_NS + 7000, BASE_NS + 8000, (ClockBound("web-2", "web-1", 1000, 5000),)),
    "that-works-on-after-its-reply": (BASE_NS + 5000, BASE_NS + 9000, ()),
}


@pytest.mark.parametrize("case", SKEWS)
def test_a_clock_that_is_proven_off_is_bounded_and_nothing_is_moved(case):
    """A called service that seems to lie outside of its call has another clock; its times stay what they were."""
    start, end, expected = SKEWS[case]
    behind = {"layer": "access", "kind": "SERVER", "attributes": {"wxtrace.carried": True}}

    attempt = attempt_of(
        make_span(0), make_span(1, 0, **CALL), make_span(5, 1, start_ns=start, end_ns=end, **behind | WORKER)
    )

    assert expected == attempt.clocks
    assert (start, end) == (attempt.nodes[2].start_ns, attempt.nodes[2].end_ns)


def test_a_call_that_failed_tells_only_one_bound():
    """Who gave up may have done so before the service behind had begun."""
    behind = {"layer": "access", "kind": "SERVER", "attributes": {"wxtrace.carried": True}, "start_ns": BASE_NS}
    call = make_span(1, 0, status_code="ERROR", **CALL)

    attempt = attempt_of(make_span(0), call, make_span(5, 1, **behind | WORKER))

    assert (ClockBound("web-2", "web-1", None, -2000),) == attempt.clocks


def test_a_job_that_began_before_it_was_sent_has_another_clock():
    """A worker's clock that is behind puts its job before the request: it is no part of that."""
    early = job(5, 1, start_ns=BASE_NS - 9 * SECOND, end_ns=BASE_NS - 2 * SECOND)

    attempt = attempt_of(make_span(0), sent(1), early)

    assert [(False, -10 * SECOND)] == told(attempt, "in_request", "after_reply_ns")
    assert (ClockBound("web-2", "web-1", None, -9 * SECOND - 1000),) == attempt.clocks
