"""Jobs: what is shown of the work that a request left to others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from answers import NOW_NS, answer, deferred_push, deferred_spans
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, hostile_text, jobs_after, make_log, make_span, sound_traces

from wxtrace.notebook.draw import draw
from wxtrace.show.document import document
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, width
from wxtrace.show.text import render
from wxtrace.show.words import Words

MS = 10**6


def rendered(lookup, language="en", columns=100):
    """Return the text of *lookup*."""
    return render(lookup, Style(Words(language), columns))


def test_the_verdict_says_what_became_of_the_jobs():
    """The first line has the reply, the job with its worker, and what went wrong."""
    text = deferred_push().verdict.text

    assert text.startswith("Answered well in 0.012 s. Job ")
    assert "Job count failed after 0.040 s on worker@web-2 pid 72: ConnectionError: no counter" in text
    assert (
        "Job archive publish was sent 59.89 s ago, and no worker that records here has taken it: "
        "a worker may record into another store (--store)." in text
    )
    assert (
        "Job reply_later (try 2; before it: crashed) ran 7.10 s on worker@web-3 pid 73, "
        "6.40 s of it in storage mysql, from 2.99 s after the reply." in text
    )


def test_the_case_of_a_verdict_does_not_depend_on_the_jobs():
    """WeChat got its answer, whatever became of the work that was left to others."""
    bare = answer([span for span in deferred_spans() if span.seq < 10])

    judged = deferred_push()

    assert (bare.verdict.case, bare.verdict.parts, bare.verdict.confidence) == (
        judged.verdict.case,
        judged.verdict.parts,
        judged.verdict.confidence,
    )


def test_the_json_tells_each_try_of_a_job():
    """The rows of a job are in the attempt's; where it ran, its state and its modules stand in `jobs`."""
    attempt = document(deferred_push())["attempts"][0]

    told = [
        (job["number"], job["attempt"], job["name"], job["state"], job["status_code"], job["host"])
        for job in attempt["jobs"]
    ]
    assert [
        (1, 1, "archive publish", "published", "UNSET", None),
        (2, 1, "count", "closed", "ERROR", "web-2"),
        (3, 1, "reply_later", "crashed", "UNSET", "web-2"),
        (3, 2, "reply_later", "closed", "UNSET", "web-3"),
    ] == told
    assert [None, 3 * MS, 8 * MS, 2988 * MS] == [job["after_reply_ns"] for job in attempt["jobs"]]
    assert [("mysql", 6400 * MS), ("api.weixin.qq.com", 450 * MS), ("reply_later", 250 * MS)] == [
        (time["module"], time["share_ns"]) for time in attempt["jobs"][3]["modules"]
    ]
    assert 12 * MS == sum(time["share_ns"] for time in attempt["modules"])
    assert {span.seq for span in deferred_spans()} == {row["seq"] for row in attempt["spans"]}
    assert ["left to a worker", "answer sent"] == [row["event"] for row in attempt["logs"]]
    assert [{"host": "web-9", "other": "web-1", "at_least_ns": -2001 * MS, "at_most_ns": -1999 * MS}] == (
        attempt["clocks"]
    )


def test_python_has_the_jobs_as_a_frame():
    """A row for each try, with whole numbers that may be missing."""
    frame = deferred_push().attempts[0].jobs

    assert ["archive publish", "count", "reply_later", "reply_later"] == frame["name"].to_list()
    assert {"Int64"} == {str(frame[name].dtype) for name in ("start_ns", "end_ns", "pid", "duration_ns")}
    assert [True, False, False, False] == frame["start_ns"].isna().to_list()
    assert 0 == len(answer([make_span(0)]).attempts[0].jobs)


