"""Match: which push an alarm means, and how sure that is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arrivals import make_alarm, make_arrival
from hypothesis import given
from hypothesis import strategies as st
from strategies import OPENID, STAMP

from wxtrace.explain.match import EXACT, LIKELY, NEAR, POSSIBLE, matches_of
from wxtrace.rebuild.attempt import Reply
from wxtrace.survey.count import is_meant

TAG = {"OpenID": OPENID, "Stamp": str(STAMP)}
OTHER = "oOTHER"
REFUSED = Reply(9, False, "quoted success")


def told(matches):
    """Return whom each match names, and how sure it is."""
    return [(match.openid, match.stamp, match.nonce, match.sure) for match in matches]


def fits(match):
    """Return what was compared, and whether it fits."""
    return {point.what: point.fits for point in match.points}


def test_the_alarms_own_tag_is_exact():
    """Openid and stamp name the push, whatever else came in that second."""
    arrivals = [make_arrival(openid=OTHER, trace_id="cd" * 16), make_arrival(took=5.6)]

    assert [(OPENID, STAMP, "n1", EXACT)] == told(matches_of(make_alarm(**TAG), arrivals))


def test_all_attempts_of_a_push_are_one_match():
    """A retry has the same openid, stamp and nonce; each attempt is counted, and each failure."""
    arrivals = [
        make_arrival(took=5.6),
        make_arrival(after=5.1, took=5.5, trace_id="cd" * 16, number=2),
        make_arrival(after=10.1, trace_id="ef" * 16, number=3),
    ]

    [match] = matches_of(make_alarm(**TAG), arrivals)

    assert (3, 2, ("ab" * 16, "cd" * 16, "ef" * 16)) == (match.attempts, match.failed, match.trace_ids)


def test_a_stamp_that_is_a_second_off_is_near():
    """The same openid some seconds off is shown, and is never called exact."""
    alarm = make_alarm(**TAG | {"Stamp": str(STAMP - 1)})

    assert [(OPENID, STAMP, "n1", NEAR)] == told(matches_of(alarm, [make_arrival(took=6)]))


def test_beyond_the_tolerance_nothing_is_near():
    """What is further off than was allowed is no match."""
    alarm = replace(make_alarm(**TAG | {"Stamp": str(STAMP - 31)}), time=None)

    assert () == matches_of(alarm, [make_arrival(took=6)])
    assert 1 == len(matches_of(alarm, [make_arrival(took=6)], tolerance=31))


def test_the_nearest_stamp_goes_first():
    """Of two pushes of one user the one nearer to the alarm's stamp is the likelier."""
    alarm = make_alarm(**TAG)
    arrivals = [make_arrival(stamp=STAMP + 9, nonce="far"), make_arrival(stamp=STAMP - 1, nonce="near")]

    assert ["near", "far"] == [match.nonce for match in matches_of(alarm, arrivals)]


def test_two_pushes_of_one_second_are_told_apart_by_their_event():
    """One openid may send a location and a click in the same second; the alarm's event decides, both are kept."""
    arrivals = [
        make_arrival(nonce="n1", msg_type="event", event="LOCATION"),
        make_arrival(nonce="n2", msg_type="event", event="CLICK", trace_id="cd" * 16),
    ]

    assert [(OPENID, STAMP, "n2", EXACT), (OPENID, STAMP, "n1", POSSIBLE)] == told(
        matches_of(make_alarm(**TAG, Event="Click"), arrivals)
    )


def test_without_an_openid_the_failed_push_of_that_moment_is_likely():
    """The shapes of 2014 name an event and a moment: 时间 is that of the first failure."""
    arrivals = [
        make_arrival(openid="oA", nonce="a", msg_type="event", event="unsubscribe", took=0.1),
        make_arrival(openid="oB", nonce="b", msg_type="event", event="unsubscribe", took=5.2),
        make_arrival(openid="oC", nonce="c", stamp=STAMP + 60, msg_type="event", event="unsubscribe", took=7),
        make_arrival(openid="oD", nonce="d", msg_type="event", event="CLICK", took=7),
    ]

    assert [("oB", STAMP, "b", LIKELY), ("oC", STAMP + 60, "c", POSSIBLE)] == told(
        matches_of(make_alarm(Event="UnSubscribe"), arrivals)
    )


def test_where_two_fit_alike_neither_is_likely():
    """Nothing is picked in silence: of two that fit the same, both are only possible."""
    arrivals = [make_arrival(openid=openid, nonce=openid, took=6) for openid in ("oA", "oB")]

    assert {POSSIBLE} == {match.sure for match in matches_of(make_alarm(Msg="Text"), arrivals)}


