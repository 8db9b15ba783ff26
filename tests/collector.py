"""A collector for tests: a real HTTP server of this machine that takes OTLP as protobuf's parser reads it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from otlp_reading import by_protobuf


@dataclass
class Collector:
    """Where it listens, what it answers, and what came: requests, headers, sizes of bodies, and paths."""

    url: str = ""
    status: int = 200
    reply: bytes = b"{}"
    more: dict[str, str] = field(default_factory=dict)
    taken: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def collecting(**answer: Any) -> Iterator[Collector]:
    """Run a collector that gives *answer* (status, reply, more headers) for the length of a block."""
    collector = Collector(**answer)

    class Handler(BaseHTTPRequestHandler):
        """Takes what is sent."""

        def do_POST(self):
            """Take a document, if it is one."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            collector.paths.append(self.path)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.sizes.append(len(body))
            collector.taken.append(by_protobuf(body.decode()))
            self.send_response(collector.status)
            for name, value in {"Content-Length": str(len(collector.reply)), **collector.more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(collector.reply)

        def log_message(self, *_):
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
