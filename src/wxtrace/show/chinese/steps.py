"""The checks of the guide, and their answers."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "Next steps, as WeChat's guide has them": "后续检查（依微信排查指引）",
    "none": "无",
    "see curl's list": "见 curl 的错误列表",
    # what is asked
    "Was every host recording?": "每台主机都在记录吗？",
    "Is the URL the right one?": "URL 对吗？",
    "Does the name resolve?": "域名能解析吗？",
    "Has the domain expired, or was it changed?": "域名是否过期，或改过？",
    "Is the address one of yours?": "IP 是你们的吗？",
    "Can one connect to it?": "能连上吗？",
    "Do firewall and WAF let WeChat's addresses in?": "防火墙和 WAF 放行微信的 IP 吗？",
    "What does WeChat's own test of name and ping say?": "微信自己的网络检测结果如何？",
    "Does nginx complain of connections?": "nginx 的 error log 有连接错误吗？",
    "Did that kind of push come in?": "收到过这类推送吗？",
    "Were pushes answered within 5 s?": "推送都在 5 秒内回复了吗？",
    "Were they late already when they came?": "推送到达时已经迟了吗？",
    "Was there more to do than the hosts can?": "主机负载过高吗？",
    "Did a process die over a push?": "有进程在处理推送时崩溃吗？",
    "Does the reply keep the rules?": "回复符合规范吗？",
    "Is the reply the bare word success?": "回复的是不是只有 success？",
    "Did the handler fail with an exception?": "处理时抛出过异常吗？",
    "What failed, so that WeChat paused?": "之前有哪些失败，使微信暂停推送？",
    "Did pushes stop for about a minute?": "推送停过大约一分钟吗？",
    "Is the reply what a payment needs?": "回复符合支付通知的要求吗？",
    "Is the pushing of tickets switched on?": "ticket 推送服务启动了吗？",
    "And if all of this is well?": "如果以上都没有问题呢？",
    "What did WeChat get?": "微信收到了什么？",
    # who recorded
    "No host is known to have recorded then.": "不知道当时有哪台主机在记录。",
    "No: {host} has no records between {from_at} and {to_at}. Hosts that missed a part of that time: {count}.": (
        "没有：{host} 在 {from_at} 至 {to_at} 之间没有记录。有缺失的主机共 {count} 台。"
    ),
    "No: {dropped:record was|records were} dropped.": "没有：丢弃了 {dropped} 条记录。",
    "It cannot be known: {count} things in the store cannot be read.": "无法判断：存储中有 {count} 处无法读取。",
    "It is too early: what is asked about ends at {again_at}. Ask again then.": (
        "现在查还太早：要查的时段到 {again_at} 才结束，请届时再查。"
    ),
    "Yes, all through, and nothing was dropped. Hosts: {count}.": "是，全程在记录，没有丢弃。主机：{count} 台。",
    # the way
    "The store cannot know.": "存储中没有这项信息。",
    "The alarm does not say it. Pushes came in by: {entrances}.": "报警里没有 URL。推送的入口：{entrances}。",
    "Yes: attempts that came in by {url}: {attempts}.": "对：经 {url} 收到 {attempts} 次请求。",
    "It does not look so: none came in by {url}; pushes came in by: {entrances}.": (
        "看来不对：没有经 {url} 的推送；推送的入口：{entrances}。"
    ),
    "It cannot be told: compare {url}. Pushes came in by: {entrances}.": (
        "无法判断：请核对 {url}。推送的入口：{entrances}。"
    ),
    "The alarm does not say the name, or it is masked.": "报警里没有域名，或已打码。",
    "The URL has no name but the address {host}.": "URL 里不是域名，是地址 {host}。",
    "For some of WeChat's servers it did: attempts that came for {host}: {attempts}.": (
        "微信的部分服务器能解析：收到 {attempts} 次发给 {host} 的请求。"
    ),
    "The alarm does not say it, or it is masked.": "报警里没有 IP，或已打码。",
    "Yes: attempts that came for {ip}: {attempts}.": "是：收到 {attempts} 次发给 {ip} 的请求。",
    "It does not look so: none came for {ip}; pushes came in by: {entrances}.": (
        "看来不是：没有发给 {ip} 的推送；推送的入口：{entrances}。"
    ),
    "Requests do not tell to which address they came: compare {ip} with yours.": (
        "请求不带目标地址：请核对 {ip} 是不是你们的。"
    ),
    "Requests do not tell to which address they came. Is {ip} among those of {host}?": (
        "请求不带目标地址。{ip} 是 {host} 的地址之一吗？"
    ),
    "Others could: attempts that came in meanwhile: {attempts}.": "其他请求能连上：期间收到 {attempts} 次请求。",
    "Nothing is recorded then, from no address. Compare the rules with WeChat's list.": (
        "当时没有任何地址的推送记录。请用微信的 IP 列表核对规则。"
    ),
    "No public sender is recorded ({clients}): have the proxy pass X-Real-IP or X-Forwarded-For on. Compare the "
    "rules with WeChat's list.": (
        "没有公网来源的记录（{clients}）：请让代理传递 X-Real-IP 或 X-Forwarded-For。规则请用微信的 IP 列表核对。"
    ),
    "The alarm does not say the sender. Addresses that got in: {addresses} ({clients}). Compare with WeChat's "
    "list.": "报警里没有来源地址。已放行的地址：{addresses} 个（{clients}）。请用微信的 IP 列表核对。",
    "Yes, {ip}: attempts from it {attempts}. Addresses that got in: {addresses}.": (
        "已放行 {ip}：它发来 {attempts} 次请求。已放行的地址：{addresses} 个。"
    ),
    "The sender {ip} is not among the addresses that got in: {addresses} ({clients}). It may be kept out: "
    "compare with WeChat's list.": (
        "来源 {ip} 不在已放行的 {addresses} 个地址之中（{clients}），可能被拦截：请用微信的 IP 列表核对。"
    ),
    # what came
    "No push came in at all, though all hosts were recording: look at DNS, firewall, connect.": (
        "没有收到任何推送，而所有主机都在记录：请查 DNS、防火墙、连接。"
    ),
    "It cannot be told: no such push is recorded.": "无法判断：没有这类推送的记录。",
    "It cannot be told: no first attempt with a stamp came in.": "无法判断：没有收到带 Stamp 的首次请求。",
    "No push is recorded, and not all hosts were recording.": "没有推送的记录，而且不是所有主机都在记录。",
    "Yes, {kind}: {attempts:attempt|attempts} in the window, {failed} of these failed; of those that were "
    "answered half in "
    "{p50_ns}, 99% in {p99_ns}.": (
        "收到过 {kind}：期间 {attempts} 次请求，其中 {failed} 次失败；按时回复的：中位数 {p50_ns}，P99 {p99_ns}。"
    ),
    "Yes, {kind}: {attempts:attempt|attempts} in the window, {failed} of these failed.": (
        "收到过 {kind}：期间 {attempts} 次请求，其中 {failed} 次失败。"
    ),
    "The alarm does not say which kind. Of any: {attempts:attempt|attempts} in the window, {failed} of these "
    "failed; of "
    "those that were answered half in {p50_ns}, 99% in {p99_ns}.": (
        "报警里没有类型。各类推送：期间 {attempts} 次请求，其中 {failed} 次失败；"
        "按时回复的：中位数 {p50_ns}，P99 {p99_ns}。"
    ),
    "The alarm does not say which kind. Of any: {attempts:attempt|attempts} in the window, {failed} of these "
    "failed.": ("报警里没有类型。各类推送：期间 {attempts} 次请求，其中 {failed} 次失败。"),
    "It cannot be told for {kind}: of {attempts:attempt|attempts} the body was not read, or is encrypted.": (
        "无法判断是否有 {kind}：{attempts} 次请求的内容没有读取，或是加密的。"
    ),
    "No {kind} came. Of {attempts:attempt|attempts} the kinds are: {kinds}.": (
        "没有收到 {kind}。{attempts} 次请求的类型为：{kinds}。"
    ),
    "No {kind} is recorded, and not all hosts were recording all of that time. Of {attempts:attempt|attempts} the "
    "kinds "
    "are: {kinds}.": ("没有 {kind} 的记录，而且不是所有主机一直在记录。{attempts} 次请求的类型为：{kinds}。"),
    "Yes, all {attempts:attempt|attempts}: half in {p50_ns}, 99% in {p99_ns}.": (
        "是，{attempts} 次全部按时：中位数 {p50_ns}，P99 {p99_ns}。"
    ),
    "No: of {attempts:attempt|attempts} {late} took longer, or WeChat hung up. "
    "Of those that were answered half in {p50_ns}, 99% in {p99_ns}.": (
        "没有：{attempts} 次请求中 {late} 次超时或被微信断开；按时回复的：中位数 {p50_ns}，P99 {p99_ns}。"
    ),
    "No: of {attempts:attempt|attempts} {late} took longer, or WeChat hung up.": (
        "没有：{attempts} 次请求中 {late} 次超时或被微信断开。"
    ),
    "No: of {attempts:attempt|attempts} {late} took longer, or WeChat hung up; the one that is meant, in "
    "{module}.": ("没有：{attempts} 次请求中 {late} 次超时或被微信断开；报警的那次慢在 {module}。"),
    "No: of {attempts:first attempt|first attempts} none came so late that no answer could be in time.": (
        "没有：{attempts} 次首次请求到达时都还来得及回复。"
    ),
    "Yes: {late} of {attempts:first attempt|first attempts} came so late after their stamp that no answer could "
    "be in time. "
    "Look at what is before the app: a queue, TLS, the network.": (
        "是：{attempts} 次首次请求中 {late} 次到达时已来不及按时回复。请查应用之前的环节：排队、TLS、网络。"
    ),
    "It cannot be told. Late, answered, and not sent again: {retries} of {attempts:first attempt|first attempts}. "
    "WeChat took those, so they are retries, and what failed before them is not recorded here.": (
        "无法判断。{attempts} 次首次请求中 {retries} 次到得晚，但已回复，微信没有再发：收下的就是它们，"
        "所以是重试，之前失败的这里没有记录。"
    ),
    "Nearly all came long after their stamp ({late} of {attempts}): rather a clock that is off. Look at NTP.": (
        "几乎都比 Stamp 晚很多（{attempts} 次中 {late} 次）：更像是时钟不准。请查 NTP。"
    ),
    "No push is recorded, so the store cannot tell.": "没有推送的记录，无法判断。",
    "It looks so: the push that is meant waited before the app had time for it. At most {at_once} at once, "
    "{per_second} in the busiest second.": (
        "看来是：报警的那次推送等了很久才轮到。最多同时处理 {at_once} 次请求，最忙的一秒收到 {per_second} 次。"
    ),
    "Compare with what they can bear: at most {at_once} at once, {per_second} in the busiest second; some came "
    "or were answered too late.": (
        "请对照主机的承受能力：最多同时处理 {at_once} 次请求，最忙的一秒收到 {per_second} 次；"
        "有的请求到达或回复过晚。"
    ),
    "It does not look so: at most {at_once} at once, {per_second} in the busiest second, none too late.": (
        "看来没有：最多同时处理 {at_once} 次请求，最忙的一秒收到 {per_second} 次，都来得及。"
    ),
    "Yes: attempts that ended with their process: {attempts} ({hosts}).": (
        "有：{attempts} 次请求随进程崩溃而中断（{hosts}）。"
    ),
    "No, over none of {attempts:attempt|attempts}.": "没有，{attempts} 次请求的进程都没有崩溃。",
    "No: {refused} of {attempts:reply|replies} were refused: {reasons}.": (
        "不符合：{attempts} 次回复中 {refused} 次不合规范：{reasons}。"
    ),
    "Yes, all {judged} that could be judged.": "符合，能判断的 {judged} 次都合规范。",
    "It cannot be told: none of {attempts:reply|replies} could be judged.": (
        "无法判断：{attempts} 次回复都看不出来。"
    ),
    "Yes: {count} of {attempts:attempt|attempts}.": "有：{attempts} 次请求中 {count} 次。",
    "No, none of {attempts:attempt|attempts}.": "没有，{attempts} 次请求都没有异常。",
    "{failed} of {attempts:attempt|attempts}: {outcomes}.": "{attempts} 次请求中 {failed} 次：{outcomes}。",
    "None of {attempts:attempt|attempts} that came in. Then others did not come in: DNS, firewall, connect.": (
        "收到的 {attempts} 次请求都没有失败。那么失败的那些没有到达：请查 DNS、防火墙、连接。"
    ),
    "It looks as if WeChat had paused: nothing came from {from_at} to {to_at} ({pause_ns}), and pushes before and "
    "after. Such pauses: {count}.": (
        "像是微信暂停过：{from_at} 至 {to_at}（{pause_ns}）没有任何推送，前后都有。这样的停顿共 {count} 次。"
    ),
    "Too few pushes to tell: {attempts:attempt|attempts}.": "推送太少，无法判断：只有 {attempts} 次请求。",
    "No: the longest time without a push was {pause_ns}.": "没有：最长的无推送时间为 {pause_ns}。",
    "It cannot be told: not all hosts were recording. The longest time without a push: {pause_ns}.": (
        "无法判断：不是所有主机都在记录。最长的无推送时间：{pause_ns}。"
    ),
    "Compare: it must be XML with return_code SUCCESS.": "请核对：必须是 return_code 为 SUCCESS 的 XML。",
    "Yes: {attempts:attempt|attempts}, the last at {last_at}.": "是：收到 {attempts} 次，最后一次在 {last_at}。",
    "None came in the window; one comes every ten minutes. To switch it on:": (
        "期间没有收到；正常每十分钟推送一次。启动命令："
    ),
    "None is recorded in the window, and not all hosts were recording; one comes every ten minutes. "
    "To switch it on:": ("期间没有记录，而且不是所有主机都在记录；正常每十分钟推送一次。启动命令："),
    "Then WeChat may have been unstable: keep the last ticket, it holds for 12 hours. If it lasts, ask in the "
    "forum for service providers (服务商专区), with the appid.": (
        "那么可能是微信不稳定：先用上一个 ticket，它有效 12 小时。若持续，请带 appid 到服务商专区发帖。"
    ),
    # what WeChat says that it got
    "No whole reply: cURL error {number} ({meaning}).": "没有收到完整的回复：cURL 错误 {number}（{meaning}）。",
    "HTTP status {status}; it must be 200.": "HTTP 状态码 {status}；必须是 200。",
    "A reply that it could not decrypt: compare EncodingAESKey and appid.": (
        "无法解密的回复：请核对 EncodingAESKey 和 appid。"
    ),
    "A reply of {length} bytes that it does not take: {content}": "不接受的回复，{length} 字节：{content}",
    "A reply of {length} bytes that it does not take ({reason}): {content}": (
        "不接受的回复（{reason}），{length} 字节：{content}"
    ),
    "The alarm does not say.": "报警里没有说明。",
    "the name could not be resolved": "域名无法解析",
    "no connection": "连不上",
    "it took too long": "超时",
    "TLS failed": "TLS 失败",
    "nothing was replied": "没有任何回复",
    "the connection broke while WeChat read the reply": "读取回复时连接断开",
    "the certificate was not accepted": "证书不被接受",
}
