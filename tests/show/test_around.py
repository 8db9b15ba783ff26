"""What else came, the clocks, and who recorded, in words."""

from __future__ import annotations

from dataclasses import replace

from arrivals import make_arrival
from strategies import SECOND, STAMP

from wxtrace.explain.around import around_of
from wxtrace.explain.clock import Skew
from wxtrace.rebuild.attempt import Reply
from wxtrace.scan.evidence import Evidence, HostSeen, WriterSeen
from wxtrace.show import around, clocks, recorders
from wxtrace.show.folded import folded
from wxtrace.show.style import Style
from wxtrace.show.terminal import width
from wxtrace.show.words import Words

FROM, TO = STAMP * SECOND, (STAMP + 300) * SECOND
WRITERS = tuple(
    WriterSeen(f"web-{host}-{pid}-0-abcd", f"web-{host}", pid, pid == 7, FROM, TO, 20, 0, sealed)
    for host, pid, sealed in [(1, 7, None), (1, 8, TO - SECOND), (2, 9, TO)]
)
WHOLE = HostSeen("web-1", ("web-1-7-0-abcd", "web-1-8-0-abcd"), 1, 40, 0, FROM, TO, ())
MISSED = HostSeen("web-2", ("web-2-9-0-abcd",), 0, 20, 3, FROM, FROM + SECOND, ((FROM + SECOND, TO), (TO, TO)))


def test_what_came_is_told_in_a_few_lines():
    """How many, how quick, what became of them, of which kind, from where and to where."""
    arrivals = [
        make_arrival(1, 0.03, server="wx.example.com", client="81.69.101.193", event="CLICK", nonce="a"),
        make_arrival(
            62, 0.04, server="wx.example.com", client="81.69.101.193", nonce="b", reply=Reply(9, False, "xml")
        ),
        make_arrival(63, stamp=None),
    ]

    told = [*around.lines(around_of(arrivals, (FROM, TO), FROM + 30 * SECOND), Style(columns=160))]

    assert [
        "From 2025-04-21 18:31:15 to 18:36:15 came 2 pushes in 2 attempts; attempts that failed: 1.",
        "  those that were answered: half in 0.030 s, 99% in 0.030 s",
        "  at most 1 at once, 1 in the busiest second",
        "  came too late to be answered in time: 1",
        "  what became of them: answered in time 1×, refused by WeChat 1×",
        "  kinds: event CLICK 1×, message text 1×",
        "  came in by: wx.example.com/wechat 2×",
        "  sent from 1 address: 81.69.101.193 2×",
        "  came to: web-1 2×",
        "  requests that are no pushes: 1",
        "  the last push before: 18:31:16.000",
        "  the next push after: 18:32:17.000",
        "  the longest time without a push: at least 3 min 58 s, from 18:32:17.000 on; this ends at 18:36:15.000",
    ] == told


def test_lists_are_chinese_in_chinese():
    """Counts have their measure word, items the comma of lists, clauses the full-width one."""
    arrivals = [make_arrival(1, nonce="a"), make_arrival(62, nonce="b", reply=Reply(9, False, "xml"))]
    evidence = Evidence(WRITERS, 3, 2, 1, (FROM, TO), (), "cannot_know", (MISSED,))

    told = [*around.lines(around_of(arrivals, (FROM, TO), FROM), Style(Words("zh"), 160))]
    missed = [*recorders.lines(evidence, Style(Words("zh"), 160))]

    assert "  回复耗时：中位数 0.20 秒，P99 0.20 秒" in told
    assert "  结果：按时回复 1 次、微信不接受 1 次" in told
    assert (
        "  web-2：1 个记录进程（0 个在运行）共 20 条记录；丢弃了 3 条记录，"
        "2025-04-21 18:31:16 至 18:36:15 之间没有记录，另有 1 段更短的空缺"
    ) in missed


def test_a_silence_between_two_pushes_is_told_with_its_end():
    """Only one that reaches the end of the window may go on; of every other it is known when it ended."""
    arrivals = [make_arrival(1, nonce="a"), make_arrival(290, nonce="b")]

    *_, told = around.lines(around_of(arrivals, (FROM, TO), FROM), Style(columns=160))

    assert "  the longest time without a push: 4 min 49 s, from 18:31:16.000 to 18:36:05.000" == told


def test_nothing_came():
    """Of an empty window one line is enough."""
    told = [*around.lines(around_of([], (FROM, TO), FROM), Style())]

    assert ["No push came from 2025-04-21 18:31:15 to 18:36:15."] == told


def test_a_pause_stands_out():
    """A silence that looks as if WeChat had paused is told last, and why."""
    quiet = replace(around_of([], (FROM, TO), FROM), pauses=((FROM, FROM + 60 * SECOND),))

    *_, told = around.lines(quiet, Style(columns=160))

    assert (
        "  Nothing came from 18:31:15.000 to 18:32:15.000 (60.00 s), and pushes before and after: "
        "so it looks when WeChat pauses after too many failures (MarkFail)."
    ) == told


