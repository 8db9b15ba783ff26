"""
What an instrumented call costs the app, by wxtrace and by OpenTelemetry's SDK, beside the same call without.

    python benchmarks/instruments.py [--calls 300] [--rounds 5]

Each variant runs in a process of its own, in rounds taken in turn, every second one in the opposite order. SQLite
needs nothing; MariaDB, PostgreSQL and Redis are asked where they answer on this host, and httpx and requests ask a
server that runs in another process. What does not answer is left out. CPU of all threads of the app's process,
microseconds a call; the least of the rounds. The last line is a push; its app asks SQLAlchemy, redis and httpx once
each, under the middleware of the variant.

    bare            nothing is instrumented
    wxtrace         `start(instrument=[…])`, into a store; sealing it, in another process, is told by the span
    SDK             the same instrumentations on the SDK's provider, with a batch processor; the exporter throws the
                    spans away
    wxtrace on SDK  `start(instrument=[…])` beside an SDK's provider that exports nothing
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from costs.calls import CALLS, SERVER, Call, asking
from costs.ours import count_rows, idle_seal, seal
from costs.pushes import App, ask, draw_pushes

VARIANTS = ("bare", "wxtrace", "SDK", "wxtrace on SDK")
NAMES = ("sqlalchemy", "pymysql", "psycopg", "redis", "httpx", "requests")
PUSH, SEALING = "a push: SQLAlchemy (SQLite), redis, httpx", "sealing"
Costs = dict[str, float]


def main() -> None:
    """Read the arguments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300, help="of each in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", choices=VARIANTS, help="measure one variant here, and print its figures as JSON")
    parser.add_argument("--server", default="", help="for --one: the address of the server")
    arguments = parser.parse_args()
    if arguments.one:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # its journal is being kept
            print(json.dumps(measured(arguments.one, arguments.server, arguments.calls, Path(folder))))
        return
    load = os.getloadavg()[0]
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        server = f"http://127.0.0.1:{process.stdout.readline().strip()}/" if process.stdout else ""
        try:
            least = in_turn(server, arguments.calls, arguments.rounds)
        finally:
            process.terminate()
    print(f"{arguments.calls} calls, {arguments.rounds} rounds; load {load:.1f} to {os.getloadavg()[0]:.1f}\n")
    tell(least)


def in_turn(server: str, calls: int, rounds: int) -> dict[str, Costs]:
    """Measure each variant once a round, and return the least of each figure."""
    least: dict[str, Costs] = {variant: {} for variant in VARIANTS}
    for number in range(rounds):
        for variant in VARIANTS if number % 2 == 0 else VARIANTS[::-1]:
            command = [sys.executable, __file__, "--one", variant, "--server", server, "--calls", str(calls)]
            costs: Costs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            for what, cost in costs.items():
                least[variant][what] = min(cost, least[variant].get(what, cost))
    return least


def tell(least: dict[str, Costs]) -> None:
    """Print a table of what each call costs, and what is added to it."""
    print("| what | bare, µs | wxtrace adds | SDK adds | ratio | wxtrace on SDK adds | ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for what, bare in least["bare"].items():
        if any(what not in costs for costs in least.values()):
            continue  # it was left out once, as told on stderr
        ours, sdk, both = (least[variant][what] - bare for variant in VARIANTS[1:])
        ratios = [f"{one / sdk:.2f}" if sdk > 0 else "" for one in (ours, both)]
        print(f"| {what} | {bare:,.0f} | {ours:+,.0f} | {sdk:+,.0f} | {ratios[0]} | {both:+,.0f} | {ratios[1]} |")
    print(f"\nSealing a span afterwards: {least['wxtrace'][SEALING]:.1f} µs")


# ---------------------------------------------------------------- one variant, in a process of its own


def measured(variant: str, server: str, calls: int, store: Path) -> Costs:
    """Set *variant* up, and return what each call costs in it, in microseconds of CPU."""
    settle = set_up(variant, store)
    costs = {}
    with in_request(variant):
        for what, make in CALLS.items():
            try:
                costs[what] = cost_of(make(server), calls, settle)
            except Exception as error:  # not installed, not running
                print(f"{what}: left out: {type(error).__name__}", file=sys.stderr)
    try:
        costs[PUSH] = asyncio.run(cost_of_push(within(variant, asking(server)), calls, settle))
    except Exception as error:
        print(f"{PUSH}: left out: {type(error).__name__}", file=sys.stderr)
    if variant == "wxtrace":
        cpu = seal(store) - idle_seal(store.parent)
        costs[SEALING] = max(0.0, cpu) / max(count_rows(store / "spans"), 1) * 1e6
    return costs


def set_up(variant: str, store: Path) -> Call:
    """Switch on what *variant* has, and return what hands on what is pending."""
    if variant == "bare":
        return lambda: None
    settle: Call = lambda: None  # noqa: E731
    if variant != "wxtrace":
        settle = set_sdk(exports=variant == "SDK")
    if variant == "SDK":
        from wxtrace.capture.instruments import instruments

        instruments.switch_on(NAMES)
    else:
        import wxtrace
        from wxtrace.capture.provider import origin

        wxtrace.start(service="cost", store=store, sealer=False, instrument=NAMES)
        origin.decide()
    return settle


def set_sdk(exports: bool) -> Call:
    """Set OpenTelemetry's SDK up, perhaps with an exporter; return its flush."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans: Sequence[Any]) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    if exports:
        provider.add_span_processor(BatchSpanProcessor(Nowhere(), max_queue_size=1 << 16))
    trace.set_tracer_provider(provider)
    return provider.force_flush


@contextmanager
def in_request(variant: str) -> Iterator[None]:
    """Bind a tagged request for a block, where the variant is ours."""
    if "wxtrace" not in variant:
        yield
        return
    from wxtrace.tag import Request, bind, unbind

    request = Request()
    request.learn("oBenchmark", int(time.time()), "7")
    token = bind(request)
    yield
    unbind(token)


def within(variant: str, app: App) -> App:
    """Put the middleware of *variant* around *app*."""
    if variant == "bare":
        return app
    if variant == "SDK":
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        return OpenTelemetryMiddleware(app, exclude_spans=["receive", "send"])
    import wxtrace

    return wxtrace.AccessMiddleware(app)


def cost_of(call: Call, calls: int, settle: Call) -> float:
    """Return what *call* costs, in microseconds of CPU."""
    for _ in range(calls // 10 + 1):
        call()
    settle()
    before = time.process_time_ns()
    for _ in range(calls):
        call()
    settle()
    return (time.process_time_ns() - before) / calls / 1000


async def cost_of_push(app: App, calls: int, settle: Call) -> float:
    """Return what a push costs, in microseconds of CPU."""
    pushes = draw_pushes(calls + 20)
    for push in pushes[:20]:
        await ask(app, push)
    settle()
    before = time.process_time_ns()
    for push in pushes[20:]:
        await ask(app, push)
    settle()
    return (time.process_time_ns() - before) / calls / 1000


if __name__ == "__main__":
    main()
