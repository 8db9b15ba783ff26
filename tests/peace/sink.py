"""A collector for tests: OTLP over HTTP, as protobuf, on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from wxtrace.row import LogRow, SpanRow

_KINDS = ("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUSES = ("UNSET", "OK", "ERROR")
Told = tuple[Any, ...]


class Sink:
    """What came in, body by body; while `gate` is closed no request is answered."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.url = ""

    def requests(self) -> list[ExportTraceServiceRequest]:
        """Return every body, decoded; each must be what its decoded form encodes to, to the byte."""
        decoded = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        assert self.bodies == [request.SerializeToString() for request in decoded]
        return decoded

    def spans(self) -> list[tuple[str, Any]]:
        """Return the service of each span that came in, and the span."""
        return [
            (value_of(attribute.value), span)
            for request in self.requests()
            for resource in request.resource_spans
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def told(self) -> list[Told]:
        """Return what each span that came in says."""
        return sorted(told_by(service, span) for service, span in self.spans())


@contextmanager
def listening() -> Iterator[Sink]:
    """Run a sink on a port of its own as long as the block runs."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Keep the body, and answer once the gate is open."""
            body = self.rfile.read(int(self.headers["content-length"]))
            sink.asked.set()
            sink.gate.wait()
            sink.bodies.append(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield sink
    finally:
        sink.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


def value_of(value: Any) -> Any:
    """Return a value of OTLP as Python has it."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    told = getattr(value, kind)
    if kind == "array_value":
        return [value_of(inner) for inner in told.values]
    if kind == "kvlist_value":
        return {inner.key: value_of(inner.value) for inner in told.values}
    return told


def told_by(service: str, span: Any) -> Told:
    """Return all that a span of OTLP says: ids, names, times, status, attributes, events."""
    return (
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex() or None,
        (service, span.name, _KINDS[span.kind - 1], span.start_time_unix_nano, span.end_time_unix_nano),
        (_STATUSES[span.status.code], span.status.message or None),
        _told_items(span.attributes),
        sorted(
            (
                event.name,
                event.time_unix_nano,
                _items({kept.key: value_of(kept.value) for kept in event.attributes}),
            )
            for event in span.events
        ),
    )


def stored(spans: tuple[SpanRow, ...], logs: tuple[LogRow, ...]) -> list[Told]:
    """Return what the store says of each span, in the same form."""
    return sorted(
        (
            span.trace_id,
            span.span_id,
            span.parent_span_id,
            (span.service, span.name, span.kind, span.start_ns, span.end_ns),
            (span.status_code, span.status_message),
            _items(span.attributes | {"wxtrace.layer": span.layer, "wxtrace.module": span.module}),
            sorted(
                (log.event, log.time_ns, _items(log.attributes))
                for log in logs
                if log.span_id == span.span_id and log.logger == "opentelemetry"
            ),
        )
        for span in spans
    )


def _told_items(attributes: Any) -> str:
    return _items({attribute.key: value_of(attribute.value) for attribute in attributes})


def _items(attributes: dict[str, Any]) -> str:
    return repr(sorted(attributes.items()))
