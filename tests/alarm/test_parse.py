"""An alarm is read however it was pasted; what is no alarm is not taken for one."""

from __future__ import annotations

import pytest

from wxtrace.alarm.alarm import Alarm
from wxtrace.alarm.parse import parse
from wxtrace.errors import BadInput, NoAlarm

OPENID = "oMadeUp0123456789abcdefgh-_A"
TIMEOUT = "微信服务器向公众号推送消息或事件后，开发者5秒内没有返回"
REFUSED = "微信服务器向公众号推送消息或事件后，得到的回应不合法"
LINES = [
    "Appid: wx0123456789abcdef",
    "昵称: 某某 商城",
    "时间: 2025-04-21 18:31:15",
    f"内容: {TIMEOUT}",
    "次数: 5分钟 17880次",
    f"错误样例: [OpenID={OPENID}][Stamp=1745231475][OuterIP=][3rdUrl=https://wx.example/cb?a=1]"
    "[Event=Click Menu Url]",
    "报警排查指引，请见: https://mmbizurl.cn/s/MpkaZb8yg",
]
TEXT = "\n".join(LINES)
ALARM = Alarm(
    kind="request_timeout",
    appid="wx0123456789abcdef",
    nickname="某某 商城",
    time="2025-04-21 18:31:15",
    content=TIMEOUT,
    window_minutes=5,
    count=17880,
    sample={
        "OpenID": OPENID,
        "Stamp": "1745231475",
        "OuterIP": "",
        "3rdUrl": "https://wx.example/cb?a=1",
        "Event": "Click Menu Url",
    },
    openid=OPENID,
    stamp=1745231475,
)
SMALL = f"内容: {TIMEOUT}\n次数: 5分钟 3次"
SMALL_ALARM = Alarm("request_timeout", content=TIMEOUT, window_minutes=5, count=3)


def wide(text: str, letters: str) -> str:
    """Return *text* with the full-width forms of some letters."""
    return text.translate({ord(letter): ord(letter) + 0xFEE0 for letter in letters})


def numbered(lines: list[str], form: str) -> str:
    """Return lines with their numbers in front."""
    return "\n".join(form.format(number) + line for number, line in enumerate(lines, 1))


