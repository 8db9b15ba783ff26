"""The page: what it says, how large it is, that it is sound and reaches for nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from answers import answer, deferred_push, evidence, slow_attempt, slow_push
from page_read import known, page, parsed, said
from snapshots import hanging, snapshot
from strategies import BASE_NS, OPENID, SECOND, STAMP, make_log, make_span

from wxtrace.alarm.parse import parse
from wxtrace.explain.step import BAD, OK, Step
from wxtrace.show.mask import masked, masked_openid
from wxtrace.show.style import Style
from wxtrace.show.text import render as text_of
from wxtrace.show.words import Words
from wxtrace.survey.window import Came, Window

ALARM = """Appid: wx0123456789abcdef
昵称: 面馆
时间: 2025-04-21 18:31:15
内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回
次数: 5分钟 3次
错误样例: [OpenID=oABC][Stamp=1745231475][OuterIP=203.0.113.7][Event=Click Menu Url]"""


def alarmed():
    """Return the answer to an alarm, with two of the guide's checks."""
    steps = (
        Step("in_time", BAD, "too_slow_none_answered", {"attempts": 3, "late": 3}),
        Step("dns", OK, "no_pause", {"pause_ns": 9}, "dig example.invalid"),
    )
    return replace(slow_push(), alarm=parse(ALARM)[0], steps=steps)


def stuck():
    """Return the answer to a push that hangs in a query, with its snapshots."""
    return answer(hanging(), [snapshot(10, 3.5), snapshot(11, 4.5, load_1m=2.5)])


def absent():
    """Return the answer to a push that is not there, though everybody was recording."""
    return answer(reason="never_arrived")


def raised():
    """Return the answer to a push whose handler failed."""
    stack = 'Traceback (most recent call last):\n  File "/app/menus.py", line 8, in parse_menu\n    x\nKeyError: 1'
    told = {"exception.type": "KeyError", "exception.message": "1", "exception.stacktrace": stack}
    failed = make_span(0, start_ns=BASE_NS, attributes={"http.response.status_code": 500, "error.type": "KeyError"})
    return answer([failed], [make_log(9, 0, event="failed", severity="error", attributes=told)])


ANSWERS = [slow_push, deferred_push, alarmed, stuck, absent, raised]


def squeezed(text):
    """Return a text without blanks, brackets and the marks that stand between its pieces."""
    return re.sub(r"[\s:：()（）\[\]·…◆]+", "", text)


def sentences(lookup, language):
    """Yield what the text answer says, piece by piece, without the sum of parts and what is drawn."""
    for line in text_of(lookup, Style(Words(language), 160, full=True)).splitlines():
        if not re.search(r" = \(|^ {2,6}\S+ [\d.]+ \(|critical path|关键路径", line):
            pieces = re.split(r" · |(?<=\S) {3,}|[│┄▏▎▍▌▋▊▉█░▒▓✓✗›]+", line.strip())
            yield from filter(None, map(squeezed, pieces))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("make", ANSWERS)
def test_whatever_the_text_says_the_page_says(monkeypatch, make, language):
    """Who was sent the page reads in it all that stands in a terminal, in either language."""
    monkeypatch.setenv("WXTRACE_LANG", language)
    lookup = make()
    told = squeezed(said(parsed(page(lookup, language))))

    assert [] == [sentence for sentence in sentences(lookup, language) if sentence not in told]


@pytest.mark.parametrize("make", ANSWERS)
def test_a_page_says_its_language_and_that_times_are_chinas(make):
    """A browser reads it out in the right language, and nobody takes its times for local ones."""
    tree = parsed(page(make(), "zh"))

    assert ("zh-CN", True) == (tree.get("lang"), "时间均为 UTC+8，与报警一致。" in said(tree))


def test_what_matters_most_stands_first():
    """The verdict, the alarm, what WeChat got, the attempts, the checks, the evidence, how it was found."""
    sections = [one.get("class").split()[0] for one in parsed(page(alarmed())).iter("section")]

    assert ["verdict", "alarm", "got", "attempts", "steps", "evidence", "found"] == sections


def test_the_alarm_stands_as_it_was_posted():
    """Whoever has the alarm at hand sees that it is the same one."""
    posted = parsed(page(alarmed())).find(".//blockquote")

    assert ALARM.splitlines() == ["".join(line.itertext()) for line in posted]


def test_the_shares_fill_the_bar():
    """The parts lie side by side, in the colours of their layers, and leave nothing out."""
    stack = parsed(page(slow_push())).find(".//svg[@class='stack']")
    parts = [(one.get("class"), float(one.get("x")[:-1]), float(one.get("width")[:-1])) for one in stack]

    assert ["access", "access", "logic", "storage"] == [layer for layer, _, _ in parts]
    assert [0, *(x + width for _, x, width in parts)] == pytest.approx([*(x for _, x, _ in parts), 100], abs=0.01)


def test_the_legend_says_what_the_layers_are():
    """A layer keeps its name, which the code has too; who reads Chinese learns beside it what it is."""
    names = ["access 接入", "logic 业务", "storage 存储", "remote 外部", "wait 等待"]
    for language, expected in {"zh": names, "en": [name.split()[0] for name in names]}.items():
        legend = parsed(page(slow_push(), language)).find(".//ul[@class='legend']")

        assert expected == ["".join(item.itertext()) for item in legend][:5]


