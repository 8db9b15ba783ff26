"""A handler that hangs at another team's service."""

from __future__ import annotations

import importlib
import os
from typing import Any, Final

import wxtrace
from scenarios.hangs.settings import URL

requests: Any = importlib.import_module("requests")


@wxtrace.layer("remote", "crm")
def crm() -> str:
    """Ask without a time-out."""
    answer = requests.get(os.environ[URL])  # hangs: crm
    return str(answer.text)


HANDLERS: Final = (crm,)
