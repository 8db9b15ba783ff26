"""What `wxtrace alarm` says."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "Alarm: {kind}": "报警：{kind}",
    "DNS failure: the domain could not be resolved": "DNS 失败：域名无法解析",
    "DNS timeout": "DNS 超时",
    "connect timeout: no connection within 5 s": "连接超时：5 秒内没有连上",
    "request timeout: no reply within 5 s": "请求超时：5 秒内没有回复",
    "invalid response: WeChat does not take the reply": "回应失败：微信不接受该回复",
    "MarkFail: WeChat sends nothing for a minute, after many failures": (
        "MarkFail（自动屏蔽）：多次失败后，微信暂停推送一分钟"
    ),
    "component_verify_ticket: no reply within 5 s": "component_verify_ticket：5 秒内没有回复",
    "component_verify_ticket: the reply is not success": "component_verify_ticket：回复不是 success",
    "third-party platform: no reply within 5 s": "第三方平台消息：5 秒内没有回复",
    "third-party platform: the reply is not success": "第三方平台消息：回复不是 success",
    "payment notification: no reply within 5 s": "支付通知：5 秒内没有回复",
    "payment notification: the reply is not accepted": "支付通知：回复不合法",
    "an alarm whose 内容 is missing or says something new": "没有“内容”，或内容没有见过的报警",
    "note: it is longer than {size} MiB; only so much of it is read.": "注意：超过 {size} MiB，只读了这么多。",
    "Paste the alarm, and end with Ctrl-D on a line of its own.": "请粘贴报警，另起一行按 Ctrl-D 结束。",
    "That is the text itself: pipe it in, and give - for the file.": "这是报警文字本身：请用管道传入，文件名写 -。",
    "Give a file that holds the alarm's text, or - for what is piped in.": (
        "请给出存有报警文字的文件，或用 - 表示从管道读入。"
    ),
    "The alarm says whom and when: leave --openid, --stamp and --time out.": (
        "报警里已有 OpenID 和时间：请去掉 --openid、--stamp、--time。"
    ),
    "The alarm says whom and when: leave openid and stamp out.": (
        "报警里已有 OpenID 和时间：请去掉 openid 和 stamp。"
    ),
    "It names neither a push (OpenID and Stamp) nor a time (时间); paste the whole alarm.": (
        "其中既没有推送（OpenID 和 Stamp），也没有时间；请粘贴完整的报警。"
    ),
    "Give the alarm's text as alarm, or its openid and stamp.": "请用 alarm 给出报警文字，或给出 openid 和 stamp。",
    "Give the alarm's text, or its bytes.": "请给出报警文字（str 或 bytes）。",
    "Give a folder or a URL, or several; None for the default.": "请给出一个或多个目录或 URL；None 表示默认。",
    "Not looked up, as it names neither a push nor a time: {alarm}": (
        "未查找（其中既没有推送，也没有时间）：{alarm}"
    ),
    "account": "账号",
    "first failure": "首次失败",
    "failed": "失败",
    "whom": "对象",
    "{time} (UTC+8); counted until {end}": "{time}（UTC+8），统计至 {end}",
    "openid {openid}": "openid {openid}",
    "openid {openid} (masked)": "openid {openid}（已打码）",
    "Not read of the alarm: {problem}": "报警中无法读取：{problem}",
    "the time": "时间",
    "the count": "次数",
    "the stamp": "Stamp",
    "the sample": "错误样例",
    "the last bracket": "最后一个方括号",
    "the end of {name}": "{name} 的结尾",
    "{name}, which stands twice": "出现两次的 {name}",
    "No alarm of WeChat is in it. Paste the whole message of the alarm group: "
    "lines that begin with Appid, 时间, 内容, 次数, 错误样例, in any state.": (
        "其中没有微信报警。请粘贴报警群里的整条消息：以 Appid、时间、内容、次数、错误样例 开头的各行，"
        "格式乱了也可以。"
    ),
    "{count:attempt|attempts} in {minutes:minute|minutes}": "{minutes} 分钟 {count} 次",
}
