"""Chain: the attempts of a push as one incident."""

from __future__ import annotations

from dataclasses import replace

import pytest
from strategies import BASE_NS, SECOND, make_span

from wxtrace.explain.chain import (
    SAW_MESSAGE,
    SAW_NOTHING,
    SAW_REPLY,
    SAW_UNAVAILABLE,
    SAW_UNKNOWN,
    UNACCEPTABLE,
    UNANSWERED,
    Link,
    chains_of,
)
from wxtrace.explain.repeated import Repeated
from wxtrace.rebuild.trace import rebuild

TEXT = {"wechat.msg_type": "text"}
WELL = {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True}
MESSAGE = WELL | {"wechat.reply.length": 290}
REFUSED = WELL | {"http.response.status_code": 201, "wechat.reply.acceptable": False}
INSERT = "INSERT INTO fan (openid) VALUES (?)"


def attempt(number, took, after=0.0, replied=MESSAGE, told=TEXT, **changes):
    """Return the spans of an attempt: access, a handler, and a statement that writes."""
    first, trace = number * 10, f"{number + 1:032x}"
    start = BASE_NS + round(after * SECOND)
    end = start + round(took * SECOND)
    return [
        make_span(first, trace_id=trace, start_ns=start, end_ns=end, attributes=told | replied, **changes),
        make_span(first + 1, first, trace_id=trace, start_ns=start, end_ns=end),
        make_span(
            first + 2,
            first + 1,
            layer="storage",
            module="mysql",
            trace_id=trace,
            start_ns=start,
            end_ns=end,
            attributes={"db.query.text": INSERT},
        ),
    ]


def chain_of(*attempts):
    """Return the chain of one push."""
    [chain] = chains_of(rebuild([span for spans in attempts for span in spans], (), BASE_NS + 60 * SECOND))
    return chain


