"""Find by alarm: the pasted text to the push that it means, on a store on disk."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import journal_maker
import pytest
from journal_maker import STAMP

from wxtrace.cli import main
from wxtrace.errors import BadInput
from wxtrace.lookup.lookup import find
from wxtrace.seal.seal import seal

SECOND = 10**9
OPENID = "oA"
TEXT = {"wechat.msg_type": "text"}
CLICK = {"wechat.msg_type": "event", "wechat.event": "CLICK"}
TICKET = {"wechat.info_type": "component_verify_ticket"}
WELL = {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True}
QUOTED = {
    "http.response.status_code": 200,
    "wechat.reply.length": 9,
    "wechat.reply.acceptable": False,
    "wechat.reply.reason": "quoted success",
}
REQUEST_TIMEOUT = "微信服务器向公众号推送消息或事件后，开发者5秒内没有返回"
INVALID_RESPONSE = "微信服务器向公众号推送消息或事件后，得到的回应不合法"
TICKET_FAILURE = "微信服务器向公众号服务开发者推送component_verify_ticket时，得到的回应不合法（应返回success）"
PAYMENT_TIMEOUT = "推送“支付完成事件”给开发者后，开发者5秒内没有返回"


NAMED = f"[OpenID={OPENID}][Stamp={STAMP}]"


def alarm(content: str = REQUEST_TIMEOUT, sample: str = NAMED, at: int = STAMP) -> str:
    """Return an alarm as WeChat posts it."""
    when = datetime.fromtimestamp(at, UTC).astimezone(timezone(timedelta(hours=8)))
    head = f"Appid: wx0123456789abcdef\n昵称: 示例\n时间: {when:%Y-%m-%d %H:%M:%S}\n内容: {content}\n"
    return f"{head}次数: 5分钟 31次\n错误样例: {sample}\n报警排查指引，请见: https://mmbizurl.cn/s/MpkaZb8yg\n"


class Pushes:
    """Makes the records of attempts, each in a trace of its own."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def attempt(
        self, took: float, after: float = 0.1, told: dict[str, object] | None = None, **changes: object
    ) -> list[bytes]:
        """Return the records of an attempt that came *after* seconds after its stamp, and took so long."""
        seq = next(self._numbers) * 10
        stamp = changes.get("stamp", STAMP) or STAMP
        start_ns = int(stamp) * SECOND + round(after * SECOND)
        same = {"trace": seq, "start_ns": start_ns, "duration_ns": round(took * SECOND), **changes}
        access = {"layer": "access", "module": "asgi", "name": "POST /wechat", "span_kind": "SERVER"}
        return [
            journal_maker.span(seq, attributes=WELL | TEXT | (told or {}), **access, **same),
            journal_maker.span(seq + 1, parent=seq, **same),
        ]


def store_of(folder: Path, *attempts: list[bytes]) -> Path:
    """Return a store whose journal holds these attempts."""
    journal_maker.make_writer(folder / "journal", [record for attempt in attempts for record in attempt])
    return folder


@pytest.fixture(params=["journal", "sealed"])
def settled(request):
    """Return a function that leaves a store as it is, or seals it: what is found must be the same."""

    def settle(store: Path) -> Path:
        if request.param == "sealed":
            seal(str(store))
        return store

    return settle


def test_the_alarm_finds_its_push_among_others(tmp_path, settled):
    """Openid and stamp of the pasted text bring back all attempts of that push, and of no other."""
    make = Pushes()
    store = settled(
        store_of(tmp_path, make.attempt(5.6), make.attempt(0.2, after=5.1), make.attempt(6, openid="oB", nonce="b"))
    )

    found = find(alarm="群里刚发的：\n" + alarm(), store=store)

    assert (OPENID, STAMP, 2, "exact") == (found.openid, found.stamp, len(found.attempts), found.matches[0].sure)
    assert ("slow_module", "reply.menu") == (found.verdict.case, found.verdict.module)
    assert (2, (1,)) == (found.chains[0].answered, found.chains[0].late)


def test_a_push_found_by_moment_and_event_is_not_called_certain(tmp_path, settled):
    """An alarm of 2014 has no openid: the failed push of its moment is likely, and the confidence says so."""
    make = Pushes()
    store = settled(
        store_of(
            tmp_path,
            make.attempt(0.1, openid="oB", nonce="b", told=CLICK),
            make.attempt(5.4, openid="oC", nonce="c", told=CLICK),
            make.attempt(7.0, openid="oD", nonce="d", stamp=STAMP + 90, told=CLICK),
        )
    )

    found = find(alarm=alarm(sample="[IP=203.205.140.29][Event=Click]"), store=store)

    assert [("oC", "likely"), ("oD", "possible")] == [(one.openid, one.sure) for one in found.matches]
    assert ("oC", STAMP, "slow_module", "medium") == (
        found.openid,
        found.stamp,
        found.verdict.case,
        found.verdict.confidence,
    )


