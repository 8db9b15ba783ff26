"""What the demo can be told."""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """
    How to run the demo.

    Args:
        store: Where the server records; ``./wxtrace-demo/store-<time>`` if None.
        tracing: ``light``, ``contrib`` or ``sdk``: who makes the spans in the server.
        seed: Draws the same again.
        hang_up: Seconds until the sender closes the connection; WeChat's are 5.
        dawdle: Seconds that the slow module takes.
        pushes: How many other pushes are sent meanwhile.
    """

    store: str | None = None
    tracing: str = "light"
    seed: int | None = None
    hang_up: float = 5.0
    dawdle: float = 5.6
    pushes: int = 36


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the demo's options."""
    parser.add_argument("--store", help="where the server records (default: ./wxtrace-demo/store-<time>)")
    parser.add_argument("--seed", type=int, help="draw the same again")
    tracing = parser.add_mutually_exclusive_group()
    for name, help_text in (
        ("contrib", "run the server behind OpenTelemetry's own ASGI middleware"),
        ("sdk", "run the server on an OpenTelemetry SDK provider"),
    ):
        tracing.add_argument(f"--{name}", dest="tracing", action="store_const", const=name, help=help_text)


def from_arguments(arguments: argparse.Namespace) -> Options:
    """Return the options that were parsed by a parser of `add_arguments`."""
    return Options(store=arguments.store, tracing=arguments.tracing or "light", seed=arguments.seed)
