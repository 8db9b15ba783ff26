"""What stands in alarms: values as WeChat prints them, and as people mask them."""

from __future__ import annotations

import json
import string
from typing import Final

from hypothesis import strategies as st


def chars(letters: str, least: int, most: int) -> st.SearchStrategy[str]:
    """Draw texts of *least* to *most* of the *letters*."""
    return st.text(st.sampled_from(letters), min_size=least, max_size=most)


_ALNUM: Final = string.ascii_letters + string.digits
stars: Final = st.integers(1, 12).map(lambda count: "*" * count)
_word: Final = chars(string.ascii_lowercase + string.digits, 1, 8)
_ASCII: Final = string.ascii_letters + string.digits + "[]{}()<>=:;\"'&#/.,-_ \n"

openids: Final = chars(_ALNUM + "_-", 27, 27).map("o".__add__)
masked_openids: Final = st.builds(
    lambda openid, shown, stars: openid[:shown] + stars, openids, st.integers(0, 12), stars
)
appids: Final = (
    st.just("")
    | chars("0123456789abcdef", 16, 16).map("wx".__add__)
    | st.builds("wx{}{}".format, stars, chars("0123456789abcdef", 3, 6))
    | chars("x", 3, 14).map("w".__add__)
)
nicknames: Final = (
    st.just("")
    | stars
    | st.sampled_from(
        ["内容工厂", "时间管理局", "A.B 小店", "次数", "***社区助手", "Appid", "5分钟", "第三方平台开发"]
    )
    | chars("梦想歌云宝贝商城小店Az09 .*·-_（）", 1, 12).map(str.strip)
)
addresses: Final = st.tuples(*[st.integers(1, 254)] * 4).map(lambda parts: ".".join(map(str, parts)))
hosts: Final = st.builds("{}.{}.com".format, _word, _word)
events: Final = st.sampled_from(
    ["UnSubscribe", "Subscribe", "Click", "Click Menu Url", "Scan QRCode", "Location Report", "Component Ticket"]
) | st.lists(chars("ABCabc", 1, 8), min_size=1, max_size=4).map(" ".join)


@st.composite
def urls(draw: st.DrawFn) -> str:
    """Draw a configured address: with a query of its own, with the push's whole query, a path only, masked."""
    path = "/" + "/".join(draw(st.lists(_word, max_size=3)))
    base = draw(st.sampled_from(["http://", "https://"])) + draw(hosts)
    own = "&".join(
        f"{key}={value}" for key, value in draw(st.lists(st.tuples(_word, _word), min_size=1, max_size=3))
    )
    pushed = f"?signature={'0a' * 20}&timestamp=1668582384&nonce=768360435&openid=o{'Fy-' * 9}"
    forms = [path, base, base + path, base + ":8080" + path, f"{base}{path}?{own}", base + path + pushed]
    return draw(st.sampled_from(forms) | stars | st.just("http://***" + path))


_xml_text: Final = chars(_ALNUM + "中文 .:[", 0, 12).map(str.strip)


@st.composite
def xml_replies(draw: st.DrawFn) -> str:
    """Draw reply XML, its CDATA sound or not."""
    space = draw(st.sampled_from(["", "\n", "\n  ", "\n        "]))
    form = draw(
        st.sampled_from(
            ["<{0}><![CDATA[{1}]]></{0}>", "<{0}>{1}</{0}>", "<{0}><![CDATA[{1}]></{0}>", "<{0}><![CDATA]></{0}>"]
        )
    )
    names = draw(st.lists(st.sampled_from(["ToUserName", "Content", "MsgType", "Encrypt"]), max_size=4))
    parts = ["<xml>", *(form.format(name, draw(_xml_text)) for name in names)]
    return space.join(parts) + space.rstrip(" ") + "</xml>"


_trees: Final = st.recursive(
    st.none() | st.integers(0, 9) | _word,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_word, inner, max_size=3),
)
_pages: Final = st.builds(
    "<!DOCTYPE html>\n<html>\n    <head>\n      <title>{}</title>\n <style>b {{color:{}}}</style>\n</html>".format,
    st.sampled_from(["运行时错误", "404 Not Found"]),
    _word,
)
_short: Final = ['"success"', "Error 500:", "ok", "[]", "]", "[", "a]b[c", "[object Object]", "a=b", "success\n"]


def ends_a_line(reply: str) -> bool:
    """Say whether a bracket that may be none of a reply's own ends a line of it: only its length can tell."""
    depth, is_open = 0, False
    for number, char in enumerate(reply, 1):
        if char == "]" and reply[number:].lstrip(" \t").startswith("\n"):
            if not depth:
                return True
            is_open = True
        depth = max(depth + (char == "[") - (char == "]"), 0)
    return is_open and depth > 0


replies: Final = (
    st.sampled_from([*_short, "x][IP=1.2.3.4"])
    | chars(_ASCII, 1, 60).map(str.strip).filter(bool)
    | xml_replies()
    | _trees.map(json.dumps)
    | _trees.map(lambda tree: json.dumps(tree, indent=2, ensure_ascii=False))
    | _pages
)
