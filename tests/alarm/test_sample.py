"""The brackets of 错误样例, and the reply that one of them may hold."""

from __future__ import annotations

import pytest

from wxtrace.alarm.parse import parse

GUIDE = "\n报警排查指引，请见: https://mmbizurl.cn/s/MpkaZb8yg"
CHAT = "\n李四 18:40\n@all 谁改的[捂脸]"
NEXT = "\nAppid: wx0123456789abcdef\n内容: 微信服务器向公众号推送消息或事件后，得到的回应不合法"
NEXT_ON_THE_LINE = " 时间: 2025-04-21 18:31:15 内容: 微信服务器向公众号推送消息或事件后，得到的回应不合法"

REPLIES = {
    "a word": "success",
    "quotes": '"success"',
    "nothing": "",
    "lines": "Error 500:\n  at line 1\n\n  at line 2",
    "XML": "<xml>\n  <ToUserName><![CDATA[o1]]></ToUserName>\n</xml>",
    "XML with a head": '<?xml version="1.0"?>\n<xml><a>[1]</a></xml>',
    "CDATA that is not closed": "<xml><a><![CDATA[text]></a>\n<b><![CDATA[x]]</b></xml>",
    "CDATA that is not opened": "<xml><a>text]]></a></xml>",
    "an empty CDATA": "<xml><a><![CDATA]></a></xml>",
    "JSON": '{"errcode": 0, "list": [1, [2, 3]], "text": "a]b"}',
    "JSON over lines": '[\n  {"a": [\n    1\n  ]\n}\n]',
    "brackets": "[OK] [[x]]",
    "labels": "<xml><Content>预约成功\n时间: 2025-04-22 10:00:00\n内容: 理发\n次数: 3</Content></xml>",
    "another sample": "x][IP=192.0.2.1",
    "an openid": "<p>[OpenID=o1][Stamp=1]</p>",
    "Chinese brackets": "您好【某某】请稍后】",
}
AFTER = {
    "nothing": "",
    "the guide's line": GUIDE,
    "the guide's line, line breaks lost": GUIDE.replace("\n", " "),
    "chat": CHAT,
    "another alarm": NEXT,
    "another alarm, line breaks lost": NEXT_ON_THE_LINE,
}


def first_sample(brackets: str) -> dict[str, str | None]:
    """Return what the sample of the first alarm says."""
    sample = parse(f"错误样例: [Event=Click]{brackets}")[0].sample
    return dict(sample or {})


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("platform", [False, True])
def test_a_reply_is_whole(reply, after, platform):
    """A reply keeps its lines, brackets and labels, whatever follows it; its length tells its end."""
    length = str(len(reply.encode()))
    brackets = f"[response_length={length}][response_content={reply}]"
    more = {"第三方平台": "某平台"} if platform else {}

    expected = {"Event": "Click", "response_length": length, "response_content": reply} | more
    assert expected == first_sample(brackets + ("[第三方平台:某平台]" if platform else "") + after)


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
def test_a_bracket_that_line_breaks_have_moved_to_the_end_is_none(after):
    """Where a page has doubled the lines, a bracket of the reply's own may stand where the length says it ends."""
    reply = '{\n  "known": [\n    []\n  ]\n}'
    doubled = reply.replace("\n", "\n\n")
    assert doubled.encode()[len(reply)] == ord("]")

    expected = {"Event": "Click", "response_length": str(len(reply)), "response_content": doubled}
    assert expected == first_sample(f"[response_length={len(reply)}][response_content={doubled}]{after}")


TELLING = sorted(REPLIES.keys() - {"another sample", "CDATA that is not opened"})


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
@pytest.mark.parametrize("name", TELLING)
def test_a_reply_is_whole_without_its_length(name, after):
    """Where no length is said, or a page has changed it, the reply's own brackets and tags tell its end."""
    assert {"Event": "Click", "response_content": REPLIES[name]} == first_sample(
        f"[response_content={REPLIES[name]}]{after}"
    )


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_ends_where_the_guide_begins(name):
    """Whatever a reply holds, the last bracket before the guide's line ends it."""
    assert {"Event": "Click", "resp": REPLIES[name]} == first_sample(f"[resp={REPLIES[name]}]{GUIDE}")


@pytest.mark.parametrize("after", ["", GUIDE, CHAT, NEXT])
def test_a_reply_that_was_cut_ends_with_its_dots(after):
    """WeChat cuts long replies and leaves no bracket."""
    reply = "<!DOCTYPE html>\n\n<html>\n<script>var a = [1, 2]\n</script><title>te..."

    assert {"Event": "Click", "response_length": "3365", "response_content": reply} == first_sample(
        f"[response_length=3365][response_content={reply}{after}"
    )


def test_a_reply_that_was_cut_keeps_its_platform():
    """The platform's bracket is peeled off the end of a reply without one of its own."""
    assert {"Event": "Click", "response_content": "<a>te...", "第三方平台": None} == first_sample(
        f"[response_content=<a>te...[第三方平台]{GUIDE}"
    )


def test_a_reply_whose_end_is_lost_is_said_to_be_so():
    """Where neither a bracket nor dots end a reply, it reaches to the guide's line, and that is told."""
    (alarm,) = parse(f"错误样例: [response_content=<xml>***{GUIDE}")

    assert ({"response_content": "<xml>***"}, ("the end of response_content",)) == (alarm.sample, alarm.unread)


@pytest.mark.parametrize(
    ("brackets", "expected"),
    [
        ("[3rdUrl=http://www**** [IP=***]", {"3rdUrl": "http://www****", "IP": "***"}),
        ("[OpenID=o123**** [Stamp=1** [Msg=Text]", {"OpenID": "o123****", "Stamp": "1**", "Msg": "Text"}),
        ("[3rdUrl=http://a/?x[]=1&y[0]=2][IP=1]", {"3rdUrl": "http://a/?x[]=1&y[0]=2", "IP": "1"}),
        ("[3rdUrl=http://a/?b=c:d][ip=]", {"3rdUrl": "http://a/?b=c:d", "ip": ""}),
        ("[3rdUrl=/a?s=1×tamp=2&openid=o1]", {"3rdUrl": "/a?s=1×tamp=2&openid=o1"}),
        ("[3rdUrl10=http://a/][http code=404]", {"3rdUrl10": "http://a/", "http code": "404"}),
        ("[decrypt fail][resp][第三方平台]", {"decrypt fail": None, "resp": None, "第三方平台": None}),
        ("[第三方平台：某【甲】平台]", {"第三方平台": "某【甲】平台"}),
        ("[Retry Count=3][新字段:值]", {"Retry Count": "3", "新字段": "值"}),
        ("[ Msg = Text ]", {"Msg": "Text"}),
        ("[Msg=Text][10:26][捂脸]", {"Msg": "Text"}),
        ("[Msg=Text]\n[捂脸][Event=x]", {"Msg": "Text"}),
        ("[Msg=Text] [捂脸]", {"Msg": "Text"}),
        ("[Msg=Text][something new]", {"Msg": "Text", "something new": None}),
        ("[http\ncode=404][cURL\nError=7]", {"http code": "404", "cURL Error": "7"}),
        ("[Stamp=1745\n231475]", {"Stamp": "1745231475"}),
    ],
)
def test_brackets_are_read(brackets, expected):
    """Names and values come back as they were published, also where a mask has eaten a bracket."""
    assert {"Event": "Click"} | expected == first_sample(brackets)
