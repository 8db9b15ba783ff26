"""What is said of who recorded, what else came, and the clocks."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "Then {count} slow requests were under way ({host}): a push may wait in the socket behind them.": (
        "当时有 {count} 个慢请求在处理（{host}）：推送可能排在它们后面，还没进入应用。"
    ),
    "Looked at: {hosts}.": "已查：{hosts}。",
    "Nobody is known to have recorded then: what this store has is from {first} to {last}.": (
        "没有发现当时有谁在记录：这个存储里有的是 {first} 至 {last}。"
    ),
    "There is nothing in this store at all: is it the folder that the app writes to?": (
        "这个存储里什么也没有：它是应用写入的目录吗？"
    ),
    "The alarm itself is about an attempt that did not connect: that one never got here.": (
        "报警说的是没有连上的那一次：它没有到达这里。"
    ),
    "{name} {count}×": "{name} {count} 次",
    "{said}, {more}": "{said}，{more}",
    # what else came
    "No push came from {first} to {last}.": "{first} 至 {last} 没有收到任何推送。",
    "From {first} to {last} came {pushes:push|pushes} in {attempts:attempt|attempts}; attempts that failed: "
    "{failed}.": ("{first} 至 {last} 收到 {pushes} 次推送，共 {attempts} 次请求，其中 {failed} 次失败。"),
    "  Nothing came from {first} to {last} ({length}), and pushes before and after: so it looks when WeChat pauses "
    "after too many failures (MarkFail).": (
        "  {first} 至 {last}（{length}）没有任何推送，前后都有：像是微信因失败过多而暂停推送（MarkFail）。"
    ),
    "requests that are no pushes: {count}": "推送以外的请求：{count} 次",
    "the last push before: {moment}": "之前最后一次推送：{moment}",
    "the next push after: {moment}": "之后第一次推送：{moment}",
    "the longest time without a push: {length}, from {first} to {last}": (
        "最长的无推送时间：{length}，{first} 至 {last}"
    ),
    "the longest time without a push: at least {length}, from {first} on; this ends at {last}": (
        "最长的无推送时间：至少 {length}，{first} 起（只查到 {last}，可能仍在持续）"
    ),
    "those that were answered: half in {half}, 99% in {most}": "回复耗时：中位数 {half}，P99 {most}",
    "at most {at_once} at once, {per_second} in the busiest second": (
        "最多同时处理 {at_once} 次请求，最忙的一秒收到 {per_second} 次"
    ),
    "came too late to be answered in time: {count}": "到达时已来不及按时回复：{count} 次",
    "what became of them: {list}": "结果：{list}",
    "kinds: {list}": "类型：{list}",
    "came in by: {list}": "入口：{list}",
    "sent from {count:address|addresses}: {list}": "来源地址 {count} 个：{list}",
    "came to: {list}": "到达的主机：{list}",
    "and {count} more": "另有 {count} 个",
    # the clocks
    "Clock of {host}: at most {bound} ahead of WeChat's, by {count:first attempt|first attempts}.": (
        "{host} 的时钟：最多比微信快 {bound}（依据 {count} 次首次请求）。"
    ),
    "Clock of {host}: at least {bound} behind WeChat's, by {count:first attempt|first attempts}.": (
        "{host} 的时钟：至少比微信慢 {bound}（依据 {count} 次首次请求）。"
    ),
    # who recorded
    "No host is known to have been in service then.": "不知道当时有哪台主机在服务。",
    "… {count:more writer|more writers}; --json has all": "…… 另有 {count} 个记录进程；--json 有全部",
    "{host}: {records:record|records} of {writers:writer|writers}, {alive} of them alive; {missed}": (
        "{host}：{writers} 个记录进程（{alive} 个在运行）共 {records} 条记录；{missed}"
    ),
    "{host} has no records between {first} and {last}: what it recorded begins then.": (
        "{host} 在 {first} 至 {last} 之间没有记录：它的记录从那时才开始。"
    ),
    "{host} has no records between {first} and {last}, and none is known after it.": (
        "{host} 在 {first} 至 {last} 之间没有记录，之后也没有。"
    ),
    "{host} has recorded up to {first}; the time asked about ends at {last}.": (
        "{host} 记录到 {first}；查找范围到 {last} 才结束。"
    ),
    "{host} has no records between {first} and {last}.": "{host} 在 {first} 至 {last} 之间没有记录。",
    "no records between {first} and {last}": "{first} 至 {last} 之间没有记录",
    "and {count:shorter gap|shorter gaps}": "另有 {count} 段更短的空缺",
    "recorded all through, nothing dropped": "全程在记录，没有丢弃",
    "pid {pid}: {records:record|records}, {first} to {last}": "pid {pid}：{records} 条记录，{first} 至 {last}",
    "none is sealed": "未封存",
    "sealed up to {sealed}": "已封存至 {sealed}",
}
