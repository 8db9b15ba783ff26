"""
Make a store of the size that `find.py` measures on: 20 million spans over 24 hours.

    python benchmarks/make_store.py FOLDER [--requests-an-hour 166667] [--hours 24] [--row-group 8192]

FOLDER/compacted has one file an hour and table, as `wxtrace compact` leaves it, written as wxtrace writes;
FOLDER/raw has its eighth hour once more, as `wxtrace seal --follow` leaves it: 120
files a table. The rows are drawn with a fixed seed, so the same arguments make
the same store: 5 spans and 2 log lines a request, one request in fifty without
a tag, one in a thousand a component push.
"""

from __future__ import annotations

import argparse
import calendar
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from wxtrace.seal import encode
from wxtrace.store import paths

DAY = calendar.timegm((2026, 9, 22, 0, 0, 0))
RAW_HOUR = 7
RAW_PASSES = 120
SPANS_A_REQUEST, LOGS_A_REQUEST = 5, 2
USERS = 1_000_000
WRITERS = 8
SEED = 20260922

LAYERS = ("access", "logic", "storage", "storage", "remote")
MODULES = ("asgi", "reply.menu", "redis", "mysql", "api.weixin.qq.com")
NAMES = ("POST /wechat/callback", "reply.menu", "GET", "SELECT menu", "POST /cgi-bin/message/custom/send")
KINDS = ("SERVER", "INTERNAL", "CLIENT", "CLIENT", "CLIENT")
PARENTS = (-1, 0, 1, 1, 1)
ATTRIBUTES = (
    '{"http.request.method":"POST","url.path":"/wechat/callback","client.address":"101.226.103.0##",'
    '"user_agent.original":"Mozilla/4.0","http.response.status_code":200,"wechat.msg_type":"event",'
    '"wechat.event":"CLICK","wechat.create_time":17900#####,"wechat.reply.length":2##,'
    '"wechat.reply.acceptable":true,"wechat.reply.end_ns":179000##########000}',
    '{"code.function.name":"reply_menu","menu.key":"V1001_TODAY_####"}',
    '{"db.system.name":"redis","db.query.text":"GET token:wx0a1b2c3d4e5f####"}',
    '{"db.system.name":"mysql","db.query.text":"SELECT id, title, url FROM menu WHERE key = ? LIMIT #",'
    '"server.address":"10.0.3.1#"}',
    '{"http.request.method":"POST","url.full":"https://api.weixin.qq.com/cgi-bin/message/custom/send?'
    'access_token=REDACTED","http.response.status_code":200,"wechat.errcode":0,"retry":#}',
)
COMPONENT = '{"http.request.method":"POST","url.path":"/component","wechat.info_type":"component_verify_ticket"}'
LOG_EVENTS = ("push received", "reply sent")
LOG_ATTRIBUTES = ('{"msg_type":"event","key":"V1001_TODAY_####"}', '{"length":2##,"took_ms":1##}')


@dataclass(frozen=True, slots=True)
class Requests:
    """An hour's requests as columns, in the store's order: by openid, stamp and trace id."""

    user: np.ndarray[Any, Any]
    stamp: np.ndarray[Any, Any]
    start_ns: np.ndarray[Any, Any]
    trace: np.ndarray[Any, Any]
    span: np.ndarray[Any, Any]
    nonce: np.ndarray[Any, Any]
    writer: np.ndarray[Any, Any]
    seq: np.ndarray[Any, Any]
    kind: np.ndarray[Any, Any]

    def only(self, rows: np.ndarray[Any, Any]) -> Requests:
        """Return the requests at *rows*, in their order."""
        return Requests(*(getattr(self, name)[rows] for name in self.__slots__))


TAGGED, PUSH_OF_COMPONENT, UNTAGGED = 0, 1, 2