def test_the_told_attempt_is_open_and_the_others_are_folded():
    """One sees at once what the verdict is about."""
    attempts = parsed(page(slow_push())).findall(".//details[@class='attempt']")

    assert ["open", None, None] == [one.get("open") for one in attempts]


def test_the_lookup_can_be_made_again():
    """The page ends with the command, the store, when it was made and by which version."""
    tree = parsed(page(slow_push(), stores=("wxtrace-data", "s3://bucket/a b")))
    told = said(tree)

    assert f"wxtrace find --openid {OPENID} --stamp {STAMP} --store wxtrace-data --store 's3://bucket/a b'" in told
    assert "2025-04-21 18:32:15 (UTC+8), by wxtrace " in told


def test_the_key_of_a_bucket_is_not_handed_on():
    """A store's URL may hold who may read it: neither the command nor the list of stores tells."""
    told = said(parsed(page(slow_push(), stores=("s3://AKID:se/cret@bucket/prefix",))))

    assert (False, 2) == ("se/cret" in told or "AKID" in told, told.count("s3://bucket/prefix"))


def test_a_masked_page_says_so_and_shows_where_the_openid_goes():
    """A masked openid finds nothing: its place in the command is seen, and that it has to be filled in."""
    told = said(parsed(page(masked(slow_push()), masked=True)))

    assert "Openids are masked: only both ends are shown." in told
    assert f"wxtrace find --openid '{masked_openid(OPENID)}' --stamp {STAMP} The openid is masked here: " in told


def test_what_an_alarm_found_is_found_again_by_the_alarm():
    """The command is the one that was given; a masked page says that it takes the alarm as it was posted."""
    plain, handed_on = (said(parsed(page(alarmed(), masked=masks))) for masks in (False, True))

    assert "againwxtrace find --alarm alarm.txtmade" in plain
    assert "againwxtrace find --alarm alarm.txt alarm.txt is the alarm as it was posted, with " in handed_on


def test_a_page_of_500_spans_stays_small():
    """With attributes as instrumentations tell them it is at most 300 KB, and can be sent by mail."""
    html = page(answer(many(500)))

    assert (500, True) == (
        sum(row[0] == 0 for row in known(html)["charts"][0]["rows"]),
        len(html.encode()) <= 300_000,
    )


def many(count):
    """Return an attempt with so many different spans in it, each with the attributes of a query."""
    spans = slow_attempt()[:2]
    for number in range(2, count):
        text = f"SELECT id, name, score FROM table_{number} WHERE openid = ? AND kind = ? ORDER BY score LIMIT 10"
        told = {
            "db.query.text": text,
            "db.system.name": "mysql",
            "db.namespace": "shop",
            "server.address": "10.0.0.7",
            "server.port": 3306,
            "db.response.returned_rows": number,
        }
        place = {"layer": "storage", "module": f"mysql.{number % 9}", "name": f"SELECT table_{number}"}
        times = {
            "start_ns": BASE_NS + SECOND // 5 + number * 10**7,
            "end_ns": BASE_NS + SECOND // 4 + number * 10**7,
        }
        spans.append(make_span(number, 1, trace_id=f"{1:032x}", attributes=told, **place, **times))
    return spans


@pytest.mark.parametrize("make", ANSWERS)
def test_only_the_pages_own_style_and_script_are_let_in(make):
    """The policy allows nothing but what has these two hashes; what would slip in does nothing."""
    html = page(make())
    style, script = (re.search(f"<{name}>(.*?)</{name}>", html, re.DOTALL)[1] for name in ("style", "script"))
    hashes = ["sha256-" + b64encode(sha256(part.encode()).digest()).decode() for part in (style, script)]
    policy = "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'"

    assert policy.format(*hashes) == parsed(html).find(".//meta[@http-equiv]").get("content")


def test_the_style_and_the_script_reach_for_nothing():
    """Neither names an address, and the script makes text of text alone."""
    html = page(slow_push())
    style, script = (re.search(f"<{name}>(.*?)</{name}>", html, re.DOTALL)[1] for name in ("style", "script"))
    reaching = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|import|fetch|XMLHttp|WebSocket|src\b"
    )

    assert ({"url(#hatch)"}, []) == (set(re.findall(r"url\([^)]*\)|@import", style)), re.findall(reaching, script))
    assert ["http://www.w3.org/2000/svg"] == re.findall(r"\w+://[^'\" ]*", style + script)


def test_each_alarm_has_a_case_of_its_own():
    """A paste of several alarms is one page; what names no push is told, and a window stands with its own alarm."""
    other = replace(deferred_push(), openid="oOther")
    lookup = replace(alarmed(), others=(other,), unanswered=(parse(ALARM)[0],))
    nothing = Came(0, 0, 0, 0, 0, 0)
    window = Window(BASE_NS, BASE_NS + 300 * SECOND, None, None, (), nothing, (0, 0), 0, evidence())
    tree = parsed(page(lookup, windows=(window,)))

    cases = tree.findall(".//article")
    windows = [one.get("id") for one in cases if one.find("section[@class='window']") is not None]
    assert (["case-0", "case-1"], ["case-0"]) == ([one.get("id") for one in cases], windows)
    assert (1, 1) == (len(tree.findall(".//h1")), len(tree.findall(".//main")))
    assert "Not looked up, as it names neither a push nor a time: " in said(tree)
