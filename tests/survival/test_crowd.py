"""Two hundred pushes at once: each tag has exactly its records."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from survival_kit import UVICORN, serving, until
from survival_ledger import lines_of, rows, spans_of

OPENIDS = [f"o{number:03d}" for number in range(200)]
TREE = {  # module: the module of its parent
    "asgi": None,
    "reply.menu": "asgi",
    "mysql": "reply.menu",
    "mysql.wire": "mysql",
    "redis": "reply.menu",
    "redis.wire": "redis",
    "thread": "reply.menu",
    "pool": "reply.menu",
    "after_reply": "asgi",
    "crm": "after_reply",
}
SAID = {  # event: the module of the span that it was said in
    "arrived": "reply.menu",
    "mysql answered": "mysql.wire",
    "redis answered": "redis.wire",
    "thread computed": "thread",
    "pool computed": "pool",
    "crm told": "crm",
}
SYNC_TREE = {"asgi": None, "reply.sync": "asgi", "sync": "reply.sync"}
SYNC_SAID = {"sync computed": "sync"}


@pytest.fixture(name="crowded", scope="module", params=["one process", "two workers"])
def _crowded(request, tmp_path_factory):
    """Send two hundred pushes at once to the async handler, and as many to the sync one."""
    store = tmp_path_factory.mktemp("crowd") / "store"
    options = ["--workers", "2"] if request.param == "two workers" else []
    sync = ["s" + openid for openid in OPENIDS]
    with serving(store, *options, program=UVICORN) as server:
        replies = server.crowd(OPENIDS, at_once=200) + server.crowd(sync, "/sync", at_once=200)
        until(lambda: {*OPENIDS, *sync} == server.ledger.openids("done"))
        found = rows(store)
        server.stop()
    return replies, server.ledger, found


def trees(spans):
    """
    Return, by openid, each span's module and that of its parent, as often as they are there.

    An `after_reply` with nothing in it only says that the app was slow to return on a busy machine.
    """
    modules = {(row.openid, row.span_id): row.module for row in spans}
    parents = {row.parent_span_id for row in spans}
    found = defaultdict(Counter)
    for row in spans:
        if row.module == "after_reply" and row.span_id not in parents:
            continue
        parent = row.parent_span_id
        found[row.openid][row.module, parent and modules.get((row.openid, parent), "of another push")] += 1
    return found


def events(found):
    """Return, by openid, each line's event and the module of its span, as often as they are there."""
    modules = {(row.openid, row.span_id): row.module for row in found.spans}
    told = defaultdict(Counter)
    for row in found.logs:
        told[row.openid][row.event, modules.get((row.openid, row.span_id), "of another push")] += 1
    return told


def test_everyone_gets_an_answer(crowded):
    """
    Four hundred pushes, four hundred replies.
    """
    replies, _, _ = crowded

    assert {200: 2 * len(OPENIDS)} == replies


def test_each_push_has_its_spans_under_their_parents(crowded):
    """
    Layers, siblings, both kinds of thread, the threadpool and the background task: each once, in its place.
    """
    _, _, found = crowded
    expected = {openid: Counter(TREE.items()) for openid in OPENIDS}
    expected |= {"s" + openid: Counter(SYNC_TREE.items()) for openid in OPENIDS}

    assert expected == trees(found.spans)


def test_each_push_has_its_lines_in_their_spans(crowded):
    """
    Each log line once, under the span that it was said in.
    """
    _, _, found = crowded
    expected = {openid: Counter(SAID.items()) for openid in OPENIDS}
    expected |= {"s" + openid: Counter(SYNC_SAID.items()) for openid in OPENIDS}

    assert expected == events(found)


def test_each_push_has_a_trace_of_its_own(crowded):
    """
    One trace a push, one push a trace, and the nonce that came with it.
    """
    _, _, found = crowded
    traces = {(row.openid, row.nonce, row.trace_id) for row in (*found.spans, *found.logs)}

    assert {(openid, f"n{openid}") for openid in (*OPENIDS, *("s" + one for one in OPENIDS))} == {
        (openid, nonce) for openid, nonce, _ in traces
    }
    assert 2 * len(OPENIDS) == len(traces) == len({trace_id for _, _, trace_id in traces})


def test_what_is_found_is_what_the_app_did(crowded):
    """
    Span ids and log lines are those of the app's own ledger, no more and no less.
    """
    _, ledger, found = crowded

    assert ledger.ended() == spans_of(found.spans, "closed", besides=("asgi", "after_reply"))
    assert ledger.said() == lines_of(found.logs)
