"""Every Hypothesis strategy of the tests, and the makers of single rows that they share."""

from __future__ import annotations

from typing import Any

import journal_maker
from hypothesis import strategies as st

from wxtrace.record import IN_REQUEST, Unpacked
from wxtrace.row import LogRow, SpanRow

OPENID = "oABC"
STAMP = 1_745_231_475
BASE_NS = STAMP * 10**9
SECOND = 10**9
TRACE = "ab" * 16


def make_span(number: int, parent: int | None = None, **changes: Any) -> SpanRow:
    """Return the span of a writer's running number; the first of a trace is its access span."""
    values: dict[str, Any] = {
        "openid": OPENID,
        "stamp": STAMP,
        "nonce": "n1",
        "layer": "access" if parent is None else "logic",
        "module": "asgi" if parent is None else "reply.menu",
        "name": "POST /wechat" if parent is None else f"span {number}",
        "trace_id": TRACE,
        "span_id": f"{number + 1:016x}",
        "parent_span_id": None if parent is None else f"{parent + 1:016x}",
        "kind": "SERVER" if parent is None else "INTERNAL",
        "start_ns": BASE_NS + number * 1000,
        "end_ns": BASE_NS + SECOND,
        "state": "closed",
        "status_code": "UNSET",
        "status_message": None,
        "service": "wx-callback",
        "host": "web-1",
        "pid": 7,
        "writer": "web-1-7-0-abcd",
        "seq": number,
        "attributes": {},
    }
    return SpanRow(**(values | changes))


def make_log(seq: int, span: int | None = 0, **changes: Any) -> LogRow:
    """Return a log line under the span of number *span*."""
    values: dict[str, Any] = {
        "openid": OPENID,
        "stamp": STAMP,
        "nonce": "n1",
        "trace_id": TRACE,
        "span_id": None if span is None else f"{span + 1:016x}",
        "layer": "logic",
        "module": "reply.menu",
        "time_ns": BASE_NS + seq * 1000,
        "severity": "info",
        "event": f"event {seq}",
        "logger": None,
        "service": "wx-callback",
        "host": "web-1",
        "pid": 7,
        "writer": "web-1-7-0-abcd",
        "seq": seq,
        "attributes": {},
    }
    return LogRow(**(values | changes))


MODULES = [
    ("access", "asgi"),
    ("logic", "reply.menu"),
    ("storage", "mysql"),
    ("storage", "redis"),
    ("remote", "api.weixin.qq.com"),
]


@st.composite
def forests(draw: st.DrawFn, max_spans: int = 12) -> list[SpanRow]:
    """Draw the spans of one or two traces: lost, circular and own parents, any clock, any state."""
    count = draw(st.integers(1, max_spans))
    return [draw(wild_spans(number, count)) for number in range(count)]


@st.composite
def wild_spans(draw: st.DrawFn, number: int, count: int) -> SpanRow:
    """Draw a span that may contradict all the others, and itself."""
    layer, module = draw(st.sampled_from(MODULES))
    parent = draw(st.none() | st.integers(0, count + 1))
    start = BASE_NS + draw(st.integers(-20, 20))
    state = draw(st.sampled_from(["closed", "closed", "open", "crashed"]))
    return make_span(
        number,
        layer=layer,
        module=module,
        kind=draw(st.sampled_from(["SERVER", "INTERNAL", "SERVER", "INTERNAL", "PRODUCER", "CONSUMER"])),
        attributes=draw(st.sampled_from([{}, {}, {"wxtrace.carried": True}])),
        parent_span_id=None if parent is None else f"{parent + 1:016x}",
        trace_id=draw(st.sampled_from([TRACE, TRACE, "cd" * 16])),
        **draw(st.sampled_from([{}, {"writer": "web-2-8-0-abcd", "host": "web-2", "pid": 8}])),
        start_ns=start,
        end_ns=start + draw(st.integers(-5, 30)) if state == "closed" else None,
        state=state,
    )


