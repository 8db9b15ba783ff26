"""Jobs: what is shown of the work that a request left to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from answers import NOW_NS, answer, deferred_push, deferred_spans
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, hostile_text, jobs_after, make_span, sound_traces

from wxtrace.notebook import draw
from wxtrace.show.document import document
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, width
from wxtrace.show.text import render
from wxtrace.show.words import Words

GOLDEN = Path(__file__).with_name("golden")
MS = 10**6


def rendered(lookup, language="en", columns=100):
    """Return the text of *lookup*."""
    return render(lookup, Style(Words(language), columns))


@pytest.mark.parametrize(("language", "columns"), [("zh", 100), ("en", 100)])
def test_a_deferred_push_looks_as_it_was_agreed(monkeypatch, language, columns):
    """The whole text of a push answered in 12 ms whose jobs took seconds, letter by letter."""
    monkeypatch.setenv("WXTRACE_LANG", language)

    assert (GOLDEN / f"jobs-{language}.txt").read_text("utf-8") == rendered(deferred_push(), language, columns)


def test_the_verdict_says_what_became_of_the_jobs():
    """The first line has the reply, the job with its worker, and what went wrong."""
    text = deferred_push().verdict.text

    assert text.startswith("Answered well in 0.012 s:")
    assert "Job count failed after 0.040 s on worker@web-2 pid 72: ConnectionError: no counter" in text
    assert "Job archive publish was sent 59.89 s ago, and no worker that records here has taken it." in text
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
        ("crashed", "(worker@web-3 pid 73), which died 0.10 s in or later, while in storage mysql, from 2.99 s"),
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

    assert (1, 1) == tuple(text.count("… 2950 more jobs; --json has all") for text in (shown, drawn))
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

    assert 3 == drawn.count("<details><summary>Job ")
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
