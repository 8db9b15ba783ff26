"""Hops: a push whose work went on in other processes, looked up in the stores that they wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import journal_maker
import pytest
from journal_maker import STAMP, START_NS, WRITER

from wxtrace.lookup.lookup import find
from wxtrace.rebuild.arrival import arrivals_of
from wxtrace.record import OPEN
from wxtrace.scan import scan as scanning
from wxtrace.scan.arrivals import scan_arrivals
from wxtrace.scan.newest import newest
from wxtrace.seal.seal import seal
from wxtrace.survey.survey import survey

MS = 10**6
SECOND = 10**9
WORKER = "web2-71-1790000000-0c1d"
CRM = "web9-90-1790000000-0e1f"
GOOD = {"http.response.status_code": 200, "wechat.reply.acceptable": True, "wechat.reply.length": 7}
PUSH = (
    journal_maker.span(
        1,
        layer="access",
        module="asgi",
        name="POST /wechat",
        span_kind="SERVER",
        duration_ns=12 * MS,
        attributes=GOOD,
    ),
    journal_maker.span(
        2, parent=1, layer="remote", module="rabbitmq", name="later publish", span_kind="PRODUCER", duration_ns=MS
    ),
)
JOB = journal_maker.span(
    1001,
    parent=2,
    module="reply_later",
    name="reply_later",
    span_kind="CONSUMER",
    start_ns=START_NS + SECOND,
    duration_ns=7 * SECOND,
)
CALL = journal_maker.span(
    1002,
    parent=1001,
    openid="",
    stamp=None,
    nonce="",
    layer="remote",
    module="api.weixin.qq.com",
    name="POST /cgi-bin/message/custom/send",
    span_kind="CLIENT",
    start_ns=START_NS + 7 * SECOND,
    duration_ns=MS,
)
BEHIND = journal_maker.span(
    2001,
    parent=3,
    layer="access",
    module="asgi",
    name="POST /members",
    span_kind="SERVER",
    attributes={"wxtrace.carried": True},
)


def store(folder: Path, writer: str, *records: bytes, sealed: bool = False) -> Path:
    """Make a store that one writer wrote, sealed or not, and return it."""
    journal_maker.make_writer(folder / "journal", records, writer=writer)
    if sealed:
        seal(str(folder))
    return folder


@pytest.mark.parametrize("sealed", [False, True], ids=["journal", "parquet"])
def test_a_job_is_found_under_its_push_whichever_store_holds_it(tmp_path: Path, sealed: bool) -> None:
    """
    The push in one store, its job in that of another host, with a call in it that lost the tag: one attempt.
    """
    stores = [store(tmp_path / "a", WRITER, *PUSH, sealed=sealed), store(tmp_path / "b", WORKER, JOB, CALL)]

    found = find(openid="oA", stamp=STAMP, store=stores)

    (attempt,) = found.attempts
    (job,) = attempt.rebuilt.jobs
    assert ("reply_later", "web2", 71, 7 * SECOND) == (job.name, job.host, job.pid, job.duration_ns)
    assert job.tree is not None
    assert ["reply_later", "api.weixin.qq.com"] == [node.span.module for node in job.tree.nodes if node.span]
    assert (
        "Job reply_later ran 7.00 s on wx-callback@web2 pid 71, from 0.99 s after the reply." in found.verdict.text
    )
    assert ("replied", 12 * MS) == (found.verdict.case, attempt.rebuilt.duration_ns)


def test_a_job_whose_push_lies_elsewhere_is_told_without_it(tmp_path: Path) -> None:
    """
    In the worker's own store there is the job, and that the request itself is missing.
    """
    found = find(openid="oA", stamp=STAMP, store=store(tmp_path, WORKER, JOB, CALL))

    assert ("unrecorded", ["reply_later"]) == (found.verdict.case, list(found.attempts[0].jobs["name"]))
    assert "Job reply_later ran 7.00 s on wx-callback@web2 pid 71." in found.verdict.text


def test_a_message_waits_until_a_worker_is_seen_to_take_it(tmp_path: Path) -> None:
    """
    With the store of the front alone nobody can know of a worker; that is said so.
    """
    found = find(openid="oA", stamp=STAMP, store=store(tmp_path, WRITER, *PUSH))

    assert ["published"] == list(found.attempts[0].jobs["state"])
    assert "no worker that records here has taken it" in found.verdict.text


def test_a_job_that_died_with_its_worker_is_told_so(tmp_path: Path) -> None:
    """
    What a worker had begun stands in its table of open spans; once the worker is gone, it crashed.
    """
    begun = journal_maker.span(1001, kind=OPEN, parent=2, name="reply_later", span_kind="CONSUMER")
    front = store(tmp_path, WRITER, *PUSH)
    folder = journal_maker.make_writer(front / "journal", [], writer=WORKER, begun=[begun])

    with journal_maker.living(folder):
        assert ["open"] == list(find(openid="oA", stamp=STAMP, store=front).attempts[0].jobs["state"])

    assert ["crashed"] == list(find(openid="oA", stamp=STAMP, store=front).attempts[0].jobs["state"])


def test_jobs_cost_no_look_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A push with jobs is looked up in two sweeps, as every other: its tag, and its traces.
    """
    sweeps: list[object] = []
    sweep = scanning.sweep

    def counted(*asked: object) -> None:
        """Count a sweep, and make it."""
        sweeps.append(asked)
        sweep(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(scanning, "sweep", counted)

    find(openid="oA", stamp=STAMP, store=store(tmp_path, WRITER, *PUSH, JOB, CALL))

    assert 2 == len(sweeps)


@pytest.mark.parametrize("sealed", [False, True], ids=["journal", "parquet"])
def test_a_service_behind_is_counted_nowhere(tmp_path: Path, sealed: bool) -> None:
    """
    Its request is no push: not among the newest, not in a window, not around, and no attempt.
    """
    where = [str(store(tmp_path, CRM, BEHIND, sealed=sealed))]
    window = (START_NS - SECOND, START_NS + SECOND)

    scanned = scan_arrivals(where, *window)

    assert ((), ()) == (scanned.spans, newest(where, 5).pushes)
    assert () == arrivals_of(find(openid="oA", stamp=STAMP, store=where).attempts[0].rebuilt.spans, START_NS, {})
    assert 0 == survey(where, *window).came.attempts


ALARM = (
    "Appid: wx0123456789abcdef\n昵称: 示例\n时间: 2026-09-21 22:13:20\n"
    "内容: 微信服务器向公众号推送消息或事件后，开发者5秒内没有返回\n次数: 5分钟 1次\n"
    f"错误样例: [OpenID=oA][Stamp={STAMP}]\n"
)


@pytest.mark.parametrize("asked", [{"alarm": ALARM}, {"openid": "oA", "stamp": STAMP}], ids=["alarm", "tag"])
def test_a_service_behind_alone_is_said_to_be_that(tmp_path: Path, asked: dict[str, Any]) -> None:
    """
    Whoever looks at that service's store alone is told so, and to give the other one too.
    """
    found = find(**asked, store=store(tmp_path, CRM, BEHIND))

    assert "unrecorded" == found.verdict.case
    assert "Only a request to a service behind was recorded here (wx-callback)" in found.verdict.text


def test_a_service_behind_lies_in_its_attempt(tmp_path: Path) -> None:
    """
    With both stores it is part of the attempt, below the call, and the attempt is one.
    """
    call = journal_maker.span(3, parent=1, layer="remote", module="crm", span_kind="CLIENT", duration_ns=5 * MS)
    stores = [store(tmp_path / "a", WRITER, *PUSH, call), store(tmp_path / "b", CRM, BEHIND)]

    (attempt,) = find(openid="oA", stamp=STAMP, store=stores).attempts

    depths = {node.span.name: node.depth for node in attempt.rebuilt.nodes if node.span}
    assert (0, 2) == (depths["POST /wechat"], depths["POST /members"])
