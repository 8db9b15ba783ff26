"""
A plugin of pytest: contrib's own tests, on wxtrace's light provider.

    python -m pytest -p shim tests

Their `TestBase` makes an SDK provider with a `SimpleSpanProcessor(InMemorySpanExporter())`. Here the light
provider stands in its place, with the same processor and exporter behind it. What an instrumentation tells is
kept and handed on by stable names, without literals and secrets, and of that those tests know nothing. So each
sees what was told, once it is sure that what was handed on is just that, by those names and redacted: a span of
which this does not hold fails its test. With ``WXTRACE_SHIM=kept`` they see what was handed on.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.test.test_base import TestBase

from wxtrace.capture import foreign, processors, served
from wxtrace.capture.attributes import encode
from wxtrace.capture.light import LightProvider
from wxtrace.capture.place import LAYER, MODULE
from wxtrace.capture.processors import feeder
from wxtrace.capture.recorder import recorder
from wxtrace.capture.spans import LightSpan
from wxtrace.journal.journal import Journal

SHOWS_KEPT: Final = os.environ.get("WXTRACE_SHIM") == "kept"
amiss: Final[list[str]] = []
"""Spans that were not handed on as they were told, since the test began."""

_readable = processors._readable


class Kept(dict[str, Any]):
    """Attributes as they are kept, that remember what was `told`."""

    def __init__(self, kept: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        super().__init__(kept)
        self.told = dict(told)


def remembering(make: Callable[[Any], dict[str, Any]]) -> Callable[[Any], Kept]:
    """Return *make*, which makes attributes as they are kept of those that were told, with a memory."""

    def made(told: Mapping[str, Any]) -> Kept:
        return Kept(make(told), told)

    return made


def as_told(span: LightSpan) -> ReadableSpan:
    """Return what is handed on of *span*, with the attributes that were told."""
    readable = _readable(span)
    told = getattr(span.attributes, "told", span.attributes) or {}
    kept = {key: held for key, held in (readable.attributes or {}).items() if key not in (LAYER, MODULE)}
    if kept != json.loads(encode(span.attributes or {})):
        amiss.append(f"{span.name}: told {told}, handed on {kept}")
    readable._attributes = BoundedAttributes(attributes=told, immutable=True)
    return readable


class Exporter(InMemorySpanExporter):
    """The exporter of those tests; it waits for what is on its way."""

    def get_finished_spans(self) -> tuple[ReadableSpan, ...]:
        """Return what has ended by now."""
        feeder.force_flush()
        return super().get_finished_spans()

    def clear(self) -> None:
        """Forget what has ended by now."""
        feeder.force_flush()
        super().clear()


def create_tracer_provider(**told: Any) -> tuple[LightProvider, Exporter]:
    """Return a light provider, which takes no arguments, and an exporter behind it."""
    light, exporter = LightProvider(), Exporter()
    light.add_span_processor(SimpleSpanProcessor(exporter))
    return light, exporter


@pytest.fixture(autouse=True, scope="session")
def _records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Record into a journal, as an app does."""
    gc.disable()  # SQLite's connections must be collected by the thread that made them
    folder: Path = tmp_path_factory.mktemp("store")
    recorder.configure(lambda dropped: Journal(folder, "contrib", lambda: None, dropped))
    yield
    recorder.configure(None)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """Feed the exporters of one test alone, and hold that each span was handed on as it was told."""
    amiss.clear()
    yield
    feeder.forget()
    assert not amiss


TestBase.create_tracer_provider = staticmethod(create_tracer_provider)  # type: ignore[assignment]
if not SHOWS_KEPT:
    foreign.stable, served.kept = remembering(foreign.stable), remembering(served.kept)  # type: ignore[assignment]
    processors._readable = as_told