def test_a_job_that_still_runs_is_told_so():
    """While a worker is at it there is no end, only how long it has been at it."""
    open_one = [replace(span, end_ns=None, state="open") if span.seq == 11 else span for span in deferred_spans()]

    assert "still runs on worker@web-3 pid 73: 56.90 s so far" in answer(open_one).verdict.text


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("open", "still runs on worker@web-3 pid 73: 56.90 s so far, now in storage mysql, from 2.99 s"),
        (
            "crashed",
            "(worker@web-3 pid 73), which died 0.10 s in or later, when is not known, while in storage mysql",
        ),
    ],
)
def test_a_job_that_did_not_end_says_where_it_is(state, told):
    """Of a job that runs, or that died with its worker, the innermost call is named."""
    spans = [replace(span, end_ns=None, state=state) if span.seq in (11, 12) else span for span in deferred_spans()]

    assert told in answer([span for span in spans if span.seq != 13]).verdict.text


def test_a_message_that_was_not_sent_is_told_so():
    """Where the broker did not take it there is nothing to wait for."""
    failed = {"kind": "PRODUCER", "status_code": "ERROR", "status_message": "no route", "end_ns": BASE_NS + 5000}

    text = answer([make_span(0), make_span(1, 0, **failed)]).verdict.text

    assert "Job span 1 could not be sent: no route." in text


AFTER = BASE_NS + SECOND
CRASHED = {"end_ns": None, "state": "crashed"}


def worked(seq, parent=0, **changes):
    """Return the span of a job that a worker ran for a second, after the reply."""
    start = changes.get("start_ns", AFTER + seq * 1000)
    values = {"kind": "CONSUMER", "name": "later", "module": "later", "start_ns": start, "end_ns": start + SECOND}
    return make_span(seq, parent, **values | {"host": "web-2", "writer": "web-2-7-0-dddd"} | changes)


def sent(seq, **attributes):
    """Return the span of a message."""
    return make_span(seq, 0, kind="PRODUCER", name="later send", end_ns=BASE_NS + 5000, attributes=attributes)


TRIES = {
    "failed": {"status_code": "ERROR", "status_message": "ValueError: first try"},
    "died": CRASHED,
    "sent-again": {"attributes": {"celery.state": "RETRY", "celery.retry.reason": "Retry in 0s"}},
}


@pytest.mark.parametrize("case", TRIES)
def test_a_try_that_went_wrong_is_drawn(case):
    """What a failed try logged is what one looks for: it has a waterfall of its own, as the one that went well."""
    again = worked(3, 1, start_ns=AFTER + 3 * SECOND, writer="web-2-8-0-eeee")
    spans = [make_span(0), sent(1), worked(2, 1, **TRIES[case]), again]
    line = make_log(4, 2, time_ns=AFTER + 3000, event="of the first try", writer="web-2-7-0-dddd")

    shown = rendered(answer(spans, [line]))

    below = shown[shown.index("Jobs of this attempt") :]
    assert (2, 1, 0) == (below.count("█   0.000"), below.count("of the first try"), below.count("not drawn"))


def test_what_is_not_drawn_is_said_and_drawn_where_all_is_asked_for():
    """A try that went well but came again has only a line, and the text says by what all are drawn."""
    spans = [make_span(0), sent(1), worked(2, 1), worked(3, 1, start_ns=AFTER + 3 * SECOND)]
    lookup = answer(spans)

    short, full = rendered(lookup), render(lookup, Style(Words("en"), 100, full=True))

    assert "… 1 try is not drawn; --full draws all that have a line" in short
    assert (1, 2, 0) == (
        short[short.index("Jobs of") :].count("█   0.000"),
        full[full.index("Jobs of") :].count("█   0.000"),
        full.count("not drawn"),
    )


