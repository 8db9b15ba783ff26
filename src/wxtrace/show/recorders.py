"""
Who was recording, as text: every host with its gaps, and its writers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING, Final

from wxtrace.explain.verdict import CANNOT_KNOW, NEVER_ARRIVED
from wxtrace.show.folded import folded
from wxtrace.show.style import DIM, RED, Style
from wxtrace.show.terminal import clean
from wxtrace.show.times import moment, until
from wxtrace.show.words import Words

if TYPE_CHECKING:
    from wxtrace.scan.evidence import Evidence, HostSeen, WriterSeen

_MOST_TOLD: Final = 3
_MOST: Final = 8
"""So many writers of a host are told; --json has all."""


def lines(evidence: Evidence, style: Style) -> Iterator[str]:
    """Yield the time asked about, and each host that was in service then: what it recorded and what it missed."""
    say, (first_ns, last_ns) = style.words, evidence.window
    yield say("window {first} to {last}", first=moment(first_ns), last=until(last_ns, first_ns))
    if (so_far_ns := unfinished(evidence)) is not None:
        yield "  " + say("not over yet: this is what was recorded up to {moment}", moment=moment(so_far_ns))
    by_name = {writer.writer: writer for writer in evidence.writers}
    for host in evidence.hosts:
        missed = bool(gaps_of(host) or host.dropped)
        for line in folded(f"  {host_text(host, say)}", style.width, "    "):
            yield style.paint(line, RED) if missed else line
        for name in host.writers[:_MOST]:
            for line in folded(f"    {_writer(by_name[name], say)}", style.width, "      "):
                yield style.paint(line, DIM)
        if len(host.writers) > _MOST:
            yield "    " + say(
                "… {count:more writer|more writers}; --json has all", count=len(host.writers) - _MOST
            )
    if not evidence.hosts:
        yield "  " + say("No host is known to have been in service then.")


def unfinished(evidence: Evidence) -> int | None:
    """Return up to when was looked, if a host recorded then and the time asked about ends later; else None."""
    looked = [host.last_ns for host in evidence.hosts if host.alive and host.last_ns is not None]
    return max(looked) if looked and max(looked) < evidence.window[1] else None


def gaps_of(host: HostSeen) -> list[tuple[int, int]]:
    """Return the gaps of a host without what is yet to come."""
    return [gap for gap in host.gaps if not (host.alive and host.last_ns is not None and host.last_ns <= gap[0])]


def host_text(host: HostSeen, words: Words) -> str:
    """Return what one host recorded and what it missed, on one line, harmless to a terminal."""
    text = "{host}: {records:record|records} of {writers:writer|writers}, {alive} of them alive; {missed}"
    counts = {"records": host.records, "writers": len(host.writers), "alive": host.alive}
    return words(text, host=clean(host.host), missed=_missed(host, words), **counts)


def gap_text(host: HostSeen, words: Words) -> str:
    """Return a sentence that names a host with the longest of its gaps; empty where it has none."""
    gap = host.longest_gap
    if gap is None:
        return ""
    told = {"host": clean(host.host), "first": moment(gap[0]), "last": until(gap[1], gap[0])}
    if host.first_ns is not None and host.first_ns >= gap[1]:
        return words("{host} has no records between {first} and {last}: what it recorded begins then.", **told)
    if host.alive and host.last_ns is not None and host.last_ns <= gap[0]:
        return words("{host} has recorded up to {first}; the time asked about ends at {last}.", **told)
    if host.last_ns is not None and host.last_ns <= gap[0]:
        return words("{host} has no records between {first} and {last}, and none is known after it.", **told)
    return words("{host} has no records between {first} and {last}.", **told)


def absence_texts(case: str, evidence: Evidence, words: Words) -> list[str]:
    """Return what an absence rests on, as sentences: the hosts, or their gaps, or what is there instead."""
    hosts = evidence.hosts[:_MOST_TOLD]
    if case == NEVER_ARRIVED:
        return [words("Looked at: {hosts}.", hosts=words(", ").join(clean(host.host) for host in hosts))]
    if case != CANNOT_KNOW:
        return []
    if (kept := evidence.kept) is not None:
        told = {"first": moment(kept[0]), "last": until(kept[1], kept[0])}
        return [
            words("Nobody is known to have recorded then: what this store has is from {first} to {last}.", **told)
        ]
    if not (evidence.writers or evidence.files or evidence.damaged):
        return [words("There is nothing in this store at all: is it the folder that the app writes to?")]
    return [text for host in hosts if (text := gap_text(host, words))]


def _missed(host: HostSeen, words: Words) -> str:
    told = [words("{dropped:record was|records were} dropped", dropped=host.dropped)] if host.dropped else []
    if gaps := gaps_of(host):
        first_ns, last_ns = max(gaps, key=lambda gap: gap[1] - gap[0])
        text = "no records between {first} and {last}"
        told.append(words(text, first=moment(first_ns), last=until(last_ns, first_ns)))
    if len(gaps) > 1:
        told.append(words("and {count:shorter gap|shorter gaps}", count=len(gaps) - 1))
    if not told:
        return words("recorded all through, nothing dropped")
    return reduce(lambda said, more: words("{said}, {more}", said=said, more=more), told)


def _writer(writer: WriterSeen, words: Words) -> str:
    first, sealed = ("?" if ns is None else moment(ns) for ns in (writer.first_ns, writer.sealed_ns))
    last = "?" if writer.last_ns is None else until(writer.last_ns, writer.first_ns or 0)
    text = "pid {pid}: {records:record|records}, {first} to {last}"
    told = [words(text, pid=writer.pid, records=writer.records, first=first, last=last)]
    told.append(words("alive") if writer.alive else words("ended"))
    told.append(
        words("none is sealed") if writer.sealed_ns is None else words("sealed up to {sealed}", sealed=sealed)
    )
    return " · ".join(told)
