"""What a user imports, and what comes along with it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import wxtrace

HEAVY = ["numpy", "opentelemetry.sdk", "pandas", "pyarrow"]
FOR_IPYTHON = ["load_ipython_extension", "unload_ipython_extension"]
"""What `%load_ext wxtrace` asks for by name; of no use to anybody else."""
THE_WRITING_SIDE = """
import wxtrace, structlog
wxtrace.AccessMiddleware, wxtrace.logic, wxtrace.LogHandler, wxtrace.structlog_processor
wxtrace.start(store=sys.argv[1], sealer=False)
with wxtrace.span("logic", "job", "run") as span:
    span.set_attribute("a", 1)
"""


def loaded_after(code: str, *arguments: str) -> list[str]:
    """Return which heavy packages a process has loaded after *code*."""
    tell = f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    script = f"import json, sys\n{code}\n{tell}"
    ran = subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True)
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import wxtrace", id="import"),
        pytest.param("from wxtrace import *", id="all"),
        pytest.param(THE_WRITING_SIDE, id="record"),
    ],
)
def test_the_web_process_stays_light(tmp_path, code):
    """Importing wxtrace and recording with it loads neither Arrow nor a data frame nor OpenTelemetry's SDK."""
    assert [] == loaded_after(code, str(tmp_path))


def test_every_public_name_is_there():
    """All that `__all__` names can be had, and `dir` tells the same."""
    assert sorted(wxtrace.__all__) == dir(wxtrace)
    assert all(getattr(wxtrace, name) is not None for name in wxtrace.__all__)
    assert set(wxtrace._HOME_OF) | {"__version__"} == {*wxtrace.__all__, *FOR_IPYTHON}


@pytest.mark.parametrize("name", [name for name in wxtrace.__all__ if name != "__version__"])
def test_every_public_name_is_described(name):
    """Every public name says what it is for."""
    assert getattr(wxtrace, name).__doc__.strip()


@pytest.mark.parametrize("first", ["wxtrace.lookup.lookup", "wxtrace.wiring", "wxtrace.capture.layers"])
def test_no_module_hides_a_public_name(first):
    """A public name is what it is, whichever module of the package was imported before."""
    code = f"import {first}, wxtrace; assert all(map(callable, (wxtrace.find, wxtrace.start, wxtrace.layer)))"

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_no_module_has_the_name_of_a_public_name():
    """A module of that name would hide it once it is imported."""
    from pkgutil import iter_modules

    assert set() == {module.name for module in iter_modules(wxtrace.__path__)} & set(wxtrace.__all__)


def test_a_name_that_is_not_there():
    """A name that wxtrace lacks is told as Python tells it."""
    with pytest.raises(AttributeError, match="module 'wxtrace' has no attribute 'ASGITrace'"):
        wxtrace.ASGITrace  # noqa: B018
