"""What is said of all pushes of a window."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "All that failed from {first} to {last} (UTC+8)": "{first} 至 {last}（UTC+8）的全部失败",
    "It is not over yet: this is what came up to {moment}.": "还没有结束：以下是截至 {moment} 收到的。",
    "not over yet: this is what was recorded up to {moment}": "还没有结束：以下是截至 {moment} 的记录",
    "No such push came in that time.": "这段时间没有收到这类推送。",
    "Pushes: came {came} · answered in time {answered} · failed {failed}": (
        "推送：收到 {came} 次 · 按时回复 {answered} 次 · 失败 {failed} 次"
    ),
    "Attempts: came {came} · answered in time {answered} · failed {failed}": (
        "请求：收到 {came} 次 · 按时回复 {answered} 次 · 失败 {failed} 次"
    ),
    "arrived too late": "到达时已太晚",
    "Still worked on: {count}": "还在处理：{count} 次",
    "Answered, but perhaps too late when they came: {count}": "已回复，但到达时可能已太晚：{count} 次",
    "Other requests, which the alarm is not about: {count}": "与报警无关的其他请求：{count} 次",
    # our count and WeChat's
    "An alarm of this kind counts attempts that never got here;": "这种报警统计的是没有到达这里的请求；",
    "what is told here failed besides.": "以下是另外在这里失败的。",
    "WeChat counted {expected}: agrees.": "微信统计 {expected} 次：一致。",
    "WeChat counted {expected}: agrees (by these records {least} to {most}).": (
        "微信统计 {expected} 次：一致（按这里的记录为 {least} 至 {most} 次）。"
    ),
    "WeChat counted {expected}, fewer here: {missing:attempt|attempts} never got to these recorders,": (
        "微信统计 {expected} 次，这里更少：{missing} 次请求没有到达这些主机，"
    ),
    "or were answered in time here, and the answer did not get back.": "或者这里已按时回复，而回复没有送到微信。",
    "WeChat counted {expected}, more here: {least} at least.": (
        "微信统计 {expected} 次，这里更多：至少 {least} 次。"
    ),
    "Perhaps these hosts serve other accounts too.": "也许这些主机还为别的公众号服务。",
    "{host} did not record for {missed} of that time.": "{host} 在这段时间有 {missed}没有记录。",
    "{count:record was|records were} dropped here.": "这里丢弃了 {count} 条记录。",
    # tables
    "By module on the critical path": "按关键路径上的模块",
    "By event": "按事件",
    "By host": "按主机",
    "By worker": "按进程",
    "pushes": "推送",
    "attempts": "请求",
    "of all": "占比",
    "longest": "最长",
    "… and {count} more; --json has all": "…… 另有 {count} 个；--json 有全部",
    "unknown": "未知",
    "Those that took longest": "耗时最长的",
    # pictures
    "How long pushes took": "推送耗时",
    "So long pushes took at most: 50, 95 and 99 of a hundred": "推送耗时：P50、P95、P99",
    "Whose the time was: seconds of a push, on average": "时间花在哪里：平均每个推送的秒数",
    "Failed of a hundred pushes, by host (blank: none came)": ("各主机失败的推送（每百个；空白处没有推送）"),
    "{host}: {failed} of {came}": "{host}：{failed} / {came}",
    "{duration} ms": "{duration} 毫秒",
    "failed, %": "失败 %",
    "all others": "其余全部",
    "Give '2014-12-01 20:12' (UTC+8), a datetime, or unix seconds.": (
        "请给出 '2014-12-01 20:12'（UTC+8）、datetime 或 unix 秒。"
    ),
    "This is drawn of all pushes of a time: take what wxtrace.window(first, last) returns, with these columns. "
    "The .pushes of found.window() are those that failed.": (
        "这是用一段时间内的全部推送来画的：请用 wxtrace.window(first, last) 返回的、含这些列的表。"
        "found.window() 的 .pushes 只有失败的推送。"
    ),
    "Give module, event, host, worker or outcome.": "请给出 module、event、host、worker 或 outcome。",
    "Give the earlier moment first; what came at the later one is no longer in the window.": (
        "请先给较早的时刻；在较晚的时刻收到的已不在窗口内。"
    ),
    "Give a length as pandas tells it: '10s', '1min', '1h'; at most 2,000 of them are drawn.": (
        "请按 pandas 的写法给出时长：'10s'、'1min'、'1h'；最多画 2000 段。"
    ),
}
