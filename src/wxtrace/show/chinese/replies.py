"""Why WeChat refuses a reply, as `wxtrace/reply.py` says it, and what a time went to."""

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "not encrypted": "未加密（安全模式下必须加密）",
    "not decryptable": "无法解密",
    "no connection": "没有连上",
    "connection broken off": "连接中断",
    "encrypted, so that the fault does not show": "回复已加密，看不出里面哪里不对",
    "Encrypt is no base64": "Encrypt 不是 base64",
    "Encrypt is not whole blocks of 16 bytes": "Encrypt 的长度不是 16 字节的整数倍",
    "MsgSignature is not 40 hex digits": "MsgSignature 不是 40 位十六进制数",
    "TimeStamp is no number": "TimeStamp 不是数字",
    "TimeStamp in milliseconds": "TimeStamp 用了毫秒",
    "not return_code SUCCESS": "没有返回 return_code SUCCESS",
    "not code SUCCESS": "code 不是 SUCCESS",
    "bare success": "只返回了 success",
}