def test_of_many_names_the_first_are_told():
    """Where pushes came from many addresses, the rest is counted."""
    arrivals = [make_arrival(number, client=f"81.69.101.{number}", nonce=str(number)) for number in range(1, 9)]

    told = [*around.lines(around_of(arrivals, (FROM, TO), None), Style(columns=160))]

    addresses = ", ".join(f"81.69.101.{number} 1×" for number in range(1, 6))
    assert f"  sent from 8 addresses: {addresses}, and 3 more" in told


def test_a_hostile_name_is_harmless():
    """What a sender says of itself cannot act on the terminal."""
    hostile = around_of([make_arrival(path="/\x1b[2J")], (FROM, TO), None)

    assert "\x1b" not in "\n".join(around.lines(hostile, Style()))


def test_a_clock_is_told_as_a_bound():
    """At most so much ahead; where that is negative, at least so much behind."""
    skews = [Skew("web-1", 60_000_000, 312), Skew("web-2", -26 * SECOND, 40)]

    assert [
        "Clock of web-1: at most 0.060 s ahead of WeChat's, by 312 first attempts.",
        "Clock of web-2: at least 26.00 s behind WeChat's, by 40 first attempts.",
    ] == [*clocks.lines(skews, Style())]
    assert [
        {"host": "web-1", "at_most_ns": 60_000_000, "attempts": 312},
        {"host": "web-2", "at_most_ns": -26 * SECOND, "attempts": 40},
    ] == clocks.document(skews)


def test_who_recorded_is_told_by_host_and_writer():
    """Each host with what it missed, each of its writers with how much it has and how far it is sealed."""
    evidence = Evidence(WRITERS, 3, 2, 1, (FROM, TO), (), "cannot_know", (WHOLE, MISSED))

    assert [
        "window 2025-04-21 18:31:15 to 18:36:15",
        "  web-1: 40 records of 2 writers, 1 of them alive; recorded all through, nothing dropped",
        "    pid 7: 20 records, 2025-04-21 18:31:15 to 18:36:15 · alive · none is sealed",
        "    pid 8: 20 records, 2025-04-21 18:31:15 to 18:36:15 · ended · sealed up to 2025-04-21 18:36:14",
        "  web-2: 20 records of 1 writer, 0 of them alive; 3 records were dropped, "
        "no records between 2025-04-21 18:31:16 and 18:36:15, and 1 shorter gap",
        "    pid 9: 20 records, 2025-04-21 18:31:15 to 18:36:15 · ended · sealed up to 2025-04-21 18:36:15",
    ] == [*recorders.lines(evidence, Style(columns=160))]


def test_nobody_recorded():
    """Where no host is known, that is said."""
    evidence = Evidence((), 0, 0, 0, (FROM, TO), (), "cannot_know")

    assert "  No host is known to have been in service then." == [*recorders.lines(evidence, Style())][-1]


def test_many_writers_are_counted():
    """Of a host with dozens of workers some are shown."""
    names = tuple(f"web-1-{pid}-0-abcd" for pid in range(40))
    writers = tuple(replace(WRITERS[0], writer=name) for name in names)
    evidence = Evidence(writers, 0, 0, 0, (FROM, TO), (), "never_arrived", (replace(WHOLE, writers=names),))

    assert "    … 32 more writers; --json has all" == [*recorders.lines(evidence, Style())][-1]


def test_a_gap_says_whether_anything_is_known_beside_it():
    """A host that began, one that ended, one that paused, and a time that is not over are told apart."""
    gap = (FROM, FROM + 60 * SECOND)
    lives = [(gap[1], TO), (FROM - SECOND, gap[0]), (FROM - SECOND, TO)]

    missed = replace(WHOLE, alive=0, gaps=(gap,))
    told = [recorders.gap_text(replace(missed, first_ns=one, last_ns=end), Words()) for one, end in lives]
    alive = recorders.gap_text(replace(missed, alive=1, last_ns=gap[0]), Words())

    between = "web-1 has no records between 2025-04-21 18:31:15 and 18:32:15"
    assert [
        f"{between}: what it recorded begins then.",
        f"{between}, and none is known after it.",
        f"{between}.",
    ] == told
    assert "web-1 has recorded up to 2025-04-21 18:31:15; the time asked about ends at 18:32:15." == alive
    assert "" == recorders.gap_text(WHOLE, Words())


def test_folded_lines_are_no_wider_than_they_may_be():
    """Long sentences are broken at blanks where there are any, Chinese anywhere; nothing but blanks is lost."""
    english, chinese = "a word or two " * 20, "推送没有到达这些主机" * 12

    for text in (english.strip(), chinese, "x" * 300):
        told = [*folded(text, 40, "  ")]
        assert max(map(width, told)) <= 40
        assert text.replace(" ", "") == "".join(told).replace(" ", "")
