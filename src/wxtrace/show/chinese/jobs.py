"""What is said of the jobs of a request, and of services behind."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # after a verdict
    "Job {job} ran {duration} on {where}{at}{when}.": "任务 {job} 在 {where} 运行了 {duration}{at}{when}。",
    "Job {job} failed after {duration} on {where}{error}{when}.": (
        "任务 {job} 在 {where} 运行 {duration}后失败{error}{when}。"
    ),
    "Job {job} was sent again after {duration} on {where}{error}{when}.": (
        "任务 {job} 在 {where} 运行 {duration}后重新发出{error}{when}。"
    ),
    "Job {job} ended with its worker ({where}), which died {duration} in or later, when is not known{at}{when}.": (
        "任务 {job} 随进程（{where}）崩溃而中断：开始后至少 {duration}，确切时刻未知{at}{when}。"
    ),
    "Job {job} still runs on {where}: {duration} so far{at}{when}.": (
        "任务 {job} 仍在 {where} 运行：至今 {duration}{at}{when}。"
    ),
    "Job {job} was sent {ago} ago, and no worker that records here has taken it: "
    "a worker may record into another store (--store).": (
        "任务 {job} 已发出 {ago}，这里有记录的进程都没有取走它：取走它的进程也可能记录在另一个存储里（--store）。"
    ),
    "Job {job} could not be sent{error}.": "任务 {job} 没能发出{error}。",
    "{job} (try {attempt}; before it: {outcomes})": "{job}（第 {attempt} 次；之前：{outcomes}）",
    "{count:further job|further jobs}.": "另有 {count} 个任务。",
    ", {share} of it in {place}": "，其中 {share}在 {place}",
    ", now in {place}": "，现在在 {place}",
    ", while in {place}": "，当时在 {place}",
    ", from {after} after the reply": "（回复后 {after}开始）",
    ", from {before} before the reply": "（回复前 {before}开始）",
    ", before the reply": "（回复之前）",
    "no error, yet it came again": "没有出错，但又收到一次",
    ", ": "、",
    "{job} (queue {queue})": "{job}（队列 {queue}）",
    "{job} (message {id})": "{job}（消息 {id}）",
    "without a name": "（无名）",
    "{duration} µs": "{duration} 微秒",
    "sent again": "重新发出",
    # below the waterfall
    "Jobs of this attempt, each from its own start:": "这次请求的任务，各自从开始时刻画起：",
    "Job {job}": "任务 {job}",
    "try {attempt} of {attempts}": "第 {attempt} 次，共 {attempts} 次",
    "sent {ago} ago, taken by no worker that records here": "已发出 {ago}，这里有记录的进程都没有取走",
    "not sent{error}": "没能发出{error}",
    "{time} after the reply": "回复后 {time}",
    "{time} before the reply": "回复前 {time}",
    "waited {duration}": "等待 {duration}",
    "… {count:more job|more jobs}; --json has all": "…… 另有 {count} 个任务；--json 有全部",
    "its process died {duration} in or later, when is not known": "开始后至少 {duration}进程崩溃，确切时刻未知",
    "its process died between {duration} and {most} after its begin": "开始后 {duration}到 {most}之间进程崩溃",
    "… {count:try is|tries are} not drawn; --full draws all that have a line": (
        "…… 另有 {count} 次没有画出；--full 画出列出的每一次"
    ),
    "in the waterfall above": "已画在上面",
    # services behind, clocks
    "{place} of {service}": "{service} 的 {place}",
    "A service behind, without the push": "后面的服务，没有推送本身",
    "Only a request to a service behind was recorded here ({service}), not the push itself: give the store of the "
    "service in front too (--store).": (
        "这里只记录了后面的服务（{service}）收到的请求，没有推送本身：请把前面服务的存储也给出（--store）。"
    ),
    "Clock of {host}: at least {least} ahead of that of {other}": "{host} 的时钟：比 {other} 至少快 {least}",
    "Clock of {host}: at least {least} behind that of {other}": "{host} 的时钟：比 {other} 至少慢 {least}",
    ", at most {most}": "，至多 {most}",
    " (no time is corrected by it).": "（时刻均未据此校正）。",
}