def test_of_two_pushes_in_one_second_the_alarms_event_decides(tmp_path, settled):
    """The verdict is that of the push which the alarm names; the other one is still shown, after it."""
    make = Pushes()
    store = settled(
        store_of(
            tmp_path,
            make.attempt(0.1, nonce="n1", told={"wechat.msg_type": "event", "wechat.event": "LOCATION"}),
            make.attempt(5.4, nonce="n2", told=CLICK),
        )
    )

    found = find(alarm=alarm(sample=f"[OpenID={OPENID}][Stamp={STAMP}][Event=Click]"), store=store)

    assert ["n2", "n1"] == [one.rebuilt.nonce for one in found.attempts]
    assert [0, 1] == [one.rebuilt.push for one in found.attempts]
    assert "slow_module" == found.verdict.case


def test_a_stamp_that_is_off_by_a_second_is_found_and_said(tmp_path, settled):
    """CreateTime and timestamp may differ by a second: found, but with low confidence."""
    store = settled(store_of(tmp_path, Pushes().attempt(5.6)))

    found = find(alarm=alarm(sample=f"[OpenID={OPENID}][Stamp={STAMP - 1}]"), store=store)

    assert (STAMP, "near", "low") == (found.stamp, found.matches[0].sure, found.verdict.confidence)


def test_a_ticket_alarm_without_a_sample_finds_the_ticket(tmp_path, settled):
    """It names no push at all; the refused ticket of its window is found by its trace."""
    make = Pushes()
    ticket = make.attempt(0.1, openid="", nonce="t", told=QUOTED | TICKET)
    store = settled(store_of(tmp_path, ticket, make.attempt(6, openid="oB", nonce="b")))
    text = alarm(TICKET_FAILURE).split("错误样例")[0]

    found = find(alarm=text, store=store)

    assert (None, STAMP, "refused_reply") == (found.openid, found.stamp, found.verdict.case)
    assert ["POST /wechat", "reply"] == [span.name for span in found.attempts[0].rebuilt.spans]


def test_a_payment_is_found_by_its_transaction(tmp_path, settled):
    """A payment's notice has neither openid nor stamp; its trace is found by the transaction."""
    make = Pushes()
    paid = make.attempt(
        5.8, openid="", nonce="", stamp=None, told={"wechat.transaction_id": "4200000001", "wechat.msg_type": None}
    )
    store = settled(store_of(tmp_path, paid, make.attempt(6, openid="oB", nonce="b")))

    found = find(alarm=alarm(PAYMENT_TIMEOUT, "[transaction_id=4200000001]"), store=store)

    assert (None, None, 1, "slow_module") == (
        found.openid,
        found.stamp,
        len(found.attempts),
        found.verdict.case,
    )


def test_absence_says_what_else_came(tmp_path):
    """Nothing has the alarm's tag: what came in its window, before and after, is told."""
    make = Pushes()
    others = [make.attempt(0.1, openid=f"o{number}", stamp=STAMP + number * 20) for number in range(-3, 4)]

    text = alarm(sample=f"[OpenID=oNobody][Stamp={STAMP + 10}]")
    found = find(alarm=text, store=store_of(tmp_path, *others))

    assert not found.found
    assert (4, STAMP * SECOND + SECOND // 10, (STAMP + 20) * SECOND + SECOND // 10) == (
        found.around.pushes,
        found.around.before_ns,
        found.around.after_ns,
    )


def test_a_push_answered_well_whose_alarm_names_another_entrance(tmp_path):
    """The retry got here; the attempt of the alarm went elsewhere, and the verdict says where."""
    store = store_of(
        tmp_path, Pushes().attempt(0.2, told={"url.path": "/wechat", "server.address": "wx.example.com"})
    )
    sample = NAMED + "[3rdUrl=http://old.example.com/wechat]"

    found = find(alarm=alarm(sample=sample), store=store)

    assert ("replied", "Host old.example.com") == (found.verdict.case, found.verdict.facts.entrance)
    assert "old.example.com" in found.verdict.text