@st.composite
def log_lines(draw: st.DrawFn, max_lines: int = 6) -> list[LogRow]:
    """Draw log lines of known, unknown and no spans and traces."""
    return [
        make_log(
            1000 + seq,
            draw(st.none() | st.integers(0, 15)),
            trace_id=draw(st.sampled_from([TRACE, "ef" * 16, None])),
            time_ns=BASE_NS + draw(st.integers(-30, 30)),
        )
        for seq in range(draw(st.integers(0, max_lines)))
    ]


@st.composite
def sound_traces(draw: st.DrawFn, max_spans: int = 12) -> list[SpanRow]:
    """Draw the spans of one attempt as a sound writer makes them: each begun within its parent."""
    count = draw(st.integers(1, max_spans))
    spans = [make_span(0, end_ns=BASE_NS + 100_000)]
    for number in range(1, count):
        layer, module = draw(st.sampled_from(MODULES[1:]))
        parent = draw(st.integers(0, number - 1))
        length = draw(st.integers(0, 100_000 - number * 1000))
        start = BASE_NS + number * 1000
        spans.append(make_span(number, parent, layer=layer, module=module, end_ns=start + length))
    return spans


@st.composite
def serial_traces(draw: st.DrawFn, max_spans: int = 12) -> list[SpanRow]:
    """Draw the spans of one attempt that did one thing at a time: each in its parent, after its elder siblings."""
    free = {0: [BASE_NS, BASE_NS + draw(st.integers(0, 100))]}
    spans = [make_span(0, end_ns=free[0][1])]
    for number in range(1, draw(st.integers(1, max_spans))):
        layer, module = draw(st.sampled_from(MODULES))
        parent = draw(st.integers(0, number - 1))
        start, end = sorted(draw(st.tuples(*[st.integers(*free[parent])] * 2)))
        free[parent][0], free[number] = end, [start, end]
        spans.append(make_span(number, parent, layer=layer, module=module, start_ns=start, end_ns=end))
    return spans


@st.composite
def jobs_after(draw: st.DrawFn, spans: list[SpanRow], max_jobs: int = 4) -> list[list[SpanRow]]:
    """
    Draw jobs of a sound trace that ran after its reply, each a list of spans: its own and one below it.

    A job is sent by a span of the trace, with a message of its own or without, or by an earlier job; it ends well,
    fails, or dies with its worker.
    """
    jobs: list[list[SpanRow]] = []
    senders = [span.seq for span in spans]
    for number in range(draw(st.integers(1, max_jobs))):
        seq, start = 1000 + 10 * number, BASE_NS + SECOND + draw(st.integers(0, 10**6))
        end = draw(st.none() | st.integers(start, start + 10**7))
        state = {"end_ns": end, "state": "crashed" if end is None else "closed"}
        status = draw(st.sampled_from(["UNSET", "ERROR"]))
        place = {"host": f"web-{number + 2}", "writer": f"worker-{number}", "service": "worker", "pid": 70 + number}
        name = draw(st.sampled_from(["reply_later", "count"]))
        sender = draw(st.sampled_from(senders))
        same = {"module": name, "name": name, "kind": "CONSUMER", "start_ns": start, "status_code": status}
        job = make_span(seq, sender, **same, **state, **place)
        call = make_span(seq + 1, seq, layer="remote", module="api.weixin.qq.com", start_ns=start, **state, **place)
        jobs.append([job, call])
        senders.append(seq)
    return jobs


hostile_text = st.text(
    st.sampled_from("\x00\x07\x1b\x9b\n\r\t\x7f\u202e\u2066\u200f\u2028\ud800]31m中文ｆ ab\u0301<&\"'{}"),
    max_size=40,
)
"""Text as an attacker would name a span: escape codes, marks that turn the direction, half characters."""


