"""What is found of a push, as a text: its spans by their parents, their lines below them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from wxtrace.row import LogRow, SpanRow


def tree(spans: Sequence[SpanRow], logs: Sequence[LogRow], tag: tuple[str, int]) -> list[str]:
    """
    Return a line for each span and each log line, indented below its parent: by time, other processes' last.

    Whatever is not as it has to be is told at the end of the line. A span `after_reply` with nothing below it is
    left out: it is there wherever a busy machine has held up what the server does after the reply.

    Args:
        spans: All that was found.
        logs: All that was found.
        tag: Openid and stamp, which all must have.
    """
    above: dict[str | None, list[SpanRow]] = defaultdict(list)
    parents = {row.parent_span_id for row in spans} | {log.span_id for log in logs}
    spans = [span for span in spans if span.module != "after_reply" or span.span_id in parents]
    ids = {span.span_id for span in spans}
    for span in spans:
        above[span.parent_span_id if span.parent_span_id in ids else None].append(span)
    said: dict[str | None, list[LogRow]] = defaultdict(list)
    for log in sorted(logs, key=lambda log: log.time_ns):
        said[log.span_id if log.span_id in ids else None].append(log)

    def below(parent: SpanRow | None, depth: int) -> Iterator[str]:
        """Yield the lines of what lies below *parent*."""
        key = parent and parent.span_id
        yield from (f"{'  ' * depth}- {log.event}{_odd_line(log, parent, tag)}" for log in said[key])
        for span in sorted(above[key], key=lambda span: (parent and parent.writer != span.writer, span.start_ns)):
            yield f"{'  ' * depth}{span.layer} {span.module}: {_told(span)}{_odd(span, parent, tag)}"
            yield from below(span, depth + 1)

    return list(below(None, 0))


def _told(span: SpanRow) -> str:
    name = span.name.split()[0] if span.layer == "storage" else span.name  # some drivers tell the database's name
    return name if span.kind == "INTERNAL" else f"{name} [{span.kind.lower()}]"


def _odd(span: SpanRow, parent: SpanRow | None, tag: tuple[str, int]) -> str:
    odd = {
        "of another tag": (span.openid, span.stamp) != tag,
        "without its parent": parent is None and span.parent_span_id is not None,
        "of another trace": parent is not None and parent.trace_id != span.trace_id,
        span.state: span.state != "closed",
        str(span.status_message): span.status_code == "ERROR",
    }
    return _marks(odd)


def _odd_line(log: LogRow, span: SpanRow | None, tag: tuple[str, int]) -> str:
    odd = {
        "of another tag": (log.openid, log.stamp) != tag,
        "without its span": span is None,
        "of another trace": span is not None and span.trace_id != log.trace_id,
        f"in {log.layer} {log.module}": span is not None and (span.layer, span.module) != (log.layer, log.module),
    }
    return _marks(odd)


def _marks(odd: dict[str, bool]) -> str:
    return "".join(f" !! {what}" for what, is_so in odd.items() if is_so)
