"""What was seen of requests that hang, and what is in flight now."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # after a verdict
    "For {held} of it the event loop was held by {culprit}.": "其中 {held}事件循环被占住：{culprit}。",
    "Its process ended by itself meanwhile.": "其间进程自行退出。",
    "Nothing of its process could run: the interpreter was held.": "解释器被占住，整个进程都无法运行。",
    "Nothing of its process could run: the interpreter was held at {place}.": (
        "解释器被占住，整个进程都无法运行：停在 {place}。"
    ),
    "Its process left no word: killed by SIGKILL, by a signal that it does not handle, or by os._exit.": (
        "进程没有留下遗言：被 SIGKILL 或它未处理的信号杀死，或调用了 os._exit。"
    ),
    "Its process was killed while the interpreter was held at {place}.": "解释器被占住时进程被杀：停在 {place}。",
    "Meanwhile the kernel killed {count:process|processes} of its group for want of memory.": (
        "其间内核因内存不足杀死了同组的 {count} 个进程。"
    ),
    "Meanwhile the kernel killed {count:process|processes} of the host for want of memory.": (
        "其间内核因内存不足杀死了本机的 {count} 个进程。"
    ),
    "Its last sign of life: {time}.": "最后的迹象：{time}。",
    "Its last sign of life: {time}; the last line of this request: {line}.": (
        "最后的迹象：{time}；该请求的最后一行日志：{line}。"
    ),
    "Its process died: {cause}.": "进程崩溃：{cause}。",
    "Its process died: {cause}, at {place}.": "进程崩溃：{cause}，停在 {place}。",
    "segmentation fault": "段错误",
    "it aborted (SIGABRT)": "中止（SIGABRT）",
    "bus error": "总线错误",
    "illegal instruction": "非法指令",
    "floating point exception": "浮点异常",
    "out of memory": "内存不足",
    "the interpreter was held": "解释器被占住",
    "it ended by itself": "自行退出",
    "nothing tells why": "原因不明",
    "After {age} it stood at {place}.": "{age}时停在 {place}。",
    "The threads stood at {places}.": "线程都停在：{places}。",
    "the threads stand at {places}": "线程都停在：{places}",
    "It held the event loop itself.": "正是它占住了事件循环。",
    "Nobody could look at it, and its process has finished nothing since {age} after its arrival: "
    "the interpreter is held in C, or its watch is switched off.": (
        "没有看到它停在哪里；到达 {age}之后，该进程再没有完成任何记录：解释器卡在 C 代码里，或者关闭了监视。"
    ),
    "{inner}, called from {place}": "{inner}（由 {place} 调用）",
    "{place}, awaiting {awaits}": "{place}，在等 {awaits}",
    "{place} (calling {call})": "{place}（正在调用 {call}）",
    "{file} in {function}": "{file} {function}",
    "a request without an openid": "一个没有 openid 的请求",
    "something that is no request's": "不属于任何请求的代码",
    "{who} in what nobody could see": "{who}，没有看到在哪一行",
    "{who} in {what}": "{who} 的 {what}",
    # in the waterfall
    "no request": "非请求",
    "loop held by {who}: {what}": "循环被 {who} 占住：{what}",
    "the process' last words: {cause}": "进程的遗言：{cause}",
    "seen after {age}": "{age}时的快照",
    "the event loop is held by {culprit}": "事件循环被占住：{culprit}",
    "nothing of it was seen to run or to wait": "没有看到它在运行或等待",
    "it stands where it stood after {age}": "仍停在 {age}时的位置",
    "thread {name}: {place}": "线程 {name}：{place}",
    "task {name}: {place}": "任务 {name}：{place}",
    "awaits {awaits}": "在等 {awaits}",
    "calls {call}": "正在调用 {call}",
    "… {count:more frame|more frames}; --json has all": "…… 另有 {count} 层调用；--json 有全部",
    "{count} in flight": "处理中 {count} 个",
    "event loop {lag} late": "事件循环迟了 {lag}",
    "threads {taken}": "线程 {taken}",
    "load {load}": "负载 {load}",
    # `wxtrace live`
    "{count} in flight in {busy} of {alive:process|processes}": (
        "处理中 {count} 个请求，在 {alive} 个进程中的 {busy} 个里"
    ),
    "{count} in flight, the oldest for {age}": "处理中 {count} 个，最久的已 {age}",
    "… {count:more process|more processes}; --json has all": "…… 另有 {count} 个进程；--json 有全部",
    "… {count} more; --json has all": "…… 另有 {count} 个；--json 有全部",
    "age, s": "已过秒数",
    "request": "请求",
    "interpreter held at {place}": "解释器被占住：{place}",
    "q ends": "按 q 结束",
}
