"""
An answer as the JSON document of the contract.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, Final

from wxtrace.answer import Answer, Judged
from wxtrace.explain.verdict import Verdict
from wxtrace.row import LogRow, SpanRow
from wxtrace.show import chain, jobs, seen, snapshot

_UNSAFE: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SPAN_FIELDS: Final = tuple(field.name for field in fields(SpanRow))
_LOG_FIELDS: Final = tuple(field.name for field in fields(LogRow))


def render(answer: Answer, windows: Sequence[Mapping[str, Any]] = (), *, ascii_only: bool = False) -> str:
    """
    Return the answer as one JSON document.

    What a terminal might act on is escaped as JSON escapes it, so that the values stay what they are.

    Args:
        answer: What was found.
        windows: Of it and of each of its `others` the whole window, as JSON's types, if that was asked for.
        ascii_only: Escape all that is not ASCII, for where it cannot be written.
    """
    first, *others = [document(one) for one in (answer, *answer.others)]
    for one, window in zip((first, *others), windows, strict=False):
        one["window"] = window
    if others:
        first["others"] = others
    if answer.unanswered:
        from wxtrace.show import alarm

        first["unanswered"] = [alarm.document(one) for one in answer.unanswered]
    return safe(_dumps(first, ascii_only))


def document(answer: Answer) -> dict[str, Any]:
    """Return the answer as JSON's types, by the contract of `wxtrace find --format json`."""
    told: dict[str, Any] = {
        "openid": answer.openid,
        "stamp": answer.stamp,
        "attempts": [_attempt(judged) for judged in answer.attempts],
        "verdict": _verdict(answer.verdict),
        "evidence": _evidence(answer),
        "chains": [chain.document(one) for one in answer.chains],
    }
    if answer.alarm is not None:
        from wxtrace.show import alarm, match, steps

        told["alarm"] = alarm.document(answer.alarm)
        told["matches"] = [match.document(one) for one in answer.matches]
        told["steps"] = steps.document(answer.steps)
    if answer.around is not None:
        from wxtrace.show import around, clocks

        told["around"] = around.document(answer.around)
        told["skews"] = clocks.document(answer.skews)
    return told


def span_row(span: SpanRow) -> dict[str, Any]:
    """Return a span by the contract's columns, its attributes as an object."""
    row: dict[str, Any] = {}
    for name in _SPAN_FIELDS:
        row[name] = getattr(span, name)
        if name == "end_ns":
            row["duration_ns"] = span.duration_ns
    return {**row, "time": _iso(span.start_ns)}


def log_row(log: LogRow) -> dict[str, Any]:
    """Return a log line by the contract's columns, its attributes as an object."""
    return {**{name: getattr(log, name) for name in _LOG_FIELDS}, "time": _iso(log.time_ns)}


def safe(text: str) -> str:
    """Return a JSON text in which nothing is left that a terminal might act on; its values are the same."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _attempt(judged: Judged) -> dict[str, Any]:
    attempt = judged.rebuilt
    return {
        "push": attempt.push,
        "number": attempt.number,
        "nonce": attempt.nonce,
        "trace_id": attempt.trace_id,
        "start_ns": attempt.start_ns,
        "end_ns": attempt.end_ns,
        "end_estimated": attempt.end_estimated,
        "arrival_delay_ns": attempt.arrival_delay_ns,
        "after_first_ns": attempt.after_first_ns,
        "state": attempt.state,
        "recorded": attempt.recorded,
        "http_status": attempt.http_status,
        "assumed": attempt.status_assumed,
        "reply": asdict(attempt.reply),
        "after_reply_ns": attempt.after_reply_ns,
        "service": attempt.service,
        "host": attempt.host,
        "pid": attempt.pid,
        "writer": attempt.writer,
        "spans": [span_row(span) for span in attempt.spans],
        "logs": [log_row(log) for log in attempt.logs],
        "snapshots": snapshot.document(attempt),
        "modules": [asdict(time) for time in judged.times],
        "jobs": jobs.document(attempt.jobs),
        "clocks": [asdict(bound) for bound in attempt.clocks],
        "verdict": _verdict(judged.verdict),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "case": verdict.case,
        "text": verdict.text,
        "layer": verdict.layer,
        "module": verdict.module,
        "confidence": verdict.confidence,
        "parts": [asdict(part) for part in verdict.parts],
        **seen.document(verdict.facts.seen),
    }


def _evidence(answer: Answer) -> dict[str, Any]:
    evidence = asdict(answer.evidence)
    if evidence.get("reason") is None:
        evidence.pop("reason", None)
    if evidence.get("kept") is None:
        evidence.pop("kept", None)
    if answer.candidates:
        evidence["candidates"] = [span_row(span) for span in answer.candidates]
    return evidence


def _iso(ns: int) -> str | None:
    try:
        return datetime.fromtimestamp(ns // 10**9, UTC).replace(microsecond=ns // 1000 % 10**6).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


def _dumps(value: Mapping[str, Any], ascii_only: bool) -> str:
    try:
        return json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, default=str)
    except ValueError:  # an attribute holds a float that JSON does not know: NaN becomes "NaN"
        known = json.loads(json.dumps(value, default=str), parse_constant=str)
        return json.dumps(known, ensure_ascii=ascii_only)
