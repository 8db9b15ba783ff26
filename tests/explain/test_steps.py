"""The guide's checks, answered from what came in."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from arrivals import make_alarm, make_arrival
from hypothesis import given
from hypothesis import strategies as st
from strategies import OPENID, SECOND, STAMP

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.around import around_of
from wxtrace.explain.step import BAD, OK, UNKNOWN, Known
from wxtrace.explain.steps import CHECKS, NOTHING_ELSE, steps_of
from wxtrace.explain.verdict import Facts, Verdict
from wxtrace.rebuild.attempt import Reply
from wxtrace.scan.evidence import Evidence, HostSeen

WINDOW = (STAMP * SECOND, (STAMP + 300) * SECOND)
WHOLE = HostSeen("web-1", ("web-1-7-0-abcd",), 1, 9, 0, 0, WINDOW[1], ())
GAP = (WINDOW[0], WINDOW[0] + 60 * SECOND)
ABSENT = Verdict("never_arrived", None, None, "medium", (), Facts())
SLOW = replace(ABSENT, case="slow_module", layer="storage", module="mysql")
XML = (
    f"<xml><ToUserName>{OPENID}</ToUserName><FromUserName>gh_1</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType>text</MsgType><Content>hi</Content></xml>"
)
QUOTED = Reply(9, False, "quoted success")
CLICK = {"msg_type": "event", "event": "CLICK"}


def evidence(*hosts, dropped=0, damaged=()):
    """Return who recorded."""
    return Evidence((), dropped, 1, 1, WINDOW, damaged, None, hosts)


def steps(alarm, *arrivals, by=None, verdict=ABSENT, known=NOTHING_ELSE):
    """Return the answered checks by their names; one host recorded all through unless *by* says otherwise."""
    around = around_of(arrivals, WINDOW, None)
    told = steps_of(alarm, around, arrivals, evidence(WHOLE) if by is None else by, verdict, known=known)
    return {step.check: step for step in told}


def answer(check, alarm, *arrivals, **changes):
    """Return state and answer of one check."""
    step = steps(alarm, *arrivals, **changes)[check]
    return step.state, step.answer


def facts(check, alarm, *arrivals, **changes):
    """Return what one check's answer names."""
    return dict(steps(alarm, *arrivals, **changes)[check].facts)


def many(count, **changes):
    """Return pushes of as many users, a second apart."""
    return [make_arrival(0.1, stamp=STAMP + number % 290, nonce=f"n{number}", **changes) for number in range(count)]


def of_kind(kind, **sample):
    """Return an alarm of another kind."""
    return make_alarm(kind, **sample)


@pytest.mark.parametrize("kind", CHECKS)
def test_every_check_has_an_answer_where_nothing_is_known(kind):
    """With an empty alarm and an empty store, no check claims that something is well or wrong."""
    told = steps_of(Alarm(kind), around_of((), WINDOW, None), (), evidence(), ABSENT)

    assert len(CHECKS[kind]) == len(told)
    assert {UNKNOWN} == {step.state for step in told}


def test_the_page_has_the_checks_as_the_code_has_them():
    """Every kind stands in the docs, with its checks."""
    page = (Path(__file__).parents[2] / "docs" / "how-find-decides.md").read_text("utf-8")
    table = page.split("| kind | checks |\n|---|---|\n")[1].split("\n\n")[0]
    rows = dict(row.strip("| ").split(" | ") for row in table.splitlines())
    named = {
        "DNS failure, DNS timeout": "dns_failure",
        "invalid reply": "invalid_response",
        "MarkFail": "mark_fail",
    }
    told = {named.get(kind, kind.replace(" ", "_")): checks for kind, checks in rows.items()}
    told["dns_timeout"] = told["dns_failure"]
    whole = {
        kind: checks.replace("as request timeout", told["request_timeout"]).replace(", and ", ", ")
        for kind, checks in told.items()
    }

    code = {kind: [check.__name__ for check in checks] for kind, checks in CHECKS.items()}
    assert {kind: sorted(checks) for kind, checks in code.items()} == {
        kind: sorted(checks.split(", ")) for kind, checks in whole.items()
    }


def test_another_kind_is_checked_as_an_unknown_one():
    """A kind that is not known yet gets the checks that fit any."""
    assert set(steps(Alarm("unknown"))) == set(steps(Alarm("of tomorrow")))


