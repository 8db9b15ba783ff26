"""The other side: sends pushes, judges replies, tries again, and posts the alarm."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from scenarios.judging import UNDECRYPTABLE, refusal
from scenarios.truth import NotProduced
from wxtrace.demo.alarm import Entrance, alarm
from wxtrace.demo.pushes import KINDS, MODES, PATH, Account, Kind, Push, draw_openid, make_push
from wxtrace.demo.sender import Attempt, Sender, allowed

LOCAL: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Way:
    """An address and a port that pushes are sent to: the server's, or what stands in front of it or beside."""

    port: int
    address: str = LOCAL


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt as the sender knows it: its way, from where, and why the reply was refused, if it was."""

    attempt: Attempt
    way: Way
    source: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A push with all of its attempts."""

    push: Push
    sent: tuple[Sent, ...]

    @property
    def failed(self) -> tuple[Sent, ...]:
        """The attempts that WeChat counts."""
        return tuple(one for one in self.sent if one.refusal is not None)

    def drawn(self, **more: object) -> dict[str, object]:
        """Return what was drawn: *more*, and what kind of push it is in which mode."""
        return {**more, "kind": self.push.kind.name, "mode": self.push.mode}

    @property
    def taken(self) -> int | None:
        """Whose reply WeChat took: the attempt, counted from 1 among those that went its way; None if none was."""
        last = self.sent[-1]
        return self.reached(last.way) if last.refusal is None else None

    def reached(self, way: Way) -> int:
        """Return how many attempts went *way*, and were connected."""
        return sum(one.way == way and one.attempt.connected for one in self.sent)


@dataclass(slots=True)
class WeChat:
    """
    Sends to one account.

    Args:
        account: Whom the pushes are for.
        host: The name in the account's URL.
        random: What everything that it sends is drawn from.
    """

    account: Account
    host: str
    random: Random
    sources: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.sources = [f"127.81.{self.random.randrange(256)}.{self.random.randrange(1, 255)}" for _ in range(4)]

    def push(self, kind: Kind | None = None, mode: str | None = None, openid: str | None = None) -> Push:
        """Make a push of this second; what is not given is drawn."""
        kind, mode = kind or self.random.choice(KINDS), mode or self.random.choice(MODES)
        openid = openid or draw_openid(self.random)
        return make_push(self.account, kind, mode, openid, int(time.time()), self.random)

    async def deliver(
        self, push: Push, *ways: Way, then: Callable[[int, Attempt], None] = lambda number, attempt: None
    ) -> Delivery:
        """
        Send *push*, again and again as WeChat does.

        Args:
            push: What to send.
            ways: Where each attempt goes, in turn; the last one holds for all that follow.
            then: Told after each attempt that failed, with its number from 1, before the next one.
        """
        sent: list[Sent] = []
        while True:
            way = ways[min(len(sent), len(ways) - 1)]
            sent.append(await self._send(push, way))
            last = sent[-1]
            if last.refusal is None or len(sent) >= allowed(last.attempt):
                return Delivery(push, tuple(sent))
            then(len(sent), last.attempt)

    def alarm(self, delivery: Delivery) -> str:
        """
        Return what is posted into the group: about the first attempt that failed.

        Raises:
            NotProduced: None did.
        """
        if not delivery.failed:
            raise NotProduced(f"no attempt failed of {delivery.push.kind.name}")
        first = delivery.failed[0]
        decrypts = first.refusal != UNDECRYPTABLE
        entrance = self.entrance(first.way, first.source)
        count = len(delivery.failed)
        return alarm(self.account, delivery.push, first.attempt, entrance, count, decrypts=decrypts)

    def entrance(self, way: Way, source: str) -> Entrance:
        """Return what the alarm says of a way: the account's URL, the address behind it, where it was sent from."""
        return Entrance(f"http://{self.host}{PATH}", way.address, source)

    async def _send(self, push: Push, way: Way) -> Sent:
        source = self.random.choice(self.sources)
        sender = Sender(way.port, address=way.address, source=source, host=self.host)
        attempt = await sender.request("POST", push.target, push.body)
        return Sent(attempt, way, source, refusal(self.account, push, attempt))
