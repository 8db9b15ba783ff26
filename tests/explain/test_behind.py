"""Verdicts of attempts that other processes worked for: services behind, and workers."""

from __future__ import annotations

from typing import Any

from answers import answer
from strategies import BASE_NS, SECOND, make_span

from wxtrace.explain import verdict as case

CRM: dict[str, Any] = {"service": "crm", "host": "web-9", "pid": 90, "writer": "web-9-90-0-eeee"}
WORKER: dict[str, Any] = {"service": "worker", "host": "web-2", "pid": 71, "writer": "web-2-71-0-aaaa"}
CARRIED = {"layer": "access", "module": "asgi", "kind": "SERVER", "attributes": {"wxtrace.carried": True}}
REFUSED = {
    "http.response.status_code": 200,
    "wechat.reply.acceptable": False,
    "wechat.reply.reason": "not success: text",
}


def ended(seconds: float) -> dict[str, Any]:
    """Return the end of a span so long after the push."""
    return {"end_ns": BASE_NS + int(seconds * SECOND)}


def test_what_was_slow_in_a_service_behind_is_named_with_it():
    """The query that held up the push ran in another service: which one stands in the verdict."""
    lookup = answer(
        [
            make_span(0, **ended(6)),
            make_span(1, 0, layer="remote", module="crm", kind="CLIENT", **ended(5.9)),
            make_span(5, 1, **CARRIED | CRM | ended(5.8)),
            make_span(6, 5, layer="storage", module="mysql", name="SELECT", **CRM | ended(5.7)),
        ]
    )

    assert (case.SLOW_MODULE, "storage", "mysql", "high", "crm@web-9") == (
        *(lookup.verdict.case, lookup.verdict.layer, lookup.verdict.module, lookup.verdict.confidence),
        lookup.verdict.facts.behind,
    )
    assert "in storage mysql of crm@web-9: SELECT." in lookup.verdict.text


def test_a_push_that_waited_for_a_job_is_held_up_by_it():
    """A handler that waits for the result of a job gives the job the blame; that it waited is not sure."""
    lookup = answer(
        [
            make_span(0, **ended(6)),
            make_span(1, 0, **ended(5.9)),
            make_span(5, 1, kind="CONSUMER", module="count", **WORKER | ended(5.8)),
        ]
    )

    assert (case.SLOW_MODULE, "count", "medium") == (
        lookup.verdict.case,
        lookup.verdict.module,
        lookup.verdict.confidence,
    )


def test_a_failed_job_is_not_why_a_reply_is_refused():
    """What failed in the request is named for a reply that WeChat refuses, not what failed in a worker."""
    lookup = answer(
        [
            make_span(0, **ended(1), attributes=REFUSED),
            make_span(1, 0, module="reply.text", status_code="ERROR", **ended(0.5)),
            make_span(5, 1, kind="CONSUMER", module="count", status_code="ERROR", **WORKER | ended(0.4)),
        ]
    )

    assert (case.REFUSED_REPLY, "reply.text") == (lookup.verdict.case, lookup.verdict.module)


def test_an_open_push_is_where_its_own_process_is():
    """A job that runs meanwhile is not where the request stands."""
    open_one = {"end_ns": None, "state": "open"}
    lookup = answer(
        [
            make_span(0, **open_one),
            make_span(1, 0, module="reply.text", **open_one),
            make_span(5, 1, kind="CONSUMER", module="count", **WORKER | open_one),
        ]
    )

    assert (case.OPEN, "reply.text") == (lookup.verdict.case, lookup.verdict.module)
    assert "Job span 5 still runs on worker@web-2 pid 71: 60.00 s so far." in lookup.verdict.text