def test_that_type_was_received():
    """The guide asks whether that IP received that type of message: yes, so many, and so quick."""
    alarm = of_kind("request_timeout", Event="Click")
    arrivals = [*many(300, **CLICK), *many(12)]

    expected = {"kind": "Click", "attempts": 300, "p50_ns": 200_000_000, "p99_ns": 200_000_000, "failed": 0}
    assert (OK, "received") == answer("received", alarm, *arrivals)
    assert expected == facts("received", alarm, *arrivals)


@pytest.mark.parametrize(
    ("arrivals", "by", "expected"),
    [
        ([], None, (BAD, "nothing_came")),
        ([], evidence(replace(WHOLE, gaps=(GAP,))), (UNKNOWN, "nothing_known")),
        (many(3), None, (BAD, "others_received")),
        (many(3, msg_type=None), None, (UNKNOWN, "kinds_untold")),
    ],
    ids=["nothing", "nothing, and not recorded", "others", "untold"],
)
def test_that_type_was_not_received(arrivals, by, expected):
    """Nothing at all, other kinds, or pushes whose kind nobody read are different answers."""
    assert expected == answer("received", of_kind("request_timeout", Event="Click"), *arrivals, by=by)


def test_an_alarm_without_a_type_counts_all():
    """Where the alarm names no type, all pushes are meant."""
    assert (OK, "received_any") == answer("received", of_kind("request_timeout"), *many(3))


def test_pushes_outside_of_the_window_are_not_counted():
    """What came an hour before the alarm is no answer."""
    assert (BAD, "nothing_came") == answer(
        "received", of_kind("request_timeout"), make_arrival(0.1, stamp=STAMP - 3600)
    )


def test_a_gap_of_a_host_is_named():
    """The host that missed the most is told, with its longest gap."""
    other = replace(WHOLE, host="web-2", gaps=((GAP[0], GAP[0] + 1), (GAP[1], GAP[1] + 30 * SECOND)))
    by = evidence(replace(WHOLE, gaps=(GAP,)), other)

    expected = {"host": "web-1", "from_at": GAP[0], "to_at": GAP[1], "count": 2}
    assert (BAD, "not_recorded") == answer("recording", of_kind("request_timeout"), by=by)
    assert expected == facts("recording", of_kind("request_timeout"), by=by)


AFTER = replace(WHOLE, alive=0, gaps=((WINDOW[0] + 20 * SECOND, WINDOW[1]),))
"""A host whose server ended twenty seconds after the moment."""
OWN = Known(own=("own",))


def test_a_gap_after_the_last_attempt_does_not_matter():
    """The question is whether a host recorded while the push was under way, not all that came later."""
    tried = [make_arrival(0.1, 5.6, trace_id="own"), make_arrival(5.2, trace_id="own", number=2)]

    assert (OK, "recorded") == answer(
        "recording", of_kind("request_timeout"), *tried, by=evidence(AFTER), known=OWN, verdict=SLOW
    )


def test_where_nothing_was_found_a_candidate_is_not_the_push():
    """The verdict is that it cannot be known; so the gap that is why is told, whatever else came before it."""
    absent, known = replace(ABSENT, case="cannot_know"), Known(evidence(AFTER), own=("own",))
    candidate = make_arrival(0.1, trace_id="own")

    assert (BAD, "not_recorded") == answer(
        "recording", of_kind("request_timeout"), candidate, by=evidence(AFTER), known=known, verdict=absent
    )


def test_an_alarm_of_many_failures_asks_about_the_whole_window():
    """MarkFail is about no single push: a candidate does not make it one."""
    candidate = make_arrival(0.1, trace_id="own")

    assert (BAD, "not_recorded") == answer(
        "recording", of_kind("mark_fail"), candidate, by=evidence(AFTER), known=OWN, verdict=SLOW
    )


def test_a_gap_before_a_late_first_attempt_matters():
    """Where the first attempt that was seen came late, another one may have come to a host that did not record."""
    gap = (STAMP * SECOND + SECOND, STAMP * SECOND + 3 * SECOND)
    by = evidence(replace(WHOLE, gaps=(gap,)))

    assert [(OK, "recorded"), (BAD, "not_recorded")] == [
        answer(
            "recording",
            of_kind("request_timeout"),
            make_arrival(after, trace_id="own"),
            by=by,
            known=OWN,
            verdict=SLOW,
        )
        for after in (0.1, 5.2)
    ]


