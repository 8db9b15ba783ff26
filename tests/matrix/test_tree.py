"""What the matrix compares: a tree in which nothing that is wrong can hide."""

from __future__ import annotations

import pytest
from matrix import page
from matrix.cells import CELLS
from matrix.tree import tree
from strategies import OPENID, STAMP, make_log, make_span

TAG = OPENID, STAMP
ORDERLY = [
    "access asgi: POST /wechat [server]",
    "  logic reply.menu: span 1",
    "    - event 2",
    "  remote celery: send [producer]",
    "    storage redis: LPUSH [client]",
]


def spans(**changes):
    """Return a request that leaves a job, the second span changed."""
    broker = {"layer": "storage", "module": "redis", "name": "LPUSH test", "kind": "CLIENT"}
    return [
        make_span(4, 3, **broker),
        make_span(3, 0, layer="remote", module="celery", name="send", kind="PRODUCER"),
        make_span(1, 0, **changes),
        make_span(0),
    ]


def test_an_orderly_push():
    """Spans stand below their parents by time, lines below their spans, whatever the order of the rows."""
    assert ORDERLY == tree(spans(), [make_log(2, 1)], TAG)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"openid": "oOther"}, "of another tag"),
        ({"stamp": STAMP + 1}, "of another tag"),
        ({"openid": None}, "of another tag"),
        ({"trace_id": "cd" * 16}, "of another trace"),
        ({"state": "crashed"}, "crashed"),
        ({"status_code": "ERROR", "status_message": "OSError: gone"}, "OSError: gone"),
    ],
)
def test_a_span_that_is_odd(changes, told):
    """It is told of a span what is wrong with it."""
    assert f"  logic reply.menu: span 1 !! {told}" in tree(spans(**changes), [], TAG)


def test_a_span_without_its_parent():
    """It stands on top, and says so."""
    assert "logic reply.menu: span 1 !! without its parent" in tree(spans(parent_span_id="f" * 16), [], TAG)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"openid": None}, "    - event 2 !! of another tag"),
        ({"trace_id": "cd" * 16}, "    - event 2 !! of another trace"),
        ({"module": "reply.other"}, "    - event 2 !! in logic reply.other"),
        ({"span_id": "f" * 16}, "- event 2 !! without its span"),
    ],
)
def test_a_line_that_is_odd(changes, told):
    """It is told of a line what is wrong with it."""
    assert told in tree(spans(), [make_log(2, 1, **changes)], TAG)


def test_a_span_after_the_reply():
    """One that is empty is no part of what is compared, one that is not is."""
    after = {"layer": "access", "module": "after_reply", "name": "after_reply"}
    empty, full = make_span(7, 0, **after), make_span(8, 0, **after)

    assert [*ORDERLY, "  access after_reply: after_reply", "    - event 9"] == tree(
        [*spans(), empty, full], [make_log(2, 1), make_log(9, 8, layer="access", module="after_reply")], TAG
    )


def test_a_cell_that_does_not_work(monkeypatch):
    """It stands in the table as such, and leads to its reason."""
    monkeypatch.setattr(page, "KNOWN", {CELLS[1]: "Executors are on strike."})
    made = page.page({cell: cell != CELLS[1] for cell in CELLS})

    assert "| uvicorn | FastAPI | ✓ | ✗ 1 | ✓ |" in made
    assert "\n\n1. Executors are on strike.\n\n" in made
