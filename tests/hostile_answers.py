"""Answers to hostile pushes: text that would be markup, script or a mark of direction; too much; mad clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from answers import NOW_NS, WRITER, evidence
from snapshots import snapshot
from strategies import BASE_NS, SECOND, STAMP, make_log, make_span

from wxtrace.alarm.alarm import Alarm
from wxtrace.explain.match import Match
from wxtrace.lookup.found import Lookup
from wxtrace.lookup.look import look
from wxtrace.row import LogRow, SpanRow
from wxtrace.scan.scan import Scanned

_DEED = "window.hacked=1"
WEAPONS = (
    f"<script>{_DEED}</script>",
    f"</script><script>{_DEED}</script>",
    f"</style></title></textarea></svg><img src=x onerror={_DEED}>",
    f"\"><svg onload={_DEED}>' onfocus={_DEED} autofocus tabindex=1 '",
    f"--><iframe srcdoc='<script>parent.{_DEED}</script>'></iframe><!--",
    "<meta http-equiv=refresh content='0;url=https://evil.invalid/'><base href=https://evil.invalid/>",
    "<link rel=stylesheet href=https://evil.invalid/1.css><style>@import 'https://evil.invalid/2.css';",
    f"<a href=javascript:{_DEED}>javascript:{_DEED}</a><form action=https://evil.invalid/><input name=hacked>",
    f"{{{{constructor.constructor('{_DEED}')()}}}}${{{_DEED}}}`;{_DEED}//\\u003cscript>{_DEED}\\x3c/script>",
    "&lt;b&gt;&#60;script&#62;&amp;lt; ]]> <![CDATA[ \\",
    "red;background:url(https://evil.invalid/3.png)};*{color:red}/*",
    "\u202egnitirw desrever\u202c \u2066isolated\u2069 \u200f\u061c\ufeff\u200b",
    "nul \x00 bell \x07 escape \x1b[31m\x9b2J half \ud800 \udfff line \u2028 paragraph \u2029 \r\n\t end",
    "z\u0334\u0333\u0315a\u0337l\u0335g\u0336o\u0338" * 20 + " 中文 ｆｕｌｌ \U0001f469\u200d\U0001f467 \U000e0041",
)
"""What names an attacker might give: what of it runs sets `window.hacked`, what of it loads something is seen."""
DEED = WEAPONS[0]
MEGABYTE = 2**20


def scripted() -> Lookup:
    """Return an answer in which every text that was recorded, and every name of an attribute, is a weapon."""
    some: list[SpanRow] = [_armed_span(0, None, WEAPONS[0])]
    some += [_armed_span(number, (number - 1) // 2, weapon) for number, weapon in enumerate(WEAPONS * 2, 1)]
    lines = [_armed_line(2000 + number, number, weapon) for number, weapon in enumerate(WEAPONS)]
    frames = [{"function": DEED, "file": weapon, "line": 1, "own": True} for weapon in WEAPONS]
    culprit = {"function": DEED, "file": DEED, "line": 1, "call": DEED}
    chain = {"name": DEED, "frames": frames, "awaits": DEED, "call": DEED}
    shot = snapshot(
        3000,
        3.5,
        1,
        tasks=[chain],
        threads=[chain],
        pools=[{"pool": DEED, "in_use": 5, "size": 5}],
        tokens={DEED: [40, 40]},
        loop={"lag_ns": 9, "blocked_ns": SECOND, "culprit": culprit},
        holders=[culprit | {"threads": 3}],
    )
    tag = {"openid": DEED, "nonce": DEED, "trace_id": some[0].trace_id}
    return replace(_answer(some, [*lines, replace(shot, **tag)]), alarm=_alarm(), matches=(_match(), _match()))


def not_there() -> Lookup:
    """Return an answer to a lookup that finds nothing but what others of that second are, all of them weapons."""
    writer = replace(WRITER, host=DEED, writer=DEED)
    told = evidence(reason="cannot_know", writers=(writer,), damaged=WEAPONS)
    candidate = _armed_span(0, None, WEAPONS[1], openid=None, attributes={"wechat.info_type": DEED})
    absent = look(DEED, STAMP, Scanned((), (), (candidate,), told), NOW_NS)
    return replace(absent, alarm=_alarm(), matches=(_match(), _match()))


def mad() -> Lookup:
    """Return an answer of all evils at once: weapons, a megabyte in an attribute, 10,000 spans, mad clocks."""
    lines = [_armed_line(90_000 + number, number, weapon) for number, weapon in enumerate(WEAPONS)]
    return _answer([*crowd(10_000)], lines)


def crowd(count: int) -> Iterator[SpanRow]:
    """
    Yield *count* spans under one request that took six seconds, the last of them first.

    One of seven lasts no time, one of eleven ends before it starts, one of thirteen is of a host whose clock is an
    hour off, one of seventeen never ends; each stands under that of half its number, the last 500 each under the
    one before. One tells a megabyte.
    """
    for number in reversed(range(1, count)):
        start = BASE_NS + number * 6 * SECOND // count
        took = SECOND // (1 + number % 97) * (number % 7 != 0) * (-1 if number % 11 == 0 else 1)
        place: dict[str, Any] = {"layer": ("logic", "storage", "remote")[number % 3]}
        if number % 13 == 0:
            place |= {"host": "web-9", "writer": "web-9-90-0-eeee", "pid": 90}
            start += 3600 * SECOND * (-1 if number % 2 else 1)
        if number % 17 == 0:
            place |= {"state": "open" if number % 2 else "crashed"}
        ended = None if number % 17 == 0 else start + took
        told = {"db.query.text": "SELECT " + "x" * MEGABYTE} if number == 3 else {WEAPONS[number % 14]: number}
        parent = number - 1 if number > count - 500 else number // 2
        name = WEAPONS[number % 14] if number % 5 == 0 else f"span {number}"
        same = {"module": f"module.{number % 23}", "name": name, "start_ns": start, "end_ns": ended, "openid": DEED}
        yield make_span(number, parent, attributes=told, **same, **place)
    replied = {"http.response.status_code": 200, "wechat.reply.length": 7, "wechat.reply.acceptable": True}
    yield make_span(0, openid=DEED, start_ns=BASE_NS, end_ns=BASE_NS + 6 * SECOND, attributes=replied)


def _answer(spans: list[SpanRow], logs: list[LogRow]) -> Lookup:
    writer = replace(WRITER, host=DEED, writer=DEED)
    candidate = _armed_span(9_000, None, WEAPONS[1], openid=None)
    scanned = Scanned(tuple(spans), tuple(logs), (candidate,), evidence(writers=(writer, WRITER), damaged=WEAPONS))
    return look(DEED, STAMP, scanned, NOW_NS)


def _armed_span(number: int, parent: int | None, weapon: str, **changes: Any) -> SpanRow:
    told: dict[str, Any] = {weapon: weapon, "db.query.text": weapon, "nested": {weapon: [weapon, None, 1.5]}}
    place = {"layer": weapon if number % 3 == 2 else "logic", "kind": weapon}
    if parent is None:
        told |= {"http.response.status_code": 500, "error.type": weapon, "url.path": weapon, "wechat.event": weapon}
        place = {}
    names = dict.fromkeys(("module", "name", "status_message", "service", "host", "writer"), weapon)
    values: dict[str, Any] = {**names, **place, "openid": DEED, "nonce": DEED, "status_code": "ERROR"}
    return make_span(number, parent, **(values | {"attributes": told} | changes))


def _armed_line(seq: int, span: int, weapon: str) -> LogRow:
    frame = f'  File "{weapon}", line 1, in {weapon}\n    {weapon}\n{weapon}: {weapon}'
    stack = f"Traceback (most recent call last):\n{frame}"
    told = {weapon: weapon, "exception.type": weapon, "exception.message": weapon, "exception.stacktrace": stack}
    names = dict.fromkeys(("layer", "module", "event", "logger", "service", "host", "writer"), weapon)
    values: dict[str, Any] = names | {"openid": DEED, "nonce": DEED, "severity": "error" if seq % 2 else weapon}
    return make_log(seq, span, attributes=told, **values)


def _alarm() -> Alarm:
    names = dict.fromkeys(("appid", "nickname", "time", "content", "openid"), DEED)
    sample = {weapon: weapon for weapon in WEAPONS}
    return Alarm(**names, sample=sample, stamp=STAMP, window_minutes=5, count=791, unread=(DEED,))


def _match() -> Match:
    return Match(DEED, STAMP, DEED, (DEED,), BASE_NS, DEED, 3, 3, "possible", ())
