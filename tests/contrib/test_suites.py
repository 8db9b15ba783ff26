"""The run of contrib's own suites, on a suite of our own: theirs are not in this repository."""

from __future__ import annotations

from textwrap import dedent

import pytest
from contrib.run_suites import Result, judge, main

pytest.importorskip("opentelemetry.test.test_base", reason="needs opentelemetry-test-utils")

HEAD = """
    from opentelemetry.test.test_base import TestBase
    from opentelemetry.trace import SpanKind, get_tracer

    SCOPE = "opentelemetry.instrumentation.httpx"


    class TestClient(TestBase):
        def span(self):
            with get_tracer(SCOPE, "9", schema_url="s").start_as_current_span(
                "GET", kind=SpanKind.CLIENT
            ) as span:
                span.set_attribute("http.url", "https://a.example/?b=1")
            (ended,) = self.memory_exporter.get_finished_spans()
            return ended
"""
PASSES = """
        def test_attributes(self):
            self.assertEqual({"http.url": "https://a.example/?b=1"}, dict(self.span().attributes))

        def test_scope(self):
            scope = self.span().instrumentation_scope
            told = scope.name, scope.version, scope.schema_url
            self.assertEqual((SCOPE, "9", "s"), told)
"""
EXPLAINED = """
        def test_custom_tracer_provider(self):
            from opentelemetry.sdk.resources import Resource

            resource = Resource({"a": "b"})
            provider, exporter = self.create_tracer_provider(resource=resource)
            provider.get_tracer("a").start_span("b").end()
            self.assertIs(resource, exporter.get_finished_spans()[0].resource)
"""
FAILS = """
        def test_provider(self):
            self.assertIn("sdk", type(self.tracer_provider).__module__)
"""
NAME = "tests.test_client.TestClient"


@pytest.fixture(name="suite")
def _suite(tmp_path):
    """Make a folder with one suite of these tests."""

    def make(*tests):
        folder = tmp_path / "made" / "tests"
        folder.mkdir(parents=True)
        (folder / "test_client.py").write_text(dedent("".join([HEAD, *tests])), "utf-8")
        return [str(tmp_path)]

    return make


def test_a_suite_that_passes(suite, capsys):
    """On the light provider, tests of contrib's kind see what was told, and whose tracer it was."""
    code = main(suite(PASSES))

    assert (0, "| made | 2 | 2 | 2 | 100.0% |") == (code, capsys.readouterr().out.splitlines()[2])


def test_what_fails_is_told(suite, capsys):
    """What fails on the light provider alone is told, with the reason where one is known, and fails the run."""
    code = main(suite(PASSES, EXPLAINED, FAILS))
    table, _, told = capsys.readouterr().out.partition("\n\n")

    assert (1, "| made | 4 | 4 | 2 | 50.0% |") == (code, table.splitlines()[2])
    assert [
        f"made: {NAME}.test_custom_tracer_provider: it gives the provider a resource; ours has the environment's",
        f"made: {NAME}.test_provider: ?",
        f"made: {NAME}.test_provider fails, and why is not known",
        "made: 2 of 4 pass, 95% are wanted",
    ] == told.splitlines()


def test_what_fails_on_the_sdk_counts_too():
    """A suite that has not what it needs is no measure."""
    amiss = judge("made", Result(1, 0, ("tests.test_a",)), Result(2, 0, ()))

    assert ["made: on the SDK fail tests.test_a: something is not installed"] == amiss