def test_a_failure_of_another_sort_is_less_likely():
    """An alarm of a refused reply means the push whose reply was refused, not the slow one."""
    slow = make_arrival(openid="oA", nonce="a", took=6)
    refused = make_arrival(openid="oB", nonce="b", http_status=201, reply=REFUSED)

    found = matches_of(make_alarm("invalid_response", Msg="Text"), [slow, refused])

    assert [("b", LIKELY), ("a", POSSIBLE)] == [(match.nonce, match.sure) for match in found]


def test_a_masked_openid_is_known_by_its_beginning():
    """People hide the end of an openid; what is left, and the stamp, still find the push."""
    alarm = make_alarm(OpenID="oHJlq61O****************", Stamp=str(STAMP))
    arrivals = [
        make_arrival(openid="oHJlq61Oabcdefgh", nonce="a", took=6),
        make_arrival(openid="oXXXX61Oabcdefgh", nonce="b", took=6),
    ]

    assert [("oHJlq61Oabcdefgh", STAMP, "a", LIKELY)] == told(matches_of(alarm, arrivals))


def test_a_component_push_is_found_without_its_openid():
    """Its request carries none, although its alarm does: stamp and InfoType find it."""
    alarm = make_alarm("invalid_response", **TAG, Event="Component Ticket")
    ticket = make_arrival(openid=None, msg_type=None, info_type="component_verify_ticket", reply=REFUSED)
    other = make_arrival(openid=None, nonce="n2", msg_type=None, info_type="unauthorized", reply=REFUSED)

    assert [(None, STAMP, "n1", LIKELY)] == told(matches_of(alarm, [ticket, other]))


@pytest.mark.parametrize("kind", ["ticket_timeout", "ticket_failure"])
def test_a_ticket_alarm_means_tickets_only(kind):
    """It has no sample at all: of its window only pushes of tickets are meant."""
    ticket = make_arrival(
        openid=None, msg_type=None, info_type="component_verify_ticket", took=6, reply=Reply(), http_status=None
    )

    assert 1 == len(matches_of(replace(make_alarm(kind), sample=None), [ticket, make_arrival(took=6)]))


def test_a_payment_is_found_by_its_transaction():
    """Its push has neither openid nor stamp; the transaction names it, be it answered well or not."""
    alarm = make_alarm("payment_timeout", transaction_id="4200001")
    paid = make_arrival(openid=None, nonce=None, msg_type=None, transaction_id="4200001")
    other = make_arrival(openid=None, nonce=None, msg_type=None, transaction_id="4200002")

    [match] = matches_of(alarm, [replace(paid, stamp=None), replace(other, stamp=None)])

    assert (None, None, EXACT) == (match.openid, match.stamp, match.sure)


@pytest.mark.parametrize("kind", ["dns_failure", "dns_timeout", "connect_timeout"])
def test_what_never_got_here_is_no_push_that_did(kind):
    """Without a tag, no push that failed here can be one that did not connect."""
    assert () == matches_of(make_alarm(kind, Msg="Text"), [make_arrival(took=6)])


def test_what_differs_is_kept_with_the_match():
    """OuterIP, IP and 3rdUrl are compared with the attempt that fits them best."""
    alarm = make_alarm(**TAG, OuterIP="81.69.103.1", thirdUrl="https://a.example.com/other", IP="101.200.9.9")
    arrivals = [
        make_arrival(client="81.69.103.2", server="101.200.1.7", took=6),
        make_arrival(after=5.1, client="81.69.103.1", server="101.200.1.7", number=2),
    ]

    [match] = matches_of(alarm, arrivals)

    assert {
        "OpenID": True,
        "Stamp": True,
        "内容": True,
        "OuterIP": True,
        "IP": False,
        "3rdUrl": False,
        "Host": None,
    } == fits(match)


MASKED = {"OpenID": "o*****", "Stamp": str(STAMP)}
CLICK = {"msg_type": "event", "event": "CLICK"}
APPID, ELSE = "wx0123456789abcdef", "wxffffffffffffffff"


def test_a_masked_openid_goes_by_event_and_failure_before_the_stamp():
    """Some seconds off, but of the event and failed as the alarm says, is likelier than its second alone."""
    arrivals = [
        make_arrival(nonce="well", **CLICK),
        make_arrival(nonce="other", msg_type="event", event="subscribe", took=6, trace_id="cd" * 16),
        make_arrival(nonce="failed", stamp=STAMP + 4, took=6, trace_id="ef" * 16, **CLICK),
    ]

    found = matches_of(make_alarm(**MASKED, Event="Click"), arrivals)

    assert [("failed", POSSIBLE, True), ("well", POSSIBLE, False)] == [
        (match.nonce, match.sure, match.fits_outcome) for match in found
    ]