def test_who_recorded_is_asked_of_what_the_verdict_rests_on():
    """The verdict looked at the push's moment and its hosts then: the gap of that time is told, no longer one."""
    first, last = STAMP * SECOND - 30 * SECOND, STAMP * SECOND + 45 * SECOND
    west = replace(WHOLE, host="west", gaps=((first, first + 20 * SECOND),))
    asked = replace(evidence(WHOLE, west), window=(first, last))

    expected = {"host": "west", "from_at": first, "to_at": first + 20 * SECOND, "count": 1}
    assert expected == facts("recording", of_kind("dns_failure"), by=evidence(AFTER), known=Known(asked))


def test_a_time_that_is_not_over_is_asked_about_too_early():
    """A host that lives recorded up to the lookup: what is missing is still to come."""
    now, last = STAMP * SECOND + 5 * SECOND, STAMP * SECOND + 45 * SECOND
    alive = replace(WHOLE, last_ns=now, gaps=((now, last),))
    asked = replace(evidence(alive), window=(STAMP * SECOND - 30 * SECOND, last))

    assert (UNKNOWN, "too_early") == answer("recording", of_kind("dns_failure"), known=Known(asked))
    assert {"again_at": last} == facts("recording", of_kind("dns_failure"), known=Known(asked))


NO_TICKET = replace(WHOLE, gaps=((WINDOW[0] + 15 * SECOND, WINDOW[1]),))


@pytest.mark.parametrize(
    ("check", "recorded", "unrecorded"),
    [
        ("received", (BAD, "others_received"), (UNKNOWN, "others_known")),
        ("tickets", (UNKNOWN, "no_tickets"), (UNKNOWN, "no_tickets_known")),
    ],
)
def test_that_none_came_is_said_only_where_all_was_recorded(check, recorded, unrecorded):
    """Of a window of which a host recorded fifteen seconds nobody knows what did not come."""
    alarm = of_kind("ticket_timeout")

    assert (recorded, unrecorded) == (
        answer(check, alarm, *many(2)),
        answer(check, alarm, *many(2), by=evidence(NO_TICKET)),
    )


@pytest.mark.parametrize(
    ("check", "kind", "sample", "expected"),
    [
        ("on_arrival", "request_timeout", {"Event": "Click"}, (OK, "came_at_once")),
        ("processes", "payment_timeout", {}, (OK, "none_died")),
        ("load", "payment_timeout", {}, (OK, "none_waited")),
    ],
)
def test_pushes_that_the_alarm_is_not_about_do_not_answer_for_it(check, kind, sample, expected):
    """A message that came late, took too long, or whose process died says nothing of clicks or payments."""
    payment = {"openid": None, "stamp": None, "nonce": None, "msg_type": None, "transaction_id": "42"}
    other = [make_arrival(16, nonce="a"), make_arrival(1, 6, nonce="b")]
    died = make_arrival(2, nonce="c", state="crashed", end_estimated=True)
    pushes = [make_arrival(1, **payment), make_arrival(1, nonce="d", **CLICK), *other, died]

    assert expected == answer(check, of_kind(kind, **sample), *pushes)


def test_another_account_does_not_answer():
    """Where alarm and push both name theirs in full, pushes of another account are not counted."""
    alarm = replace(of_kind("request_timeout", Event="Click"), appid="wx0123456789abcdef")
    own = make_arrival(1, nonce="own", appid="wx0123456789abcdef", **CLICK)
    other = make_arrival(1, 6, nonce="other", appid="wxffffffffffffffff", **CLICK)

    assert (OK, "all_in_time") == answer("in_time", alarm, own, other)


def test_half_and_most_are_of_those_that_were_answered():
    """Figures of the quick ones are not told as if of the slow; where none was answered there are none."""
    slow = [make_arrival(1, 6, nonce="a")]

    assert (BAD, "too_slow_none_answered") == answer("in_time", of_kind("request_timeout"), *slow)
    assert (OK, "received_any_none_answered") == answer("received", of_kind("request_timeout"), *slow)
    assert 200_000_000 == facts("in_time", of_kind("request_timeout"), *slow, make_arrival())["p99_ns"]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (evidence(WHOLE), (OK, "recorded")),
        (evidence(WHOLE, dropped=3), (BAD, "dropped")),
        (evidence(WHOLE, damaged=("x",)), (BAD, "damaged")),
        (evidence(), (UNKNOWN, "nobody_known")),
    ],
)
def test_who_recorded_is_answered(by, expected):
    """All through, with drops, with damage, or nobody: the first check says it."""
    assert expected == answer("recording", of_kind("dns_failure"), by=by)


