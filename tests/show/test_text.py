"""Text: what a lookup looks like in a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from answers import answer, looping_push, slow_attempt, slow_push
from hypothesis import given
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, forests, hostile_text, log_lines, make_log, make_span

from wxtrace.explain.verdict import REPLIED, Facts, Verdict
from wxtrace.show.sentence import sentence
from wxtrace.show.style import Style
from wxtrace.show.terminal import clean, width
from wxtrace.show.text import render
from wxtrace.show.words import Words


def rendered(lookup, language="en", columns=100, colour=False):
    """Return the text of *lookup* with its verdict in that language."""
    return render(lookup, Style(Words(language), columns, colour))


def test_the_verdict_stands_first():
    """Whoever reads one line has read the answer."""
    lookup = slow_push()

    assert lookup.verdict.text in rendered(lookup).splitlines()[0]


@given(forests(), log_lines(), st.integers(60, 200), st.booleans())
def test_any_rows_can_be_shown_in_both_languages(spans, logs, columns, full):
    """Whatever was recorded, there is a text, and no line of it is wider than the terminal."""
    lookup = answer(spans, logs)

    for language in ("zh", "en"):
        lines = render(lookup, Style(Words(language), columns, full=full, wraps=True)).splitlines()
        assert [] == [line for line in lines if width(line) > columns]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_parts_go_on_further_in(language):
    """Where they need a second line it is indented more than the first: it is no item of its own."""
    lines = render(slow_push(), Style(Words(language), 80, wraps=True)).splitlines()

    [place] = [at for at, line in enumerate(lines) if " = (" in line]
    assert ("  5.60", True) == (lines[place][:6], lines[place + 1].startswith(("      reply.menu", "      mysql")))


@pytest.mark.parametrize(("rows", "is_repeated"), [(0, False), (24, True), (999, False)])
def test_a_verdict_that_has_scrolled_away_stands_at_the_end_too(rows, is_repeated):
    """On a terminal that is lower than the answer nobody scrolls up for it; else it is said once."""
    lines = render(looping_push(), Style(wraps=True, rows=rows)).splitlines()

    verdict = [line for line in lines if line.startswith("Verdict")]
    assert [lines[0]] * (1 + is_repeated) == verdict
    assert is_repeated == (lines[0] in lines[-3:])


def test_in_a_pipe_the_verdict_is_one_line():
    """Scripts take the first line; on a terminal it is broken at blanks."""
    lookup = slow_push()
    first, *_ = rendered(lookup, columns=80).splitlines()
    on_terminal = render(lookup, Style(columns=80, wraps=True)).splitlines()

    assert (f"Verdict: {lookup.verdict.text}", first) == (first, " ".join(on_terminal[:2]))


@given(hostile_text)
def test_nothing_that_was_recorded_can_steer_the_terminal(text):
    """Names, lines, tags and attributes come from the network: no control character of theirs gets through."""
    span = make_span(0, name=text, module=text, service=text, host=text, status_code="ERROR")
    span = replace(span, attributes={"wechat.reply.acceptable": False, "wechat.reply.reason": text})
    lookup = answer([span, make_span(5, 4)], [make_log(9, event=text, severity=text, attributes={text: text})])

    shown = rendered(lookup)

    assert shown.replace("\n", "") == clean_lines(shown)


def clean_lines(text):
    """Return the lines of *text* as `clean` leaves them, joined."""
    return "".join(clean(line) for line in text.split("\n"))


def test_colours_come_only_where_they_are_wanted():
    """Without colour there is no escape code; with it, taking the codes away leaves the same text."""
    plain, coloured = rendered(slow_push()), rendered(slow_push(), colour=True)

    assert plain == re.sub("\x1b\\[[0-9;]*m", "", coloured)
    assert ("\x1b" in plain, "\x1b" in coloured) == (False, True)


def test_log_lines_stand_between_the_spans_in_their_place():
    """A line is shown under its span, before the children that began after it."""
    spans = [make_span(0), make_span(1, 0, name="first"), make_span(5, 0, name="second")]
    shown = rendered(answer(spans, [make_log(3, event="between")]))

    assert shown.index("first") < shown.index("between") < shown.index("second")


def test_of_ten_thousand_spans_the_longest_are_shown():
    """A huge attempt is cut for people, and says how much was left out."""
    spans = [make_span(0), *(make_span(n, 0, name=f"call {n}") for n in range(1, 10_000))]
    spans[9] = replace(spans[9], end_ns=BASE_NS + 10 * SECOND)

    lines = rendered(answer(spans)).splitlines()

    assert 1 == sum("call 9 " in line for line in lines)
    assert 1 == sum("9940 shorter spans are not shown" in line for line in lines)
    assert len(lines) < 100


def test_all_of_it_is_drawn_where_that_is_asked_for():
    """Of 4,812 queries of a loop, two rows and their fold are shown; with --full each of them."""
    short, full = (render(looping_push(), Style(full=full)) for full in (False, True))

    assert ([3, 4812], [1, 0]) == (
        [text.count("mysql SELECT fan") for text in (short, full)],
        [text.count("×4,810") for text in (short, full)],
    )


def test_a_gap_and_an_unfinished_span_are_marked():
    """What is missing is seen to be missing; what never ended is seen to be open."""
    spans = [make_span(0, end_ns=None, state="crashed"), make_span(6, 4)]

    shown = rendered(answer(spans))

    assert "missing span 0000000000000005" in shown
    assert "[crashed]" in shown


def test_absence_shows_who_was_recording():
    """With nothing found, the writers of the window and the window itself are told."""
    shown = rendered(answer(reason="never_arrived"))

    assert "    pid 7: 99 records, 2025-04-21 18:29:45 to 18:32:15 · alive" in shown
    assert "window 2025-04-21 18:30:45 to 18:31:45" in shown


def test_component_pushes_of_that_second_are_candidates():
    """A push without an openid is offered, not picked."""
    candidate = make_span(0, openid=None, attributes={"wechat.info_type": "component_verify_ticket"})

    shown = rendered(answer(candidates=[candidate], reason="never_arrived"))

    assert "component_verify_ticket" in shown


def test_a_stamp_that_is_off_is_said_to_be():
    """What has another stamp within the tolerance is not passed off as the one that was asked for."""
    near = [replace(span, stamp=(span.stamp or 0) + 2) for span in slow_attempt()]

    assert "nothing has this stamp exactly; the nearest is 2 s off" in rendered(answer(near))


def test_a_refused_reply_says_why_in_the_readers_language(monkeypatch):
    """The reason is told in Chinese where it is known, with its detail as it was recorded."""
    monkeypatch.setenv("WXTRACE_LANG", "zh")
    refused = {"wechat.reply.acceptable": False, "wechat.reply.reason": "not success: quoted success"}
    lookup = answer([make_span(0, end_ns=BASE_NS + SECOND, attributes=refused)])

    assert lookup.verdict.text.endswith("但微信不接受该回复：不是 success：success 带了引号。")
    assert "不符合微信要求：不是 success：success 带了引号" in rendered(lookup, "zh")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("text", "WeChat refuses the reply: a text that is neither success nor empty."),
        ("json", "WeChat refuses the reply: JSON without the elements of a reply."),
        ("not success: text", "WeChat refuses the reply: not success: text."),
    ],
)
def test_a_refused_reply_says_what_is_wrong_with_it(monkeypatch, reason, said):
    """Its kind alone tells nobody why WeChat does not take it."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    refused = {"wechat.reply.acceptable": False, "wechat.reply.reason": reason}

    assert answer([make_span(0, end_ns=BASE_NS + SECOND, attributes=refused)]).verdict.text.endswith(said)


