"""Lookups while another process seals and compacts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import journal_maker
import pytest
from journal_maker import STAMP, log, span

from wxtrace.record import OPEN
from wxtrace.scan.scan import scan

OPENIDS = [f"o{number:02d}" for number in range(20)]
ROUNDS = 15
LOOKUPS_A_ROUND = 5

_SEAL = f"""
import sys
from wxtrace.seal.compact import compact
from wxtrace.seal.seal import seal

for number, _ in enumerate(sys.stdin):
    seal(sys.argv[1])
    if number % 3 == 2:
        compact(sys.argv[1], older_than_s=0, now_ns={(STAMP + 7200) * 10**9})
"""


def _record(store: Path, number: int) -> None:
    """Leave a writer that recorded a span and a line of every openid, and died with one span open."""
    spans = [span(seq, openid=openid, trace=number * 100 + seq) for seq, openid in enumerate(OPENIDS, 1)]
    logs = [log(seq, openid=openid, trace=number * 100 + seq - 50) for seq, openid in enumerate(OPENIDS, 51)]
    begun = [span(99, kind=OPEN, openid=OPENIDS[0], trace=number * 100 + 1)]
    made = journal_maker.make_writer(
        store / "made", spans, logs, writer=f"web1-{number + 1}-1790000000-0a1b", begun=begun
    )
    os.rename(made, store / "journal" / made.name)


@pytest.mark.parametrize(("openid", "spans"), [(OPENIDS[0], 2), (OPENIDS[10], 1)], ids=["with a crash", "without"])
def test_every_lookup_finds_every_row_while_rows_move(tmp_path: Path, openid: str, spans: int) -> None:
    """
    Whatever the sealer and compaction are at, a lookup finds all that was recorded before it, each row once.
    """
    (tmp_path / "journal").mkdir()
    command = [sys.executable, "-c", _SEAL, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as sealer:
        assert sealer.stdin is not None
        for number in range(1, ROUNDS + 1):
            _record(tmp_path, number)
            sealer.stdin.write("go\n")
            sealer.stdin.flush()
            for _ in range(LOOKUPS_A_ROUND):
                found = scan([str(tmp_path)], openid, STAMP)
                assert (number * spans, number, ()) == (len(found.spans), len(found.logs), found.evidence.damaged)
        sealer.stdin.close()
    assert 0 == sealer.returncode
