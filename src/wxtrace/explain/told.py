"""
What an alarm itself says of the reply, against what was recorded. Pure.

WeChat may have got another reply than the one that the app gave: a proxy in
front, a key that does not fit, a connection that broke. The record cannot show
that; the alarm can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain import verdict as case
from wxtrace.explain.events import ORDINARY, own_event, sorts_of
from wxtrace.explain.kinds import PAYMENTS, REFUSALS
from wxtrace.explain.verdict import Verdict
from wxtrace.rebuild.attempt import Attempt
from wxtrace.reply import PAY_VERSION, judge

ENCRYPTED: Final = "encrypted, so that the fault does not show"
"""WeChat refuses the very reply that was recorded, which keeps the rules on the outside."""

_CIPHERTEXT: Final = "<Encrypt>"
_SUCCESS: Final = b"success"
_NOTHING_KNOWN: Final[Mapping[str, Any]] = MappingProxyType({})
_MASK: Final = "***"
_NO_CONNECTION: Final = frozenset((5, 6, 7, 35, 60))
"""libcurl's errors before a request is sent: a name or host that cannot be reached, a TLS handshake that fails."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    What an alarm says of the reply to an attempt.

    `reason` is what is wrong with it, by the rules of `wxtrace.reply`; None if
    the alarm does not say, or shows nothing wrong. `matches_recorded` is
    whether it is the reply that was recorded; None if they cannot be compared.
    `hides_fault` is whether WeChat refuses a reply that is encrypted, so that the fault is not to be seen.
    `reply_bytes` is how long the reply was that was sent, and the one that WeChat got; None where one is not known.
    """

    reason: str | None
    http_status: int | None
    curl_error: int | None
    decrypt_failed: bool
    matches_recorded: bool | None
    hides_fault: bool = False
    reply_bytes: tuple[int, int] | None = None


def told_of(alarm: Alarm, attempt: Attempt) -> Told:
    """Return what the alarm says of the reply, taken as that to the attempt."""
    return Told(
        _reason(alarm, attempt),
        alarm.http_status,
        alarm.curl_error,
        bool(alarm.decrypt_failed),
        _matches(alarm, attempt),
        alarm.kind in REFUSALS and _CIPHERTEXT in (alarm.reply_content or ""),
        _lengths(alarm, attempt),
    )


def with_told(verdict: Verdict, told: Told) -> Verdict:
    """
    Return the verdict of an attempt with what the alarm says of its reply.

    Only an attempt that was answered well by our record is judged anew: as
    refused if the alarm names a fault, unless the fault is that of another reply.
    """
    if verdict.case != case.REPLIED:
        return verdict
    if told.matches_recorded is False:
        other = replace(verdict.facts, other_reply=True, detail=told.reason, reply_bytes=told.reply_bytes)
        return replace(verdict, facts=other)
    reason = told.reason or (ENCRYPTED if told.hides_fault and told.matches_recorded else None)
    if reason is None:
        return verdict
    facts = replace(verdict.facts, detail=reason, by_alarm=True)
    if told.http_status is not None:
        facts = replace(facts, http_status=told.http_status, status_assumed=False)
    return replace(verdict, case=case.REFUSED_REPLY, confidence="medium", facts=facts)


def _reason(alarm: Alarm, attempt: Attempt) -> str | None:
    if alarm.decrypt_failed:
        return "not decryptable"
    if alarm.curl_error is not None:
        before = alarm.curl_error in _NO_CONNECTION
        return f"{'no connection' if before else 'connection broken off'}: cURL error {alarm.curl_error}"
    if alarm.http_status not in (None, 200):
        return f"HTTP status {alarm.http_status}"
    return content_reason(alarm, _facts(attempt), attempt.openid)


def content_reason(
    alarm: Alarm, facts: Mapping[str, Any] = _NOTHING_KNOWN, openid: str | None = None
) -> str | None:
    """
    Return what is wrong with the reply that the alarm prints; of a part of one, only what a part can show.

    Args:
        alarm: What was posted.
        facts: What is known of the push, by the names of the access span's attributes; beside what the alarm says.
        openid: The user of the push, where the alarm does not name one in full.
    """
    if not alarm.reply_content or (alarm.kind in PAYMENTS and PAY_VERSION not in facts):
        return None
    body, length = alarm.reply_content.encode("utf-8", "replace"), length_of(alarm)
    if body == _SUCCESS and length > len(body):
        body += b" "  # a paste keeps no white space at the ends, but the length has counted it
    user = openid if alarm.openid is None or alarm.is_openid_masked else alarm.openid
    reason = judge(200, body, length, {**_push(alarm), **facts}, user).reason
    whole = not _is_partial(alarm) or reason.endswith("html page")
    return reason or None if whole else None


def length_of(alarm: Alarm) -> int:
    """Return how many bytes the reply had that WeChat got: as it says, else as many as are shown."""
    if alarm.reply_length is not None:
        return alarm.reply_length
    return len((alarm.reply_content or "").encode("utf-8", "replace"))


def _push(alarm: Alarm) -> dict[str, str]:
    """Return what the alarm tells of its push, as spans have it."""
    if ORDINARY not in (sorts_of(alarm) or (ORDINARY,)):
        return {} if alarm.kind in PAYMENTS or alarm.transaction_id is not None else {"wechat.info_type": ""}
    return {} if alarm.event is None else {"wechat.msg_type": "event", "wechat.event": own_event(alarm.event)}


def _facts(attempt: Attempt) -> dict[str, Any]:
    top = attempt.nodes[0].span
    return {} if top is None else top.attributes


def _lengths(alarm: Alarm, attempt: Attempt) -> tuple[int, int] | None:
    sent, got = attempt.reply.length, alarm.reply_length
    return None if sent is None or got is None else (sent, got)


def _is_partial(alarm: Alarm) -> bool:
    """Say whether the alarm shows only a part of the reply: WeChat cuts long ones, people mask them."""
    content = alarm.reply_content or ""
    return _MASK in content or (
        content.endswith("...") and len(content.encode("utf-8", "replace")) < length_of(alarm) + len("...")
    )


def _matches(alarm: Alarm, attempt: Attempt) -> bool | None:
    """Say whether the alarm's reply is the recorded one; None where nothing can be compared."""
    compared = list(_comparisons(alarm, attempt))
    return all(compared) if compared else None


def _comparisons(alarm: Alarm, attempt: Attempt) -> Iterator[bool]:
    if alarm.curl_error in _NO_CONNECTION:
        yield False
    if alarm.reply_length is not None and attempt.reply.length is not None:
        yield alarm.reply_length == attempt.reply.length
    if alarm.http_status is not None and alarm.http_status == attempt.http_status:
        yield True  # another status proves nothing: a proxy in front may have put it in place of the app's
    recorded = _facts(attempt).get("wechat.reply.text")
    if isinstance(recorded, str) and alarm.reply_content and _MASK not in alarm.reply_content:
        one, other = "".join(recorded.split()), "".join(alarm.reply_content.removesuffix("...").split())
        yield one.startswith(other) or other.startswith(one)
