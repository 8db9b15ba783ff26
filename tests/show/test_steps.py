"""Next steps: the guide's checks and their answers, in words."""

from __future__ import annotations

import string

import pytest
from strategies import SECOND, STAMP

from wxtrace.explain.step import BAD, OK, UNKNOWN, Step
from wxtrace.explain.steps import CHECKS as BY_KIND
from wxtrace.show import steps
from wxtrace.show.answers import ANSWERS, CHECKS, CURL, UNKNOWN_CURL
from wxtrace.show.style import Style
from wxtrace.show.words import ZH, Words

RECEIVED = Step(
    "received",
    OK,
    "received",
    {"kind": "Click", "attempts": 312, "failed": 0, "p50_ns": 20_000_000, "p99_ns": 40_000_000},
)
DIG = Step("dns", UNKNOWN, "store_cannot_know", {}, "dig @182.254.116.116 wx.example.com")


def test_each_check_is_a_line_with_its_answer_and_what_to_type():
    """A mark, what is asked, the answer; and the command below it, whole, however wide the terminal is."""
    told = [*steps.lines([RECEIVED, DIG], Style(columns=100))]

    assert [
        "Next steps, as WeChat's guide has them",
        "  ✓ Did that kind of push come in? Yes, Click: 312 attempts in the window, 0 of these failed; of",
        "    those that were answered half in 0.020 s, 99% in 0.040 s.",
        "  ? Does the name resolve? The store cannot know.",
        "      dig @182.254.116.116 wx.example.com",
    ] == told


def test_chinese():
    """The same in Chinese."""
    told = [*steps.lines([RECEIVED], Style(Words("zh"), columns=160))]

    expected = (
        "  ✓ 收到过这类推送吗？ 收到过 Click：期间 312 次请求，其中 0 次失败；"
        "按时回复的：中位数 0.020 秒，P99 0.040 秒。"
    )
    assert ["后续检查（依微信排查指引）", expected] == told


def test_nothing_to_check_is_nothing_to_show():
    """Without an alarm there is no heading either."""
    assert [] == [*steps.lines([], Style())]


def test_json_has_fixed_words_and_english():
    """A check is told by its word, its state, the English answer and its facts, and the command if there is one."""
    assert [
        {
            "check": "received",
            "state": "ok",
            "answer": (
                "Yes, Click: 312 attempts in the window, 0 of these failed; of those that were answered half in "
                "0.020 s, 99% in 0.040 s."
            ),
            "facts": {
                "kind": "Click",
                "attempts": 312,
                "failed": 0,
                "p50_ns": 20_000_000,
                "p99_ns": 40_000_000,
            },
        },
        {
            "check": "dns",
            "state": "unknown",
            "answer": "The store cannot know.",
            "facts": {},
            "command": "dig @182.254.116.116 wx.example.com",
        },
    ] == steps.document([RECEIVED, DIG])


def test_reasons_moments_and_lists_are_put_into_words():
    """Reasons are told as everywhere else; an end on the same day has no date."""
    refused = Step("reply", BAD, "refused", {"refused": 3, "attempts": 312, "reasons": (("quoted success", 3),)})
    gap = {"host": "web-2", "from_at": STAMP * SECOND, "to_at": (STAMP + 60) * SECOND, "count": 1}

    assert "不符合：312 次回复中 3 次不合规范：success 带了引号 3 次。" == steps.answer(refused, Words("zh"))
    assert (
        "No: web-2 has no records between 2025-04-21 18:31:15 and 18:32:15. "
        "Hosts that missed a part of that time: 1."
    ) == steps.answer(Step("recording", BAD, "not_recorded", gap), Words())


@pytest.mark.parametrize(
    ("number", "meaning"), [(56, "the connection broke while WeChat read the reply"), (99, "see curl's list")]
)
def test_what_an_error_of_curl_means(number, meaning):
    """Error numbers that alarms show are explained; of others it is said where to look."""
    step = Step("alarm_says", BAD, "curl_error", {"number": number})

    assert f"No whole reply: cURL error {number} ({meaning})." == steps.answer(step, Words())


def test_what_an_alarm_says_is_harmless():
    """A reply in an alarm cannot move the cursor, and is cut."""
    step = Step("alarm_says", BAD, "this_reply", {"length": 900, "content": "\x1b[2J" + "x" * 900})

    told = steps.answer(step, Words())

    assert (True, True) == ("\\x1b[2Jxxx" in told, len(told) < 200)


def test_every_text_is_there_in_both_languages():
    """Each check that is asked has a question; each question and answer has its Chinese."""
    texts = {*CHECKS.values(), *ANSWERS.values(), *CURL.values(), UNKNOWN_CURL}
    asked = {check.__name__ for checks in BY_KIND.values() for check in checks}

    assert set() == texts - set(ZH)
    assert asked == set(CHECKS)


def test_no_place_of_an_answer_is_called_text():
    """A place of that name would be taken for the text itself."""
    names = {name for text in ANSWERS.values() for _, name, _, _ in string.Formatter().parse(text)}

    assert "text" not in names
