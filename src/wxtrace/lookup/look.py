"""
From rows to an answer: rebuild, explain, put into words. Nothing is read here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from wxtrace.explain.chain import chains_of
from wxtrace.explain.explain import explain
from wxtrace.explain.verdict import Verdict
from wxtrace.explain.verdicts import Heard, verdicts_of
from wxtrace.lookup.found import FoundAttempt, Lookup
from wxtrace.rebuild.attempt import Attempt
from wxtrace.rebuild.modules import modules_of
from wxtrace.rebuild.trace import rebuild
from wxtrace.scan.evidence import Evidence
from wxtrace.scan.scan import Scanned
from wxtrace.show.recorders import absence_texts
from wxtrace.show.sentence import sentence
from wxtrace.show.words import Words, language_of

_MOST_HOSTS: Final = 3
Push = tuple[str | None, int | None, str | None]


def look(openid: str | None, stamp: int, scanned: Scanned, now_ns: int) -> Lookup:
    """
    Make an answer of what was scanned for an openid and a stamp.

    Args:
        openid: What was asked for; None for any.
        stamp: What was asked for, unix seconds.
        scanned: Rows and evidence.
        now_ns: The time of the lookup, nanoseconds since the epoch.
    """
    rebuilt = rebuild(scanned.spans, scanned.logs, now_ns, scanned.evidence.last_records())
    attempts = asked_for(openid, stamp, rebuilt)
    found = judged_of(attempts, Heard(now_ns, {}, last_ns=scanned.evidence.last_records()))
    verdict = explain([one.verdict for one in found], scanned.evidence.reason)
    if found and all(attempt.stamp != stamp for attempt in attempts):
        verdict = replace(verdict, confidence="low")
    chains = chains_of(attempts)
    return Lookup(
        openid, stamp, found, in_words(verdict, scanned.evidence), scanned.evidence, scanned.candidates, chains
    )


def asked_for(openid: str | None, stamp: int, attempts: Sequence[Attempt]) -> list[Attempt]:
    """Return the attempts that have the stamp, else those near it; a trace may hold another push too."""
    own = [one for one in attempts if openid is None or one.openid in (None, openid)]
    return counted([one for one in own if one.stamp == stamp] or own)


def push_of(attempt: Attempt) -> Push:
    """Return openid, stamp and nonce of an attempt."""
    return attempt.openid, attempt.stamp, attempt.nonce


def counted(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Count the pushes anew, from 0, in the order of their attempts."""
    pushes = {push: number for number, push in enumerate(dict.fromkeys(one.push for one in attempts))}
    return [replace(one, push=pushes[one.push]) for one in attempts]


def judged_of(attempts: Sequence[Attempt], heard: Heard) -> tuple[FoundAttempt, ...]:
    """Return the attempts with their modules and their verdicts."""
    times = [modules_of(attempt) for attempt in attempts]
    verdicts = verdicts_of(attempts, times, heard)
    return tuple(
        FoundAttempt(attempt, some, in_words(verdict))
        for attempt, some, verdict in zip(attempts, times, verdicts, strict=True)
    )


def in_words(verdict: Verdict, evidence: Evidence | None = None) -> Verdict:
    """Return the verdict in words; of absence, with the hosts and gaps that it rests on."""
    words = Words(language_of(os.environ))
    besides = absence_texts(verdict.case, evidence, words) if evidence is not None else []
    return replace(verdict, text=" ".join([sentence(verdict, words), *besides]))
