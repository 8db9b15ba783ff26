"""
How fast journals become sorted Parquet, and how large.

    python benchmarks/seal.py [RECORDS]

Writes a journal of realistic records (per push five spans and three log lines), seals it on one
core, and then, in the same run, sorts and writes the very same tables with pyarrow alone. Only the
ratio of the two travels between machines.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from wxtrace import record
from wxtrace.seal import encode
from wxtrace.seal.seal import seal
from wxtrace.seal.sealer import be_modest
from wxtrace.store import journals, paths, schema

SEGMENT = 8 << 20
START_NS = 1_790_000_000 * 10**9
SPANS_A_PUSH, LOGS_A_PUSH = 5, 3
WRITER = "bench-1-1790000000-0a1b"


def push(seq: int, at_ns: int, rng: random.Random) -> Iterator[bytes]:
    """Yield the packed records of one push, in the order in which a callback server makes them."""
    openid = "o6_" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", k=25))
    tag = record.PackedTag(openid.encode(), at_ns // 10**9, str(rng.randrange(10**8, 10**10)).encode())
    trace, ids = rng.randbytes(16), [rng.randbytes(8) for _ in range(SPANS_A_PUSH)]
    started = [at_ns + step * 40_000 + rng.randrange(30_000) for step in range(8)]
    lasted = [rng.randrange(200_000, 9_000_000) for _ in range(SPANS_A_PUSH)]

    def span(at: int, parent: int, kind: int, layer: str, module: str, name: str, **attributes: object) -> bytes:
        above = bytes(8) if parent < 0 else ids[parent]
        place = record.PackedPlace(kind, layer.encode(), module.encode(), name.encode())
        begin = record.began(seq + at, started[at], trace, ids[at], above, tag, place)
        text = json.dumps(attributes, separators=(",", ":")).encode() if attributes else b""
        return record.finished(record.SPAN, begin, started[at] + lasted[at], attributes=text)

    def line(at: int, named: str, **attributes: object) -> bytes:
        place = record.PackedPlace(0, b"logic", b"reply.menu", named.encode(), b"app.menu", b"info")
        begin = record.began(seq + at, started[at], trace, ids[1], bytes(8), tag, place)
        return record.finished(record.LOG, begin, attributes=json.dumps(attributes, separators=(",", ":")).encode())

    key = f"menu_{rng.randrange(8)}"
    yield line(5, "push.received", event="CLICK", key=key)
    yield span(
        2, 1, 2, "storage", "redis", "GET",
        **{"db.system.name": "redis", "db.query.text": "GET wx:token:wx1234567890"},
    )  # fmt: skip
    yield line(6, "token.cached", hit=rng.random() < 0.9)
    yield span(
        3, 1, 2, "storage", "mysql", "SELECT replies",
        **{"db.system.name": "mysql", "db.query.text": "SELECT text FROM replies WHERE menu_key = %s LIMIT 1"},
    )  # fmt: skip
    yield line(7, "reply.chosen", key=key, length=rng.randrange(40, 400))
    yield span(1, 0, 0, "logic", "reply.menu", "reply.menu")
    yield span(4, 0, 0, "access", "after_reply", "after_reply")
    yield span(0, -1, 1, "access", "asgi", "POST /callback", **_request(openid, at_ns, key, rng))


def _request(openid: str, at_ns: int, key: str, rng: random.Random) -> dict[str, object]:
    return {
        "http.request.method": "POST",
        "url.path": "/callback",
        "client.address": f"101.226.103.{rng.randrange(60, 80)}",
        "user_agent.original": "Mozilla/4.0",
        "http.response.status_code": 200,
        "wechat.msg_type": "event",
        "wechat.event": "CLICK",
        "wechat.msg_id": str(rng.randrange(10**18, 10**19)),
        "wechat.create_time": at_ns // 10**9,
        "wechat.from_user_name": openid,
        "wechat.reply.length": rng.randrange(200, 500),
        "wechat.reply.acceptable": True,
        "wechat.reply.end_ns": at_ns + rng.randrange(10**6, 10**7),
        "wechat.request.body_bytes": rng.randrange(280, 300),
    }


def write_journal(folder: Path, count: int) -> None:
    """Write the journal of a dead writer with about *count* records, spread over half an hour."""
    rng, writer = random.Random(7), folder / WRITER
    writer.mkdir(parents=True)
    (writer / paths.LOCK).touch()
    described = json.dumps({"writer": WRITER, "host": "bench", "pid": 1, "service": "wx-callback"}).encode()
    (writer / paths.WRITER).write_bytes(described.ljust(journals.COUNTERS_AT, b"\0") + journals.COUNTERS.pack(0))
    a_push = SPANS_A_PUSH + LOGS_A_PUSH
    step, number, content = 1_800 * 10**9 * a_push // count, 1, bytearray()
    for seq in range(0, count, a_push):
        for one in push(seq, START_NS + seq // a_push * step, rng):
            if len(content) + len(one) > SEGMENT:
                (writer / paths.segment_name(number)).write_bytes(content.ljust(SEGMENT, b"\0"))
                number, content = number + 1, bytearray()
            content += one
    (writer / paths.segment_name(number)).write_bytes(content.ljust(SEGMENT, b"\0"))


def sort_and_write(store: Path) -> float:
    """Return the CPU seconds that pyarrow needs to sort and write what `seal` wrote, from memory."""
    total, by_name = 0.0, {"wxtrace": b"{}"}
    for table in paths.TABLES:
        for path in sorted((store / table).rglob("*.parquet")):
            rows = pq.ParquetFile(path).read()
            rows = rows.take(pa.array(random.Random(1).sample(range(len(rows)), len(rows)))).combine_chunks()
            begin = time.process_time()
            ordered = rows.sort_by([(name, "ascending") for name in schema.SORTED_BY[table]])
            (store / "alone").write_bytes(encode.encode(table, [ordered], by_name, 2000))
            total += time.process_time() - begin
    return total


def main() -> None:
    """Measure, and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=int, nargs="?", default=400_000)
    count = parser.parse_args().records
    be_modest()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        write_journal(store / "journal", count)
        begin = time.process_time()
        done = seal(folder)
        spent, peak = time.process_time() - begin, _peak_mb()
        alone = sort_and_write(store)
        spans = sum(path.stat().st_size for path in (store / "spans").rglob("*.parquet"))
        logs = sum(path.stat().st_size for path in (store / "logs").rglob("*.parquet"))
    span_rows = done.records * SPANS_A_PUSH / (SPANS_A_PUSH + LOGS_A_PUSH)
    print(f"records                     {done.records:>10,} in {done.files} files")
    print(f"records a second and core   {done.records / spent:>10,.0f}")
    print(f"sort + write alone          {done.records / alone:>10,.0f}")
    print(f"ratio (seal / alone)        {alone / spent:>10.2f}")
    print(f"bytes a span                {spans / span_rows:>10.1f}")
    print(f"bytes a log line            {logs / (done.records - span_rows):>10.1f}")
    print(f"peak memory                 {peak:>10.0f} MB")


def _peak_mb() -> float:
    with open(f"/proc/{os.getpid()}/status", encoding="ascii") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmHWM"].split()[0]) / 1024


if __name__ == "__main__":
    main()
