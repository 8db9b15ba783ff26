"""What is recorded for real by a clock of one's own: it lies, is found and is missed as of that time."""

from __future__ import annotations

import time

from serving import replying, scope, serve

import wxtrace
from wxtrace import AccessMiddleware
from wxtrace.seal.seal import seal
from wxtrace.testing import START_NS, Clock, clocked, hosted

SECOND, DAY_S = 10**9, 86_400
STAMP = START_NS // SECOND


def record(store: str) -> None:
    """Record two pushes of one fan, two days apart, each answered after 5.2 s."""
    clock = Clock(tick_ns=0)

    async def dawdle(scope, receive, send):
        """Let time pass in a query, and answer."""
        with wxtrace.span("storage", "mysql", "SELECT"):
            clock.advance(5.2)
        await replying()(scope, receive, send)

    with clocked(clock), hosted("web-9"):
        wxtrace.start(store=store, sealer=False, watch=(), last_words=False)
        for stamp in (STAMP, STAMP + 2 * DAY_S):
            clock.now_ns = (stamp + 1) * SECOND
            query = f"timestamp={stamp}&nonce=7&signature=0&openid=oA".encode()
            serve(AccessMiddleware(dawdle), scope(query))
        wxtrace.stop()


def test_a_past_that_never_was(tmp_path):
    """It is sealed into the hours of that past, and found there with the times and the host that were set."""
    record(str(tmp_path))
    seal(str(tmp_path))
    found = wxtrace.find(openid="oA", stamp=STAMP + 2 * DAY_S, store=tmp_path)
    (attempt,) = found.attempts

    assert ["day=d20250421/hour=h10", "day=d20250423/hour=h10"] == sorted(
        "/".join(path.parts[-3:-1]) for path in tmp_path.glob("spans/*/*/*.parquet")
    )
    assert ("slow_module", "mysql") == (found.verdict.case, found.verdict.module)
    assert {"web-9"} == set(attempt.spans["host"])
    assert [5.2, 5.2] == (attempt.spans["duration_ns"] / SECOND).to_list()
    assert [(STAMP + 2 * DAY_S + 1) * SECOND] * 2 == attempt.spans["start_ns"].to_list()


def test_between_its_pushes_the_host_was_recording(tmp_path):
    """A push that never came on the day between never arrived: the writer began before it, by the clock."""
    record(str(tmp_path))
    found = wxtrace.find(openid="oA", stamp=STAMP + DAY_S, store=tmp_path)

    assert ("never_arrived", ["web-9"]) == (found.evidence.reason, [host.host for host in found.evidence.hosts])


def test_before_its_first_push_nobody_knows(tmp_path):
    """Half an hour before the clock began, the host was not recording yet."""
    record(str(tmp_path))
    found = wxtrace.find(openid="oA", stamp=STAMP - 1800, store=tmp_path)

    assert "cannot_know" == found.evidence.reason


def test_afterwards_the_clock_is_the_machines(tmp_path):
    """What is recorded after the block has the time of the machine again, and its host."""
    record(str(tmp_path / "past"))
    before_ns = time.time_ns()
    wxtrace.start(store=tmp_path / "now", sealer=False)
    serve(AccessMiddleware(replying()))
    wxtrace.stop()
    (attempt,) = wxtrace.find(openid="oA-1_b", stamp=1_745_231_475, store=tmp_path / "now").attempts

    assert before_ns <= attempt.spans["start_ns"][0]
    assert {"web-9"}.isdisjoint(attempt.spans["host"])
