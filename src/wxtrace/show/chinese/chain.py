"""What is said of a push as one incident, and of which push is meant."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "answered in time": "按时回复",
    "answered, but not taken: WeChat sent another": "已回复，但微信没有收下，又发了一次",
    "{who} came {delay} after the stamp, was answered in {duration}, and WeChat sent no other: it took this "
    "one. What failed came before it, and is not recorded here.": (
        "{who}在 Stamp 之后 {delay}到达，{duration}内已回复，微信没有再发：它收下了这一次。"
        "失败的在它之前，这里没有记录。"
    ),
    "too late for WeChat": "回复超时",
    "refused by WeChat": "微信不接受",
    "its process died": "进程崩溃",
    "not finished": "未结束",
    "no reply recorded": "没有记录到回复",
    "Attempt {number}, {after} after the one before": "第 {number} 次请求，在前一次之后 {after}",
    "from {client}": "来自 {client}",
    "WeChat tries {attempts} times when nobody replies: {count:attempt is|attempts are} not recorded here.": (
        "没有回复时微信共推送 {attempts} 次：另外 {count} 次这里没有记录。"
    ),
    "What WeChat got:": "微信得到的结果：",
    "Done more than once: ": "重复执行：",
    "{module} (attempts {numbers})": "{module}（第 {numbers} 次请求）",
    "The user saw the reply after {after}.": "用户在 {after}后看到回复。",
    "The user saw a message of the customer service after {after}.": "用户在 {after}后看到客服消息。",
    "The user saw nothing of it.": "用户什么也没有看到。",
    "The user saw “该公众号暂时无法提供服务”: nobody answered in time.": (
        "用户看到“该公众号暂时无法提供服务，请稍后再试”：没有一次按时回复。"
    ),
    "The user saw “该公众号暂时无法提供服务”: WeChat refused the reply.": (
        "用户看到“该公众号暂时无法提供服务，请稍后再试”：微信不接受回复。"
    ),
    "What the user saw cannot be told.": "无法得知用户看到了什么。",
    "{who} was answered well here, in {duration}; that of the alarm went to another entrance: {entrance}.": (
        "{who}在这里 {duration}内已正常回复；报警的那次去了另一个入口：{entrance}。"
    ),
    " Or the host's clock is ahead: by {ahead} at most.": "或者本机时钟偏快：最多 {ahead}。",
    "{who} was answered well in {duration} by our record, but WeChat says of the reply: {reason}.": (
        "按记录，{who}在 {duration}内已正常回复，但微信说该回复：{reason}。"
    ),
    "{who} was answered well in {duration}; the reply that the alarm shows is another one.": (
        "{who}在 {duration}内已正常回复；报警里的回复不是这一个。"
    ),
    "{who} was answered well in {duration}, with {sent} bytes, and WeChat got {got} bytes: {reason}. Another "
    "reply, or something on its way changed it.": (
        "{who}在 {duration}内已正常回复，共 {sent} 字节，而微信得到 {got} 字节：{reason}。"
        "那是另一个回复，或在途中被改过。"
    ),
    "{who} took {duration}; {share} of it was waiting between access and logic, in {place}{detail}.": (
        "{who}耗时 {duration}，其中 {share}在 access 与 logic 之间等待，在 {place}{detail}。"
    ),
    # which push is meant
    "the alarm's own openid and stamp": "OpenID、Stamp 与报警完全一致",
    "the alarm's own openid": "OpenID 与报警一致",
    "the alarm's openid, its stamp {time} off": "OpenID 与报警一致，Stamp 相差 {time}",
    "the only one that fits all that the alarm says": "唯一与报警完全相符",
    "one that may be meant": "可能对应",
    "the alarm's own transaction_id": "transaction_id 与报警一致",
    "… {count:more push|more pushes} may be meant; --json has all": (
        "…… 另有 {count} 次推送也可能对应；--json 有全部"
    ),
    "Meant by the alarm: {sure}": "对应的推送：{sure}",
    "Meant by the alarm, the likeliest first:": "可能对应的推送，最可能的在前：",
    "no stamp": "无 Stamp",
    "None of these failed as the alarm says; the likeliest of {count:push|pushes} that may be meant:": (
        "这些推送的失败方式都与报警不符；{count} 次可能对应的推送中最接近的："
    ),
    "a push that may be meant": "只是可能对应的推送",
    "one of {count:push|pushes} that may be meant": "{count} 次可能对应的推送之一",
    "{failed} of {attempts:attempt|attempts} failed": "{attempts} 次请求中 {failed} 次失败",
    "{what} fits: {said}": "{what} 相符：{said}",
    "{what} differs: the alarm says {said}, recorded is {recorded}": (
        "{what} 不同：报警为 {said}，记录为 {recorded}"
    ),
}
