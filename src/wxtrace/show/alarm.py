"""
What an alarm says: as JSON, and in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from wxtrace.alarm import alarm as kinds
from wxtrace.alarm.alarm import Alarm
from wxtrace.show.terminal import clean, cut
from wxtrace.show.times import moment, until
from wxtrace.show.words import Words

KINDS: Final = {
    kinds.DNS_FAILURE: "DNS failure: the domain could not be resolved",
    kinds.DNS_TIMEOUT: "DNS timeout",
    kinds.CONNECT_TIMEOUT: "connect timeout: no connection within 5 s",
    kinds.REQUEST_TIMEOUT: "request timeout: no reply within 5 s",
    kinds.INVALID_RESPONSE: "invalid response: WeChat does not take the reply",
    kinds.MARK_FAIL: "MarkFail: WeChat sends nothing for a minute, after many failures",
    kinds.TICKET_TIMEOUT: "component_verify_ticket: no reply within 5 s",
    kinds.TICKET_FAILURE: "component_verify_ticket: the reply is not success",
    kinds.COMPONENT_TIMEOUT: "third-party platform: no reply within 5 s",
    kinds.COMPONENT_FAILURE: "third-party platform: the reply is not success",
    kinds.PAYMENT_TIMEOUT: "payment notification: no reply within 5 s",
    kinds.PAYMENT_FAILURE: "payment notification: the reply is not accepted",
    kinds.UNKNOWN: "an alarm whose 内容 is missing or says something new",
}
_FIELDS: Final = ("appid", "nickname", "time", "content", "window_minutes", "count", "sample", "openid", "stamp")
_UNREAD: Final = (
    "the time",
    "the count",
    "the stamp",
    "the sample",
    "the last bracket",
    "the end of {name}",
    "{name}, which stands twice",
)
_COLUMNS: Final = 100


def document(alarm: Alarm) -> dict[str, Any]:
    """
    Return an alarm as JSON's types, by the contract of `wxtrace alarm --json`.

    A field is left out where the alarm has no such label. `unread` is there only where something could not be read.
    """
    told: dict[str, Any] = {"kind": alarm.kind}
    for name in _FIELDS:
        value = getattr(alarm, name)
        if value is not None:
            told[name] = dict(value) if name == "sample" else value
    return told | ({"unread": list(alarm.unread)} if alarm.unread else {})


def render(alarms: Iterable[Alarm], words: Words) -> str:
    """Return what alarms say as text, a block each."""
    return "\n".join("\n".join(lines(alarm, words)) + "\n" for alarm in alarms)


def lines(alarm: Alarm, words: Words) -> Iterator[str]:
    """Yield what an alarm says, the kind first."""
    yield words("Alarm: {kind}", kind=words(KINDS[alarm.kind]))
    said = [
        (words("account"), " ".join(filter(None, (alarm.appid, alarm.nickname)))),
        ("内容", alarm.content if alarm.kind == kinds.UNKNOWN else ""),
        (words("first failure"), _time(alarm, words)),
        (words("failed"), _count(alarm, words)),
        (words("whom"), " ".join(_whom(alarm, words))),
    ]
    said += [(name, "" if value is None else value) for name, value in _rest(alarm)]
    for name, value in said:
        if value:
            yield f"  {clean(name)}{words(': {detail}', detail=cut(clean(' '.join(value.split())), _COLUMNS))}"
    yield from ("  " + line for line in unread_lines(alarm, words))


def unread_lines(alarm: Alarm, words: Words) -> Iterator[str]:
    """Yield what of an alarm could not be read, a line each."""
    for phrase in alarm.unread:
        yield words("Not read of the alarm: {problem}", problem=clean(_unread(phrase, words)))


def _time(alarm: Alarm, words: Words) -> str:
    window = alarm.window_ns
    if window is None:
        return alarm.time or ""
    return words("{time} (UTC+8); counted until {end}", time=moment(window[0]), end=until(window[1], window[0]))


def _unread(phrase: str, words: Words) -> str:
    """Return what could not be read, in the reader's language; it names a label or a bracket."""
    for text in _UNREAD:
        before, _, after = text.partition("{name}")
        if phrase.startswith(before) and phrase.endswith(after):
            return words(text, name=phrase[len(before) : len(phrase) - len(after)])
    return phrase


def _count(alarm: Alarm, words: Words) -> str:
    if alarm.count is None:
        return ""
    text = "{count:attempt|attempts} in {minutes:minute|minutes}"
    minutes = kinds.USUAL_MINUTES if alarm.window_minutes is None else alarm.window_minutes
    return words(text, count=alarm.count, minutes=minutes)


def _whom(alarm: Alarm, words: Words) -> Iterator[str]:
    if alarm.openid:
        yield words(
            "openid {openid} (masked)" if alarm.is_openid_masked else "openid {openid}", openid=alarm.openid
        )
    if alarm.stamp is not None:
        yield f"stamp {alarm.stamp}"


def _rest(alarm: Alarm) -> Iterator[tuple[str, str | None]]:
    """Yield what the sample says besides openid and stamp, under WeChat's own names."""
    for name, value in (alarm.sample or {}).items():
        if name not in ("OpenID", "Stamp"):
            yield name, "✓" if value is None else value
