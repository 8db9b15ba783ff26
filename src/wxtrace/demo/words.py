"""What the demo says, in English and in Chinese."""

from __future__ import annotations

import os
from typing import Final

from wxtrace.show.words import language_of

_WORDS: Final = {
    "en": {
        "serving": "A callback server runs at {url}: FastAPI, 2 workers, AES key and token drawn for this run.",
        "recording": "It records into {store}",
        "sending": "WeChat sends {count} pushes: text, CLICK, SCAN, subscribe, TEMPLATESENDJOBFINISH; "
        "plain, compat and safe mode.",
        "hung_up": "  {seconds:4.1f} s  no reply to one of them: WeChat hangs up (attempt {number})",
        "sent": "Of the others, {answered} of {count} were answered at once. Then, in the alarm group:",
        "lookup": "Whose were the five seconds?",
        "truth": "The truth: the sender had made {layer} · {module} dawdle {seconds} s, for a {kind} "
        "in {mode} mode.",
        "right": "The verdict is right.",
        "wrong": "The verdict is WRONG: it names {layer} · {module}.",
        "again": "Look again:",
    },
    "zh": {
        "serving": "回调服务已启动：{url}（FastAPI，2 个进程，token 与 AES 密钥随机生成）",
        "recording": "记录写入 {store}",
        "sending": "微信发来 {count} 个推送：text、CLICK、SCAN、subscribe、TEMPLATESENDJOBFINISH；"
        "明文、兼容、安全三种模式。",
        "hung_up": "  {seconds:4.1f} 秒  其中一个没有回应，微信断开连接（第 {number} 次）",
        "sent": "其余 {count} 个推送中 {answered} 个一次得到回应。随后，报警群里：",
        "lookup": "这五秒花在哪里？",
        "truth": "真相：发送方让 {layer} · {module} 慢了 {seconds} 秒（{mode} 模式的 {kind}）。",
        "right": "判断正确。",
        "wrong": "判断错误：它指的是 {layer} · {module}。",
        "again": "再查一次：",
    },
}


def words() -> dict[str, str]:
    """Return the sentences by their keys, in the reader's language."""
    return _WORDS[language_of(os.environ)]
