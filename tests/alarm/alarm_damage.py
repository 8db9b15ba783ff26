"""
What chats and pages do to alarms before somebody pastes them.

Every damage that changes a value changes what the alarm truly says with it: a value is owed as it
was published. Damages that nobody could undo are not done, and are told here:

- A line number in front of each line of a value of several lines; a quote mark in front of a line that has its own;
  either of them amid a line.
- Talk, or the numbers of the next alarm's lines, right behind a reply that WeChat has cut off, without the guide's
  line between.
- Talk on the last line of an alarm, unless that line shows where it ends.
- Lines that are doubled or lost in a reply, where that brings a bracket, of the reply or of the talk, exactly to
  where the reply's length says that it ends; unless the bracket closes one of the reply's own or is amid a line.
  Nor where a bracket ends a line of the reply, and only its length tells that it goes on.
- Lost line breaks around a value of several lines of which one begins with what could be a quote mark.
- Two alarms in a row that read as one: the second begins with a label that the first has not come to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alarm.alarm_values import ends_a_line
from alarm.alarm_writer import LABELS, SAMPLE, Draft, Truth, drafts
from hypothesis import strategies as st

_ASCII: Final = str.maketrans("，（）", ",()")
_BEFORE: Final = st.sampled_from(
    ["", "图2", "张三 10:21\n", "@所有人 又报警了[捂脸]\n", "转发自：运维群\n\n", "[图片]\n----\n", "接口报警 "]
)
_AFTER: Final = st.sampled_from(
    [
        "",
        "\n",
        "\n谁在看？",
        "\n\n李四 10:25\n收到",
        "\n李四 10:25\n又来了[捂脸]",
        "\n—— 来自我的手机",
        "\nhttp://a.b/c?d=e",
    ]
)


@dataclass(frozen=True, slots=True)
class Paste:
    """What somebody pastes, and what the alarms in it truly say."""

    text: str
    truths: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """
    How an alarm is laid out.

    Args:
        colon: Behind a label, with what follows it.
        breaks: Between two fields, in turn.
        gap: Between two brackets.
        quote: In front of which lines a quote mark stands: ``all``, ``first`` or none.
        numbers: Whether the numbers of its lines stand ``before`` it, in front of ``each`` line, or nowhere.
    """

    colon: str = ": "
    breaks: Sequence[str] = ("\n",)
    gap: str = ""
    quote: str = ""
    numbers: str = ""


def written(draft: Draft, layout: Layout) -> str:
    """Return the text of an alarm."""
    fields = [label + layout.colon + draft.lines[label] for label in draft.labels if label != SAMPLE]
    if draft.pairs is not None:
        fields.append(SAMPLE + layout.colon + (_brackets(draft, layout.gap) or draft.elided))
    if draft.guide is not None:
        fields.append("报警排查指引，请见" + layout.colon + draft.guide)
    text = "".join(field + layout.breaks[number % len(layout.breaks)] for number, field in enumerate(fields[:-1]))
    return _marked(text + fields[-1], layout)


def _brackets(draft: Draft, gap: str) -> str:
    text = ""
    for number, (key, value) in enumerate(draft.pairs or ()):
        equals = ":" if key == "第三方平台" else "="
        text += "[" + key + ("" if value is None else equals + value)
        text += "" if number in draft.has_eaten else "]"
        text += " " if number in draft.has_eaten else gap
    text = text.removesuffix(gap)
    return text.removesuffix("]") if draft.is_cut else text


def _marked(text: str, layout: Layout) -> str:
    lines = text.split("\n")
    if layout.numbers == "before":
        lines[0] = "".join(f"{number} " for number in range(1, 8)) + lines[0]
    if layout.numbers == "each":
        lines = [f"{number} {line}" for number, line in enumerate(lines, 1)]
    if layout.quote == "first":
        lines[0] = "> " + lines[0]
    if layout.quote == "all":
        lines = [f"> {line}" for line in lines]
    return "\n".join(lines)


@st.composite
def layouts(draw: st.DrawFn, draft: Draft, may_be_marked: bool, may_be_numbered: bool) -> Layout:
    """Draw how *draft* is laid out."""
    has_lines = any("\n" in value for value in draft.values)
    has_marks = _has_marks(draft)
    breaks = st.lists(st.sampled_from(["\n", "\n", "\n\n", " ", ""]), min_size=1, max_size=7) | st.just([" "])
    breaks = st.just(["\n"]) | st.just(["\n\n"]) | (st.nothing() if has_marks else breaks)
    numbers = draw(st.sampled_from(["", "", "before"] if has_lines else ["", "before", "each"]))
    numbers = numbers if may_be_marked and may_be_numbered else ""
    return Layout(
        draw(st.sampled_from([": ", ":", "：", "： ", ":  ", ":\xa0", ":\u3000"])),
        ["\n"] if numbers == "each" else draw(breaks),
        draw(st.sampled_from(["", "", " ", "  "] if numbers == "each" else ["", "", " ", "  ", "\n"])),
        "" if has_marks or not may_be_marked else draw(st.sampled_from(["", "", "all", "first"])),
        numbers,
    )


def _has_marks(draft: Draft) -> bool:
    return any(re.search(r"^\s*>", value, re.MULTILINE) for value in draft.values)


def _spaced(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip("\n"))


_CHANGES: Final[tuple[Callable[[str], str], ...]] = (
    lambda text: text.translate(_ASCII),
    lambda text: text.replace("&times", "×"),
    lambda text: text.replace("\n", "\n\n"),
    _spaced,
)
"""What happens to every value alike: ASCII punctuation, a page's entity, doubled lines, lost lines."""