@st.composite
def stored_rows(draw: st.DrawFn, max_rows: int = 14) -> list[tuple[SpanRow | LogRow, str]]:
    """
    Draw rows of a few traces, each with the places it is stored at.

    A place is ``j``, the journal of the writer, or ``p`` or ``q``, two Parquet files a partition.
    A trace has one tag, which some of its rows lack whole or but for the stamp.
    """
    tags = [
        (openid, STAMP + offset, "n1")
        for openid in (OPENID, OPENID[:2], "oABCD", None)
        for offset in (0, -30, 31, 90_000)
    ]
    traces = draw(st.lists(st.sampled_from(tags), min_size=1, max_size=5))
    rows: list[tuple[SpanRow | LogRow, str]] = []
    for seq in range(draw(st.integers(0, max_rows))):
        number = draw(st.integers(0, len(traces) - 1))
        openid, stamp, nonce = traces[number]
        tag = draw(st.sampled_from([(openid, stamp, nonce), (None, None, None), (None, stamp, nonce)]))
        changes = {"trace_id": f"{number + 1:032x}", "service": "wx-callback", "host": "web-1"}
        changes |= dict(zip(("openid", "stamp", "nonce"), tag, strict=True))
        row = draw(st.sampled_from([make_span, make_log]))(seq, **changes)
        rows.append((row, draw(st.sampled_from(["j", "p", "q", "jp", "pq", "jpq"]))))
    return rows


@st.composite
def cut_records(draw: st.DrawFn) -> bytes:
    """Packed spans back to back, with bytes changed, cut out or put between, as a dying disk would."""
    sizes = draw(st.lists(st.integers(0, 40), min_size=1, max_size=30))
    content = bytearray(
        b"".join(journal_maker.span(seq, attributes={"a": "x" * size}) for seq, size in enumerate(sizes, 1))
    )
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content) - 1))
        until = draw(st.sampled_from([at, at + 1, at + 60]))
        content[at:until] = draw(st.binary(max_size=8))
    return bytes(content[: draw(st.sampled_from([len(content), len(content) - 9]))])


@st.composite
def tagged_spans(draw: st.DrawFn) -> list[bytes]:
    """Packed spans of several pushes, hostile openids and stamps among them, in any order."""
    openids = st.sampled_from(["", "o", "oA", "oA0", "oB", "o雪", "o" * 40, "o" * 39 + "p", "~"])
    stamps = st.sampled_from([None, 0, -5, journal_maker.STAMP, journal_maker.STAMP + 1, 1 << 50, (1 << 63) - 1])
    pushes = draw(st.lists(st.tuples(openids, stamps, st.integers(1, 3), st.integers(0, 3)), max_size=40))
    return [
        journal_maker.span(
            seq,
            openid=openid,
            stamp=stamp,
            trace=trace << 64 if seq % 2 else trace,
            start_ns=journal_maker.START_NS + start,
        )
        for seq, (openid, stamp, trace, start) in enumerate(pushes, 1)
    ]


@st.composite
def usual_queries(draw: st.DrawFn) -> bytes:
    """Queries of a push as WeChat writes them."""
    signature = st.text("0123456789abcdef", min_size=1, max_size=40)
    parameters = [
        ("signature", signature),
        ("timestamp", st.text("0123456789", min_size=1, max_size=18)),
        ("nonce", st.text("0123456789", min_size=1, max_size=12)),
        ("openid", st.text("oAz09_-", min_size=1, max_size=128)),
    ]
    if draw(st.booleans()):
        parameters += [("encrypt_type", st.sampled_from(["aes", "raw"])), ("msg_signature", signature)]
    return "&".join(f"{name}={draw(values)}" for name, values in parameters).encode()