@pytest.mark.parametrize(
    ("client", "outer", "expected"),
    [
        ("81.69.101.193", "81.69.101.193", (OK, "outer_ip_seen")),
        ("81.69.103.205", "81.69.101.193", (UNKNOWN, "outer_ip_unseen")),
        ("81.69.103.205", None, (UNKNOWN, "outer_ip_not_said")),
        ("10.0.0.3", "81.69.101.193", (UNKNOWN, "senders_hidden")),
        (None, "81.69.101.193", (UNKNOWN, "senders_hidden")),
    ],
)
def test_whether_the_sender_got_in(client, outer, expected):
    """The alarm's OuterIP is among the addresses that got in, or not, or a proxy hides them."""
    assert expected == answer("firewall", of_kind("request_timeout", OuterIP=outer), *many(4, client=client))


def test_the_callback_addresses_can_be_asked_for():
    """Where the store cannot tell whether a firewall is to blame, the command that asks WeChat is given."""
    command = steps(of_kind("ticket_timeout"))["firewall"].command

    expected = ["curl", "-s", "https://api.weixin.qq.com/cgi-bin/getcallbackip?access_token=ACCESS_TOKEN"]
    assert expected == shlex.split(command)


@pytest.mark.parametrize(
    ("url", "pushes", "expected"),
    [
        ("http://wx.example.com/wechat", many(2, server="wx.example.com"), (OK, "url_seen")),
        ("http://wx.example.com/other", many(2, server="wx.example.com"), (BAD, "url_other")),
        ("http://old.example.com/wechat", many(2, server="wx.example.com"), (BAD, "url_other")),
        ("http://wx.example.com/wechat", [], (UNKNOWN, "url_unseen")),
        ("http://wx.exam****", many(2), (UNKNOWN, "url_not_said")),
    ],
)
def test_the_url_is_compared(url, pushes, expected):
    """A typo in the URL shows against the pushes that came in."""
    assert expected == answer("url", of_kind("dns_failure", thirdUrl=url), *pushes)


def test_a_name_that_does_not_resolve_is_for_dig():
    """DNS is nothing that the store knows; the guide's command has the alarm's host."""
    step = steps(of_kind("dns_failure", Host="wx.example.com"))["dns"]

    assert (UNKNOWN, "dig @182.254.116.116 wx.example.com") == (step.state, step.command)


def test_a_name_that_some_resolved():
    """Pushes that came for that name show that it resolved for some."""
    alarm = of_kind("dns_failure", Host="wx.example.com")

    assert (OK, "resolved_for_some") == answer("dns", alarm, *many(2, server="WX.example.com"))


@given(st.text(min_size=1))
def test_what_an_alarm_says_is_no_command(host):
    """Whatever host an alarm names, the command has it as one word, and never as an option."""
    told = steps(of_kind("dns_failure", Host=host))

    for check in ("dns", "domain"):
        command = told[check].command
        words = [] if command is None else shlex.split(command)
        assert command is None or host.lstrip("-@+") == words[-1]
        assert len(words) in (0, 2, 3)


@pytest.mark.parametrize(
    ("ip", "server", "expected"),
    [
        ("1.2.3.4", "1.2.3.4", (OK, "ip_seen")),
        ("1.2.3.4", "1.2.3.5", (BAD, "ip_other")),
        ("1.2.3.4", "wx.example.com", (UNKNOWN, "ip_by_name")),
        ("1.2.3.4", None, (UNKNOWN, "ip_not_recorded")),
        ("***", "1.2.3.4", (UNKNOWN, "ip_not_said")),
    ],
)
def test_the_address_is_compared(ip, server, expected):
    """WeChat's idea of the address against the one for which requests came."""
    assert expected == answer("ip", of_kind("request_timeout", IP=ip), *many(2, server=server))


def test_connecting_is_tried_with_the_port_of_the_url():
    """The command that connects takes port 443 where the URL says https."""
    told = steps(of_kind("connect_timeout", IP="1.2.3.4", thirdUrl="https://wx.example.com/"))

    assert "nc -vz -w 5 1.2.3.4 443" == told["connects"].command


