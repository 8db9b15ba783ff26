"""A push as one incident, as text and as JSON."""

from __future__ import annotations

from dataclasses import replace

from wxtrace.explain.chain import SAW_UNAVAILABLE, UNACCEPTABLE, UNANSWERED, Chain, Link
from wxtrace.explain.repeated import Repeated
from wxtrace.show.chain import document, lines
from wxtrace.show.style import Style
from wxtrace.show.words import Words

LINK = Link(1, 0, 0, 10**7, "refused", 201, None, "web-1", 7)
WRITES = Repeated("remote", "coupon", (1, 2), "POST /grant")
READS = Repeated("storage", "mysql", (1, 2))
CHAIN = Chain(0, (LINK,), None, (), 0, (WRITES, READS), SAW_UNAVAILABLE, None, UNACCEPTABLE)


def test_what_only_read_is_left_out_of_the_text():
    """What was written twice is told; what was read twice stands in the JSON alone."""
    told = [line for line in lines(CHAIN, Style(columns=100)) if "Done more than once" in line]

    assert ["  Done more than once: coupon: POST /grant (attempts 1, 2)"] == told
    assert [] == [line for line in lines(replace(CHAIN, repeated=(READS,)), Style()) if "more than once" in line]
    assert ["coupon", "mysql"] == [one["module"] for one in document(CHAIN)["repeated"]]


def test_it_is_told_why_the_user_saw_that_the_account_is_unavailable():
    """Answered in time with what WeChat refuses is not the same as not answered in time."""
    said = [
        list(lines(replace(CHAIN, saw_because=because), Style(Words(language), columns=120)))[-1]
        for because in (UNACCEPTABLE, UNANSWERED)
        for language in ("en", "zh")
    ]

    assert [
        "  The user saw “该公众号暂时无法提供服务”: WeChat refused the reply.",
        "  用户看到“该公众号暂时无法提供服务，请稍后再试”：微信不接受回复。",
        "  The user saw “该公众号暂时无法提供服务”: nobody answered in time.",
        "  用户看到“该公众号暂时无法提供服务，请稍后再试”：没有一次按时回复。",
    ] == said


def test_how_long_an_attempt_took_is_told_as_far_as_it_is_known():
    """One that runs has taken so long so far; one whose process died, so long or longer."""
    links = [replace(LINK, outcome=outcome, duration_ns=2 * 10**9) for outcome in ("open", "crashed", "too_late")]

    told = list(lines(replace(CHAIN, links=tuple(links)), Style()))[1:4]

    assert [
        "  Attempt 1 · not finished · so far 2.00 s · web-1 pid 7",
        "  Attempt 1 · its process died after 2.00 s or later",
        "  Attempt 1 · too late for WeChat · took 2.00 s",
    ] == told