@pytest.mark.parametrize("sample", [MASKED, {"Stamp": str(STAMP)}], ids=["masked", "missing"])
def test_another_event_is_no_candidate_where_nobody_is_named(sample):
    """Its second alone does not make a push of another event one that may be meant."""
    arrivals = [make_arrival(took=6, msg_type="event", event="subscribe")]

    assert () == matches_of(make_alarm(**sample, Event="Click"), arrivals)


def test_what_was_answered_well_is_never_the_answer_of_a_masked_alarm():
    """Alone in its second or not, a push that did not fail is no more than possible."""
    [match] = matches_of(make_alarm(**MASKED, Event="Click"), [make_arrival(**CLICK)])

    assert (POSSIBLE, False) == (match.sure, match.fits_outcome)


def test_the_alarms_own_tag_holds_whatever_became_of_it():
    """Openid and stamp name the push, though it was answered well here: then another attempt failed."""
    [match] = matches_of(make_alarm(**TAG), [make_arrival()])

    assert (EXACT, False) == (match.sure, match.fits_outcome)


def test_a_late_attempt_that_another_followed_failed_as_a_timeout():
    """It was answered at once, but too late after its stamp; alone it would be a retry that WeChat took."""
    late = make_arrival(6, openid="oA", nonce="a")
    followed = [late, replace(late, number=2, start_ns=late.start_ns + 10**9, trace_id="cd" * 16)]

    assert [True, False] == [matches_of(make_alarm(**MASKED), some)[0].fits_outcome for some in (followed, [late])]


@pytest.mark.parametrize(
    ("said", "recorded", "expected"),
    [(APPID, APPID, True), (APPID, ELSE, "left out"), (APPID, None, None), ("wx01****", ELSE, None)],
)
def test_another_account_is_no_candidate(said, recorded, expected):
    """Where alarm and push both name theirs in full, another account contradicts."""
    alarm = replace(make_alarm("ticket_timeout"), sample=None, appid=said)
    ticket = make_arrival(openid=None, msg_type=None, info_type="component_verify_ticket", took=6, appid=recorded)

    found = matches_of(alarm, [ticket])

    assert ([] if expected == "left out" else [expected]) == [fits(match)["Appid"] for match in found]


@pytest.mark.parametrize(
    "other",
    [
        {"openid": None, "msg_type": None, "info_type": "component_verify_ticket"},
        {"openid": None, "msg_type": None, "info_type": "unauthorized"},
        {"openid": None, "msg_type": None, "stamp": None, "nonce": None, "transaction_id": "42"},
    ],
    ids=["ticket", "notice", "payment"],
)
def test_an_ordinary_alarm_means_no_push_of_another_sort(other):
    """Tickets, notices and payments have alarms of their own: for find as for the window."""
    alarm, arrival = make_alarm(), make_arrival(took=6, **other)

    assert ((), False) == (matches_of(alarm, [arrival]), is_meant(arrival, alarm))


@pytest.mark.parametrize("kind", ["mark_fail", "unknown"])
def test_an_alarm_that_is_about_no_single_push_has_no_likely_one(kind):
    """MarkFail tells of many failures: its 时间 names none. Where nothing says the kind, one may be meant."""
    [match] = matches_of(replace(make_alarm(kind), sample=None), [make_arrival(took=6)])

    assert (POSSIBLE if kind == "mark_fail" else LIKELY) == match.sure


def test_a_mistyped_stamp_does_not_hide_what_openid_and_moment_name():
    """Of an alarm whose Stamp is a day off its 时间, the user's push of that moment is near, and both are told."""
    alarm = make_alarm(**TAG | {"Stamp": str(STAMP - 86_400)})

    [match] = matches_of(alarm, [make_arrival(took=6), make_arrival(took=6, openid=OTHER)])

    assert (NEAR, False, True) == (match.sure, fits(match)["Stamp"], fits(match)["时间"])


def test_an_openid_without_a_stamp_is_likely_by_the_moment():
    """Where the Stamp could not be read, openid and 时间 say which push it is."""
    assert [LIKELY] == [match.sure for match in matches_of(make_alarm(OpenID=OPENID), [make_arrival(took=6)])]


@given(st.permutations(range(6)))
def test_the_order_of_arrivals_does_not_matter(order):
    """However the store hands them out, the ranking is the same."""
    arrivals = [
        make_arrival(openid=f"o{number}", nonce=str(number), took=4 + number, stamp=STAMP + number % 3)
        for number in range(6)
    ]
    alarm = make_alarm(Msg="Text")

    assert matches_of(alarm, arrivals) == matches_of(alarm, [arrivals[place] for place in order])
