"""Who dawdles: one module of those that a push of the kind passes through."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from wxtrace.demo.pushes import KINDS, Kind

_PASSES: Final = {
    "text": (("logic", "reply.text"), ("storage", "cache"), ("storage", "sqlite")),
    "CLICK": (("logic", "reply.menu"), ("storage", "cache"), ("storage", "sqlite")),
    "SCAN": (("logic", "reply.scan"), ("remote", "crm"), ("storage", "sqlite")),
    "subscribe": (("remote", "crm"), ("storage", "cache"), ("storage", "sqlite")),
    "TEMPLATESENDJOBFINISH": (("logic", "template.finished"), ("storage", "sqlite")),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The kind of the push that is to be slow, and the module that makes it so."""

    kind: Kind
    layer: str
    module: str

    def switch(self, openid: str, seconds: float) -> str:
        """Return what the server's ``CALLBACK_FAULT`` wants, for one user."""
        return f"{self.module}:{openid}:{seconds}"


FAULTS: Final = tuple(Fault(kind, layer, module) for kind in KINDS for layer, module in _PASSES[kind.name])
"""Every module that can dawdle, for each kind of push that passes through it."""


def draw_fault(random: Random) -> Fault:
    """Draw a kind of push, and one of its modules."""
    kind = random.choice(KINDS)
    layer, module = random.choice(_PASSES[kind.name])
    return Fault(kind, layer, module)