def main() -> None:
    """Read the arguments and write both stores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests-an-hour", type=int, default=166_667)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--row-group", type=int, default=4096)
    arguments = parser.parse_args()
    began = time.perf_counter()
    make(arguments.folder, arguments.requests_an_hour, arguments.hours, arguments.row_group)
    print(f"made in {time.perf_counter() - began:.0f} s")


def make(folder: Path, requests: int, hours: int, row_group: int) -> None:
    """Write *hours* hours of *requests* requests each under *folder*."""
    random = np.random.default_rng(SEED)
    users = _users(random)
    for hour in range(hours):
        drawn = draw(random, hour, requests)
        _write(folder / "compacted", hour, "compacted", drawn, users, row_group)
        if hour == min(RAW_HOUR, hours - 1):
            for number, some in enumerate(passes(drawn, hour)):
                _write(folder / "raw", hour, f"{number:04d}", some, users, row_group)


def draw(random: np.random.Generator, hour: int, count: int) -> Requests:
    """Draw one hour of requests."""
    stamp = DAY + hour * 3600 + random.integers(0, 3600, count)
    start_ns = stamp * 10**9 + random.integers(50_000_000, 900_000_000, count)
    kind = np.select(
        [random.random(count) < 0.001, random.random(count) < 0.02], [PUSH_OF_COMPONENT, UNTAGGED], TAGGED
    )
    writer = random.integers(0, WRITERS, count)
    seq = np.empty(count, np.int64)
    seq[np.argsort(start_ns)] = np.arange(count) * (SPANS_A_REQUEST + LOGS_A_REQUEST)
    drawn = Requests(
        user=random.integers(0, USERS, count),
        stamp=stamp,
        start_ns=start_ns,
        trace=random.integers(0, 256, (count, 16), np.uint8),
        span=random.integers(0, 256, (count * SPANS_A_REQUEST, 8), np.uint8).reshape(count, -1),
        nonce=random.integers(48, 58, (count, 10), np.uint8),
        writer=writer,
        seq=seq + hour * count * 10,
        kind=kind,
    )
    return drawn.only(_store_order(drawn))


def passes(drawn: Requests, hour: int) -> Iterator[Requests]:
    """Yield the requests of each 30 s, as a sealer that follows takes them."""
    number = (drawn.start_ns // 10**9 - DAY - hour * 3600) * RAW_PASSES // 3601
    for one in range(RAW_PASSES):
        yield drawn.only(np.flatnonzero(number == one))


def _store_order(drawn: Requests) -> np.ndarray[Any, Any]:
    trace = drawn.trace.view(">u8")
    user = np.where(drawn.kind == TAGGED, drawn.user, USERS)
    stamp = np.where(drawn.kind == UNTAGGED, np.iinfo(np.int64).max, drawn.stamp)
    return np.lexsort((trace[:, 1], trace[:, 0], stamp, user))


def _users(random: np.random.Generator) -> np.ndarray[Any, Any]:
    letters = np.frombuffer(b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz", np.uint8)
    drawn = letters[random.integers(0, 64, (USERS, 28))]
    drawn[:, :6] = np.frombuffer(b"oLVPpj", np.uint8)
    return np.sort(drawn.view("S28").ravel()).view(np.uint8).reshape(USERS, 28)


# ---------------------------------------------------------------- tables


def spans(drawn: Requests, users: np.ndarray[Any, Any]) -> pa.Table:
    """Return the spans of *drawn* by the contract, in the store's order."""
    count, width = len(drawn.stamp), SPANS_A_REQUEST
    row = np.arange(count * width)
    request, which = row // width, row % width
    start = drawn.start_ns[request] + which * 1_500_000
    length = np.array([48_000_000, 40_000_000, 900_000, 6_000_000, 21_000_000])[which] + start % 1_000_003
    ids = drawn.span.reshape(-1, 8)
    parent = np.array(PARENTS)[which]
    component = (drawn.kind[request] == PUSH_OF_COMPONENT) & (which == 0)
    columns = _common(drawn, users, request, which) | {
        "layer": _chosen(LAYERS, which),
        "module": _chosen(MODULES, which),
        "name": _chosen(NAMES, which),
        "trace_id": _texts(_hex(drawn.trace)).take(pa.array(request)),
        "span_id": _texts(_hex(ids)),
        "parent_span_id": _texts(_hex(ids[request * width + parent]), missing=parent < 0),
        "kind": _chosen(KINDS, which),
        "start_ns": pa.array(start),
        "end_ns": pa.array(start + length),
        "duration_ns": pa.array(length),
        "state": _chosen(("closed",), which * 0),
        "status_code": _chosen(("UNSET",), which * 0),
        "status_message": pa.nulls(len(row), pa.string()),
        "attributes": _filled((*ATTRIBUTES, COMPONENT), np.where(component, width, which), start),
        "time": pa.array(start // 1000).cast(pa.timestamp("us", "UTC")),
    }
    return pa.table({name: columns[name] for name in SPAN_COLUMNS})


def logs(drawn: Requests, users: np.ndarray[Any, Any]) -> pa.Table:
    """Return the log lines of *drawn* by the contract, in the store's order."""
    row = np.arange(len(drawn.stamp) * LOGS_A_REQUEST)
    request, which = row // LOGS_A_REQUEST, row % LOGS_A_REQUEST
    moment = drawn.start_ns[request] + 1_700_000 + which * 40_000_000
    ids = drawn.span.reshape(-1, 8)[request * SPANS_A_REQUEST + 1]
    columns = _common(drawn, users, request, which + SPANS_A_REQUEST) | {
        "trace_id": _texts(_hex(drawn.trace)).take(pa.array(request)),
        "span_id": _texts(_hex(ids)),
        "layer": _chosen(("logic",), which * 0),
        "module": _chosen(("reply.menu",), which * 0),
        "time_ns": pa.array(moment),
        "severity": _chosen(("info",), which * 0),
        "event": _chosen(LOG_EVENTS, which),
        "logger": _chosen(("callback.reply",), which * 0),
        "attributes": _filled(LOG_ATTRIBUTES, which, moment),
        "time": pa.array(moment // 1000).cast(pa.timestamp("us", "UTC")),
    }
    return pa.table({name: columns[name] for name in LOG_COLUMNS})


def _common(
    drawn: Requests, users: np.ndarray[Any, Any], request: np.ndarray[Any, Any], which: np.ndarray[Any, Any]
) -> dict[str, pa.Array]:
    at, writer = pa.array(request), drawn.writer[request]
    pids = np.arange(WRITERS) + 4100
    names = tuple(f"wx-{number // 4}-{pid}-1790000000000000000-{number:04x}" for number, pid in enumerate(pids))
    return {
        "openid": _texts(users[drawn.user], missing=drawn.kind != TAGGED).take(at),
        "stamp": pa.array(drawn.stamp, mask=drawn.kind == UNTAGGED).take(at),
        "nonce": _texts(drawn.nonce, missing=drawn.kind == UNTAGGED).take(at),
        "service": _chosen(("wx-callback",), writer * 0),
        "host": _chosen(("wx-0", "wx-1"), writer // 4),
        "pid": pa.array(pids[writer].astype(np.int32)),
        "writer": _chosen(names, writer),
        "seq": pa.array(drawn.seq[request] + which),
    }


def _chosen(values: Sequence[str], which: np.ndarray[Any, Any]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(which.astype(np.int32)), pa.array(values)).cast(pa.string())


def _texts(letters: np.ndarray[Any, Any], missing: np.ndarray[Any, Any] | None = None) -> pa.Array:
    count, width = letters.shape
    fixed = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), count, [None, pa.py_buffer(np.ascontiguousarray(letters))]
    )
    texts = fixed.cast(pa.binary()).cast(pa.string())
    if missing is None:
        return texts
    where = np.arange(count)
    return texts.take(pa.array(where, mask=missing))


_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8).reshape(256, 2)


