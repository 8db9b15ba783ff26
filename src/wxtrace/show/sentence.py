"""
A verdict in one line, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wxtrace.explain import verdict as case
from wxtrace.explain.verdict import Verdict
from wxtrace.show import jobs
from wxtrace.show.seen import sentences
from wxtrace.show.terminal import clean, cut
from wxtrace.show.words import Words

REASONS: Final = frozenset(
    (
        "not success",
        "html page",
        "quoted success",
        "success with white space",
        "xml",
        "json",
        "text",
        "empty",
        "malformed json",
        "malformed xml",
        "xml with a DOCTYPE",
        "xml where none is allowed",
        "too long",
        "Content too long",
        "empty Content",
        "push echoed back",
        "wrong addressee",
        "CreateTime is no number",
        "CreateTime in milliseconds",
        "not encrypted",
        "not decryptable",
        "no connection",
        "connection broken off",
        "encrypted, so that the fault does not show",
        "Encrypt is no base64",
        "Encrypt is not whole blocks of 16 bytes",
        "MsgSignature is not 40 hex digits",
        "TimeStamp is no number",
        "TimeStamp in milliseconds",
        "not return_code SUCCESS",
        "not code SUCCESS",
        "bare success",
    )
)
"""Reasons for which there is a text in every language, without their detail."""

_LONGER: Final = {
    "text": "a text that is neither success nor empty",
    "json": "JSON without the elements of a reply",
}
"""What is wrong, where the reason by itself only names the kind of the reply."""

_TOLD_TO_END: Final = ("SystemExit", "KeyboardInterrupt", "CancelledError")
_DETAIL_COLUMNS = 100


def sentence(verdict: Verdict, words: Words) -> str:
    """Return the verdict as one line, harmless to a terminal."""
    told = [_SENTENCES[verdict.case](verdict, words), *sentences(verdict.facts.seen, words)]
    told += jobs.sentences(verdict.facts.jobs, words)
    if verdict.facts.busy and verdict.case in (case.NEVER_ARRIVED, case.CANNOT_KNOW):
        text = "Then {count} slow requests were under way ({host}): a push may wait in the socket behind them."
        told.append(words(text, count=verdict.facts.busy, host=clean(verdict.facts.host)))
    if verdict.facts.never_connected:
        told.append(words("The alarm itself is about an attempt that did not connect: that one never got here."))
    return (" " if words.language == "en" else "").join(told)


def reason_text(reason: str, words: Words) -> str:
    """Return why WeChat refuses a reply; what is not known by heart is told as it was recorded."""
    if reason in _LONGER:
        return words(_LONGER[reason])
    head, colon, detail = reason.partition(": ")
    known = [words(piece) if piece in REASONS else clean(piece) for piece in (head, detail)]
    return known[0] + (words(": {detail}", detail=known[1]) if colon else "")


def part_name(what: str, words: Words) -> str:
    """Return how a part of a verdict is called; a module's own name as it is."""
    return words(what) if what in (case.UNRECORDED,) else clean(what)


def _common(verdict: Verdict, words: Words) -> dict[str, object]:
    facts = verdict.facts
    detail = cut(clean(facts.detail or ""), _DETAIL_COLUMNS)
    percent = 100 * facts.share_ns / facts.duration_ns if facts.duration_ns else 0
    return {
        "who": words("The request")
        if facts.attempts <= 1
        else words("Attempt {attempt} of {attempts}", attempt=facts.attempt, attempts=facts.attempts),
        "attempts": facts.attempts,
        "duration": words.seconds(facts.duration_ns),
        "share": words.seconds(facts.share_ns),
        "percent": f"{percent:.0f}%",
        "host": clean(facts.host),
        "pid": facts.pid,
        "place": _place(verdict, words),
        "detail": words(": {detail}", detail=detail) if detail else "",
    }


def _place(verdict: Verdict, words: Words) -> str:
    if not verdict.module and not verdict.layer:
        return words("unknown place")
    place = " ".join(dict.fromkeys(clean(name) for name in (verdict.layer, verdict.module) if name))
    behind = verdict.facts.behind
    return words("{place} of {service}", place=place, service=clean(behind)) if behind else place


def _absent(text: str) -> Callable[[Verdict, Words], str]:
    return lambda verdict, words: words(text)


def _unrecorded(verdict: Verdict, words: Words) -> str:
    if verdict.facts.behind is not None:
        text = (
            "Only a request to a service behind was recorded here ({service}), not the push itself: "
            "give the store of the service in front too (--store)."
        )
        return words(text, service=clean(verdict.facts.behind))
    return words("Work with this tag was recorded, but not the request itself: its access span is missing.")


def _slow(verdict: Verdict, words: Words) -> str:
    text = "{who} took {duration}; {share} of it ({percent}) in {place}{detail}."
    return words(text, **_common(verdict, words))


def _waited(verdict: Verdict, words: Words) -> str:
    text = "{who} took {duration}; {share} of it was waiting between access and logic."
    if verdict.module:
        text = "{who} took {duration}; {share} of it was waiting between access and logic, in {place}{detail}."
    return words(text, **_common(verdict, words))


