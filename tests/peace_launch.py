"""`opentelemetry-instrument` as a module: `python -m peace_launch [OPTIONS] COMMAND`."""

from __future__ import annotations

import os
import sys

from opentelemetry.instrumentation.auto_instrumentation import run

if __name__ == "__main__":
    os.environ["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))
    run()
