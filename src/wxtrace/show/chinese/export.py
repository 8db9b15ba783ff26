"""
The Chinese of exports and of progress.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    # a collector
    "Not sent to {url}: {said}. {remedy}": "未能发送到 {url}：{said}。{remedy}",
    "{url} took it but for {rejected:span|spans} (status {status}): {said}. {remedy}": (
        "{url} 收下了其余部分，但有 {rejected} 个 span 未收（状态码 {status}）：{said}。{remedy}"
    ),
    "{url} did not take it (status {status}): {said}. {remedy}": (
        "{url} 没有收下（状态码 {status}）：{said}。{remedy}"
    ),
    "(nothing)": "（没有说明）",
    "Give a collector's URL, such as http://localhost:4318/v1/traces.": (
        "请给出 collector 的 URL，例如 http://localhost:4318/v1/traces。"
    ),
    "Is a collector there that takes OTLP over HTTP (port 4318, path /v1/traces)?": (
        "那里是否有接收 OTLP/HTTP 的 collector（端口 4318，路径 /v1/traces）？"
    ),
    "Collectors take spans at the path /v1/traces.": "collector 在路径 /v1/traces 接收 span。",
    "Credentials go into OTEL_EXPORTER_OTLP_HEADERS, as name=value,name=value.": (
        "凭据请放入 OTEL_EXPORTER_OTLP_HEADERS，格式为 name=value,name=value。"
    ),
    "Try again later; what was taken twice is the same spans.": "请稍后重试；重复收下的是相同的 span。",
    "The collector's own log may say more.": "collector 自己的日志里也许有更多说明。",
    "Nothing of it is recorded; nothing was written.": "没有它的任何记录；没有写出任何内容。",
    # a window
    "exporting": "正在导出",
    "exported {pushes:push|pushes} in {requests:request|requests}, with {spans:span|spans} and "
    "{lines:log line|log lines}, to {place}": (
        "已导出 {pushes} 次推送（{requests} 次请求），{spans} 个 span，{lines} 行日志，到 {place}"
    ),
    "No request is recorded from {from_at} to {to_at} (UTC+8); nothing was written.": (
        "{from_at} 至 {to_at}（UTC+8）没有记录到请求；没有写出任何内容。"
    ),
    "note: {dropped:record was|records were} dropped by who recorded then, and are in no export.": (
        "注意：当时的记录方丢弃了 {dropped} 条记录，导出里没有它们。"
    ),
    "Give the alarm, or --from and --to.": "请给出报警，或者 --from 和 --to。",
    "Give the window by --from and --to, or an alarm by --alarm.": (
        "请用 --from 和 --to 给出时段，或用 --alarm 给出报警。"
    ),
    "Give '2014-12-01 20:12' (UTC+8), or unix seconds, as stamps are.": (
        "请写成 '2014-12-01 20:12'（UTC+8），或 unix 秒数（与 Stamp 相同）。"
    ),
    "It must be later than --from.": "它必须晚于 --from。",
    # progress
    "{time} so far": "已用 {time}",
    "{time} left": "还需约 {time}",
    "{done} of {of_all} MB": "{done} / {of_all} MB",
    "{done} of {of_all:file|files}": "{done} / {of_all} 个文件",
    "sealing": "正在封存",
    "compacting": "正在合并",
    "looking it up": "正在查找",
    "reading the window": "正在读取该时段",
}