DAMAGED = {
    "as posted": TEXT,
    "CRLF and a BOM": "\ufeff" + TEXT.replace("\n", "\r\n"),
    "CR": TEXT.replace("\n", "\r"),
    "line separators": TEXT.replace("\n", "\u2028"),
    "line breaks lost": " ".join(LINES),
    "line breaks lost, no space left": "".join(LINES),
    "blank lines": "\n\n\n".join(LINES),
    "indented": "\n".join("    " + line for line in LINES),
    "tabs and no-break spaces": TEXT.replace(": ", ":\t").replace(" ", "\xa0").replace("某某\xa0商城", "某某 商城"),
    "quoted": "\n".join("> " + line for line in LINES),
    "quoted twice": "\n".join(">> " + line for line in LINES),
    "the first line quoted": "> " + TEXT,
    "quoted, line breaks lost": " ".join("> " + line for line in LINES),
    "line numbers": numbered(LINES, "{} "),
    "line numbers with dots": numbered(LINES, "{:>3}. "),
    "line numbers of cat -n": numbered(LINES, "{:>6}\t"),
    "line numbers of a page": "1 2 3 4 5 6 7 " + " ".join(LINES),
    "line numbers on lines of their own": "1\n2\n3\n4\n5\n6\n7\n" + TEXT,
    "line numbers, line breaks lost": " ".join(f"{number} {line}" for number, line in enumerate(LINES, 1)),
    "numbered, then quoted": "\n".join("> " + line for line in numbered(LINES, "{} ").split("\n")),
    "quoted, then numbered": numbered(["> " + line for line in LINES], "{} "),
    "no space after labels": TEXT.replace(": ", ":"),
    "full-width colons": TEXT.replace(": ", "："),
    "full-width brackets and equals": wide(TEXT, "[]="),
    "Chinese brackets": TEXT.replace("[", "【").replace("]", "】"),
    "full-width digits": wide(TEXT, "0123456789"),
    "spaces between brackets": TEXT.replace("][", "] ["),
    "lines between brackets": TEXT.replace("][", "]\n["),
    "commas between brackets": TEXT.replace("][", "]，["),
    "zero-width characters": "\u200b".join(TEXT),
    "wrapped within values": TEXT.replace("推送消息", "推送\n消息")
    .replace("mple/cb", "mple/\ncb")
    .replace("k Menu", "k\nMenu"),
    "wrapped within a name": TEXT.replace("OuterIP", "Outer\nIP"),
    "values below their labels": TEXT.replace(": ", ":\n"),
    "labels in other case": TEXT.replace("Appid", "APPID"),
    "glued to a caption": "图2" + TEXT,
    "a quotation in a chat": f"「张三：{TEXT}」\n- - - - - - - - - -\n这是什么？[捂脸]",
    "a block of code": f"```\n{TEXT}\n```",
    "chat before": "张三 10:21\n@all 又报警了，时间：刚才 [捂脸]😀\n" + TEXT,
    "a log line before": "2025-04-21 18:00:00 [INFO] appid: wxother loaded\n" + TEXT,
    "a quoted alarm after chat": "> 李四 10:20\n> 看\n" + TEXT,
    "chat after": TEXT + "\n李四 2025-04-21 18:40:00\n[10:26] 收到[OK]，内容：已回滚",
    "chat after, no guide line": "\n".join(LINES[:-1]) + "\n李四 18:40\n[图片] 谁改的[捂脸]",
    "chat on the same line": " ".join(LINES[:-1]) + " [捂脸] 李四: 谁改的",
    "chat between the lines": "\n李四 18:40\n怎么回事？[捂脸]\n".join(LINES),
    "a spoken count": TEXT.replace("5分钟 17880次", "5分钟17,880 次（或更多）"),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_alarm_says_the_same(text):
    """What chats, pages and people do to an alarm changes nothing of what it says."""
    assert (ALARM,) == parse(text)


@pytest.mark.parametrize(
    ("text", "alarm"),
    [
        (SMALL, SMALL_ALARM),
        (
            f"Appid:\n\n昵称:\n\n时间:\n\n{SMALL}",
            Alarm("request_timeout", "", "", "", TIMEOUT, 5, 3),
        ),
        (f"Appid: 昵称: 时间: {SMALL}", Alarm("request_timeout", "", "", "", TIMEOUT, 5, 3)),
        (f"内容: {REFUSED}", Alarm("invalid_response", content=REFUSED)),
        ("次数: 30分钟 9次", Alarm(window_minutes=30, count=9)),
        ("次数: 1小时 9次", Alarm(window_minutes=60, count=9)),
        ("错误样例: [IP=192.0.2.1][Msg=Text]", Alarm(sample={"IP": "192.0.2.1", "Msg": "Text"})),
        (
            f"[OpenID={OPENID}][Stamp=1745231475] 帮查一下",
            Alarm(sample={"OpenID": OPENID, "Stamp": "1745231475"}, openid=OPENID, stamp=1745231475),
        ),
        ("> 内容： 推送“支付完成事件”给开发者后得到的回应不合法\n> 错误样例：……", None),
        (f"{SMALL}\n错误样例:\n", Alarm("request_timeout", content=TIMEOUT, window_minutes=5, count=3, sample={})),
        (
            "Appid: wx1\n时间: 2025-04-21 18:31:15\n内容: 一种新的报警",
            Alarm(appid="wx1", time="2025-04-21 18:31:15", content="一种新的报警"),
        ),
        (f"内容：\n{TIMEOUT[:26]}\n{TIMEOUT[26:]}\n谁？", Alarm("request_timeout", content=TIMEOUT)),
    ],
)
def test_a_part_of_an_alarm_is_read(text, alarm):
    """Labels that are missing are None, those that stand blank are empty; any line that tells will do."""
    payment = Alarm("payment_failure", content="推送“支付完成事件”给开发者后得到的回应不合法", sample={})

    assert (alarm or payment,) == parse(text)


@pytest.mark.parametrize("between", ["\n", "\n\n", " ", "", "\n张三 10:25\n又来一个[捂脸]\n", "\n2\n"])
def test_several_alarms_come_back_in_their_order(between):
    """A new alarm begins where a label of the head comes again."""
    texts = [TEXT, SMALL, "\n".join(LINES[:-1]), SMALL + "\n错误样例: [Event=Click]", TEXT]
    clicked = Alarm("request_timeout", content=TIMEOUT, window_minutes=5, count=3, sample={"Event": "Click"})

    assert (ALARM, SMALL_ALARM, ALARM, clicked, ALARM) == parse(between.join(texts))


@pytest.mark.parametrize(
    ("line", "damaged", "unread", "changes"),
    [
        (2, "时间: 2025-04-** **:**:**", "the time", {"time": "2025-04-** **:**:**"}),
        (2, "时间: 2025-04-21 18:3", "the time", {"time": "2025-04-21 18:3"}),
        (4, "次数: 5分钟 **次", "the count", {"count": None}),
        (4, "次数: **", "the count", {"window_minutes": None, "count": None}),
        (4, f"次数: 5分钟 {'9' * 5000}次", "the count", {"count": None}),
        (5, "错误样例: 见截图", "the sample", {"sample": {}, "openid": None, "stamp": None}),
        (
            5,
            "错误样例: [Event=Click][第三方平",
            "the last bracket",
            {"sample": {"Event": "Click"}, "openid": None, "stamp": None},
        ),
        (
            5,
            "错误样例: [Stamp=17452*****]",
            "the stamp",
            {"sample": {"Stamp": "17452*****"}, "openid": None, "stamp": None},
        ),
        (
            5,
            "错误样例: [Event=Click][Stamp=174523",
            "the end of Stamp",
            {"sample": {"Event": "Click", "Stamp": "174523"}, "openid": None, "stamp": None},
        ),
        (
            5,
            f"错误样例: [OpenID={OPENID[:9]}",
            "the end of OpenID",
            {"sample": {"OpenID": OPENID[:9]}, "openid": None, "stamp": None},
        ),
        (
            5,
            "错误样例: [Event=Click][Event=View]",
            "Event, which stands twice",
            {"sample": {"Event": "Click"}, "openid": None, "stamp": None},
        ),
    ],
)
def test_what_cannot_be_read_is_said(line, damaged, unread, changes):
    """A value that is cut off or masked is told as such, and the rest is read; nothing is made up."""
    values = {name: getattr(ALARM, name) for name in ALARM.__slots__}

    assert (Alarm(**values | changes | {"unread": (unread,)}),) == parse(
        "\n".join([*LINES[:line], damaged, *LINES[line + 1 :]])
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "hello",
        "会议通知 时间：2024-12-06 13:41 内容：周会，次数不限",
        "appid: wx0123456789abcdef",
        "Appid: 昵称: 时间: 内容: 次数: 错误样例: 报警排查指引",
        "appid：公众号appid\n昵称: 公众号昵称\n时间：首次异常\n内容：错误的描述\n次数：失败的次数\n错误样例：",
        "[OK][捂脸] [Event=Click] [10:26]",
        "错误样例: [a=1][b=2]",
        "错误样例: [[[[[[",
        '{"appid": "wx1", "内容": "x", "次数": 3}',
        "\ud800\udfff",
    ],
)
def test_what_is_no_alarm_is_refused(text):
    """Chat, code and the guide's own words are no alarm; the message says what was expected."""
    with pytest.raises(NoAlarm, match="lines that begin with Appid, 时间, 内容, 次数, 错误样例") as raised:
        parse(text)

    assert (True, 2) == (isinstance(raised.value, BadInput), raised.value.exit_code)


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "]",
        "错误样例:",
        "Appid:",
        "[OpenID=",
        "7",
        "\n",
        "> ",
        "1 ",
        "错误样例: [a=[",
        "时间: 2024-",
        "...",
        "</a>]",
    ],
)
def test_a_heap_of_one_piece_is_no_alarm(piece):
    """However often a piece of an alarm is repeated, it is read through and refused, or read as the piece says."""
    text = piece * 20_000

    assert sum(1 for alarm in read(text) if alarm.kind != "unknown") == 0


def read(text: str) -> tuple[Alarm, ...]:
    """Return the alarms of a text, or none."""
    try:
        return parse(text)
    except NoAlarm:
        return ()