def test_a_faulty_job_is_drawn_though_many_went_well():
    """Where there is no room for all drawings, those that went well give way."""
    jobs = [worked(n, name=f"job {n}") for n in range(1, 31)]
    jobs[29] = replace(jobs[29], status_code="ERROR")

    shown = rendered(answer([make_span(0), *jobs]))

    assert (1, "… 20 tries are not drawn" in shown) == (shown.count("job 30 [error]"), True)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("web-2", "its process died between 1 µs and 3.07 s after its begin"),
        ("web-3", "its process died 1 µs in or later, when is not known"),
    ],
    ids=["one-clock", "another-clock"],
)
def test_of_a_dead_job_it_is_told_when_that_was_as_far_as_it_is_known(host, told):
    """The next try bounds it, if it is of the same clock."""
    start = AFTER + SECOND
    died = worked(2, 1, start_ns=start, **CRASHED)
    again = worked(3, 1, start_ns=start + 3_070_000_000, host=host, writer="web-2-8-0-eeee")
    line = make_log(4, 2, time_ns=start + 1000, writer=died.writer)

    assert told in rendered(answer([make_span(0), sent(1), died, again], [line]))


def test_a_job_without_a_next_try_died_nobody_knows_when():
    """A bound is told only where there is one."""
    text = answer([make_span(0), sent(1), worked(2, 1, **CRASHED)]).verdict.text

    assert "or later, when is not known" in text


def test_a_job_of_a_microsecond_took_more_than_nothing(monkeypatch):
    """Short times are told in microseconds, in both languages."""
    spans = [make_span(0), worked(1, end_ns=AFTER + 1000 + 1200)]

    english = rendered(answer(spans))
    monkeypatch.setenv("WXTRACE_LANG", "zh")
    chinese = rendered(answer(spans), "zh")

    assert ("Job later ran 1.2 µs on" in english, "took 1.2 µs" in english) == (True, True)
    assert ("运行了 1.2 微秒" in chinese, "耗时 1.2 微秒" in chinese) == (True, True)


def test_a_job_without_a_name_is_called_so():
    """Instead of a gap there is its module, or that it has no name."""
    nameless = answer([make_span(0), worked(1, name="", module="")]).verdict.text
    placed = answer([make_span(0), worked(1, name=" ", module="queue")]).verdict.text

    assert ("Job without a name ran" in nameless, "Job queue ran" in placed) == (True, True)


def test_jobs_of_one_name_are_told_apart():
    """By their queues, where these differ; else by the ids of their messages; one alone is called by its name."""
    queues = [sent(n, **{"messaging.destination.name": f"q{n}"}) for n in (1, 2)]
    ids = [sent(n, **{"messaging.destination.name": "q", "messaging.message.id": f"m{n}"}) for n in (1, 2)]

    by_queue, by_id = answer([make_span(0), *queues]).verdict.text, answer([make_span(0), *ids]).verdict.text
    alone = answer([make_span(0), ids[0]]).verdict.text

    assert [1, 1] == [by_queue.count(f"Job later send (queue q{n}) was sent") for n in (1, 2)]
    assert [1, 1] == [by_id.count(f"Job later send (queue q) (message m{n}) was sent") for n in (1, 2)]
    assert 1 == alone.count("Job later send was sent")


def test_a_message_that_came_again_is_not_told_as_done():
    """What was handed out once more had no error; that it was done, nobody said."""
    text = answer([make_span(0), sent(1), worked(2, 1), worked(3, 1, start_ns=AFTER + 3 * SECOND)]).verdict.text

    assert "Job later (try 2; before it: no error, yet it came again) ran 1.00 s" in text


def test_a_job_that_went_well_at_last_is_told_before_harmless_ones():
    """Its first try failed: it is not one of the further jobs."""
    failed = worked(20, 1, start_ns=AFTER + SECOND, **TRIES["failed"])
    jobs = [worked(n, name=f"job {n}") for n in range(2, 6)]

    text = answer([make_span(0), sent(1), *jobs, failed, worked(21, 1, start_ns=AFTER + 3 * SECOND)]).verdict.text

    assert (
        text.index("Job later (try 2; before it: error) ran") < text.index("Job job 2 ran") < text.index("further")
    )


