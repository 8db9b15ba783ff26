"""wxtrace in `cost.py`, set up by its README alone."""

from __future__ import annotations

import functools
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from costs.pushes import callback, choose, visit
from costs.variant import LINES, SPANS, Variant, access_line, configure, count_lines


def wxtrace_capture(folder: Path) -> Variant:
    """Set wxtrace up alone: log lines are recorded and not rendered."""
    import structlog

    def drop(*_: Any) -> Any:
        raise structlog.DropEvent

    return _wxtrace(folder, [drop], structlog.ReturnLoggerFactory())


def wxtrace_rendered(folder: Path) -> Variant:
    """Set wxtrace up as its README does: the lines go to a file too."""
    import orjson
    import structlog

    file = open(folder / "log.jsonl", "ab")  # noqa: SIM115 - as long as the process
    variant = _wxtrace(
        folder,
        [structlog.processors.JSONRenderer(serializer=orjson.dumps)],
        structlog.BytesLoggerFactory(file),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    return replace(
        variant,
        owes={**variant.owes, "lines": LINES},
        found=lambda: {**variant.found(), "lines": count_lines(folder / "log.jsonl")},
    )


def wxtrace_on_sdk(folder: Path) -> Variant:
    """Set wxtrace up beside OpenTelemetry's SDK, under its ASGI middleware: the spans are the SDK's."""
    from opentelemetry import trace
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.trace import TracerProvider

    trace.set_tracer_provider(TracerProvider())
    variant = wxtrace_rendered(folder)
    return replace(variant, app=OpenTelemetryMiddleware(variant.app, exclude_spans=["receive", "send"]))


def _wxtrace(folder: Path, last: Sequence[Any], loggers: Any, *first: Any) -> Variant:
    import structlog

    import wxtrace

    store = folder / "store"
    wxtrace.start(service="cost", store=store, sealer=False)
    configure([*first, wxtrace.structlog_processor, *last], loggers)
    log = structlog.get_logger()

    @wxtrace.storage("mysql")
    async def storage(openid: str) -> int:
        visits = await visit(openid)
        log.info("storage.visited", rows=1)
        return visits

    @wxtrace.logic("reply.text")
    async def logic(openid: str, text: str) -> str:
        visits = await storage(openid)
        log.info("logic.replied", msg_type="text")
        return choose(text, visits)

    return Variant(
        wxtrace.AccessMiddleware(access_line(callback(logic), log)),
        seal=lambda: max(0.0, seal(store) - idle_seal(folder)),
        owes={"span rows": SPANS, "log rows": LINES},
        found=lambda: {"span rows": count_rows(store / "spans"), "log rows": count_rows(store / "logs")},
    )


def seal(store: Path) -> float:
    """Seal all there is, in another process; return its CPU seconds."""
    store.mkdir(exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "wxtrace", "seal", "--store", str(store)]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@functools.cache
def idle_seal(folder: Path) -> float:
    """Return the CPU seconds of sealing an empty store: an interpreter and its imports."""
    return min(seal(folder / "empty") for _ in range(3))


def count_rows(table: Path) -> int:
    """Count the rows of all Parquet files under *table*, but for what an app did after its reply: only some do."""
    import pyarrow.parquet as pq

    files = (pq.ParquetFile(path).read(columns=["module"]) for path in table.rglob("*.parquet"))
    return sum(module != "after_reply" for rows in files for module in rows["module"].to_pylist())
