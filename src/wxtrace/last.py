"""
What there is to see before any alarm: the newest pushes, who records, and whether it gets through.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxtrace.row import SpanRow
from wxtrace.show.terminal import clean, cut, fit, fit_right
from wxtrace.show.times import moment
from wxtrace.show.words import Words

if TYPE_CHECKING:
    from wxtrace.scan.evidence import WriterSeen
    from wxtrace.scan.newest import Newest

_LAGGING_NS = 10 * 60 * 10**9


def render(newest: Newest, words: Words) -> str:
    """Return the newest pushes and the state of the store as text, with hints where something is missing."""
    return "\n".join(_lines(newest, words)) + "\n"


def _lines(newest: Newest, words: Words) -> Iterator[str]:
    if newest.pushes:
        yield words("Newest pushes (times are UTC+8)")
        yield from ("  " + _push(push, words) for push in newest.pushes)
    else:
        yield words("No push has been recorded yet.")
        yield from ("  " + hint for hint in _hints(newest, words))
    yield ""
    yield words("Writers: {alive} alive, {ended} ended", **_counted(newest.writers))
    yield from ("  " + _writer(writer, words) for writer in newest.writers if writer.alive)
    yield (
        words("{dropped:record was|records were} dropped", dropped=newest.dropped)
        if newest.dropped
        else words("nothing was dropped")
    )
    yield _lag(newest, words)
    for problem in newest.damaged:
        yield words("Not read: {problem}", problem=clean(problem))
    if newest.pushes:
        yield ""
        yield words("To look one up: {command}", command=_command(newest.pushes[0]))


def _push(push: SpanRow, words: Words) -> str:
    kind = " ".join(
        clean(str(push.attributes[key]))
        for key in ("wechat.info_type", "wechat.msg_type", "wechat.event")
        if push.attributes.get(key)
    )
    status = push.attributes.get("http.response.status_code", "")
    took = {"open": words("running"), "crashed": words("crashed")}.get(push.state) or words.seconds(
        max(0, push.duration_ns or 0)
    )
    columns = (
        moment(push.start_ns),
        fit(clean(push.openid or words("no openid")), 28),
        f"stamp {push.stamp}",
        fit(kind, 16),
        fit_right(took, 10),
        fit(clean(str(status)), 3),
        f"{clean(push.host)} pid {push.pid}",
    )
    return cut("  ".join(columns), 160)


def _hints(newest: Newest, words: Words) -> Iterator[str]:
    if not newest.writers:
        yield words(
            "Nobody records here. Does the app call wxtrace.start(store=…) with this store, "
            "and use AccessMiddleware?"
        )
        return
    yield words("Has a request come in since the app was started?")
    yield words("A push is known by timestamp and openid in its query: does the proxy pass the query on?")


def _writer(writer: WriterSeen, words: Words) -> str:
    text = "{host} pid {pid}: {records:record|records}, {first} to {last}"
    first, last = ("?" if ns is None else moment(ns) for ns in (writer.first_ns, writer.last_ns))
    return words(text, host=clean(writer.host), pid=writer.pid, records=writer.records, first=first, last=last)


def _counted(writers: tuple[WriterSeen, ...]) -> dict[str, int]:
    alive = sum(writer.alive for writer in writers)
    return {"alive": alive, "ended": len(writers) - alive}


def _lag(newest: Newest, words: Words) -> str:
    if not newest.seal_lag_ns:
        return words("all is sealed into Parquet")
    lag = words.seconds(newest.seal_lag_ns)
    if newest.seal_lag_ns > _LAGGING_NS:
        return words("the oldest record not in Parquet is {lag} old: does `wxtrace seal --follow` run?", lag=lag)
    return words("the oldest record not in Parquet is {lag} old", lag=lag)


def _command(push: SpanRow) -> str:
    openid = ["--openid", clean(push.openid)] if push.openid else []
    return shlex.join(["wxtrace", "find", *openid, "--stamp", str(push.stamp)])