def test_a_slow_attempt_and_a_quick_retry_are_told_in_their_order():
    """Each by its own five seconds from its own arrival: the first too late, the second in time."""
    client = {"client.address": "81.69.103.2"}
    chain = chain_of(attempt(0, 5.6), attempt(1, 0.3, after=5.0, told=TEXT | client, pid=8))

    assert (
        Link(1, 0, 0, 56 * SECOND // 10, "too_late", 200, None, "web-1", 7),
        Link(2, 5 * SECOND, 5 * SECOND, 3 * SECOND // 10, "answered", 200, "81.69.103.2", "web-1", 8),
    ) == chain.links
    assert (2, (1,), 0) == (chain.answered, chain.late, chain.unseen)
    assert (SAW_REPLY, 53 * SECOND // 10) == (chain.saw, chain.saw_after_ns)


def test_work_that_was_done_twice_is_named_what_writes_first():
    """An INSERT that two attempts ran to its end is what a developer must know first."""
    chain = chain_of(attempt(0, 5.6), attempt(1, 0.3, after=5.0))

    assert (
        Repeated("storage", "mysql", (1, 2), INSERT),
        Repeated("logic", "reply.menu", (1, 2)),
    ) == chain.repeated


@pytest.mark.parametrize(
    ("told", "wrote"),
    [
        (
            {"http.request.method": "POST", "url.full": "https://a.example/grant?t=1"},
            "POST https://a.example/grant",
        ),
        ({"http.request.method": "GET", "url.full": "https://a.example/fan"}, None),
        ({}, "POST /grant"),
    ],
    ids=["POST", "GET", "by its name"],
)
def test_a_call_that_changes_something_goes_before_what_only_reads(told, wrote):
    """A coupon that was granted twice is a double write as an INSERT is; what was read twice does no harm."""

    def once(number):
        spans = attempt(number, 5.6 if number == 0 else 0.3, after=5.0 * number)
        name = "GET" if wrote is None else "POST /grant"
        return [*spans[:2], replace(spans[2], layer="remote", module="coupon", name=name, attributes=told)]

    chain = chain_of(once(0), once(1))

    assert Repeated("remote", "coupon", (1, 2), wrote) in chain.repeated
    assert [wrote] == [one.wrote for one in chain.repeated][:1]


def test_work_that_failed_or_did_not_end_is_not_done():
    """What raised, and what was cut off by the death of its process, was not done twice."""
    first = [replace(span, status_code="ERROR") for span in attempt(0, 5.6)]
    second = [
        replace(span, state="crashed", end_ns=None, writer="web-1-8-0-ffff") for span in attempt(1, 1, after=5.0)
    ]

    assert () == chain_of(first, second, attempt(2, 0.3, after=10.0)).repeated


@pytest.mark.parametrize(
    ("told", "saw"),
    [
        (TEXT, SAW_UNAVAILABLE),
        ({"wechat.msg_type": "event", "wechat.event": "CLICK"}, SAW_UNAVAILABLE),
        ({"wechat.msg_type": "event", "wechat.event": "TEMPLATESENDJOBFINISH"}, SAW_NOTHING),
        ({"wechat.info_type": "component_verify_ticket"}, SAW_NOTHING),
        ({}, SAW_UNKNOWN),
    ],
)
def test_who_waits_in_vain_sees_that_the_account_is_unavailable(told, saw):
    """Three attempts without an answer in time: who wrote or clicked sees WeChat's notice, an event nobody sees."""
    chain = chain_of(*(attempt(number, 5.5, after=5.0 * number, told=told) for number in range(3)))

    assert (UNANSWERED if saw == SAW_UNAVAILABLE else None) == chain.saw_because
    assert (None, (1, 2, 3), 0, saw) == (chain.answered, chain.late, chain.unseen, chain.saw)


def test_a_refused_reply_leaves_the_user_with_nothing_good():
    """Bad replies of all four attempts: WeChat shows its notice instead."""
    chain = chain_of(*(attempt(number, 0.1, after=0.2 * number, replied=REFUSED) for number in range(4)))

    assert (SAW_UNAVAILABLE, UNACCEPTABLE, ["refused"] * 4, ()) == (
        chain.saw,
        chain.saw_because,
        [link.outcome for link in chain.links],
        chain.late,
    )


def test_a_reply_that_the_alarm_shows_refused_was_not_taken():
    """By our record the last attempt was answered well; something else tells that WeChat did not take it."""
    attempts = rebuild(attempt(0, 0.1), (), BASE_NS + 60 * SECOND)
    [chain] = chains_of(attempts, attempts)

    assert (None, ["refused"], SAW_UNAVAILABLE) == (
        chain.answered,
        [link.outcome for link in chain.links],
        chain.saw,
    )


def test_success_tells_the_user_nothing():
    """The bare word is no reply to the user: nothing is shown, and that is meant."""
    assert (SAW_NOTHING, None) == (lambda one: (one.saw, one.saw_after_ns))(chain_of(attempt(0, 0.1, replied=WELL)))


@pytest.mark.parametrize(("errcode", "seen"), [(0, (SAW_MESSAGE, 8 * SECOND)), (45015, (SAW_NOTHING, None))])
def test_a_message_of_the_customer_service_is_seen(errcode, seen):
    """Success first and the answer later: the user saw what a job sent, if WeChat took it."""
    pushed = attempt(0, 0.1, replied=WELL)
    job = make_span(5, 1, trace_id=pushed[0].trace_id, kind="CONSUMER", start_ns=BASE_NS + SECOND)
    message = make_span(
        6,
        5,
        trace_id=pushed[0].trace_id,
        module="api.weixin.qq.com",
        name="POST /cgi-bin/message/custom/send",
        start_ns=BASE_NS + 7 * SECOND,
        end_ns=BASE_NS + 8 * SECOND,
        attributes={"wechat.errcode": errcode},
    )

    chain = chain_of([*pushed, replace(job, end_ns=BASE_NS + 9 * SECOND), message])

    assert seen == (chain.saw, chain.saw_after_ns)


@pytest.mark.parametrize("told", [{"wechat.transaction_id": "42"}, {"wechat.info_type": "authorized"}])
def test_a_reply_to_no_user_shows_nothing(told):
    """XML that answers a payment, or a platform's notice, is read by WeChat alone."""
    assert (SAW_NOTHING, None) == (lambda one: (one.saw, one.saw_after_ns))(chain_of(attempt(0, 0.1, told=told)))


def test_attempts_that_must_have_been_made_are_counted():
    """Nobody answered one attempt, so WeChat made two more; they are not in these records."""
    assert 2 == chain_of(attempt(0, 5.5)).unseen


def test_what_is_still_running_is_not_judged():
    """An open attempt, younger than its five seconds, may yet be answered."""
    running = make_span(0, attributes=TEXT, end_ns=None, state="open")
    [chain] = chains_of(rebuild([running], (), BASE_NS + SECOND))

    assert (None, 0, SAW_UNKNOWN) == (chain.answered, chain.unseen, chain.saw)


def test_two_pushes_have_a_chain_each():
    """Another nonce is another push, with attempts of its own."""
    other = [replace(span, nonce="n2") for span in attempt(1, 0.1, after=0.2)]
    chains = chains_of(rebuild([*attempt(0, 0.1), *other], (), BASE_NS + SECOND))

    assert [(0, 1), (1, 1)] == [(chain.push, len(chain.links)) for chain in chains]


def test_work_without_an_access_span_makes_no_chain():
    """Where the request itself is not recorded, nothing is said of what WeChat got."""
    assert () == chains_of(rebuild(attempt(0, 1)[1:], (), BASE_NS + SECOND))
