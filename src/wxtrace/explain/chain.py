"""
The attempts of one push as one incident: what WeChat tried, what it got, and what the user saw. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wxtrace.explain.outcome import ANSWERED, OPEN, REFUSED, TOO_LATE, outcome_of
from wxtrace.explain.repeated import Repeated, repeated_in
from wxtrace.explain.written import written_ns
from wxtrace.rebuild.attempt import Attempt

ATTEMPTS: Final = 3
"""How often WeChat sends a push in all, as long as nobody replies (the guide: 总共重试三次, seen: three in all)."""

SAW_REPLY: Final = "reply"
SAW_NOTHING: Final = "nothing"
SAW_UNAVAILABLE: Final = "unavailable"
SAW_MESSAGE: Final = "message"
SAW_UNKNOWN: Final = "unknown"
"""What the user saw: the reply; nothing, as the reply says nothing or the push is no user's message; "该公众号暂时
无法提供服务"; a message of the customer service, where the reply said nothing; or it cannot be told."""

UNANSWERED: Final = "unanswered"
UNACCEPTABLE: Final = "refused"
"""Why the user saw `SAW_UNAVAILABLE`: the last attempt had no answer in time, or one that WeChat refuses."""

NOT_TAKEN: Final = "not_taken"
"""The outcome of an attempt that was answered well here, and followed by another all the same."""

_ASKED_EVENTS: Final = frozenset(("CLICK", "SCAN", "subscribe"))
_SILENT_LENGTHS: Final = (0, len("success"))


@dataclass(frozen=True, slots=True)
class Link:
    """
    One attempt in its chain; times in nanoseconds.

    `after_previous_ns` runs from the arrival of the attempt before. `outcome` is what
    WeChat got within its five seconds, which run from this attempt's own arrival.
    """

    number: int
    after_first_ns: int
    after_previous_ns: int
    duration_ns: int
    outcome: str
    http_status: int | None
    client: str | None
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class Chain:
    """
    All attempts of one push that were seen, in their order.

    `answered` is the number of the attempt that was answered in time and well, None
    for none: only the last one can have been taken; `late` those whose answer came after
    WeChat had hung up; `unseen` how many more WeChat must have sent. `saw` is one of `SAW_REPLY`, `SAW_NOTHING`,
    `SAW_UNAVAILABLE`, `SAW_MESSAGE`, `SAW_UNKNOWN`; `saw_after_ns` runs from the first attempt's arrival.
    `saw_because` is `UNANSWERED` or `UNACCEPTABLE`, where the user saw `SAW_UNAVAILABLE`.
    """

    push: int
    links: tuple[Link, ...]
    answered: int | None
    late: tuple[int, ...]
    unseen: int
    repeated: tuple[Repeated, ...]
    saw: str
    saw_after_ns: int | None
    saw_because: str | None = None


def chains_of(attempts: Iterable[Attempt], refused: Collection[Attempt] = ()) -> tuple[Chain, ...]:
    """
    Return the chain of each push of which an attempt was recorded, in the order of the pushes.

    Args:
        attempts: The attempts of any pushes.
        refused: Those of which something else tells that WeChat refused the reply.
    """
    pushes: defaultdict[int, list[tuple[Attempt, str]]] = defaultdict(list)
    for attempt in attempts:
        if attempt.recorded:
            outcome = REFUSED if any(attempt is one for one in refused) else outcome_of(attempt)
            pushes[attempt.push].append((attempt, outcome))
    return tuple(_chain(push, same) for push, same in sorted(pushes.items()))


def _chain(push: int, judged: Sequence[tuple[Attempt, str]]) -> Chain:
    attempts = [attempt for attempt, _ in judged]
    *earlier, last = _links(judged)
    links = (*(_given_up(link) for link in earlier), last)
    answered = last if last.outcome == ANSWERED else None
    saw = _saw(attempts, answered)
    shown_ns = answered.after_first_ns + answered.duration_ns if answered and saw == SAW_REPLY else None
    if saw == SAW_NOTHING and (later_ns := written_ns(attempts)) is not None:
        saw, shown_ns = SAW_MESSAGE, max(0, later_ns - attempts[0].start_ns)
    return Chain(
        push,
        links,
        answered.number if answered else None,
        tuple(link.number for link in links if link.outcome == TOO_LATE and link.http_status is not None),
        _unseen(links, attempts[0].stamp is not None),
        repeated_in(attempts),
        saw,
        shown_ns,
        _because(last) if saw == SAW_UNAVAILABLE else None,
    )


def _because(last: Link) -> str:
    return UNACCEPTABLE if last.outcome == REFUSED else UNANSWERED


def _links(judged: Sequence[tuple[Attempt, str]]) -> Iterable[Link]:
    for (before, _), (attempt, outcome) in zip((judged[0], *judged), judged, strict=False):
        top = attempt.nodes[0].span
        client = top.attributes.get("client.address") if top else None
        yield Link(
            attempt.number,
            attempt.after_first_ns,
            attempt.start_ns - before.start_ns,
            attempt.duration_ns,
            outcome,
            attempt.http_status,
            None if client is None else str(client),
            attempt.host,
            attempt.pid,
        )


def _given_up(link: Link) -> Link:
    """Return a link that another followed: WeChat sends again only what it has not taken."""
    return replace(link, outcome=NOT_TAKEN) if link.outcome == ANSWERED else link


def _unseen(links: Sequence[Link], has_stamp: bool) -> int:
    """
    Return how many attempts WeChat has made that were not seen: after each without a reply it makes another.

    Payments, which have no stamp, are tried by other rules.
    """
    gave_up = all(link.outcome in (TOO_LATE, "no_reply", "crashed") for link in links)
    return max(0, ATTEMPTS - len(links)) if gave_up and has_stamp else 0


def _saw(attempts: Sequence[Attempt], answered: Link | None) -> str:
    asked = _asked(attempts)
    if answered is not None:
        if _is_to_nobody(attempts):
            return SAW_NOTHING
        length = next(one.reply.length for one in attempts if one.number == answered.number)
        if length is None:
            return SAW_UNKNOWN
        return SAW_NOTHING if length in _SILENT_LENGTHS else SAW_REPLY
    if any(outcome_of(attempt) == OPEN for attempt in attempts) or asked is None:
        return SAW_UNKNOWN
    return SAW_UNAVAILABLE if asked else SAW_NOTHING


def _is_to_nobody(attempts: Iterable[Attempt]) -> bool:
    """Say whether no user is told what is replied: to a payment, or to a notice of a third-party platform."""
    tops = [attempt.nodes[0].span for attempt in attempts]
    return any(
        top is not None and ("wechat.info_type" in top.attributes or "wechat.transaction_id" in top.attributes)
        for top in tops
    )


def _asked(attempts: Iterable[Attempt]) -> bool | None:
    """Say whether the push is a user's, who waits for an answer; None if nobody could read it."""
    for attempt in attempts:
        told: Mapping[str, object] = attempt.nodes[0].span.attributes if attempt.nodes[0].span else {}
        if told.get("wechat.info_type"):
            return False
        if event := told.get("wechat.event"):
            return event in _ASKED_EVENTS
        if kind := told.get("wechat.msg_type"):
            return kind != "event"
    return None