def test_of_an_alarm_is_told_only_where_there_was_one():
    """Who looks up an openid and a stamp may have none; what became of the push is told alone."""
    facts = Facts(duration_ns=10**8)
    told = [
        sentence(Verdict(REPLIED, None, None, "high", (), replace(facts, **more)), Words(language))
        for language in ("en", "zh")
        for more in ({}, {"attempts": 2}, {"alarmed": True})
    ]

    assert [
        "Answered well in 0.10 s.",
        "All 2 attempts were answered well, the first in 0.10 s.",
        "Answered well in 0.10 s: the alarm is for another attempt or another entrance.",
        "0.10 秒内已正常回复。",
        "2 次请求都已正常回复，第 1 次用了 0.10 秒。",
        "0.10 秒内已正常回复：报警应是另一次请求或另一个入口的。",
    ] == told


def test_a_reply_that_is_too_late_is_not_told_as_accepted():
    """WeChat had hung up: that the reply is good by its rules helps nobody."""
    good = {"http.response.status_code": 200, "wechat.reply.acceptable": True}
    texts = [rendered(answer([make_span(0, end_ns=BASE_NS + took, attributes=good)])) for took in (1, 5 * SECOND)]

    assert ["accepted by WeChat's rules", "good by WeChat's rules, but too late"] == [
        text for told in texts for text in told.replace("\n  ", " · ").split(" · ") if "WeChat's rules" in text
    ]


def test_what_still_runs_has_no_reply_yet():
    """Of a request that is worked on nobody can say that it has no reply."""
    shown = rendered(answer([make_span(0, end_ns=None, state="open")]))

    assert "· no reply yet ·" in shown.replace("\n  ", " · ")


def test_a_log_line_does_not_say_its_time_and_level_twice():
    """What structlog's own processors add stands in the line already."""
    line = make_log(1, attributes={"level": "info", "timestamp": "2026", "key": "MENU"})

    assert "info event 1 key=MENU\n" in rendered(answer([make_span(0)], [line]))


def test_of_many_attempts_those_with_a_fault_are_shown():
    """A second with hundreds of pushes is cut for people, never the attempt that the verdict is about."""
    same = {"attributes": {"http.response.status_code": 200}}
    many = [make_span(n, trace_id=f"{n:032x}", nonce=f"n{n}", start_ns=BASE_NS + n, **same) for n in range(20, 300)]
    lookup = answer([*many, *slow_attempt(1)])

    shown = rendered(lookup)

    assert "SELECT id, name FROM fan" in shown.splitlines()[0]
    assert "261 more attempts" in shown
    assert 1 == shown.count("mysql SELECT ")


def test_whose_push_it_is_stands_with_each_where_none_was_asked_for():
    """A lookup by stamp alone finds the pushes of several people."""
    lookup = replace(slow_push(), openid=None)

    assert 3 == rendered(lookup).count("· openid oABC ·")


def test_a_worker_that_was_told_to_end_gave_no_reply():
    """gunicorn's time-out raises SystemExit through the app: no reply of the app's was refused."""
    told = {"http.response.status_code": 500, "wechat.status.assumed": True, "error.type": "SystemExit"}
    lookup = answer([make_span(0, end_ns=BASE_NS + SECOND, status_code="ERROR", attributes=told)])

    assert "its process was told to end meanwhile (SystemExit" in lookup.verdict.text
