"""``python -m wxtrace``: the same as the command `wxtrace`."""

from __future__ import annotations

import sys

from wxtrace.cli import main

if __name__ == "__main__":
    sys.exit(main())