@st.composite
def damaged_drafts(draw: st.DrawFn) -> Draft:
    """Draw an alarm whose values have been through chats and pages."""
    draft = draw(drafts())
    for change in draw(st.lists(st.sampled_from(_CHANGES), max_size=2, unique=True)):
        changed = draft.mapped(change)
        draft = draft if _misleads(changed) else changed
    maskable = [number for number, (key, _) in enumerate((draft.pairs or ())[:-1]) if key in ("3rdUrl", "3rdUrl10")]
    if maskable and draw(st.integers(0, 3)) == 0:
        number, pairs = maskable[0], list(draft.pairs or ())
        pairs[number] = (pairs[number][0], "http://www**************")
        draft = replace(draft, pairs=tuple(pairs), has_eaten=frozenset({number}))
    return draft


def _misleads(draft: Draft, talk: str = "") -> bool:
    """Say whether a bracket stands by chance where the reply's length says that it ends, and nothing shows it."""
    said = dict(draft.pairs or ())
    length, reply = int(said.get("response_length") or 0), said.get("response_content")
    if reply is None or length in (0, len(reply.encode())):
        return False
    if ends_a_line(reply):
        return True
    told = (reply + "]" + talk).encode()
    before, after = told[:length].decode(errors="ignore"), told[length:].decode(errors="ignore")
    return after[:1] == "]" and (after[1:2].isspace() or not after[1:]) and not _opened(before)


def _opened(text: str) -> int:
    """Return how many brackets are open at the end of a text."""
    depth = 0
    for char in text:
        depth = max(depth + (char == "[") - (char == "]"), 0)
    return depth


def _merges(first: Draft, second: Draft) -> bool:
    """Say whether two alarms in a row read as one."""
    last = LABELS.index(first.labels[-1])
    return first.guide is None and LABELS.index(second.labels[0]) > last


def _is_open(draft: Draft) -> bool:
    """Say whether nothing shows where the last line of an alarm ends."""
    return draft.guide is None and (draft.is_cut or draft.labels[-1] != SAMPLE or not draft.pairs)


@st.composite
def pastes(draw: st.DrawFn) -> Paste:
    """Draw what somebody pastes: one alarm or a few, through chats and pages, with talk around."""
    alarms = draw(st.lists(damaged_drafts(), min_size=1, max_size=3))
    text, truths, is_open = draw(st.sampled_from(["", "\ufeff"])) + draw(_BEFORE), [], False
    for number, draft in enumerate(alarms):
        if number + 1 < len(alarms) and _merges(draft, alarms[number + 1]):
            draft = replace(draft, guide="https://mmbizurl.cn/s/MpkaZb8yg")
        text += written(draft, draw(layouts(draft, text[-1:] in ("", "\ufeff", "\n"), not is_open)))
        text += draw(_behind(draft, number + 1 == len(alarms)))
        truths.append(draft.truth)
        is_open = draft.is_cut and draft.guide is None
    return Paste(draw(st.sampled_from([text, text, text.replace("\n", "\r\n")])), tuple(truths))


@st.composite
def _behind(draw: st.DrawFn, draft: Draft, is_last: bool) -> str:
    """Draw what stands between this alarm and the next, or the end."""
    if draft.is_cut and draft.guide is None:
        return draw(st.sampled_from(["", "\n", "\n\n"])) if is_last else "\n\n"
    talk = draw(_AFTER)
    talk = "" if _misleads(draft, talk) else talk
    if is_last:
        return talk
    is_apart = talk or _is_open(draft) or _has_marks(draft)
    return talk + draw(st.sampled_from(["\n", "\n\n"] if is_apart else ["\n", "\n\n", " "]))