def _late(verdict: Verdict, words: Words) -> str:
    text = (
        "{who} came {delay} after the stamp and was answered in {duration}: "
        "the time went before the access layer (network or a queue), or earlier attempts did not get here."
    )
    late = words(text, delay=words.seconds(verdict.facts.delay_ns or 0), **_common(verdict, words))
    ahead_ns = verdict.facts.clock_ahead_ns
    if ahead_ns is None or verdict.confidence != "low":
        return late
    return late + words(" Or the host's clock is ahead: by {ahead} at most.", ahead=words.seconds(ahead_ns))


def _refused(verdict: Verdict, words: Words) -> str:
    text = "{who} was answered in {duration}, but WeChat refuses the reply: {reason}."
    if verdict.facts.by_alarm:
        text = "{who} was answered well in {duration} by our record, but WeChat says of the reply: {reason}."
    return words(text, reason=_reason(verdict, words), **_common(verdict, words))


def _reason(verdict: Verdict, words: Words) -> str:
    facts = verdict.facts
    detail = cut(reason_text(facts.detail or "", words), _DETAIL_COLUMNS)
    status = words("HTTP status {status}", status=facts.http_status)
    if facts.status_assumed and facts.detail in _TOLD_TO_END:
        text = "none went out, its process was told to end meanwhile ({error}: gunicorn's --timeout, or a stop)"
        return words(text, error=detail)
    if facts.status_assumed:
        return words("an exception before the reply ({error})", error=detail or status)
    if facts.http_status in (None, 200):
        return detail
    return f"{status}, {detail}" if detail and str(facts.http_status) not in detail else status


def _crashed(verdict: Verdict, words: Words) -> str:
    text = (
        "{who} ended with its process ({host}, pid {pid}), which died {duration} in or later, "
        "while in {place}{detail}."
    )
    return words(text, **_common(verdict, words))


def _open(verdict: Verdict, words: Words) -> str:
    text = "{who} is not finished: {duration} so far, now in {place}{detail}."
    return words(text, **_common(verdict, words))


def _no_reply(verdict: Verdict, words: Words) -> str:
    return words("{who} ended after {duration}, and no reply of it is recorded.", **_common(verdict, words))


def _replied(verdict: Verdict, words: Words) -> str:
    if verdict.facts.other_reply and not verdict.facts.entrance:
        return _other_reply(verdict, words)
    if verdict.facts.is_retry and not verdict.facts.entrance:
        retry = (
            "{who} came {delay} after the stamp, was answered in {duration}, and WeChat sent no other: "
            "it took this one. What failed came before it, and is not recorded here."
        )
        return words(retry, delay=words.seconds(verdict.facts.delay_ns or 0), **_common(verdict, words))
    if verdict.facts.entrance:
        elsewhere = (
            "{who} was answered well here, in {duration}; that of the alarm went to another entrance: {entrance}."
        )
        entrance = cut(clean(verdict.facts.entrance), _DETAIL_COLUMNS)
        return words(elsewhere, entrance=entrance, **_common(verdict, words))
    return _answered(verdict, words)


def _answered(verdict: Verdict, words: Words) -> str:
    one = "Answered well in {duration}."
    many = "All {attempts} attempts were answered well, the first in {duration}."
    if verdict.facts.alarmed:
        one = "Answered well in {duration}: the alarm is for another attempt or another entrance."
        many = (
            "All {attempts} attempts were answered well, the first in {duration}: the alarm is for another attempt "
            "or another entrance."
        )
    return words(one if verdict.facts.attempts <= 1 else many, **_common(verdict, words))


def _other_reply(verdict: Verdict, words: Words) -> str:
    other = "{who} was answered well in {duration}; the reply that the alarm shows is another one."
    reason, (sent, got) = verdict.facts.detail, verdict.facts.reply_bytes or (0, 0)
    facts = _common(verdict, words) | {"sent": sent, "got": got}
    if sent == got or not reason:
        return words(other, **facts)
    changed = (
        "{who} was answered well in {duration}, with {sent} bytes, and WeChat got {got} bytes: {reason}. "
        "Another reply, or something on its way changed it."
    )
    return words(changed, **facts, reason=cut(reason_text(reason, words), _DETAIL_COLUMNS))


_SENTENCES: Final[dict[str, Callable[[Verdict, Words], str]]] = {
    case.NEVER_ARRIVED: _absent(
        "The push never reached these hosts: their recorders ran then, and nothing came in. "
        "Look at DNS, firewall, connect."
    ),
    case.CANNOT_KNOW: _absent(
        "Nothing was found, and it cannot be known whether the push arrived: "
        "not every host is known to have recorded all that time without a loss."
    ),
    case.UNRECORDED: _unrecorded,
    case.ARRIVED_LATE: _late,
    case.WAITED: _waited,
    case.SLOW_MODULE: _slow,
    case.REFUSED_REPLY: _refused,
    case.NO_REPLY: _no_reply,
    case.CRASHED: _crashed,
    case.OPEN: _open,
    case.REPLIED: _replied,
}