@st.composite
def push_bodies(draw: st.DrawFn) -> bytes:
    """Bodies of a push as WeChat writes them; what the user writes may be anything but the end of CDATA."""
    account, word = st.text("oAz09_@.-", min_size=1, max_size=40), st.text("oAz09_", min_size=1, max_size=40)
    parts = [f"<{name}><![CDATA[{draw(account)}]]></{name}>" for name in ("ToUserName", "FromUserName")]
    parts.append(f"<CreateTime>{draw(st.integers(1, 10**18 - 1))}</CreateTime>")
    kind = draw(st.just("event") | word)
    parts.append(f"<MsgType><![CDATA[{kind}]]></MsgType>")
    if kind == "event":
        parts.append(f"<Event><![CDATA[{draw(word)}]]></Event>")
    if draw(st.booleans()):
        text = draw(st.text(max_size=40) | st.sampled_from(["<MsgId>6</MsgId>", "</Content><MsgId>7</MsgId>"]))
        parts.append(f"<Content><![CDATA[{text.replace(']]>', '')}]]></Content>")
    if draw(st.booleans()):
        parts.append(f"<MsgId>{draw(st.integers(0, 10**31))}</MsgId>")
    space = draw(st.sampled_from(["", "\n", "\r\n  "]))
    return f"<xml>{space}{space.join(parts)}{space}</xml>".encode("utf-8", "replace")


@st.composite
def http_scopes(draw: st.DrawFn) -> dict[str, Any]:
    """Scopes of requests, WeChat's or anybody's, in whatever form a server may hand them over."""
    names = (
        st.sampled_from([b"host", b"user-agent", b"x-real-ip", b"x-forwarded-for", b"traceparent"]) | st.binary()
    )
    request: dict[str, Any] = {
        "type": "http",
        "method": draw(st.sampled_from(["POST", "GET"]) | st.text(max_size=8)),
        "path": "/" + draw(_wild_text),
    }
    optional = {
        "query_string": usual_queries() | st.binary(max_size=60),
        "headers": st.lists(st.tuples(names, st.binary(max_size=20)), max_size=5),
        "client": st.none() | st.tuples(st.text(max_size=15), st.integers(0, 65535)),
        "scheme": st.sampled_from(["http", "https"]),
    }
    return request | {name: draw(values) for name, values in optional.items() if draw(st.booleans())}


secret_keys = st.sampled_from(
    ["access_token", "component_access_token", "refresh_token", "secret", "appsecret", "msg_signature", "echostr"]
)
"""Names under which WeChat's secrets stand."""

secret_values = st.text("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789_-", min_size=8, max_size=64)
"""Secrets, in the letters that WeChat makes them of."""


class Unnameable:
    """An object whose text cannot be had."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


_wild_text = st.text(st.characters(exclude_categories=())) | hostile_text
attribute_trees = st.dictionaries(
    _wild_text,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.integers(10**5000, 10**5001)
        | st.floats()
        | _wild_text
        | st.binary()
        | st.builds(Unnameable)
        | st.builds(object),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.tuples(inner, inner)
            | st.dictionaries(_wild_text | st.integers() | st.none(), inner, max_size=4)
        ),
        max_leaves=12,
    ),
    max_size=6,
)
"""Attributes as a careless app makes them: any text, any number, any object, any depth."""


def _utf8(max_bytes: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), max_size=max_bytes // 4)


_int64 = st.integers(1 - (1 << 63), (1 << 63) - 1)


@st.composite
def record_values(draw: st.DrawFn) -> Unpacked:
    """Everything that a packed record can hold."""
    names = ("openid", "nonce", "layer", "module", "logger", "severity")
    texts = {name: draw(_utf8(255)) for name in names}
    texts |= {name: draw(_utf8(400)) for name in ("name", "message", "attributes")}
    return Unpacked(
        type=draw(st.integers(0, 3)),
        status=draw(st.integers(0, 2)),
        flags=draw(st.sampled_from([0, IN_REQUEST])),
        end_ns=draw(st.none() | _int64),
        seq=draw(_int64),
        start_ns=draw(_int64),
        stamp=draw(st.none() | _int64),
        trace_id=draw(st.binary(min_size=16, max_size=16)),
        span_id=draw(st.binary(min_size=8, max_size=8)),
        parent_id=draw(st.binary(min_size=8, max_size=8)),
        kind=draw(st.integers(0, 4)),
        **texts,
    )
