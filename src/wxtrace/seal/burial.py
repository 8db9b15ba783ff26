"""
What is written down of a process that is gone, before its folder is: its last words, for each request in flight.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wxtrace.record import SPAN, unpack
from wxtrace.seal.batch import Part
from wxtrace.store import lastwords
from wxtrace.store.journals import JournalWriter


def last_words(writer: JournalWriter, begun: Iterable[bytes], taken: Sequence[Part]) -> list[bytes]:
    """
    Return the records that tell how a writer which is gone ended, one for each request that it had in flight.

    Args:
        writer: The writer.
        begun: The records of the spans that it had open.
        taken: What the batch takes: what has ended in it was not open.
    """
    spans = [unpack(record) for record in begun]
    words = lastwords.words_of(writer.folder, spans, alive=False)
    if words is None:
        return []
    own = [part.heads for part in taken if part.source.writer == writer.writer]
    ended = {seq for heads in own for seq in heads["seq"][heads["type"] == SPAN].tolist()}
    return lastwords.died(words, spans, ended)
