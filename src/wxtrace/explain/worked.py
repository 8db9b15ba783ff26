"""
What a job did with its time: the module that had most of it, or where it was when it was last seen. Pure.
"""

from __future__ import annotations

from wxtrace.rebuild.attempt import Job
from wxtrace.rebuild.modules import ModuleTime, modules_of
from wxtrace.row import SpanRow


def most_of(job: Job) -> ModuleTime | None:
    """Return the module that had half of the job's time or more; None where that is the job's own, or none has."""
    if job.tree is None:
        return None
    own, first = job.tree.nodes[0].span, next(iter(modules_of(job.tree)), None)
    is_own = first is None or own is None or (first.layer, first.module) in ((own.layer, own.module), ("", ""))
    return None if is_own or first is None or first.share_ns * 2 < job.tree.duration_ns else first


def last_in(job: Job) -> SpanRow | None:
    """Return the span below a job that never ended in which it was last: unfinished, with none such below."""
    nodes = () if job.tree is None else job.tree.nodes
    unfinished = {at: node.span for at, node in enumerate(nodes) if node.span and node.span.state != "closed"}
    above = {nodes[at].parent for at in unfinished}
    leaves = [span for at, span in unfinished.items() if at and at not in above]
    return max(leaves, key=lambda span: (span.start_ns, span.seq), default=None)
