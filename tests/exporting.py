"""A store of two pushes in a window, and the command that exports it."""

from __future__ import annotations

from dataclasses import replace

from answers import deferred_spans
from strategies import BASE_NS, SECOND, make_log

from wxtrace.cli import main
from wxtrace.row import SpanRow
from wxtrace.show.times import moment

FROM, TO = moment(BASE_NS)[:16], moment(BASE_NS + 120 * SECOND)
OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
LINE = make_log(500, 1, trace_id=f"{1:032x}", event="慢 <query>")


def with_jobs() -> list[SpanRow]:
    """Return the spans of a push whose jobs ran on after its reply, on other hosts."""
    return [replace(span, openid=OPENID, nonce="n2", seq=span.seq + 100) for span in deferred_spans()]


def exported(*arguments: str) -> int:
    """Export the two minutes from the stamp on."""
    return main(["export", "--from", FROM, "--to", TO, *arguments])
