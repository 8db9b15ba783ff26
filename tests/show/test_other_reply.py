"""The verdict where the alarm shows another reply than was recorded."""

from __future__ import annotations

from wxtrace.explain.verdict import REPLIED, Facts, Verdict
from wxtrace.show.sentence import sentence
from wxtrace.show.words import Words


def told(language: str, **facts: object) -> str:
    """Return the sentence of an attempt that was answered well."""
    known = Facts(duration_ns=10**8, other_reply=True, **facts)  # type: ignore[arg-type]
    return sentence(Verdict(REPLIED, None, None, "high", (), known), Words(language))


def test_both_lengths_and_the_fault_are_told():
    """Seven bytes were sent and WeChat got eight: white space was added on the way."""
    facts = {"detail": "success with white space", "reply_bytes": (7, 8)}

    assert (
        "The request was answered well in 0.10 s, with 7 bytes, and WeChat got 8 bytes: success with white space. "
        "Another reply, or something on its way changed it.",
        "该请求在 0.10 秒内已正常回复，共 7 字节，而微信得到 8 字节：success 前后有空白。"
        "那是另一个回复，或在途中被改过。",
    ) == (told("en", **facts), told("zh", **facts))


def test_without_a_fault_it_is_told_that_it_is_another():
    """Where nothing shows what is wrong with it, it is another one, and no more is claimed."""
    expected = "The request was answered well in 0.10 s; the reply that the alarm shows is another one."

    assert [expected] * 2 == [told("en"), told("en", reply_bytes=(7, 900))]
