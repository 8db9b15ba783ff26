"""
Beside other tools: each gets of a request what it gets alone, and so does wxtrace; there is one server span.

Set-ups of a tool outlast a test, so each is played in a process of its own, forked (`peace_tools`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from peace_tools import TOOLS

HERE = Path(__file__).parents[1]
WITH = [("before", "added"), ("after", "added"), ("before", "around"), ("after", "around")]
OF_THE_MOMENT = ("_timestamp", "exception.fingerprint")
TAGGED = {"oA-menu", "oA-broken"}


@cache
def all_played():
    """Return what is left of all plays."""
    command = [sys.executable, "-W", "ignore", "-m", "peace_tools"]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def played(tool: str, when: str, place: str):
    """Return what two pushes through the app have left at the tool and at wxtrace."""
    told = all_played()[f"{tool}/{when}/{place}"]
    assert isinstance(told, dict), told
    return told


def alone(told, server):
    """Return what a tool got of a span, but for times and hashes of stacks; *server*: who begins server spans."""
    attributes = {name: held for name, held in told["attributes"].items() if not name.endswith(OF_THE_MOMENT)}
    return {**told, "attributes": attributes, "scope": server if told["kind"] == "SERVER" else told["scope"]}


def less_ours(told, alone_attributes):
    """Return *told* without what wxtrace says on a server span that it has begun itself."""
    kept = {name: held for name, held in told["attributes"].items() if name in alone_attributes or "." not in name}
    return {**told, "attributes": kept}


OTEL = [tool for tool in TOOLS if tool not in ("an SDK", "Sentry")]


@pytest.mark.parametrize(("when", "place"), WITH)
@pytest.mark.parametrize("tool", OTEL)
def test_the_other_tool_gets_what_it_gets_alone(tool, when, place):
    """Every span that a tool gets alone it gets beside wxtrace: names, kinds, tree, status, events, attributes."""
    without, beside = played(tool, "never", "none"), played(tool, when, place)
    server = next(span["scope"] for span in without["spans"] if span["kind"] == "SERVER")
    expected = [alone(span, server) for span in without["spans"]]
    named = {name for span in expected if span["kind"] == "SERVER" for name in span["attributes"]}
    got = [alone(span, server) for span in beside["spans"] if span["name"] != "after_reply"]

    assert expected == [less_ours(span, named) if span["kind"] == "SERVER" else span for span in got]
    assert place == "around" or expected == got


@pytest.mark.parametrize(("when", "place"), WITH)
@pytest.mark.parametrize("tool", TOOLS)
def test_wxtrace_gets_what_it_gets_alone(tool, when, place):
    """wxtrace has one server span of each push, tagged, with all that is below it and the ids that the tool has."""
    told = played(tool, when, place)
    spans = [span for span in told["stored"] if span["module"] != "after_reply" and span["layer"] != "wait"]
    servers = {span["openid"]: span for span in spans if span["kind"] == "SERVER"}

    assert dict.fromkeys(TAGGED, 1) == Counter(span["openid"] for span in spans if span["kind"] == "SERVER")
    assert {("access", "asgi", None)} == {
        (one["layer"], one["module"], one["parent_span_id"]) for one in servers.values()
    }
    assert dict.fromkeys(TAGGED, 1) == Counter(span["openid"] for span in spans if span["module"] == "menu")
    assert {servers[who]["trace_id"] for who in TAGGED} == {span["trace_id"] for span in spans}
    assert ("success", 200) == (reply(servers["oA-menu"]), status(servers["oA-menu"]))
    assert 500 == status(servers["oA-broken"])
    assert tool == "Sentry" or {span["span_id"] for span in spans} <= set(told["ids"])
    assert [["oA-menu", "no menu of menu", "app"], ["oA-broken", "no menu of broken", "app"]] == [
        line for line in told["lines"] if line[1] != "exception"
    ]


def reply(span):
    """Return the reply of an access span, as far as it says."""
    told = span["attributes"]
    return "success" if told["wechat.reply.acceptable"] and told["wechat.reply.length"] == 7 else told


def status(span):
    """Return the HTTP status of an access span."""
    return span["attributes"]["http.response.status_code"]


@pytest.mark.parametrize(("when", "place"), WITH)
def test_sentry_s_own_tracing(when, place):
    """Sentry gets the same events and transactions beside wxtrace as alone."""
    assert sentry_got(played("Sentry", "never", "none")) == sentry_got(played("Sentry", when, place))


@pytest.mark.parametrize(("when", "place"), WITH)
def test_sentry_s_errors_on_opentelemetry(when, place):
    """Sentry whose tracing is OpenTelemetry's gets the same errors, each with the trace that wxtrace has."""
    without, beside = (played("Sentry on OpenTelemetry", *way) for way in (("never", "none"), (when, place)))
    traces = {event["contexts"]["trace"]["trace_id"] for event in events(beside)}

    assert sentry_got(without) == sentry_got(beside)
    assert {span["trace_id"] for span in beside["stored"]} == traces


def events(told):
    """Return what Sentry was sent, but for its sessions."""
    return [item for item in told["sentry"] if "event_id" in item]


def sentry_got(told):
    """Return what matters of it."""
    return [
        (
            item.get("type"),
            item.get("transaction"),
            (item.get("logentry") or {}).get("message"),
            [one["type"] for one in (item.get("exception") or {}).get("values", [])],
            item.get("contexts", {}).get("trace", {}).get("op"),
            [(span["op"], span["description"]) for span in item.get("spans", [])],
        )
        for item in events(told)
    ]


@pytest.mark.parametrize("place", ["added", "around"])
def test_an_sdk_gets_our_spans(place):
    """On an SDK where nobody makes server spans ours is one, without what may be personal."""
    told = played("an SDK", "after", place)
    servers = [span for span in told["spans"] if span["kind"] == "SERVER"]

    assert ["POST /wx/menu", "POST /wx/broken"] == [span["name"] for span in servers]
    assert {"'text'"} == {span["attributes"]["wechat.msg_type"] for span in servers}
    assert not any("oA" in held for span in servers for held in span["attributes"].values())