def _hex(raw: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return _HEX[raw].reshape(len(raw), -1)


def _filled(templates: Sequence[str], which: np.ndarray[Any, Any], seeds: np.ndarray[Any, Any]) -> pa.Array:
    """Repeat the templates, each ``#`` a digit that the row's seed decides."""
    parts, order = [], np.empty(len(which), np.int64)
    at = 0
    for number, template in enumerate(templates):
        rows = np.flatnonzero(which == number)
        letters = np.tile(np.frombuffer(template.encode(), np.uint8), (len(rows), 1))
        for turn, place in enumerate(np.flatnonzero(letters[:1].ravel() == ord("#"))):
            letters[:, place] = 48 + (seeds[rows] // (7 + turn * 1009)) % 10
        parts.append(_texts(letters))
        order[rows] = np.arange(at, at + len(rows))
        at += len(rows)
    return pa.concat_arrays(parts).take(pa.array(order))


# ---------------------------------------------------------------- files

SPAN_COLUMNS = (
    "openid",
    "stamp",
    "nonce",
    "layer",
    "module",
    "name",
    "trace_id",
    "span_id",
    "parent_span_id",
    "kind",
    "start_ns",
    "end_ns",
    "duration_ns",
    "state",
    "status_code",
    "status_message",
    "service",
    "host",
    "pid",
    "writer",
    "seq",
    "attributes",
    "time",
)
LOG_COLUMNS = (
    "openid",
    "stamp",
    "nonce",
    "trace_id",
    "span_id",
    "layer",
    "module",
    "time_ns",
    "severity",
    "event",
    "logger",
    "service",
    "host",
    "pid",
    "writer",
    "seq",
    "attributes",
    "time",
)


def _write(store: Path, hour: int, name: str, drawn: Requests, users: np.ndarray[Any, Any], row_group: int) -> None:
    for table, rows in ((paths.SPANS, spans(drawn, users)), (paths.LOGS, logs(drawn, users))):
        folder = store / table / paths.partition(DAY + hour * 3600, (DAY + hour * 3600) * 10**9)
        folder.mkdir(parents=True, exist_ok=True)
        level = encode.SMALL if name == "compacted" else encode.QUICK
        path = folder / f"{name}.parquet"
        with encode.writer(path, table, rows.schema, {b"wxtrace": _described(rows)}, row_group, level) as file:
            file.write_table(rows, row_group_size=row_group)


def _described(rows: pa.Table) -> bytes:
    moments = rows["start_ns" if "start_ns" in rows.column_names else "time_ns"].to_numpy()
    writers = rows["writer"].combine_chunks().dictionary_encode()
    which = writers.indices.to_numpy()
    found = []
    for number, writer in enumerate(writers.dictionary.to_pylist()):
        own = moments[which == number]
        found.append(
            {
                "writer": writer,
                "host": writer.rsplit("-", 3)[0],
                "pid": int(writer.rsplit("-", 3)[1]),
                "first_ns": int(own.min()),
                "last_ns": int(own.max()),
                "records": len(own),
                "dropped": 0,
            }
        )
    return json.dumps({"schema": 1, "writers": found}).encode()


if __name__ == "__main__":
    main()
