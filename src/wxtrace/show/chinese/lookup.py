"""What a lookup, `wxtrace last` and the messages say."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # the head of an answer
    "Verdict": "结论",
    " (confidence low)": "（置信度低）",
    " (confidence low: {doubt})": "（置信度低：{doubt}）",
    " (confidence medium)": "（置信度中）",
    "The other attempts; --full draws them too:": "其余各次请求（加 --full 也会画出）：",
    "no openid": "无 openid",
    "stamp {stamp} ({time}, UTC+8)": "Stamp {stamp}（{time}，UTC+8）",
    "{count:attempt|attempts}": "{count} 次请求",
    "{count} pushes of this openid and stamp": "同一 openid、同一秒有 {count} 次推送",
    "nothing has this stamp exactly; the nearest is {seconds} s off": (
        "没有完全相同的 Stamp；最近的相差 {seconds} 秒"
    ),
    # an attempt
    "Attempt {number}": "第 {number} 次请求",
    "Push {push}, attempt {number}": "推送 {push}，第 {number} 次请求",
    "Work without an access span": "没有 access span 的记录",
    "arrived {delay} after the stamp": "到达延迟 {delay}",
    "arrived {delay} before the stamp: a clock is off": "早于 Stamp {delay}到达（时钟不准）",
    "stamp is not credible": "Stamp 不可信",
    "{delay} after attempt 1": "第 1 次之后 {delay}",
    "took {duration}": "耗时 {duration}",
    "so far {duration}": "至今 {duration}",
    "its process died after {duration} or later": "进程在 {duration}或更晚时崩溃",
    "HTTP {status}": "HTTP {status}",
    "HTTP {status} (assumed)": "HTTP {status}（推定）",
    "reply {length:byte|bytes}": "回复 {length} 字节",
    "accepted by WeChat's rules": "符合微信要求",
    "good by WeChat's rules, but too late": "符合微信要求，但超时",
    "refused by WeChat's rules: {reason}": "不符合微信要求：{reason}",
    "WeChat hung up": "微信已断开",
    "after the reply {duration}": "回复之后 {duration}",
    "no reply": "没有回复",
    "no reply yet": "还没有回复",
    # waterfall and table
    "missing span {span_id}": "缺少的 span {span_id}",
    "missing access span": "缺少的 access span",
    "running": "未结束",
    "crashed": "进程崩溃",
    "error": "出错",
    "… {count:more attempt|more attempts}; --json has all": "…… 另有 {count} 次请求；--json 有全部",
    "module": "模块",
    "layer": "层",
    "calls": "次数",
    "total": "总计",
    "self": "自身",
    "share": "占用",
    "(nothing recorded)": "（没有记录）",
    # parts of a verdict
    "WeChat→access": "微信→access",
    "unrecorded": "未记录",
    # the evidence
    "Evidence: writers {writers} ({alive} alive), records dropped {dropped}, files read {files}, "
    "journals read {journals}": (
        "依据：{writers} 个记录进程（{alive} 个在运行），丢弃 {dropped} 条记录，"
        "读取 {files} 个文件、{journals} 个 journal"
    ),
    "start": "开始",
    "took": "耗时",
    "sealed {records} records of {writers} writers into {files} files": (
        "已将 {writers} 个记录进程的 {records} 条记录封存为 {files} 个文件"
    ),
    "skipped: {torn} records cut short, {damaged} stretches that are no records": (
        "跳过：{torn} 条被截断的记录，{damaged} 段不是记录的内容"
    ),
    "Not read: {problem}": "无法读取：{problem}",
    "Candidates: pushes of this second that carry no openid": "候选：同一秒内不带 openid 的推送",
    "{host} pid {pid}: {records:record|records}, {first} to {last}": (
        "{host} pid {pid}：{records} 条记录，{first} 至 {last}"
    ),
    "window {first} to {last}": "查找范围 {first} 至 {last}",
    # verdicts
    ": {detail}": "：{detail}",
    "The push never reached these hosts: their recorders ran then, and nothing came in. Look at DNS, "
    "firewall, connect.": ("推送没有到达这些主机：当时记录程序在运行，但没有收到。请查 DNS、防火墙、连接。"),
    "Nothing was found, and it cannot be known whether the push arrived: not every host is known to have "
    "recorded all that time without a loss.": (
        "没有找到，也无法断定推送是否到达：不能确定所有主机当时都在完整记录。"
    ),
    "Work with this tag was recorded, but not the request itself: its access span is missing.": (
        "有带此标签的记录，但没有请求本身：缺少 access span。"
    ),
    "{who} came {delay} after the stamp and was answered in {duration}: the time went before the access "
    "layer (network or a queue), or earlier attempts did not get here.": (
        "{who}在 Stamp 之后 {delay}才到达，{duration}就已回复：时间耗在 access "
        "层之前（网络或排队），或者更早的请求没有到这里。"
    ),
    "{who} took {duration}; {share} of it was waiting between access and logic.": (
        "{who}耗时 {duration}，其中 {share}在 access 与 logic 之间等待。"
    ),
    "{who} took {duration}; {share} of it ({percent}) in {place}{detail}.": (
        "{who}耗时 {duration}，其中 {share}（{percent}）在 {place}{detail}。"
    ),
    "{who} was answered in {duration}, but WeChat refuses the reply: {reason}.": (
        "{who}在 {duration}内已回复，但微信不接受该回复：{reason}。"
    ),
    "The request": "该请求",
    "Attempt {attempt} of {attempts}": "第 {attempt} 次请求（共 {attempts} 次）",
    "{who} ended with its process ({host}, pid {pid}), which died {duration} in or later, while in "
    "{place}{detail}.": (
        "{who}随进程（{host}，pid {pid}）一起中断：进程在 {duration}或更晚时崩溃，当时在 {place}{detail}。"
    ),
    "{who} ended after {duration}, and no reply of it is recorded.": ("{who}在 {duration}后结束，没有记录到回复。"),
    "{who} is not finished: {duration} so far, now in {place}{detail}.": (
        "{who}尚未结束：至今 {duration}，现在在 {place}{detail}。"
    ),
    "Answered well in {duration}.": "{duration}内已正常回复。",
    "All {attempts} attempts were answered well, the first in {duration}.": (
        "{attempts} 次请求都已正常回复，第 1 次用了 {duration}。"
    ),
    "Answered well in {duration}: the alarm is for another attempt or another entrance.": (
        "{duration}内已正常回复：报警应是另一次请求或另一个入口的。"
    ),
    "All {attempts} attempts were answered well, the first in {duration}: the alarm is for another attempt "
    "or another entrance.": (
        "{attempts} 次请求都已正常回复，第 1 次用了 {duration}：报警应是另一次请求或另一个入口的。"
    ),
    "HTTP status {status}": "HTTP 状态 {status}",
    "at {file}:{line} in {function}: {error}": "在 {file}:{line} 的 {function}：{error}",
    "at {file}:{line}: {error}": "在 {file}:{line}：{error}",
    "exception": "异常",
    "none went out, its process was told to end meanwhile ({error}: gunicorn's --timeout, or a stop)": (
        "没有发出回复，其间进程被要求结束（{error}：gunicorn 的 --timeout，或停止服务）"
    ),
    "an exception before the reply ({error})": "回复之前抛出异常（{error}）",
    "unknown place": "未知位置",
    "{duration} s": "{duration} 秒",
    "{minutes} min {seconds} s": "{minutes} 分 {seconds} 秒",
    "{hours} h {minutes} min": "{hours} 小时 {minutes} 分",
    "{days} d {hours} h": "{days} 天 {hours} 小时",
    # why WeChat refuses a reply, as reply.py says it
    "not success": "不是 success",
    "html page": "HTML 页面",
    "quoted success": "success 带了引号",
    "success with white space": "success 前后有空白",
    "xml": "XML",
    "json": "JSON",
    "text": "文本",
    "JSON without the elements of a reply": "JSON 里没有回复应有的字段",
    "a text that is neither success nor empty": "文本既不是 success，也不为空",
    "empty": "空",
    "malformed json": "JSON 格式有误",
    "malformed xml": "XML 格式有误",
    "xml with a DOCTYPE": "XML 带有 DOCTYPE",
    "xml where none is allowed": "此事件不允许回复 XML",
    "too long": "过长",
    "Content too long": "Content 过长",
    "empty Content": "Content 为空",
    "push echoed back": "原样返回了推送",
    "wrong addressee": "收件人（ToUserName）不对",
    "CreateTime is no number": "CreateTime 不是数字",
    "CreateTime in milliseconds": "CreateTime 用了毫秒",
    "alive": "在运行",
    "ended": "已结束",
    # `wxtrace last`
    "Newest pushes (times are UTC+8)": "最新的推送（时刻为 UTC+8）",
    "No push has been recorded yet.": "还没有记录到任何推送。",
    "Writers: {alive} alive, {ended} ended": "记录进程：{alive} 个在运行，{ended} 个已结束",
    "{dropped:record was|records were} dropped": "丢弃了 {dropped} 条记录",
    "nothing was dropped": "没有丢弃",
    "all is sealed into Parquet": "已全部封存到 Parquet",
    "the oldest record not in Parquet is {lag} old": "最早的未封存记录距今 {lag}",
    "the oldest record not in Parquet is {lag} old: does `wxtrace seal --follow` run?": (
        "最早的未封存记录距今 {lag}：`wxtrace seal --follow` 在运行吗？"
    ),
    "Nobody records here. Does the app call wxtrace.start(store=…) with this store, and use AccessMiddleware?": (
        "这里没有记录进程。应用是否以此存储调用了 wxtrace.start(store=…)，并装上了 AccessMiddleware？"
    ),
    "Has a request come in since the app was started?": "应用启动之后有请求进来吗？",
    "A push is known by timestamp and openid in its query: does the proxy pass the query on?": (
        "推送靠查询串中的 timestamp 与 openid 识别：代理有没有把查询串传过来？"
    ),
    "To look one up: {command}": "查其中一个：{command}",
    "compacted {inputs} files into {files}, {rows} rows": "已将 {inputs} 个文件合并为 {files} 个，共 {rows} 行",
    "dropped {hours} hours of {size} bytes by age or size; {left} bytes are left": (
        "按时间或大小删去 {hours} 个小时目录，共 {size} 字节；剩余 {left} 字节"
    ),
    "Give a number, 0 or more.": "请给出不小于 0 的数。",
    "Give a number, or leave it out.": "请给出一个数，或者不给。",
    # messages
    "note: {stamp} is in {unit}; looked up as {seconds}.": "注意：{stamp} 的单位是{unit}；按 {seconds} 查找。",
    "note: nothing has the stamp {seconds}; found by {stamp}, as it was given.": (
        "注意：没有 Stamp 为 {seconds} 的记录；按所给的 {stamp} 找到。"
    ),
    "milliseconds": "毫秒",
    "microseconds": "微秒",
    "nanoseconds": "纳秒",
    "{what} is {value}. {remedy}": "{what} 是 {value}。{remedy}",
    "{what} is missing. {remedy}": "缺少 {what}。{remedy}",
    "Give the Stamp of the alarm (unix seconds), or --time '2014-12-01 20:12:00' (UTC+8).": (
        "请给出报警里的 Stamp（unix 秒），或 --time '2014-12-01 20:12:00'（UTC+8）。"
    ),
    "Give one of the two.": "两者只能给一个。",
    "Give the openid as the alarm prints it, without spaces; leave --openid out to look for the stamp alone.": (
        "请照报警给出 openid，不含空格；不给 --openid 则只按 Stamp 查找。"
    ),
    "Give it as the alarm prints it, in UTC+8: 2014-12-01 20:12:00.": (
        "请照报警的写法给出（UTC+8）：2014-12-01 20:12:00。"
    ),
    "Give whole seconds, 0 or more.": "请给出不小于 0 的整数秒。",
    "Give a whole number, 1 or more.": "请给出不小于 1 的整数。",
    "No store at {store}: neither spans/ nor journal/ is there. Name the folder that the app writes to "
    "with --store or WXTRACE_STORE.": (
        "{store} 没有存储：那里没有 spans/ 也没有 journal/。请用 --store 或 WXTRACE_STORE 指出应用写入的目录。"
    ),
    "{path} cannot be read: {reason}. Move it away; the rest of the store is still read.": (
        "{path} 无法读取：{reason}。请移走该文件；其余部分照常读取。"
    ),
    "Where the app has just been started: the folder is made at its first request.": (
        "若应用刚刚启动：该目录在第一个请求到来时才会建立。"
    ),
    '{task} needs more packages: pip install "wxtrace[{extra}]"': (
        '{task} 需要更多的包：pip install "wxtrace[{extra}]"'
    ),
    # where a result goes
    "Only --format otlp can be sent to a URL; other formats go into a file.": (
        "只有 --format otlp 可以发往 URL；其他格式请写入文件。"
    ),
    "A whole window is written by: wxtrace export.": "整个时段请用 wxtrace export 导出。",
    "That is a folder: give the name of a file in it.": "这是一个目录：请给出其中的文件名。",
    "There is no such folder: make it first.": "目录不存在：请先建立。",
    "wrote {file} ({kib} KiB)": "已写入 {file}（{kib} KiB）",
    "wrote {file} ({kib} KiB); openids are masked, --no-mask leaves them": (
        "已写入 {file}（{kib} KiB）；OpenID 已打码，--no-mask 可不打码"
    ),
    "sent to {url}": "已发送到 {url}",
}