def test_slow_ones_are_counted_and_the_module_is_named():
    """How many took 5 s or more; of the one that is meant, the module."""
    pushes = [*many(9), make_arrival(1, took=5.6)]

    assert (BAD, "too_slow_in") == answer("in_time", of_kind("request_timeout"), *pushes, verdict=SLOW)
    assert (1, 10, "mysql") == tuple(
        facts("in_time", of_kind("request_timeout"), *pushes, verdict=SLOW)[name]
        for name in ("late", "attempts", "module")
    )


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        (many(9), (OK, "came_at_once")),
        ([*many(9), make_arrival(6), make_arrival(11, number=2)], (BAD, "came_late")),
        ([*many(9), make_arrival(6)], (UNKNOWN, "late_retries")),
        ([*many(9), make_arrival(16)], (BAD, "came_late")),
        ([make_arrival(26, stamp=STAMP + n) for n in range(20)], (UNKNOWN, "clock_off")),
        ([make_arrival(6, number=2)], (UNKNOWN, "no_first")),
    ],
    ids=["none", "one", "a retry", "so late that none follows", "all", "only retries"],
)
def test_late_arrivals_are_told_from_a_wrong_clock(pushes, expected):
    """Some that came late are late; if all did, it is the clock."""
    assert expected == answer("on_arrival", of_kind("request_timeout"), *pushes)


@pytest.mark.parametrize(
    ("pushes", "verdict", "expected"),
    [
        (many(9), ABSENT, (OK, "none_waited")),
        (many(9), replace(ABSENT, case="waited"), (BAD, "waited")),
        ([make_arrival(1, took=6)], ABSENT, (UNKNOWN, "compare_load")),
        ([], ABSENT, (UNKNOWN, "load_unknown")),
    ],
)
def test_whether_there_was_too_much_to_do(pushes, verdict, expected):
    """Figures of the load are told; whether it is too much is claimed only where pushes waited."""
    assert expected == answer("load", of_kind("request_timeout"), *pushes, verdict=verdict)


def test_refused_replies_are_counted_by_their_reasons():
    """Three of nine were refused, and why."""
    pushes = [*many(6), *many(3, reply=QUOTED)]

    expected = {"refused": 3, "attempts": 9, "reasons": (("quoted success", 3),)}
    assert (BAD, "refused") == answer("reply", of_kind("invalid_response"), *pushes)
    assert expected == facts("reply", of_kind("invalid_response"), *pushes)


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        (many(2), (OK, "accepted")),
        (many(2, reply=Reply(7)), (UNKNOWN, "not_judged")),
        ([], (UNKNOWN, "nothing_came")),
    ],
)
def test_replies_that_are_well_or_not_judged(pushes, expected):
    """A reply is called well only where somebody judged it."""
    assert expected == answer("reply", of_kind("invalid_response"), *pushes)


def test_pushes_of_another_kind_are_no_answer():
    """Replies to messages say nothing of replies to tickets; those whose kind nobody read may be meant."""
    alarm = of_kind("invalid_response", Event="Click")

    assert (UNKNOWN, "none_of_it") == answer("reply", alarm, *many(3, reply=QUOTED))
    assert (BAD, "refused") == answer("reply", alarm, *many(3, reply=QUOTED, msg_type=None))


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        (many(2, http_status=500, status_assumed=True), (BAD, "raised")),
        (many(2, http_status=502), (BAD, "raised")),
        (many(2, http_status=404), (OK, "none_raised")),
    ],
)
def test_exceptions_are_counted(pushes, expected):
    """A 500, told or assumed, is an exception path."""
    assert expected == answer("exceptions", of_kind("invalid_response"), *pushes)


def test_who_died_is_named():
    """Attempts that ended with their process are counted by host."""
    died = many(2, state="crashed", end_estimated=True, http_status=None, reply=Reply())

    assert {"attempts": 2, "hosts": (("web-1", 2),)} == facts("processes", of_kind("request_timeout"), *died)


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ({"cURL Error": "56"}, (BAD, "curl_error")),
        ({"http code": "404"}, (BAD, "status")),
        ({"decrypt fail": None}, (BAD, "not_decrypted")),
        ({"response_length": "9", "response_content": '"success"'}, (BAD, "this_reply_because")),
        ({"response_length": "900", "response_content": "<xml>..."}, (BAD, "this_reply")),
        ({"response_length": "9"}, (UNKNOWN, "says_nothing")),
    ],
)
def test_what_wechat_says_that_it_got(sample, expected):
    """The alarm itself names an error, a status, or the reply."""
    assert expected == answer("alarm_says", of_kind("invalid_response", **sample))


