"""
The Chinese of the HTML file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, str]] = {
    # the head
    "WeChat's push of {time}": "微信推送 {time}",
    "A push of WeChat's, looked up": "一次微信推送的查询结果",
    "All times are in UTC+8, as the alarm prints them.": "时间均为 UTC+8，与报警一致。",
    "Openids are masked: only both ends are shown.": "OpenID 已打码，只显示首尾。",
    "search names, statements, attributes, log lines": "搜索名称、语句、属性、日志",
    "search  /": "搜索  /",
    "previous hit": "上一处",
    "next hit": "下一处",
    "{at} of {count}": "第 {at} 处，共 {count} 处",
    "not found": "没有找到",
    "fold all": "全部折叠",
    "unfold all": "全部展开",
    # the sections
    "The alarm": "报警原文",
    "What each module did": "各模块的耗时",
    "What else came": "同期的其他推送",
    "Evidence": "依据",
    "How it was found": "查询方法",
    "again": "再次查询",
    "The openid is masked here: put the whole one in its place.": "这里的 OpenID 已打码，请换成完整的。",
    "alarm.txt is the alarm as it was posted, with its openids whole.": (
        "alarm.txt 是报警原文，其中的 OpenID 未打码。"
    ),
    "store": "存储",
    "made": "生成",
    "{time} (UTC+8), by wxtrace {version}": "{time}（UTC+8），wxtrace {version}",
    # the waterfall
    "Solid: it held the reply up itself. Pale: it ran, and something else held the reply up.": (
        "深色：回复在等它。浅色：它在运行，但回复等的是别的。"
    ),
    "Keys: ↑ ↓ move, ← → fold and unfold, Enter for details, + − 0 zoom, / searches; from there Esc leads to "
    "the hit, n and N go on, Esc once more ends it.": (
        "按键：↑ ↓ 移动，← → 折叠、展开，Enter 看详情，+ − 0 缩放，/ 搜索；搜索时按 Esc 到结果行，"
        "n、N 在结果间跳转，再按 Esc 结束搜索。"
    ),
    "access": "access 接入",
    "logic": "logic 业务",
    "storage": "storage 存储",
    "remote": "remote 外部",
    "wait": "wait 等待",
    "span": "步骤",
    "time in s": "时间（秒）",
    "zoom of the time axis": "缩放时间轴",
    "zoom in": "放大",
    "zoom out": "缩小",
    "whole": "全程",
    "show all": "全部显示",
    "modules": "各模块",
    # a row's details
    "details of the row": "此行的详情",
    "close": "关闭",
    "state": "状态",
    "where": "进程",
    "sum": "合计",
}
