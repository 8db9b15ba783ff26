"""
What an instrumented call costs the app, beside the same call without.

    python benchmarks/instruments.py [--calls 300] [--rounds 9]

Each is done for a request, in rounds taken in turn, with the spans recorded into memory. SQLite needs nothing;
MariaDB, PostgreSQL and Redis are asked where they answer on this host, and httpx and requests ask a server that
runs in another process. CPU of this process, microseconds a call; the least of the rounds. What is not installed
or does not answer is left out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

from wxtrace.capture.instruments import instruments
from wxtrace.capture.provider import origin
from wxtrace.tag import Request, bind, unbind
from wxtrace.testing import capture_records

Call = Callable[[], object]
SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", 65536
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *told): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def sqlalchemy(url: str) -> Callable[[str], Call]:
    """Ask through SQLAlchemy."""

    def make(server: str) -> Call:
        from sqlalchemy import create_engine, text

        connection = create_engine(url).connect()
        query = text("SELECT 1 AS a, 'Fan' AS b WHERE 2 = :x")
        return lambda: connection.execute(query, {"x": 2}).all()

    return make


def pymysql(server: str) -> Call:
    """Ask MariaDB."""
    import pymysql

    cursor = pymysql.connect(host="127.0.0.1", user="root", database="test").cursor()
    return lambda: cursor.execute("SELECT 1, 'Fan', %s", (2,))


def psycopg(server: str) -> Call:
    """Ask PostgreSQL."""
    import psycopg

    cursor = psycopg.connect("postgresql://root@127.0.0.1/test").cursor()
    return lambda: cursor.execute("SELECT 1, 'Fan', %s", (2,))


def redis(server: str) -> Call:
    """Ask Redis."""
    import redis

    client = redis.Redis()
    client.ping()
    return lambda: client.get("wxtrace-benchmark")


def httpx(server: str) -> Call:
    """Ask a server over a connection that is kept."""
    import httpx

    client = httpx.Client()
    return lambda: client.get(server)


def requests(server: str) -> Call:
    """Ask a server over a connection that is kept."""
    import requests

    session = requests.Session()
    return lambda: session.get(server)


CALLS: dict[str, tuple[str, Callable[[str], Call]]] = {
    "SQLAlchemy, SQLite": ("sqlalchemy", sqlalchemy("sqlite://")),
    "SQLAlchemy, MariaDB": ("sqlalchemy", sqlalchemy("mysql+pymysql://root@127.0.0.1/test")),
    "SQLAlchemy, PostgreSQL": ("sqlalchemy", sqlalchemy("postgresql+psycopg://root@127.0.0.1/test")),
    "PyMySQL": ("pymysql", pymysql),
    "psycopg": ("psycopg", psycopg),
    "redis": ("redis", redis),
    "httpx": ("httpx", httpx),
    "requests": ("requests", requests),
}


def measure(make: Callable[[str], Call], name: str, server: str, calls: int) -> float:
    """Return what a call costs with the instrumentation *name* on ("": none), in microseconds of CPU."""
    if name:
        instruments.switch_on([name])
    try:
        call = make(server)
        for _ in range(calls // 10 + 1):
            call()
        before = time.process_time_ns()
        for _ in range(calls):
            call()
        return (time.process_time_ns() - before) / calls / 1000
    finally:
        instruments.switch_off()


def main() -> None:
    """Read the arguments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=300, help="of each in each round")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    print("| what | bare, µs | instrumented, µs | added, µs |\n| --- | ---: | ---: | ---: |")
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        server = f"http://127.0.0.1:{process.stdout.readline().strip()}/" if process.stdout else ""
        for what, (name, make) in CALLS.items():
            told: dict[str, list[float]] = {"": [], name: []}
            try:
                for _ in range(arguments.rounds):
                    for on, costs in told.items():
                        with capture_records():
                            costs.append(measure(make, on, server, arguments.calls))
            except Exception as error:  # not installed, not running
                print(f"{what}: left out: {type(error).__name__}", file=sys.stderr)
                continue
            bare, ours = min(told[""]), min(told[name])
            print(f"| {what} | {bare:,.0f} | {ours:,.0f} | {ours - bare:+,.0f} |")
        process.terminate()


if __name__ == "__main__":
    origin.decide()
    request = Request()
    request.learn("oBenchmark", 1745231475, "7")
    token = bind(request)
    main()
    unbind(token)