@pytest.mark.parametrize(
    ("kind", "event", "content", "reason"),
    [
        ("invalid_response", None, '"success"', "quoted success"),
        ("invalid_response", "UnSubscribe", XML, "xml where none is allowed: unsubscribe"),
        ("invalid_response", "Click", XML, None),
        ("ticket_failure", "Component Ticket", XML, "not success: xml"),
        ("payment_failure", None, "success", None),
        ("invalid_response", None, "<xml><a>***", None),
        ("invalid_response", None, "<html>***", "html page"),
    ],
)
def test_the_reply_in_an_alarm_is_judged(kind, event, content, reason):
    """What is wrong with the reply that the alarm prints is told, where it is whole and the rules are known."""
    alarm = of_kind(kind, Event=event, OpenID=OPENID, response_content=content)

    assert reason == facts("alarm_says", alarm).get("reason")


def test_a_pause_is_found_for_mark_fail():
    """A minute without a push in steady traffic confirms that WeChat paused; what failed before is told."""
    seconds = [*range(100), *range(160, 290)]
    pushes = [make_arrival(0.1, 6, stamp=STAMP + second) for second in seconds]

    told = steps(of_kind("mark_fail"), *pushes)

    assert (BAD, "paused", BAD, "some_failed") == (
        told["pause"].state,
        told["pause"].answer,
        told["failures"].state,
        told["failures"].answer,
    )
    assert (("too_late", 230),) == told["failures"].facts["outcomes"]


@pytest.mark.parametrize(
    ("count", "by", "expected"),
    [
        (200, None, (OK, "no_pause")),
        (200, evidence(replace(WHOLE, gaps=(GAP,))), (UNKNOWN, "quiet_or_unrecorded")),
        (3, None, (UNKNOWN, "too_few")),
    ],
)
def test_no_pause_is_claimed_only_where_it_would_show(count, by, expected):
    """With few pushes or hosts that did not record nobody can tell."""
    assert expected == answer("pause", of_kind("mark_fail"), *many(count), by=by)


def test_tickets_that_came():
    """A ticket in the window shows that they are switched on; the reply must be the bare word."""
    ticket = {"openid": None, "msg_type": None, "info_type": "component_verify_ticket"}
    pushes = many(3, reply=Reply(9, False, "not success: quoted success"), **ticket)

    told = steps(of_kind("ticket_failure"), *pushes, *many(5))

    assert {"attempts": 3, "last_at": (STAMP + 2) * SECOND + SECOND // 10} == told["tickets"].facts
    assert (3, 3) == (told["bare_success"].facts["refused"], told["bare_success"].facts["attempts"])
    assert (OK, 3) == (told["received"].state, told["received"].facts["attempts"])


def test_tickets_of_another_platform_are_not_ours():
    """Where alarm and push both name the platform in full, tickets of another one do not show that ours come."""
    ticket = {"openid": None, "msg_type": None, "info_type": "component_verify_ticket"}
    alarm = replace(of_kind("ticket_timeout"), appid="wx0123456789abcdef")

    assert ["no_tickets", "tickets_came"] == [
        answer("tickets", alarm, make_arrival(appid=appid, **ticket))[1]
        for appid in ("wxffffffffffffffff", "wx0123456789abcdef")
    ]


def test_without_tickets_the_call_that_starts_them_is_given():
    """No ticket in half an hour: the pushing may be switched off."""
    step = steps(of_kind("ticket_timeout"))["tickets"]

    assert (UNKNOWN, True) == (step.state, "api_start_push_ticket" in (step.command or ""))


@pytest.mark.parametrize(("reply", "expected"), [(Reply(7), (UNKNOWN, "payment_rule")), (QUOTED, (BAD, "refused"))])
def test_a_payments_reply_has_a_rule_of_its_own(reply, expected):
    """Where nobody judged the reply to a payment, the rule is told."""
    push = make_arrival(transaction_id="42", msg_type=None, reply=reply)

    assert expected == answer("payment", of_kind("payment_failure", transaction_id="42"), push)