def test_the_chinese_of_jobs_has_chinese_signs(monkeypatch):
    """Between outcomes stands no half-width comma, and behind a full-width bracket no blank."""
    monkeypatch.setenv("WXTRACE_LANG", "zh")
    tries = [worked(n, 1, start_ns=AFTER + n * 2 * SECOND, **TRIES["sent-again"]) for n in (2, 3)]
    lookup = answer([make_span(0), sent(1), *tries, worked(4, 1, start_ns=AFTER + 9 * SECOND)])

    assert "任务 later（第 3 次；之前：重新发出、重新发出）在 " in rendered(lookup, "zh")


def test_many_jobs_are_told_shortly():
    """A verdict is one line: three jobs, those with a fault first, and how many more there are."""
    jobs = [
        make_span(
            n, 0, kind="CONSUMER", name=f"job {n}", start_ns=BASE_NS + SECOND + n, end_ns=BASE_NS + 2 * SECOND
        )
        for n in range(1, 8)
    ]
    jobs[5] = replace(jobs[5], status_code="ERROR")

    text = answer([make_span(0), *jobs]).verdict.text

    assert text.index("Job job 6 failed") < text.index("Job job 1 ran") < text.index("4 further jobs.")


def test_of_thousands_of_jobs_some_are_shown():
    """A push that left thousands of jobs is cut for people, and says how much was left out."""
    jobs = [
        make_span(
            n, 0, kind="CONSUMER", name=f"job {n}", start_ns=BASE_NS + SECOND + n, end_ns=BASE_NS + 2 * SECOND
        )
        for n in range(1, 3001)
    ]
    lookup = answer([make_span(0), *jobs])

    shown, drawn = rendered(lookup), draw(lookup, Words("en"))

    assert 1 == shown.count("… 2950 more jobs; --json has all")
    assert 1 == drawn.count("… 2950 more jobs; .jobs has all")
    assert len(shown.splitlines()) < 300


def test_a_service_behind_is_shown_where_it_was_called():
    """Its access span stands below the call, with its name, and its clock is told to be off."""
    shown = rendered(deferred_push())

    assert shown.index("crm POST /members") < shown.index("crm@web-9: asgi POST /members")
    assert "Clock of web-9: at least 2.00 s behind that of web-1" in shown


def test_only_a_service_behind_is_said_to_be_that():
    """Where the store of the service in front is not looked at, nobody takes this for the push."""
    lookup = answer([span for span in deferred_spans() if span.seq == 3])

    assert "Only a request to a service behind was recorded here (crm)" in lookup.verdict.text
    assert "A service behind, without the push" in rendered(lookup)
    assert ("unrecorded", (), 0) == (lookup.verdict.case, lookup.chains, lookup.attempts[0].rebuilt.number)


def test_a_notebook_draws_the_jobs_too():
    """Each job has its own waterfall, folded, and a line if nobody has taken it."""
    drawn = draw(deferred_push(), Words("en"))

    assert 3 == drawn.count("<summary>Job ")
    assert "taken by no worker that records here" in drawn
    assert "custom/send" in drawn


@given(sound_traces(), st.data())
def test_any_jobs_can_be_shown_in_both_languages(spans, data):
    """Whatever workers recorded, there is a text that keeps to the width."""
    rows = [span for job in data.draw(jobs_after(spans)) for span in job]
    lookup = answer([*spans, *rows])

    for language in ("zh", "en"):
        lines = rendered(lookup, language, 90).splitlines()
        assert [] == [line for line in lines[2:] if width(line) > 90]
    assert NOW_NS >= lookup.attempts[0].rebuilt.end_ns


@given(hostile_text)
def test_nothing_that_a_worker_recorded_can_steer_the_terminal(text):
    """Names, hosts and errors of jobs are shown harmless, in the verdict and below."""
    changes = {"name": text, "module": text, "host": text, "service": text, "status_message": text}
    spans = [
        make_span(0),
        make_span(
            1, 0, kind="CONSUMER", status_code="ERROR", start_ns=BASE_NS + 2 * SECOND, end_ns=NOW_NS, **changes
        ),
        make_span(2, 0, kind="PRODUCER", **changes),
    ]

    for line in rendered(answer(spans)).split("\n"):
        assert clean(line) == line