def test_a_push_answered_well_is_told_of_the_alarm_that_was_posted(tmp_path, monkeypatch):
    """The alarm must be for something else; who asks without one is told nothing of any."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    store = store_of(tmp_path, Pushes().attempt(0.1))

    told = [
        find(alarm=alarm(), store=store).verdict.text,
        find(openid=OPENID, stamp=STAMP, store=store).verdict.text,
    ]

    assert ["Answered well in 0.10 s: the alarm is for another attempt or another entrance."] == told[:1]
    assert ["Answered well in 0.10 s."] == told[1:]


def test_a_push_that_may_wait_behind_slow_requests_is_not_just_absent(tmp_path):
    """While one request holds the loop, others wait in the socket: that is said where nothing was found."""
    make = Pushes()
    store = store_of(tmp_path, make.attempt(9, openid="oB", nonce="b"), make.attempt(0.1, openid="oC", after=20))

    found = find(alarm=alarm(sample=f"[OpenID=oNobody][Stamp={STAMP + 3}]"), store=store)

    assert (False, 1, "web1") == (found.found, found.verdict.facts.busy, found.verdict.facts.host)
    assert str(found.verdict.facts.busy) in found.verdict.text


def test_several_alarms_of_one_paste_are_all_looked_up(tmp_path):
    """The first one is the answer, the others follow it."""
    make = Pushes()
    store = store_of(tmp_path, make.attempt(5.6), make.attempt(0.1, openid="oB", nonce="b", told=QUOTED))
    second = alarm(INVALID_RESPONSE, f'[OpenID=oB][Stamp={STAMP}][response_length=9][response_content="success"]')

    found = find(alarm=alarm() + "\n" + second, store=store)

    assert ["slow_module", "refused_reply"] == [one.verdict.case for one in (found, *found.others)]


def test_an_alarm_that_names_nothing_leaves_the_others_their_answers(tmp_path, capsys, monkeypatch):
    """A chat line that quotes an alarm's words is an alarm without a push or a time; the whole one is looked up."""
    monkeypatch.setenv("WXTRACE_LANG", "en")
    store = store_of(tmp_path, Pushes().attempt(5.6))
    file = tmp_path / "alarm.txt"
    file.write_text(f"内容: {INVALID_RESPONSE} 又来了\n" + alarm(), "utf-8")

    found = find(alarm=file.read_text("utf-8"), store=store)

    assert ("slow_module", 1) == (found.verdict.case, len(found.unanswered))
    assert 0 == main(["find", "--alarm", str(file), "--store", str(store)])
    assert "Not looked up" in capsys.readouterr().out


def test_an_alarm_that_was_forwarded_twice_is_looked_up_once(tmp_path):
    """The same text again says nothing new."""
    assert () == find(alarm=alarm() + "\n" + alarm(), store=store_of(tmp_path, Pushes().attempt(5.6))).others


def test_bytes_are_read_in_their_encoding(tmp_path):
    """A file that was opened as bytes works in Python as it does on the command line."""
    store = store_of(tmp_path, Pushes().attempt(5.6))

    assert OPENID == find(alarm=alarm().encode("gb18030"), store=store).openid


def test_what_is_no_text_is_refused(tmp_path):
    """With a message that says what is wanted."""
    with pytest.raises(BadInput, match="or its bytes"):
        find(alarm=123, store=tmp_path)


def test_an_alarm_of_connecting_is_not_about_what_got_here(tmp_path):
    """The attempts that were recorded are others; the verdict says so."""
    content = "微信服务器连接公众号开发者服务器时发生超时，超时时间为5秒"
    found = find(alarm=alarm(content), store=store_of(tmp_path, Pushes().attempt(5.6)))

    assert ("slow_module", True) == (found.verdict.case, found.verdict.facts.never_connected)


def test_a_push_that_did_not_fail_is_no_answer_where_nothing_else_names_it(tmp_path):
    """With a hidden openid, pushes that were answered well are candidates, and none of them is the answer."""
    make = Pushes()
    store = store_of(tmp_path, make.attempt(0.1), make.attempt(0.1, openid="oB", nonce="b"))

    found = find(alarm=alarm(sample=f"[OpenID=o*******][Stamp={STAMP}]"), store=store)

    assert (False, (), "cannot_know") == (found.found, found.attempts, found.verdict.case)
    assert {"possible"} == {match.sure for match in found.matches}


def test_an_alarm_and_an_openid_are_one_too_many(tmp_path):
    """The alarm says whom and when: what else is given would contradict it."""
    with pytest.raises(BadInput, match="leave openid and stamp out"):
        find(alarm=alarm(), openid="oA", store=tmp_path)


def test_an_alarm_that_names_neither_push_nor_time_is_refused(tmp_path):
    """There is nothing to look for; what to do is said."""
    with pytest.raises(BadInput, match="paste the whole alarm"):
        find(alarm=f"内容: {REQUEST_TIMEOUT}\n次数: 5分钟 3次", store=store_of(tmp_path, Pushes().attempt(1)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_command_line_reads_the_alarm_from_a_file(tmp_path, capsys, encoding):
    """In any encoding in which an editor on a Chinese machine saves it."""
    file = tmp_path / "alarm.txt"
    file.write_bytes(alarm().encode(encoding))
    store = store_of(tmp_path / "store", Pushes().attempt(5.6))

    code = main(["find", "--alarm", str(file), "--store", str(store), "--json"])
    told = json.loads(capsys.readouterr().out)

    assert (0, OPENID, STAMP, "slow_module") == (code, told["openid"], told["stamp"], told["verdict"]["case"])
    assert ("request_timeout", 31, ["exact"]) == (
        told["alarm"]["kind"],
        told["alarm"]["count"],
        [match["sure"] for match in told["matches"]],
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--alarm", "nowhere.txt"], "nowhere.txt"),
        (["--alarm", "-", "--openid", "oA"], "leave --openid, --stamp and --time out"),
        (["--alarm", "-", "--stamp", "5"], "leave --openid, --stamp and --time out"),
    ],
)
def test_bad_usage_is_refused_with_what_to_do(tmp_path, monkeypatch, capsys, arguments, said):
    """Exit 2, a message, nothing looked up."""
    monkeypatch.setenv("WXTRACE_LANG", "en")

    assert 2 == main(["find", *arguments, "--store", str(tmp_path)])
    assert said in capsys.readouterr().err
