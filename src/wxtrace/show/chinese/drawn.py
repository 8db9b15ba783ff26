"""
The Chinese of waterfalls and of pictures in notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    "│ critical path": "│ 关键路径",
    "× alike spans, took in sum": "× 同类合并，耗时为总和",
    "{count:other attempt is|other attempts are} not drawn; --full draws all.": (
        "另有 {count} 次请求未画出；--full 全部画出。"
    ),
    "in them: {first}": "其中：{first}",
    "… {count:shorter span is|shorter spans are} not shown; --full draws them, --json has all": (
        "…… 另有 {count} 个较短的 span 未显示；--full 会画出，--json 有全部"
    ),
    "… {count:more log line|more log lines}; --full shows them, --json has all": (
        "…… 另有 {count} 行日志；--full 会显示，--json 有全部"
    ),
    "… {count:shorter span is|shorter spans are} not shown; .spans has all": (
        "…… 另有 {count} 个较短的 span 未显示；.spans 有全部"
    ),
    "… {count:more log line|more log lines}; .logs has all": "…… 另有 {count} 行日志；.logs 有全部",
    "… {count:more attempt|more attempts}; .attempts has all": "…… 另有 {count} 次请求；.attempts 有全部",
    "… {count:more job|more jobs}; .jobs has all": "…… 另有 {count} 个任务；.jobs 有全部",
    "… {count:more attempt|more attempts} of this frame": "…… 此表另有 {count} 次请求",
    "Spans of one trace": "同一次追踪的 span",
    "Attempt": "一次请求",
    "{delay} after the stamp": "在 stamp 之后 {delay}",
    "There are no spans in this frame.": "此表没有 span。",
    "{count} alike from {start} on: {all} in all, the longest {longest}": (
        "同样的 {count} 个，自 {start} 起：合计 {all}，最长 {longest}"
    ),
    "too much to be drawn here: attempts[{place}] draws itself": "此处画不下：attempts[{place}] 可单独画出",
    "What else came, and the checks of WeChat's guide": "当时的其他请求，以及微信排查指南的各项检查",
    "critical path": "关键路径",
    "Give a file that holds the alarm's text, or paste the alarm itself below %%wxfind.": (
        "请给出存有告警原文的文件，或把告警粘贴在 %%wxfind 的下面。"
    ),
    "Paste the alarm below %%wxfind, or give --alarm FILE, or --openid and --stamp.": (
        "请把告警粘贴在 %%wxfind 的下面，或给出 --alarm FILE，或 --openid 和 --stamp。"
    ),
    "A waterfall is drawn of spans: take the .spans of an attempt, or rows of the store, with these columns.": (
        "瀑布图由 span 画成：请用某次请求的 .spans，或存储中的行，并带上这些列。"
    ),
    "WeChat hangs up": "微信断开连接",
    "other": "其他",
}
